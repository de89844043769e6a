package auth

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/identity/totp"
)

type secondFactorRequest struct{}

type secondFactorResponse struct {
	On            bool  `json:"on"`
	RecoveryCodes int64 `json:"recoveryCodes" description:"How many were not used yet."`
}

func (h handlers) secondFactor(ctx context.Context, _ *secondFactorRequest) (*secondFactorResponse, error) {
	on, left, err := h.credentials.SecondFactor(ctx, auth.From(ctx).MemberID)
	return &secondFactorResponse{On: on, RecoveryCodes: left}, err
}

type enrolRequest struct{}

type enrolResponse struct {
	Secret string `json:"secret" description:"Base32, for typing it into the app."`
	URI    string `json:"uri" description:"otpauth address, which opens an app on the same device."`
	QR     qrCode `json:"qr" description:"The address, for an app on another device."`
}

// qrCode is drawn by whoever shows it: an answer of JSON holds no markup.
type qrCode struct {
	Size int    `json:"size" description:"Width and height of the view box."`
	Path string `json:"path" description:"Of an SVG path, dark on light."`
}

func (h handlers) enrol(ctx context.Context, _ *enrolRequest) (*enrolResponse, error) {
	e, err := h.ways.Enrol(ctx, auth.From(ctx))
	if err != nil {
		return nil, err
	}
	uri := totp.URI(h.ways.Council(ctx), e.Account, e.Secret)
	drawn, err := totp.Draw(uri)
	if err != nil {
		return nil, err
	}
	return &enrolResponse{Secret: e.Secret, URI: uri, QR: qrCode(drawn)}, nil
}

type codeRequest struct {
	Code string `json:"code"`
}

type confirmRequest struct {
	Code string `json:"code"`
	endOthers
}

type confirmResponse struct {
	RecoveryCodes []string        `json:"recoveryCodes" description:"Each works once in place of a code. They are shown this once."`
	Session       renewedResponse `json:"session"`
}

func (h handlers) confirm(ctx context.Context, r *confirmRequest) (*confirmResponse, error) {
	codes, tokens, err := h.ways.TurnSecondOn(ctx, auth.From(ctx), r.Code, r.EndOthers)
	if err != nil {
		return nil, err
	}
	return &confirmResponse{RecoveryCodes: codes, Session: renewed(ctx, tokens)}, nil
}

func (h handlers) verify(ctx context.Context, r *codeRequest) (*renewedResponse, error) {
	tokens, err := h.ways.GiveSecond(ctx, auth.From(ctx), r.Code)
	if err != nil {
		return nil, err
	}
	session := renewed(ctx, tokens)
	return &session, nil
}

type recoveryCodesRequest struct{ endOthers }

func (h handlers) recoveryCodes(ctx context.Context, r *recoveryCodesRequest) (*confirmResponse, error) {
	codes, tokens, err := h.ways.NewRecoveryCodes(ctx, auth.From(ctx), r.EndOthers)
	if err != nil {
		return nil, err
	}
	return &confirmResponse{RecoveryCodes: codes, Session: renewed(ctx, tokens)}, nil
}

type removeSecondRequest struct{ endOthers }

func (h handlers) removeSecond(ctx context.Context, r *removeSecondRequest) (*renewedResponse, error) {
	tokens, err := h.ways.TurnSecondOff(ctx, auth.From(ctx), r.EndOthers)
	if err != nil {
		return nil, err
	}
	session := renewed(ctx, tokens)
	return &session, nil
}

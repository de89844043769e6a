package auth

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
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

type enrolRequest struct {
	Password string `json:"password,omitempty" description:"Not needed by a member who has none and signed in within 15 minutes."`
}

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

func (h handlers) enrol(ctx context.Context, r *enrolRequest) (*enrolResponse, error) {
	e, err := h.credentials.Enrol(ctx, auth.From(ctx), r.Password)
	if err != nil {
		return nil, err
	}
	uri := totp.URI(h.settings.CouncilName, e.Account, e.Secret)
	drawn, err := totp.Draw(uri)
	if err != nil {
		return nil, err
	}
	return &enrolResponse{Secret: e.Secret, URI: uri, QR: qrCode(drawn)}, nil
}

type codeRequest struct {
	Code string `json:"code"`
}

type confirmResponse struct {
	RecoveryCodes []string `json:"recoveryCodes" description:"Each works once in place of a code. They are shown this once."`
}

func (h handlers) confirm(ctx context.Context, r *codeRequest) (*confirmResponse, error) {
	codes, err := h.credentials.ConfirmEnrolment(ctx, auth.From(ctx), r.Code)
	return &confirmResponse{RecoveryCodes: codes}, err
}

func (h handlers) verify(ctx context.Context, r *codeRequest) (*function.None, error) {
	return &function.None{}, h.credentials.GiveSecond(ctx, auth.From(ctx), r.Code)
}

type recoveryCodesRequest struct {
	Password string `json:"password,omitempty" description:"Not needed by a member who has none and signed in within 15 minutes."`
	Code     string `json:"code" description:"From the app, or a recovery code that is left."`
}

func (h handlers) recoveryCodes(ctx context.Context, r *recoveryCodesRequest) (*confirmResponse, error) {
	codes, err := h.credentials.NewRecoveryCodes(ctx, auth.From(ctx), r.Password, r.Code)
	return &confirmResponse{RecoveryCodes: codes}, err
}

type removeSecondRequest struct {
	Password string `json:"password,omitempty"`
	Code     string `json:"code"`
}

func (h handlers) removeSecond(ctx context.Context, r *removeSecondRequest) (*function.None, error) {
	return &function.None{}, h.credentials.RemoveSecond(ctx, auth.From(ctx), r.Password, r.Code)
}

package auth

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
)

type proveRequest struct {
	Password string `json:"password,omitempty" description:"Of who has one. Who has neither password nor second factor signs in with the issuer again."`
	Code     string `json:"code,omitempty" description:"From the app, or a recovery code, of who has a second factor."`
}

type proveResponse struct {
	Until   time.Time       `json:"until" description:"How long the proof counts."`
	Session renewedResponse `json:"session"`
}

func (h handlers) prove(ctx context.Context, r *proveRequest) (*proveResponse, error) {
	tokens, err := h.ways.Prove(ctx, auth.From(ctx), r.Password, r.Code)
	if err != nil {
		return nil, err
	}
	return &proveResponse{Until: clock.Now(ctx).Add(auth.ProofLife), Session: renewed(ctx, tokens)}, nil
}

type changePasswordRequest struct {
	New string `json:"new"`
}

func (h handlers) changePassword(ctx context.Context, r *changePasswordRequest) (*renewedResponse, error) {
	tokens, err := h.ways.SetPassword(ctx, auth.From(ctx), r.New)
	if err != nil {
		return nil, err
	}
	session := renewed(ctx, tokens)
	if auth.From(ctx).Bearer {
		return &session, nil
	}
	return &session, h.known(ctx, tokens.MemberID)
}

type forgottenRequest struct {
	Email string `json:"email"`
}

type forgottenResponse struct {
	Sent bool `json:"sent" description:"Always true: whether somebody has the address is not told."`
}

func (h handlers) forgotten(ctx context.Context, r *forgottenRequest) (*forgottenResponse, error) {
	if err := h.ways.Forgotten(ctx, r.Email, function.RequestFrom(ctx).Origin); err != nil {
		return nil, err
	}
	return &forgottenResponse{Sent: true}, nil
}

type resetRequest struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

func (h handlers) reset(ctx context.Context, r *resetRequest) (*function.None, error) {
	id, err := h.ways.Reset(ctx, r.Token, r.Password)
	if err != nil {
		return nil, err
	}
	return &function.None{}, h.known(ctx, id)
}

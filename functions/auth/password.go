package auth

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
)

type changePasswordRequest struct {
	Old string `json:"old,omitempty" description:"Not needed by a member who has no password yet and signed in within 15 minutes."`
	New string `json:"new"`
}

func (h handlers) changePassword(ctx context.Context, r *changePasswordRequest) (*function.None, error) {
	return &function.None{}, h.credentials.Change(ctx, auth.From(ctx), r.Old, r.New)
}

type forgottenRequest struct {
	Email string `json:"email"`
}

type forgottenResponse struct {
	Sent bool `json:"sent" description:"Always true: whether somebody has the address is not told."`
}

func (h handlers) forgotten(ctx context.Context, r *forgottenRequest) (*forgottenResponse, error) {
	if err := h.accounts.Forgotten(ctx, r.Email); err != nil {
		return nil, err
	}
	return &forgottenResponse{Sent: true}, nil
}

type resetRequest struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

func (h handlers) reset(ctx context.Context, r *resetRequest) (*function.None, error) {
	return &function.None{}, h.credentials.Reset(ctx, r.Token, r.Password)
}

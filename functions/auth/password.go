package auth

import (
	"context"
	"errors"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/attempt"
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

// forgotten sends a message either way, so that neither the answer nor the time it takes
// tells who is a member; the owner of the address learns it, and nobody else.
func (h handlers) forgotten(ctx context.Context, r *forgottenRequest) (*forgottenResponse, error) {
	var f check.Fields
	email := f.Email("email", r.Email)
	if err := f.Err(); err != nil {
		return nil, err
	}
	token, err := h.credentials.Forgotten(ctx, email)
	switch {
	case errors.Is(err, attempt.ErrTooMany()):
		return &forgottenResponse{Sent: true}, nil
	case err != nil:
		return nil, err
	}
	if err := h.mail.Send(ctx, resetMail(h.settings, email, token)); err != nil {
		h.log.WarnContext(ctx, "the message about a forgotten password was not sent", "error", err)
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

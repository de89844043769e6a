package auth

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
)

type addressRequest struct {
	Email string `json:"email" description:"One's own, or one to change to."`
}

type addressResponse struct {
	Sent bool `json:"sent" description:"Always true: whether another account has the address is not told."`
}

func (h handlers) sendAddressCode(ctx context.Context, r *addressRequest) (*addressResponse, error) {
	if err := h.ways.SendAddressCode(ctx, auth.From(ctx), r.Email); err != nil {
		return nil, err
	}
	return &addressResponse{Sent: true}, nil
}

type confirmAddressRequest struct {
	Code string `json:"code"`
	endOthers
}

type confirmAddressResponse struct {
	Changed bool             `json:"changed" description:"Whether it is another address than before."`
	Session *renewedResponse `json:"session,omitempty"`
}

func (h handlers) confirmAddress(ctx context.Context, r *confirmAddressRequest) (*confirmAddressResponse, error) {
	changed, tokens, err := h.ways.ConfirmAddress(ctx, auth.From(ctx), r.Code, r.EndOthers)
	if err != nil || !changed {
		return &confirmAddressResponse{}, err
	}
	session := renewed(ctx, tokens)
	return &confirmAddressResponse{Changed: true, Session: &session}, nil
}

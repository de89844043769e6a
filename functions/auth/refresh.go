package auth

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/session"
)

type refreshRequest struct {
	RefreshToken string `json:"refreshToken,omitempty" description:"Without it the cookie counts, and the new tokens are cookies too."`
}

func (h handlers) refresh(ctx context.Context, r *refreshRequest) (*tokensResponse, error) {
	token, delivery := r.RefreshToken, byToken
	if token == "" {
		if err := ownPage(ctx); err != nil {
			return nil, err
		}
		token, delivery = function.RequestFrom(ctx).Cookies[auth.RefreshCookie], byCookie
	}
	if token == "" {
		return nil, session.ErrEnded()
	}
	tokens, err := h.sessions.Refresh(ctx, token)
	if err != nil {
		return nil, err
	}
	return h.deliver(ctx, tokens, delivery)
}

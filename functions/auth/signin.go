package auth

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/credential"
)

type signInRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Code     string `json:"code,omitempty" description:"Six digits of the authenticator app, or a recovery code."`
	Device   string `json:"device,omitempty" description:"What the list of sessions calls this place; the browser's name if empty."`
	Delivery string `json:"delivery,omitempty" enum:"token,cookie" description:"token (in the body, the default) or cookie."`
}

// deviceLimit is in characters.
const deviceLimit = 100

// Validate refuses what cannot be right, before it is counted as a try.
func (r *signInRequest) Validate() error {
	var f check.Fields
	r.Email = f.Line("email", r.Email, 254)
	credential.ReadPassword(&f, "password", r.Password)
	r.Code = f.OptionalLine("code", r.Code, 64)
	r.Device = f.OptionalLine("device", r.Device, deviceLimit)
	if r.Delivery == "" {
		r.Delivery = byToken
	}
	f.OneOf("delivery", r.Delivery, byToken, byCookie)
	return f.Err()
}

func (h handlers) signIn(ctx context.Context, r *signInRequest) (*tokensResponse, error) {
	if r.Delivery == byCookie {
		if err := ownPage(ctx); err != nil {
			return nil, err
		}
	}
	request := function.RequestFrom(ctx)
	if r.Device == "" {
		r.Device = request.Device
	}
	tokens, err := h.credentials.SignIn(ctx, credential.Try{
		Email: r.Email, Password: r.Password, Code: r.Code, Device: r.Device,
		Visitor: request.Origin, Campus: request.Campus, Browser: request.Cookies[cookie.Browser], RequestID: request.ID,
	})
	if err != nil {
		return nil, err
	}
	if r.Delivery == byCookie {
		if err := h.known(ctx, tokens.MemberID); err != nil {
			return nil, err
		}
		if err := h.ways.EndBefore(ctx, request.Cookies[auth.RefreshCookie]); err != nil {
			return nil, err
		}
	}
	return h.deliver(ctx, tokens, r.Delivery)
}

// known lets the account know this browser again, whatever somebody guesses elsewhere.
func (h handlers) known(ctx context.Context, memberID string) error {
	value, err := h.credentials.Known(ctx, memberID)
	if err == nil {
		function.SetCookie(ctx, cookie.New(ctx, cookie.Browser, value, clock.Now(ctx).Add(credential.BrowserLife)))
	}
	return err
}

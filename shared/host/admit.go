package host

import (
	"context"
	"net/http"
	"strings"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/problem"
)

// admit finds out who asks and refuses those who may not, or not so often.
func (h *Host) admit(ctx context.Context, k *call) (context.Context, error) {
	if k.route.HTML && k.request.Foreign { // with or without cookies: signing somebody in is forged as well
		return ctx, problem.Foreign()
	}
	p, err := h.principal(ctx, k)
	if err != nil {
		return ctx, err
	}
	ctx = auth.With(ctx, p)
	function.ByMember(ctx, p.MemberID)
	if err := h.limit(ctx, k); err != nil {
		return ctx, err
	}
	if !h.isPage(ctx, k) { // a page looks at them where it is rendered
		if err := h.off(ctx, k.route); err != nil {
			return ctx, err
		}
	}
	switch {
	case k.route.Access.Allows(p) && k.route.Proof && !p.Proved(clock.Now(ctx)):
		return ctx, problem.ProveFirst()
	case k.route.Access.Allows(p):
		return ctx, h.readOnly(ctx, k.route)
	case !p.SignedIn():
		return ctx, problem.SignInFirst()
	case k.route.Access.Allows(p.Awake()):
		return ctx, problem.New(problem.Forbidden, "second-factor-required", "관리자 권한을 쓰려면 2단계 인증을 켜고 그것으로 로그인하세요.", "Turn on the second factor and sign in with it to use an admin's powers.")
	default:
		return ctx, problem.NotAllowed()
	}
}

func (h *Host) principal(ctx context.Context, k *call) (auth.Principal, error) {
	if k.route.Page != nil && k.route.Page.ForAll {
		return auth.Principal{}, nil
	}
	r := k.echo.Request()
	authorization := r.Header.Get("Authorization")
	token, bearer := bearerOf(authorization)
	if !bearer {
		if authorization != "" {
			return auth.Principal{}, session.ErrEnded()
		}
		token = k.request.Cookies[auth.AccessCookie]
	}
	p, err := h.authenticate(ctx, token)
	if k.route.HTML && !bearer && !p.SignedIn() && (err == nil || session.IsEnded(err)) {
		p, err = h.renew(ctx, k)
	}
	if session.IsEnded(err) {
		h.chargeWrongToken(ctx)
	}
	if err == nil && !p.SignedIn() {
		return p, nil
	}
	if session.IsEnded(err) && !bearer && k.route.Access.Allows(auth.Principal{}) {
		return auth.Principal{}, nil // an old cookie on a public page: a guest
	}
	if err != nil {
		return auth.Principal{}, err
	}
	if !bearer && k.request.Foreign {
		return auth.Principal{}, problem.Foreign()
	}
	p.Bearer = bearer
	if h.deps.Settings.AdminNeedsTOTP {
		p = p.Rest(auth.Admin)
	}
	return p, nil
}

// bearerOf is the token of an Authorization header whose scheme is Bearer in any case
// (RFC 9110, 11.1 and 11.4).
func bearerOf(authorization string) (token string, ok bool) {
	scheme, rest, _ := strings.Cut(authorization, " ")
	token = strings.Trim(rest, " ")
	return token, token != "" && strings.EqualFold(scheme, "Bearer")
}

func (h *Host) authenticate(ctx context.Context, token string) (auth.Principal, error) {
	if token == "" {
		return auth.Principal{}, nil
	}
	return h.sessions.Authenticate(ctx, token)
}

// renew exchanges a browser's refresh cookie for new ones, so that a member who reads for
// longer than an access token lasts stays signed in. The new cookies go with every answer,
// a refusal too: the old ones no longer work. A session that has ended leaves a guest
// without cookies, who is answered from pages again.
func (h *Host) renew(ctx context.Context, k *call) (auth.Principal, error) {
	refresh := k.request.Cookies[auth.RefreshCookie]
	if refresh == "" {
		return auth.Principal{}, nil
	}
	tokens, err := h.sessions.Refresh(ctx, refresh)
	cookies := cookie.Session(ctx, tokens)
	switch {
	case session.IsEnded(err):
		h.chargeWrongToken(ctx)
		cookies = cookie.Ended(ctx)
	case err != nil:
		return auth.Principal{}, err
	}
	for _, c := range cookies {
		http.SetCookie(k.echo.Response(), c)
	}
	if err != nil {
		return auth.Principal{}, nil //nolint:nilerr // the session has ended: a guest
	}
	return h.sessions.Authenticate(ctx, tokens.Access)
}

// isGuest says whether the request carries no credentials at all: only such a request is
// answered with a page.
func isGuest(ctx context.Context, r *http.Request) bool {
	return !auth.From(ctx).SignedIn() && r.Header.Get("Authorization") == ""
}

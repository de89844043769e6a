package host

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/limit"
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
	if err := h.limit(ctx, k.route, p); err != nil {
		return ctx, err
	}
	switch {
	case k.route.Access.Allows(p):
		return ctx, nil
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
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		if r.Header.Get("Authorization") != "" {
			return auth.Principal{}, session.ErrEnded()
		}
		token = k.request.Cookies[auth.AccessCookie]
	}
	p, err := h.authenticate(ctx, token)
	if k.route.HTML && !bearer && !p.SignedIn() && (err == nil || session.IsEnded(err)) {
		p, err = h.renew(ctx, k)
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
	if h.deps.Settings.AdminNeedsTOTP {
		p = p.Rest(auth.Admin)
	}
	return p, nil
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

// ruleOf is the bucket of one member or one visitor, in requests a minute and at once. A
// dormitory shares one address, so a visitor's are wide; secrets are protected by delays of
// their own (shared/identity/attempt).
func ruleOf(l function.Limit) limit.Rule {
	switch l {
	case function.SigningIn:
		return limit.Rule{Rate: 30, Burst: 20, Per: time.Minute} // a seminar signs in at once, then somebody every 2 s
	case function.Writing:
		return limit.Rule{Rate: 60, Burst: 60, Per: time.Minute} // one a second: nobody writes faster by hand
	case function.Uploading:
		return limit.Rule{Rate: 600, Burst: 200, Per: time.Minute} // a folder of pictures at once, each with start, parts and completion
	default:
		return limit.Rule{Rate: 1200, Burst: 300, Per: time.Minute} // 20 a second, of what the edge does not answer by itself
	}
}

func (h *Host) limit(ctx context.Context, route function.Route, p auth.Principal) error {
	if h.limiter == nil {
		return nil
	}
	kind := route.Limit
	if kind == "" {
		kind = function.Writing
		if isSafe(route.Method) || route.ReadOnly {
			kind = function.Reading
		}
	}
	who := function.RequestFrom(ctx).Origin
	if p.SignedIn() {
		who = p.MemberID
	}
	v := h.limiter.Allow(ctx, string(kind)+":"+who, ruleOf(kind), kind != function.Reading, h.now())
	if v.Local {
		h.metrics.localLimit(h.spec.Name)
	}
	if !v.Allowed {
		return problem.TooOften(v.RetryAfter)
	}
	return nil
}

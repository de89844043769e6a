// Package cookie makes what a browser keeps: the two cookies of a session and those of
// single purposes. No script can read them, and only this host gets them, over TLS.
package cookie

import (
	"context"
	"net/http"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/session"
)

// Cookies of single purposes, beside the two of shared/auth.
const (
	Browser = "__Host-madang-browser" // by what an account knows a browser again
	Flow    = "__Host-madang-oidc"    // what somebody who is at another issuer came for
)

// New is a cookie that lives until a time; one without a time is deleted.
func New(ctx context.Context, name, value string, until time.Time) *http.Cookie {
	age := -1
	if !until.IsZero() {
		age = max(1, int(until.Sub(clock.Now(ctx)).Seconds()))
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// Session are the cookies of a session.
func Session(ctx context.Context, t session.Tokens) []*http.Cookie {
	return []*http.Cookie{New(ctx, auth.AccessCookie, t.Access, t.AccessUntil), New(ctx, auth.RefreshCookie, t.Refresh, t.RefreshUntil)}
}

// Ended are the cookies that take a session's away.
func Ended(ctx context.Context) []*http.Cookie {
	return []*http.Cookie{New(ctx, auth.AccessCookie, "", time.Time{}), New(ctx, auth.RefreshCookie, "", time.Time{})}
}

// SignIn sends a session's cookies with the answer.
func SignIn(ctx context.Context, t session.Tokens) {
	function.ByMember(ctx, t.MemberID)
	send(ctx, Session(ctx, t))
}

// SignOut takes them away with the answer, and what the site's pages keep in the browser: the
// next one at a shared computer finds nothing of it. A session that ends by itself leaves what
// was typed, for who signs in again.
func SignOut(ctx context.Context) {
	function.SetHeader(ctx, "Clear-Site-Data", `"storage"`)
	send(ctx, Ended(ctx))
}

func send(ctx context.Context, cookies []*http.Cookie) {
	for _, c := range cookies {
		function.SetCookie(ctx, c)
	}
}

package auth

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/oidc"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/problem"
)

type handlers struct {
	ways        account.Ways
	credentials credential.Store
	sessions    session.Store
	members     member.Store
	oidc        *oidc.Client
	settings    function.Settings
	writable    func(context.Context) error // whether the site is not read-only
}

// The ways to be given tokens.
const (
	byToken  = "token"  // in the body, for programs
	byCookie = "cookie" // in cookies that no script can read, for browsers
)

type grant struct {
	Role  string     `json:"role"`
	Unit  string     `json:"unit"`
	Until *time.Time `json:"until,omitempty"`
}

type signedInMember struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Verified bool    `json:"verified"`
	Unit     string  `json:"unit"`
	Roles    []grant `json:"roles"`
}

type tokensResponse struct {
	SessionID        string         `json:"sessionId"`
	AccessToken      string         `json:"accessToken,omitempty"`
	AccessExpiresAt  time.Time      `json:"accessExpiresAt"`
	RefreshToken     string         `json:"refreshToken,omitempty"`
	RefreshExpiresAt time.Time      `json:"refreshExpiresAt"`
	Member           signedInMember `json:"member"`
}

// deliver answers with tokens, or sets them as cookies.
func (h handlers) deliver(ctx context.Context, t session.Tokens, delivery string) (*tokensResponse, error) {
	p, err := h.sessions.Authenticate(ctx, t.Access)
	if err != nil {
		return nil, err
	}
	function.ByMember(ctx, p.MemberID)
	response := &tokensResponse{
		SessionID: t.SessionID, AccessExpiresAt: t.AccessUntil, RefreshExpiresAt: t.RefreshUntil,
		Member: signedInMember{ID: p.MemberID, Name: p.Name, Verified: p.Verified, Unit: p.Unit, Roles: []grant{}},
	}
	for _, g := range p.Grants {
		r := grant{Role: string(g.Role), Unit: g.Unit}
		if !g.Until.IsZero() {
			r.Until = &g.Until
		}
		response.Member.Roles = append(response.Member.Roles, r)
	}
	if delivery == byCookie {
		cookie.SignIn(ctx, t)
		return response, nil
	}
	response.AccessToken, response.RefreshToken = t.Access, t.Refresh
	return response, nil
}

type renewedResponse struct {
	AccessToken      string    `json:"accessToken,omitempty" description:"In place of the one that the request came with; in cookies where that was one."`
	AccessExpiresAt  time.Time `json:"accessExpiresAt"`
	RefreshToken     string    `json:"refreshToken,omitempty"`
	RefreshExpiresAt time.Time `json:"refreshExpiresAt"`
}

// renewed gives the session's new tokens the way the old ones came.
func renewed(ctx context.Context, t session.Tokens) renewedResponse {
	r := renewedResponse{AccessExpiresAt: t.AccessUntil, RefreshExpiresAt: t.RefreshUntil}
	if auth.From(ctx).Bearer {
		r.AccessToken, r.RefreshToken = t.Access, t.Refresh
	} else {
		cookie.SignIn(ctx, t)
	}
	return r
}

// endOthers is asked by what changes how a member signs in.
type endOthers struct {
	EndOthers bool `json:"endOthers,omitempty" description:"Ends the member's other sessions."`
}

// ownPage refuses a request that a browser sent from another site's page: what follows
// depends on cookies, or sets them.
func ownPage(ctx context.Context) error {
	if function.RequestFrom(ctx).Foreign {
		return problem.Foreign()
	}
	return nil
}

package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/oidc"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/problem"
)

func issuers(list []function.Issuer) []oidc.Issuer {
	converted := []oidc.Issuer{}
	for _, i := range list {
		converted = append(converted, oidc.Issuer(i))
	}
	return converted
}

type issuersRequest struct{}

type issuersResponse struct {
	Items []string `json:"items"`
}

func (h handlers) issuers(context.Context, *issuersRequest) (*issuersResponse, error) {
	return &issuersResponse{Items: h.oidc.Names()}, nil
}

type beginRequest struct {
	Issuer string `path:"issuer"`
	Return string `query:"return" description:"Path of the site to go on at."`
}

// begin sends the browser to the issuer. Anybody can have somebody follow this link: it signs in,
// and what is said beside that is said afterwards (signUpBy, comeBackBy).
func (h handlers) begin(ctx context.Context, r *beginRequest) (*function.Redirect, error) {
	var f check.Fields
	flow := oidc.Flow{Purpose: oidc.SignIn, Return: ownPath(&f, r.Return)}
	if err := f.Err(); err != nil {
		return nil, err
	}
	address, err := h.toIssuer(ctx, r.Issuer, flow)
	if err != nil {
		return nil, err
	}
	return &function.Redirect{Status: http.StatusFound, URL: address}, nil
}

// toIssuer is where a flow goes on, which this browser is given.
func (h handlers) toIssuer(ctx context.Context, issuer string, flow oidc.Flow) (string, error) {
	address, value, err := h.oidc.Begin(ctx, issuer, flow)
	if err != nil {
		return "", err
	}
	h.setFlow(ctx, value)
	return address, nil
}

type linkRequest struct {
	Issuer string `path:"issuer"`
	Return string `json:"return,omitempty" description:"Path of the site to go on at."`
	endOthers
}

type linkResponse struct {
	URL string `json:"url" description:"Where the browser goes on, at the issuer."`
}

// link begins to add an account of another issuer as a way to sign in. A link that somebody
// follows must not: another site could send them on with its own account, which the issuer
// then vouches for. So it is asked for by a request of the site's own pages, and proved.
func (h handlers) link(ctx context.Context, r *linkRequest) (*linkResponse, error) {
	var f check.Fields
	p := auth.From(ctx)
	if err := h.ways.MayAdd(ctx, p); err != nil {
		return nil, err
	}
	flow := oidc.Flow{Purpose: oidc.Link, MemberID: p.MemberID, EndOthers: r.EndOthers, Return: ownPath(&f, r.Return)}
	if err := f.Err(); err != nil {
		return nil, err
	}
	address, err := h.toIssuer(ctx, r.Issuer, flow)
	return &linkResponse{URL: address}, err
}

func (h handlers) setFlow(ctx context.Context, value string) {
	function.SetCookie(ctx, cookie.New(ctx, cookie.Flow, value, clock.Now(ctx).Add(oidc.Life)))
}

// ownPath reads a path of the site itself; "/" if empty. A second slash or a backslash
// would lead browsers to another host.
func ownPath(f *check.Fields, value string) string {
	if value == "" {
		return "/"
	}
	if len(value) > 500 || !strings.HasPrefix(value, "/") {
		f.Add("return", "not-a-path", "이 홈페이지의 경로만 쓸 수 있습니다.", "Only a path of this site.")
		return ""
	}
	return f.Link("return", value)
}

type callbackRequest struct {
	Issuer string `path:"issuer"`
	State  string `query:"state"`
	Code   string `query:"code"`
	Error  string `query:"error"`
}

// callback ends the flow: the browser goes on at the page that it came from, signed in or
// with ?error= and a problem's code. Without a flow of this browser there is no such page,
// and the answer is the problem itself.
func (h handlers) callback(ctx context.Context, r *callbackRequest) (*function.Redirect, error) {
	answer := oidc.Answer{Cookie: function.RequestFrom(ctx).Cookies[cookie.Flow], State: r.State, Code: r.Code, Error: r.Error}
	flow, who, err := h.oidc.Finish(ctx, r.Issuer, answer)
	if flow.Purpose == "" {
		return nil, err
	}
	function.SetCookie(ctx, cookie.New(ctx, cookie.Flow, "", time.Time{}))
	if err == nil {
		err = h.identified(ctx, flow, who)
	}
	target := flow.Return
	if err != nil {
		p := problem.Find(err)
		if p == nil {
			return nil, err
		}
		function.Refused(ctx, p.Code)
		target = withError(target, p.Code)
	}
	return &function.Redirect{Status: http.StatusSeeOther, URL: target}, nil
}

func withError(path, code string) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/?error=" + code
	}
	q := u.Query()
	q.Set("error", code)
	u.RawQuery = q.Encode()
	return u.String()
}

// identified does what the flow was for.
func (h handlers) identified(ctx context.Context, flow oidc.Flow, who oidc.Identity) error {
	if flow.Purpose == oidc.Link {
		if err := h.writable(ctx); err != nil {
			return err
		}
		if auth.From(ctx).MemberID != flow.MemberID {
			return problem.SignInFirst()
		}
		tokens, err := h.ways.Link(ctx, auth.From(ctx), who.Issuer, who.Subject, flow.EndOthers)
		if err == nil {
			cookie.SignIn(ctx, tokens)
		}
		return err
	}
	tokens, err := h.ways.SignInBy(ctx, account.Known(who), h.tryOf(ctx, ""), false)
	if err != nil {
		return h.later(ctx, err, oidc.Flow{Return: flow.Return, Who: who})
	}
	cookie.SignIn(ctx, tokens)
	return h.ways.EndBefore(ctx, function.RequestFrom(ctx).Cookies[auth.RefreshCookie])
}

// later remembers in the browser what a sign-in waits for, by the refusal that says it, which it
// returns.
func (h handlers) later(ctx context.Context, refused error, flow oidc.Flow) error {
	switch half := credential.Halfway(refused); {
	case half != credential.Half{}:
		flow = oidc.Flow{Purpose: oidc.Second, MemberID: half.MemberID, Mark: half.Mark, Return: flow.Return}
	case errors.Is(refused, account.ErrConsentRequired()):
		flow.Purpose = oidc.Joining
	case errors.Is(refused, credential.ErrLeaving()):
		flow.Purpose = oidc.Leaving
	default:
		return refused
	}
	value, err := h.oidc.Remember(ctx, flow)
	if err != nil {
		return err
	}
	h.setFlow(ctx, value)
	return refused
}

func (h handlers) tryOf(ctx context.Context, code string) credential.Try {
	request := function.RequestFrom(ctx)
	return credential.Try{Code: code, Device: request.Device, Visitor: request.Origin, RequestID: request.ID}
}

// recalled is what a sign-in of this browser waits for, on the site's own page.
func (h handlers) recalled(ctx context.Context, purpose string) (oidc.Flow, error) {
	if err := ownPage(ctx); err != nil {
		return oidc.Flow{}, err
	}
	return h.oidc.Recall(ctx, function.RequestFrom(ctx).Cookies[cookie.Flow], purpose)
}

// arrived ends a flow with the cookies of a session.
func (h handlers) arrived(ctx context.Context, tokens session.Tokens) (*tokensResponse, error) {
	function.SetCookie(ctx, cookie.New(ctx, cookie.Flow, "", time.Time{}))
	if err := h.ways.EndBefore(ctx, function.RequestFrom(ctx).Cookies[auth.RefreshCookie]); err != nil {
		return nil, err
	}
	return h.deliver(ctx, tokens, byCookie)
}

type signUpByRequest struct {
	PolicyVersion string `json:"policyVersion" description:"Of the privacy policy that the new member agrees to."`
	Privacy       bool   `json:"privacy"`
}

// signUpBy makes an account for whom an issuer has identified and who agrees to the policy.
func (h handlers) signUpBy(ctx context.Context, r *signUpByRequest) (*tokensResponse, error) {
	flow, err := h.recalled(ctx, oidc.Joining)
	if err != nil {
		return nil, err
	}
	tokens, err := h.ways.SignUpBy(ctx, account.Known(flow.Who), member.Consent{Version: r.PolicyVersion, Privacy: r.Privacy}, h.tryOf(ctx, ""))
	if err != nil {
		return nil, err
	}
	return h.arrived(ctx, tokens)
}

type comeBackByRequest struct {
	Code string `json:"code,omitempty" description:"Of who has a second factor."`
}

// comeBackBy undoes leaving for whom an issuer has identified.
func (h handlers) comeBackBy(ctx context.Context, r *comeBackByRequest) (*tokensResponse, error) {
	flow, err := h.recalled(ctx, oidc.Leaving)
	if err != nil {
		return nil, err
	}
	tokens, err := h.ways.SignInBy(ctx, account.Known(flow.Who), h.tryOf(ctx, r.Code), true)
	if err != nil {
		return nil, err
	}
	return h.arrived(ctx, tokens)
}

type finishRequest struct {
	Code string `json:"code"`
}

// finish takes the second factor of a member whom an issuer has identified, and sets the
// cookies of a session.
func (h handlers) finish(ctx context.Context, r *finishRequest) (*tokensResponse, error) {
	flow, err := h.recalled(ctx, oidc.Second)
	if err != nil {
		return nil, err
	}
	tokens, err := h.credentials.GoOn(ctx, credential.Half{MemberID: flow.MemberID, Mark: flow.Mark}, h.tryOf(ctx, r.Code), flow.ComesBack)
	if err != nil {
		return nil, err
	}
	return h.arrived(ctx, tokens)
}

type unlinkRequest struct {
	Issuer string `path:"issuer"`
	endOthers
}

func (h handlers) unlink(ctx context.Context, r *unlinkRequest) (*renewedResponse, error) {
	issuer, err := h.oidc.Issuer(r.Issuer)
	if err != nil {
		return nil, err
	}
	tokens, err := h.ways.Unlink(ctx, auth.From(ctx), issuer.URL, r.EndOthers)
	if err != nil {
		return nil, err
	}
	session := renewed(ctx, tokens)
	return &session, nil
}

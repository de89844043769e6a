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
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/oidc"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
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
	Issuer   string `path:"issuer"`
	Return   string `query:"return" description:"Path of the site to go on at."`
	Consent  string `query:"consent" description:"Version of the privacy policy that a new member agrees to."`
	ComeBack bool   `query:"comeBack" description:"Undoes leaving."`
}

// begin sends the browser to the issuer.
func (h handlers) begin(ctx context.Context, r *beginRequest) (*function.Redirect, error) {
	var f check.Fields
	flow := oidc.Flow{Purpose: oidc.SignIn, Return: ownPath(&f, r.Return), Consent: f.OptionalLine("consent", r.Consent, 40)}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if r.ComeBack {
		flow.Purpose = oidc.ComeBack
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
	flow := oidc.Flow{Purpose: oidc.Link, MemberID: p.MemberID, Return: ownPath(&f, r.Return)}
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
		tokens, err := h.ways.Link(ctx, auth.From(ctx), who.Issuer, who.Subject)
		if err == nil {
			cookie.SignIn(ctx, tokens)
		}
		return err
	}
	id, err := h.memberOf(ctx, flow, who)
	if err != nil {
		return err
	}
	tokens, err := h.credentials.SignInAs(ctx, id, h.tryOf(ctx, ""), flow.Purpose == oidc.ComeBack)
	if errors.Is(err, credential.ErrCodeRequired()) {
		value, sealing := h.oidc.Remember(ctx, oidc.Flow{Purpose: oidc.Second, MemberID: id, Mark: credential.Halfway(err).Mark, Return: flow.Return, ComesBack: flow.Purpose == oidc.ComeBack})
		if sealing != nil {
			return sealing
		}
		h.setFlow(ctx, value)
	}
	if err != nil {
		return err
	}
	cookie.SignIn(ctx, tokens)
	return h.ways.EndBefore(ctx, function.RequestFrom(ctx).Cookies[auth.RefreshCookie])
}

func (h handlers) tryOf(ctx context.Context, code string) credential.Try {
	request := function.RequestFrom(ctx)
	return credential.Try{Code: code, Device: request.Device, Visitor: request.Origin, RequestID: request.ID}
}

// memberOf finds the member, or makes one who has agreed to today's policy.
func (h handlers) memberOf(ctx context.Context, flow oidc.Flow, who oidc.Identity) (string, error) {
	id, err := h.members.Linked(ctx, who.Issuer, who.Subject)
	if !errors.Is(err, problem.Absent()) {
		return id, err
	}
	if flow.Consent != h.settings.PolicyVersion {
		return "", problem.New(problem.Conflict, "consent-required", "가입하려면 개인정보 처리방침에 동의해야 합니다.", "To become a member, agree to the privacy policy.")
	}
	if err := h.writable(ctx); err != nil {
		return "", err
	}
	n := member.New{Profile: member.Profile{Name: shownName(who.Name)}, Consent: member.Consent{Version: flow.Consent, Privacy: true}}
	var f check.Fields
	if email := f.Email("email", who.Email); f.Err() == nil {
		n.Email = email
	}
	id, err = h.members.SignUpBy(ctx, n, who.Issuer, who.Subject)
	if errors.Is(err, member.ErrLinkTaken()) || errors.Is(err, member.ErrEmailTaken()) {
		if id, linked := h.members.Linked(ctx, who.Issuer, who.Subject); linked == nil {
			return id, nil // two tabs at once: the other one made the account
		}
	}
	return id, err
}

// shownName is the issuer's name for somebody, as far as it can be shown.
func shownName(name string) string {
	clean, err := text.Clean(name, false)
	if err != nil || text.Blank(clean) {
		return "새 회원"
	}
	return text.Truncate(clean, member.NameLimit)
}

type finishRequest struct {
	Code string `json:"code"`
}

// finish takes the second factor of a member whom an issuer has identified, and sets the
// cookies of a session.
func (h handlers) finish(ctx context.Context, r *finishRequest) (*tokensResponse, error) {
	if err := ownPage(ctx); err != nil {
		return nil, err
	}
	flow, err := h.oidc.Recall(ctx, function.RequestFrom(ctx).Cookies[cookie.Flow], oidc.Second)
	if err != nil {
		return nil, err
	}
	tokens, err := h.credentials.GoOn(ctx, credential.Half{MemberID: flow.MemberID, Mark: flow.Mark}, h.tryOf(ctx, r.Code), flow.ComesBack)
	if err != nil {
		return nil, err
	}
	function.SetCookie(ctx, cookie.New(ctx, cookie.Flow, "", time.Time{}))
	if err := h.ways.EndBefore(ctx, function.RequestFrom(ctx).Cookies[auth.RefreshCookie]); err != nil {
		return nil, err
	}
	return h.deliver(ctx, tokens, byCookie)
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

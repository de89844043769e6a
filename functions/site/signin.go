package site

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

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
	"github.com/madang-council/madang/shared/ui"
)

// nextOf is where to go on after a form: a path of the site itself, or the page otherwise.
func nextOf(ctx context.Context, next, otherwise string) string {
	if !ui.OwnPath(next) {
		return ui.Local(ctx, otherwise)
	}
	return next
}

// withNext is an address that keeps where to go on.
func withNext(ctx context.Context, path, next string) string {
	path = ui.Local(ctx, path)
	if next == "" || !ui.OwnPath(next) {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

func seeOther(url string) *function.Redirect {
	return &function.Redirect{Status: http.StatusSeeOther, URL: url}
}

type signInFormRequest struct {
	Next  string `query:"next"`
	Done  string `query:"done"`
	Error string `query:"error"`
}

// signInForm is also where other issuers send the browser back to: signed in, or with the
// code of a problem.
func (h handlers) signInForm(ctx context.Context, r *signInFormRequest) (*formOrRedirect, error) {
	if auth.From(ctx).SignedIn() && r.Error == "" {
		return redirected(nextOf(ctx, r.Next, homePath)), nil
	}
	if r.Error == credential.ErrCodeRequired().Code {
		return redirected(withNext(ctx, secondPath, r.Next)), nil
	}
	form, _, _ := ui.Refused(ctx, issuerProblem(r.Error))
	if form.Problem() == nil {
		form = ui.NewForm(ctx)
	}
	return shown(h.signInPage(ctx, form, 0, signInRequest{Next: r.Next}, done(ctx, r.Done), h.waiting(ctx, r.Error))), nil
}

// issuerProblem is the problem that the callback of another issuer named, or nil.
func issuerProblem(code string) error {
	if code == "" {
		return nil
	}
	for _, p := range []*problem.Error{account.ErrConsentRequired(), credential.ErrSuspended(), credential.ErrLeaving(), oidc.ErrFlow(), oidc.ErrRefused(), oidc.ErrFailed(), member.ErrEmailTaken(), member.ErrLinkTaken(), problem.ReadOnly()} {
		if p.Code == code {
			return p
		}
	}
	return problem.New(problem.Conflict, "oidc-failed", "다른 계정으로 로그인하지 못했습니다.", "Signing in with the other account failed.")
}

type signInRequest struct {
	Email    string `form:"email"`
	Password string `form:"password"`
	Next     string `form:"next"`
}

func (h handlers) signIn(ctx context.Context, r *signInRequest) (*function.Redirect, error) {
	again := func(err error) error {
		return again(ctx, err, func(form ui.Form, status int) *ui.Answer {
			return h.signInPage(ctx, form, status, *r, "", nil)
		})
	}
	var f check.Fields
	r.Email = f.Line("email", r.Email, 254)
	credential.ReadPassword(&f, "password", r.Password)
	if err := f.Err(); err != nil {
		return nil, again(err)
	}
	tokens, err := h.signsIn(ctx, r.Email, r.Password)
	if half := credential.Halfway(err); half != (credential.Half{}) {
		return h.halfway(ctx, half, r.Next)
	}
	if err != nil {
		return nil, again(err)
	}
	if err := h.begin(ctx, tokens); err != nil {
		return nil, err
	}
	return seeOther(nextOf(ctx, r.Next, homePath)), nil
}

// signsIn asks for a session by a password, from this browser.
func (h handlers) signsIn(ctx context.Context, email, password string) (session.Tokens, error) {
	request := function.RequestFrom(ctx)
	return h.accounts.Credentials.SignIn(ctx, credential.Try{
		Email: email, Password: password, Device: request.Device, Visitor: request.Origin, Campus: request.Campus,
		Browser: request.Cookies[cookie.Browser], RequestID: request.ID,
	})
}

// halfway remembers in the browser whose password was right, and asks for a code.
func (h handlers) halfway(ctx context.Context, half credential.Half, next string) (*function.Redirect, error) {
	return h.halfwayBack(ctx, half, next, false)
}

// halfwayBack is halfway, of who comes back where that is said.
func (h handlers) halfwayBack(ctx context.Context, half credential.Half, next string, comesBack bool) (*function.Redirect, error) {
	value, err := h.oidc.Remember(ctx, oidc.Flow{Purpose: oidc.Second, MemberID: half.MemberID, Mark: half.Mark, ComesBack: comesBack, Return: nextOf(ctx, next, homePath)})
	if err != nil {
		return nil, err
	}
	function.SetCookie(ctx, cookie.New(ctx, cookie.Flow, value, clock.Now(ctx).Add(oidc.Life)))
	function.Refused(ctx, credential.ErrCodeRequired().Code)
	return seeOther(withNext(ctx, secondPath, next)), nil
}

// begin sets the cookies of a session, and the one by which the account knows the browser.
func (h handlers) begin(ctx context.Context, tokens session.Tokens) error {
	cookie.SignIn(ctx, tokens)
	if err := h.known(ctx, tokens.MemberID); err != nil {
		return err
	}
	return h.accounts.EndBefore(ctx, function.RequestFrom(ctx).Cookies[auth.RefreshCookie])
}

// known lets the account know this browser again, whatever somebody guesses elsewhere.
func (h handlers) known(ctx context.Context, memberID string) error {
	value, err := h.accounts.Credentials.Known(ctx, memberID)
	if err == nil {
		function.SetCookie(ctx, cookie.New(ctx, cookie.Browser, value, clock.Now(ctx).Add(credential.BrowserLife)))
	}
	return err
}

func (h handlers) signInPage(ctx context.Context, form ui.Form, status int, r signInRequest, message string, waiting g.Node) *ui.Answer {
	leaving := waiting == nil && form.Problem() != nil && form.Problem().Code == credential.ErrLeaving().Code
	return h.frame.Page(ctx, ui.View{Status: status, Title: ui.T(ctx, "로그인", "Sign in"), Path: signInPath, Hidden: true, Section: signInPath, Class: "narrow", Styles: []string{"site.css"}, Scripts: []string{"reveal.js"}, Main: []g.Node{
		el.H1(g.Text(ui.T(ctx, "로그인", "Sign in"))),
		ui.Announce(message),
		form.Summary(),
		waiting,
		g.If(leaving, el.P(el.A(el.Class("button quiet wide"), el.Href(ui.Local(ctx, returnPath)), g.Text(ui.T(ctx, "탈퇴 취소하기", "Undo leaving"))))),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, signInPath)),
			form.Input(ui.Field{Name: "email", Label: ui.T(ctx, "이메일", "Email address"), Type: "email", Complete: "username", Value: r.Email, Limit: 254}),
			form.Input(ui.Field{Name: "password", Label: ui.T(ctx, "비밀번호", "Password"), Type: "password", Complete: "current-password"}),
			hiddenNext(r.Next),
			ui.Button(ui.T(ctx, "로그인", "Sign in")),
		),
		h.issuerLinks(ctx, r.Next),
		el.Ul(el.Class("ways"),
			el.Li(el.A(el.Href(ui.Local(ctx, forgottenPath)), g.Text(ui.T(ctx, "비밀번호를 잊었어요", "Forgot your password?")))),
			el.Li(g.Text(ui.T(ctx, "처음이신가요? ", "New here? ")), el.A(el.Href(withNext(ctx, signUpPath, r.Next)), g.Text(ui.T(ctx, "가입하기", "Sign up")))),
		),
	}})
}

func hiddenNext(next string) g.Node {
	if next == "" {
		return nil
	}
	return el.Input(el.Type("hidden"), el.Name("next"), el.Value(next))
}

// waiting is what somebody is asked whom another issuer has sent back with the code of a problem;
// nil for nothing.
func (h handlers) waiting(ctx context.Context, code string) g.Node {
	switch code {
	case account.ErrConsentRequired().Code:
		return el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, agreePath)),
			el.Input(el.Type("hidden"), el.Name("policyVersion"), el.Value(h.settings.PolicyVersion)),
			el.P(el.Class("hint"), el.A(el.Href(ui.Local(ctx, privacyPath)), g.Text(ui.T(ctx, "무엇을 왜 언제까지 모으나요?", "What is kept, why, and until when?")))),
			ui.Button(ui.T(ctx, "동의하고 가입하기", "Agree and sign up")))
	case credential.ErrLeaving().Code:
		return el.Form(el.Method("post"), el.Action(ui.Local(ctx, cameBackPath)), el.Button(el.Type("submit"), el.Class("button quiet wide"), g.Text(ui.T(ctx, "탈퇴 취소하기", "Undo leaving"))))
	}
	return nil
}

type agreeRequest struct {
	Version string `form:"policyVersion"`
}

// agree makes an account for whom another issuer has identified: sending the form is the consent
// that it names.
func (h handlers) agree(ctx context.Context, r *agreeRequest) (*function.Redirect, error) {
	return h.goesOn(ctx, oidc.Joining, func(flow oidc.Flow, t credential.Try) (session.Tokens, error) {
		return h.accounts.SignUpBy(ctx, account.Known(flow.Who), member.Consent{Version: r.Version, Privacy: true}, t)
	})
}

// comeBackBy undoes leaving for whom another issuer has identified.
func (h handlers) comeBackBy(ctx context.Context, _ *none) (*function.Redirect, error) {
	return h.goesOn(ctx, oidc.Leaving, func(flow oidc.Flow, t credential.Try) (session.Tokens, error) {
		return h.accounts.SignInBy(ctx, account.Known(flow.Who), t, true)
	})
}

// goesOn ends a sign-in by another issuer that waited for something, in the browser that began it.
// What is refused is said where the issuer sends to as well.
func (h handlers) goesOn(ctx context.Context, purpose string, do func(oidc.Flow, credential.Try) (session.Tokens, error)) (*function.Redirect, error) {
	refused := func(code, to string) *function.Redirect {
		function.Refused(ctx, code)
		u, err := url.Parse(nextOf(ctx, to, signInPath))
		if err != nil {
			u = &url.URL{Path: ui.Local(ctx, signInPath)}
		}
		q := u.Query()
		q.Set("error", code)
		u.RawQuery = q.Encode()
		return seeOther(u.String())
	}
	request := function.RequestFrom(ctx)
	flow, err := h.oidc.Recall(ctx, request.Cookies[cookie.Flow], purpose)
	if err != nil {
		return refused(oidc.ErrFlow().Code, ""), nil //nolint:nilerr // too late, or another browser: the page says so
	}
	tokens, err := do(flow, credential.Try{Device: request.Device, Visitor: request.Origin, RequestID: request.ID})
	if half := credential.Halfway(err); half != (credential.Half{}) {
		return h.halfwayBack(ctx, half, flow.Return, purpose == oidc.Leaving)
	}
	if p := problem.Find(err); p != nil {
		if p.Kind == problem.Invalid { // another policy is in force meanwhile: it is read, and agreed to, anew
			p = account.ErrConsentRequired()
		}
		return refused(p.Code, flow.Return), nil
	}
	if err != nil {
		return nil, err
	}
	function.SetCookie(ctx, cookie.New(ctx, cookie.Flow, "", time.Time{}))
	if err := h.begin(ctx, tokens); err != nil {
		return nil, err
	}
	return seeOther(nextOf(ctx, flow.Return, homePath)), nil
}

// issuerLinks lead to the other issuers.
func (h handlers) issuerLinks(ctx context.Context, next string) g.Node {
	names := h.oidc.Names()
	if len(names) == 0 {
		return nil
	}
	return el.Section(el.Class("issuers"), el.Aria("label", ui.T(ctx, "다른 계정", "Other accounts")), el.Ul(g.Map(names, func(name string) g.Node {
		q := url.Values{"return": {withNext(ctx, signInPath, next)}}
		label := ui.T(ctx, oidc.Label(name).KO+" 계정으로 로그인", "Sign in with "+oidc.Label(name).EN)
		return el.Li(el.A(el.Class("button quiet wide"), el.Rel("nofollow"), el.Href("/v1/auth/oidc/"+name+"?"+q.Encode()), g.Text(label)))
	})))
}

type secondFormRequest struct {
	Next string `query:"next"`
}

func (h handlers) secondForm(ctx context.Context, r *secondFormRequest) (*formOrRedirect, error) {
	if _, err := h.recalled(ctx); err != nil {
		return redirected(withNext(ctx, signInPath, r.Next)), nil //nolint:nilerr // too late, or another browser: the way begins again
	}
	return shown(h.secondPage(ctx, ui.NewForm(ctx), 0)), nil
}

func (h handlers) recalled(ctx context.Context) (oidc.Flow, error) {
	return h.oidc.Recall(ctx, function.RequestFrom(ctx).Cookies[cookie.Flow], oidc.Second)
}

type codeRequest struct {
	Code string `form:"code"`
}

func (h handlers) second(ctx context.Context, r *codeRequest) (*function.Redirect, error) {
	flow, err := h.recalled(ctx)
	if err != nil {
		return seeOther(ui.Local(ctx, signInPath)), nil //nolint:nilerr // too late, or another browser: the way begins again
	}
	var f check.Fields
	code := f.Line("code", r.Code, 64)
	err = f.Err()
	var tokens session.Tokens
	if err == nil {
		request := function.RequestFrom(ctx)
		tokens, err = h.accounts.Credentials.GoOn(ctx, credential.Half{MemberID: flow.MemberID, Mark: flow.Mark}, credential.Try{Code: code, Device: request.Device, Visitor: request.Origin, RequestID: request.ID}, flow.ComesBack)
	}
	if errors.Is(err, credential.ErrFailed()) { // the password was replaced meanwhile: the way begins again
		function.Refused(ctx, credential.ErrFailed().Code)
		return seeOther(ui.Local(ctx, signInPath)), nil
	}
	if err != nil {
		return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.secondPage(ctx, form, status) })
	}
	function.SetCookie(ctx, cookie.New(ctx, cookie.Flow, "", time.Time{}))
	if err := h.begin(ctx, tokens); err != nil {
		return nil, err
	}
	return seeOther(nextOf(ctx, flow.Return, homePath)), nil
}

func (h handlers) secondPage(ctx context.Context, form ui.Form, status int) *ui.Answer {
	return h.frame.Page(ctx, ui.View{Status: status, Title: ui.T(ctx, "2단계 인증", "Second factor"), Path: secondPath, Hidden: true, Section: signInPath, Class: "narrow", Styles: []string{"site.css"}, Main: []g.Node{
		el.H1(g.Text(ui.T(ctx, "2단계 인증", "Second factor"))),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, secondPath)),
			codeField(ctx, form, ui.T(ctx, "인증 앱의 여섯 자리 번호나 복구 코드", "Six digits of the authenticator app, or a recovery code")),
			ui.Button(ui.T(ctx, "확인", "Continue")),
		),
	}})
}

// codeField is a box for a one-time code.
func codeField(ctx context.Context, form ui.Form, hint string) g.Node {
	return form.Input(ui.Field{Name: "code", Label: ui.T(ctx, "인증번호", "Code"), Hint: hint, Complete: "one-time-code", Limit: 64, More: []g.Node{el.Class("code"), g.Attr("inputmode", "text"), g.Attr("spellcheck", "false"), g.Attr("autocapitalize", "off")}})
}

func (h handlers) signOut(ctx context.Context, _ *none) (*function.Redirect, error) {
	if p := auth.From(ctx); p.SignedIn() {
		if err := h.accounts.Sessions.Revoke(ctx, p.MemberID, p.SessionID); err != nil && problem.Find(err) == nil {
			return nil, err
		}
	}
	cookie.SignOut(ctx)
	return seeOther(withDone(ctx, signInPath, "signed-out")), nil
}

package site

import (
	"context"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/identity/totp"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

func (h handlers) changeForm(ctx context.Context, _ *none) (*ui.Answer, error) {
	m, err := h.accounts.Members.Member(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	return h.changePage(ctx, ui.NewForm(ctx), 0, m), nil
}

type changeRequest struct {
	New string `form:"new"`
}

func (h handlers) change(ctx context.Context, r *changeRequest) (*function.Redirect, error) {
	tokens, err := h.accounts.SetPassword(ctx, auth.From(ctx), r.New)
	if err == nil {
		cookie.SignIn(ctx, tokens)
		return seeOther(withDone(ctx, myPath, "password")), h.known(ctx, tokens.MemberID)
	}
	m, reading := h.accounts.Members.Member(ctx, auth.From(ctx).MemberID)
	if reading != nil {
		return nil, reading
	}
	return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.changePage(ctx, form, status, m) })
}

func (h handlers) changePage(ctx context.Context, form ui.Form, status int, m member.Member) *ui.Answer {
	return h.page(ctx, status, changePath, ui.T(ctx, "비밀번호 바꾸기", "Change the password"),
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "바꾸면 다른 기기에서 로그아웃됩니다.", "Changing it signs out your other devices."))),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, changePath)),
			username(ctx, m),
			form.Input(ui.Field{Name: "new", Label: ui.T(ctx, "새 비밀번호", "New password"), Hint: ui.T(ctx, "8자 이상", "At least 8 characters"), Type: "password", Complete: "new-password"}),
			ui.Button(ui.T(ctx, "바꾸기", "Change")),
		),
	)
}

// username tells a password manager whose password a form asks for.
func username(ctx context.Context, m member.Member) g.Node {
	return el.Input(el.Class("hidden"), el.Type("text"), el.Value(m.Email), el.AutoComplete("username"), el.ReadOnly(), el.TabIndex("-1"), el.Aria("label", ui.T(ctx, "이메일", "Email address")))
}

// others offers to end the other sessions with what changes how one signs in.
func others(ctx context.Context, form ui.Form) g.Node {
	return form.Check("others", true, false, g.Text(ui.T(ctx, "다른 기기에서는 로그아웃", "Sign out everywhere else")))
}

func (h handlers) sessionsPage(ctx context.Context, r *doneRequest) (*ui.Answer, error) {
	list, err := h.accounts.Sessions.List(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	return h.page(ctx, 0, sessionsPath, ui.T(ctx, "로그인한 기기", "Sessions"),
		ui.Announce(done(ctx, r.Done)),
		el.Ul(el.Class("sessions"), g.Map(list, func(s session.Session) g.Node { return sessionItem(ctx, s) })),
		el.Form(el.Method("post"), el.Action(ui.Local(ctx, sessionsPath)), el.Button(el.Class("button danger"), el.Type("submit"), g.Text(ui.T(ctx, "모든 기기에서 로그아웃", "Sign out everywhere")))),
	), nil
}

func sessionItem(ctx context.Context, s session.Session) g.Node {
	device := ui.DeviceName(ctx, s.Device)
	when := func(label string, t time.Time) g.Node {
		return el.Span(g.Text(label+" "), ui.Time(t, ui.Moment(ctx, t)))
	}
	here := s.ID == auth.From(ctx).SessionID
	return el.Li(
		el.P(el.Class("device"), g.Text(device+" "), g.If(here, ui.State(ui.Open, ui.T(ctx, "지금 이 기기", "This one")))),
		el.P(el.Class("meta"), when(ui.T(ctx, "로그인", "Signed in"), s.CreatedAt), when(ui.T(ctx, "마지막 사용", "Last used"), s.RefreshedAt)),
		g.If(!here, el.Form(el.Method("post"), el.Action(ui.Local(ctx, sessionsPath+"/"+s.ID)), el.Button(el.Class("button quiet small"), el.Type("submit"), g.Text(ui.T(ctx, "로그아웃", "Sign out")), el.Span(el.Class("hidden"), g.Text(": "+device))))),
	)
}

type sessionRequest struct {
	ID string `path:"id"`
}

func (h handlers) signOutThere(ctx context.Context, r *sessionRequest) (*function.Redirect, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	p := auth.From(ctx)
	if err := h.accounts.Sessions.Revoke(ctx, p.MemberID, r.ID); err != nil {
		return nil, err
	}
	if r.ID == p.SessionID {
		cookie.SignOut(ctx)
		return seeOther(withDone(ctx, signInPath, "signed-out")), nil
	}
	return seeOther(withDone(ctx, sessionsPath, "signed-out-there")), nil
}

func (h handlers) signOutEverywhere(ctx context.Context, _ *none) (*function.Redirect, error) {
	if _, err := h.accounts.Sessions.RevokeAll(ctx, auth.From(ctx).MemberID, ""); err != nil {
		return nil, err
	}
	cookie.SignOut(ctx)
	return seeOther(withDone(ctx, signInPath, "signed-out-everywhere")), nil
}

func (h handlers) consentsForm(ctx context.Context, r *doneRequest) (*ui.Answer, error) {
	return h.consentsPage(ctx, ui.NewForm(ctx), 0, done(ctx, r.Done))
}

type consentsRequest struct {
	Privacy bool   `form:"privacy"`
	Version string `form:"policyVersion"`
}

func (h handlers) setConsents(ctx context.Context, r *consentsRequest) (*function.Redirect, error) {
	var f check.Fields
	c := h.accounts.ReadConsent(&f, "", member.Consent{Version: r.Version, Privacy: r.Privacy})
	err := f.Err()
	if err == nil {
		err = h.accounts.Members.Consent(ctx, auth.From(ctx).MemberID, c)
	}
	if err == nil {
		return seeOther(withDone(ctx, consentsPath, "consents")), nil
	}
	form, status, ok := ui.Refused(ctx, err)
	if !ok {
		return nil, err
	}
	page, reading := h.consentsPage(ctx, form, status, "")
	if reading != nil {
		return nil, reading
	}
	return nil, ui.Again(err, page)
}

// agreed is a member's last word about the privacy policy; the zero value where there is none.
func (h handlers) agreed(ctx context.Context, memberID string) (member.Consented, error) {
	history, err := h.accounts.Members.Consents(ctx, memberID)
	if err != nil {
		return member.Consented{}, err
	}
	for _, c := range member.Current(history) {
		if c.Kind == member.Privacy {
			return c, nil
		}
	}
	return member.Consented{}, nil
}

func (h handlers) consentsPage(ctx context.Context, form ui.Form, status int, message string) (*ui.Answer, error) {
	agreed, err := h.agreed(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	read := el.A(el.Href(ui.Local(ctx, privacyPath)), g.Text(ui.T(ctx, "내용 보기", "Read it")))
	leaves := el.P(el.Class("hint"), g.Text(ui.T(ctx, "필수 동의를 철회하려면 탈퇴해야 합니다. ", "To withdraw the required consent, leave. ")), el.A(el.Href(ui.Local(ctx, leavePath)), g.Text(ui.T(ctx, "탈퇴", "Leave"))))
	title := ui.T(ctx, "동의", "Consents")
	if agreed.Given && agreed.Version == h.settings.PolicyVersion && form.Problem() == nil {
		return h.page(ctx, status, consentsPath, title, ui.Announce(message),
			el.P(g.Text(ui.T(ctx, ui.Day(ctx, agreed.At)+"에 개인정보 수집과 이용에 동의했습니다("+agreed.Version+" 버전). ", "You agreed to the collection and use of personal data on "+ui.Day(ctx, agreed.At)+" (version "+agreed.Version+"). ")), read), leaves,
		), nil
	}
	return h.page(ctx, status, consentsPath, title,
		ui.Announce(message),
		g.If(agreed.Version != h.settings.PolicyVersion, el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "개인정보 처리 내용이 "+h.settings.PolicyVersion+" 버전으로 바뀌었습니다. 읽고 다시 동의해 주세요.", "The policy has changed to version "+h.settings.PolicyVersion+". Please read it and agree again.")))),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, consentsPath)),
			el.Input(el.Type("hidden"), el.Name("policyVersion"), el.Value(h.settings.PolicyVersion)),
			form.Check("privacy", false, true, g.Text(ui.T(ctx, "개인정보 수집과 이용에 동의합니다 (필수). ", "I agree to the collection and use of personal data (required). ")), read),
			ui.Button(ui.T(ctx, "저장", "Save")),
		),
		leaves,
	), nil
}

func (h handlers) leaveForm(ctx context.Context, _ *none) (*ui.Answer, error) {
	return h.leavePage(ctx, ui.NewForm(ctx), 0), nil
}

func (h handlers) leave(ctx context.Context, _ *none) (*ui.Answer, error) {
	until, err := h.accounts.Leave(ctx, auth.From(ctx))
	if err != nil {
		return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.leavePage(ctx, form, status) })
	}
	cookie.SignOut(ctx)
	ctx = auth.With(ctx, auth.Principal{})
	title := ui.T(ctx, "탈퇴했습니다", "You have left")
	return h.frame.Page(ctx, ui.View{Title: title, Class: "narrow", Styles: []string{"site.css"}, Main: []g.Node{
		el.H1(g.Text(title)),
		el.P(g.Text(ui.T(ctx, ui.Moment(ctx, until)+"까지 되돌릴 수 있습니다. 그 뒤에는 개인정보가 모두 지워집니다.", "It can be undone until "+ui.Moment(ctx, until)+" in Seoul. Everything personal is gone afterwards."))),
		el.P(el.A(el.Class("button quiet"), el.Href(ui.Local(ctx, returnPath)), g.Text(ui.T(ctx, "탈퇴 취소하기", "Undo leaving")))),
	}}), nil
}

func (h handlers) leavePage(ctx context.Context, form ui.Form, status int) *ui.Answer {
	return h.page(ctx, status, leavePath, ui.T(ctx, "탈퇴", "Leave"),
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "곧바로 모든 기기에서 로그아웃되고, "+days(ctx, h.settings.LeaveGrace)+"이 지나면 이름과 이메일을 비롯한 개인정보가 지워집니다. 그때까지는 되돌릴 수 있습니다.", "You are signed out everywhere at once. After "+days(ctx, h.settings.LeaveGrace)+" your name, address and everything personal are deleted. Until then it can be undone."))),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, leavePath)),
			el.Button(el.Class("button danger"), el.Type("submit"), g.Text(ui.T(ctx, "탈퇴하기", "Leave"))),
		),
	)
}

func (h handlers) factorPage(ctx context.Context, r *doneRequest) (*ui.Answer, error) {
	return h.factor(ctx, ui.NewForm(ctx), 0, done(ctx, r.Done))
}

// factor is the page of the second factor: to turn on, to give, or to turn off.
func (h handlers) factor(ctx context.Context, form ui.Form, status int, message string) (*ui.Answer, error) {
	p := auth.From(ctx)
	on, left, err := h.accounts.Credentials.SecondFactor(ctx, p.MemberID)
	if err != nil {
		return nil, err
	}
	main := []g.Node{ui.Announce(message), form.Summary()}
	switch {
	case !on && !p.Confirmed:
		main = append(main, el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "이메일 주소를 확인한 뒤에 켤 수 있습니다. ", "You can turn it on once your mail address is confirmed. ")), el.A(el.Href(withNext(ctx, addressPath, ui.Local(ctx, factorPath))), g.Text(ui.T(ctx, "이메일 인증하기", "Enter the code from the message")))))
	case !on:
		main = append(main, el.P(el.Class("lead"), g.Text(ui.T(ctx, "켜면 로그인할 때 비밀번호와 함께 인증 앱의 여섯 자리 번호를 묻습니다. 관리 권한은 켜야만 쓸 수 있습니다.", "When it is on, signing in asks for six digits of an authenticator app too. An admin's powers need it."))),
			el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, factorPath)), ui.Button(ui.T(ctx, "켜기", "Turn on"))))
	case p.SecondAt.IsZero():
		main = append(main, el.P(el.Class("lead"), g.Text(ui.T(ctx, "이 기기에서는 아직 인증하지 않았습니다.", "It has not been given here yet."))),
			el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, factorPath+"/verify")), codeField(ctx, form, ui.T(ctx, "인증 앱의 여섯 자리 번호나 복구 코드", "Six digits of the authenticator app, or a recovery code")), ui.Button(ui.T(ctx, "인증하기", "Continue"))))
	default:
		main = append(main, el.P(el.Class("lead"), g.Textf(ui.T(ctx, "켜져 있습니다. 쓰지 않은 복구 코드가 %d개 남았습니다.", "It is on. %d recovery codes are left."), left)),
			el.H2(g.Text(ui.T(ctx, "복구 코드", "Recovery codes"))),
			el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, factorPath+"/recovery-codes")), others(ctx, form), ui.Button(ui.T(ctx, "새로 만들기", "Make new ones"))),
			el.H2(g.Text(ui.T(ctx, "끄기", "Turn off"))),
			el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, factorPath+"/remove")), others(ctx, form), el.Button(el.Class("button danger"), el.Type("submit"), g.Text(ui.T(ctx, "끄기", "Turn off")))))
	}
	return h.page(ctx, status, factorPath, ui.T(ctx, "2단계 인증", "Second factor"), main...), nil
}

// factorAgain shows that page anew.
func (h handlers) factorAgain(ctx context.Context, err error) error {
	form, status, ok := ui.Refused(ctx, err)
	if !ok {
		return err
	}
	page, reading := h.factor(ctx, form, status, "")
	if reading != nil {
		return reading
	}
	return ui.Again(err, page)
}

func (h handlers) enrol(ctx context.Context, _ *none) (*ui.Answer, error) {
	e, err := h.accounts.Enrol(ctx, auth.From(ctx))
	if err != nil {
		return nil, h.factorAgain(ctx, err)
	}
	return h.enrolmentPage(ctx, ui.NewForm(ctx), 0, e), nil
}

// enrolmentPage shows the secret once: on a telephone as a link that opens the app, and to
// be typed.
func (h handlers) enrolmentPage(ctx context.Context, form ui.Form, status int, e credential.Enrolment) *ui.Answer {
	return h.page(ctx, status, factorPath, ui.T(ctx, "2단계 인증 켜기", "Turn on the second factor"),
		g.If(e.Secret != "", el.Ol(el.Class("steps"),
			el.Li(g.Text(ui.T(ctx, "Google Authenticator나 1Password 같은 인증 앱으로 QR 코드를 찍거나 아래 키를 넣으세요.", "Scan the QR code with your authenticator app, or put the key into it.")),
				qrCode(ctx, totp.URI(h.accounts.Council(ctx), e.Account, e.Secret)),
				el.P(el.Class("secret"), el.Code(g.Text(spaced(e.Secret)))),
				el.P(el.A(el.Href(totp.URI(h.accounts.Council(ctx), e.Account, e.Secret)), g.Text(ui.T(ctx, "이 기기의 인증 앱에서 열기", "Open in an app on this device"))))),
			el.Li(g.Text(ui.T(ctx, "앱이 보여 주는 여섯 자리 번호를 넣으세요.", "Enter the six digits that the app shows."))),
		)),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, factorPath+"/confirm")),
			codeField(ctx, form, ui.T(ctx, "인증 앱의 여섯 자리", "Six digits of the app")),
			others(ctx, form),
			ui.Button(ui.T(ctx, "켜기", "Turn on")),
		),
		g.If(e.Secret == "", el.P(el.A(el.Href(ui.Local(ctx, factorPath)), g.Text(ui.T(ctx, "새 키로 처음부터", "Begin again with a new key"))))),
	)
}

// qrCode is a text for a camera; nothing where it is too long for one, since the key is
// there to be typed too.
func qrCode(ctx context.Context, text string) g.Node {
	drawn, err := totp.Draw(text)
	if err != nil {
		return nil
	}
	size := strconv.Itoa(drawn.Size)
	return el.SVG(el.Class("qr"), el.Role("img"), el.Aria("label", ui.T(ctx, "인증 앱으로 찍을 QR 코드", "QR code for an authenticator app")), g.Attr("viewBox", "0 0 "+size+" "+size), g.Attr("shape-rendering", "crispEdges"),
		g.El("rect", el.Width(size), el.Height(size), g.Attr("fill", "#fff")), g.El("path", g.Attr("d", drawn.Path), g.Attr("fill", "#000")))
}

// spaced is a key in groups of four, as it is typed.
func spaced(secret string) string {
	out := ""
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			out += " "
		}
		out += string(r)
	}
	return out
}

type changeFactorRequest struct {
	Code   string `form:"code"`
	Others bool   `form:"others"`
}

func (h handlers) confirmFactor(ctx context.Context, r *changeFactorRequest) (*ui.Answer, error) {
	codes, tokens, err := h.accounts.TurnSecondOn(ctx, auth.From(ctx), r.Code, r.Others)
	if err != nil {
		return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer {
			return h.enrolmentPage(ctx, form, status, credential.Enrolment{})
		})
	}
	cookie.SignIn(ctx, tokens)
	return h.codesPage(ctx, ui.T(ctx, "2단계 인증을 켰습니다.", "The second factor is on."), codes), nil
}

func (h handlers) newRecoveryCodes(ctx context.Context, r *changeFactorRequest) (*ui.Answer, error) {
	codes, tokens, err := h.accounts.NewRecoveryCodes(ctx, auth.From(ctx), r.Others)
	if err != nil {
		return nil, h.factorAgain(ctx, err)
	}
	cookie.SignIn(ctx, tokens)
	return h.codesPage(ctx, ui.T(ctx, "복구 코드를 새로 만들었습니다. 앞의 코드는 쓸 수 없습니다.", "These are new recovery codes. The old ones no longer work."), codes), nil
}

// codesPage shows recovery codes this once.
func (h handlers) codesPage(ctx context.Context, message string, codes []string) *ui.Answer {
	return h.page(ctx, 0, factorPath, ui.T(ctx, "복구 코드", "Recovery codes"),
		ui.Announce(message),
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "휴대전화를 잃어버렸을 때 번호 대신 씁니다. 지금 한 번만 보여 드리니 적거나 인쇄해 두세요. 하나는 한 번만 쓸 수 있습니다.", "Use one in place of a code when the telephone is lost. They are shown this once: write or print them. Each works once."))),
		el.Ul(el.Class("codes"), g.Map(codes, func(c string) g.Node { return el.Li(el.Code(g.Text(c))) })),
		el.P(el.A(el.Class("button"), el.Href(ui.Local(ctx, myPath)), g.Text(ui.T(ctx, "적어 두었습니다", "I have them")))),
	)
}

func (h handlers) giveFactor(ctx context.Context, r *confirmRequest) (*function.Redirect, error) {
	tokens, err := h.accounts.GiveSecond(ctx, auth.From(ctx), r.Code)
	if err != nil {
		return nil, h.factorAgain(ctx, err)
	}
	cookie.SignIn(ctx, tokens)
	return seeOther(withDone(ctx, factorPath, "factor-given")), nil
}

func (h handlers) removeFactor(ctx context.Context, r *changeFactorRequest) (*function.Redirect, error) {
	tokens, err := h.accounts.TurnSecondOff(ctx, auth.From(ctx), r.Others)
	if err != nil {
		return nil, h.factorAgain(ctx, err)
	}
	cookie.SignIn(ctx, tokens)
	return seeOther(withDone(ctx, factorPath, "factor-removed")), nil
}

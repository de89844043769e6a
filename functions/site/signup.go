package site

import (
	"context"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

type signUpFormRequest struct {
	Next string `query:"next"`
}

func (h handlers) signUpForm(ctx context.Context, r *signUpFormRequest) (*formOrRedirect, error) {
	if auth.From(ctx).SignedIn() {
		return redirected(nextOf(ctx, r.Next, homePath)), nil
	}
	return shown(h.signUpPage(ctx, ui.NewForm(ctx), 0, signUpRequest{Next: r.Next})), nil
}

type signUpRequest struct {
	Email    string `form:"email"`
	Password string `form:"password"`
	Name     string `form:"name"`
	Unit     string `form:"unit"`
	Privacy  bool   `form:"privacy"`
	Age      bool   `form:"age"`
	Version  string `form:"policyVersion"`
	Next     string `form:"next"`
}

func (h handlers) signUp(ctx context.Context, r *signUpRequest) (*function.Redirect, error) {
	email, err := h.accounts.SignUp(ctx, account.Application{
		Email: r.Email, Password: r.Password, Name: r.Name, Unit: r.Unit,
		Consent: member.Consent{Version: r.Version, Privacy: r.Privacy, Age: &r.Age},
	})
	if err != nil {
		return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.signUpPage(ctx, form, status, *r) })
	}
	return h.join(ctx, email, r.Password, r.Next)
}

// join signs in who has just signed up, by the password that they chose: who had an account already and knows
// its password is signed in too, and who does not is led to the message that the address got.
func (h handlers) join(ctx context.Context, email, password, next string) (*function.Redirect, error) {
	tokens, err := h.signsIn(ctx, email, password)
	switch {
	case credential.Halfway(err) != (credential.Half{}):
		return h.halfway(ctx, credential.Halfway(err), next)
	case problem.Find(err) != nil:
		function.Refused(ctx, problem.Find(err).Code)
		return seeOther(withDone(ctx, signInPath, "check-mail")), nil //nolint:nilerr // the message that the address got says what to do
	case err != nil:
		return nil, err
	}
	if err := h.begin(ctx, tokens); err != nil {
		return nil, err
	}
	if local := ui.Local(ctx, myPath); next == "" || next == local || !ui.OwnPath(next) {
		return seeOther(withDone(ctx, myPath, "joined")), nil
	}
	return seeOther(next), nil
}

func (h handlers) signUpPage(ctx context.Context, form ui.Form, status int, r signUpRequest) *ui.Answer {
	return h.frame.Page(ctx, ui.View{Status: status, Title: ui.T(ctx, "가입", "Sign up"), Path: signUpPath, Hidden: true, Section: signInPath, Class: "narrow", Styles: []string{"site.css"}, Scripts: []string{"reveal.js"}, Main: []g.Node{
		el.H1(g.Text(ui.T(ctx, "가입", "Sign up"))),
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "학교 포털 비밀번호는 묻지 않습니다. 재학생 인증은 가입한 뒤에 합니다.", "We never ask for your university password. You verify as a student afterwards."))),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, signUpPath)),
			form.Input(ui.Field{Name: "email", Label: ui.T(ctx, "이메일", "Email address"), Hint: ui.T(ctx, "졸업한 뒤에도 쓸 주소가 좋습니다.", "Use one you will still have after you graduate."), Type: "email", Complete: "username", Value: r.Email, Limit: 254}),
			form.Input(ui.Field{Name: "password", Label: ui.T(ctx, "비밀번호", "Password"), Hint: ui.T(ctx, "8자 이상. 낱말 여럿을 띄어 쓰면 외우기 쉽고 안전합니다.", "At least 8 characters. Several words are easy to remember and safe."), Type: "password", Complete: "new-password"}),
			form.Input(ui.Field{Name: "name", Label: ui.T(ctx, "이름", "Name"), Complete: "name", Value: r.Name, Limit: member.NameLimit}),
			h.department(ctx, form, r.Unit),
			el.Input(el.Type("hidden"), el.Name("policyVersion"), el.Value(h.settings.PolicyVersion)),
			el.FieldSet(el.Class("consents"), el.Legend(g.Text(ui.T(ctx, "동의", "Consents"))),
				form.Check("privacy", r.Privacy, true, g.Text(ui.T(ctx, "개인정보 수집과 이용에 동의합니다 (필수). ", "I agree to the collection and use of personal data (required). ")), el.A(el.Href(ui.Local(ctx, privacyPath)), g.Text(ui.T(ctx, "내용 보기", "Read it")))),
				form.Check("age", r.Age, true, g.Text(ui.T(ctx, "만 14세 이상입니다 (필수).", "I am 14 or older (required)."))),
			),
			hiddenNext(r.Next),
			ui.Button(ui.T(ctx, "가입하기", "Sign up")),
		),
		h.issuerLinks(ctx, r.Next),
		el.Ul(el.Class("ways"), el.Li(g.Text(ui.T(ctx, "이미 가입했나요? ", "Have an account? ")), el.A(el.Href(withNext(ctx, signInPath, r.Next)), g.Text(ui.T(ctx, "로그인", "Sign in"))))),
	}})
}

// department is the member's own, from a list where the operator gave one.
func (h handlers) department(ctx context.Context, form ui.Form, value string) g.Node {
	field := ui.Field{Name: "unit", Label: ui.T(ctx, "학과", "Department"), Value: value, Optional: true, Limit: member.UnitLimit}
	if len(h.settings.DepartmentNames) == 0 {
		return form.Input(field)
	}
	field.Limit = 0
	choices := []ui.Choice{{Label: ui.T(ctx, "고르지 않음", "None")}}
	for _, d := range h.settings.DepartmentNames {
		choices = append(choices, ui.Choice{Value: d, Label: d})
	}
	return form.Select(field, choices...)
}

func (h handlers) forgottenForm(ctx context.Context, r *signInFormRequest) (*ui.Answer, error) {
	return h.forgottenPage(ctx, ui.NewForm(ctx), 0, "", r.Done == "sent"), nil
}

type forgottenRequest struct {
	Email string `form:"email"`
}

func (h handlers) forgotten(ctx context.Context, r *forgottenRequest) (*function.Redirect, error) {
	if err := h.accounts.Forgotten(ctx, r.Email, function.RequestFrom(ctx).Origin); err != nil {
		return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.forgottenPage(ctx, form, status, r.Email, false) })
	}
	return seeOther(withDone(ctx, forgottenPath, "sent")), nil
}

func (h handlers) forgottenPage(ctx context.Context, form ui.Form, status int, email string, sent bool) *ui.Answer {
	title := ui.T(ctx, "비밀번호 찾기", "Forgotten password")
	view := ui.View{Status: status, Title: title, Path: forgottenPath, Hidden: true, Section: signInPath, Class: "narrow", Styles: []string{"site.css"}, Main: []g.Node{el.H1(g.Text(title))}}
	if sent {
		view.Main = append(view.Main,
			ui.Announce(ui.T(ctx, "이메일을 보냈습니다. 30분 안에 이메일의 링크로 새 비밀번호를 정하세요.", "We sent a message. Set a new password with its link within 30 minutes.")),
			el.P(el.Class("hint"), g.Text(ui.T(ctx, "몇 분이 지나도 오지 않으면 스팸함과 주소를 확인하세요.", "If it does not come in a few minutes, look among the spam and check the address."))),
			el.P(el.A(el.Href(ui.Local(ctx, forgottenPath)), g.Text(ui.T(ctx, "다른 주소로 보내기", "Use another address")))),
		)
		return h.frame.Page(ctx, view)
	}
	view.Main = append(view.Main,
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "가입한 주소로 새 비밀번호를 정하는 링크를 보냅니다.", "We send a link that sets a new password to the address of your account."))),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, forgottenPath)),
			form.Input(ui.Field{Name: "email", Label: ui.T(ctx, "이메일", "Email address"), Type: "email", Complete: "username", Value: email, Limit: 254}),
			ui.Button(ui.T(ctx, "링크 받기", "Send the link")),
		),
	)
	return h.frame.Page(ctx, view)
}

func (h handlers) resetForm(ctx context.Context, _ *none) (*ui.Answer, error) {
	return h.resetPage(ctx, ui.NewForm(ctx), 0, resetRequest{}), nil
}

type resetRequest struct {
	Token    string `form:"token"`
	Password string `form:"password"`
}

func (h handlers) reset(ctx context.Context, r *resetRequest) (*function.Redirect, error) {
	var f check.Fields
	token := f.Line("token", r.Token, 200)
	err := f.Err()
	id := ""
	if err == nil {
		id, err = h.accounts.Reset(ctx, token, r.Password)
	}
	if err != nil {
		return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.resetPage(ctx, form, status, *r) })
	}
	return seeOther(withDone(ctx, signInPath, "reset")), h.known(ctx, id)
}

// resetPage takes the token behind the # of the link, which no server is sent, by the one
// script of the site; without scripts it can be pasted.
func (h handlers) resetPage(ctx context.Context, form ui.Form, status int, r resetRequest) *ui.Answer {
	title := ui.T(ctx, "새 비밀번호", "New password")
	return h.frame.Page(ctx, ui.View{Status: status, Title: title, Path: resetPath, Hidden: true, Section: signInPath, Class: "narrow", Styles: []string{"site.css"}, Scripts: []string{"reset.js", "reveal.js"}, Main: []g.Node{
		el.H1(g.Text(title)),
		form.Summary(),
		g.If(form.Problem() != nil && form.Problem().Code == credential.ErrResetEnded().Code, el.P(el.A(el.Href(ui.Local(ctx, forgottenPath)), g.Text(ui.T(ctx, "링크 다시 받기", "Get another link"))))),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, resetPath)),
			form.Input(ui.Field{Name: "token", Label: ui.T(ctx, "링크의 글자", "Text of the link"), Hint: ui.T(ctx, "이메일의 링크에서 # 뒤를 붙여 넣으세요.", "Paste what stands behind # in the link of the message."), Value: r.Token, Limit: 200, More: []g.Node{g.Attr("spellcheck", "false")}}),
			form.Input(ui.Field{Name: "password", Label: ui.T(ctx, "새 비밀번호", "New password"), Hint: ui.T(ctx, "8자 이상", "At least 8 characters"), Type: "password", Complete: "new-password"}),
			ui.Button(ui.T(ctx, "비밀번호 정하기", "Set the password")),
		),
	}})
}

func (h handlers) returnForm(ctx context.Context, _ *none) (*ui.Answer, error) {
	return h.returnPage(ctx, ui.NewForm(ctx), 0, returnRequest{}), nil
}

type returnRequest struct {
	Email    string `form:"email"`
	Password string `form:"password"`
	Code     string `form:"code"`
}

func (h handlers) comeBack(ctx context.Context, r *returnRequest) (*function.Redirect, error) {
	var f check.Fields
	email, code := f.Line("email", r.Email, 254), f.OptionalLine("code", r.Code, 64)
	credential.ReadPassword(&f, "password", r.Password)
	err := f.Err()
	if err == nil {
		err = h.accounts.Credentials.ComeBack(ctx, credential.Try{Email: email, Password: r.Password, Code: code, Visitor: function.RequestFrom(ctx).Origin, Campus: function.RequestFrom(ctx).Campus})
	}
	if err != nil {
		return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.returnPage(ctx, form, status, *r) })
	}
	return seeOther(withDone(ctx, signInPath, "came-back")), nil
}

func (h handlers) returnPage(ctx context.Context, form ui.Form, status int, r returnRequest) *ui.Answer {
	title := ui.T(ctx, "탈퇴 취소", "Undo leaving")
	return h.frame.Page(ctx, ui.View{Status: status, Title: title, Path: returnPath, Hidden: true, Section: signInPath, Class: "narrow", Styles: []string{"site.css"}, Scripts: []string{"reveal.js"}, Main: []g.Node{
		el.H1(g.Text(title)),
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "탈퇴한 뒤 "+days(ctx, h.settings.LeaveGrace)+" 안에는 계정을 되살릴 수 있습니다.", "An account can be brought back within "+days(ctx, h.settings.LeaveGrace)+"."))),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, returnPath)),
			form.Input(ui.Field{Name: "email", Label: ui.T(ctx, "이메일", "Email address"), Type: "email", Complete: "username", Value: r.Email, Limit: 254}),
			form.Input(ui.Field{Name: "password", Label: ui.T(ctx, "비밀번호", "Password"), Type: "password", Complete: "current-password"}),
			form.Input(ui.Field{Name: "code", Label: ui.T(ctx, "인증번호", "Code"), Hint: ui.T(ctx, "2단계 인증을 켠 계정만", "Only with a second factor"), Complete: "one-time-code", Optional: true, Limit: 64}),
			ui.Button(ui.T(ctx, "탈퇴 취소하기", "Undo leaving")),
		),
	}})
}

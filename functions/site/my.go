package site

import (
	"context"
	"net/http"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/ui"
)

type doneRequest struct {
	Done string `query:"done"`
}

// page is one of my pages.
func (h handlers) page(ctx context.Context, status int, path, title string, main ...g.Node) *ui.Answer {
	back := el.P(el.Class("back"), el.A(el.Href(ui.Local(ctx, myPath)), g.Text(ui.T(ctx, "내 정보", "My page"))))
	return h.frame.Page(ctx, ui.View{Status: status, Title: title, Path: path, Hidden: true, Section: myPath, Class: "narrow", Styles: []string{"site.css"},
		Main: append([]g.Node{back, el.H1(g.Text(title))}, main...)})
}

func (h handlers) my(ctx context.Context, r *doneRequest) (*ui.Answer, error) {
	m, err := h.accounts.Members.Member(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	return h.myPage(ctx, ui.NewForm(ctx), 0, m, done(ctx, r.Done))
}

type profileRequest struct {
	Name    string `form:"name"`
	Unit    string `form:"unit"`
	Version int64  `form:"version"`
}

func (h handlers) editProfile(ctx context.Context, r *profileRequest) (*function.Redirect, error) {
	m, err := h.accounts.Members.Member(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	var f check.Fields
	p := member.ReadProfile(&f, r.Name, r.Unit, h.settings.DepartmentNames)
	err = f.Err()
	if err == nil {
		_, err = h.accounts.Members.Edit(ctx, m.ID, r.Version, p)
	}
	if err == nil {
		return seeOther(withDone(ctx, myPath, "profile")), nil
	}
	form, status, ok := ui.Refused(ctx, err)
	if !ok {
		return nil, err
	}
	m.Name, m.Unit = r.Name, r.Unit
	page, reading := h.myPage(ctx, form, status, m, "")
	if reading != nil {
		return nil, reading
	}
	return nil, ui.Again(err, page)
}

func (h handlers) myPage(ctx context.Context, form ui.Form, status int, m member.Member, message string) (*ui.Answer, error) {
	grants, err := h.accounts.Members.Grants(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "내 정보", "My page")
	return h.frame.Page(ctx, ui.View{Status: status, Title: title, Path: myPath, Hidden: true, Section: myPath, Class: "my", Styles: []string{"site.css"}, Main: []g.Node{
		el.H1(g.Text(title)),
		said(message),
		g.If(m.VerifiedAt == nil, el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "아직 학생 확인을 하지 않았습니다. ", "You have not been verified as a student. ")), el.A(el.Href(ui.Local(ctx, verifyPath)), g.Text(ui.T(ctx, "학교 메일로 확인하기", "Verify by school mail"))))),
		el.Div(el.Class("columns"),
			el.Section(el.Aria("labelledby", "profile"),
				el.H2(el.ID("profile"), g.Text(ui.T(ctx, "프로필", "Profile"))),
				form.Summary(),
				el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, myPath)),
					form.Input(ui.Field{Name: "name", Label: ui.T(ctx, "이름", "Name"), Complete: "name", Value: m.Name, Limit: member.NameLimit}),
					h.department(ctx, form, m.Unit),
					el.Input(el.Type("hidden"), el.Name("version"), el.Value(strconv.FormatInt(m.Version, 10))),
					ui.Button(ui.T(ctx, "저장", "Save")),
				),
			),
			el.Section(el.Aria("labelledby", "account"),
				el.H2(el.ID("account"), g.Text(ui.T(ctx, "계정", "Account"))),
				facts(ctx, m, grants),
				el.Ul(el.Class("settings"),
					setting(ctx, verifyPath, ui.T(ctx, "학생 확인", "Verification"), ui.T(ctx, "학교 메일로 학생임을 확인합니다.", "Prove to be a student by school mail.")),
					setting(ctx, changePath, ui.T(ctx, "비밀번호", "Password"), ui.T(ctx, "바꾸면 다른 기기에서 로그아웃됩니다.", "Other places are signed out when it changes.")),
					setting(ctx, factorPath, ui.T(ctx, "2단계 인증", "Second factor"), ui.T(ctx, "인증 앱의 번호로 계정을 지킵니다.", "Protect the account by an authenticator app.")),
					setting(ctx, sessionsPath, ui.T(ctx, "로그인한 기기", "Sessions"), ui.T(ctx, "어디에서 로그인했는지 보고 끝냅니다.", "See and end where you are signed in.")),
					setting(ctx, consentsPath, ui.T(ctx, "동의", "Consents"), ui.T(ctx, "동의한 내용을 보고 바꿉니다.", "See and change what you agreed to.")),
					el.Li(el.A(el.Href(ui.Local(ctx, exportPath)), el.Download("madang.json"), g.Text(ui.T(ctx, "내 자료 받기", "Export"))), el.P(g.Text(ui.T(ctx, "우리가 가진 회원님의 자료 전부를 JSON으로 받습니다.", "Everything that is kept about you, as JSON.")))),
					setting(ctx, leavePath, ui.T(ctx, "탈퇴", "Leave"), ui.T(ctx, days(ctx, h.settings.LeaveGrace)+" 동안 되돌릴 수 있습니다.", "It can be undone for "+days(ctx, h.settings.LeaveGrace)+".")),
				),
				el.Form(el.Method("post"), el.Action(ui.Local(ctx, signOutPath)), el.Button(el.Class("button quiet"), el.Type("submit"), g.Text(ui.T(ctx, "로그아웃", "Sign out")))),
			),
		),
	}}), nil
}

func facts(ctx context.Context, m member.Member, grants []member.Grant) g.Node {
	verified := ui.T(ctx, "확인하지 않음", "not verified")
	if m.VerifiedAt != nil {
		verified = ui.T(ctx, ui.ShortDay(ctx, *m.VerifiedAt)+" 확인", "since "+ui.ShortDay(ctx, *m.VerifiedAt))
	}
	return el.Dl(el.Class("facts"),
		fact(ui.T(ctx, "전자우편", "Mail address"), g.Text(m.Email)),
		fact(ui.T(ctx, "학생", "Student"), g.Text(verified)),
		fact(ui.T(ctx, "가입", "Member since"), ui.Time(m.CreatedAt, ui.Day(ctx, m.CreatedAt))),
		g.If(len(grants) > 0, fact(ui.T(ctx, "역할", "Roles"), g.Map(grants, func(r member.Grant) g.Node { return el.Span(el.Class("badge"), g.Text(roleName(ctx, r.Grant))) }))),
	)
}

func fact(name string, value ...g.Node) g.Node {
	return el.Div(el.Dt(g.Text(name)), el.Dd(value...))
}

func roleName(ctx context.Context, r auth.Grant) string {
	name := map[auth.Role]string{auth.Editor: ui.T(ctx, "편집", "Editor"), auth.Moderator: ui.T(ctx, "운영", "Moderator"), auth.Admin: ui.T(ctx, "관리", "Admin")}[r.Role]
	if r.Unit != "" {
		name += " · " + r.Unit
	}
	return name
}

func setting(ctx context.Context, path, label, text string) g.Node {
	return el.Li(el.A(el.Href(ui.Local(ctx, path)), g.Text(label)), el.P(g.Text(text)))
}

// days is a span of whole days.
func days(ctx context.Context, d time.Duration) string {
	n := strconv.Itoa(int(d.Hours() / 24))
	return ui.T(ctx, n+"일", n+" days")
}

type verifyFormRequest struct {
	Sent bool `query:"sent"`
}

func (h handlers) verifyForm(ctx context.Context, r *verifyFormRequest) (*formOrRedirect, error) {
	if auth.From(ctx).Verified {
		return redirected(ui.Local(ctx, myPath)), nil
	}
	if r.Sent {
		return shown(h.codePage(ctx, ui.NewForm(ctx), 0)), nil
	}
	return shown(h.verifyPage(ctx, ui.NewForm(ctx), 0, "")), nil
}

type sendCodeRequest struct {
	Email string `form:"email"`
}

func (h handlers) sendCode(ctx context.Context, r *sendCodeRequest) (*function.Redirect, error) {
	if _, err := h.accounts.SendCode(ctx, auth.From(ctx).MemberID, r.Email); err != nil {
		return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.verifyPage(ctx, form, status, r.Email) })
	}
	return seeOther(ui.Local(ctx, verifyPath) + "?sent=true"), nil
}

func (h handlers) verifyPage(ctx context.Context, form ui.Form, status int, email string) *ui.Answer {
	domains := ""
	for i, d := range h.settings.SchoolDomains {
		if i > 0 {
			domains += ", "
		}
		domains += "@" + d
	}
	return h.page(ctx, status, verifyPath, ui.T(ctx, "학생 확인", "Verification"),
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "학교 메일로 여섯 자리 번호를 보냅니다. 주소는 남기지 않고, 한 사람이 한 번만 확인하도록 지문만 남깁니다.", "We send six digits to your school address. The address is not kept, only a fingerprint, so that each student verifies once."))),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, verifyPath)),
			form.Input(ui.Field{Name: "email", Label: ui.T(ctx, "학교 메일", "School address"), Hint: domains, Type: "email", Complete: "email", Value: email, Limit: 254}),
			ui.Button(ui.T(ctx, "번호 받기", "Send the code")),
		),
	)
}

type confirmRequest struct {
	Code string `form:"code"`
}

func (h handlers) confirmCode(ctx context.Context, r *confirmRequest) (*function.Redirect, error) {
	if err := h.accounts.Members.ConfirmCode(ctx, auth.From(ctx).MemberID, r.Code); err != nil {
		return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.codePage(ctx, form, status) })
	}
	return seeOther(withDone(ctx, myPath, "verified")), nil
}

func (h handlers) codePage(ctx context.Context, form ui.Form, status int) *ui.Answer {
	return h.page(ctx, status, verifyPath, ui.T(ctx, "학생 확인", "Verification"),
		said(ui.T(ctx, "번호를 보냈습니다. 10분 안에 넣어 주세요.", "The code is sent. Enter it within 10 minutes.")),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, verifyPath+"/code")),
			codeField(ctx, form, ui.T(ctx, "메일로 받은 여섯 자리", "Six digits from the message")),
			ui.Button(ui.T(ctx, "확인", "Verify")),
		),
		el.P(el.A(el.Href(ui.Local(ctx, verifyPath)), g.Text(ui.T(ctx, "번호 다시 받기", "Send another code")))),
	)
}

// export leads to the API, whose answer it is: on the way the session is renewed.
func (h handlers) export(context.Context, *none) (*function.Redirect, error) {
	return &function.Redirect{Status: http.StatusSeeOther, URL: "/v1/members/me/export"}, nil
}

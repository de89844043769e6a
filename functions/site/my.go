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
	return h.frame.Page(ctx, ui.View{Status: status, Title: title, Path: path, Hidden: true, Section: myPath, Class: "narrow", Styles: []string{"site.css"}, Scripts: []string{"reveal.js"},
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
	rows, err := h.rows(ctx, m)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "내 정보", "My page")
	return h.frame.Page(ctx, ui.View{Status: status, Title: title, Path: myPath, Hidden: true, Section: myPath, Class: "my", Styles: []string{"site.css"}, Main: []g.Node{
		el.H1(g.Text(title)),
		ui.Announce(message),
		g.If(m.Email != "" && m.ConfirmedAt == nil, el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "아직 이메일 주소를 확인하지 않았습니다. ", "Your mail address is not confirmed. ")), el.A(el.Href(ui.Local(ctx, addressPath)), g.Text(ui.T(ctx, "이메일 인증하기", "Enter the code from the message"))))),
		g.If(m.VerifiedAt == nil, el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "아직 재학생 인증을 하지 않았습니다. ", "You have not been verified as a student. ")), el.A(el.Href(ui.Local(ctx, verifyPath)), g.Text(ui.T(ctx, "학교 이메일로 인증하기", "Verify with your school email"))))),
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
					rows,
					el.Li(el.A(el.Href(ui.Local(ctx, exportPath)), el.Download("madang.zip"), g.Text(ui.T(ctx, "내 자료 받기", "Export"))), el.P(g.Text(ui.T(ctx, "우리가 가진 회원님의 자료 전부를 파일로 받습니다. 읽기 좋은 문서가 들어 있습니다.", "Everything that is kept about you, as a file with a page to read.")))),
					setting(ctx, leavePath, ui.T(ctx, "탈퇴", "Leave"), ui.T(ctx, days(ctx, h.settings.LeaveGrace)+" 동안 되돌릴 수 있습니다.", "It can be undone for "+days(ctx, h.settings.LeaveGrace)+".")),
				),
				el.Form(el.Method("post"), el.Action(ui.Local(ctx, signOutPath)), el.Button(el.Class("button quiet"), el.Type("submit"), g.Text(ui.T(ctx, "로그아웃", "Sign out")))),
			),
		),
	}}), nil
}

// notifications leads to what one wants to hear, where there is anything to hear.
func (h handlers) notifications(ctx context.Context) g.Node {
	if !h.frame.Notifies(ctx) {
		return nil
	}
	return setting(ctx, ui.NotificationsPath, ui.T(ctx, "알림", "Notifications"), ui.T(ctx, "받고 싶은 소식과 받는 방법을 고릅니다.", "Choose what you want to hear, and how."))
}

// rows are what a member can set, each with what it is now.
func (h handlers) rows(ctx context.Context, m member.Member) (g.Node, error) {
	sessions, err := h.accounts.Sessions.List(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	agreed, err := h.agreed(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	links, err := h.linkedIssuers(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	verification := setting(ctx, verifyPath, ui.T(ctx, "재학생 인증", "Verification"), ui.T(ctx, "아직 하지 않았습니다. 학교 이메일로 합니다.", "Not yet. Use your school email."))
	if m.VerifiedAt != nil { // nothing is left to be done
		day := ui.ShortDay(ctx, *m.VerifiedAt)
		verification = el.Li(el.B(g.Text(ui.T(ctx, "재학생 인증", "Verification"))), el.P(g.Text(ui.T(ctx, day+" 인증했습니다.", "Verified on "+day+"."))))
	}
	email := m.Email
	switch {
	case email == "":
		email = ui.T(ctx, "없음", "None")
	case m.ConfirmedAt == nil:
		email += ui.T(ctx, " (아직 확인하지 않음)", " (not confirmed)")
	}
	password := ui.T(ctx, "정하지 않았습니다.", "None is set.")
	if m.HasPassword {
		password = ui.T(ctx, "정해 두었습니다. 바꾸면 다른 기기에서 로그아웃됩니다.", "Set. Changing it signs out your other devices.")
	}
	second := ui.T(ctx, "꺼져 있습니다. 인증 앱의 번호로 계정을 지킵니다.", "Off. An authenticator app protects your account.")
	if m.SecondAt != nil {
		second = ui.T(ctx, "켜져 있습니다.", "On.")
	}
	there := ui.T(ctx, "이 기기에서만 로그인했습니다.", "You are signed in on this device only.")
	if n := strconv.Itoa(len(sessions)); len(sessions) > 1 {
		there = ui.T(ctx, "기기 "+n+"대에서 로그인했습니다.", "You are signed in on "+n+" devices.")
	}
	consent := ui.T(ctx, "지금의 개인정보 처리방침, "+h.settings.PolicyVersion+" 버전에 아직 동의하지 않았습니다.", "You have not agreed to the current privacy policy (version "+h.settings.PolicyVersion+").")
	if agreed.Given && agreed.Version == h.settings.PolicyVersion {
		day := ui.ShortDay(ctx, agreed.At)
		consent = ui.T(ctx, day+" 개인정보 수집과 이용에 동의했습니다.", "You agreed to the collection and use of personal data on "+day+".")
	}
	return g.Group{
		h.notifications(ctx),
		verification,
		setting(ctx, addressPath, ui.T(ctx, "이메일 주소", "Email address"), email),
		setting(ctx, changePath, ui.T(ctx, "비밀번호", "Password"), password),
		setting(ctx, factorPath, ui.T(ctx, "2단계 인증", "Second factor"), second),
		links,
		setting(ctx, sessionsPath, ui.T(ctx, "로그인한 기기", "Sessions"), there),
		setting(ctx, consentsPath, ui.T(ctx, "동의", "Consents"), consent),
	}, nil
}

func facts(ctx context.Context, m member.Member, grants []member.Grant) g.Node {
	return el.Dl(el.Class("facts"),
		fact(ui.T(ctx, "가입", "Member since"), ui.Time(m.CreatedAt, ui.Day(ctx, m.CreatedAt))),
		g.If(len(grants) > 0, fact(ui.T(ctx, "역할", "Roles"), g.Map(grants, func(r member.Grant) g.Node { return ui.State(ui.Done, roleName(ctx, r.Grant)) }))),
	)
}

func fact(name string, value ...g.Node) g.Node {
	return el.Div(el.Dt(g.Text(name)), el.Dd(value...))
}

func roleName(ctx context.Context, r auth.Grant) string {
	name := ui.Name(ctx, member.RoleLabel(r.Role))
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
		return redirected(withDone(ctx, myPath, "verified")), nil
	}
	if r.Sent {
		return shown(h.codePage(ctx, ui.NewForm(ctx), 0, studentRequest{})), nil
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
	return h.page(ctx, status, verifyPath, ui.T(ctx, "재학생 인증", "Verification"),
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "학교 이메일로 여섯 자리 인증번호를 보냅니다. 주소는 남기지 않고, 한 사람이 한 번만 인증하도록 되돌릴 수 없는 값만 남깁니다.", "We send six digits to your school address. The address is not kept, only a hash that cannot be reversed, so that each student verifies once."))),
		g.Iff(!auth.From(ctx).Confirmed, func() g.Node {
			return el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "이메일 주소를 확인한 뒤에 인증번호를 받을 수 있습니다. ", "You can get a code once your mail address is confirmed. ")), el.A(el.Href(withNext(ctx, addressPath, ui.Local(ctx, verifyPath))), g.Text(ui.T(ctx, "이메일 인증하기", "Enter the code from the message"))))
		}),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, verifyPath)),
			form.Input(ui.Field{Name: "email", Label: ui.T(ctx, "학교 이메일", "School address"), Hint: domains, Type: "email", Complete: "email", Value: email, Limit: 254}),
			ui.Button(ui.T(ctx, "인증번호 받기", "Send the code")),
		),
	)
}

type confirmRequest struct {
	Code string `form:"code"`
}

type studentRequest struct {
	Code   string `form:"code"`
	Number string `form:"studentNumber"`
	Name   string `form:"name"`
}

func (h handlers) confirmCode(ctx context.Context, r *studentRequest) (*function.Redirect, error) {
	if err := h.accounts.ConfirmCode(ctx, auth.From(ctx).MemberID, r.Code, member.Student{Number: r.Number, Name: r.Name}); err != nil {
		return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.codePage(ctx, form, status, *r) })
	}
	return seeOther(withDone(ctx, myPath, "verified")), nil
}

// codePage asks for the number, too, where a roster is installed that does not list the address.
func (h handlers) codePage(ctx context.Context, form ui.Form, status int, r studentRequest) *ui.Answer {
	wrong := form.Wrong("studentNumber") || form.Wrong("name")
	return h.page(ctx, status, verifyPath, ui.T(ctx, "재학생 인증", "Verification"),
		g.If(form.Problem() == nil, ui.Announce(ui.T(ctx, "번호를 보냈습니다. 10분 안에 넣어 주세요.", "The code is sent. Enter it within 10 minutes."))),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, verifyPath+"/code")),
			codeField(ctx, form, ui.T(ctx, "이메일로 받은 여섯 자리", "Six digits from the message")),
			g.If(wrong, g.Group{
				form.Input(ui.Field{Name: "studentNumber", Label: ui.T(ctx, "학번", "Student number"), Value: r.Number, Limit: 20}),
				form.Input(ui.Field{Name: "name", Label: ui.T(ctx, "이름", "Name"), Hint: ui.T(ctx, "학교에 등록된 이름", "As the school has it"), Complete: "name", Value: r.Name, Limit: member.NameLimit}),
			}),
			ui.Button(ui.T(ctx, "확인", "Verify")),
		),
		el.P(el.A(el.Href(ui.Local(ctx, verifyPath)), g.Text(ui.T(ctx, "번호 다시 받기", "Send another code")))),
	)
}

// export leads to the API, whose answer it is: on the way the session is renewed.
func (h handlers) export(context.Context, *none) (*function.Redirect, error) {
	return &function.Redirect{Status: http.StatusSeeOther, URL: "/v1/members/me/export/file"}, nil
}

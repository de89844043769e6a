package desk

import (
	"context"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type findRequest struct {
	Q      string `query:"q"` // an address, or a part of a name
	Cursor string `query:"cursor"`
}

// find shows nobody unless somebody is looked for: each reading of members is recorded.
func (h handlers) find(ctx context.Context, r *findRequest) (*ui.Answer, error) {
	var f check.Fields
	q := f.OptionalLine("q", r.Q, 254)
	search := member.Search{}
	if strings.Contains(q, "@") {
		search.Email = credential.Address(q)
	} else {
		search.Name = q
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	main := []g.Node{desk.Heading(ui.T(ctx, "회원", "Members")), memberSearch(ctx, q)}
	if q == "" {
		function.ReadNobody(ctx)
		main = append(main, beside(ctx))
		return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "회원", "Members"), Section: member.DeskPath, Main: main}), nil
	}
	if err := search.Allowed(ctx); err != nil {
		return nil, err
	}
	page, err := cursor.Read(h.cursors, "console/members?q="+q, r.Cursor, desk.OnPage, func(after string, limit int) ([]member.Member, error) {
		search.After = after
		return h.members.Find(ctx, search, limit)
	}, func(m member.Member) string { return m.ID })
	if err != nil {
		return nil, err
	}
	found, shown := []member.Seen{}, []string{}
	for _, m := range page.Items {
		v, err := h.members.Seen(ctx, m)
		if err != nil {
			return nil, err
		}
		v.Email = m.Email // the caller sees it, or found them by it
		found, shown = append(found, v), append(shown, m.ID)
	}
	function.About(ctx, shown...)
	main = append(main,
		g.Iff(len(found) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "조건에 맞는 회원이 없습니다.", "Nobody was found."))
		}),
		g.Iff(len(found) > 0, func() g.Node {
			return el.Ul(el.Class("rows"), g.Map(found, func(m member.Seen) g.Node {
				return el.Li(el.Class("row"), el.Div(el.Class("row-main"),
					desk.Link(desk.At(ctx, member.DeskPath+"/"+m.ID), m.Name, "row-title"),
					el.P(el.Class("meta"), el.Span(g.Text(m.Email)), g.If(m.Unit != "", el.Span(g.Text(m.Unit))), standing(ctx, m.Member))))
			}))
		}),
		desk.Pager(ctx, page.NextCursor, member.DeskPath, "q", q),
	)
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "회원", "Members"), Section: member.DeskPath, Main: main}), nil
}

// beside are the other pages about members.
func beside(ctx context.Context) g.Node {
	row := func(path, label, about string) g.Node {
		return el.Li(el.Class("row"), el.Div(el.Class("row-main"), desk.Link(desk.At(ctx, path), label, "row-title"), el.P(el.Class("meta"), g.Text(about))))
	}
	return el.Ul(el.Class("rows"),
		row(rolesPath, ui.T(ctx, "역할 현황", "Who holds which role"), ui.T(ctx, "누가 어느 단위의 어떤 역할을 언제까지 맡는지 봅니다", "Who, in which unit, and until when")),
		g.Iff(auth.From(ctx).May(auth.Verify, ""), func() g.Node {
			return row(rosterPath, ui.T(ctx, "재학생 명부", "Roster"), ui.T(ctx, "명부에 있는 학생이 학번과 이름으로 재학생 인증을 하게 합니다", "Lets students on it verify by number and name"))
		}),
	)
}

func memberSearch(ctx context.Context, q string) g.Node {
	label, hint := ui.T(ctx, "이름이나 이메일", "Name or mail address"), ui.T(ctx, "이름의 한 부분이나 이메일 주소 전체. 누구를 찾았는지 기록에 남습니다.", "A part of the name, or the whole mail address. Who was looked for is recorded.")
	if !auth.From(ctx).May(auth.Supervise, "") {
		label, hint = ui.T(ctx, "이메일", "Mail address"), ui.T(ctx, "이메일 주소 전체를 쓰세요. 누구를 찾았는지 기록에 남습니다.", "The whole mail address. Who was looked for is recorded.")
	}
	return el.Form(el.Class("filters"), el.Method("get"), el.Action(desk.At(ctx, member.DeskPath)), el.Role("search"),
		ui.NewForm(ctx).Input(ui.Field{Name: "q", Label: label, Value: q, Type: "search", Limit: 254, More: []g.Node{el.Aria("describedby", "search-hint")}}),
		ui.Button(ui.T(ctx, "찾기", "Find")),
		el.P(el.ID("search-hint"), el.Class("hint"), g.Text(hint)))
}

// standing is what an account is, in badges.
func standing(ctx context.Context, m member.Member) g.Node {
	mark := func(shown bool, class, ko, en string) g.Node {
		return g.Iff(shown, func() g.Node { return el.Span(el.Class("badge "+class), g.Text(ui.T(ctx, ko, en))) })
	}
	return g.Group{
		mark(m.VerifiedAt != nil, "", "재학생 인증", "Verified"),
		mark(m.SuspendedAt != nil, "urgent", "정지됨", "Suspended"),
		mark(m.LeavingAt != nil, "urgent", "탈퇴 중", "Leaving"),
		mark(m.VerifiedAt == nil, "", "재학생 인증 안 됨", "Not verified"),
		mark(m.ConfirmedAt == nil, "", "이메일 확인 안 됨", "Address not confirmed"),
		mark(m.SecondAt != nil, "", "2단계 인증", "Second factor"),
	}
}

type memberRequest struct {
	ID string `path:"id"`
}

func (h handlers) member(ctx context.Context, r *memberRequest) (*ui.Answer, error) {
	seen, err := h.members.Shown(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	m, grants := seen.Member, seen.Roles
	if !seen.Whole {
		return h.desk.Page(ctx, ui.View{Title: m.Name, Section: member.DeskPath, Class: "reading", Scripts: []string{"grant.js"}, Main: []g.Node{
			desk.Heading(m.Name),
			el.Dl(el.Class("facts"), desk.Fact(ui.T(ctx, "상태", "Status"), el.Span(el.Class("meta"), standing(ctx, m)))),
			el.P(el.Class("hint"), g.Text(ui.T(ctx, "이 회원이 우리 단위의 역할을 맡으면 나머지 정보도 보입니다.", "The rest is shown once they have a role in your unit."))),
			h.grantForm(ctx, m),
		}}), nil
	}
	givers := []string{}
	for _, v := range grants {
		givers = append(givers, v.By)
	}
	names, err := h.members.Names(ctx, givers...)
	if err != nil {
		return nil, err
	}
	return h.desk.Page(ctx, ui.View{Title: m.Name, Section: member.DeskPath, Class: "reading", Scripts: []string{"grant.js"}, Main: []g.Node{
		desk.Heading(m.Name, g.Iff(auth.From(ctx).May(auth.Audit, ""), func() g.Node {
			return desk.Link(desk.At(ctx, audit.DeskPath, "subject", m.ID), ui.T(ctx, "이 회원에 관한 기록", "Log about this member"), "button small quiet")
		})),
		el.Dl(el.Class("facts"),
			desk.Fact(ui.T(ctx, "이메일", "Mail"), g.Text(m.Email)),
			g.Iff(m.Unit != "", func() g.Node { return desk.Fact(ui.T(ctx, "학과", "Department"), g.Text(m.Unit)) }),
			desk.Fact(ui.T(ctx, "가입", "Joined"), desk.Short(ctx, m.CreatedAt)),
			desk.Fact(ui.T(ctx, "상태", "Status"), el.Span(el.Class("meta"), standing(ctx, m))),
		),
		el.Section(el.Class("stack"), el.H2(g.Text(ui.T(ctx, "역할", "Roles"))),
			g.Iff(len(grants) == 0, func() g.Node {
				return el.P(el.Class("hint"), g.Text(ui.T(ctx, "아직 역할이 없습니다.", "No roles yet.")))
			}),
			el.Ul(el.Class("rows"), g.Map(grants, func(v member.Grant) g.Node { return h.grantRow(ctx, m, v, names[v.By]) })),
		),
		h.grantForm(ctx, m),
		verifyForm(ctx, m),
		accountActions(ctx, m, grants),
	}}), nil
}

func roleText(ctx context.Context, r auth.Role) string { return ui.Name(ctx, member.RoleLabel(r)) }

func (h handlers) unitText(ctx context.Context, unit string) string {
	if unit == "" {
		return ui.T(ctx, "모든 단위", "Every unit")
	}
	return h.desk.Unit(ctx, unit)
}

func (h handlers) grantRow(ctx context.Context, m member.Member, v member.Grant, giver string) g.Node {
	what := roleText(ctx, v.Role) + " · " + h.unitText(ctx, v.Unit)
	term := el.Span(g.Text(ui.T(ctx, "끝나는 날 없음", "No end of term")))
	if !v.Until.IsZero() {
		term = el.Span(g.Text(ui.T(ctx, "임기 ", "Until ")), desk.Short(ctx, v.Until), g.Text(ui.T(ctx, "까지", "")))
	}
	return el.Li(el.Class("row"),
		el.Div(el.Class("row-main"), el.P(el.Class("row-title"), g.Text(what)),
			el.P(el.Class("meta"), term, el.Span(g.Text(ui.T(ctx, "준 사람 "+giver+", ", "Given by "+giver+", ")), desk.Short(ctx, v.At)))),
		g.Iff(member.MayTake(ctx, m.ID, v.Grant) == nil, func() g.Node {
			return el.Form(desk.Action("DELETE", "/v1/admin/members/"+m.ID+"/roles/"+string(v.Role), 0), el.Data("query", "unit"),
				el.Data("confirm", ui.T(ctx, m.Name+" 님에게서 "+what+" 역할을 해제할까요?", "Take the role "+what+" from "+m.Name+"?")), desk.Said(ui.T(ctx, "역할을 해제했습니다.", "The role was taken away.")),
				el.Input(el.Type("hidden"), el.Name("unit"), el.Value(v.Unit)),
				el.Button(el.Type("submit"), el.Class("button small quiet"), el.Aria("label", ui.T(ctx, what+" 해제", "Take away "+what)), g.Text(ui.T(ctx, "해제", "Take away"))))
		}),
	)
}

// granting is what assets/grant.js needs to know to ask whether a role shall be given.
type granting struct {
	Name string `json:"name"`
}

func (h handlers) grantForm(ctx context.Context, m member.Member) g.Node {
	why := ""
	switch {
	case m.ID == auth.From(ctx).MemberID:
		why = ui.T(ctx, "자기 역할과 임기는 스스로 바꿀 수 없습니다.", "Nobody changes their own role or term.")
	case m.MayHold() != nil:
		why = m.MayHold().Text.In(function.RequestFrom(ctx).Language)
	}
	if why != "" {
		return el.P(el.Class("hint"), g.Text(why))
	}
	f := ui.NewForm(ctx)
	roles := []ui.Choice{}
	for _, r := range auth.Roles() {
		roles = append(roles, ui.Choice{Value: string(r), Label: roleText(ctx, r)})
	}
	units := h.desk.Units(ctx, auth.Appoint, "")
	if auth.From(ctx).May(auth.Appoint, "") {
		units = append([]ui.Choice{{Value: "", Label: h.unitText(ctx, "")}}, units...)
	}
	until := desk.Moment(ctx, "until", problem.Text{KO: "임기 끝", EN: "End of term"}, problem.Text{KO: "이때 역할이 자동으로 끝납니다. 자기 임기보다 길게 줄 수는 없습니다.", EN: "The role ends by itself then. It cannot be longer than your own term."}, nil)
	until.Optional = false
	return el.Section(el.Class("stack"), el.H2(g.Text(ui.T(ctx, "역할 주기", "Give a role"))),
		el.Form(el.ID("grant"), el.Class("form"), g.Attr("novalidate"), desk.Told(granting{Name: m.Name}), desk.Action("PUT", "/v1/admin/members/"+m.ID+"/roles/{role}", 0), desk.Said(ui.T(ctx, "역할을 주었습니다.", "The role was given.")),
			el.Div(el.Class("two"),
				f.Select(ui.Field{Name: "role", Label: ui.T(ctx, "역할", "Role"), Value: string(auth.Editor), Hint: ui.T(ctx, "편집자는 글과 배너를 올립니다. 조정자는 글을 쓰지 않고, 회의록의 공개 기한을 늘립니다. 관리자는 회원과 역할, 설정까지 다룹니다.", "Editors publish texts and banners. Moderators do not write; they extend the deadlines of minutes. Admins manage members, roles and settings, too.")}, roles...),
				f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위", "Unit"), Optional: true}, units...),
			),
			f.Input(until),
			el.Div(el.Class("field check"), el.Input(el.ID("field-endless"), el.Type("checkbox")), el.Label(el.For("field-endless"), g.Text(ui.T(ctx, "끝나는 날 없음", "No end of term")))),
			el.Div(ui.Button(ui.T(ctx, "역할 주기", "Give the role"))),
		))
}

// verifyForm asks for the number of the student whose card the caller has seen.
func verifyForm(ctx context.Context, m member.Member) g.Node {
	if m.VerifiedAt != nil || !auth.From(ctx).May(auth.Verify, "") {
		return nil
	}
	f := ui.NewForm(ctx)
	return el.Section(el.Class("stack"), el.H2(g.Text(ui.T(ctx, "재학생 인증", "Verification"))),
		el.Form(el.Class("form"), g.Attr("novalidate"), desk.Action("POST", "/v1/admin/members/"+m.ID+"/verification", 0),
			el.Data("confirm", ui.T(ctx, "학생증이나 재학증명을 직접 보았나요?", "Have you seen a student card or certificate?")), desk.Said(ui.T(ctx, "재학생으로 인증했습니다.", "Verified as a student.")),
			f.Input(ui.Field{Name: "studentNumber", Label: ui.T(ctx, "학번", "Student number"), Hint: ui.T(ctx, "학생증에 있는 대로. 번호는 남기지 않고, 한 사람이 한 번만 확인하도록 되돌릴 수 없는 값만 남깁니다.", "As the card has it. The number is not kept, only a hash that cannot be reversed, so that each student verifies once."), Limit: 20}),
			el.Div(ui.Button(ui.T(ctx, "재학생으로 인증", "Verify as a student"))),
		))
}

// accountActions are what the caller can do with an account.
func accountActions(ctx context.Context, m member.Member, roles []member.Grant) g.Node {
	if !auth.From(ctx).May(auth.Supervise, "") {
		return nil
	}
	disables := member.MayDisable(ctx, m.ID, roles) == nil
	path := "/v1/admin/members/" + m.ID
	act := func(method, to, label, class, confirm, done string) g.Node {
		return el.Form(desk.Action(method, path+to, 0), el.Data("confirm", confirm), desk.Said(done), el.Button(el.Type("submit"), el.Class("button small "+class), g.Text(label)))
	}
	return el.Section(el.Class("stack"), el.H2(g.Text(ui.T(ctx, "계정", "Account"))), el.Div(el.Class("actions"),
		g.If(disables && m.SecondAt != nil, act("DELETE", "/second-factor", ui.T(ctx, "2단계 인증 해제", "Remove the second factor"), "quiet",
			ui.T(ctx, m.Name+" 님의 2단계 인증을 해제할까요? 기기와 복구 코드를 모두 잃었을 때만 합니다. 모든 기기에서 로그아웃됩니다.", "Remove the second factor of "+m.Name+"? Only where device and recovery codes are lost. They are signed out everywhere."), ui.T(ctx, "2단계 인증을 해제했습니다.", "The second factor was removed."))),
		g.If(disables && m.SuspendedAt == nil, act("POST", "/suspend", ui.T(ctx, "정지하기", "Suspend"), "danger",
			ui.T(ctx, m.Name+" 님을 정지할까요? 곧바로 모두 로그아웃되고 다시 로그인할 수 없습니다.", "Suspend "+m.Name+"? They are signed out at once and cannot sign in."), ui.T(ctx, "정지했습니다.", "Suspended."))),
		g.If(m.SuspendedAt != nil, act("POST", "/restore", ui.T(ctx, "정지 해제", "Lift the suspension"), "quiet",
			ui.T(ctx, m.Name+" 님의 정지를 해제할까요?", "Lift the suspension of "+m.Name+"?"), ui.T(ctx, "정지를 해제했습니다.", "The suspension was lifted."))),
	))
}

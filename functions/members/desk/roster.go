package desk

import (
	"context"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// rosterPath is where the roster is replaced.
const rosterPath = member.DeskPath + "/roster"

type rosterTold struct {
	Most int `json:"most"` // bytes that a file may have
}

// roster asks for a file and shows what it would change before anything is.
func (h handlers) roster(ctx context.Context, _ *struct{}) (*ui.Answer, error) {
	title := ui.T(ctx, "재학생 명부", "Roster of students")
	return h.desk.Page(ctx, ui.View{Title: title, Section: member.DeskPath, Scripts: []string{"roster.js"}, Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, member.DeskPath), ui.T(ctx, "회원 찾기", "Find members"), "button quiet")),
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "명부에 있는 학생은 학번과 이름으로 재학생 인증을 할 수 있습니다. 새 명부는 이전 명부를 통째로 바꿉니다.", "Students on the roster can verify by number and name. A new roster replaces the one before as a whole."))),
		el.Form(el.ID("roster"), el.Class("form"), el.Method("post"), g.Attr("novalidate"), desk.Told(rosterTold{Most: member.RosterBytes}),
			el.Div(el.Class("field"),
				el.Label(el.For("field-file"), g.Text(ui.T(ctx, "명부 파일 (CSV)", "Roster (CSV)"))),
				el.Input(el.ID("field-file"), el.Name("file"), el.Type("file"), el.Accept(".csv,.txt,text/csv"), el.Required(), el.Aria("describedby", "field-file-hint")),
				el.P(el.ID("field-file-hint"), el.Class("hint"), g.Text(ui.T(ctx, "한 줄에 한 사람: 학번, 이름, 학교 이메일(없어도 됨). 엑셀에서 저장한 CSV를 그대로 읽습니다. 학번과 이름은 알아볼 수 없게 바꾸어(해시) 보관하고, 파일은 남기지 않습니다.", "One student a line: number, name and optionally school mail address, as Excel saves CSV. Numbers and names are kept as hashes alone, and the file is not kept."))),
			),
			el.P(el.Class("actions"), el.Button(el.ID("check"), el.Type("submit"), el.Class("button quiet"), g.Text(ui.T(ctx, "무엇이 달라지는지 보기", "See what would change")))),
		),
		el.Section(el.ID("found"), el.Class("stack"), g.Attr("hidden"), el.Aria("labelledby", "found-heading"), g.Attr("tabindex", "-1"),
			el.H2(el.ID("found-heading"), g.Text(ui.T(ctx, "달라지는 것", "What would change"))),
			el.Dl(el.ID("counts"), el.Class("facts")),
			el.P(el.ID("gone"), el.Class("notice-box"), g.Attr("hidden")),
			el.Div(el.ID("examples"), el.Class("stack")),
			el.P(el.Class("actions"), desk.Button("apply", ui.T(ctx, "이 명부로 바꾸기", "Replace the roster"), "")),
		),
	}}), nil
}

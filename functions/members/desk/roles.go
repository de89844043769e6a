package desk

import (
	"context"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// rolesPath is where it is said who holds which role.
const rolesPath = member.DeskPath + "/roles"

// endsSoon is how long before its end a term is marked: time to find who comes after.
const endsSoon = 30 * 24 * time.Hour

// roles is who may do what until when, on one page: by unit, the whole council first.
func (h handlers) roles(ctx context.Context, _ *struct{}) (*ui.Answer, error) {
	list, err := h.members.Holders(ctx)
	if err != nil {
		return nil, err
	}
	shown, givers := []string{}, []string{}
	for _, v := range list {
		shown, givers = append(shown, v.MemberID), append(givers, v.By)
	}
	names, err := h.members.Names(ctx, givers...)
	if err != nil {
		return nil, err
	}
	function.About(ctx, shown...)
	title := ui.T(ctx, "역할 현황", "Who holds which role")
	main := []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, member.DeskPath), ui.T(ctx, "회원 찾기", "Find members"), "button quiet")),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "역할은 회원의 페이지에서 주고 해제합니다. 임기가 끝나면 자동으로 끝납니다.", "Roles are given and taken on a member's page. They end by themselves with their term."))),
	}
	if len(list) == 0 {
		main = append(main, desk.Empty(ui.T(ctx, "역할을 맡은 사람이 없습니다.", "Nobody holds a role.")))
	}
	for unit, holders := range ui.Runs(list, func(v member.Holder) string { return v.Unit }) {
		heading := h.unitText(ctx, unit)
		main = append(main, el.Section(el.Class("stack"), el.H2(g.Text(heading)), desk.Table(heading,
			[]g.Node{desk.Column(ctx, "누가", "Who"), desk.Column(ctx, "역할", "Role"), desk.Column(ctx, "언제까지", "Until"), desk.Column(ctx, "준 사람", "Given by")},
			g.Map(holders, func(v member.Holder) g.Node {
				return el.Tr(
					el.Td(desk.Link(desk.At(ctx, member.DeskPath+"/"+v.MemberID), v.Name, ""), g.If(v.Suspended, g.Group{g.Text(" "), desk.Badge("urgent", ui.T(ctx, "정지됨", "Suspended"))})),
					el.Td(g.Text(roleText(ctx, v.Role))),
					el.Td(term(ctx, v)),
					el.Td(g.Text(names[v.By]+" "), desk.Short(ctx, v.At)),
				)
			}))))
	}
	return h.desk.Page(ctx, ui.View{Title: title, Section: member.DeskPath, Main: main}), nil
}

// term is until when a role is held, marked where that is soon.
func term(ctx context.Context, v member.Holder) g.Node {
	if v.Until.IsZero() {
		return g.Text(ui.T(ctx, "끝나는 날 없음", "No end"))
	}
	return g.Group{
		ui.Time(v.Until, ui.Moment(ctx, v.Until)),
		g.If(v.Until.Sub(clock.Now(ctx)) < endsSoon, g.Group{g.Text(" "), desk.Badge("scheduled", ui.T(ctx, "곧 끝남", "Ends soon"))}),
	}
}

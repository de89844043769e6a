package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type listRequest struct{}

func (h handlers) list(ctx context.Context, _ *listRequest) (*ui.Answer, error) {
	title := ui.T(ctx, "운영 기준", "Policies")
	return h.desk.Page(ctx, ui.View{Title: title, Section: policy.DeskPath, Class: "reading", Main: []g.Node{
		desk.Heading(title),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "학생회가 스스로 정하는 숫자와 스위치입니다. 개발자나 서버 없이 여기에서 바꿉니다.", "Numbers and switches that the council decides by itself, without a developer or a server."))),
		el.Ul(el.Class("rows"), g.Map(h.domains(), func(d policy.Domain) g.Node {
			return el.Li(el.Class("row"), el.Div(el.Class("row-main"),
				el.P(el.Class("row-title"), desk.Link(at(ctx, d.Name), said(ctx, d.Label), "")),
				el.P(el.Class("meta"), el.Span(g.Text(said(ctx, d.Said())))),
			))
		})),
	}}), nil
}

// at is the page of a domain.
func at(ctx context.Context, name string) string { return desk.At(ctx, policy.DeskPath+"/"+name) }

// said is a text in the language of the page.
func said(ctx context.Context, t problem.Text) string { return ui.T(ctx, t.KO, t.EN) }

type domainRequest struct {
	Domain string `path:"domain"`
	Change string `query:"change"` // an item
	Cursor string `query:"cursor"`
}

func (h handlers) domain(ctx context.Context, r *domainRequest) (*ui.Answer, error) {
	d, known := h.find(r.Domain)
	if !known {
		return nil, problem.Absent()
	}
	state, version, err := h.policies.State(ctx, d)
	if err != nil {
		return nil, err
	}
	if r.Change != "" {
		return h.item(ctx, d, r.Change, state, version)
	}
	page, err := cursor.Read(h.cursors, "console/policies/"+d.Name, r.Cursor, desk.OnPage, func(behind policy.Place, limit int) ([]policy.Row, error) {
		return h.policies.History(ctx, d.Name, behind, limit)
	}, policy.Row.Place)
	if err != nil {
		return nil, err
	}
	names, err := h.names(ctx, state, page.Items)
	if err != nil {
		return nil, err
	}
	title := said(ctx, d.Label)
	return h.desk.Page(ctx, ui.View{Title: title, Section: policy.DeskPath, Main: []g.Node{
		desk.Heading(ui.T(ctx, "운영 기준: ", "Policies: ")+title, desk.Link(desk.At(ctx, policy.DeskPath), ui.T(ctx, "모든 운영 기준", "All policies"), "button small quiet")),
		el.P(el.Class("hint"), g.Text(said(ctx, d.Said()))),
		el.Ul(el.Class("rows"), g.Map(state, func(s policy.Standing) g.Node { return row(ctx, d, s, version, names) })),
		el.H2(g.Text(ui.T(ctx, "바뀐 기록", "What was set"))),
		g.Iff(len(page.Items) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "아직 바꾼 것이 없습니다. 모두 기본값입니다.", "Nothing was set yet. Everything is as it comes."))
		}),
		g.Iff(len(page.Items) > 0, func() g.Node { return history(ctx, d, page.Items, names) }),
		desk.Pager(ctx, page.NextCursor, policy.DeskPath+"/"+d.Name),
	}}), nil
}

// names are those of who set what is shown.
func (h handlers) names(ctx context.Context, state []policy.Standing, rows []policy.Row) (map[string]string, error) {
	ids := []string{}
	for _, s := range state {
		if s.Set != nil {
			ids = append(ids, s.Set.By)
		}
		for _, r := range s.Ahead {
			ids = append(ids, r.By)
		}
	}
	for _, r := range rows {
		ids = append(ids, r.By)
	}
	slices.Sort(ids)
	names, err := h.members.Names(ctx, slices.Compact(ids)...)
	if len(names) == 0 {
		function.ReadNobody(ctx)
	}
	return names, err
}

// row is how one item stands.
func row(ctx context.Context, d policy.Domain, s policy.Standing, version int64, names map[string]string) g.Node {
	label := said(ctx, s.Item.Label)
	since := ui.T(ctx, "기본값", "As it comes")
	if s.Set != nil && !s.Unfit {
		since = ""
	}
	return el.Li(el.Class("row"),
		el.Div(el.Class("row-main"),
			el.P(el.Class("row-title"), g.Text(label+": "), el.Strong(g.Text(text(ctx, s.Item, s.Value)))),
			el.P(el.Class("meta"),
				g.If(since != "", el.Span(g.Text(since))),
				g.If(since == "", el.Span(g.Text(ui.T(ctx, "기본값 ", "As it comes: ")+text(ctx, s.Item, s.Default)))),
				g.Iff(s.Set != nil, func() g.Node { return el.Span(setBy(ctx, *s.Set, names)...) }),
			),
			g.Iff(s.Unfit, func() g.Node {
				return el.P(el.Class("notice-box wrong"), g.Text(ui.T(ctx, "정해 둔 값("+string(s.Set.Value)+")이 지금 버전에는 맞지 않아 기본값을 씁니다. 다시 정해 주세요.", "What was set ("+string(s.Set.Value)+") does not fit this version: the default is in force. Set it again.")))
			}),
			g.Iff(len(s.Lost) > 0, func() g.Node {
				return el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "지금 버전에 없는 이름은 아무 일도 하지 않습니다: ", "These names are none of this version and do nothing: ")+joined(s.Lost)))
			}),
			g.Map(s.Ahead, func(r policy.Row) g.Node { return aheadLine(ctx, d, s.Item, r, version, names) }),
		),
		el.Div(el.Class("actions"), desk.Link(desk.At(ctx, policy.DeskPath+"/"+d.Name, "change", s.Item.Name), ui.T(ctx, "바꾸기", "Change"), "button small quiet", el.Aria("label", ui.T(ctx, label+" 바꾸기", "Change "+label)))),
	)
}

// setBy says who set something, and since when it is in force.
func setBy(ctx context.Context, r policy.Row, names map[string]string) []g.Node {
	name, there := names[r.By]
	switch {
	case !there:
		name = ui.T(ctx, "탈퇴한 회원이 정함", "Set by one who has left")
	default:
		name = ui.T(ctx, name+" 님이 정함", "Set by "+name)
	}
	return []g.Node{g.Text(name + ", "), desk.Short(ctx, r.From), g.Text(ui.T(ctx, "부터", " on"))}
}

// aheadLine is what begins later, and how to take it back.
func aheadLine(ctx context.Context, d policy.Domain, i policy.Item, r policy.Row, version int64, names map[string]string) g.Node {
	what := begins(ctx, r.From) + ": " + text(ctx, i, r.Value)
	return el.Form(el.Class("meta"), desk.Action("DELETE", "/v1/admin/policies/"+d.Name+"/"+i.Name, version), el.Data("query", "from"),
		el.Data("confirm", ui.T(ctx, what+". 예약한 이 변경을 취소할까요?", what+". Cancel this scheduled change?")), desk.Said(ui.T(ctx, "예약한 변경을 취소했습니다.", "The scheduled change was cancelled.")),
		el.Input(el.Type("hidden"), el.Name("from"), el.Value(r.From.Format(time.RFC3339Nano))),
		ui.State(ui.Wait, what),
		el.Span(setBy(ctx, policy.Row{By: r.By, From: r.At}, names)[0], desk.Short(ctx, r.At)),
		el.Button(el.Type("submit"), el.Class("button small quiet"), el.Aria("label", ui.T(ctx, what+" 취소", "Cancel "+what)), g.Text(ui.T(ctx, "취소", "Cancel"))),
	)
}

// begins says from when on something holds: 2026. 12. 3. 00:00부터.
func begins(ctx context.Context, t time.Time) string {
	day, hour := ui.ShortDay(ctx, t), t.Format(" 15:04")
	if hour == " 00:00" {
		hour = ""
	}
	return ui.T(ctx, day+hour+"부터", "From "+day+hour)
}

func history(ctx context.Context, d policy.Domain, rows []policy.Row, names map[string]string) g.Node {
	heads := []g.Node{desk.Column(ctx, "언제부터", "From"), desk.Column(ctx, "무엇을", "What"), desk.Column(ctx, "어떻게", "Value"), desk.Column(ctx, "누가", "Who"), desk.Column(ctx, "언제 정함", "Set at")}
	return desk.Table(ui.T(ctx, "바뀐 기록 표", "What was set"), heads, g.Map(rows, func(r policy.Row) g.Node {
		name, value := r.Name, string(r.Value)
		if i, known := d.Item(r.Name); known {
			name, value = said(ctx, i.Label), text(ctx, i, r.Value)
		}
		return el.Tr(el.Td(desk.Short(ctx, r.From)), el.Td(g.Text(name)), el.Td(g.Text(value)), el.Td(g.Text(names[r.By])), el.Td(desk.Short(ctx, r.At)))
	}))
}

// number is a number as people write it.
func number(n int) string { return strconv.Itoa(n) }

func joined(list []string) string { return strings.Join(list, ", ") }

package desk

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/due"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type listRequest struct {
	Cursor string `query:"cursor"`
	Body   string `query:"body"`
	State  string `query:"state"`
	Month  string `query:"month"`
}

func (h handlers) list(ctx context.Context, r *listRequest) (*ui.Answer, error) {
	var c check.Fields
	f := minute.Narrowed(&c, r.Body, nil, r.State, string(minute.Draft), string(minute.Deleted))
	if err := c.Err(); err != nil {
		return nil, err
	}
	if f.Step == minute.Deleted && !auth.From(ctx).MaySomewhere(auth.Restore) {
		return nil, problem.NotAllowed()
	}
	if r.Month != "" {
		return h.month(ctx, r, f)
	}
	page, err := cursor.Read(h.cursors, "console/minutes?"+f.Key(), r.Cursor, desk.OnPage, func(behind cursor.Moment, limit int) ([]minute.Minute, error) {
		return h.minutes.Managed(ctx, f, behind, limit)
	}, minute.Minute.Position)
	if err != nil {
		return nil, err
	}
	bodies, err := h.minutes.Bodies(ctx)
	if err != nil {
		return nil, err
	}
	admin := auth.From(ctx).May(auth.Operate, "")
	return h.desk.Whole(ctx, ui.View{Title: ui.T(ctx, "회의록", "Minutes"), Section: minute.DeskPath, Main: []g.Node{
		desk.Heading(ui.T(ctx, "회의록", "Minutes"),
			g.If(admin, desk.Link(desk.At(ctx, bodiesPath), ui.T(ctx, "회의 기구", "Bodies"), "button quiet")),
			desk.Link(desk.At(ctx, minute.DeskPath, "body", r.Body, "state", r.State, "month", present(ctx)), ui.T(ctx, "달력", "Month"), "button quiet"),
			desk.Link(desk.At(ctx, minute.DeskPath+"/new"), ui.T(ctx, "새 회의", "New meeting"), "button")),
		filters(ctx, bodies, r),
		g.Iff(len(page.Items) == 0, func() g.Node { return noMinutes(ctx, len(bodies), admin) }),
		g.Iff(len(page.Items) > 0, func() g.Node {
			return el.Ul(el.Class("rows"), g.Map(page.Items, func(m minute.Minute) g.Node { return h.row(ctx, m) }))
		}),
		desk.Pager(ctx, page.NextCursor, minute.DeskPath, "body", r.Body, "state", r.State),
	}}), nil
}

func noMinutes(ctx context.Context, bodies int, admin bool) g.Node {
	switch {
	case bodies > 0:
		return desk.Empty(ui.T(ctx, "여기에는 아직 회의가 없습니다.", "There are no meetings here."))
	case admin:
		return desk.Empty(ui.T(ctx, "먼저 회의 기구를 추가해 주세요.", "Add the bodies that meet first."), desk.Link(desk.At(ctx, bodiesPath), ui.T(ctx, "회의 기구", "Bodies"), "button quiet"))
	default:
		return desk.Empty(ui.T(ctx, "회의 기구가 아직 없습니다. 관리자에게 알려 주세요.", "There are no bodies yet. Tell an admin."))
	}
}

func stateText(ctx context.Context, s minute.Step) string {
	switch s {
	case minute.Deleted:
		return ui.T(ctx, "지움", "Deleted")
	case minute.Overdue:
		return ui.T(ctx, "기한 지남", "Overdue")
	default:
		return ui.Name(ctx, minute.Word(string(s)))
	}
}

func filters(ctx context.Context, bodies []minute.Body, r *listRequest) g.Node {
	offered := []ui.Choice{{Value: "", Label: ui.T(ctx, "모든 상태", "Every state")}}
	for _, s := range []minute.Step{minute.Draft, minute.Announced, minute.Decisions, minute.Full, minute.Overdue, minute.Deleted} {
		if s != minute.Deleted || auth.From(ctx).MaySomewhere(auth.Restore) {
			offered = append(offered, ui.Choice{Value: string(s), Label: stateText(ctx, s)})
		}
	}
	of := []ui.Choice{{Value: "", Label: ui.T(ctx, "모든 기구", "Every body")}}
	for _, b := range bodies {
		of = append(of, ui.Choice{Value: b.Slug, Label: ui.Name(ctx, problem.Text{KO: b.Name, EN: b.NameEn})})
	}
	f := ui.NewForm(ctx)
	return el.Form(el.Class("filters"), el.Method("get"), el.Action(desk.At(ctx, minute.DeskPath)), el.Role("search"),
		f.Select(ui.Field{Name: "body", Label: ui.T(ctx, "기구", "Body"), Value: r.Body, Optional: true}, of...),
		g.If(r.Month != "", el.Input(el.Type("hidden"), el.Name("month"), el.Value(r.Month))),
		f.Select(ui.Field{Name: "state", Label: ui.T(ctx, "상태", "State"), Value: r.State, Optional: true}, offered...),
		ui.Button(ui.T(ctx, "찾기", "Find")),
	)
}

// row is a meeting with what there is to do: D-days until it is, then until it must be published.
func (h handlers) row(ctx context.Context, m minute.Minute) g.Node {
	title := ui.Name(ctx, m.Title())
	link := desk.Link(desk.At(ctx, minute.DeskPath+"/"+m.ID), title, "row-title")
	s := m.Step(clock.Now(ctx))
	if m.DeletedAt != nil {
		s, link = minute.Deleted, el.Span(el.Class("row-title"), g.Text(title))
	}
	return el.Li(el.Class("row"),
		el.Div(el.Class("row-main"), link,
			el.P(el.Class("meta"), badge(ctx, s), g.If(s != minute.Deleted, awaited(ctx, m)), desk.Short(ctx, m.HeldAt), el.Span(g.Text(h.desk.Unit(ctx, m.Unit))), el.Span(g.Text(ui.Name(ctx, m.Line())))),
		),
		g.Iff(s == minute.Deleted, func() g.Node {
			return el.Form(desk.Action("POST", "/v1/admin/minutes/"+m.ID+"/restore", m.Version), desk.Said(ui.T(ctx, "회의록을 되살렸습니다.", "The minutes were restored.")),
				el.Button(el.Type("submit"), el.Class("button small quiet"), el.Aria("label", ui.T(ctx, title+" 되살리기", "Restore "+title)), g.Text(ui.T(ctx, "되살리기", "Restore"))))
		}),
	)
}

func badge(ctx context.Context, s minute.Step) g.Node {
	look := map[minute.Step]string{minute.Draft: "draft", minute.Announced: "scheduled", minute.Decisions: "scheduled", minute.Full: "published", minute.Deleted: "deleted"}
	return desk.Badge(look[s], stateText(ctx, s))
}

// awaited is the next thing that a date is set for.
func awaited(ctx context.Context, m minute.Minute) g.Node {
	now := clock.Now(ctx)
	word := ui.Name(ctx, counted(ctx, m))
	if m.HeldAt.After(now) {
		return el.Span(g.Text(ui.T(ctx, "회의 ", "meets ")), ui.Days(m.HeldAt, clock.Days(now, m.HeldAt), word))
	}
	switch m.Standing(now) {
	case due.InTime:
		return el.Span(g.Text(word))
	case due.Open:
		return el.Span(g.Text(ui.T(ctx, "공개 ", "minutes ")), ui.Days(m.Due.At, m.Due.Days(now, m.FullAt), word))
	default:
		return ui.Days(m.Due.At, m.Due.Days(now, m.FullAt), word)
	}
}

func (h handlers) bodies(ctx context.Context, _ *struct{}) (*ui.Answer, error) {
	list, err := h.minutes.Bodies(ctx)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "회의 기구", "Bodies")
	return h.desk.Page(ctx, ui.View{Title: title, Section: minute.DeskPath, Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, minute.DeskPath), ui.T(ctx, "회의록", "Minutes"), "button quiet")),
		g.Map(list, func(b minute.Body) g.Node {
			return el.Details(el.Class("fold"), el.Summary(g.Text(b.Name)), h.bodyForm(ctx, b))
		}),
		el.Section(el.Class("panel"), el.Aria("labelledby", "add"), el.H2(el.ID("add"), g.Text(ui.T(ctx, "기구 추가", "Add a body"))), h.bodyForm(ctx, minute.Body{PublishDays: minute.PublishDays, Numbered: true, PerYear: true})),
	}}), nil
}

func (h handlers) bodyForm(ctx context.Context, b minute.Body) g.Node {
	f := ui.NewForm(ctx)
	id := func(name string) string { // several forms stand on the page
		if b.Slug == "" {
			return name
		}
		return name + "-" + b.Slug
	}
	method, path, label, said := "POST", "/v1/admin/minutes/bodies", ui.T(ctx, "추가", "Add"), ui.T(ctx, "기구를 추가했습니다.", "The body was added.")
	if b.Slug != "" {
		method, path, label, said = "PUT", path+"/"+b.Slug, ui.T(ctx, "저장", "Save"), ui.T(ctx, "기구를 고쳤습니다.", "The body was saved.")
	}
	tick := func(name, text string, ticked bool) g.Node {
		return el.Label(el.Class("radio"), el.Input(el.Type("checkbox"), el.Name(name), g.If(ticked, el.Checked())), g.Text(text))
	}
	number := func(name, label string, value, most int) g.Node {
		return f.Input(ui.Field{Name: id(name), Sent: name, Label: label, Value: strconv.Itoa(value), Type: "number", More: []g.Node{el.Data("type", "number"), el.Min("0"), el.Max(strconv.Itoa(most))}})
	}
	return el.Form(el.Class("stack"), g.Attr("novalidate"), desk.Action(method, path, b.Version), desk.Said(said),
		g.If(b.Slug == "", f.Input(ui.Field{Name: "slug", Label: ui.T(ctx, "주소", "Address"), Limit: 40, Hint: ui.T(ctx, "영어 소문자, 숫자, -. 나중에 바꿀 수 없습니다.", "Small letters, digits and -. It stays.")})),
		f.Input(ui.Field{Name: id("name"), Sent: "name", Label: ui.T(ctx, "이름", "Name"), Value: b.Name, Limit: 60, More: []g.Node{ui.Korean(ctx)}}),
		f.Input(ui.Field{Name: id("nameEn"), Sent: "nameEn", Label: ui.T(ctx, "영어 이름", "English name"), Value: b.NameEn, Limit: 80, Optional: true, More: []g.Node{el.Lang("en")}}),
		f.Select(ui.Field{Name: id("unit"), Sent: "unit", Label: ui.T(ctx, "단위", "Unit"), Value: b.Unit}, h.desk.Units(ctx, auth.Write, b.Unit)...),
		number("publishDays", ui.T(ctx, "공개 기한(회의한 날부터, 일)", "Days until its minutes are due"), b.PublishDays, minute.MostPublishDays),
		number("order", ui.T(ctx, "순서", "Order"), b.Order, 1000),
		el.Div(el.Class("radios"),
			tick("numbered", ui.T(ctx, "회차를 매김", "Its meetings have rounds"), b.Numbered),
			tick("perYear", ui.T(ctx, "회차를 해마다 새로 셈", "Rounds begin again each year"), b.PerYear),
			tick("names", ui.T(ctx, "참석자 이름을 실음(규정에 있을 때만)", "Who was there is named, where its rule says so"), b.Names)),
		el.Div(ui.Button(label)),
	)
}

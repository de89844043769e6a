package page

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/due"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// onPage is how many a page of the list shows.
const onPage = 20

type listRequest struct {
	Cursor string `query:"cursor"`
	Body   string `query:"body"`
	State  string `query:"state"`
	Month  string `query:"month"`
}

func (h handlers) list(ctx context.Context, r *listRequest) (*ui.Answer, error) {
	var c check.Fields
	f := minute.Narrowed(&c, r.Body, nil, r.State)
	if err := c.Err(); err != nil {
		return nil, err
	}
	if r.Month != "" {
		return h.month(ctx, r, f)
	}
	page, err := h.minutes.Page(ctx, f, h.cursors, r.Cursor, onPage)
	if err != nil {
		return nil, err
	}
	bodies, err := h.minutes.Bodies(ctx)
	if err != nil {
		return nil, err
	}
	year := int64(clock.Now(ctx).Year())
	rate, err := h.minutes.Rate(ctx, minute.Filter{Body: f.Body, Year: year})
	if err != nil {
		return nil, err
	}
	title := titled(ctx, bodies, f.Body)
	first, next := "", ""
	if r.Cursor != "" {
		first = listRequest{Body: r.Body, State: r.State}.to(ctx)
	}
	if page.NextCursor != "" {
		next = listRequest{Body: r.Body, State: r.State, Cursor: page.NextCursor}.to(ctx)
	}
	council := h.frame.Named(ctx)
	view := ui.View{
		Title: title, Path: r.path(), Section: minute.ListPath, Styles: []string{"site.css"}, Dated: true,
		Empty: page.PageEmpty(), Hidden: r.Cursor != "",
		Description: ui.T(ctx, council+"의 회의록과 의결사항", "Minutes and decisions of "+council),
	}
	view.Main = []g.Node{
		el.Div(el.Class("list-head"),
			el.H1(g.Text(title)),
			g.If(rate.Of > 0, el.P(el.Class("soft"), el.Data("rate", fmt.Sprintf("%d/%d", rate.InTime, rate.Of)), g.Text(rateSaid(ctx, rate)))),
			byBody(ctx, bodies, r),
			byState(ctx, r),
			el.P(el.A(el.Href(listRequest{Body: r.Body, State: r.State, Month: ui.MonthKey(clock.Now(ctx))}.to(ctx)), g.Text(ui.T(ctx, "달력으로 보기", "As a month")))),
		),
		h.listed(ctx, page.Items, r),
		ui.Pager(ctx, ui.T(ctx, strconv.Itoa(len(page.Items))+"건을 보고 있어요", strconv.Itoa(len(page.Items))+" are shown"), first, next, ui.T(ctx, "이전 회의", "Earlier meetings")),
	}
	return h.frame.Page(ctx, view), nil
}

func nameOf(b minute.Body) problem.Text { return problem.Text{KO: b.Name, EN: b.NameEn} }

// titled is what a list is called, of a body or of all.
func titled(ctx context.Context, bodies []minute.Body, body string) string {
	title := ui.T(ctx, "회의록", "Minutes")
	if i := slices.IndexFunc(bodies, func(b minute.Body) bool { return b.Slug == body }); i >= 0 {
		title += " · " + ui.Name(ctx, nameOf(bodies[i]))
	}
	return title
}

// path is the address of what was asked for, in Korean.
func (r listRequest) path() string {
	return ui.Query(minute.ListPath, "body", r.Body, "state", r.State, "month", r.Month, "cursor", r.Cursor)
}

func (r listRequest) to(ctx context.Context) string { return ui.Local(ctx, r.path()) }

// rateSaid is how many of this year's meetings were published in time.
func rateSaid(ctx context.Context, r minute.Rate) string {
	return ui.T(ctx, fmt.Sprintf("올해 %d건 중 %d건을 기한 안에 공개", r.Of, r.InTime), fmt.Sprintf("%d of %d this year published in time", r.InTime, r.Of))
}

func byBody(ctx context.Context, bodies []minute.Body, r *listRequest) g.Node {
	if len(bodies) == 0 {
		return nil
	}
	tabs := []ui.Tab{{Label: ui.T(ctx, "전체", "All"), Href: listRequest{State: r.State, Month: r.Month}.to(ctx), Here: r.Body == ""}}
	for _, b := range bodies {
		tabs = append(tabs, ui.Tab{Label: ui.Name(ctx, nameOf(b)), Href: listRequest{Body: b.Slug, State: r.State, Month: r.Month}.to(ctx), Here: b.Slug == r.Body, Korean: b.NameEn == ""})
	}
	return ui.Tabs(ctx, ui.T(ctx, "기구별 회의록", "By body"), tabs...)
}

func byState(ctx context.Context, r *listRequest) g.Node {
	chips := []ui.Tab{}
	for _, s := range []string{string(minute.Announced), string(minute.Decisions), string(minute.Full), minute.Overdue} {
		word := minute.Word(s)
		if s == minute.Overdue {
			word = problem.Text{KO: "기한 지남", EN: "Overdue"}
		}
		leads := s
		if s == r.State {
			leads = ""
		}
		chips = append(chips, ui.Tab{Label: ui.Name(ctx, word), Href: listRequest{Body: r.Body, State: leads, Month: r.Month}.to(ctx), Here: s == r.State})
	}
	return ui.Chips(ctx, ui.T(ctx, "공개 단계로 좁히기", "By step"), chips...)
}

func (h handlers) listed(ctx context.Context, list []minute.Minute, r *listRequest) g.Node {
	if len(list) == 0 {
		if r.Body == "" && r.State == "" {
			return ui.Empty(ui.T(ctx, "아직 회의록이 없어요", "There are no minutes yet"), ui.T(ctx, "회의가 열리면 7일 안에 올라와요.", "They come within 7 days of a meeting."))
		}
		return ui.Empty(ui.T(ctx, "맞는 회의록이 없어요", "No minutes match"), "", el.A(el.Href(ui.Local(ctx, minute.ListPath)), g.Text(ui.T(ctx, "회의록 모두 보기", "All minutes"))))
	}
	parts := []g.Node{}
	for name, held := range ui.Runs(list, func(m minute.Minute) string { return ui.Month(ctx, m.HeldAt) }) {
		parts = append(parts, el.H2(el.Class("month-name"), g.Text(name)), el.Ul(el.Class("rows"), g.Map(held, func(m minute.Minute) g.Node { return h.row(ctx, m) })))
	}
	return g.Group(parts)
}

// row is a meeting: when, what it is called and decided, how far it is published.
func (h handlers) row(ctx context.Context, m minute.Minute) g.Node {
	return el.Li(
		el.Time(el.Class("day"), el.DateTime(m.HeldAt.In(clock.Seoul).Format(time.RFC3339)), g.Text(ui.NearDay(ctx, m.HeldAt))),
		el.Div(
			el.H3(el.A(el.Href(ui.Local(ctx, minute.Path(m.ID))), ui.Said(ctx, m.Title()))),
			el.Div(el.Class("bar"), g.Map(m.Tallies(), func(t minute.Tally) g.Node {
				return ui.State(kindOf(t.Decision), ui.Name(ctx, t.Label()))
			}), g.If(len(m.Tallies()) == 0, el.Span(el.Class("sm soft"), g.Text(ui.Name(ctx, m.Line()))))),
			el.Div(el.Class("bar"), step(ctx, m), deadline(ctx, m)),
		),
		el.Span(el.Class("unit"), ui.Said(ctx, h.names.Unit(m.Unit))),
	)
}

// kindOf is what the state of a decision looks like.
func kindOf(decision string) ui.Kind {
	switch decision {
	case minute.Passed, minute.Amended:
		return ui.Done
	case minute.Deferred:
		return ui.Half
	default:
		return ui.No
	}
}

// step says how far a meeting is published.
func step(ctx context.Context, m minute.Minute) g.Node {
	kind := map[minute.Step]ui.Kind{minute.Draft: ui.Draft, minute.Announced: ui.Wait, minute.Decisions: ui.Half, minute.Full: ui.Open}
	s := m.Step(clock.Now(ctx))
	return ui.State(kind[s], ui.Name(ctx, minute.Word(string(s))))
}

// deadline says how a meeting stands to its deadline; what was late says so for ever.
func deadline(ctx context.Context, m minute.Minute) g.Node {
	now := clock.Now(ctx)
	word, days := ui.Name(ctx, m.Due.Word(now, m.FullAt, minute.InTime())), m.Due.Days(now, m.FullAt)
	switch m.Standing(now) {
	case due.InTime:
		return el.Span(el.Class("sm soft"), g.Text(word))
	case due.Open:
		return el.Span(el.Class("sm soft"), g.Text(ui.T(ctx, "공개 기한 ", "minutes ")), ui.Days(m.Due.At, days, word))
	default:
		return ui.Days(m.Due.At, days, word)
	}
}

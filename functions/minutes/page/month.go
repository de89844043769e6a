package page

import (
	"context"
	"fmt"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// month is a month of meetings, those to come that were announced among them.
func (h handlers) month(ctx context.Context, r *listRequest, f minute.Filter) (*ui.Answer, error) {
	month, err := ui.MonthOf(ctx, r.Month)
	if err != nil {
		return nil, err
	}
	f.From, f.Until = ui.Weeks(month)
	held, err := h.minutes.List(ctx, f, cursor.Moment{}, minute.MostBetween)
	if err != nil {
		return nil, err
	}
	bodies, err := h.minutes.Bodies(ctx)
	if err != nil {
		return nil, err
	}
	list, count := []ui.Dated{}, 0
	for i := range held {
		m := held[len(held)-1-i] // as a day goes
		list = append(list, ui.Dated{Title: m.Title(), Said: met(ctx, m), Href: ui.Local(ctx, minute.Path(m.ID)), Starts: m.HeldAt, Ends: m.HeldAt})
		if !m.HeldAt.Before(month) && m.HeldAt.Before(month.AddDate(0, 1, 0)) {
			count++
		}
	}
	name := ui.Month(ctx, month)
	present := ui.MonthKey(clock.Now(ctx))
	at := func(month string) string { return listRequest{Body: r.Body, State: r.State, Month: month}.to(ctx) }
	return h.frame.Page(ctx, ui.View{
		Title: titled(ctx, bodies, f.Body) + ": " + name, Path: listRequest{Body: r.Body, State: r.State, Month: r.Month}.path(), Section: minute.ListPath, Styles: []string{"site.css", "calendar.css"}, Dated: true,
		Empty: count == 0, Hidden: true,
		Description: ui.T(ctx, name+"의 회의", "Meetings of "+name),
		Main: []g.Node{
			el.Div(el.Class("list-head"),
				el.Div(el.Class("spread"), el.H1(g.Text(name)), ui.MonthTurn(ctx, month, at(present), func(t time.Time) string { return at(ui.MonthKey(t)) })),
				byBody(ctx, bodies, r),
				byState(ctx, r),
				el.P(el.A(el.Href(listRequest{Body: r.Body, State: r.State}.to(ctx)), g.Text(ui.T(ctx, "목록으로 보기", "As a list")))),
			),
			ui.MonthDays(ctx, month, list, nil),
			g.If(count == 0, ui.Empty(ui.T(ctx, "이 달에는 회의가 없어요", "There are no meetings in this month"), "")),
		},
	}), nil
}

// met is what stands behind a meeting's name in a month: how many things it decided, or how far it is published.
func met(ctx context.Context, m minute.Minute) problem.Text {
	decided := 0
	for _, t := range m.Tallies() {
		decided += t.Count
	}
	if decided > 0 {
		return problem.Text{KO: fmt.Sprintf("의결 %d건", decided), EN: fmt.Sprintf("%d decided", decided)}
	}
	return minute.Word(string(m.Step(clock.Now(ctx))))
}

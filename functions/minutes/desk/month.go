package desk

import (
	"context"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/due"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// month is a month of meetings that the caller writes for, each with the days until it is or until it must be published.
func (h handlers) month(ctx context.Context, r *listRequest, f minute.Filter) (*ui.Answer, error) {
	month, err := ui.MonthOf(ctx, r.Month)
	if err != nil {
		return nil, err
	}
	f.From, f.Until = ui.Weeks(month)
	held, err := h.minutes.Managed(ctx, f, cursor.Moment{}, minute.MostBetween)
	if err != nil {
		return nil, err
	}
	bodies, err := h.minutes.Bodies(ctx)
	if err != nil {
		return nil, err
	}
	list := []ui.Dated{}
	for i := range held {
		m := held[len(held)-1-i] // as a day goes
		look := ""
		if m.HeldAt.Before(clock.Now(ctx)) && m.Standing(clock.Now(ctx)) != due.InTime {
			look = "due"
		}
		list = append(list, ui.Dated{Title: m.Title(), Said: counted(ctx, m), Href: desk.At(ctx, minute.DeskPath+"/"+m.ID), Starts: m.HeldAt, Ends: m.HeldAt, Look: look})
	}
	at := func(month string) string {
		return desk.At(ctx, minute.DeskPath, "body", r.Body, "state", r.State, "month", month)
	}
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "회의록", "Minutes") + ": " + ui.Month(ctx, month), Section: minute.DeskPath, Styles: []string{"calendar.css"}, Main: []g.Node{
		desk.Heading(ui.T(ctx, "회의록", "Minutes")+" · "+ui.Month(ctx, month),
			desk.Link(desk.At(ctx, minute.DeskPath, "body", r.Body, "state", r.State), ui.T(ctx, "목록", "List"), "button quiet"),
			desk.Link(desk.At(ctx, minute.DeskPath+"/new"), ui.T(ctx, "새 회의", "New meeting"), "button")),
		el.Div(ui.MonthTurn(ctx, month, at(present(ctx)), func(t time.Time) string { return at(ui.MonthKey(t)) })),
		filters(ctx, bodies, r),
		ui.MonthDays(ctx, month, list, nil),
	}}), nil
}

// present is this month, as addresses have it.
func present(ctx context.Context) string { return ui.MonthKey(clock.Now(ctx)) }

// counted says how many days there are until a meeting, then until its minutes are due.
func counted(ctx context.Context, m minute.Minute) problem.Text {
	now := clock.Now(ctx)
	if !m.HeldAt.After(now) {
		return m.Due.Word(now, m.FullAt, minute.InTime())
	}
	switch days := clock.Days(now, m.HeldAt); days {
	case 0:
		return problem.Text{KO: "오늘", EN: "today"}
	case 1:
		return problem.Text{KO: "D-1", EN: "tomorrow"}
	default:
		word := strconv.Itoa(days)
		return problem.Text{KO: "D-" + word, EN: "in " + word + " days"}
	}
}

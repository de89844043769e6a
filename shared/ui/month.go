package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
)

// Dated is something in a month (Month).
type Dated struct {
	Title     problem.Text
	Said      problem.Text // behind the title; or empty
	Href      string
	Starts    time.Time
	Ends      time.Time // exclusive; Starts for what has no length
	AllDay    bool
	Look      string // as the style knows it: school, due, holiday; "" for the council's
	Cancelled bool
}

// on says whether any of it is on a day.
func (d Dated) on(day time.Time) bool {
	next := day.AddDate(0, 0, 1)
	return d.Starts.Before(next) && (d.Ends.After(day) || !d.Starts.Before(day))
}

// last is the day on which it ends.
func (d Dated) last() time.Time {
	if d.Ends.After(d.Starts) {
		return clock.Midnight(d.Ends.Add(-time.Millisecond))
	}
	return clock.Midnight(d.Starts)
}

// Weeks are the first day and the one behind the last of the weeks that a month has days in, from Sunday on.
func Weeks(month time.Time) (from, until time.Time) {
	month = clock.Midnight(month)
	first := month.AddDate(0, 0, 1-month.Day())
	next := first.AddDate(0, 1, 0)
	return first.AddDate(0, 0, -int(first.Weekday())), next.AddDate(0, 0, (7-int(next.Weekday()))%7)
}

// The years whose months can be turned to: from the first whose times are stored (check.Earliest) to more than anybody plans.
const (
	firstYear = 1945
	lastYear  = 2199
)

// monthForm is how a month is written in an address.
const monthForm = "2006-01"

// MonthKey is how addresses name the month of a time, in Seoul, as 2026-03; "" for one that cannot be turned to.
func MonthKey(t time.Time) string {
	t = t.In(clock.Seoul)
	if t.Year() < firstYear || t.Year() > lastYear {
		return ""
	}
	return t.Format(monthForm)
}

// MonthOf is the first day of the month that was asked for, of the present one for "". It fails with problem.Absent for what is
// none, and for one that cannot be turned to.
func MonthOf(ctx context.Context, given string) (time.Time, error) {
	if given == "" {
		today := clock.Midnight(clock.Now(ctx))
		return today.AddDate(0, 0, 1-today.Day()), nil
	}
	t, err := time.ParseInLocation(monthForm, given, clock.Seoul)
	if err != nil || MonthKey(t) != given {
		return time.Time{}, problem.Absent()
	}
	return t, nil
}

// MonthTurn leads from a month to the ones before and behind it, whose addresses are given by their names, and to the present one.
func MonthTurn(ctx context.Context, month time.Time, present string, at func(month time.Time) string) g.Node {
	name := func(t time.Time) string { return T(ctx, t.Format("1월"), t.Format("January")) }
	before, behind := month.AddDate(0, -1, 0), month.AddDate(0, 1, 0)
	return el.Nav(el.Class("day-turn"), el.Aria("label", T(ctx, "달 고르기", "Choose a month")),
		g.If(MonthKey(before) != "", el.A(el.Class("button quiet small"), el.Href(at(before)), el.Rel("nofollow"), Icon("before"), g.Text(name(before)))),
		el.A(el.Class("button quiet small"), el.Href(present), g.Text(T(ctx, "이번 달", "This month"))),
		g.If(MonthKey(behind) != "", el.A(el.Class("button quiet small"), el.Href(at(behind)), el.Rel("nofollow"), g.Text(name(behind)), Icon("after"))),
	)
}

// MonthDays are the days of a month with what is on them, in its order: a list of those that have something on telephones, a
// grid of weeks where there is room. Add is the address at which something is added to a day, nil where nobody does. The
// page has the style calendar.css, and says that it is Dated.
func MonthDays(ctx context.Context, month time.Time, list []Dated, add func(day time.Time) string) g.Node {
	from, until := Weeks(month)
	names, days := []g.Node{}, []g.Node{}
	for day := from; day.Before(from.AddDate(0, 0, 7)); day = day.AddDate(0, 0, 1) {
		names = append(names, el.Li(g.Text(Weekday(ctx, day))))
	}
	for day := from; day.Before(until); day = day.AddDate(0, 0, 1) {
		days = append(days, dayOf(ctx, month, day, list, add))
	}
	return g.Group{el.Ol(el.Class("week-names"), el.Aria("hidden", "true"), g.Group(names)), el.Ol(el.Class("month"), g.Group(days))}
}

func dayOf(ctx context.Context, month, day time.Time, list []Dated, add func(day time.Time) string) g.Node {
	there, class := []g.Node{}, ""
	red := day.Weekday() == time.Sunday
	for _, d := range list {
		if d.on(day) {
			there = append(there, el.Li(d.node(ctx, day)))
			red = red || d.Look == "holiday" && !d.Cancelled
		}
	}
	today := day.Equal(clock.Midnight(clock.Now(ctx)))
	for name, is := range map[string]bool{"sun": red, "today": today, "none": len(there) == 0 && add == nil, "other": day.Month() != month.Month()} {
		if is {
			class += " " + name
		}
	}
	said := day.Format("2")
	if day.Month() != month.Month() || day.Day() == 1 {
		said = T(ctx, day.Format("1. 2."), day.Format("2 Jan"))
	}
	number := g.Group{el.Time(el.DateTime(day.Format(time.DateOnly)), g.Text(said)), el.Small(g.Text(" " + Weekday(ctx, day)))}
	if add != nil {
		number = g.Group{el.A(el.Href(add(day)), number, el.Span(el.Class("hidden"), g.Text(T(ctx, "에 새 일정", ", add an event"))))}
	}
	return el.Li(g.If(class != "", el.Class(sorted(class))),
		el.P(el.Class("n"), number, g.If(today, el.Span(el.Class("now-mark"), g.Text(T(ctx, " 오늘", " Today"))))),
		g.If(len(there) > 0, el.Ul(el.Class("ev"), g.Group(there))))
}

// node is d on one of its days.
func (d Dated) node(ctx context.Context, day time.Time) g.Node {
	first, last := clock.Midnight(d.Starts), d.last()
	class := d.Look
	if last.After(first) {
		class += " long"
	}
	cont := day.After(first)
	if cont {
		class += " cont"
	}
	if d.Cancelled {
		class += " off"
	}
	title := g.Group{el.Span(Said(ctx, d.Title)), g.If(d.Said != (problem.Text{}), g.Group{g.Text(" "), el.Span(Said(ctx, d.Said))})}
	return el.A(el.Href(d.Href), g.If(class != "", el.Class(sorted(class))),
		g.If(!d.AllDay && !cont, g.Group{el.Time(el.DateTime(d.Starts.In(clock.Seoul).Format(time.RFC3339)), g.Text(d.Starts.In(clock.Seoul).Format("15:04"))), g.Text(" ")}),
		g.If(d.Cancelled, g.Group{State(No, T(ctx, "취소", "Cancelled")), g.Text(" ")}),
		title,
		g.If(last.After(first) && !cont, el.Small(g.Text(" "+T(ctx, "~"+nearby(day, last)+"일", "to "+last.Format("2 Jan"))))),
		g.If(cont && day.Before(last), el.Small(g.Text(" "+T(ctx, "계속", "continues")))),
		g.If(cont && day.Equal(last), el.Small(g.Text(" "+T(ctx, "마지막 날", "last day")))),
	)
}

// nearby is a day as one says it on another: without the month if that is the same.
func nearby(day, last time.Time) string {
	if day.Month() == last.Month() {
		return last.Format("2")
	}
	return last.Format("1월 2")
}

// sorted are the names of classes in one order.
func sorted(classes string) string {
	names := strings.Fields(classes)
	slices.Sort(names)
	return strings.Join(names, " ")
}

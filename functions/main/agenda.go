package home

import (
	"context"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// What the agenda has, and what may be done now.
const (
	agendaDays = 14
	agendaMost = 7
	soon       = 7 // days before which it is said that a rule begins, and for which a new archive is shown
)

// archived is a kind of things whose domain is not linked: their rows say all that is shown.
const archived = "archive"

// effective is the label of the day on which an amendment begins.
const effective = "effective"

// dated is a date that the agenda shows.
type dated struct {
	Kind    string     `json:"kind"`
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	TitleEn string     `json:"titleEn,omitempty"`
	Path    string     `json:"path"`
	Label   string     `json:"label" description:"What is at that time, as a code of its kind: meeting, effective."`
	Starts  time.Time  `json:"starts"`
	Ends    *time.Time `json:"ends,omitempty"`
	AllDay  bool       `json:"allDay,omitempty"`
}

// deed is something that can be done, or read, just now.
type deed struct {
	Kind    string     `json:"kind"`
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	TitleEn string     `json:"titleEn,omitempty"`
	Line    string     `json:"line,omitempty"`
	Path    string     `json:"path"`
	Action  string     `json:"action" description:"compare or read."`
	Until   *time.Time `json:"until,omitempty" description:"When it begins, or ends; absent where it has no such time."`
}

// of is the function that has the pages of a thing.
func of(t thing.Thing) string {
	kind, _ := thing.KindOf(t.Kind)
	return kind.Function
}

// readAgenda reads what is to come, of functions that are not switched off.
func readAgenda(ctx context.Context, things thing.Store, c *content) error {
	from := clock.Midnight(clock.Now(ctx))
	list, err := things.Agenda(ctx, from, from.AddDate(0, 0, agendaDays), agendaMost+20) // some may be switched off
	if err != nil {
		return err
	}
	coming := []dated{}
	for _, d := range list {
		if c.flags.Runs(of(d.Thing)) && len(coming) < agendaMost {
			coming = append(coming, dated{d.Kind, d.ID, d.Title, d.TitleEn, d.Path, d.Date.Label, d.Date.Starts, d.Date.Ends, d.Date.AllDay})
		}
	}
	c.Calendar = &coming
	return nil
}

// readNow reads what is to be done just now: what begins within days, and what was filed of late.
func readNow(ctx context.Context, things thing.Store, c *content) error {
	now := clock.Now(ctx)
	begins, err := things.Agenda(ctx, now.Add(time.Millisecond), clock.Midnight(now).AddDate(0, 0, soon+1), agendaMost, effective)
	if err != nil {
		return err
	}
	filed, err := things.Latest(ctx, thing.Published{Kinds: []string{archived}}, 1)
	if err != nil {
		return err
	}
	found := []deed{}
	for _, d := range begins {
		if c.flags.Runs(of(d.Thing)) {
			found = append(found, deed{d.Kind, d.ID, d.Title, d.TitleEn, d.Line, d.Path, "compare", &d.Date.Starts})
		}
	}
	for _, t := range filed {
		if c.flags.Runs(of(t)) && t.From.After(clock.Midnight(now).AddDate(0, 0, -soon)) {
			found = append(found, deed{t.Kind, t.ID, t.Title, t.TitleEn, t.Line, t.Path, "read", nil})
		}
	}
	c.Now = &found
	return nil
}

// verb is what the button of a deed says.
func (d deed) verb() problem.Text {
	if d.Action == "compare" {
		return problem.Text{KO: "대비표 보기", EN: "Compare"}
	}
	return problem.Text{KO: "자료 보기", EN: "Read"}
}

// now is what can be done now, on the wall.
func now(ctx context.Context, c content) g.Node {
	if c.Now == nil {
		return nil
	}
	deeds := []ui.Deed{}
	for _, d := range *c.Now {
		kind, _ := thing.KindOf(d.Kind)
		shown := ui.Deed{Kind: ui.Name(ctx, kind.Label), Title: problem.Text{KO: d.Title, EN: d.TitleEn}, Line: d.Line, Href: ui.Local(ctx, d.Path), Verb: ui.Name(ctx, d.verb())}
		if d.Until != nil {
			shown.Until, shown.Note = *d.Until, ui.T(ctx, ui.ShortDay(ctx, *d.Until)+" 시행", "In force from "+ui.ShortDay(ctx, *d.Until))
		} else {
			shown.Mark = ui.T(ctx, "새로 올라옴", "New")
		}
		deeds = append(deeds, shown)
	}
	return ui.Now(ctx, deeds...)
}

// agenda is what is to come, by days of Seoul.
func agenda(ctx context.Context, c content) g.Node {
	if c.Calendar == nil || len(*c.Calendar) == 0 {
		return nil
	}
	today, days := clock.Midnight(clock.Now(ctx)), []g.Node{}
	month := today.Month()
	for day, then := range ui.Runs(*c.Calendar, func(d dated) time.Time { return clock.Midnight(d.Starts) }) {
		word := ui.Weekday(ctx, day)
		switch {
		case day.Equal(today):
			word = ui.T(ctx, "오늘 · ", "Today, ") + word
		case day.Month() != month:
			word = ui.T(ctx, day.Format("1")+"월 · ", day.Format("Jan")+", ") + word
		}
		month = day.Month()
		days = append(days, el.Li(g.If(day.Equal(today), el.Class("today")),
			el.P(el.Class("n"), el.Time(el.DateTime(day.Format(time.DateOnly)), g.Text(day.Format("2"))), el.Small(g.Text(word))),
			el.Ul(g.Map(then, func(d dated) g.Node {
				return el.Li(el.A(el.Href(ui.Local(ctx, d.Path)), ui.Said(ctx, problem.Text{KO: d.Title, EN: d.TitleEn})), g.Text(" "), el.Span(g.Text(when(ctx, d))))
			}))))
	}
	all := ""
	if c.flags.Runs("calendar") {
		all = ui.Local(ctx, ui.CalendarPath)
	}
	return el.Section(el.Aria("labelledby", "agenda"),
		ui.Gate("agenda", ui.T(ctx, "다가오는 일정", "Coming up"), all, ui.T(ctx, "달력 보기", "Calendar"), ui.T(ctx, "일정", "")),
		el.Ol(el.Class("days"), g.Group(days)))
}

// when says what is at a date, and at which hour.
func when(ctx context.Context, d dated) string {
	switch {
	case d.Label == effective:
		return ui.Name(ctx, thing.Date{Label: d.Label}.Said())
	case d.AllDay && d.Ends != nil && d.Ends.After(d.Starts.AddDate(0, 0, 1)):
		return ui.T(ctx, "~", "to ") + ui.NearDay(ctx, d.Ends.Add(-time.Minute))
	case d.AllDay:
		return ""
	default:
		return d.Starts.In(clock.Seoul).Format("15:04")
	}
}

package home

import (
	"context"
	"fmt"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/due"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/ui"
)

// minutesRead is how many of the latest meetings are shown.
const minutesRead = 3

// minutes are the latest meetings, and how punctually they are published.
type minutes struct {
	Items   []meeting   `json:"items"`
	Overdue int         `json:"overdue" description:"How many are past their deadline and not published in full."`
	Rate    minute.Rate `json:"rate" description:"Of this year."`
}

// meeting is one of them as readers see it.
type meeting struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`
	TitleEn string    `json:"titleEn,omitempty"`
	Line    string    `json:"line" description:"What was decided, counted, or how many items the agenda has."`
	HeldAt  time.Time `json:"heldAt"`
	DueAt   time.Time `json:"dueAt" description:"Until when the full text is to be published."`

	shown minute.Minute
}

func readMinutes(ctx context.Context, r minute.Reader, c *content) error {
	list, err := r.List(ctx, minute.Filter{}, cursor.Moment{}, minutesRead)
	if err != nil {
		return err
	}
	found := minutes{Items: []meeting{}}
	for _, m := range list {
		title := m.Title()
		found.Items = append(found.Items, meeting{ID: m.ID, Title: title.KO, TitleEn: title.EN, Line: m.Line().KO, HeldAt: m.HeldAt, DueAt: m.Due.At, shown: m})
	}
	if found.Overdue, err = r.Overdue(ctx); err != nil {
		return err
	}
	if found.Rate, err = r.Rate(ctx, minute.Filter{Year: int64(clock.Now(ctx).In(clock.Seoul).Year())}); err != nil {
		return err
	}
	c.Minutes = &found
	return nil
}

// decided is what the council's bodies decided last; nil where nothing was.
func decided(ctx context.Context, c content) g.Node {
	if c.Minutes == nil || len(c.Minutes.Items) == 0 {
		return nil
	}
	now := clock.Now(ctx)
	return el.Section(el.Class("sect"), el.Aria("labelledby", "minutes"),
		ui.Gate("minutes", ui.T(ctx, "회의록", "Minutes"), ui.Local(ctx, minute.ListPath), ui.T(ctx, "모두 보기", "All minutes"), ui.T(ctx, "회의록", "")),
		el.Ul(el.Class("rows"), g.Map(c.Minutes.Items, func(m meeting) g.Node {
			return el.Li(
				el.Time(el.Class("day"), el.DateTime(m.HeldAt.In(clock.Seoul).Format(time.RFC3339)), g.Text(ui.NearDay(ctx, m.HeldAt))),
				el.Div(el.H3(el.A(el.Href(ui.Local(ctx, minute.Path(m.ID))), ui.Said(ctx, m.shown.Title()))), el.P(g.Text(ui.Name(ctx, m.shown.Line())))),
				g.Iff(m.shown.Standing(now) != due.InTime, func() g.Node {
					days := ui.Days(m.DueAt, m.shown.Due.Days(now, m.shown.FullAt), ui.Name(ctx, m.shown.Due.Word(now, m.shown.FullAt, minute.InTime())))
					if m.shown.Standing(now) != due.Open {
						return days
					}
					return el.Span(el.Class("nb"), el.Span(el.Class("sm soft"), g.Text(ui.T(ctx, "공개 기한 ", "minutes "))), days)
				}),
			)
		})),
		punctual(ctx, *c.Minutes),
	)
}

// punctual says how many of this year's were published in time, which nobody can edit.
func punctual(ctx context.Context, m minutes) g.Node {
	if m.Rate.Of == 0 {
		return nil
	}
	return el.Div(el.Class("stats"),
		el.P(g.Text(ui.T(ctx, "올해 기한 안에 공개", "Published in time this year")), el.B(g.Text(ui.T(ctx, fmt.Sprintf("%d건 중 %d건", m.Rate.Of, m.Rate.InTime), fmt.Sprintf("%d of %d", m.Rate.InTime, m.Rate.Of))))),
		g.If(m.Overdue > 0, el.P(g.Text(ui.T(ctx, "기한이 지난 회의록", "Past their deadline")), el.B(g.Text(ui.T(ctx, fmt.Sprintf("%d건", m.Overdue), fmt.Sprint(m.Overdue)))))),
	)
}

package calendar

import (
	"context"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/function"
)

type listRequest struct {
	From     string `query:"from" description:"The first day, as 2026-03-01; that of this month without to."`
	To       string `query:"to" description:"The last day; at most 366 with it. The last of this month without from."`
	Category string `query:"category" description:"A category of events, or a kind of other things, as minute."`
	Unit     string `query:"unit"`
}

// summary is something in the calendar.
type summary struct {
	Kind         string `json:"kind" description:"event, or that of another thing that has a date, as minute."`
	ID           string `json:"id"`
	Title        string `json:"title"`
	TitleEn      string `json:"titleEn,omitempty"`
	Said         string `json:"said,omitempty" description:"Behind the title in the language of the request, as 시행."`
	Category     string `json:"category,omitempty" description:"Of an event."`
	CategoryName string `json:"categoryName,omitempty" description:"In the language of the request."`
	Unit         string `json:"unit"`
	UnitName     string `json:"unitName" description:"In the language of the request."`
	Place        string `json:"place,omitempty"`
	AllDay       bool   `json:"allDay"`
	Starts       string `json:"starts" description:"A time, or the first day of what is all day."`
	Ends         string `json:"ends,omitempty" description:"A time, absent for what has no length, or the last day of what is all day."`
	Cancelled    bool   `json:"cancelled,omitempty"`
	Path         string `json:"path"`
	Version      int64  `json:"version,omitempty" description:"Of an event."`
}

func (h handlers) summarised(ctx context.Context, e calendar.Entry) summary {
	language := function.RequestFrom(ctx).Language
	s := summary{
		Kind: e.Kind, ID: e.ID, Title: e.Title.KO, TitleEn: e.Title.EN, Said: e.Said.Name(language), Category: e.Category, CategoryName: h.names.Tag(e.Category).Name(language),
		Unit: e.Unit, UnitName: h.names.Unit(e.Unit).Name(language), Place: e.Place, AllDay: e.Span.AllDay, Cancelled: e.Cancelled, Path: e.Path,
	}
	s.Starts, s.Ends = e.Span.Strings()
	if e.Kind == calendar.Kind {
		s.Version = e.Version
	}
	return s
}

// days are what was asked for, and when that changes by itself.
type days struct {
	Items []summary `json:"items"`

	changes []*time.Time
	unkept  bool
}

// PageUnkept says that it is no month: of other days there are too many.
func (d *days) PageUnkept() bool { return d.unkept }

// PageChanges is when something comes to it or goes by itself.
func (d *days) PageChanges() []*time.Time { return d.changes }

// PageEmpty says that there is nothing on these days.
func (d *days) PageEmpty() bool { return len(d.Items) == 0 }

func (h handlers) list(ctx context.Context, r *listRequest) (*days, error) {
	var c check.Fields
	from, until := r.between(&c, clock.Now(ctx))
	f := calendar.Filter{Category: c.OptionalLine("category", r.Category, 40), Unit: c.OptionalLine("unit", r.Unit, 50)}
	if err := c.Err(); err != nil {
		return nil, err
	}
	r.Category, r.Unit = f.Category, f.Unit
	list, next, err := h.book.Entries(ctx, from, until, f)
	if err != nil {
		return nil, err
	}
	month := clock.Midnight(from).AddDate(0, 0, 1-from.Day())
	answer := &days{Items: []summary{}, changes: []*time.Time{next}, unkept: !month.Equal(from) || !month.AddDate(0, 1, 0).Equal(until)}
	if r.From == "" {
		answer.changes = append(answer.changes, &until)
	}
	for _, e := range list {
		answer.Items = append(answer.Items, h.summarised(ctx, e))
	}
	return answer, nil
}

// between are the beginnings of the first day and of the one behind the last.
func (r *listRequest) between(c *check.Fields, now time.Time) (from, until time.Time) {
	if r.From == "" && r.To == "" {
		from = clock.Midnight(now)
		from = from.AddDate(0, 0, 1-from.Day())
		return from, from.AddDate(0, 1, 0)
	}
	day := func(name, value string) time.Time {
		t, err := time.ParseInLocation(time.DateOnly, value, clock.Seoul)
		if err != nil || t.Before(check.Earliest) || t.After(check.Latest.AddDate(0, 0, -2)) {
			c.Add(name, "not-a-day", "2026-03-01처럼 적습니다.", "As 2026-03-01.")
		}
		return t
	}
	from, until = day("from", r.From), day("to", r.To).AddDate(0, 0, 1)
	if c.Err() != nil {
		return from, until
	}
	switch {
	case !until.After(from):
		c.Add("to", "before-start", "첫날보다 앞설 수 없습니다.", "It cannot be before the first day.")
	case until.Sub(from) > calendar.MostDays*24*time.Hour:
		c.Add("to", "too-long", fmt.Sprintf("%d일까지 볼 수 있습니다.", calendar.MostDays), fmt.Sprintf("At most %d days.", calendar.MostDays))
	}
	return from, until
}

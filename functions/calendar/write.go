package calendar

import (
	"cmp"
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/function"
)

// contentRequest is what an editor says of an event.
type contentRequest struct {
	Unit      string `json:"unit"`
	Category  string `json:"category" description:"One of those that the council decided on (policies of calendar)."`
	Title     string `json:"title" description:"1 to 100 characters."`
	TitleEn   string `json:"titleEn,omitempty"`
	Text      string `json:"text,omitempty" description:"Plain, at most 5,000 characters."`
	Place     string `json:"place,omitempty" description:"At most 100 characters."`
	MapURL    string `json:"mapUrl,omitempty" description:"Where a map shows the place: an https address, or a path of this site."`
	URL       string `json:"url,omitempty" description:"As that of a notice: an https address, or a path of this site."`
	AllDay    bool   `json:"allDay,omitempty" description:"Starts and ends are days."`
	Starts    string `json:"starts" description:"2026-05-20T18:00:00+09:00, or 2026-05-20 if all day."`
	Ends      string `json:"ends,omitempty" description:"The same; the last day counts. At most 366 days later."`
	Cancelled bool   `json:"cancelled,omitempty" description:"It does not take place; it stays where it is, and says so."`
}

func (r contentRequest) content() (calendar.Content, error) {
	var f check.Fields
	c := calendar.Content{
		Unit: r.Unit, Category: r.Category, Title: r.Title, TitleEn: r.TitleEn, Text: r.Text, Place: r.Place, MapURL: r.MapURL, URL: r.URL, Cancelled: r.Cancelled,
		Span: calendar.NewSpan(&f, r.AllDay, r.Starts, r.Ends),
	}
	return c, f.Err()
}

// repeat is a series.
type repeat struct {
	Every string `json:"every" enum:"week,month" description:"In a month that has no such day there is none."`
	Until string `json:"until" description:"The last day, as 2026-12-18; at most 60 in all."`
}

type writeRequest struct {
	contentRequest
	Repeat *repeat `json:"repeat,omitempty"`
}

// written is a new event with its address.
type written struct {
	whole
	Count int `json:"count" description:"How many there are in its series; 1 for one alone."`
}

// Location is the address of the event.
func (w written) Location() string { return "/v1/calendar/" + w.ID }

func (h handlers) write(ctx context.Context, r *writeRequest) (*written, error) {
	c, err := r.content()
	if err != nil {
		return nil, err
	}
	var again *calendar.Repeat
	if r.Repeat != nil {
		again = &calendar.Repeat{Every: calendar.Every(r.Repeat.Every), Until: r.Repeat.Until}
	}
	e, count, err := h.events.Add(ctx, c, again, h.units)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, e.ID)
	return &written{*h.show(ctx, e), count}, nil
}

type editRequest struct {
	edition
	contentRequest
	Reach string `json:"reach,omitempty" enum:"one,later" description:"later: those of its series that start later too, moved as it is. one unless given."`
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*whole, error) {
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	c, err := r.content()
	if err != nil {
		return nil, err
	}
	e, err := h.events.Edit(ctx, r.ID, version, c, cmp.Or(calendar.Reach(r.Reach), calendar.One), h.units)
	if err != nil {
		return nil, err
	}
	return h.show(ctx, e), nil
}

package calendar

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/problem"
)

// Entry is what stands in the calendar: an event, or a date of a thing of another kind, which is read and not kept.
type Entry struct {
	Kind      string // of things; Kind for an event
	ID        string
	Title     problem.Text
	Said      problem.Text // behind the title, as 시행; or empty
	Category  string       // of an event; "" for the others, whose kind says it
	Unit      string
	Place     string
	Text      string // of an event
	Path      string
	Span      Span
	Cancelled bool

	// What programs are told.
	UID     string
	Version int64
	Updated time.Time
	Deleted bool // nothing is said of it but that it does not take place
	Event   Event
}

// Entry is e as it stands in the calendar.
func (e Event) Entry() Entry {
	return Entry{
		Kind: Kind, ID: e.ID, Title: problem.Text{KO: e.Title, EN: e.TitleEn}, Category: e.Category, Unit: e.Unit, Place: e.Place, Text: e.Text, Path: Path(e.ID), Span: e.Span,
		Cancelled: e.Cancelled || e.DeletedAt != nil, UID: e.UID, Version: e.Version, Updated: e.UpdatedAt, Deleted: e.DeletedAt != nil, Event: e,
	}
}

// entryOf is a date of a thing as an entry. Host is that of the site.
func entryOf(d thing.Dated, host string) Entry {
	e := Entry{
		Kind: d.Kind, ID: d.ID, Title: problem.Text{KO: d.Title, EN: d.TitleEn}, Said: d.Date.Said(), Unit: d.Unit, Path: d.Path,
		Span: Span{d.Date.AllDay, d.Date.Starts, d.Date.Starts}, Version: d.Version, Updated: d.Updated(),
		UID: fmt.Sprintf("%s-%s-%s-%d@%s", d.Kind, d.ID, d.Date.Label, d.Nth+1, host),
	}
	if d.Date.Ends != nil {
		e.Span.Ends = *d.Date.Ends
	}
	if e.Span.AllDay && !e.Span.Ends.After(e.Span.Starts) {
		e.Span.Ends = clock.Midnight(e.Span.Starts).AddDate(0, 0, 1)
	}
	if c := d.Date.Changed; c != nil && c.After(e.Updated) {
		e.Updated = *c
	}
	return e
}

// Book is the whole calendar: events and what else has a date.
type Book struct {
	Reader

	things thing.Store
	host   string
	runs   func(ctx context.Context) (func(function string) bool, error)
}

// NewBook is for who shows it. Site is its address; runs says which functions are not switched off.
func NewBook(r Reader, site string, runs func(context.Context) (func(function string) bool, error)) Book {
	return Book{Reader: r, things: thing.Store{DB: r.db}, host: hostOf(site), runs: runs}
}

// Entries are what is in the calendar from a time on and before another, by its start; and when something comes to it or
// goes from it by itself, nil for never.
func (b Book) Entries(ctx context.Context, from, until time.Time, f Filter) ([]Entry, *time.Time, error) {
	events, err := b.Between(ctx, from, until, f)
	if err != nil {
		return nil, nil, err
	}
	return b.with(ctx, events, from, until, f)
}

// Subscribed are what a subscribed calendar is told of: what is from 90 days ago to 400 days ahead, with what was cancelled
// or deleted of late. It changes at every midnight by itself.
func (b Book) Subscribed(ctx context.Context, f Filter) ([]Entry, *time.Time, error) {
	const past, ahead = 90, 400
	today := clock.Midnight(clock.Now(ctx))
	from, until := today.AddDate(0, 0, -past), today.AddDate(0, 0, ahead)
	events, err := b.Told(ctx, from, until, f)
	if err != nil {
		return nil, nil, err
	}
	return b.with(ctx, events, from, until, f)
}

// with are events and what else has a date in the same time.
func (b Book) with(ctx context.Context, events []Event, from, until time.Time, f Filter) ([]Entry, *time.Time, error) {
	list := []Entry{}
	for _, e := range events {
		list = append(list, e.Entry())
	}
	others, err := b.things.Between(ctx, from, until, Kind, MostBetween)
	if err != nil {
		return nil, nil, err
	}
	runs, err := b.runs(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range others {
		kind, _ := thing.KindOf(d.Kind)
		if runs(kind.Function) && (f.Category == "" || f.Category == d.Kind) && (f.Unit == "" || f.Unit == d.Unit) {
			list = append(list, entryOf(d, b.host))
		}
	}
	slices.SortStableFunc(list, func(a, b Entry) int {
		return cmp.Or(a.Span.Starts.Compare(b.Span.Starts), b.Span.Ends.Compare(a.Span.Ends), cmp.Compare(a.Title.KO, b.Title.KO), cmp.Compare(a.Kind+a.ID, b.Kind+b.ID))
	})
	next, err := b.things.NextPublic(ctx, thing.DatedKinds()...)
	return list, next, err
}

// Tags are those of every page that shows some of the calendar.
func Tags() []string { return thing.DatedKinds() }

// Summary is the title with what is said behind it, in a language or in Korean.
func (e Entry) Summary(language string) string {
	title, said := e.Title.Name(language), e.Said.Name(language)
	if said == "" {
		return title
	}
	return title + " " + said
}

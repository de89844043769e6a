// Package calendar is the council's calendar (일정): its own events, beside which the dates of all other things stand, and
// how both are written for the calendars of others and read from theirs.
package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// Where it is read, and where the council works with it, in Korean.
const (
	ListPath = "/calendar"
	DeskPath = "/console/calendar"
)

// Path is the address of an event's page.
func Path(id string) string { return ListPath + "/" + id }

// The limits, in characters, dates and days.
const (
	MostTitle  = 100
	MostText   = 5000
	MostPlace  = 100
	MostRepeat = 60  // dates of a series
	MostDays   = 366 // of one event, and of what is asked for at once
	mostLine   = 120
)

// Kept is how long a deleted event can be restored, and how long calendars are told that one was cancelled or deleted.
const Kept = 30 * 24 * time.Hour

// Span is when something is. All-day ones begin and end at midnight in Seoul.
type Span struct {
	AllDay bool
	Starts time.Time
	Ends   time.Time // exclusive; Starts for what has no length
}

// NewSpan reads when something is, as it is written: days, of which the last one counts, or times, of which the last one
// may be left out. What is wrong is added to f.
func NewSpan(f *check.Fields, allDay bool, starts, ends string) Span {
	s := Span{AllDay: allDay}
	read := func(name, value string) (t time.Time, ok bool) {
		var err error
		if allDay {
			t, err = time.ParseInLocation(time.DateOnly, value, clock.Seoul)
		} else {
			t, err = time.Parse(time.RFC3339, value)
		}
		if err == nil {
			return t.Truncate(time.Second), true
		}
		if allDay {
			f.Add(name, "not-a-day", "하루 종일인 일정에는 2026-05-20처럼 날짜만 적습니다.", "What is all day has days alone, as 2026-05-20.")
		} else {
			f.Add(name, "not-a-time", "2026-05-20T18:00:00+09:00처럼 날짜와 시각을 적습니다.", "A time as 2026-05-20T18:00:00+09:00.")
		}
		return t, false
	}
	if starts == "" {
		f.Required("starts")
		return s
	}
	first, ok := read("starts", starts)
	last := first
	if ends != "" {
		var fine bool
		last, fine = read("ends", ends)
		ok = ok && fine
	}
	if !ok {
		return s
	}
	s.Starts, s.Ends = first.In(clock.Seoul), last.In(clock.Seoul)
	if allDay {
		s.Ends = s.Ends.AddDate(0, 0, 1)
	}
	s.check(f)
	return s
}

func (s Span) check(f *check.Fields) {
	switch {
	case f.Time("starts", &s.Starts) == nil, f.Time("ends", &s.Ends) == nil:
	case s.Ends.Before(s.Starts), s.AllDay && !s.Ends.After(s.Starts):
		f.Add("ends", "before-start", "시작보다 먼저 끝날 수 없습니다.", "It cannot end before it starts.")
	case s.Ends.Sub(s.Starts) > MostDays*24*time.Hour:
		f.Add("ends", "too-long", fmt.Sprintf("%d일까지 이어질 수 있습니다.", MostDays), fmt.Sprintf("At most %d days.", MostDays))
	}
}

// Strings are the span as NewSpan reads it; ends is "" for what has no length.
func (s Span) Strings() (starts, ends string) {
	if s.AllDay {
		return clock.Day(s.Starts), clock.Day(s.Last())
	}
	if s.Ends.Equal(s.Starts) {
		return s.Starts.In(clock.Seoul).Format(time.RFC3339), ""
	}
	return s.Starts.In(clock.Seoul).Format(time.RFC3339), s.Ends.In(clock.Seoul).Format(time.RFC3339)
}

// Last is a moment of the last day on which it is.
func (s Span) Last() time.Time {
	if s.Ends.After(s.Starts) {
		return s.Ends.Add(-time.Millisecond)
	}
	return s.Starts
}

// Overlaps says whether any of it is from a time on and before another. What has no length is where it starts.
func (s Span) Overlaps(from, until time.Time) bool {
	return s.Starts.Before(until) && (s.Ends.After(from) || !s.Starts.Before(from))
}

// days is s, so many days later.
func (s Span) days(n int) Span {
	s.Starts, s.Ends = s.Starts.In(clock.Seoul).AddDate(0, 0, n), s.Ends.In(clock.Seoul).AddDate(0, 0, n)
	return s
}

// equal says whether both are the same moments.
func (s Span) equal(o Span) bool {
	return s.AllDay == o.AllDay && s.Starts.Equal(o.Starts) && s.Ends.Equal(o.Ends)
}

// Content is what an editor writes.
type Content struct {
	Unit      string
	Category  string // a word of Policy
	Title     string
	TitleEn   string
	Text      string // plain
	Place     string
	MapURL    string // https, or a path of the site; "" for none
	URL       string // the same, as that of a notice
	Span      Span
	Cancelled bool
}

// Event is a stored event.
type Event struct {
	Content

	ID          string
	Series      string // "" for one alone
	UID         string // in calendars, for ever
	Origin      string // UID in the file that it came from; "" for what was written here
	Missing     bool   // deleted since its file has it no more
	CancelledAt *time.Time
	DeletedAt   *time.Time
	Version     int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Line is when and where, for lists of things of every kind.
func (e Event) Line() string {
	parts := []string{}
	for _, p := range []string{e.Category, e.Place, e.Text} {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			parts = append(parts, p)
		}
	}
	return text.Truncate(strings.Join(parts, " · "), mostLine)
}

// Check normalises a content and refuses what breaks a rule. Its span was read by NewSpan. Units are those that exist;
// what it was before may stay as it is.
func (c Content) Check(f *check.Fields, units, categories []string, was *Event) Content {
	if was != nil {
		units, categories = append(slices.Clone(units), was.Unit), append(slices.Clone(categories), was.Category)
	}
	c.Unit, c.Category = f.Named("unit", c.Unit, units...), f.Named("category", c.Category, categories...)
	c.Title, c.TitleEn = f.Line("title", c.Title, MostTitle), f.OptionalLine("titleEn", c.TitleEn, 2*MostTitle)
	c.Text, c.Place = f.OptionalText("text", c.Text, MostText), f.OptionalLine("place", c.Place, MostPlace)
	if c.MapURL != "" {
		c.MapURL = f.Link("mapUrl", c.MapURL)
	}
	if c.URL != "" {
		c.URL = f.Link("url", c.URL)
	}
	return c
}

// Every is how often something is repeated.
type Every string

// How often.
const (
	Weekly  Every = "week"
	Monthly Every = "month" // on the same day of the month; months that have none are left out
)

// Repeat is a series to be made.
type Repeat struct {
	Every Every
	Until string // the last day, as 2026-12-18
}

// dates are the spans of a series that begins with one. What is wrong is added to f.
func (r Repeat) dates(f *check.Fields, first Span) []Span {
	f.OneOf("repeat.every", string(r.Every), string(Weekly), string(Monthly))
	until, err := time.ParseInLocation(time.DateOnly, r.Until, clock.Seoul)
	if err != nil {
		f.Add("repeat.until", "not-a-day", "2026-12-18처럼 적습니다.", "As 2026-12-18.")
		return nil
	}
	if until.Before(clock.Midnight(first.Starts)) {
		f.Add("repeat.until", "before-start", "첫 일정보다 먼저 끝날 수 없습니다.", "It cannot end before the first.")
		return nil
	}
	freq := rrule.WEEKLY
	if r.Every == Monthly {
		freq = rrule.MONTHLY
	}
	rule, err := rrule.NewRRule(rrule.ROption{Freq: freq, Count: MostRepeat + 1, Dtstart: first.Starts.In(clock.Seoul), Until: until.AddDate(0, 0, 1).Add(-time.Second)})
	if err != nil {
		f.Add("repeat.every", "malformed", "이렇게 되풀이할 수 없습니다.", "It cannot be repeated so.")
		return nil
	}
	list := []Span{}
	for next := rule.Iterator(); len(list) <= MostRepeat; {
		at, more := next()
		if !more {
			break
		}
		list = append(list, Span{first.AllDay, at, at.Add(first.Ends.Sub(first.Starts))})
	}
	if len(list) > MostRepeat {
		f.Add("repeat.until", "too-many", fmt.Sprintf("%d번까지 되풀이할 수 있습니다.", MostRepeat), fmt.Sprintf("At most %d times.", MostRepeat))
	}
	return list
}

// Reach is how much of a series a change is of.
type Reach string

// The reaches.
const (
	One   Reach = "one"   // 이것만
	Later Reach = "later" // 이후 모두: it and those of its series that start later
)

// wordsOf are the words of a line with commas between them, each once.
func wordsOf(line string) []string {
	list := []string{}
	for word := range strings.SplitSeq(line, ",") {
		word = strings.TrimSpace(word)
		if word != "" && text.Count(word) <= mostCategory && !slices.ContainsFunc(list, func(w string) bool { return text.Squeeze(w) == text.Squeeze(word) }) {
			list = append(list, word)
		}
	}
	return list
}

// writable refuses who may not write for a unit.
func writable(who auth.Principal, unit string) error {
	if !who.May(auth.Write, unit) {
		return problem.NotAllowed()
	}
	return nil
}

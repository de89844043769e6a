package calendar

import (
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/media/icalendar"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/weblink"
)

// product is who writes calendars (PRODID). What we wrote ourselves is read back whole.
const product = "-//Madang//Calendar//KO"

// Properties of our own: what the format has no place for.
const (
	ownTitle   = "X-MADANG-TITLE"    // in Korean, where SUMMARY is in English
	ownTitleEn = "X-MADANG-TITLE-EN" // in English, where there is one
	ownMap     = "X-MADANG-MAP"
	ownURL     = "X-MADANG-URL"
	ownKind    = "X-MADANG-KIND" // of what is no event, but a date of another thing
	ownDeleted = "X-MADANG-DELETED"
)

// gone is what is said of an event that was deleted.
var gone = problem.Text{KO: "취소된 일정", EN: "Cancelled"}

// File is what a calendar is written with.
type File struct {
	Name     string                   // of the calendar, as its subscribers see it
	Language string                   // of titles
	Link     func(path string) string // the address of a page of the site
}

// Write is a calendar as a file (RFC 5545). The same entries give the same bytes.
func (f File) Write(list []Entry) []byte {
	w := icalendar.Writer{}
	w.Begin("VCALENDAR")
	w.Value("VERSION", "2.0")
	w.Value("PRODID", product)
	w.Value("CALSCALE", "GREGORIAN")
	w.Value("METHOD", "PUBLISH")
	w.Text("X-WR-CALNAME", f.Name)
	w.Text("NAME", f.Name)
	w.Value("X-WR-TIMEZONE", "Asia/Seoul")
	w.Value("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
	w.Value("X-PUBLISHED-TTL", "PT1H")
	for _, e := range list {
		f.event(&w, e)
	}
	if len(list) == 0 { // a calendar has something in it, and readers may refuse one that has nothing
		w.Begin("VTIMEZONE")
		w.Value("TZID", "Asia/Seoul")
		w.Begin("STANDARD")
		w.Value("DTSTART", "19881009T030000")
		w.Value("TZOFFSETFROM", "+1000")
		w.Value("TZOFFSETTO", "+0900")
		w.Value("TZNAME", "KST")
		w.End("STANDARD")
		w.End("VTIMEZONE")
	}
	w.End("VCALENDAR")
	return w.Bytes()
}

func (f File) event(w *icalendar.Writer, e Entry) {
	w.Begin("VEVENT")
	w.Text("UID", e.UID)
	w.Value("DTSTAMP", icalendar.UTC(e.Updated))
	w.Value("LAST-MODIFIED", icalendar.UTC(e.Updated))
	w.Value("SEQUENCE", strconv.FormatInt(max(0, e.Version-1), 10))
	times(w, e.Span)
	if e.Deleted {
		w.Text("SUMMARY", gone.In(f.Language))
		w.Value("STATUS", "CANCELLED")
		w.Value(ownDeleted, "TRUE")
		w.End("VEVENT")
		return
	}
	w.Text("SUMMARY", e.Summary(f.Language))
	write := func(name, text string) {
		if text != "" {
			w.Text(name, text)
		}
	}
	if f.Language == "en" && e.Title.EN != "" {
		w.Text(ownTitle, e.Title.KO)
	}
	write(ownTitleEn, e.Title.EN)
	write("LOCATION", e.Place)
	write("DESCRIPTION", e.Text)
	write("CATEGORIES", e.Category)
	w.Value("URL", weblink.ASCII(f.Link(e.Path)))
	write(ownMap, e.Event.MapURL)
	write(ownURL, e.Event.URL)
	if e.Kind != Kind {
		w.Value(ownKind, e.Kind)
	}
	status := "CONFIRMED"
	if e.Cancelled {
		status = "CANCELLED"
	}
	w.Value("STATUS", status)
	if e.Span.AllDay { // nobody is busy all day because of a festival
		w.Value("TRANSP", "TRANSPARENT")
	}
	w.End("VEVENT")
}

// times writes when something is. Days are those of Seoul, wherever they are read; times are UTC's, so that nobody needs
// to know Seoul's clock.
func times(w *icalendar.Writer, s Span) {
	if s.AllDay {
		w.Value("DTSTART;VALUE=DATE", icalendar.Date(s.Starts.In(clock.Seoul)))
		w.Value("DTEND;VALUE=DATE", icalendar.Date(s.Ends.In(clock.Seoul)))
		return
	}
	w.Value("DTSTART", icalendar.UTC(s.Starts))
	if s.Ends.After(s.Starts) {
		w.Value("DTEND", icalendar.UTC(s.Ends))
	}
}

// zoneOf is the zone that a TZID means: Seoul's and UTC by the names that calendars have for them. The times of others are
// not guessed.
func zoneOf(id string) (*time.Location, bool) {
	switch strings.ToLower(strings.TrimPrefix(id, "/freeassociation.sourceforge.net/")) {
	case "asia/seoul", "rok", "korea standard time", "kst", "(utc+09:00) seoul", "gmt+09:00", "utc+09:00", "+09:00":
		return clock.Seoul, true
	case "utc", "gmt", "etc/utc", "etc/gmt", "z", "zulu", "coordinated universal time":
		return time.UTC, true
	default:
		return nil, false
	}
}

package calendar

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/media/icalendar"
	"github.com/madang-council/madang/shared/text"
)

// vevent is an event of a file that may have several dates.
type vevent struct {
	icalendar.Component

	uid    string
	zone   *time.Location // in which its start is written, and its rule goes by days
	span   Span
	length lengthOf
	at     time.Time // which date of a series it stands for (RECURRENCE-ID); zero for the series or an event alone
	days   bool      // that is a day
}

// lengthOf is how long each date is: days of the calendar, and a time.
type lengthOf struct {
	days int
	rest time.Duration
}

// icsReader is a file under way.
type icsReader struct {
	Reading

	from, until time.Time // the horizon
	site        string    // address of the site: its own pages are no links
	ours        bool      // the file was written by this product
	full        bool      // it has more than MostImported
	left        int       // days that rules may still look at
}

// ReadICS reads an iCalendar. Each date of a series is an event of its own, within the horizon of now. Who takes part and
// who calls is not read. Site is the address of the site.
func ReadICS(file []byte, now time.Time, site string) Reading {
	r := icsReader{site: site, left: mostLooked}
	r.from, r.until = Horizon(now)
	root, wrong := icalendar.Read(file)
	for _, w := range wrong {
		r.refuse(w.Line, "file", w.Code, w.Text.KO, w.Text.EN)
	}
	if len(wrong) > 0 {
		return r.Reading
	}
	for _, c := range root.Components {
		r.ours = c.Text("PRODID") == product
		events := []vevent{}
		for _, part := range c.Components {
			if r.over() {
				break
			}
			switch part.Name {
			case "VEVENT":
				if e, ok := r.vevent(part); ok {
					events = append(events, e)
				}
			case "VTIMEZONE", "VALARM":
			default:
				r.pass(part.Name)
			}
		}
		r.all(events)
	}
	if len(r.Events) == 0 && len(r.Wrong) == 0 {
		r.refuse(1, "file", "empty", "가져올 일정이 없습니다.", "There is no event in it.")
	}
	slices.SortStableFunc(r.Wrong, func(a, b Wrong) int { return cmp.Compare(a.Line, b.Line) })
	return r.Reading
}

// vevent reads when an event is, and which.
func (r *icsReader) vevent(c icalendar.Component) (vevent, bool) {
	e := vevent{Component: c}
	uid, _ := c.First("UID")
	e.uid = strings.TrimSpace(uid.Text())
	if kind := c.Text(ownKind); r.ours && kind != "" {
		k, _ := thing.KindOf(kind)
		r.pass(cmp.Or(k.Label.KO, kind))
		return e, false
	}
	if r.ours && c.Text(ownDeleted) != "" {
		r.pass(gone.KO)
		return e, false
	}
	before := len(r.Wrong)
	if e.uid == "" {
		r.refuse(cmp.Or(uid.Line, c.Line), "uid", "required", "UID가 없어 다시 가져올 때 같은 일정인지 알 수 없습니다.", "It has no UID, by which it is known the next time.")
	} else if clean, err := text.Clean(e.uid, false); err != nil || clean != e.uid || text.Count(e.uid) > mostUID {
		r.refuse(uid.Line, "uid", "malformed", "쓸 수 없는 UID입니다.", "The UID cannot be used.")
	}
	for _, name := range []string{"EXRULE", "DTSTART", "DTEND", "DURATION", "RRULE", "UID", "RECURRENCE-ID"} {
		list := []icalendar.Property{}
		for _, p := range c.Properties {
			if p.Name == name {
				list = append(list, p)
			}
		}
		switch {
		case name == "EXRULE" && len(list) > 0:
			r.refuse(list[0].Line, "rrule", "unsupported", "EXRULE은 읽지 않습니다. EXDATE로 바꾸어 주세요.", "EXRULE is not read: use EXDATE.")
		case len(list) > 1:
			r.refuse(list[1].Line, strings.ToLower(name), "repeated", name+text.Particle(name, "가")+" 두 번 있습니다.", name+" is there twice.")
		}
	}
	r.when(&e)
	if p, there := c.First("RECURRENCE-ID"); there {
		if p.Param("RANGE") != "" {
			r.refuse(p.Line, "recurrence-id", "unsupported", "이후 모두(RANGE)를 바꾸는 일정은 읽지 않습니다.", "RANGE is not read.")
		}
		e.at, e.days, _ = r.moment(p)
	}
	return e, len(r.Wrong) == before
}

// when reads the span.
func (r *icsReader) when(e *vevent) {
	starts, there := e.First("DTSTART")
	if !there {
		r.refuse(e.Line, "dtstart", "required", "시작(DTSTART)이 없습니다.", "It has no DTSTART.")
		return
	}
	from, allDay, ok := r.written(starts)
	if !ok {
		return
	}
	e.zone, from = from.Location(), from.In(clock.Seoul)
	e.span = Span{AllDay: allDay, Starts: from, Ends: from}
	if allDay {
		e.length.days = 1
	}
	if p, there := e.First("DTEND"); there {
		until, days, ok := r.moment(p)
		switch {
		case !ok:
			return
		case days != allDay:
			r.refuse(p.Line, "dtend", "mixed", "시작과 끝이 하나는 날짜, 하나는 시각입니다.", "One of start and end is a day, the other a time.")
			return
		case allDay:
			e.length.days = int(until.Sub(from).Hours() / 24)
			if until.Equal(from) { // a day that ends on itself: many programs write so
				e.length.days = 1
			}
		default:
			e.length.rest = until.Sub(from)
		}
		if until.Before(from) {
			r.refuse(p.Line, "dtend", "before-start", "시작보다 먼저 끝납니다.", "It ends before it starts.")
			return
		}
	} else if p, there := e.First("DURATION"); there {
		days, rest, ok := icalendar.Duration(strings.TrimSpace(p.Value))
		if !ok || allDay && (rest != 0 || days == 0) {
			r.refuse(p.Line, "duration", "malformed", "길이(DURATION)를 읽을 수 없습니다.", "The DURATION cannot be read.")
			return
		}
		e.length = lengthOf{days, rest}
	}
	e.span.Ends = e.length.behind(from)
}

// behind is the end of what starts at a time.
func (l lengthOf) behind(t time.Time) time.Time { return t.AddDate(0, 0, l.days).Add(l.rest) }

// moment reads a day or a time, in Seoul's.
func (r *icsReader) moment(p icalendar.Property) (t time.Time, day, ok bool) {
	t, day, ok = r.written(p)
	return t.In(clock.Seoul), day, ok
}

// written reads a day or a time in the zone in which it is written.
func (r *icsReader) written(p icalendar.Property) (t time.Time, day, ok bool) {
	zone := clock.Seoul // what has no zone is in that of the reader
	if id := p.Param("TZID"); id != "" {
		if zone, ok = zoneOf(id); !ok {
			r.refuse(p.Line, strings.ToLower(p.Name), "unknown-zone", fmt.Sprintf("모르는 시간대입니다: %s", id), fmt.Sprintf("The time zone is not known: %s", id))
			return t, false, false
		}
	}
	value := strings.TrimSpace(p.Value)
	day = strings.EqualFold(p.Param("VALUE"), "DATE") || p.Param("VALUE") == "" && len(value) == len("20260102")
	if day {
		t, ok = icalendar.Day(value, clock.Seoul)
	} else {
		t, ok = icalendar.Time(value, zone)
	}
	ok = ok && sane(t)
	if !ok {
		r.refuse(p.Line, strings.ToLower(p.Name), "malformed", fmt.Sprintf("날짜나 시각이 아닙니다: %s", shown(value)), fmt.Sprintf("It is no day and no time: %s", shown(value)))
	}
	return t, day, ok
}

// sane says whether a time is one that an event may have. Of others no series can be reckoned.
func sane(t time.Time) bool {
	return t.Year() >= check.Earliest.Year() && t.Year() < check.Latest.Year()
}

// shown is the beginning of a value, for the eye.
func shown(s string) string { return text.Truncate(strings.ToValidUTF8(s, "?"), 40) }

// all makes events of what a calendar has: series first, then what one of their dates became.
func (r *icsReader) all(events []vevent) {
	places, series := map[string]int{}, 0
	for _, e := range events {
		if !e.at.IsZero() {
			continue
		}
		if r.over() {
			return
		}
		if e.series() {
			series++
		}
		if series > MostImported || r.full {
			r.tooMany(e.Line)
			return
		}
		for _, span := range r.dates(e) {
			uid := e.uid
			if e.series() {
				uid = instance(e.uid, span.Starts, span.AllDay)
			}
			r.add(e, uid, span, places)
		}
	}
	for _, e := range events {
		if e.at.IsZero() {
			continue
		}
		uid := instance(e.uid, e.at, e.days)
		if i, there := places[uid]; there {
			r.Events[i] = r.found(e, uid, e.span)
			continue
		}
		if !e.span.Ends.Before(r.from) && e.span.Starts.Before(r.until) {
			r.add(e, uid, e.span, places)
		}
	}
}

// series says whether there may be several dates.
func (e vevent) series() bool {
	return slices.ContainsFunc(e.Properties, func(p icalendar.Property) bool { return p.Name == "RRULE" || p.Name == "RDATE" })
}

// instance is the UID of a date of a series.
func instance(uid string, at time.Time, day bool) string {
	if day {
		return uid + "/" + icalendar.Date(at.In(clock.Seoul))
	}
	return uid + "/" + icalendar.UTC(at)
}

func (r *icsReader) add(e vevent, uid string, span Span, places map[string]int) {
	if len(r.Events) >= MostImported {
		r.tooMany(e.Line)
		return
	}
	places[uid] = len(r.Events)
	r.Events = append(r.Events, r.found(e, uid, span))
}

// tooMany refuses a file, once.
func (r *icsReader) tooMany(line int) {
	if !r.full {
		r.refuse(line, "file", "too-many", fmt.Sprintf("한 번에 %d개까지 가져올 수 있습니다. 되풀이하는 일정은 하루하루 셉니다. 파일을 나누세요.", MostImported), fmt.Sprintf("At most %d events at once, each date of a series for itself: split the file.", MostImported))
	}
	r.full = true
}

// found is one date as an event.
func (r *icsReader) found(e vevent, uid string, span Span) Found {
	f := Found{Line: e.Line, UID: uid, Origin: e.uid, Lines: map[string]int{}}
	if strings.HasSuffix(uid, "@"+hostOf(r.site)) {
		f.Origin = "" // it was written here
	}
	f.Span = span
	f.Cancelled = strings.EqualFold(strings.TrimSpace(e.Text("STATUS")), "CANCELLED")
	read := func(field, name string) (string, bool) {
		p, there := e.First(name)
		f.Lines[field] = p.Line
		return p.Text(), there
	}
	f.Lines["uid"], f.Lines["starts"], f.Lines["ends"] = lineOf(e, "UID"), lineOf(e, "DTSTART"), cmp.Or(lineOf(e, "DTEND"), lineOf(e, "DURATION"), lineOf(e, "DTSTART"))
	f.Title, _ = read("title", "SUMMARY")
	f.Place, _ = read("place", "LOCATION")
	if !r.ours { // others break lines where we have one
		f.Title, f.Place = strings.Join(strings.Fields(f.Title), " "), strings.Join(strings.Fields(f.Place), " ")
	}
	f.Text, _ = read("text", "DESCRIPTION")
	f.Said.Place, f.Said.Text = true, true
	for _, p := range e.Properties {
		if p.Name == "CATEGORIES" && f.Category == "" {
			f.Category, f.Lines["category"] = strings.TrimSpace(p.Texts()[0]), p.Line
			f.Said.Category = f.Category != ""
		}
	}
	if !r.ours {
		f.URL, f.Said.URL = read("url", "URL")
		if !strings.HasPrefix(f.URL, "https://") { // what else there is, nobody can open
			f.URL, f.Said.URL = "", false
		}
		return f
	}
	if title, there := read("title", ownTitle); there {
		f.Title = title
	}
	f.TitleEn, _ = read("titleEn", ownTitleEn)
	f.MapURL, _ = read("mapUrl", ownMap)
	f.URL, _ = read("url", ownURL)
	f.Said = Fields{Category: f.Said.Category, TitleEn: true, Text: true, Place: true, MapURL: true, URL: true}
	return f
}

func lineOf(e vevent, name string) int {
	p, _ := e.First(name)
	return p.Line
}

// untilDay finds a rule that ends on a day.
var untilDay = regexp.MustCompile(`UNTIL=\d{8}(?:;|$)`)

// mostRule bounds a rule in bytes, and mostSteps its dates before the horizon ends: a daily one of forty years. At how many days
// the rules of a file may look together is mostLooked.
const (
	mostRule  = 500
	mostSteps = 15_000
)

// dates are the spans of an event: one, or those of a series within the horizon.
func (r *icsReader) dates(e vevent) []Span {
	if !e.series() {
		return []Span{e.span}
	}
	starts := map[int64]time.Time{}
	rule, ruled := e.First("RRULE")
	add := func(t time.Time) {
		if !e.length.behind(t).Before(r.from) && t.Before(r.until) {
			starts[clock.Millis(t)] = t
		}
	}
	if ruled {
		if !r.ruled(e, rule, add) {
			return nil
		}
	} else {
		add(e.span.Starts)
	}
	without, days := map[int64]bool{}, map[string]bool{} // some programs leave out whole days of timed series
	for _, p := range e.Properties {
		if p.Name != "RDATE" && p.Name != "EXDATE" {
			continue
		}
		for value := range strings.SplitSeq(p.Value, ",") {
			one := p
			one.Value = value
			at, day, ok := r.moment(one)
			switch {
			case !ok:
				return nil
			case p.Name == "EXDATE" && day:
				days[clock.Day(at)] = true
			case p.Name == "EXDATE":
				without[clock.Millis(at)] = true
			case day != e.span.AllDay:
				r.refuse(p.Line, "rdate", "mixed", "시작과 RDATE가 하나는 날짜, 하나는 시각입니다.", "One of DTSTART and RDATE is a day, the other a time.")
				return nil
			default:
				add(at)
			}
		}
	}
	list := []Span{}
	for key, t := range starts {
		if !without[key] && !days[clock.Day(t)] {
			list = append(list, Span{e.span.AllDay, t, e.length.behind(t)})
		}
	}
	slices.SortFunc(list, func(a, b Span) int { return a.Starts.Compare(b.Starts) })
	return list
}

// ruled gives the dates of a rule up to the end of the horizon.
func (r *icsReader) ruled(e vevent, p icalendar.Property, add func(time.Time)) bool {
	wrong := func() bool {
		r.refuse(p.Line, "rrule", "malformed", fmt.Sprintf("되풀이(RRULE)를 읽을 수 없습니다: %s", shown(p.Value)), fmt.Sprintf("The RRULE cannot be read: %s", shown(p.Value)))
		return false
	}
	value := strings.ToUpper(strings.TrimSpace(p.Value))
	if len(value) > mostRule {
		return wrong()
	}
	option, err := rrule.StrToROptionInLocation(value, e.zone)
	if err != nil || option.Interval < 0 || option.Interval > 1000 || option.Count < 0 {
		return wrong()
	}
	if option.Freq > rrule.DAILY || len(option.Byhour)+len(option.Byminute)+len(option.Bysecond) > 0 {
		r.refuse(p.Line, "rrule", "unsupported", "하루보다 자주 되풀이하는 일정은 읽지 않습니다.", "What is repeated more often than daily is not read.")
		return false
	}
	option.Dtstart = e.span.Starts.In(e.zone) // a Sunday of UTC is a Monday's morning in Seoul
	switch {
	case option.Until.IsZero():
	case e.span.AllDay:
		option.Until = clock.Midnight(option.Until)
	case untilDay.MatchString(value): // it counts
		option.Until = option.Until.AddDate(0, 0, 1).Add(-time.Second)
	}
	if option.Until.IsZero() || option.Until.After(r.until) {
		option.Until = r.until
	}
	if _, err := rrule.NewRRule(*option); err != nil || len(option.Byeaster) > 0 {
		return wrong()
	}
	given := 0
	whole := newRule(*option).dates(&r.left, func(t time.Time) bool {
		add(t.In(clock.Seoul))
		given++
		return given < mostSteps
	})
	if whole && given < mostSteps {
		return true
	}
	r.full = r.full || !whole // nothing is left for the others
	r.refuse(p.Line, "rrule", "too-many", "되풀이하는 날이 너무 많습니다.", "It is repeated too often.")
	return false
}

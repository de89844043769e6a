package calendar_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/text"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

const site = "https://madang.example.org"

// event is a file with one event of some lines.
func event(lines ...string) string {
	return strings.Join(slices.Concat([]string{"BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:a@b", "SUMMARY:제목"}, lines, []string{"END:VEVENT", "END:VCALENDAR", ""}), "\r\n")
}

// read is when the events of a file are, or what is wrong with it.
func read(file string) string {
	r := calendar.ReadICS([]byte(file), noon, site)
	said := []string{}
	for _, w := range r.Wrong {
		said = append(said, w.Code)
	}
	for _, e := range r.Events {
		starts, ends := e.Span.Strings()
		said = append(said, strings.Trim(starts+"/"+ends, "/"))
	}
	return strings.ReplaceAll(strings.Join(said, " "), ":00+09:00", "")
}

// What programs write of when something is.
func TestReadICS(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"a day":                     {event("DTSTART;VALUE=DATE:20260320"), "2026-03-20/2026-03-20"},
		"a day that ends on itself": {event("DTSTART;VALUE=DATE:20260320", "DTEND;VALUE=DATE:20260320"), "2026-03-20/2026-03-20"},
		"days":                      {event("DTSTART;VALUE=DATE:20260320", "DTEND;VALUE=DATE:20260323"), "2026-03-20/2026-03-22"},
		"a day without VALUE":       {event("DTSTART:20260320"), "2026-03-20/2026-03-20"},
		"days by duration":          {event("DTSTART;VALUE=DATE:20260320", "DURATION:P2D"), "2026-03-20/2026-03-21"},
		"weeks":                     {event("DTSTART;VALUE=DATE:20260320", "DURATION:P1W"), "2026-03-20/2026-03-26"},
		"UTC":                       {event("DTSTART:20260320T090000Z", "DTEND:20260320T100000Z"), "2026-03-20T18:00/2026-03-20T19:00"},
		"no zone":                   {event("DTSTART:20260320T090000"), "2026-03-20T09:00"},
		"Seoul":                     {event(`DTSTART;TZID="Asia/Seoul":20260320T090000`, "DURATION:PT1H30M"), "2026-03-20T09:00/2026-03-20T10:30"},
		"Outlook":                   {event("DTSTART;TZID=Korea Standard Time:20260320T090000"), "2026-03-20T09:00"},
		"another zone":              {event("DTSTART;TZID=America/New_York:20260320T090000"), "unknown-zone"},
		"no such day":               {event("DTSTART;VALUE=DATE:20260230"), "malformed"},
		"no such hour":              {event("DTSTART:20260320T250000Z"), "malformed"},
		"a day and a time":          {event("DTSTART;VALUE=DATE:20260320", "DTEND:20260320T100000Z"), "mixed"},
		"backwards":                 {event("DTSTART:20260320T090000Z", "DTEND:20260320T080000Z"), "before-start"},
		"below nothing":             {event("DTSTART:20260320T090000Z", "DURATION:-PT1H"), "malformed"},
		"two starts":                {event("DTSTART:20260320T090000Z", "DTSTART:20260321T090000Z"), "repeated"},
		"none":                      {event(), "required"},
		"weekly":                    {event("DTSTART;VALUE=DATE:20260320", "RRULE:FREQ=WEEKLY;UNTIL=20260403"), "2026-03-20/2026-03-20 2026-03-27/2026-03-27 2026-04-03/2026-04-03"},
		"up to a day that counts":   {event("DTSTART;TZID=Asia/Seoul:20260320T090000", "RRULE:FREQ=WEEKLY;UNTIL=20260327"), "2026-03-20T09:00 2026-03-27T09:00"},
		"weekly in UTC":             {event("DTSTART:20260322T230000Z", "RRULE:FREQ=WEEKLY;BYDAY=SU;COUNT=3"), "2026-03-23T08:00 2026-03-30T08:00 2026-04-06T08:00"},
		"monthly in UTC":            {event("DTSTART:20260131T200000Z", "RRULE:FREQ=MONTHLY;COUNT=2"), "2026-02-01T05:00 2026-04-01T05:00"},
		"up to a day of UTC":        {event("DTSTART:20260322T230000Z", "RRULE:FREQ=DAILY;UNTIL=20260323"), "2026-03-23T08:00 2026-03-24T08:00"},
		"the last Friday":           {event("DTSTART;VALUE=DATE:20260327", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2"), "2026-03-27/2026-03-27 2026-04-24/2026-04-24"},
		"yearly since long":         {event("DTSTART;VALUE=DATE:19700515", "RRULE:FREQ=YEARLY"), "2025-05-15/2025-05-15 2026-05-15/2026-05-15 2027-05-15/2027-05-15"},
		"but one":                   {event("DTSTART:20260320T000000Z", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260321T000000Z"), "2026-03-20T09:00 2026-03-22T09:00"},
		"but a whole day":           {event("DTSTART:20260320T000000Z", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260321,20260322"), "2026-03-20T09:00"},
		"and another":               {event("DTSTART:20260320T000000Z", "RDATE:20260401T000000Z,20260320T000000Z"), "2026-03-20T09:00 2026-04-01T09:00"},
		"never":                     {event("DTSTART;VALUE=DATE:20260320", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "empty"},
		"every second":              {event("DTSTART:20260320T000000Z", "RRULE:FREQ=SECONDLY"), "unsupported"},
		"each hour of the day":      {event("DTSTART:20260320T000000Z", "RRULE:FREQ=DAILY;BYHOUR=1,2,3"), "unsupported"},
		"backwards in steps":        {event("DTSTART:20260320T000000Z", "RRULE:FREQ=DAILY;INTERVAL=-1"), "malformed"},
		"the year 0":                {event("DTSTART:00000110", "RRULE:FREQ=WEEKLY"), "malformed"},
		"the year 0, once":          {event("DTSTART:00000110"), "malformed"},
		"before there were zones":   {event("DTSTART;TZID=Asia/Seoul:19000320T090000", "RRULE:FREQ=DAILY;UNTIL=19010101T000000Z"), "malformed"},
		"steps without end":         {event("DTSTART:20260320T000000Z", "RRULE:FREQ=DAILY;INTERVAL=9999999999"), "malformed"},
		"daily since 1945":          {event("DTSTART;VALUE=DATE:19450101", "RRULE:FREQ=DAILY"), "too-many"},
		"an exception rule":         {event("DTSTART:20260320T000000Z", "EXRULE:FREQ=DAILY"), "unsupported"},
		"all that is later":         {event("DTSTART:20260320T000000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260320T000000Z"), "unsupported"},
		"nothing that ends":         {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n", "unfinished"},
		"ends crosswise":            {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n", "malformed-component"},
		"no lines":                  {event("DTSTART:20260320T000000Z", "은 줄이 아니다", "X;Y:1", `X;Y="1:2`), "malformed-line malformed-line malformed-line"},
		"deep":                      {strings.Repeat("BEGIN:VCALENDAR\n", 20), "too-deep too-deep too-deep too-deep too-deep too-deep too-deep too-deep too-deep too-deep too-deep too-deep"},
	} {
		if got := read(c.file); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if got := read(strings.ReplaceAll(c.file, "\r\n", "\n")); got != c.want {
			t.Errorf("%s, with other line ends: %q, want %q", name, got, c.want)
		}
	}
}

// Lines that are folded in the middle of a character, texts in CP949 and UTF-16, commas with and without a backslash.
func TestTextsOfICS(t *testing.T) {
	file := event("DTSTART;VALUE=DATE:20260320", `DESCRIPTION:하나\, 둘, 셋\; 넷\n다섯\\`, "LOCATION:학생회관 3층", "CATEGORIES:학사,행사", "URL:https://school.ac.kr/1", "ATTENDEE:mailto:a@b")
	const line = "LOCATION:학생회관"
	cut := strings.Index(file, line) + len("LOCATION:학") + 1
	folded := file[:cut] + "\r\n " + file[cut:]
	cp949, err := korean.EUCKR.NewEncoder().String(file)
	if err != nil {
		t.Fatal(err)
	}
	wide := []byte{0xff, 0xfe}
	for _, r := range file {
		wide = append(wide, byte(r), byte(r>>8))
	}
	for name, content := range map[string]string{"plain": file, "marked": "\ufeff" + file, "folded": folded, "CP949": cp949, "UTF-16": string(wide)} {
		r := calendar.ReadICS([]byte(content), noon, site)
		if len(r.Wrong) > 0 || len(r.Events) != 1 {
			t.Errorf("%s: %+v", name, r)
			continue
		}
		e := r.Events[0]
		if e.Title != "제목" || e.Text != "하나, 둘, 셋; 넷\n다섯\\" || e.Place != "학생회관 3층" || e.Category != "학사" || e.URL != "https://school.ac.kr/1" || e.UID != "a@b" || e.Line != 2 || e.Of("place") != 7 && name != "folded" {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// What is written has no line over 75 bytes, cuts no character, and is read back, whatever it says.
func FuzzWrite(f *testing.F) {
	f.Add("제목", "장소", "글\n둘째 줄", "https://a.b/c")
	f.Add(strings.Repeat("가", 100), strings.Repeat("🎉", 50), "\\n,;\\", "")
	f.Fuzz(func(t *testing.T, title, place, words, link string) {
		clean := func(s string, lines bool) string {
			c, err := text.Clean(s, lines)
			if err != nil {
				t.Skip()
			}
			return c
		}
		e := calendar.Event{Content: calendar.Content{Unit: "총학", Category: "학사", Title: clean(title, false), Place: clean(place, false), Text: clean(words, true), URL: clean(link, false), Span: calendar.Span{Starts: noon, Ends: noon}}, ID: "x", UID: "x@elsewhere.example", Version: 1, CreatedAt: noon, UpdatedAt: noon}
		if e.Title == "" {
			t.Skip()
		}
		file := calendar.File{Name: e.Title, Language: "ko", Link: func(path string) string { return site + path }}.Write([]calendar.Entry{e.Entry()})
		for line := range bytes.SplitSeq(bytes.TrimSuffix(file, []byte("\r\n")), []byte("\r\n")) {
			if len(line) > 75 || !utf8.Valid(line) || bytes.ContainsAny(line, "\r\n") {
				t.Fatalf("%q", line)
			}
		}
		r := calendar.ReadICS(file, noon, site)
		if len(r.Wrong) > 0 || len(r.Events) != 1 {
			t.Fatalf("%+v\n%s", r, file)
		}
		got := r.Events[0]
		if got.Title != e.Title || got.Place != e.Place || got.Text != e.Text || got.URL != e.URL {
			t.Fatalf("%+v\n%+v", got, e.Content)
		}
	})
}

// Whatever a file holds, reading it ends, and gives at most 500 events.
func FuzzReadICS(f *testing.F) {
	f.Add(event("DTSTART;VALUE=DATE:20260320", "RRULE:FREQ=WEEKLY;UNTIL=20260403;BYDAY=MO,-1FR", "EXDATE:20260321T000000Z"))
	f.Add(event("DTSTART;TZID=Asia/Seoul:20260320T090000", "DURATION:P1DT2H", "RDATE;VALUE=DATE-TIME:20260401T000000Z"))
	for _, rule := range never {
		f.Add(event("DTSTART;VALUE=DATE:20260320", "RRULE:"+rule))
	}
	f.Add("BEGIN:VCALENDAR\nBEGIN:VEVENT\nX;Y=\"a\";Z=b,c:d\n e\nEND:VEVENT\n")
	f.Fuzz(func(t *testing.T, file string) {
		for _, r := range []calendar.Reading{calendar.ReadICS([]byte(file), noon, site), calendar.ReadCSV([]byte(file), site)} {
			if len(r.Events) > calendar.MostImported || len(r.Events) == 0 && len(r.Wrong) == 0 {
				t.Errorf("%d events, %d wrong", len(r.Events), len(r.Wrong))
			}
			for _, w := range r.Wrong {
				if w.Line < 1 || w.Code == "" || w.Message.KO == "" || w.Message.EN == "" {
					t.Errorf("%+v", w)
				}
			}
		}
	})
}

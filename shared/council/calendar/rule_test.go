package calendar_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/calendar"
)

var days = []rrule.Weekday{rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU}

// drawnRule is a rule as anybody may write it, that ends some years after its start; so late that the library, which looks on for
// dates up to the year 9999, is soon at its end. Weeks at the turn of the year are not among its own, since the library loses days of these
// (TestWeeksOfTheYear).
func drawnRule(rt *rapid.T) rrule.ROption {
	some := func(name string, from ...int) []int {
		if rapid.IntRange(0, 2).Draw(rt, name+" is said") > 0 {
			return nil
		}
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, 3, rapid.ID).Draw(rt, name)
	}
	o := rrule.ROption{
		Freq:     rapid.SampledFrom([]rrule.Frequency{rrule.YEARLY, rrule.MONTHLY, rrule.WEEKLY, rrule.DAILY}).Draw(rt, "frequency"),
		Dtstart:  time.Date(9975, 1, 1, 9, 30, 0, 0, clock.Seoul).AddDate(0, 0, rapid.IntRange(0, 1500).Draw(rt, "start")),
		Interval: rapid.SampledFrom([]int{0, 1, 1, 2, 3, 7, 400, 1000}).Draw(rt, "interval"), Wkst: rapid.SampledFrom(days).Draw(rt, "week's start"),
		Count:   rapid.SampledFrom([]int{0, 0, 1, 5}).Draw(rt, "count"),
		Bymonth: some("months", 1, 2, 6, 12), Bymonthday: some("days of the month", 1, 2, 13, 29, 30, 31, -1, -2, -31),
		Byyearday: some("days of the year", 1, 60, 365, 366, -1, -366), Byweekno: some("weeks", 2, 3, 20, 51, -3, -20), Bysetpos: some("positions", 1, 2, 3, -1, -2, 366, -366),
	}
	o.Until = o.Dtstart.AddDate(0, 0, rapid.IntRange(0, 4000).Draw(rt, "end"))
	if rapid.Bool().Draw(rt, "of the week") {
		nth := rapid.Bool().Draw(rt, "nth") // both together the library takes for none at all
		for _, d := range rapid.SliceOfNDistinct(rapid.SampledFrom(days), 1, 3, func(d rrule.Weekday) int { return d.Day() }).Draw(rt, "weekdays") {
			if nth {
				which := []int{1, 2, 5, -1, -5}
				if o.Freq == rrule.YEARLY && len(o.Bymonth) == 0 { // of others the library panics
					which = append(which, 53, -53)
				}
				d = d.Nth(rapid.SampledFrom(which).Draw(rt, "which"))
			}
			o.Byweekday = append(o.Byweekday, d)
		}
	}
	return o
}

// A rule's dates are those of the library; whatever the rule is, each day from the year of its start to the year of its end is
// looked at once, and each period.
func TestRulesAreThoseOfTheLibrary(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := drawnRule(rt)
		dates, looked := calendar.Dates(o)
		if most := 2 * (int(o.Until.Sub(o.Dtstart).Hours()/24) + 2*366); looked > most {
			rt.Fatalf("%d looks, more than %d", looked, most)
		}
		library, err := rrule.NewRRule(o)
		if err != nil {
			rt.Fatal(err)
		}
		next, want := library.Iterator(), []time.Time{}
		for t, more := next(); more; t, more = next() {
			want = append(want, t)
		}
		if !slices.EqualFunc(dates, want, time.Time.Equal) {
			rt.Fatalf("%s:\n%v\nand the library\n%v", o.RRuleString(), dates, want)
		}
	})
}

// Weeks have the numbers of ISO 8601, from the first or from the last, those that begin in one year and end in the next too.
func TestWeeksOfTheYear(t *testing.T) {
	starts, until := time.Date(2000, 1, 1, 0, 0, 0, 0, clock.Seoul), time.Date(2029, 1, 1, 0, 0, 0, 0, clock.Seoul)
	for _, number := range []int{1, 2, 9, 51, 52, 53, -1, -2, -52, -53} {
		want := []time.Time{}
		for day := starts; !day.After(until); day = day.AddDate(0, 0, 1) {
			year, week := day.ISOWeek()
			_, last := time.Date(year, 12, 28, 0, 0, 0, 0, clock.Seoul).ISOWeek()
			if week == number || week-last-1 == number {
				want = append(want, day)
			}
		}
		for _, frequency := range []rrule.Frequency{rrule.YEARLY, rrule.WEEKLY, rrule.DAILY} {
			o := rrule.ROption{Freq: frequency, Dtstart: starts, Until: until, Byweekno: []int{number}, Byweekday: days}
			if got, _ := calendar.Dates(o); !slices.EqualFunc(got, want, time.Time.Equal) {
				t.Errorf("%s: %v, want %v", o.RRuleString(), got, want)
			}
		}
	}
}

// The second Monday and every Friday are both meant, where the library takes them for what no day is.
func TestWeekdaysOfBothKinds(t *testing.T) {
	got := read(event("DTSTART;VALUE=DATE:20260301", "RRULE:FREQ=MONTHLY;UNTIL=20260331;BYDAY=2MO,FR"))
	if want := "2026-03-06/2026-03-06 2026-03-09/2026-03-09 2026-03-13/2026-03-13 2026-03-20/2026-03-20 2026-03-27/2026-03-27"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// never are rules of which no day, or hardly any, comes.
var never = []string{
	"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
	"FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6", "FREQ=DAILY;BYWEEKNO=53;BYMONTH=6", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", "FREQ=DAILY;BYSETPOS=2",
	"FREQ=YEARLY;INTERVAL=1000;BYYEARDAY=366", "FREQ=YEARLY;INTERVAL=3;BYYEARDAY=366", "FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=DAILY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=29",
	"FREQ=YEARLY;BYDAY=53MO;BYMONTH=12", "FREQ=MONTHLY;BYDAY=53MO", "FREQ=DAILY;COUNT=5;BYMONTH=4;BYMONTHDAY=31", "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3",
}

// A file of nothing but such rules is read as any other: its work ends with the horizon, and that of the whole file is bounded.
func TestRulesThatNeverCome(t *testing.T) {
	file := func(starts string, rules ...string) string {
		parts := []string{"BEGIN:VCALENDAR"}
		for n := range calendar.MostImported {
			parts = append(parts, "BEGIN:VEVENT", fmt.Sprintf("UID:%d@b", n), "SUMMARY:제목", "DTSTART;VALUE=DATE:"+starts, "RRULE:"+rules[n%len(rules)], "END:VEVENT")
		}
		return strings.Join(append(parts, "END:VCALENDAR", ""), "\r\n")
	}
	for _, rule := range never {
		if got := read(file("20260101", rule)); !strings.HasPrefix(got, "empty") && !strings.Contains(rule, "INTERVAL") {
			t.Errorf("%s: %.100s", rule, got)
		}
	}
	read(file("20260101", never...))
	if got := read(file("19450101", never...)); got != "too-many" {
		t.Errorf("rules of eighty years: %.100s", got)
	}
}

package calendar

import (
	"slices"
	"time"

	"github.com/teambition/rrule-go"
)

// mostLooked bounds the rules of a file together, in days that are looked at: half a second's work. A yearly rule of thirty
// years has 11 000.
const mostLooked = 10_000_000

// rule is a rule of recurrence (RFC 5545, 3.3.10) that is yearly, monthly, weekly or daily. Package rrule reads it and says
// what it must not be; its own iterator goes on to the year 9999 where no day fits, whatever the rule's end is. Here each day
// between the start and the end is looked at once.
type rule struct {
	rrule.ROption

	plain, nth []rrule.Weekday // of Byweekday: every Monday, and the second
}

func newRule(o rrule.ROption) rule {
	r := rule{ROption: o}
	r.Interval = max(1, r.Interval)
	if len(o.Byweekno)+len(o.Byyearday)+len(o.Bymonthday)+len(o.Byweekday) == 0 { // as the start is
		switch {
		case o.Freq == rrule.YEARLY && len(o.Bymonth) == 0:
			r.Bymonth, r.Bymonthday = []int{int(o.Dtstart.Month())}, []int{o.Dtstart.Day()}
		case o.Freq == rrule.YEARLY, o.Freq == rrule.MONTHLY:
			r.Bymonthday = []int{o.Dtstart.Day()}
		case o.Freq == rrule.WEEKLY:
			r.Byweekday = []rrule.Weekday{[]rrule.Weekday{rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU}[weekday(o.Dtstart)]}
		}
	}
	for _, d := range r.Byweekday {
		if d.N() == 0 || o.Freq > rrule.MONTHLY {
			r.plain = append(r.plain, d)
		} else {
			r.nth = append(r.nth, d)
		}
	}
	return r
}

// dates gives the dates up to Until, in their order, as long as they are taken, and takes each day that it looks at from
// left. It returns false where that does not suffice.
func (r rule) dates(left *int, take func(time.Time) bool) bool {
	given := 0
	for n := 0; ; n++ {
		from, to := r.period(n)
		if r.at(from).After(r.Until) {
			return true
		}
		fit := []time.Time{}
		for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
			if *left--; *left < 0 {
				return false
			}
			if r.fits(day) {
				fit = append(fit, day)
			}
		}
		for _, day := range r.chosen(fit) {
			switch t := r.at(day); {
			case t.Before(r.Dtstart):
			case t.After(r.Until), !take(t):
				return true
			default:
				if given++; given == r.Count {
					return true
				}
			}
		}
		if *left--; *left < 0 { // a period has at least one day
			return false
		}
	}
}

// period is the n-th year, month, week or day that counts: its days, at midnight of UTC, in which each has 24 hours. The first
// week begins at the start.
func (r rule) period(n int) (from, to time.Time) {
	n *= r.Interval
	year, month, day := r.Dtstart.Date()
	start := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	switch r.Freq {
	case rrule.YEARLY:
		return time.Date(year+n, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(year+n+1, 1, 1, 0, 0, 0, 0, time.UTC)
	case rrule.MONTHLY:
		return time.Date(year, month+time.Month(n), 1, 0, 0, 0, 0, time.UTC), time.Date(year, month+time.Month(n+1), 1, 0, 0, 0, 0, time.UTC)
	case rrule.WEEKLY:
		from = start.AddDate(0, 0, 7*n-(weekday(start)-r.Wkst.Day()+7)%7)
		to = from.AddDate(0, 0, 7)
		if n == 0 {
			from = start
		}
		return from, to
	default:
		return start.AddDate(0, 0, n), start.AddDate(0, 0, n+1)
	}
}

// at is a day at the time of the start.
func (r rule) at(day time.Time) time.Time {
	year, month, date := day.Date()
	hour, minute, second := r.Dtstart.Clock()
	return time.Date(year, month, date, hour, minute, second, 0, r.Dtstart.Location())
}

// weekday is 0 on Mondays.
func weekday(t time.Time) int { return (int(t.Weekday()) + 6) % 7 }

// fits says whether a day is what the rule asks of days.
func (r rule) fits(day time.Time) bool {
	year, month, date := day.Date()
	inMonth := func() int { return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day() }
	if len(r.Bymonth) > 0 && !slices.Contains(r.Bymonth, int(month)) ||
		len(r.Bymonthday) > 0 && !slices.Contains(r.Bymonthday, date) && !slices.Contains(r.Bymonthday, date-inMonth()-1) {
		return false
	}
	inYear := func() int { return time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay() }
	if len(r.Byyearday) > 0 && !slices.Contains(r.Byyearday, day.YearDay()) && !slices.Contains(r.Byyearday, day.YearDay()-inYear()-1) {
		return false
	}
	if len(r.Byweekday) > 0 {
		is := weekday(day)
		place, days := date, inMonth
		if r.Freq == rrule.YEARLY && len(r.Bymonth) == 0 {
			place, days = day.YearDay(), inYear
		}
		if !slices.ContainsFunc(r.plain, func(d rrule.Weekday) bool { return d.Day() == is }) && !slices.ContainsFunc(r.nth, func(d rrule.Weekday) bool {
			return d.Day() == is && (d.N() == (place-1)/7+1 || d.N() == -((days()-place)/7+1))
		}) {
			return false
		}
	}
	if len(r.Byweekno) > 0 {
		number, of := r.week(day)
		return slices.Contains(r.Byweekno, number) || slices.Contains(r.Byweekno, number-of-1)
	}
	return true
}

// week is the number of a day's week, and how many the year has whose week it is: the first has at least four of its days.
func (r rule) week(day time.Time) (number, of int) {
	first := func(year int) time.Time { // of the days of the year's first week
		fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
		return fourth.AddDate(0, 0, -(weekday(fourth)-r.Wkst.Day()+7)%7)
	}
	weeks := func(from, to time.Time) int { return int(to.Sub(from) / (7 * 24 * time.Hour)) }
	year := day.Year()
	switch {
	case day.Before(first(year)):
		year--
	case !day.Before(first(year + 1)):
		year++
	}
	return weeks(first(year), day) + 1, weeks(first(year), first(year+1))
}

// chosen are those of a period's days that BYSETPOS counts off; all without it.
func (r rule) chosen(fit []time.Time) []time.Time {
	if len(r.Bysetpos) == 0 {
		return fit
	}
	list := []time.Time{}
	for i, day := range fit {
		if slices.Contains(r.Bysetpos, i+1) || slices.Contains(r.Bysetpos, i-len(fit)) {
			list = append(list, day)
		}
	}
	return list
}

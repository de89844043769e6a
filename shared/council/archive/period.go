package archive

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
)

// Period is the time that something is about: a year (2026), a half of one (2026-H1) or a quarter
// (2026-Q3).
type Period string

// The years that there can be periods of.
const (
	FirstYear = 1945
	LastYear  = 2999
)

var periods = regexp.MustCompile(`^([0-9]{4})(?:-(?:H([12])|Q([1-4])))?$`)

// parse are the parts of a period: its year, and its half or quarter or 0.
func (p Period) parse() (year, half, quarter int, ok bool) {
	m := periods.FindStringSubmatch(string(p))
	if m == nil {
		return 0, 0, 0, false
	}
	number := func(s string) int {
		n, _ := strconv.Atoi(s) // "" is 0
		return n
	}
	year, half, quarter = number(m[1]), number(m[2]), number(m[3])
	return year, half, quarter, year >= FirstYear && year <= LastYear
}

// Valid says whether p is a period.
func (p Period) Valid() bool {
	_, _, _, ok := p.parse()
	return ok
}

// Year is the year that p is in.
func (p Period) Year() int {
	year, _, _, _ := p.parse()
	return year
}

// Name is what p is called: 2026년 3분기.
func (p Period) Name() problem.Text {
	part, year := p.Part(), p.Year()
	if _, half, quarter, _ := p.parse(); half == 0 && quarter == 0 {
		return problem.Text{KO: fmt.Sprintf("%d년", year), EN: strconv.Itoa(year)}
	}
	return problem.Text{KO: fmt.Sprintf("%d년 %s", year, part.KO), EN: fmt.Sprintf("%s of %d", part.EN, year)}
}

// Part is what p is called within its year: 3분기, and 한 해 for the whole.
func (p Period) Part() problem.Text {
	_, half, quarter, _ := p.parse()
	switch {
	case quarter > 0:
		return problem.Text{KO: fmt.Sprintf("%d분기", quarter), EN: fmt.Sprintf("Quarter %d", quarter)}
	case half == 1:
		return problem.Text{KO: "상반기", EN: "First half"}
	case half == 2:
		return problem.Text{KO: "하반기", EN: "Second half"}
	default:
		return problem.Text{KO: "한 해", EN: "Whole year"}
	}
}

// End is the first moment after p, in Seoul.
func (p Period) End() time.Time {
	year, half, quarter, _ := p.parse()
	month := 12
	switch {
	case quarter > 0:
		month = 3 * quarter
	case half > 0:
		month = 6 * half
	}
	return time.Date(year, time.Month(month+1), 1, 0, 0, 0, 0, clock.Seoul)
}

// Rhythm is how often something is to be submitted.
type Rhythm string

// The rhythms.
const (
	Yearly     Rhythm = "year"
	HalfYearly Rhythm = "half"
	Quarterly  Rhythm = "quarter"
)

// Periods are those of a year in a rhythm, in their order.
func (r Rhythm) Periods(year int) []Period {
	list := []Period{}
	switch r {
	case Quarterly:
		for n := range 4 {
			list = append(list, Period(fmt.Sprintf("%04d-Q%d", year, n+1)))
		}
	case HalfYearly:
		for n := range 2 {
			list = append(list, Period(fmt.Sprintf("%04d-H%d", year, n+1)))
		}
	default:
		list = append(list, Period(fmt.Sprintf("%04d", year)))
	}
	return list
}

// before orders periods by their end, of those that end together the shorter first.
func (p Period) before(q Period) int {
	if c := p.End().Compare(q.End()); c != 0 {
		return c
	}
	return len(q) - len(p) + rank(p) - rank(q)
}

// rank puts a quarter before the half that ends with it.
func rank(p Period) int {
	if _, half, _, _ := p.parse(); half > 0 {
		return 1
	}
	return 0
}

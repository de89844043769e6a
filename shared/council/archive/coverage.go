package archive

import (
	"context"
	"slices"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
)

// CellState is what became of what should be there.
type CellState string

// The states of a cell.
const (
	Filled  CellState = "published" // it is there
	Missing CellState = "missing"   // it is not, and its day has passed
	Waiting CellState = "waiting"   // it is not, and has time
	Nothing CellState = "none"      // nothing is expected, and nothing there
)

// Cell is a unit's period in a category.
type Cell struct {
	Period  Period
	State   CellState
	DueOn   string   // "" where nothing is expected
	Days    int      // for how many it is missing, or by how many it was late
	Archive *Archive // without summary and settlement
}

// UnitCover is what a unit submitted for a year in a category.
type UnitCover struct {
	Unit      string
	Cells     []Cell // one for each period of the cover
	Expected  int    // slots whose day has passed or which are filled
	Published int    // of them
}

// Cover is what units submitted for a year in a category, and what is missing.
type Cover struct {
	Category  Category
	Periods   []Period // in their order
	Units     []UnitCover
	There     int // archives, also beside what is expected
	Expected  int // slots
	Published int // of them filled
	InTime    int // of these by their day
	Missing   int // slots whose day has passed
	Waiting   int // slots that have time
	NextDue   string
}

// Coverage is what there is for a year and what is not, by categories that have either, as far as the
// caller may read it: what somebody may not read is to them not there. Units are those that
// exist, in their order.
func (s Reader) Coverage(ctx context.Context, year int, units []string) ([]Cover, error) {
	plan, err := s.Plan(ctx, year)
	if err != nil {
		return nil, err
	}
	var w where
	w.Add(`year = ?`, year)
	w.published()
	w.audiences(ctx)
	list, err := database.All(ctx, s.db, scan, `SELECT `+light+` FROM archives`+w.String()+` ORDER BY published_at, id`, w.Args...)
	if err != nil {
		return nil, err
	}
	covers, today := []Cover{}, clock.Day(clock.Now(ctx))
	for _, c := range plan.Categories {
		if !slices.Contains(audiencesOf(auth.From(ctx)), c.Audience) {
			c.Expected = nil
		}
		there := []Archive{}
		for _, v := range list {
			if v.Category == c.ID {
				there = append(there, v)
			}
		}
		if len(c.Expected)+len(there) > 0 {
			covers = append(covers, cover(c, there, units, today))
		}
	}
	return covers, nil
}

// cover is what there is of a category on a day; there is in the order of its publication.
func cover(c Category, there []Archive, units []string, today string) Cover {
	cv := Cover{Category: c, There: len(there)}
	names := []string{}
	add := func(unit string, p Period) {
		if !slices.Contains(cv.Periods, p) {
			cv.Periods = append(cv.Periods, p)
		}
		if !slices.Contains(names, unit) {
			names = append(names, unit)
		}
	}
	for _, slot := range c.Expected {
		add(slot.Unit, slot.Period)
	}
	for _, v := range there {
		add(v.Unit, v.Period)
	}
	slices.SortFunc(cv.Periods, Period.before)
	order := func(unit string) int {
		if i := slices.Index(units, unit); i >= 0 {
			return i
		}
		return len(units)
	}
	slices.SortStableFunc(names, func(a, b string) int { return order(a) - order(b) })
	for _, unit := range names {
		u := UnitCover{Unit: unit}
		for _, p := range cv.Periods {
			u.Cells = append(u.Cells, cell(c, there, unit, p, today))
		}
		for _, cell := range u.Cells {
			cv.count(&u, cell)
		}
		cv.Units = append(cv.Units, u)
	}
	return cv
}

func cell(c Category, there []Archive, unit string, p Period, today string) Cell {
	is := Cell{Period: p, State: Nothing}
	if i := slices.IndexFunc(c.Expected, func(s Slot) bool { return s.Unit == unit && s.Period == p }); i >= 0 {
		is.DueOn, is.State = c.Expected[i].DueOn, Waiting
		if late := daysBetween(is.DueOn, today); late > 0 {
			is.State, is.Days = Missing, late
		}
	}
	if i := slices.IndexFunc(there, func(v Archive) bool { return v.Unit == unit && v.Period == p }); i >= 0 {
		is.State, is.Archive, is.Days = Filled, &there[i], 0
		if is.DueOn != "" {
			is.Days = there[i].LateDays(is.DueOn)
		}
	}
	return is
}

func (cv *Cover) count(u *UnitCover, c Cell) {
	if c.DueOn == "" {
		return
	}
	cv.Expected++
	switch c.State {
	case Filled:
		cv.Published++
		u.Expected++
		u.Published++
		if c.Days == 0 {
			cv.InTime++
		}
	case Missing:
		cv.Missing++
		u.Expected++
	default:
		cv.Waiting++
		if cv.NextDue == "" || c.DueOn < cv.NextDue {
			cv.NextDue = c.DueOn
		}
	}
}

// Owing is a slot whose day has passed and that its unit has not filled.
type Owing struct {
	Category Category
	Unit     string
	Cell     Cell
}

// Owed are what the units that the caller writes for have not published of last year and this.
func (s Reader) Owed(ctx context.Context, units []string) ([]Owing, error) {
	list, year := []Owing{}, clock.Now(ctx).Year()
	for _, y := range []int{year - 1, year} {
		covers, err := s.Coverage(ctx, y, units)
		if err != nil {
			return nil, err
		}
		for _, c := range covers {
			for _, u := range c.Units {
				for _, cell := range u.Cells {
					if cell.State == Missing && auth.From(ctx).May(auth.Write, u.Unit) {
						list = append(list, Owing{c.Category, u.Unit, cell})
					}
				}
			}
		}
	}
	return list, nil
}

package archives

import (
	"context"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
)

type coverageRequest struct {
	Year string `query:"year" description:"The present one unless given."`
}

// cell is a unit's period.
type cell struct {
	Period  archive.Period    `json:"period"`
	State   archive.CellState `json:"state" enum:"published,missing,waiting,none"`
	DueOn   string            `json:"dueOn,omitempty"`
	Days    int               `json:"days"` // for how many it is missing, or by how many it was late
	Archive string            `json:"archive,omitempty"`
}

// row is what a unit submitted.
type row struct {
	Unit      string `json:"unit"`
	Cells     []cell `json:"cells"` // one for each of the periods
	Expected  int    `json:"expected" description:"What is there or should be by now."`
	Published int    `json:"published"`
}

// cover is what there is of a category.
type cover struct {
	Category  category         `json:"category"`
	Periods   []archive.Period `json:"periods"`
	Units     []row            `json:"units"`
	Expected  int              `json:"expected"`
	Published int              `json:"published"`
	InTime    int              `json:"inTime"`
	Missing   int              `json:"missing"`
	Waiting   int              `json:"waiting"`
}

type coverageResponse struct {
	Year  int     `json:"year"`
	Items []cover `json:"items"`

	changes *time.Time
}

// PageChanges is the next midnight, when something may be late.
func (r *coverageResponse) PageChanges() []*time.Time { return []*time.Time{r.changes} }

// PageEmpty says that there is nothing of the year: of such addresses there is no end.
func (r *coverageResponse) PageEmpty() bool { return len(r.Items) == 0 }

func (h handlers) coverage(ctx context.Context, r *coverageRequest) (*coverageResponse, error) {
	year := clock.Now(ctx).Year()
	if r.Year != "" {
		var f check.Fields
		year = int(f.Number("year", numberOf(r.Year), archive.FirstYear, archive.LastYear))
		if err := f.Err(); err != nil {
			return nil, err
		}
	}
	covers, err := h.archives.Coverage(ctx, year, h.units)
	if err != nil {
		return nil, err
	}
	answer := coverageResponse{Year: year, Items: []cover{}, changes: new(clock.Tomorrow(ctx))}
	for _, c := range covers {
		answer.Items = append(answer.Items, coverOf(c))
	}
	return &answer, nil
}

// numberOf is a number that is written as people write it, or -1.
func numberOf(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s {
		return -1
	}
	return n
}

func coverOf(c archive.Cover) cover {
	is := cover{Category: categoryOf(c.Category), Periods: append([]archive.Period{}, c.Periods...), Units: []row{}, Expected: c.Expected, Published: c.Published, InTime: c.InTime, Missing: c.Missing, Waiting: c.Waiting}
	for _, u := range c.Units {
		r := row{Unit: u.Unit, Cells: []cell{}, Expected: u.Expected, Published: u.Published}
		for _, c := range u.Cells {
			shown := cell{Period: c.Period, State: c.State, DueOn: c.DueOn, Days: c.Days}
			if c.Archive != nil {
				shown.Archive = c.Archive.ID
			}
			r.Cells = append(r.Cells, shown)
		}
		is.Units = append(is.Units, r)
	}
	return is
}

package archives

import (
	"context"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type categoriesRequest struct{}

// category is one in the list.
type category struct {
	ID       string           `json:"id"`
	Parent   string           `json:"parent,omitempty"`
	Name     string           `json:"name"`
	NameEn   string           `json:"nameEn,omitempty"`
	Level    int              `json:"level" description:"1 to 3."`
	Audience archive.Audience `json:"audience" enum:"public,students,council" description:"The default audience of what is added to it."`
}

type categoriesResponse struct {
	Items []category `json:"items"` // in their order, each behind its parent
}

func (h handlers) categories(ctx context.Context, _ *categoriesRequest) (*categoriesResponse, error) {
	plan, err := h.archives.Plan(ctx, 0)
	if err != nil {
		return nil, err
	}
	answer := categoriesResponse{Items: []category{}}
	for _, c := range plan.Categories {
		answer.Items = append(answer.Items, categoryOf(c))
	}
	return &answer, nil
}

func categoryOf(c archive.Category) category {
	return category{ID: c.ID, Parent: c.Parent, Name: c.Name, NameEn: c.NameEn, Level: c.Level, Audience: c.Audience}
}

// slot is something that should be there.
type slot struct {
	Unit   string `json:"unit"`
	Period string `json:"period" description:"2026, 2026-H1 or 2026-Q3."`
	DueOn  string `json:"dueOn" description:"The last day in time, 2026-04-30."`
}

// planned is a category with what should be in it.
type planned struct {
	ID       string `json:"id" description:"In addresses: lower-case letters, digits and hyphens."`
	Parent   string `json:"parent,omitempty" description:"Id of one before it."`
	Name     string `json:"name"`
	NameEn   string `json:"nameEn,omitempty"`
	Audience string `json:"audience" enum:"public,students,council"`
	Expected []slot `json:"expected,omitempty"`
}

type planResponse struct {
	Categories []planned `json:"categories"` // in their order
	Version    int64     `json:"version"`
}

// ETag is the version, for If-Match.
func (p planResponse) ETag() int64 { return p.Version }

func planOf(p archive.Plan) *planResponse {
	answer := planResponse{Categories: []planned{}, Version: p.Version}
	for _, c := range p.Categories {
		is := planned{ID: c.ID, Parent: c.Parent, Name: c.Name, NameEn: c.NameEn, Audience: string(c.Audience)}
		for _, s := range c.Expected {
			is.Expected = append(is.Expected, slot{Unit: s.Unit, Period: string(s.Period), DueOn: s.DueOn})
		}
		answer.Categories = append(answer.Categories, is)
	}
	return &answer
}

func (h handlers) plan(ctx context.Context, _ *categoriesRequest) (*planResponse, error) {
	p, err := h.archives.Plan(ctx, 0)
	if err != nil {
		return nil, err
	}
	return planOf(p), nil
}

type arrangeRequest struct {
	IfMatch    string    `header:"If-Match"`
	Categories []planned `json:"categories"`
}

// planVersion is the one that was read.
func (h handlers) planVersion(ctx context.Context, match string) (int64, error) {
	return function.Match(match, func() (int64, error) {
		p, err := h.archives.Plan(ctx, 0)
		return p.Version, err
	})
}

// matched is the plan to be changed, and the version that was read of it.
func (h handlers) matched(ctx context.Context, match string) (p archive.Plan, version int64, err error) {
	if p, err = h.archives.Plan(ctx, 0); err != nil {
		return p, 0, err
	}
	version, err = function.Match(match, func() (int64, error) { return p.Version, nil })
	return p, version, err
}

func (h handlers) arrange(ctx context.Context, r *arrangeRequest) (*planResponse, error) {
	version, err := h.planVersion(ctx, r.IfMatch)
	if err != nil {
		return nil, err
	}
	p := archive.Plan{}
	for _, c := range r.Categories {
		is := archive.Category{ID: c.ID, Parent: c.Parent, Name: c.Name, NameEn: c.NameEn, Audience: archive.Audience(c.Audience)}
		for _, s := range c.Expected {
			is.Expected = append(is.Expected, archive.Slot{Unit: s.Unit, Period: archive.Period(s.Period), DueOn: s.DueOn})
		}
		p.Categories = append(p.Categories, is)
	}
	return h.arranged(ctx, version, p)
}

func (h handlers) arranged(ctx context.Context, version int64, p archive.Plan) (*planResponse, error) {
	function.Subject(ctx, "categories")
	p, err := h.archives.Arrange(ctx, version, p, h.units)
	if err != nil {
		return nil, err
	}
	return planOf(p), nil
}

type arrangeOneRequest struct {
	ID       string   `path:"id"`
	IfMatch  string   `header:"If-Match"`
	Parent   string   `json:"parent,omitempty"`
	Name     string   `json:"name"`
	NameEn   string   `json:"nameEn,omitempty"`
	Audience string   `json:"audience" enum:"public,students,council"`
	Year     string   `json:"year,omitempty" description:"For which what follows is expected, in place of what was; nothing changes without it."`
	Rhythm   string   `json:"rhythm,omitempty" enum:"year,half,quarter,none"`
	Units    []string `json:"units,omitempty" description:"Who is to submit it; everybody when empty."`
	Days     string   `json:"days,omitempty" description:"How many days after the end of the period it is due; 31 unless given."`
}

// the bounds of days after a period's end.
const (
	usualDays = 31
	mostDays  = 366
)

func (h handlers) arrangeOne(ctx context.Context, r *arrangeOneRequest) (*planResponse, error) {
	p, version, err := h.matched(ctx, r.IfMatch)
	if err != nil {
		return nil, err
	}
	c, _ := p.Find(r.ID)
	c.ID, c.Parent, c.Name, c.NameEn, c.Audience = r.ID, r.Parent, r.Name, r.NameEn, archive.Audience(r.Audience)
	if r.Year != "" {
		if c.Expected, err = r.slots(c.Expected, h.units); err != nil {
			return nil, err
		}
	}
	i := slices.IndexFunc(p.Categories, func(is archive.Category) bool { return is.ID == r.ID })
	if i >= 0 {
		p.Categories[i] = c
	} else {
		after := len(p.Categories) // behind its parent and what is below that
		if at := slices.IndexFunc(p.Categories, func(is archive.Category) bool { return is.ID == r.Parent }); at >= 0 {
			for after = at + 1; after < len(p.Categories) && p.Categories[after].Level > p.Categories[at].Level; after++ {
			}
		}
		p.Categories = slices.Insert(p.Categories, after, c)
	}
	return h.arranged(ctx, version, p)
}

// slots are those of a category with those of a year in place of what was.
func (r *arrangeOneRequest) slots(was []archive.Slot, units []string) ([]archive.Slot, error) {
	var f check.Fields
	year, days := archive.Period(r.Year), int64(usualDays)
	if !year.Valid() || len(r.Year) != 4 {
		f.Add("year", "not-a-year", "2026처럼 적습니다.", "As 2026.")
	}
	rhythm := f.OneOf("rhythm", r.Rhythm, string(archive.Yearly), string(archive.HalfYearly), string(archive.Quarterly), "none")
	if r.Days != "" {
		days = f.Number("days", numberOf(r.Days), 0, mostDays)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Clone(was), func(s archive.Slot) bool { return s.Period.Year() == year.Year() })
	if rhythm == "none" {
		return list, nil
	}
	if len(r.Units) > 0 {
		units = r.Units
	}
	for _, p := range archive.Rhythm(rhythm).Periods(year.Year()) {
		due := p.End().Add(-time.Second).AddDate(0, 0, int(days))
		for _, unit := range units {
			list = append(list, archive.Slot{Unit: unit, Period: p, DueOn: clock.Day(due)})
		}
	}
	return list, nil
}

type dropOneRequest struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

func (h handlers) dropOne(ctx context.Context, r *dropOneRequest) (*function.None, error) {
	p, version, err := h.matched(ctx, r.IfMatch)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(p.Categories, func(c archive.Category) bool { return c.ID == r.ID })
	if i < 0 {
		return nil, problem.Absent()
	}
	p.Categories = slices.Delete(p.Categories, i, i+1)
	if _, err := h.arranged(ctx, version, p); err != nil {
		return nil, err
	}
	return &function.None{}, nil
}

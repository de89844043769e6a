package rule

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
)

// End is one of the two texts of a comparison: a version's, a day's, or none.
type End struct {
	Name    string   // how it is asked for: 15, 2026-03-01; "0" for no text
	Version *Version // nil for a day's and for none
	Day     string   // of a day's
	Text    Text
}

// Comparison is what changed between two texts of a rulebook.
type Comparison struct {
	Shelf    Shelved
	From, To End
	Changes  []Change
	Times    []*time.Time // at which what is said of the versions changes by itself, with those that the caller does not see yet
}

// named is the number of a version as an address has it.
var named = regexp.MustCompile(`^(0|[1-9][0-9]{0,5})$`)

// Sides reads the ends of a comparison as they are asked for: a version's number or a day; "" for
// the newest version that the caller may read, and for what it changes. A name that is neither is a
// problem of the field from or to.
func (s Reader) Sides(ctx context.Context, slug, from, to string) (Comparison, error) {
	shelf, times, err := s.Shelf(ctx, slug)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Shelf: shelf, Times: times}
	if to == "" {
		to = strconv.FormatInt(shelf.newestPublic(ctx), 10)
	}
	if c.To, err = s.end(ctx, shelf, "to", to); err != nil {
		return Comparison{}, err
	}
	if from == "" {
		from = "0"
		if c.To.Version != nil {
			from = strconv.FormatInt(c.To.Version.Base, 10)
		}
	}
	if c.From, err = s.end(ctx, shelf, "from", from); err != nil {
		return Comparison{}, err
	}
	c.Changes = Compare(c.From.Text, c.To.Text)
	return c, nil
}

// newestPublic is the number of the version that a reader wants to see compared: the one that
// waits, else the one in force; 0 for none.
func (s Shelved) newestPublic(ctx context.Context) int64 {
	for _, v := range s.Versions {
		if v.Public(clock.Now(ctx)) {
			return v.Number
		}
	}
	return 0
}

func (s Reader) end(ctx context.Context, shelf Shelved, field, name string) (End, error) {
	e := End{Name: name}
	var err error
	if _, ok := Day(name); ok {
		e.Day = name
		r, err := s.At(ctx, shelf, name)
		e.Text = r.Text
		return e, err
	}
	if !named.MatchString(name) {
		return End{}, problem.WrongField(field, "not-a-version", "버전 번호나 2026-03-01 같은 날짜를 씁니다.", "The number of a version, or a day as 2026-03-01.")
	}
	number, err := strconv.ParseInt(name, 10, 64)
	if err != nil || number == 0 {
		return e, err //nolint:wrapcheck // digits alone: it does not fail
	}
	v, there := shelf.Version(number)
	if !there {
		return End{}, problem.Absent()
	}
	e.Version = &v
	e.Text, err = s.Text(ctx, shelf, v)
	return e, err
}

// Usual says whether a comparison is one that is asked for again: of a version with what it
// changes. Of any two there are too many to keep.
func (c Comparison) Usual() bool {
	return c.To.Version != nil && c.From.Day == "" && c.From.Name == strconv.FormatInt(c.To.Version.Base, 10)
}

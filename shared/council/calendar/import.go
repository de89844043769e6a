package calendar

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
)

// The limits of one import.
const (
	MostBytes    = 1 << 20
	MostImported = 500 // events, each date of a series for itself
	MostPassed   = 50  // names of what nothing is read of
	MostWrong    = 100 // mistakes of a file that are told, and a few: more than anybody mends at once
	mostColumns  = 100 // of a table
	mostUID      = 300 // characters
)

// Horizon is how long before and behind today dates of a series are brought along: a year, and two.
func Horizon(now time.Time) (from, until time.Time) {
	today := clock.Midnight(now)
	return today.AddDate(-1, 0, 0), today.AddDate(2, 0, 0)
}

// Found is an event in a file.
type Found struct {
	Content

	Line   int            // where it begins
	Lines  map[string]int // of its fields that have lines of their own
	UID    string         // its own, for ever
	Origin string         // that of the file: of all dates of a series the same
	Table  bool           // it is a line of a table, whose UID follows from what it says: of another unit it is another event
	Said   Fields         // what the file can say of an event; of others it leaves them as they are
}

// Fields are some of an event's.
type Fields struct{ Category, TitleEn, Text, Place, MapURL, URL bool }

// Of is the line of a field.
func (f Found) Of(field string) int {
	if line := f.Lines[field]; line > 0 {
		return line
	}
	return f.Line
}

// Wrong is something in a file that keeps all of it out.
type Wrong struct {
	problem.Field

	Line int // the first is 1
}

// Reading is what a file holds.
type Reading struct {
	Events []Found
	Wrong  []Wrong  // what was found until there was too much of it: MostWrong, and what else is wrong with the last
	Passed []string // what nothing is read of, the first MostPassed
}

// over says that enough is wrong: the rest is not read.
func (r *Reading) over() bool { return len(r.Wrong) >= MostWrong }

func (r *Reading) refuse(line int, field, code, ko, en string) {
	r.Wrong = append(r.Wrong, Wrong{problem.Field{Name: field, Code: code, Message: problem.Text{KO: ko, EN: en}}, line})
}

func (r *Reading) pass(what string) {
	if len(r.Passed) < MostPassed && !slices.Contains(r.Passed, what) {
		r.Passed = append(r.Passed, what)
	}
}

// Deed is what an import does with an event.
type Deed string

// The deeds.
const (
	New     Deed = "new"
	Changes Deed = "changed"
	Same    Deed = "same"
	Stays   Deed = "deleted" // somebody deleted it here: it does not come back
	Goes    Deed = "removed" // its file has it no more
	Belongs Deed = "another" // another unit has it: it stays there, as it is
)

// Weighed is a Found that was looked at before it is imported, or what goes.
type Weighed struct {
	Found

	Deed  Deed
	Wrong []Wrong

	was Event
}

// Target is where an import goes.
type Target struct {
	Unit     string
	Category string // of events that name none that there is
}

// Weigh says what would become of what a file holds. Units are those that exist.
func (s Reader) Weigh(ctx context.Context, list []Found, to Target, units []string) ([]Weighed, error) {
	p, err := policy.Read[Policy](ctx, s.db)
	if err != nil {
		return nil, err
	}
	var f check.Fields
	to.Unit = f.Named("unit", to.Unit, units...)
	to.Category = f.Named("category", to.Category, p.Words()...)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := writable(auth.From(ctx), to.Unit); err != nil {
		return nil, err
	}
	list, known, err := s.owned(ctx, list, to.Unit)
	if err != nil {
		return nil, err
	}
	unwanted, err := s.unwanted(ctx, list)
	if err != nil {
		return nil, err
	}
	weighed, seen := []Weighed{}, map[string]bool{}
	for _, found := range list {
		w := found.weigh(ctx, known[found.UID], to, p.Words())
		if unit, is := unwanted[hashed(found.UID)]; is && w.Deed == New && auth.From(ctx).May(auth.Write, unit) {
			w.Deed = Stays
		}
		if seen[found.UID] {
			w.refuse("uid", "repeated", "같은 일정(UID)이 앞에 있습니다.", "The same event (UID) stands before it.")
		}
		seen[found.UID] = true
		weighed = append(weighed, w)
	}
	gone, err := s.gone(ctx, list, seen)
	return append(weighed, gone...), err
}

func (w *Weighed) refuse(field, code, ko, en string) {
	w.Wrong = append(w.Wrong, Wrong{problem.Field{Name: field, Code: code, Message: problem.Text{KO: ko, EN: en}}, w.Of(field)})
}

func (f Found) weigh(ctx context.Context, was *Event, to Target, categories []string) Weighed {
	w := Weighed{Found: f, Deed: New}
	w.Unit = to.Unit
	if !slices.Contains(categories, w.Category) {
		w.Category, w.Said.Category = to.Category, false
	}
	if was != nil {
		w.was, w.Unit = *was, was.Unit // it stays where it is
		if !w.Said.Category {
			w.Category = was.Category
		}
		keep := func(said bool, to *string, is string) {
			if !said {
				*to = is
			}
		}
		keep(w.Said.TitleEn, &w.TitleEn, was.TitleEn)
		keep(w.Said.Text, &w.Text, was.Text)
		keep(w.Said.Place, &w.Place, was.Place)
		keep(w.Said.MapURL, &w.MapURL, was.MapURL)
		keep(w.Said.URL, &w.URL, was.URL)
	}
	var c check.Fields
	w.Content = w.Check(&c, []string{w.Unit}, append(slices.Clone(categories), w.Category), nil)
	w.Span.check(&c)
	if p := problem.Find(c.Err()); p != nil {
		for _, field := range p.Fields {
			w.Wrong = append(w.Wrong, Wrong{field, w.Of(field.Name)})
		}
	}
	switch {
	case was == nil:
	case !auth.From(ctx).May(auth.Write, was.Unit):
		return Weighed{Found: Found{Content: f.Content, Line: f.Line, Lines: f.Lines, UID: f.UID, Origin: f.Origin}.in(was.Unit), Deed: Belongs}
	case was.DeletedAt != nil && !was.Missing:
		w.Deed = Stays
	case was.DeletedAt == nil && was.Content.same(w.Content):
		w.Deed = Same
	default:
		w.Deed = Changes
	}
	return w
}

// in is f as an event of a unit.
func (f Found) in(unit string) Found {
	f.Unit = unit
	return f
}

// same says whether two contents say the same.
func (c Content) same(o Content) bool {
	span := c.Span.equal(o.Span)
	c.Span, o.Span = Span{}, Span{}
	return span && c == o
}

// owned is a list as a unit would import it, with the events that there are of it: a line of a table that is not the unit's
// already has a UID of its own in each unit, since two units may hold their assemblies at the same hour.
func (s Reader) owned(ctx context.Context, list []Found, unit string) ([]Found, map[string]*Event, error) {
	list = slices.Clone(list)
	before, err := s.known(ctx, list) // as an older release wrote lines of tables
	if err != nil {
		return nil, nil, err
	}
	for i, f := range list {
		if was := before[f.UID]; f.Table && (was == nil || was.Unit != unit) {
			list[i].UID = tableUID(f.UID, unit)
			list[i].Origin = list[i].UID
		}
	}
	known, err := s.known(ctx, list)
	return list, known, err
}

// known are the events that there are, by UID, deleted ones included.
func (s Reader) known(ctx context.Context, list []Found) (map[string]*Event, error) {
	known := map[string]*Event{}
	uids := []any{}
	for _, f := range list {
		uids = append(uids, f.UID)
	}
	for part := range slices.Chunk(uids, database.Chunk) {
		found, err := database.All(ctx, s.db, scan, `SELECT `+columns+` FROM calendar_events WHERE uid IN (`+database.Marks(1, len(part))+`)`, part...)
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			known[e.UID] = &e
		}
	}
	return known, nil
}

// unwanted are the units in which somebody deleted what a file has, where that is gone for good: by the hash of its UID.
func (s Reader) unwanted(ctx context.Context, list []Found) (map[string]string, error) {
	units, hashes := map[string]string{}, []string{}
	for _, f := range list {
		hashes = append(hashes, hashed(f.UID))
	}
	for part := range slices.Chunk(hashes, database.Chunk) {
		var w database.Where
		w.In(`uid_hash`, part...)
		if _, err := database.All(ctx, s.db, func(r database.Row) (hash string, err error) {
			var unit string
			err = r.Scan(&hash, &unit)
			units[hash] = unit
			return hash, err
		}, `SELECT uid_hash, unit FROM calendar_unwanted`+w.String(), w.Args...); err != nil {
			return nil, err
		}
	}
	return units, nil
}

// gone are events of the same origins that their file has no more: dates of a series that were moved. Those before the
// horizon are not asked for.
func (s Reader) gone(ctx context.Context, list []Found, there map[string]bool) ([]Weighed, error) {
	origins, gone := []any{}, []Weighed{}
	for _, f := range list {
		if f.Origin != "" && !slices.Contains(origins, any(f.Origin)) {
			origins = append(origins, f.Origin)
		}
	}
	from, _ := Horizon(clock.Now(ctx))
	for part := range slices.Chunk(origins, database.Chunk) {
		found, err := database.All(ctx, s.db, scan, `SELECT `+columns+` FROM calendar_events WHERE origin IN (`+database.Marks(2, len(part))+`) AND deleted_at IS NULL AND starts >= $1 ORDER BY starts, id`,
			append([]any{clock.Millis(from)}, part...)...)
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			if !there[e.UID] && auth.From(ctx).May(auth.Write, e.Unit) {
				gone = append(gone, Weighed{Found: Found{Content: e.Content, UID: e.UID, Origin: e.Origin}, Deed: Goes, was: e})
			}
		}
	}
	return gone, nil
}

// Import does what Weigh said, with all or, where anything is wrong, with nothing. It returns how much of what it did.
func (s Writer) Import(ctx context.Context, list []Weighed) (map[Deed]int, error) {
	done := map[Deed]int{}
	for _, w := range list {
		if w.Deed == Belongs {
			done[w.Deed]++
			continue
		}
		if len(w.Wrong) > 0 {
			return nil, fmt.Errorf("event %q of line %d is wrong, and was to be imported", w.UID, w.Line)
		}
		if err := writable(auth.From(ctx), w.Unit); err != nil {
			return nil, err
		}
		var err error
		switch w.Deed {
		case New:
			_, err = s.insert(ctx, Event{Content: w.Content, UID: w.UID, Origin: w.Origin})
		case Changes:
			_, err = s.replace(ctx, w.was, w.Content)
		case Goes:
			err = s.remove(ctx, w.was, true)
		case Same, Stays, Belongs:
		}
		if p := problem.Find(err); p != nil && p.Kind == problem.PreconditionFailed {
			err = problem.New(problem.Conflict, "changed-meanwhile", "그사이 일정이 바뀌었습니다. 다시 미리 보세요.", "An event was changed meanwhile. Look at it again.")
		}
		if err != nil {
			return nil, err
		}
		done[w.Deed]++
	}
	return done, nil
}

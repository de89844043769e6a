package thing

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
)

// Dated is one date of a thing.
type Dated struct {
	Thing

	Date Date
	Nth  int // how many dates of its label its thing has before it
}

// Agenda are up to limit dates of things that guests read now, from a time on and before another, the first first: those
// of some labels, or with none all.
func (s Store) Agenda(ctx context.Context, from, until time.Time, limit int, labels ...string) ([]Dated, error) {
	w := starting(from, until)
	if len(labels) > 0 {
		w.In(`d.label`, labels...)
	}
	return s.dated(ctx, w, limit)
}

// Starting are up to limit dates of things of a kind that guests read now, from a time on and before another, the first first.
func (s Store) Starting(ctx context.Context, kind string, from, until time.Time, limit int) ([]Dated, error) {
	w := starting(from, until)
	w.Add(`d.kind = ?`, kind)
	return s.dated(ctx, w, limit)
}

// Begin says which of some things have a date from a time on and before another, whoever reads them: one that is cancelled has none.
func (s Store) Begin(ctx context.Context, from, until time.Time, refs ...Ref) (map[Ref]bool, error) {
	found := map[Ref]bool{}
	for part := range slices.Chunk(refs, database.Chunk) {
		ids := []string{}
		for _, ref := range part {
			ids = append(ids, ref.ID)
		}
		w := starting(from, until)
		w.In(`d.id`, ids...)
		if _, err := database.All(ctx, s.DB, func(r database.Row) (Ref, error) {
			var ref Ref
			err := r.Scan(&ref.Kind, &ref.ID)
			found[ref] = slices.Contains(part, ref)
			return ref, err
		}, `SELECT d.kind, d.id FROM thing_dates d`+w.String(), w.Args...); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// starting is the condition for dates that begin from a time on and before another.
func starting(from, until time.Time) database.Where {
	var w database.Where
	w.Add(`d.starts >= ? AND d.starts < ?`, clock.Millis(from), clock.Millis(until))
	return w
}

// Between are up to limit dates, of any of which there is a part from a time on and before another, of things that guests
// read now and that are not of a kind, the first first. What has no end is where it starts.
func (s Store) Between(ctx context.Context, from, until time.Time, without string, limit int) ([]Dated, error) {
	w := overlapping(from, until)
	w.Add(`d.kind <> ?`, without)
	return s.dated(ctx, w, limit)
}

// overlapping is the condition for dates of which there is a part from a time on and before another. None is longer than
// MostDate, so that the index has both ends.
func overlapping(from, until time.Time) database.Where {
	var w database.Where
	w.Add(`d.starts < ? AND d.starts >= ? AND (d.starts >= ? OR d.ends > ?)`, clock.Millis(until), clock.Millis(from.Add(-MostDate)), clock.Millis(from), clock.Millis(from))
	return w
}

func (s Store) dated(ctx context.Context, w database.Where, limit int) ([]Dated, error) {
	public(&w, clock.Millis(clock.Now(ctx)))
	return database.All(ctx, s.DB, func(r database.Row) (Dated, error) {
		var date dateRow
		var nth int
		v, err := scanWith(r, append(date.fields(), &nth)...)
		return Dated{Thing: v.Thing, Date: date.date(), Nth: nth}, err
	}, `SELECT t.`+strings.ReplaceAll(columns, `, `, `, t.`)+`, `+dateColumns+`,
		(SELECT COUNT(*) FROM thing_dates o WHERE o.kind = d.kind AND o.id = d.id AND o.label = d.label AND o.starts < d.starts)
		FROM thing_dates d JOIN things t ON t.kind = d.kind AND t.id = d.id`+
		w.String()+` ORDER BY d.starts, t.title, t.number, d.label`+database.Limit(limit), w.Args...)
}

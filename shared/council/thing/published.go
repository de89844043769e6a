package thing

import (
	"context"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/text"
)

// Published narrows what everybody may read.
type Published struct {
	Kinds []string
	Unit  string // "" for all
	Tag   string // whole, whatever its case and spaces; "" for all
}

// open is the condition for what everybody may read while it is visible, on a page of its own.
const open = `readers = '` + string(Guests) + `' AND path <> '' AND hidden_at IS NULL`

// public is the condition for what everybody may read at a time.
func public(w *database.Where, now int64) {
	w.Add(open+` AND visible_from <= ? AND (visible_until IS NULL OR visible_until > ?)`, now, now)
}

// NextPublic is the next time after now at which what everybody may read of some kinds changes by
// itself; nil for never.
func (s Store) NextPublic(ctx context.Context, kinds ...string) (*time.Time, error) {
	return s.nextChange(ctx, open, kinds)
}

// Latest are the things with pages that everybody may read now, what came out last first, at
// most so many and without their texts. They are in the order of From and not of At: the minutes
// of a meeting in March come out in May.
func (s Store) Latest(ctx context.Context, of Published, limit int) ([]Thing, error) {
	if len(of.Kinds) == 0 {
		return nil, nil
	}
	var args []any
	parts := []string{}
	for _, kind := range of.Kinds {
		w := database.Where{Args: args}
		w.Add(`kind = ?`, kind)
		public(&w, clock.Millis(clock.Now(ctx)))
		if of.Unit != "" {
			w.Add(`unit = ?`, of.Unit)
		}
		if of.Tag != "" {
			w.Add(`'`+"\n"+`' || labels || '`+"\n"+`' LIKE ? ESCAPE '\'`, database.Part("\n"+text.Squeeze(of.Tag)+"\n"))
		}
		// Each kind follows its index, and stops.
		parts = append(parts, `SELECT * FROM (SELECT `+columns+` FROM things`+w.String()+` ORDER BY visible_from DESC, id DESC`+database.Limit(limit)+`) AS latest`)
		args = w.Args
	}
	list, err := database.All(ctx, s.DB, scan, strings.Join(parts, ` UNION ALL `)+` ORDER BY visible_from DESC, id DESC, kind`+database.Limit(limit), args...)
	return unwrapped(list), err
}

// Public are the things of a kind with pages that everybody may read now, by their ids, behind
// the first so many, without their texts.
func (s Store) Public(ctx context.Context, kind string, skip, limit int) ([]Thing, error) {
	var w database.Where
	w.Add(`kind = ?`, kind)
	public(&w, clock.Millis(clock.Now(ctx)))
	w.Args = append(w.Args, skip)
	list, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM things`+w.String()+` ORDER BY id`+database.Limit(limit)+` OFFSET `+database.Marks(len(w.Args), 1), w.Args...)
	return unwrapped(list), err
}

// CountPublic is how many things there are of each kind with pages that everybody may read now.
func (s Store) CountPublic(ctx context.Context) (map[string]int, error) {
	var w database.Where
	public(&w, clock.Millis(clock.Now(ctx)))
	counts := map[string]int{}
	_, err := database.All(ctx, s.DB, func(r database.Row) (n int, err error) {
		var kind string
		err = r.Scan(&kind, &n)
		counts[kind] = n
		return n, err
	}, `SELECT kind, COUNT(*) FROM things`+w.String()+` GROUP BY kind`, w.Args...)
	return counts, err
}

// PublicUnits are the units that have something of some kinds with a page that everybody may
// read now.
func (s Store) PublicUnits(ctx context.Context, kinds ...string) ([]string, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	var w database.Where
	w.In(`kind`, kinds...)
	public(&w, clock.Millis(clock.Now(ctx)))
	return database.All(ctx, s.DB, database.Value[string], `SELECT DISTINCT unit FROM things`+w.String()+` ORDER BY unit`, w.Args...)
}

// Updated is when what a published thing says last became what it is now.
func (t Thing) Updated() time.Time {
	switch {
	case t.From == nil:
		return t.At
	case t.Edited != nil && t.Edited.After(*t.From):
		return *t.Edited
	default:
		return *t.From
	}
}

func unwrapped(list []row) []Thing {
	things := []Thing{}
	for _, r := range list {
		things = append(things, r.Thing)
	}
	return things
}

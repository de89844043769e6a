package thing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// Store keeps things in the database.
type Store struct{ DB *database.DB }

// Put makes t what the index says of a thing, in the unit of work that writes the thing,
// and touches the pages of its kind and of itself. What shows on no page now or later,
// before as after, touches none. An older version than the index has changes nothing.
func (s Store) Put(ctx context.Context, t Thing) error {
	switch kind, known := KindOf(t.Kind); {
	case !known:
		return fmt.Errorf("thing: %s is of no kind in thing.Kinds", t.Tag())
	case len(t.Dates) > 0 && !kind.Dated:
		return fmt.Errorf("thing: %s has dates, and its kind none in thing.Kinds", t.Tag())
	case slices.ContainsFunc(t.Dates, func(d Date) bool { return d.Ends != nil && d.Ends.Sub(d.Starts) > MostDate }):
		return fmt.Errorf("thing: %s has a date of more than %s", t.Tag(), MostDate)
	}
	r, err := t.row()
	if err != nil {
		return err
	}
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		was, err := s.lock(ctx, t.Ref)
		if err != nil || was != nil && was.checksum == r.checksum {
			return err
		}
		now := clock.Now(ctx)
		before, err := s.relatedTags(ctx, t.Ref)
		if err != nil {
			return err
		}
		saved, err := s.save(ctx, r, was, &now)
		if err != nil || !saved {
			return err
		}
		// What was not indexed yet may have shown before.
		if t.Shows(now) && (was == nil || was.HiddenAt == nil) || was != nil && was.Shows(now) || was == nil && t.Version > 1 {
			after, err := s.relatedTags(ctx, t.Ref)
			if err != nil {
				return err
			}
			return touch.Tags(ctx, s.DB, slices.Concat(tags(now, t, was), before, after)...)
		}
		return nil
	})
}

// Drop takes a thing out of the index, in the unit of work that takes it from its readers,
// and touches the pages that showed it.
func (s Store) Drop(ctx context.Context, ref Ref) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		was, err := s.stored(ctx, ref)
		if err != nil {
			return err
		}
		if was == nil || was.Shows(clock.Now(ctx)) {
			led, err := s.relatedTags(ctx, ref)
			if err != nil {
				return err
			}
			if err := touch.Tags(ctx, s.DB, append(tags(clock.Now(ctx), Thing{Ref: ref}, was), led...)...); err != nil {
				return err
			}
		}
		if was == nil {
			return nil
		}
		return s.remove(ctx, *was)
	})
}

// Hide takes a thing from all readers but moderators of its unit, or gives it back to them,
// and touches the pages that show it. It fails with problem.Absent.
func (s Store) Hide(ctx context.Context, ref Ref, hide bool) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		was, err := s.stored(ctx, ref)
		if err != nil {
			return err
		}
		if was == nil {
			return problem.Absent()
		}
		if hide == (was.HiddenAt != nil) {
			return nil
		}
		now := clock.Now(ctx)
		shown := was.Thing
		if shown.HiddenAt = nil; shown.Shows(now) {
			led, err := s.relatedTags(ctx, ref)
			if err != nil {
				return err
			}
			if err := touch.Tags(ctx, s.DB, append(tags(now, shown, was), led...)...); err != nil {
				return err
			}
		}
		is := *was
		var at *int64
		if is.HiddenAt = nil; hide {
			at, is.HiddenAt = clock.MillisOf(&now), &now
		}
		if err := s.saveGone(ctx, ref, was, &is, now); err != nil {
			return err
		}
		_, err = s.DB.Exec(ctx, `UPDATE things SET hidden_at = $1 WHERE number = $2`, at, ref.number())
		return err
	})
}

// tags are those of what shows a thing as it was or is: with what is urgent, every page.
func tags(now time.Time, t Thing, was *row) []string {
	list := []string{t.Kind, t.Tag()}
	if urgent(t, now) || was != nil && urgent(was.Thing, now) {
		list = append(list, UrgentTag)
	}
	return list
}

// lock is stored, and lets no other writer change the row until the end of the unit of
// work: the difference of letters is that to what it reads.
func (s Store) lock(ctx context.Context, ref Ref) (*row, error) {
	if n, err := s.DB.Exec(ctx, `UPDATE things SET version = version WHERE number = $1`, ref.number()); err != nil || n == 0 {
		return nil, err
	}
	return s.stored(ctx, ref)
}

// stored is the row of a thing with what its letters follow from, nil for none.
func (s Store) stored(ctx context.Context, ref Ref) (*row, error) {
	list, err := database.All(ctx, s.DB, scanFolded, `SELECT `+columns+`, folded, initials FROM things WHERE number = $1 AND kind = $2 AND id = $3`, ref.number(), ref.Kind, ref.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Readable are those of some things that the caller may read now, without their texts. For
// an editor that includes drafts of the editor's units.
func (s Store) Readable(ctx context.Context, refs ...Ref) (map[Ref]Thing, error) {
	found := map[Ref]Thing{}
	for part := range slices.Chunk(refs, database.Chunk) {
		args := []any{}
		for _, ref := range part {
			args = append(args, ref.number())
		}
		list, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM things WHERE number IN (`+database.Marks(1, len(args))+`)`, args...)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			if slices.Contains(part, r.Ref) && r.Readable(ctx) {
				found[r.Ref] = r.Thing
			}
		}
	}
	return found, nil
}

// Units are those of some things, visible or not; of one that is not indexed there is none.
func (s Store) Units(ctx context.Context, refs ...Ref) (map[Ref]string, error) {
	units := map[Ref]string{}
	for part := range slices.Chunk(refs, database.Chunk) {
		args := []any{}
		for _, ref := range part {
			args = append(args, ref.number())
		}
		_, err := database.All(ctx, s.DB, func(r database.Row) (Ref, error) {
			var ref Ref
			var unit string
			err := r.Scan(&ref.Kind, &ref.ID, &unit)
			units[ref] = unit
			return ref, err
		}, `SELECT kind, id, unit FROM things WHERE number IN (`+database.Marks(1, len(args))+`)`, args...)
		if err != nil {
			return nil, err
		}
	}
	return units, nil
}

// NextChange is the next time after now at which what readers see of some kinds changes by
// itself; nil for never.
func (s Store) NextChange(ctx context.Context, kinds ...string) (*time.Time, error) {
	return s.nextChange(ctx, `hidden_at IS NULL`, kinds)
}

// nextChange is NextChange of things that are as a condition says.
func (s Store) nextChange(ctx context.Context, condition string, kinds []string) (*time.Time, error) {
	if len(kinds) == 0 {
		return nil, nil //nolint:nilnil // nothing changes
	}
	parts, args := []string{}, []any{clock.Millis(clock.Now(ctx))}
	for _, kind := range kinds {
		args = append(args, kind)
		parts = append(parts,
			fmt.Sprintf(`SELECT MIN(visible_from) AS at FROM things WHERE kind = $%d AND visible_from > $1 AND (visible_until IS NULL OR visible_from < visible_until) AND `, len(args))+condition,
			fmt.Sprintf(`SELECT MIN(visible_until) FROM things WHERE kind = $%d AND visible_until > $1 AND visible_from < visible_until AND `, len(args))+condition)
	}
	next, err := database.One(ctx, s.DB, database.Value[*int64], `SELECT MIN(at) FROM (`+strings.Join(parts, " UNION ALL ")+`) AS changes`, args...)
	return clock.FromMillisOf(next), err
}

// Source is where things of a kind are kept by their owner.
type Source struct {
	Kind string
	// Next are up to limit things behind an id, in the order of their ids: those that Put
	// was or should have been called for last, not those that were dropped.
	Next func(ctx context.Context, behind string, limit int) ([]Thing, error)
}

// has says whether there still is a thing that Next gave behind an id.
func (s Source) has(ctx context.Context, behind, id string, given []Thing) (bool, error) {
	for _, t := range given {
		if t.ID >= id {
			break
		}
		behind = t.ID
	}
	next, err := s.Next(ctx, behind, 1)
	return err == nil && len(next) > 0 && next[0].ID == id, err
}

// together is how many things are asked for at once. Their owner reads them whole: of the longest notice, two texts of
// 100 000 characters and what is made of them, that is 6 MB, of 64 that sweep has.
const together = 4

// Chores are what is to be done about the index by itself: a part of the things of each
// kind is compared with what their owners keep, and mended. That indexes what is older than
// the index, too.
func (s Store) Chores(sources ...Source) []chore.Chore {
	return []chore.Chore{{Name: "things-reindexed", Budget: chore.Outward, Do: func(ctx context.Context, limit int) (int, error) {
		mended := 0
		for _, source := range sources {
			for left := limit; left > 0; left -= together {
				n, end, err := s.walk(ctx, source, min(left, together))
				if mended += n; err != nil {
					return mended, fmt.Errorf("things of kind %s: %w", source.Kind, err)
				}
				if end == "" {
					break
				}
			}
		}
		return mended, nil
	}}, {Name: "thing-letters-forgotten", Do: s.forgetLetters}, {Name: "things-gone-forgotten", Do: s.forgetGone}}
}

// lettersWalk is the place of forgetLetters among those of the kinds.
const lettersWalk = "letters"

// forgetLetters deletes the letters of things that there no longer are: an older release drops things alone. It returns for
// how many things it did, and looks at the next of them.
func (s Store) forgetLetters(ctx context.Context, limit int) (int, error) {
	behind, err := s.behind(ctx, lettersWalk)
	if err != nil {
		return 0, err
	}
	last := int64(-1)
	if behind != "" {
		if last, err = strconv.ParseInt(behind, 10, 64); err != nil {
			return 0, fmt.Errorf("place of %s: %w", lettersWalk, err)
		}
	}
	seen, gone := 0, []int64{}
	if _, err := database.All(ctx, s.DB, func(r database.Row) (number int64, err error) {
		var there bool
		if err = r.Scan(&number, &there); !there {
			gone = append(gone, number)
		}
		seen, last = seen+1, number
		return number, err
	}, `WITH RECURSIVE walked (number, n) AS (
			SELECT MIN(number), 1 FROM thing_letters WHERE number > $1
			UNION ALL SELECT (SELECT MIN(l.number) FROM thing_letters l WHERE l.number > w.number), w.n + 1 FROM walked w WHERE w.number IS NOT NULL AND w.n < $2)
		SELECT w.number, EXISTS (SELECT 1 FROM things t WHERE t.number = w.number) FROM walked w WHERE w.number IS NOT NULL ORDER BY w.number`, last, limit); err != nil {
		return 0, err
	}
	for _, number := range gone {
		if _, err := s.DB.Exec(ctx, `DELETE FROM thing_letters WHERE number = $1 AND NOT EXISTS (SELECT 1 FROM things WHERE number = $1)`, number); err != nil {
			return 0, err
		}
	}
	end := ""
	if seen == limit {
		end = strconv.FormatInt(last, 10)
	}
	return len(gone), s.walked(ctx, lettersWalk, end)
}

// behind is where a walk goes on, "" for its beginning.
func (s Store) behind(ctx context.Context, walk string) (string, error) {
	places, err := database.All(ctx, s.DB, database.Value[string], `SELECT behind FROM thing_walks WHERE kind = $1`, walk)
	return strings.Join(places, ""), err
}

func (s Store) walked(ctx context.Context, walk, end string) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO thing_walks (kind, behind) VALUES ($1, $2) ON CONFLICT (kind) DO UPDATE SET behind = excluded.behind`, walk, end)
	return err
}

// Renew has everything indexed anew: the chore does it, and until then things are searched by their texts. It returns how
// many things are still to be renewed.
func (s Store) Renew(ctx context.Context) (int, error) {
	err := s.DB.Atomic(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `DELETE FROM thing_walks`); err != nil {
			return err
		}
		_, err := s.DB.Exec(ctx, `UPDATE things SET checksum = ''`)
		return err
	})
	if err != nil {
		return 0, err
	}
	return s.Stale(ctx)
}

// Stale is how many things wait to be indexed anew.
func (s Store) Stale(ctx context.Context) (int, error) {
	n, err := database.One(ctx, s.DB, database.Value[int64], `SELECT COUNT(*) FROM things WHERE `+stale)
	return int(n), err
}

// walk compares the next things of a kind and returns how many it mended, and the last that it compared, "" for the end of the
// kind. The index is read before the owner, so that what is made meanwhile is not taken for gone.
func (s Store) walk(ctx context.Context, source Source, limit int) (mended int, end string, err error) {
	behind, err := s.behind(ctx, source.Kind)
	if err != nil {
		return 0, "", err
	}
	list, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM things WHERE kind = $1 AND id > $2 ORDER BY id`+database.Limit(limit), source.Kind, behind)
	if err != nil {
		return 0, "", err
	}
	things, err := source.Next(ctx, behind, limit)
	if err != nil {
		return 0, "", err
	}
	// Only up to where both were read can something be missing.
	if len(list) == limit {
		end = list[limit-1].ID
	}
	if len(things) == limit && (end == "" || things[limit-1].ID < end) {
		end = things[limit-1].ID
	}
	owned, indexed := map[string]row{}, map[string]bool{}
	for _, r := range list {
		indexed[r.ID] = true
	}
	for _, t := range things {
		if end != "" && t.ID > end {
			continue
		}
		if owned[t.ID], err = t.row(); err != nil {
			return 0, "", err
		}
	}
	differ, gone := compare(slices.DeleteFunc(list, func(r row) bool { return end != "" && r.ID > end }), owned)
	for _, r := range differ {
		if err := s.DB.Atomic(ctx, func(ctx context.Context) error {
			was, err := s.lock(ctx, r.Ref)
			if err != nil || was == nil && indexed[r.ID] { // dropped since it was read
				return err
			}
			if was == nil { // what was made and dropped meanwhile has no row to tell it
				if still, err := source.has(ctx, behind, r.ID, things); err != nil || !still {
					return err
				}
			}
			saved, err := s.save(ctx, r, was, nil) // nobody edited it
			if saved {
				mended++
			}
			return err
		}); err != nil {
			return mended, "", err
		}
	}
	for _, r := range gone {
		if err := s.DB.Atomic(ctx, func(ctx context.Context) error { return s.remove(ctx, r) }); err != nil {
			return mended, "", err
		}
		mended++
	}
	return mended, end, s.walked(ctx, source.Kind, end)
}

// Personal is what things keep of members: who made one, which nobody is shown here. Its
// owner exports it.
func (s Store) Personal() []person.Data {
	return []person.Data{{
		// The index of what notices and others keep, which their own lines are about.
		Columns: []person.Column{{Name: "things.author_id", Fate: person.Forgotten}},
		Forget: func(ctx context.Context, memberID string) error {
			_, err := s.DB.Exec(ctx, `UPDATE things SET author_id = NULL WHERE author_id = $1`, memberID)
			return err
		},
	}}
}

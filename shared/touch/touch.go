// Package touch says what a write changed, by the tags of the pages that show it.
//
// A touch is part of the write: its rows are saved in the same unit of work, so that none is
// lost however the process ends. The pages are told before the commit that something is about
// to change and afterwards that it has (package page); then the rows go. What is left of them
// because Redis did not answer, or the process ended, is told by whoever comes next: this
// process a second later, the next write, the next event, sweep.
package touch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/database"
)

// patience is how long a write waits for Redis and the rows of touches: ten times as long
// as either takes that is not away.
const patience = 2 * time.Second

// atOnce is how many rows are told at once.
const atOnce = 500

// Pages are told of touches; page.Store is one.
type Pages interface {
	Announce(ctx context.Context, write string, tags []string) error
	Settle(ctx context.Context, write string, tags []string) error
}

// Store keeps the touches that pages were not told of yet.
type Store struct {
	DB    *database.DB
	Pages Pages
}

// Settle tells the pages of what is left, and returns how many rows that were.
func (s Store) Settle(ctx context.Context) (int, error) {
	return s.settle(ctx, "", nil)
}

// settle tells the pages of a write's own tags and of everything that is left.
func (s Store) settle(ctx context.Context, write string, tags []string) (int, error) {
	type row struct{ id, tag string }
	list, err := database.All(ctx, s.DB, func(r database.Row) (row, error) {
		var t row
		err := r.Scan(&t.id, &t.tag)
		return t, err
	}, `SELECT id, tag FROM touches ORDER BY id LIMIT $1`, atOnce)
	all := slices.Clone(tags)
	for _, t := range list {
		all = append(all, t.tag)
	}
	if told := s.Pages.Settle(ctx, write, unique(all)); err != nil || told != nil || len(list) == 0 {
		return 0, errors.Join(err, told)
	}
	ids := make([]any, len(list))
	for i, t := range list {
		ids[i] = t.id
	}
	_, err = s.DB.Exec(ctx, `DELETE FROM touches WHERE id IN (`+database.Marks(1, len(ids))+`)`, ids...)
	return len(list), err
}

func unique(tags []string) []string {
	slices.Sort(tags)
	return slices.Compact(tags)
}

// Set is what was touched in the course of a request, and who is told.
type Set struct {
	Store Store
	Log   *slog.Logger
	// Owed is called where the pages could not be told after a commit. Nil: the rows wait
	// for who comes next.
	Owed func()

	mu    sync.Mutex
	tags  []string
	units map[*database.Unit]*write
}

// write is what one unit of work touches.
type write struct {
	id   string
	tags []string
}

type setKey struct{}

// With is a context in which what is touched goes to set.
func With(ctx context.Context, set *Set) context.Context {
	return context.WithValue(ctx, setKey{}, set)
}

func setOf(ctx context.Context) *Set {
	set, _ := ctx.Value(setKey{}).(*Set)
	return set
}

// Tags says that what pages with these tags show changes with the unit of work of ctx. It
// fails outside of one: the touch and what it is about are saved together.
func Tags(ctx context.Context, db *database.DB, tags ...string) error {
	unit := database.UnitOf(ctx)
	if unit == nil {
		return errors.New("touch: outside of a unit of work: write what is touched, and touch it, in db.Atomic")
	}
	for _, tag := range tags {
		id, err := check.NewID()
		if err != nil {
			return err
		}
		if _, err := db.Exec(ctx, `INSERT INTO touches (id, tag) VALUES ($1, $2)`, id, tag); err != nil {
			return fmt.Errorf("touch %s: %w", tag, err)
		}
	}
	if set := setOf(ctx); set != nil {
		set.add(unit, tags)
	}
	return nil
}

// Also has the pages that are eager under these tags rendered anew, of a change that is
// another function's.
func Also(ctx context.Context, tags ...string) {
	if set := setOf(ctx); set != nil {
		set.mu.Lock()
		defer set.mu.Unlock()
		set.tags = append(set.tags, tags...)
	}
}

// From are the tags that were touched in ctx, each once, in order. A unit of work that was
// rolled back may have added some: they have pages rendered for nothing.
func From(ctx context.Context) []string {
	set := setOf(ctx)
	if set == nil {
		return nil
	}
	set.mu.Lock()
	defer set.mu.Unlock()
	return unique(slices.Clone(set.tags))
}

func (s *Set) add(unit *database.Unit, tags []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tags = append(s.tags, tags...)
	w := s.units[unit]
	if w == nil {
		if s.units == nil {
			s.units = map[*database.Unit]*write{}
		}
		w = &write{}
		s.units[unit] = w
		if s.Store.Pages != nil {
			unit.Around(database.Around{
				Before: func(ctx context.Context) { s.announce(ctx, w) },
				After:  func(ctx context.Context, err error) { s.settled(ctx, w, err) },
			})
		}
	}
	w.tags = unique(append(w.tags, tags...))
}

// announce may fail: then only a process that dies before it has settled leaves pages that
// say what was before, until the rows are found.
func (s *Set) announce(ctx context.Context, w *write) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	id, err := check.NewID()
	if err == nil {
		w.id = id
		err = s.Store.Pages.Announce(ctx, id, w.tags)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "pages were not told of a write before it was committed", "tags", w.tags, "error", err)
	}
}

func (s *Set) settled(ctx context.Context, w *write, failed error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if failed != nil { // whether it was committed is known to the database alone
		if err := s.Store.Pages.Settle(ctx, w.id, w.tags); err != nil {
			s.Log.WarnContext(ctx, "pages were not told of a write that failed", "tags", w.tags, "error", err)
		}
		return
	}
	if _, err := s.Store.settle(ctx, w.id, w.tags); err != nil {
		s.Log.WarnContext(ctx, "pages were not told of a write; its touches are kept", "tags", w.tags, "error", err)
		if s.Owed != nil {
			s.Owed()
		}
	}
}

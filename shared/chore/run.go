package chore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
)

// Margin is how much of its time a run leaves: for what a chore does after its budget, and
// for the answer.
const Margin = 30 * time.Second

// Store keeps when the last turn of each chore began.
type Store struct{ DB *database.DB }

// Run does the chores within the time of ctx less Margin, each within its budget, and says
// what became of each, in the order in which they had their turn. The longest unserved is
// first, of those that were served together the first of the list. One that fails, or panics,
// does not keep the others from their turn; one whose budget does not fit into what is left of
// the time has its turn in a later run. A turn is noted when it begins: one that ends the process
// (memory that is over, a node that goes) is behind all others in the next run. Whatever the
// others take, and however many there are, a chore whose budget is shorter than a run therefore
// has a turn at least in one of n runs, where n is the number of chores: each run serves the first.
//
// The error says that it is not known, or not saved, who was served; the chores had their
// turns all the same.
func (s Store) Run(ctx context.Context, chores []Chore) ([]Result, error) {
	served, unknown := s.served(ctx)
	chores = slices.Clone(chores)
	slices.SortStableFunc(chores, func(a, b Chore) int { return cmp.Compare(served[a.Name], served[b.Name]) })
	results := []Result{}
	for _, c := range chores {
		if !fits(ctx, c.Longest()) {
			results = append(results, Result{Name: c.Name, Left: true})
			continue
		}
		if err := s.serve(ctx, c.Name); err != nil {
			unknown = cmp.Or(unknown, err)
		}
		done, err := c.Run(ctx)
		results = append(results, Result{Name: c.Name, Done: done, Err: err})
	}
	return results, unknown
}

// fits says whether a budget fits into what is left of the time of ctx.
func fits(ctx context.Context, budget time.Duration) bool {
	end, limited := ctx.Deadline()
	if !limited {
		return true
	}
	latest, cancel := context.WithDeadline(ctx, end.Add(-Margin-budget))
	defer cancel()
	return latest.Err() == nil
}

// served is when the last turn of each chore began, in milliseconds: the time of the run.
func (s Store) served(ctx context.Context) (map[string]int64, error) {
	type row struct {
		name string
		at   int64
	}
	list, err := database.All(ctx, s.DB, func(r database.Row) (row, error) {
		var l row
		err := r.Scan(&l.name, &l.at)
		return l, err
	}, `SELECT name, served_at FROM chores`)
	served := map[string]int64{}
	for _, l := range list {
		served[l.name] = l.at
	}
	if err != nil {
		return served, fmt.Errorf("which chores were served: %w", err)
	}
	return served, nil
}

// serve notes that the turn of a chore begins.
func (s Store) serve(ctx context.Context, name string) error {
	if _, err := s.DB.Exec(ctx, `INSERT INTO chores (name, served_at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET served_at = $2`, name, clock.Millis(clock.Now(ctx))); err != nil {
		return fmt.Errorf("a chore is served: %w", err)
	}
	return nil
}

// Package chore is what a store wants done that nobody waits for: forgetting what has
// served its purpose, repeating what was lost. The store that owns the tables says it,
// sweep does it.
package chore

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// Batch is how much one chore does in one run; the rest is for the next.
const Batch = 500

// Usual is the budget of a chore that names none: some statements over indexes.
const Usual = 15 * time.Second

// Outward is the budget of a chore that asks the storage, the broker or other stores about each of many.
const Outward = 45 * time.Second

// Chore is one such task. It may run at any time, any number of times, in several
// processes at once and after any gap.
type Chore struct {
	Name   string        // as "sessions-forgotten"; the name of its metric, so it never changes
	Budget time.Duration // how long it may take in one run; 0 for Usual
	// Do does it for at most limit things and returns for how many. What a statement
	// deletes at once may be more.
	Do func(ctx context.Context, limit int) (int, error)
}

// Run does the chore within its budget. One that panics failed: what comes behind it in a run has nothing to do with that.
func (c Chore) Run(ctx context.Context) (done int, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.Longest())
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Do(ctx, Batch)
}

// Longest is the budget, with the default for none.
func (c Chore) Longest() time.Duration {
	if c.Budget == 0 {
		return Usual
	}
	return c.Budget
}

// Result is what became of a chore in one run.
type Result struct {
	Name string
	Done int   // for how many things
	Err  error // nil, or why it could not do more
	Left bool  // the run had no time for it: it is among the first of the next
}

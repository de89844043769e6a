package rule_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/problem"
)

// Whatever several people do at once: what stands under something stands under a rulebook that there is, and none under itself,
// over however many others.
func TestParentsAtOnce(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		store, m := rule.NewWriter(db, &event.Outbox{DB: db, Bus: bus{}, Log: slog.New(slog.DiscardHandler)}, "https://site.example"), &model{now: noon}
		ctx, units := m.ctx(admin), []string{"총학"}
		under := func(slug, parent string) func(context.Context) error {
			return func(ctx context.Context) error {
				_, err := store.Edit(ctx, slug, 1, rule.Content{Unit: "총학", Title: slug, Parent: parent}, units)
				return err
			}
		}
		added := func(slug, parent string) func(context.Context) error {
			return func(ctx context.Context) error {
				_, err := store.Add(ctx, slug, rule.Content{Unit: "총학", Title: slug, Parent: parent}, units)
				return err
			}
		}
		deleted := func(slug string) func(context.Context) error {
			return func(ctx context.Context) error { return store.Delete(ctx, slug, 1) }
		}
		for name, acts := range map[string][]func(context.Context) error{
			"under each other":            {under("a", "b"), under("b", "a")},
			"three in a ring":             {under("a", "b"), under("b", "c"), under("c", "a")},
			"under what is deleted":       {under("b", "c"), deleted("c")},
			"under the oldest":            {under("b", "a"), deleted("a")},
			"a new one under the deleted": {added("d", "c"), deleted("c")},
		} {
			for range 3 {
				if _, err := db.Exec(ctx, `DELETE FROM rulebooks`); err != nil {
					t.Fatal(err)
				}
				for _, slug := range []string{"a", "b", "c"} {
					if err := db.Atomic(ctx, added(slug, "")); err != nil {
						t.Fatal(err)
					}
				}
				errs, all, arrived := make([]error, len(acts)), make(chan struct{}), atomic.Int64{}
				var group sync.WaitGroup
				for i, act := range acts {
					group.Go(func() {
						errs[i] = db.Atomic(ctx, func(ctx context.Context) error {
							err := act(ctx)
							if arrived.Add(1) == int64(len(acts)) {
								close(all)
							}
							select { // each has done what it does before any of them is done, unless they wait for each other
							case <-all:
							case <-time.After(100 * time.Millisecond):
							}
							return err
						})
					})
				}
				group.Wait()
				for _, err := range errs {
					if p := problem.Find(err); err != nil && (p == nil || p.Kind != problem.Invalid) {
						t.Errorf("%s: %v", name, err)
					}
				}
				books, _, err := store.Books(ctx)
				if err != nil {
					t.Fatal(err)
				}
				parents := map[string]string{"": ""}
				for _, b := range books {
					parents[b.Slug] = b.Parent
				}
				for slug := range parents {
					up, there := slug, true
					for range parents {
						up, there = parents[up]
						if !there {
							break
						}
					}
					if up != "" || !there {
						t.Errorf("%s: %v, %v", name, parents, errs)
						break
					}
				}
			}
		}
	})
}

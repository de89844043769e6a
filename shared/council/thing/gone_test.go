package thing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/problem"
)

// lasted is what was known of a thing from one change to the next.
type lasted struct {
	known

	until time.Time
}

// lastPublic is when a thing was public last, by its history up to a time; nil for never.
func lastPublic(history []lasted) *time.Time {
	var last *time.Time
	for _, h := range history {
		if h.hidden || h.Readers != thing.Guests || h.Path == "" || h.From == nil || h.From.After(h.until) || h.Until != nil && !h.Until.After(*h.From) {
			continue
		}
		end := h.until
		if h.Until != nil && h.Until.Before(end) {
			end = *h.Until
		}
		if last == nil || end.After(*last) {
			last = &end
		}
	}
	return last
}

// Whatever is written, edited, hidden and taken out when, and however late the chores come: what is absent is gone exactly
// where everybody could read it within GoneFor, and no other refusal becomes one.
func TestGone(t *testing.T) {
	absent := problem.Absent()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := thing.Store{DB: db}
		rapid.Check(t, func(rt *rapid.T) {
			for _, table := range []string{"things", "thing_letters", "thing_dates", "thing_walks", "thing_gone"} {
				if _, err := db.Exec(context.Background(), `DELETE FROM `+table); err != nil {
					rt.Fatal(err)
				}
			}
			now, all, histories := noon, map[thing.Ref]*known{}, map[thing.Ref][]lasted{}
			look := func(now time.Time) {
				ctx := at(now, auth.Principal{})
				for _, id := range []string{"a", "b", "c", "d"} {
					ref := thing.Ref{Kind: "notice", ID: id}
					history := histories[ref]
					if k := all[ref]; k != nil {
						history = append(history[:len(history):len(history)], lasted{*k, now})
						if k.public(now) {
							continue // it is not absent
						}
					}
					last := lastPublic(history)
					want := last != nil && now.Sub(*last) < thing.GoneFor
					got := problem.Find(s.Gone(ctx, ref, absent))
					if got == nil || want != (got.Kind == problem.Gone) || !want && got.Kind != problem.NotFound {
						rt.Fatalf("%s at %s: %v, and it was public until %v", id, now, got, last)
					}
				}
			}
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 60, 86_400, 20 * 86_400}).Draw(rt, "seconds")) * time.Second)
				before := map[thing.Ref]known{}
				for ref, k := range all {
					before[ref] = *k
				}
				ctx := at(now, auth.Principal{})
				change(ctx, rt, s, now, all)
				for ref, k := range before {
					histories[ref] = append(histories[ref], lasted{k, now})
				}
				if rapid.Bool().Draw(rt, "swept") {
					for _, c := range s.Chores(source(all, "notice"), source(all, "banner")) {
						if _, err := c.Do(ctx, chore.Batch); err != nil {
							rt.Fatal(err)
						}
					}
				}
				for _, later := range []time.Duration{0, time.Minute, thing.GoneFor - time.Minute, thing.GoneFor, thing.GoneFor + time.Minute} {
					look(now.Add(later))
				}
			}
		})
		for _, err := range []error{nil, problem.NotAllowed(), errors.New("the database is away")} {
			if got := s.Gone(at(noon, auth.Principal{}), thing.Ref{Kind: "notice", ID: "a"}, err); !errors.Is(got, err) {
				t.Errorf("%v became %v", err, got)
			}
		}
	})
}

package chore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
)

// Whatever their number and however long each takes, up to its budget and over it, and
// whichever of them panic or end the process, every chore is served within as many runs as
// there are chores, and no run outlives its time.
func TestNoChoreStarves(t *testing.T) {
	db := databasetest.SQLite(t)
	db.Pool().SetMaxOpenConns(1)
	if _, err := db.Pool().Exec(`PRAGMA synchronous = OFF`); err != nil { // thousands of runs
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		n, seed := rapid.IntRange(1, 40).Draw(r, "chores"), rapid.Uint64().Draw(r, "seed")
		synctest.Test(t, func(t *testing.T) {
			if wrong := starves(t, db, n, rand.New(rand.NewPCG(seed, 0))); wrong != "" {
				r.Error(wrong)
			}
		})
	})
}

// starves runs n chores with random budgets and durations, and says who waits for too long.
func starves(t *testing.T, db *database.DB, n int, random *rand.Rand) string {
	const timeout = 10 * time.Minute
	if _, err := db.Exec(context.Background(), `DELETE FROM chores`); err != nil {
		t.Fatal(err)
	}
	waited, chores := make([]int, n), make([]chore.Chore, n)
	var known map[string]int64 // what the database had when the process ended; nil while it lives
	for i := range chores {
		chores[i].Name = fmt.Sprint(i)
		end := random.IntN(6)
		if random.IntN(2) == 0 {
			chores[i].Budget = 1 + time.Duration(random.Int64N(int64(timeout-chore.Margin)-1))
		}
		chores[i].Do = func(ctx context.Context, _ int) (int, error) {
			waited[i] = 0
			switch end {
			case 0:
				panic("a row that nobody thought of")
			case 1:
				known = turns(t, db)
				runtime.Goexit()
			}
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-time.After(time.Duration(random.Int64N(2 * int64(chores[i].Longest())))):
				return 1, nil
			}
		}
	}
	for run := range 2*n + 1 {
		ctx, cancel := context.WithTimeout(clock.With(context.Background(), time.Now()), timeout)
		var results []chore.Result
		var err error
		known = nil
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			results, err = chore.Store{DB: db}.Run(ctx, chores)
		}()
		<-ended
		late := ctx.Err() != nil
		cancel()
		if known != nil {
			setTurns(t, db, known)
		}
		switch {
		case err != nil:
			t.Fatal(err)
		case late:
			return fmt.Sprintf("run %d outlived its time", run)
		case known == nil && len(results) != n:
			return fmt.Sprintf("%d of %d chores are spoken of", len(results), n)
		}
		for i := range waited {
			if waited[i]++; waited[i] > n {
				return fmt.Sprintf("chore %d of %d waits since %d runs", i, n, waited[i])
			}
		}
		time.Sleep(5 * time.Minute)
	}
	return ""
}

// turns are when each chore was served, as the database has it.
func turns(t *testing.T, db *database.DB) map[string]int64 {
	t.Helper()
	known := map[string]int64{}
	if _, err := database.All(context.Background(), db, func(r database.Row) (name string, err error) {
		var at int64
		err = r.Scan(&name, &at)
		known[name] = at
		return name, err
	}, `SELECT name, served_at FROM chores`); err != nil {
		t.Fatal(err)
	}
	return known
}

// setTurns makes them what they were: who has ended wrote nothing more.
func setTurns(t *testing.T, db *database.DB, known map[string]int64) {
	t.Helper()
	if _, err := db.Exec(context.Background(), `DELETE FROM chores`); err != nil {
		t.Fatal(err)
	}
	for name, at := range known {
		if _, err := db.Exec(context.Background(), `INSERT INTO chores (name, served_at) VALUES ($1, $2)`, name, at); err != nil {
			t.Fatal(err)
		}
	}
}

// With time for all they have their turns in the order of the list; one that fails or
// panics keeps nobody from theirs; what had no turn is said, and is first the next time.
func TestRun(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, wrong, did := chore.Store{DB: db}, errors.New("no"), []string{}
		do := func(name string, budget time.Duration) chore.Chore {
			return chore.Chore{Name: name, Budget: budget, Do: func(ctx context.Context, limit int) (int, error) {
				if _, limited := ctx.Deadline(); !limited || limit != chore.Batch {
					t.Errorf("%s: no time, or %d things", name, limit)
				}
				switch did = append(did, name); name {
				case "b":
					return 2, wrong
				case "c":
					panic("a row that nobody thought of")
				}
				return 1, nil
			}}
		}
		chores := []chore.Chore{do("a", 0), do("b", time.Minute), do("c", 0), do("d", 0)}
		run := func(minute int, time time.Duration) []chore.Result {
			t.Helper()
			ctx, cancel := context.WithTimeout(clock.With(context.Background(), clock.FromMillis(int64(minute)*60_000)), time)
			defer cancel()
			results, err := s.Run(ctx, chores)
			if err != nil {
				t.Fatal(err)
			}
			return results
		}
		for minute := range 2 {
			did = nil
			results := run(minute, time.Hour)
			if !slices.Equal(did, []string{"a", "b", "c", "d"}) || results[1].Done != 2 || !errors.Is(results[1].Err, wrong) || results[3].Done != 1 || results[3].Left {
				t.Errorf("%v %+v", did, results)
			}
			if err := results[2].Err; err == nil || !strings.Contains(err.Error(), "nobody thought of") || !strings.Contains(err.Error(), "run_test.go") {
				t.Errorf("of a panic is said %v", err)
			}
		}
		did = nil
		results := run(2, chore.Margin+time.Minute-time.Millisecond) // not enough for b
		if !slices.Equal(did, []string{"a", "c", "d"}) || !results[1].Left || results[1].Name != "b" {
			t.Errorf("%v %+v", did, results)
		}
		did = nil
		run(3, time.Hour)
		if !slices.Equal(did, []string{"b", "a", "c", "d"}) {
			t.Errorf("after it was left: %v", did)
		}
	})
}

// Where it is not known who was served, or cannot be saved, it is said, and the chores have
// their turns all the same.
func TestTurnsAreNotKnown(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		turns := 0
		rename := func(from, to string) {
			if _, err := db.Pool().Exec(`ALTER TABLE ` + from + ` RENAME TO ` + to); err != nil {
				t.Fatal(err)
			}
		}
		do := func(context.Context, int) (int, error) { turns++; return turns, nil }
		ctx := clock.With(context.Background(), clock.FromMillis(0)) // of no limited time
		run := func(step string, want string, chores ...chore.Chore) {
			t.Helper()
			turns = 0
			results, err := chore.Store{DB: db}.Run(ctx, chores)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want one of %q", step, err, want)
			}
			if turns != 2 || len(results) != 2 || results[0].Done != 1 || results[1].Done != 2 || results[0].Err != nil || results[1].Err != nil {
				t.Errorf("%s: %d turns, %+v", step, turns, results)
			}
		}
		run("not saved", "a chore is served",
			chore.Chore{Name: "a", Do: func(ctx context.Context, limit int) (int, error) {
				rename("chores", "elsewhere")
				return do(ctx, limit)
			}}, chore.Chore{Name: "b", Do: do})
		run("not known", "which chores were served", chore.Chore{Name: "a", Do: do}, chore.Chore{Name: "b", Do: do})
	})
}

func TestLongest(t *testing.T) {
	for budget, want := range map[time.Duration]time.Duration{0: chore.Usual, 1: 1, time.Hour: time.Hour} {
		if got := (chore.Chore{Budget: budget}).Longest(); got != want {
			t.Errorf("%v: %v", budget, got)
		}
	}
}

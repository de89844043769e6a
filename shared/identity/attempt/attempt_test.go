package attempt_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/problem"
)

var start = time.Date(2026, 3, 1, 23, 59, 0, 0, clock.Seoul)

func at(d time.Duration) context.Context { return clock.With(context.Background(), start.Add(d)) }

func TestDelays(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := attempt.Store{DB: db}
		take := func(d time.Duration) time.Duration {
			err := s.Take(at(d), attempt.Guesser, "kim")
			if err == nil {
				return 0
			}
			if !errors.Is(err, attempt.ErrTooMany()) {
				t.Fatal(err)
			}
			return problem.Find(err).RetryAfter
		}
		for range 5 {
			if wait := take(0); wait != 0 {
				t.Fatalf("a free try waits %s", wait)
			}
		}
		now := time.Duration(0)
		for _, seconds := range []int{30, 60, 120, 240, 480, 900, 900, 900} {
			want := time.Duration(seconds) * time.Second
			if wait := take(now); wait != want {
				t.Fatalf("at %s the delay is %s, want %s", now, wait, want)
			}
			if wait := take(now + want - time.Millisecond); wait != time.Millisecond {
				t.Fatalf("a refused try changes the delay: %s", wait)
			}
			now += want
			if wait := take(now); wait != 0 {
				t.Fatalf("at %s it still waits %s", now, wait)
			}
		}
		if err := s.Take(at(now), attempt.Kind{Name: "other", Free: 5}, "kim"); err != nil {
			t.Errorf("another kind waits: %v", err)
		}
		if n, err := s.Forget(at(now), 100); n != 0 || err != nil {
			t.Errorf("forgot %d, %v", n, err)
		}
		now += 24 * time.Hour
		for range 5 {
			if wait := take(now); wait != 0 {
				t.Fatalf("after a day it waits %s", wait)
			}
		}
		if err := s.Return(at(now), attempt.Guesser, "kim"); err != nil {
			t.Fatal(err)
		}
		if wait := take(now); wait != 0 {
			t.Errorf("a try that was taken back counts: %s", wait)
		}
		if wait := take(now); wait != 30*time.Second {
			t.Errorf("the fifth try has a delay of %s", wait)
		}
		if err := s.Forgive(at(now), attempt.Guesser, "kim"); err != nil {
			t.Fatal(err)
		}
		if wait := take(now); wait != 0 {
			t.Errorf("after a right try it waits %s", wait)
		}
	})
}

func TestParallel(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := attempt.Store{DB: db}
		var allowed atomic.Int64
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() {
				if err := s.Take(at(0), attempt.Roster, "kim"); err == nil {
					allowed.Add(1)
				} else if !errors.Is(err, attempt.ErrTooMany()) {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if allowed.Load() != 5 {
			t.Errorf("%d of 50 tries at once, want 5", allowed.Load())
		}
	})
}

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

// An address with too many failures has one try at each account and then its delays, those that it would have had anyway
// where it tried that account before. Counting delays nothing, and is forgotten after a day.
func TestOnceEach(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := attempt.Store{DB: db}
		count := func(d time.Duration) bool {
			t.Helper()
			over, err := s.Count(at(d), attempt.Visitor, "dormitory")
			if err != nil {
				t.Fatal(err)
			}
			return over
		}
		for i := range 50 {
			if count(0) {
				t.Fatalf("try %d is one too many", i+1)
			}
		}
		if !count(0) {
			t.Error("the 51st is none too many")
		}
		if err := errors.Join(s.Return(at(0), attempt.Visitor, "dormitory"), s.Return(at(0), attempt.Visitor, "dormitory")); err != nil {
			t.Fatal(err)
		}
		if count(0) || !count(24*time.Hour-time.Millisecond) || count(48*time.Hour) {
			t.Error("what was taken back, or is a day old, counts")
		}
		wait := func(d time.Duration, k attempt.Kind, subject string) time.Duration {
			t.Helper()
			err := s.Take(at(d), k, subject)
			if err != nil && !errors.Is(err, attempt.ErrTooMany()) {
				t.Fatal(err)
			}
			if err == nil {
				return 0
			}
			return problem.Find(err).RetryAfter
		}
		for _, kind := range []struct {
			before int
			delay  time.Duration // after the first try that is one of one
		}{{0, 30 * time.Second}, {1, time.Minute}, {3, 4 * time.Minute}} {
			subject := "tried " + string(rune('0'+kind.before))
			if none, err := s.None(at(0), attempt.Guesser, subject); err != nil || !none {
				t.Errorf("%s: %v %v", subject, none, err)
			}
			for range kind.before {
				wait(0, attempt.Guesser, subject)
			}
			if first, then := wait(0, attempt.OnceEach(), subject), wait(0, attempt.OnceEach(), subject); first != 0 || then != kind.delay {
				t.Errorf("%s: %s, then %s, want nothing and %s", subject, first, then, kind.delay)
			}
			if none, err := s.None(at(0), attempt.Guesser, subject); err != nil || none {
				t.Errorf("%s: none is counted, %v", subject, err)
			}
			if none, err := s.None(at(24*time.Hour), attempt.Guesser, subject); err != nil || !none {
				t.Errorf("%s: after a day something is counted, %v", subject, err)
			}
			if first, then := wait(48*time.Hour, attempt.OnceEach(), subject), wait(48*time.Hour, attempt.OnceEach(), subject); first != 0 || then != 30*time.Second {
				t.Errorf("%s, days later: %s, then %s", subject, first, then)
			}
		}
	})
}

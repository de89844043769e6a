package session_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/secret"
)

var start = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

func at(d time.Duration) context.Context { return clock.With(context.Background(), start.Add(d)) }

func open(t *testing.T, db *database.DB) session.Store {
	t.Helper()
	if _, err := db.Exec(at(0), `INSERT INTO members (id, email, name, unit, password, verified_by, totp_secret, totp_step, version, created_at, updated_at) VALUES ('m', 'm@x.kr', '김마당', '', '', '', '', 0, 1, 0, 0)`); err != nil {
		t.Fatal(err)
	}
	return session.Store{DB: db, Key: secret.Key(bytes.Repeat([]byte{7}, 32))}
}

func sweep(ctx context.Context, t *testing.T, s session.Store) {
	t.Helper()
	for _, c := range s.Chores() {
		if _, err := c.Run(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func count(t *testing.T, db *database.DB, table string) int {
	t.Helper()
	n, err := database.One(at(0), db, database.Value[int], `SELECT count(*) FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A session that lives on keeps no more tokens than could still be refused for having been
// used, and the reuse of each of those ends it, however often sweep came by.
func TestTokensOfALivingSession(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db)
		tokens, err := s.Create(at(0), "m", "", session.Given{})
		if err != nil {
			t.Fatal(err)
		}
		const day = 24 * time.Hour
		used := map[int]string{}
		for d := 1; d <= 100; d++ {
			used[d] = tokens.Refresh
			if tokens, err = s.Refresh(at(time.Duration(d)*day), tokens.Refresh); err != nil {
				t.Fatalf("day %d: %v", d, err)
			}
			sweep(at(time.Duration(d)*day), t, s)
			if n, most := count(t, db, "refresh_tokens"), int(session.RefreshLife/day)+1; n > most {
				t.Fatalf("day %d: %d tokens are kept, want at most %d", d, n, most)
			}
		}
		// What somebody still has from 29 days ago, and somebody else used.
		if _, err := s.Refresh(at(100*day+time.Hour), used[72]); !errors.Is(err, session.ErrEnded()) {
			t.Errorf("a used token: %v", err)
		}
		if _, err := s.Refresh(at(100*day+time.Hour), tokens.Refresh); !errors.Is(err, session.ErrEnded()) {
			t.Errorf("the session lives on after one of its tokens was used twice: %v", err)
		}
	})
}

// However many sessions are over, one run forgets a batch of each end.
func TestSessionsAreForgottenInBatches(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db)
		err := db.Atomic(at(0), func(ctx context.Context) error {
			for i := range 3*chore.Batch + 20 {
				tokens, err := s.Create(ctx, "m", "", session.Given{})
				if err != nil {
					return err
				}
				if i%3 == 0 {
					if err := s.Revoke(ctx, "m", tokens.SessionID); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		end := at(session.RefreshLife + 31*24*time.Hour)
		for left, runs := count(t, db, "sessions"), 0; left > 0; runs++ {
			sweep(end, t, s)
			now := count(t, db, "sessions")
			if now == left || left-now > 2*chore.Batch || runs > 5 {
				t.Fatalf("run %d: %d of %d are left", runs, now, left)
			}
			left = now
		}
	})
}

// A session that is renewed has the new tokens and no other, whatever used the old ones at
// the same moment; nothing of the old ones ends it.
func TestRenew(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db)
		for round := range 20 {
			old, err := s.Create(at(0), "m", "", session.Given{})
			if err != nil {
				t.Fatal(err)
			}
			refreshed := make(chan session.Tokens, 4)
			var wait sync.WaitGroup
			for range cap(refreshed) {
				wait.Go(func() {
					if got, err := s.Refresh(at(time.Minute), old.Refresh); err == nil {
						refreshed <- got
					} else if !session.IsEnded(err) {
						t.Error(err)
					}
				})
			}
			renewed, err := s.Renew(at(time.Minute), old.SessionID)
			if err != nil {
				t.Fatal(err)
			}
			wait.Wait()
			close(refreshed)
			for _, stolen := range append([]session.Tokens{old}, slices.Collect(channel(refreshed))...) {
				if _, err := s.Authenticate(at(time.Minute), stolen.Access); !session.IsEnded(err) {
					t.Errorf("round %d: an access token of before: %v", round, err)
				}
				if _, err := s.Refresh(at(2*time.Minute), stolen.Refresh); !session.IsEnded(err) {
					t.Errorf("round %d: a refresh token of before: %v", round, err)
				}
			}
			if _, err := s.Authenticate(at(2*time.Minute), renewed.Access); err != nil {
				t.Errorf("round %d: the new token: %v", round, err)
			}
			if _, err := s.Refresh(at(2*time.Minute), renewed.Refresh); err != nil {
				t.Errorf("round %d: the new refresh token: %v", round, err)
			}
			if err := s.Revoke(at(3*time.Minute), "m", old.SessionID); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Renew(at(3*time.Minute), old.SessionID); !session.IsEnded(err) {
				t.Errorf("round %d: one that has ended is renewed: %v", round, err)
			}
		}
	})
}

// channel is what comes from c until it is closed.
func channel[T any](c <-chan T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v := range c {
			if !yield(v) {
				return
			}
		}
	}
}

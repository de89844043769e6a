// Package idempotency keeps the answer that was given under an Idempotency-Key, so that a
// repeated request has the same answer and no second effect.
package idempotency

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
)

// Life is how long an answer is kept for its key: as at Stripe, whose clients made the header
// usual (docs.stripe.com/api/idempotent_requests).
const Life = 24 * time.Hour

// Answer is what was answered.
type Answer struct {
	Status int
	Header string // JSON
	Body   string
}

// Store keeps answers in the database.
type Store struct{ DB *database.DB }

// Claim takes a key for a request, or returns the answer that was given under it before.
// Key and request are hashes: nothing of the request is kept. Of two requests at the same
// time the second waits for the first, by the primary key. Another request under the same
// key is a problem. A claim without an answer, as an older release left it, counts for nothing.
func (s Store) Claim(ctx context.Context, key, request string) (*Answer, error) {
	now := clock.Now(ctx)
	n, err := s.DB.Exec(ctx, `INSERT INTO idempotency (id, request, status, header, body, created_at) VALUES ($1, $2, 0, '{}', '', $3)
		ON CONFLICT (id) DO UPDATE SET request = excluded.request, status = 0, header = '{}', body = '', created_at = excluded.created_at
		WHERE idempotency.created_at <= $4 OR idempotency.status = 0`, key, request, clock.Millis(now), clock.Millis(now.Add(-Life)))
	if err != nil || n == 1 {
		return nil, err
	}
	type row struct {
		Answer
		request string
	}
	stored, err := database.One(ctx, s.DB, func(r database.Row) (row, error) {
		var v row
		err := r.Scan(&v.request, &v.Status, &v.Header, &v.Body)
		return v, err
	}, `SELECT request, status, header, body FROM idempotency WHERE id = $1`, key)
	if err != nil {
		return nil, err
	}
	if stored.request != request {
		return nil, problem.New(problem.Invalid, "idempotency-key-reused", "같은 Idempotency-Key로 다른 요청을 보냈습니다.", "The Idempotency-Key was used for another request.")
	}
	return &stored.Answer, nil
}

// Keep saves the answer under a claimed key.
func (s Store) Keep(ctx context.Context, key string, a Answer) error {
	_, err := s.DB.Exec(ctx, `UPDATE idempotency SET status = $1, header = $2, body = $3 WHERE id = $4`, a.Status, a.Header, a.Body, key)
	return err
}

// Chores are what is to be done about answers by itself.
func (s Store) Chores() []chore.Chore {
	return []chore.Chore{{Name: "answers-forgotten", Do: s.forget}}
}

// forget deletes answers whose life is over. The condition stands twice: the outer one is
// checked again on a row that was claimed anew meanwhile.
func (s Store) forget(ctx context.Context, limit int) (int, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM idempotency WHERE id IN (SELECT id FROM idempotency WHERE created_at <= $1 ORDER BY created_at`+database.Limit(limit*10)+`) AND created_at + 0 <= $1`,
		clock.Millis(clock.Now(ctx).Add(-Life)))
	return int(n), err
}

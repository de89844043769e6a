package member

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

// Leave begins leaving: every session ends, and the account can be had back until the
// time that is returned. It fails with ErrLastAdmin.
func (s Store) Leave(ctx context.Context, id string) (until time.Time, err error) {
	now := clock.Now(ctx)
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		if err := s.keepAdmin(ctx, id); err != nil {
			return err
		}
		n, err := s.DB.Exec(ctx, `UPDATE members SET leaving_at = $1, version = version + 1, updated_at = $1 WHERE id = $2 AND leaving_at IS NULL AND anonymised_at IS NULL`,
			clock.Millis(now), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.Absent()
		}
		return s.endSessions(ctx, id)
	})
	return now.Add(s.LeaveGrace), err
}

func (s Store) endSessions(ctx context.Context, id string) error {
	_, err := session.Store{DB: s.DB}.RevokeAll(ctx, id, "")
	return err
}

// Anonymise takes everything personal from up to limit accounts whose days to come back
// are over, as the stores that keep it say, and returns how many. What they wrote stays,
// under the name Gone. It may run at any time and any number of times.
func (s Store) Anonymise(ctx context.Context, people []person.Data, limit int) (int, error) {
	ids, err := database.All(ctx, s.DB, database.Value[string], `SELECT id FROM members WHERE leaving_at <= $1 AND anonymised_at IS NULL ORDER BY leaving_at`+database.Limit(limit),
		s.goneBefore(ctx))
	if err != nil {
		return 0, err
	}
	gone := 0
	for _, id := range ids {
		var done bool
		err := s.DB.Atomic(ctx, func(ctx context.Context) (err error) {
			done, err = s.anonymise(ctx, id, people)
			return err
		})
		if err != nil {
			return gone, err
		}
		if done {
			gone++
		}
	}
	return gone, nil
}

// ends is what is said alone by who ends an account, and by who is about to keep something of members that they did not ask for themselves.
const ends = "members/ends"

// Staying are those of some members who have not been anonymised, and are not until the end of the unit of work in ctx: what was
// written of one while everything is taken from them would stay. Who is not
// there is not among them.
func (s Store) Staying(ctx context.Context, ids ...string) (map[string]bool, error) {
	if err := s.DB.Alone(ctx, ends); err != nil {
		return nil, err
	}
	staying := map[string]bool{}
	for some := range slices.Chunk(ids, database.Chunk) {
		var w database.Where
		w.In(`id`, some...)
		w.Add(`anonymised_at IS NULL`)
		if _, err := database.All(ctx, s.DB, func(r database.Row) (id string, err error) {
			err = r.Scan(&id)
			staying[id] = true
			return id, err
		}, `SELECT id FROM members`+w.String(), w.Args...); err != nil {
			return nil, err
		}
	}
	return staying, nil
}

// anonymise is one account's end, unless it came back, or another sweep was faster.
func (s Store) anonymise(ctx context.Context, id string, people []person.Data) (bool, error) {
	if err := s.DB.Alone(ctx, ends); err != nil {
		return false, err
	}
	n, err := s.DB.Exec(ctx, `UPDATE members SET anonymised_at = $1 WHERE id = $2 AND leaving_at <= $3 AND anonymised_at IS NULL`,
		clock.Millis(clock.Now(ctx)), id, s.goneBefore(ctx))
	if err != nil || n == 0 {
		return false, err
	}
	for _, d := range people {
		if d.Forget == nil {
			continue
		}
		if err := d.Forget(ctx, id); err != nil {
			return false, fmt.Errorf("forget %s of %s: %w", d.Columns[0].Name, id, err)
		}
	}
	return true, nil
}

// release frees the address and the links of an account that has gone but that nothing has
// swept. The rest of it is left to Anonymise.
func (s Store) release(ctx context.Context, id string) error {
	n, err := s.DB.Exec(ctx, `UPDATE members SET version = version + 1 WHERE id = $1 AND leaving_at <= $2 AND anonymised_at IS NULL`, id, s.goneBefore(ctx))
	if err != nil || n == 0 {
		return err // came back, or a sweep was faster
	}
	if err := s.unlinkAll(ctx, id); err != nil {
		return err
	}
	return s.forget(ctx, id)
}

package member

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
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
	_, err := s.DB.Exec(ctx, `UPDATE sessions SET revoked_at = $1 WHERE member_id = $2 AND revoked_at IS NULL`, clock.Millis(clock.Now(ctx)), id)
	return err
}

// Anonymise takes everything personal from up to limit accounts whose days to come back
// are over, and returns how many. What they wrote stays, under the name Gone. It may run
// at any time and any number of times.
func (s Store) Anonymise(ctx context.Context, limit int) (int, error) {
	ids, err := database.All(ctx, s.DB, database.Value[string], `SELECT id FROM members WHERE leaving_at <= $1 AND anonymised_at IS NULL ORDER BY leaving_at LIMIT $2`,
		s.goneBefore(ctx), limit)
	if err != nil {
		return 0, err
	}
	for i, id := range ids {
		if err := s.DB.Atomic(ctx, func(ctx context.Context) error { return s.anonymise(ctx, id) }); err != nil {
			return i, err
		}
	}
	return len(ids), nil
}

// anonymise is one account's end. The consents stay as the proof that there was one: they
// name nothing but an id that leads to nobody any more.
func (s Store) anonymise(ctx context.Context, id string) error {
	nobody, err := check.NewID()
	if err != nil {
		return err
	}
	n, err := s.DB.Exec(ctx, `UPDATE members SET email = $1, name = $2, unit = '', password = '', verified_at = NULL, verified_by = '', student_key = NULL,
		totp_secret = '', totp_at = NULL, totp_step = 0, anonymised_at = $3, version = version + 1, updated_at = $3
		WHERE id = $4 AND leaving_at <= $5 AND anonymised_at IS NULL`, nobody+noAddress, Gone, clock.Millis(clock.Now(ctx)), id, s.goneBefore(ctx))
	if err != nil || n == 0 {
		return err // came back, or another sweep was faster
	}
	for _, statement := range []string{
		`DELETE FROM member_roles WHERE member_id = $1`,
		`DELETE FROM sessions WHERE member_id = $1`,
		`DELETE FROM oidc_links WHERE member_id = $1`,
		`DELETE FROM recovery_codes WHERE member_id = $1`,
		`DELETE FROM password_resets WHERE member_id = $1`,
		`DELETE FROM mail_codes WHERE member_id = $1`,
	} {
		if _, err := s.DB.Exec(ctx, statement, id); err != nil {
			return err
		}
	}
	return nil
}

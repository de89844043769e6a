package credential

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// ResetLife is how long the link of a forgotten password works.
const ResetLife = 30 * time.Minute

// ErrResetEnded is the answer to a link that is unknown, used or too late.
func ErrResetEnded() *problem.Error {
	return problem.New(problem.Gone, "reset-ended", "비밀번호 재설정 링크가 만료되었습니다. 다시 요청하세요.", "The link has expired. Ask for a new one.")
}

// Then is what else is done in the unit of work that changes how a member signs in.
type Then func(ctx context.Context) error

// Change replaces the password of a member who is signed in, and ends the other sessions.
// A member without a password gets a first one. Fails with problem.Invalid by the policy.
func (s Store) Change(ctx context.Context, p auth.Principal, chosen string, then Then) error {
	a, err := s.byID(ctx, p.MemberID)
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	var f check.Fields
	ReadNewPassword(&f, "new", chosen, a.name, a.email)
	if err := f.Err(); err != nil {
		return err
	}
	hash, err := s.Hasher.Hash(ctx, chosen)
	if err != nil {
		return err
	}
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		if err := s.replace(ctx, a.id, hash, p.SessionID); err != nil {
			return err
		}
		return then(ctx)
	})
}

// replace stores a password, ends every other session and every link that could set
// another one.
func (s Store) replace(ctx context.Context, memberID, hash, but string) error {
	now := clock.Millis(clock.Now(ctx))
	if _, err := s.DB.Exec(ctx, `UPDATE members SET password = $1, version = version + 1, updated_at = $2 WHERE id = $3`, hash, now, memberID); err != nil {
		return err
	}
	if err := s.EndLinks(ctx, memberID); err != nil {
		return err
	}
	_, err := s.sessions().RevokeAll(ctx, memberID, but)
	return err
}

// Disown ends, in the caller's unit of work, what credentials keep by which who made an account
// gets in, or keeps its owner out: sessions, the second factor with its recovery codes, also one
// that waits for its first code, and links. The password is the caller's to replace.
//
// Sessions come first: their rows are locked by whatever one of them adds (session.Renew), which
// so comes wholly before, and is ended, or fails.
func (s Store) Disown(ctx context.Context, memberID string) error {
	if _, err := s.sessions().RevokeAll(ctx, memberID, ""); err != nil {
		return err
	}
	if err := s.ForgetSecond(ctx, memberID); err != nil {
		return err
	}
	return s.EndLinks(ctx, memberID)
}

// EndLinks ends the links that were sent to a member and could set a password.
func (s Store) EndLinks(ctx context.Context, memberID string) error {
	_, err := s.DB.Exec(ctx, `UPDATE password_resets SET used_at = $1 WHERE member_id = $2 AND used_at IS NULL`, clock.Millis(clock.Now(ctx)), memberID)
	return err
}

// Forgotten makes the token of a link that sets a new password, "" where no account has
// the address. The work is the same either way.
func (s Store) Forgotten(ctx context.Context, email string) (token string, err error) {
	email = Address(email)
	token, hash := secret.Token()
	now := clock.Now(ctx)
	var n int64
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		// Whoever changes the address at this moment comes wholly before this, or ends the link.
		if _, err := s.DB.Exec(ctx, `UPDATE members SET version = version WHERE email = $1`, email); err != nil {
			return err
		}
		n, err = s.DB.Exec(ctx, `INSERT INTO password_resets (hash, member_id, until_at, created_at)
			SELECT $1, id, $2, $3 FROM members WHERE email = $4 AND suspended_at IS NULL AND anonymised_at IS NULL
			AND (leaving_at IS NULL OR leaving_at > $5)`, hex.EncodeToString(hash), clock.Millis(now.Add(ResetLife)), clock.Millis(now),
			email, clock.Millis(now.Add(-s.LeaveGrace)))
		return err
	})
	if err != nil || n == 0 {
		return "", err
	}
	return token, nil
}

// Reset sets a password by the token of a link and returns whose, and the address to which the
// link was sent: it is the member's, and known to be so from now on. It ends every session and the
// delays of the account. The second factor stays. Where the address was not known to be the
// member's before, somebody else may have made the account: disown runs in the same unit of
// work. Fails with ErrResetEnded and problem.Invalid.
func (s Store) Reset(ctx context.Context, token, chosen string, disown func(ctx context.Context, memberID string) error) (id, email string, err error) {
	hash, now := hex.EncodeToString(secret.Hash(token)), clock.Millis(clock.Now(ctx))
	a, err := database.One(ctx, s.DB, scanAccount, accountColumns+`WHERE anonymised_at IS NULL AND id =
		(SELECT member_id FROM password_resets WHERE hash = $1 AND used_at IS NULL AND until_at > $2)`, hash, now)
	if errors.Is(err, database.ErrNoRow) {
		return "", "", ErrResetEnded()
	}
	if err != nil {
		return "", "", err
	}
	var f check.Fields
	ReadNewPassword(&f, "password", chosen, a.name, a.email)
	if err := f.Err(); err != nil {
		return "", "", err
	}
	encoded, err := s.Hasher.Hash(ctx, chosen)
	if err != nil {
		return "", "", err
	}
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `UPDATE password_resets SET used_at = $1 WHERE hash = $2 AND used_at IS NULL`, now, hash)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrResetEnded()
		}
		n, err = s.DB.Exec(ctx, `UPDATE members SET email_confirmed_at = $1 WHERE id = $2 AND email_confirmed_at IS NULL`, now, a.id)
		if err == nil && n == 1 {
			err = disown(ctx, a.id)
		}
		if err != nil {
			return err
		}
		return s.replace(ctx, a.id, encoded, "")
	})
	if err != nil {
		return "", "", err
	}
	return a.id, a.email, errors.Join(s.attempts().Forgive(ctx, attempt.Account, a.email), s.attempts().Forgive(ctx, attempt.Browsers, a.email))
}

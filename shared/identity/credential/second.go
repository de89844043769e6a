package credential

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/identity/totp"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// ErrSecondOn is the answer to turning the second factor on where it is on.
func ErrSecondOn() *problem.Error {
	return problem.New(problem.Conflict, "second-factor-on", "2단계 인증이 이미 켜져 있습니다.", "The second factor is on already.")
}

// ErrSecondOff is the answer to a code where there is no second factor.
func ErrSecondOff() *problem.Error {
	return problem.New(problem.Conflict, "second-factor-off", "2단계 인증이 켜져 있지 않습니다.", "There is no second factor.")
}

// Prove takes what a member who is signed in proves who they are by, before something that a
// borrowed session must not do: the password of who has one, and a code of who has a second
// factor. The session counts as proved from then on (auth.Principal.Proved). Fails with
// ErrPassword, ErrCode, ErrSignInAgain where there is neither, and attempt.ErrTooMany.
func (s Store) Prove(ctx context.Context, p auth.Principal, password, code string, then Then) error {
	a, err := s.byID(ctx, p.MemberID)
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	if a.password == "" && a.totpAt == nil {
		return ErrSignInAgain()
	}
	tries := triesOf(p)
	if err := s.attempts().TakeAll(ctx, tries...); err != nil {
		return err
	}
	if a.password != "" {
		ok, err := s.Hasher.Verify(ctx, a.password, password)
		if err == nil && !ok {
			err = ErrPassword()
		}
		if err != nil {
			return err
		}
	}
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		if a.totpAt != nil {
			if err := s.consume(ctx, a, code); err != nil {
				return err
			}
		}
		if err := s.sessions().Gave(ctx, p.SessionID, session.Given{Proof: true, Second: a.totpAt != nil}); err != nil {
			return err
		}
		return then(ctx)
	})
	if err != nil {
		return err
	}
	return s.attempts().ForgiveAll(ctx, tries...)
}

// Enrolment is a second factor that waits for its first code.
type Enrolment struct {
	Secret  string // base32, for typing
	Account string // the member's address, for the app's list
}

// Enrol makes a secret for the member's authenticator app. It replaces one that was not
// confirmed; one that was must be removed first (ErrSecondOn).
func (s Store) Enrol(ctx context.Context, p auth.Principal) (Enrolment, error) {
	a, err := s.byID(ctx, p.MemberID)
	if err != nil {
		return Enrolment{}, fmt.Errorf("credentials: %w", err)
	}
	secret := totp.NewSecret()
	sealed := base64.RawStdEncoding.EncodeToString(s.Key.Box("totp").Seal([]byte(secret), totpRecord(a.id)))
	n, err := s.DB.Exec(ctx, `UPDATE members SET totp_secret = $1 WHERE id = $2 AND totp_at IS NULL`, sealed, a.id)
	if err == nil && n == 0 {
		err = ErrSecondOn()
	}
	return Enrolment{Secret: secret, Account: a.email}, err
}

// ConfirmEnrolment turns the second factor on with a first code and returns the recovery
// codes, which are shown this once. The session has then given a second factor. Fails
// with ErrCode, ErrSecondOn, ErrSecondOff and attempt.ErrTooMany.
func (s Store) ConfirmEnrolment(ctx context.Context, p auth.Principal, code string, then Then) ([]string, error) {
	a, err := s.byID(ctx, p.MemberID)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	switch {
	case a.totpAt != nil:
		return nil, ErrSecondOn()
	case a.sealed == "":
		return nil, ErrSecondOff()
	}
	var codes []string
	err = s.guessed(ctx, func(ctx context.Context) error {
		step, err := s.step(ctx, a, code)
		if err != nil {
			return err
		}
		now := clock.Millis(clock.Now(ctx))
		n, err := s.DB.Exec(ctx, `UPDATE members SET totp_at = $1, totp_step = $2, version = version + 1, updated_at = $1
			WHERE id = $3 AND totp_at IS NULL AND totp_secret = $4`, now, step, a.id, a.sealed)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrSecondOn()
		}
		if codes, err = s.recoveryCodes(ctx, a.id); err != nil {
			return err
		}
		if err := s.sessions().Gave(ctx, p.SessionID, session.Given{Second: true}); err != nil {
			return err
		}
		return then(ctx)
	}, triesOf(p)...)
	return codes, err
}

func (s Store) recoveryCodes(ctx context.Context, memberID string) ([]string, error) {
	codes, hashes := totp.NewRecoveryCodes()
	if _, err := s.DB.Exec(ctx, `DELETE FROM recovery_codes WHERE member_id = $1`, memberID); err != nil {
		return nil, err
	}
	for _, h := range hashes {
		if _, err := s.DB.Exec(ctx, `INSERT INTO recovery_codes (member_id, hash) VALUES ($1, $2)`, memberID, hex.EncodeToString(h)); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// GiveSecond takes a code in a session that began without one. Fails with ErrCode,
// ErrSecondOff and attempt.ErrTooMany.
func (s Store) GiveSecond(ctx context.Context, p auth.Principal, code string, then Then) error {
	a, err := s.byID(ctx, p.MemberID)
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	if a.totpAt == nil {
		return ErrSecondOff()
	}
	return s.guessed(ctx, func(ctx context.Context) error {
		if err := s.consume(ctx, a, code); err != nil {
			return err
		}
		if err := s.sessions().Gave(ctx, p.SessionID, session.Given{Second: true}); err != nil {
			return err
		}
		return then(ctx)
	}, triesOf(p)...)
}

// NewRecoveryCodes replaces the recovery codes: those that were lost, or seen by somebody,
// work no more. The new ones are shown this once. Fails with ErrSecondOff.
func (s Store) NewRecoveryCodes(ctx context.Context, p auth.Principal, then Then) (codes []string, err error) {
	a, err := s.withSecond(ctx, p)
	if err != nil {
		return nil, err
	}
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		if codes, err = s.recoveryCodes(ctx, a.id); err != nil {
			return err
		}
		return then(ctx)
	})
	return codes, err
}

// RemoveSecond turns the second factor off. Sessions then count as without one. Fails with
// ErrSecondOff.
func (s Store) RemoveSecond(ctx context.Context, p auth.Principal, then Then) error {
	a, err := s.withSecond(ctx, p)
	if err != nil {
		return err
	}
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		if err := s.ForgetSecond(ctx, a.id); err != nil {
			return err
		}
		return then(ctx)
	})
}

func (s Store) withSecond(ctx context.Context, p auth.Principal) (account, error) {
	a, err := s.byID(ctx, p.MemberID)
	if err != nil {
		return account{}, fmt.Errorf("credentials: %w", err)
	}
	if a.totpAt == nil {
		return account{}, ErrSecondOff()
	}
	return a, nil
}

// ForgetSecond removes a member's second factor without asking, for an admin who knows
// that the device and the recovery codes are lost.
func (s Store) ForgetSecond(ctx context.Context, memberID string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		now := clock.Millis(clock.Now(ctx))
		if _, err := s.DB.Exec(ctx, `UPDATE members SET totp_at = NULL, totp_secret = '', version = version + 1, updated_at = $1 WHERE id = $2`, now, memberID); err != nil {
			return err
		}
		if err := s.sessions().ForgetSecond(ctx, memberID); err != nil {
			return err
		}
		_, err := s.DB.Exec(ctx, `DELETE FROM recovery_codes WHERE member_id = $1`, memberID)
		return err
	})
}

// SecondFactor says whether a member has one, and how many recovery codes are left.
func (s Store) SecondFactor(ctx context.Context, memberID string) (on bool, left int64, err error) {
	a, err := s.byID(ctx, memberID)
	if err != nil {
		return false, 0, fmt.Errorf("credentials: %w", err)
	}
	left, err = database.One(ctx, s.DB, database.Value[int64], `SELECT COUNT(*) FROM recovery_codes WHERE member_id = $1 AND used_at IS NULL`, memberID)
	return a.totpAt != nil, left, err
}

// triesOf is how what a signed-in member proves is counted: by session, so that whoever has got
// hold of one delays nothing in another, and in all sessions together, of which who has the password
// can make any number. Signing in anew, which is a proof itself, is delayed by neither.
func triesOf(p auth.Principal) []attempt.Try {
	return []attempt.Try{{Kind: attempt.Session, Subject: p.SessionID}, {Kind: attempt.Sessions, Subject: p.MemberID}}
}

// guessed runs what depends on a code: the tries stay counted when the code was wrong.
func (s Store) guessed(ctx context.Context, do func(context.Context) error, tries ...attempt.Try) error {
	if err := s.attempts().TakeAll(ctx, tries...); err != nil {
		return err
	}
	if err := s.DB.Atomic(ctx, do); err != nil {
		return err
	}
	return s.attempts().ForgiveAll(ctx, tries...)
}

// consume uses a code up: a time step works once and only forward, a recovery code once.
// Fails with ErrCode.
func (s Store) consume(ctx context.Context, a account, code string) error {
	step, err := s.step(ctx, a, code)
	if err == nil {
		n, err := s.DB.Exec(ctx, `UPDATE members SET totp_step = $1 WHERE id = $2 AND totp_step < $1`, step, a.id)
		if err == nil && n == 0 {
			return ErrCode()
		}
		return err
	}
	if !errors.Is(err, ErrCode()) {
		return err
	}
	n, err := s.DB.Exec(ctx, `UPDATE recovery_codes SET used_at = $1 WHERE member_id = $2 AND hash = $3 AND used_at IS NULL`,
		clock.Millis(clock.Now(ctx)), a.id, hex.EncodeToString(totp.HashRecoveryCode(code)))
	if err == nil && n == 0 {
		return ErrCode()
	}
	return err
}

// step is the time step of a code of the member's app.
func (s Store) step(ctx context.Context, a account, code string) (int64, error) {
	sealed, err := base64.RawStdEncoding.DecodeString(a.sealed)
	if err != nil {
		return 0, fmt.Errorf("second factor of %s: %w", a.id, err)
	}
	secret, err := s.Key.Box("totp").Open(sealed, totpRecord(a.id))
	if err != nil {
		return 0, fmt.Errorf("second factor of %s: %w", a.id, err)
	}
	step, err := totp.Verify(string(secret), text.Code(code), clock.Now(ctx))
	if errors.Is(err, totp.ErrCode) {
		return 0, ErrCode()
	}
	return step, err
}

func totpRecord(memberID string) []byte { return []byte("member/" + memberID + "/totp") }

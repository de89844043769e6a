package credential

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// BrowserLife is how long an account knows a browser that signed in.
const BrowserLife = 180 * 24 * time.Hour

// Try is one try to sign in.
type Try struct {
	Email, Password string
	Code            string // of the authenticator app, or a recovery code; may be empty
	Device          string // what the member calls the place
	Visitor         string // hash of the client address
	Campus          bool   // which a whole campus shares (function.Request.Campus)
	Browser         string // what Known gave this browser before, or ""
	RequestID       string // for the audit record of a council member's sign-in
}

// SignIn checks a try and signs the member in. It fails with ErrFailed, ErrCodeRequired,
// ErrSuspended, ErrLeaving and attempt.ErrTooMany.
//
// An address that nobody has takes the same work as one that somebody has, and gets the
// same ErrFailed. After five failures from one address its tries to that account are delayed
// (after one, where that address has failed at many accounts), and after a hundred from all
// addresses those of everybody; but not those of a browser that signed in to it with its present
// password, or set that (OWASP's device cookies): it has five failures of its own, and all that
// the account knows have fifty. So whoever guesses cannot keep
// the member out, except, from a hundred tries a day on, from browsers that are new; and no delay
// is longer than 15 minutes. A member who is signed in stays so, and resetting the password ends
// the delay.
func (s Store) SignIn(ctx context.Context, t Try) (session.Tokens, error) {
	var tokens session.Tokens
	err := s.attempt(ctx, t, func(ctx context.Context, a account) error {
		if a.leaves != nil {
			return ErrLeaving()
		}
		var err error
		tokens, err = s.begin(ctx, a, t, true)
		return err
	})
	return tokens, err
}

// Half is a sign-in that awaits its second factor: whose it is, and what their credentials
// were when the first half was right.
type Half struct{ MemberID, Mark string }

// halfway says whose first half was right.
type halfway struct{ Half }

func (h *halfway) Error() string { return "a code is still to come" }

// Halfway is where SignIn and SignInAs got to that failed with ErrCodeRequired; GoOn goes on
// from there, without what was given. Otherwise it is empty.
func Halfway(err error) Half {
	var h *halfway
	if errors.As(err, &h) {
		return h.Half
	}
	return Half{}
}

// mark stands for an account and its password as they are now, and tells nothing of either.
// Whatever replaces the password ends what holds an earlier one.
func (s Store) mark(a account) string {
	mac := hmac.New(sha256.New, s.Key.Derive("mark of an account"))
	mac.Write([]byte(a.id + "\x00" + a.password))
	return hex.EncodeToString(mac.Sum(nil))
}

// ComeBack undoes leaving while its days last, by the same proof as signing in; there is
// no session. It fails as SignIn does. Who did not leave has come back already.
func (s Store) ComeBack(ctx context.Context, t Try) error {
	return s.attempt(ctx, t, func(ctx context.Context, a account) error {
		if a.leaves == nil {
			return nil
		}
		return s.comeBack(ctx, a.id)
	})
}

// attempt counts a try, checks it and does what it was for, in the unit of work that uses
// the code up.
func (s Store) attempt(ctx context.Context, t Try, do func(context.Context, account) error) error {
	t.Email = Address(t.Email)
	undo, right, err := s.count(ctx, t)
	if err != nil {
		return err
	}
	a, err := s.proven(ctx, t)
	switch {
	case err != nil:
		return err
	case a.suspended != nil:
		return errors.Join(ErrSuspended(), undo(ctx))
	case a.totpAt != nil && t.Code == "":
		return errors.Join(s.codeRequired(a), undo(ctx))
	}
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		if err := s.same(ctx, a); err != nil {
			return err
		}
		if a.totpAt != nil {
			if err := s.consume(ctx, a, t.Code); err != nil {
				return err
			}
		}
		return do(ctx, a)
	})
	switch {
	case errors.Is(err, ErrCode()):
		return failed(t)
	case err != nil:
		return errors.Join(err, undo(ctx))
	}
	return right(ctx)
}

// same holds an account for a unit of work as it was proved: its password takes a while to be verified, and what replaced it
// meanwhile, turned a second factor on or off or suspended the member fails with ErrFailed. Whatever comes later waits for the
// unit's end and finds the session, to end it.
func (s Store) same(ctx context.Context, a account) error {
	second := int64(0)
	if a.totpAt != nil {
		second = *a.totpAt
	}
	n, err := s.DB.Exec(ctx, `UPDATE members SET version = version WHERE id = $1 AND password = $2 AND COALESCE(totp_at, 0) = $3 AND suspended_at IS NULL`,
		a.id, a.password, second)
	if err == nil && n == 0 {
		err = ErrFailed()
	}
	return err
}

// count counts a try against the account, or the browser that it knows, and with the
// visitor's. It returns how to take the try back, and what to do when it was right.
func (s Store) count(ctx context.Context, t Try) (undo, right func(context.Context) error, err error) {
	counts := s.attempts()
	browser, err := s.known(ctx, t.Browser, t.Email)
	if err != nil {
		return nil, nil, err
	}
	if browser != "" {
		undo = func(ctx context.Context) error {
			return errors.Join(counts.Return(ctx, attempt.Browser, browser), counts.Return(ctx, attempt.Browsers, t.Email))
		}
		right = func(ctx context.Context) error {
			return errors.Join(counts.Forgive(ctx, attempt.Browser, browser), counts.Forgive(ctx, attempt.Browsers, t.Email))
		}
		return undo, right, counts.TakeAll(ctx, attempt.Try{Kind: attempt.Browser, Subject: browser}, attempt.Try{Kind: attempt.Browsers, Subject: t.Email})
	}
	address := attempt.Visitor
	if t.Campus {
		address = attempt.Campus()
	}
	over, err := counts.Count(ctx, address, t.Visitor)
	if err != nil {
		return nil, nil, err
	}
	guesses := []attempt.Try{{Kind: attempt.Guesser, Subject: attempt.Both(t.Visitor, t.Email)}, {Kind: attempt.Account, Subject: t.Email}}
	if over {
		guesses[0].Kind = attempt.OnceEach()
	}
	visitor := func(ctx context.Context) error { return counts.Return(ctx, address, t.Visitor) }
	if err := counts.TakeAll(ctx, guesses...); err != nil {
		return nil, nil, errors.Join(err, visitor(ctx))
	}
	undo = func(ctx context.Context) error { return errors.Join(visitor(ctx), counts.ReturnAll(ctx, guesses...)) }
	right = func(ctx context.Context) error { return errors.Join(visitor(ctx), counts.ForgiveAll(ctx, guesses...)) }
	return undo, right, nil
}

// proven is the account whose password was given.
func (s Store) proven(ctx context.Context, t Try) (account, error) {
	a, err := s.byEmail(ctx, t.Email)
	if err != nil && !errors.Is(err, database.ErrNoRow) {
		return account{}, err
	}
	if a.password == "" {
		return account{}, errors.Join(failed(t), s.Hasher.Dummy(ctx, t.Password))
	}
	ok, err := s.Hasher.Verify(ctx, a.password, t.Password)
	if err != nil {
		return account{}, err
	}
	if !ok {
		return account{}, failed(t)
	}
	if s.Hasher.NeedsRehash(a.password) {
		return s.rehash(ctx, a, t.Password)
	}
	return a, nil
}

// rehash stores a password under today's parameters, unless it was changed meanwhile, and
// returns the account with it.
func (s Store) rehash(ctx context.Context, a account, plain string) (account, error) {
	hash, err := s.Hasher.Hash(ctx, plain)
	if err != nil {
		return a, err
	}
	n, err := s.DB.Exec(ctx, `UPDATE members SET password = $1 WHERE id = $2 AND password = $3`, hash, a.id, a.password)
	if err == nil && n == 1 {
		a.password = hash
	}
	return a, err
}

// begin makes the session of a member who has proved everything.
func (s Store) begin(ctx context.Context, a account, t Try, proof bool) (session.Tokens, error) {
	tokens, err := s.sessions().Create(ctx, a.id, t.Device, session.Given{Second: a.totpAt != nil, Proof: proof})
	if err != nil {
		return session.Tokens{}, err
	}
	return tokens, s.record(ctx, a.id, t, tokens.SessionID)
}

// comeBack undoes leaving while its days last.
func (s Store) comeBack(ctx context.Context, memberID string) error {
	now := clock.Now(ctx)
	n, err := s.DB.Exec(ctx, `UPDATE members SET leaving_at = NULL, version = version + 1, updated_at = $1
		WHERE id = $2 AND leaving_at > $3 AND anonymised_at IS NULL`, clock.Millis(now), memberID, clock.Millis(now.Add(-s.LeaveGrace)))
	if err == nil && n == 0 {
		return ErrFailed()
	}
	return err
}

// record leaves an audit record of a sign-in by somebody with a role: the law asks who
// handled personal data from where and when, and that begins here.
func (s Store) record(ctx context.Context, memberID string, t Try, sessionID string) error {
	return audit.Store{DB: s.DB}.AddOfCouncil(ctx, audit.Record{Actor: memberID, Action: "sign in", Subject: sessionID, Origin: t.Visitor, RequestID: t.RequestID, Detail: "{}"})
}

// Known is a text for the browser that signed in to an account or set its password, by which
// the account knows it again until the password is replaced: a browser of who had an earlier one
// is a stranger's.
func (s Store) Known(ctx context.Context, memberID string) (string, error) {
	a, err := s.byID(ctx, memberID)
	if err != nil {
		return "", fmt.Errorf("credentials: %w", err)
	}
	nonce, _ := secret.Token()
	return s.Key.Signer("browser").Sign(nonce+"."+s.mark(a), clock.Now(ctx).Add(BrowserLife)), nil
}

// known is the browser's name if the account with an address knows it, else "". Whether there is
// such an account takes the same work.
func (s Store) known(ctx context.Context, browser, email string) (string, error) {
	payload, err := s.Key.Signer("browser").Verify(browser, clock.Now(ctx))
	if err != nil {
		return "", nil //nolint:nilerr // a stranger, or one that was known too long ago
	}
	a, err := s.byEmail(ctx, email)
	if err != nil && !errors.Is(err, database.ErrNoRow) {
		return "", err
	}
	nonce, mark, _ := strings.Cut(payload, ".")
	if !hmac.Equal([]byte(mark), []byte(s.mark(a))) {
		return "", nil
	}
	return nonce, nil
}

// SignInAs signs in a member for whom another issuer vouched. The second factor is asked
// for all the same: the issuer's is not ours. With comeBack it undoes leaving. An account
// with a password and no second factor is not proved by it: whoever has the member's browser
// at hand may be signed in there with the issuer. It fails as SignIn does, and with
// problem.Absent.
func (s Store) SignInAs(ctx context.Context, memberID string, t Try, comeBack bool) (session.Tokens, error) {
	a, err := s.byID(ctx, memberID)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	if err != nil {
		return session.Tokens{}, err
	}
	return s.signInAs(ctx, a, t, comeBack)
}

// GoOn takes the second factor of a sign-in that came halfway. It fails as SignInAs does, and
// with ErrFailed where password or second factor are not those of the first half any more: what
// was right before a reset is not half of a sign-in after it.
func (s Store) GoOn(ctx context.Context, h Half, t Try, comeBack bool) (session.Tokens, error) {
	a, err := s.byID(ctx, h.MemberID)
	switch {
	case errors.Is(err, database.ErrNoRow):
		return session.Tokens{}, problem.Absent()
	case err != nil:
		return session.Tokens{}, err
	case a.totpAt == nil || !hmac.Equal([]byte(h.Mark), []byte(s.mark(a))):
		return session.Tokens{}, ErrFailed()
	}
	return s.signInAs(ctx, a, t, comeBack)
}

// codeRequired is ErrCodeRequired of an account whose first half was right.
func (s Store) codeRequired(a account) error {
	return ErrCodeRequired().Because(&halfway{Half{MemberID: a.id, Mark: s.mark(a)}})
}

func (s Store) signInAs(ctx context.Context, a account, t Try, comeBack bool) (session.Tokens, error) {
	switch {
	case a.suspended != nil:
		return session.Tokens{}, ErrSuspended()
	case a.leaves != nil && !comeBack:
		return session.Tokens{}, ErrLeaving()
	case a.totpAt != nil && t.Code == "":
		return session.Tokens{}, s.codeRequired(a)
	}
	var tokens session.Tokens
	do := func(ctx context.Context) error {
		if err := s.same(ctx, a); err != nil {
			return err
		}
		if a.totpAt != nil {
			if err := s.consume(ctx, a, t.Code); err != nil {
				return err
			}
		}
		if a.leaves != nil {
			if err := s.comeBack(ctx, a.id); err != nil {
				return err
			}
		}
		var err error
		tokens, err = s.begin(ctx, a, t, a.totpAt != nil || a.password == "")
		return err
	}
	var err error
	if a.totpAt == nil {
		err = s.DB.Atomic(ctx, do)
	} else {
		err = s.guessed(ctx, do, attempt.Try{Kind: attempt.Half, Subject: attempt.Both(t.Visitor, a.id)}, attempt.Try{Kind: attempt.Halves, Subject: a.id})
	}
	return tokens, err
}

// Package attempt slows down who guesses: passwords, codes, student numbers. What it
// counts is in the database, so that it holds with Redis away and for every pod.
//
// A try is counted before it is made and taken back when it was right, so that fifty
// tries at the same moment are fifty tries.
package attempt

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// Kind is what is counted and how many tries are free of delay. The names are part of
// the stored ids.
type Kind struct {
	Name string
	Free int64
}

// The kinds. A delay binds who guesses: an account's five are those of one address, so that
// a stranger who tries an account does not keep its owner out. Those of all addresses together
// are a hundred (NIST SP 800-63B, 5.2.2), and those of all browsers together that an account
// knows are fifty, since who has the password can make any number of them.
//
// A visitor's failures, at whichever accounts, delay nothing by themselves, since a dormitory or
// a carrier is one address: beyond the fiftieth, ten times the five, each account is tried once
// from there before a delay (OnceEach).
//
// What who is signed in proves is counted by session, and the code of half a sign-in by address,
// so that a stolen session does not keep the owner from proving anything in theirs. Of all
// sessions, and all addresses, together it is bounded as well: five codes for each of many would
// be all codes that there are.
//
// Messages are counted for each purpose apart: who has asked for too many of one kind has not
// used up another's. Beside what one sender may cause, an address gets so many of a kind that
// nobody's mailbox is filled by many senders.
var (
	Guesser  = Kind{"guesser", 5}   // sign-ins to one account from one address
	Account  = Kind{"account", 100} // sign-ins to one account from browsers that it does not know
	Browser  = Kind{"browser", 5}   // sign-ins from one browser that the account knows
	Browsers = Kind{"browsers", 50} // sign-ins to one account from browsers that it knows
	Visitor  = Kind{"visitor", 50}  // failures from one address, to whichever account; nothing is delayed
	Session  = Kind{"session", 5}   // a signed-in member's own password and codes, in one session
	Sessions = Kind{"member", 100}  // the same, in all of a member's sessions
	Half     = Kind{"half", 5}      // codes of one account's half sign-ins from one address
	Halves   = Kind{"halves", 100}  // codes of one account's half sign-ins
	Roster   = Kind{"roster", 5}    // student numbers that one member names

	SigningUp   = Kind{"sign-up mail", 3}      // to one address, of signing up with it
	Resetting   = Kind{"reset mail", 3}        // to one address, which one visitor asked for
	Resets      = Kind{"reset mails", 10}      // to one address, of whoever asked
	Verifying   = Kind{"code mail", 3}         // to one school address, which one member asked for
	MemberCodes = Kind{"member codes", 6}      // to whichever school address, which one member asked for
	Codes       = Kind{"code mails", 20}       // to one school address, of whoever asked for another
	FirstCodes  = Kind{"first code mails", 50} // to one school address, of whoever asked for their first
	Addressing  = Kind{"address mail", 6}      // to whichever address, which one member asked for as their own
	Addresses   = Kind{"address mails", 10}    // to one address, of whoever asked for it as theirs
)

// OnceEach is Guesser at an address with too many failures: one try at an account, and then its
// delays. Who guesses from a shared address keeps out nobody else there who types the password
// right, and whoever does not waits for 30 s.
func OnceEach() Kind { return Kind{Guesser.Name, 1} }

// Both is the subject of a kind that counts for two things together.
func Both(a, b string) string { return a + "\x00" + b }

// Campus is a visitor's kind at an address that a whole campus shares: a hundred times as many
// failures, as its buckets are wider (CAMPUS_NETWORKS).
func Campus() Kind { return Kind{Visitor.Name, 100 * Visitor.Free} }

// forgotten is how long after its last try a count starts again.
const forgotten = 24 * time.Hour

// ErrTooMany is the answer while the delay has not passed.
func ErrTooMany() *problem.Error {
	return problem.New(problem.TooMany, "too-many-failures", "여러 번 틀려서 잠시 막았습니다. 잠시 후 다시 시도하세요.", "Too many failures. Try again later.")
}

// Store counts.
type Store struct {
	DB  *database.DB
	Key secret.Key
}

// id is the row of a subject. It is keyed, so that the table tells nobody which addresses
// were tried.
func (s Store) id(k Kind, subject string) string {
	mac := hmac.New(sha256.New, s.Key.Derive("attempts"))
	mac.Write([]byte(k.Name + ":" + subject))
	return hex.EncodeToString(mac.Sum(nil))
}

// Take counts a try, which belongs to no unit of work: it stays whatever follows. It
// fails with ErrTooMany while the delay after the last one has not passed: 30 s after the
// last free try, then twice as long each time, up to 15 minutes. A refused try is not
// counted, so that knocking does not prolong the delay.
func (s Store) Take(ctx context.Context, k Kind, subject string) error {
	ctx = database.Outside(ctx)
	id, now, first := s.id(k, subject), clock.Millis(clock.Now(ctx)), int64(0) // until when a first try delays
	if k.Free == 1 {
		first = now + 30000
	}
	n, err := s.DB.Exec(ctx, `INSERT INTO attempts (id, tries, last_at, until_at) VALUES ($1, 1, $2, $5)
		ON CONFLICT (id) DO UPDATE SET last_at = excluded.last_at,
			tries = CASE WHEN attempts.last_at <= $3 THEN 1 ELSE attempts.tries + 1 END,
			until_at = CASE WHEN attempts.last_at <= $3 THEN $5
				WHEN attempts.tries + 1 < $4 THEN 0
				WHEN attempts.tries + 1 = $4 THEN $2 + 30000
				WHEN attempts.tries = $4 THEN $2 + 60000
				WHEN attempts.tries = $4 + 1 THEN $2 + 120000
				WHEN attempts.tries = $4 + 2 THEN $2 + 240000
				WHEN attempts.tries = $4 + 3 THEN $2 + 480000
				ELSE $2 + 900000 END
		WHERE attempts.until_at <= $2`, id, now, now-forgotten.Milliseconds(), k.Free, first)
	if err != nil || n == 1 {
		return err
	}
	until, err := database.One(ctx, s.DB, database.Value[int64], `SELECT until_at FROM attempts WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		until, err = now, nil // forgiven meanwhile
	}
	if err != nil {
		return err
	}
	return ErrTooMany().After(time.Duration(max(1, until-now)) * time.Millisecond)
}

// Count counts a try as Take does and delays nothing; it says whether more than the free ones
// are counted.
func (s Store) Count(ctx context.Context, k Kind, subject string) (over bool, err error) {
	ctx = database.Outside(ctx)
	now := clock.Millis(clock.Now(ctx))
	tries, err := database.One(ctx, s.DB, database.Value[int64], `INSERT INTO attempts (id, tries, last_at, until_at) VALUES ($1, 1, $2, 0)
		ON CONFLICT (id) DO UPDATE SET last_at = excluded.last_at, until_at = 0, tries = CASE WHEN attempts.last_at <= $3 THEN 1 ELSE attempts.tries + 1 END
		RETURNING tries`, s.id(k, subject), now, now-forgotten.Milliseconds())
	return tries > k.Free, err
}

// None says whether no try is counted.
func (s Store) None(ctx context.Context, k Kind, subject string) (bool, error) {
	ctx = database.Outside(ctx)
	n, err := database.One(ctx, s.DB, database.Value[int64], `SELECT COUNT(*) FROM attempts WHERE id = $1 AND tries > 0 AND last_at > $2`,
		s.id(k, subject), clock.Millis(clock.Now(ctx))-forgotten.Milliseconds())
	return n == 0, err
}

// Try is a try of a kind.
type Try struct {
	Kind    Kind
	Subject string
}

// TakeAll counts a try in several ways, or in none where one of them is delayed.
func (s Store) TakeAll(ctx context.Context, tries ...Try) error {
	for i, t := range tries {
		err := s.Take(ctx, t.Kind, t.Subject)
		if err == nil {
			continue
		}
		return errors.Join(err, s.ReturnAll(ctx, tries[:i]...))
	}
	return nil
}

// ReturnAll takes one try back in each of several ways.
func (s Store) ReturnAll(ctx context.Context, tries ...Try) error {
	var all error
	for _, t := range tries {
		all = errors.Join(all, s.Return(ctx, t.Kind, t.Subject))
	}
	return all
}

// ForgiveAll forgets every try in each of several ways.
func (s Store) ForgiveAll(ctx context.Context, tries ...Try) error {
	var all error
	for _, t := range tries {
		all = errors.Join(all, s.Forgive(ctx, t.Kind, t.Subject))
	}
	return all
}

// Return takes one try back: it was neither right nor wrong, or it was right and others
// before it still count.
func (s Store) Return(ctx context.Context, k Kind, subject string) error {
	_, err := s.DB.Exec(database.Outside(ctx), `UPDATE attempts SET tries = tries - 1, until_at = 0 WHERE id = $1 AND tries > 0`, s.id(k, subject))
	return err
}

// Forgive forgets every try: one was right.
func (s Store) Forgive(ctx context.Context, k Kind, subject string) error {
	_, err := s.DB.Exec(database.Outside(ctx), `DELETE FROM attempts WHERE id = $1`, s.id(k, subject))
	return err
}

// Forget deletes counts that count no longer, and returns how many.
func (s Store) Forget(ctx context.Context, limit int) (int, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM attempts WHERE id IN (SELECT id FROM attempts WHERE last_at <= $1 ORDER BY last_at`+database.Limit(limit*10)+`) AND last_at + 0 <= $1`,
		clock.Millis(clock.Now(ctx).Add(-forgotten)))
	return int(n), err
}

// Chores are what is to be done about counts by itself.
func (s Store) Chores() []chore.Chore {
	return []chore.Chore{{Name: "attempts-forgotten", Do: s.Forget}}
}

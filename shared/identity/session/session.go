package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/secret"
)

// How long things last. A stolen access token is of use for a quarter of an hour; a
// member who comes back within a month stays signed in (NIST SP 800-63B, 4.1.3), but
// signs in again at least twice a year.
const (
	AccessLife  = 15 * time.Minute
	RefreshLife = 30 * 24 * time.Hour
	Longest     = 180 * 24 * time.Hour
)

// Grace is how long a used refresh token gives the same answer again, unless the token
// that replaced it has been used: a phone that lost the answer, or two tabs at once, stay
// signed in.
const Grace = 30 * time.Second

// Tokens are what a member is given; only their hashes are stored.
type Tokens struct {
	SessionID    string
	MemberID     string
	Access       string
	AccessUntil  time.Time
	Refresh      string
	RefreshUntil time.Time
}

// Given is what a member gave to begin a session.
type Given struct {
	Second bool // a second factor
	Proof  bool // what counts as a proof of who they are (auth.Principal.Proved)
}

// at are the times to store of what was given now; nil for what was not.
func (g Given) at(now time.Time) (second, proof *int64) {
	if g.Second {
		second = clock.MillisOf(&now)
	}
	if g.Proof {
		proof = clock.MillisOf(&now)
	}
	return second, proof
}

// refreshUntil is how long a refresh token lasts that is given now, of a session that began at
// a time.
func refreshUntil(now, began time.Time) time.Time {
	until := now.Add(RefreshLife)
	if end := began.Add(Longest); until.After(end) {
		return end
	}
	return until
}

// Session is one place where a member is signed in.
type Session struct {
	ID          string
	Device      string
	CreatedAt   time.Time
	RefreshedAt time.Time
	UntilAt     time.Time
	SecondAt    *time.Time // when a second factor was given
}

// successor is the token that replaces a refresh token. It follows from the old one and
// a key that is in no database, so that the same request has the same answer without the
// answer being stored.
func successor(key secret.Key, purpose, token string) string {
	mac := hmac.New(sha256.New, key.Derive("session "+purpose))
	mac.Write([]byte(token))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Package auth says who is asking and what they may do. It knows neither HTTP nor SQL:
// the host puts a Principal into the context, the domain asks it.
package auth

import (
	"context"
	"slices"
	"time"
)

// The cookies of a browser. Their prefix makes browsers send them to this host alone, over
// TLS alone (RFC 6265bis, 4.1.3.2).
const (
	AccessCookie  = "__Host-madang"         // the access token
	RefreshCookie = "__Host-madang-refresh" // the refresh token
)

// Role is what a member was given to do. A guest has none; a student is a verified member.
type Role string

// The roles of the council. Each is given for one unit or for the whole council, until an
// end date or without one. What each allows is said by Actions alone.
const (
	Editor    Role = "editor"
	Moderator Role = "moderator"
	Admin     Role = "admin"
)

// Roles are all roles that can be granted.
func Roles() []Role { return []Role{Editor, Moderator, Admin} }

// Grant is a role for a unit ("" for the whole council) until a time (zero for no end).
type Grant struct {
	Role  Role
	Unit  string
	Until time.Time
}

// Principal is who asks. The zero value is a guest.
type Principal struct {
	MemberID  string
	SessionID string
	Name      string
	Unit      string    // the member's own department
	Verified  bool      // a student
	Grants    []Grant   // those that are in force now
	Dormant   []Grant   // those that need a second factor, which this session did not give
	SecondAt  time.Time // when a second factor was given in this session; zero if never
	ProvedAt  time.Time // when the member last proved in this session who they are; zero if never
	Confirmed bool      // the member's mail address, or another issuer, is known to be the member's
	Bearer    bool      // the session's token came in a header, not in a cookie
}

// ProofLife is how long a proof counts as fresh: long enough to read a page and choose a
// password, short enough that a telephone which is put down does not give its account away.
const ProofLife = 10 * time.Minute

// Proved says whether the member has freshly proved who they are: by password or second
// factor, or by signing in with another issuer where the account has neither.
func (p Principal) Proved(now time.Time) bool {
	return !p.ProvedAt.IsZero() && now.Before(p.ProvedAt.Add(ProofLife))
}

// Rest makes grants of a role dormant unless the session gave a second factor.
func (p Principal) Rest(r Role) Principal {
	if !p.SecondAt.IsZero() {
		return p
	}
	awake := []Grant{}
	for _, g := range p.Grants {
		if g.Role == r {
			p.Dormant = append(p.Dormant, g)
		} else {
			awake = append(awake, g)
		}
	}
	p.Grants = awake
	return p
}

// Awake is p with its dormant grants in force: what a second factor would allow.
func (p Principal) Awake() Principal {
	p.Grants = append(slices.Clone(p.Grants), p.Dormant...)
	p.Dormant = nil
	return p
}

// SignedIn says whether there is a member.
func (p Principal) SignedIn() bool { return p.MemberID != "" }

// Student says whether there is a member who proved to be a student.
func (p Principal) Student() bool { return p.SignedIn() && p.Verified }

// Council says whether the member has any role: what they change is recorded. It is no right.
func (p Principal) Council() bool { return len(p.Grants) > 0 }

type key struct{}

// With is a context in which p asks.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, key{}, p)
}

// From is who asks; a guest where nobody was put.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(key{}).(Principal)
	return p
}

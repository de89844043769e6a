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

// Role is what a member may do. A guest has none; a student is a verified member.
type Role string

// The roles of the council. Each is given for one unit or for all, until an end date or
// without one. An admin may do what an editor and a moderator of the same unit may.
const (
	Editor    Role = "editor"    // writes notices, banners, minutes
	Moderator Role = "moderator" // decides on reports and petitions
	Admin     Role = "admin"     // members, roles, settings
)

// Roles are all roles that can be granted.
func Roles() []Role { return []Role{Editor, Moderator, Admin} }

// Grant is a role for a unit ("" for every unit) until a time (zero for no end).
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

// Has says whether the member has a role for any unit.
func (p Principal) Has(r Role) bool {
	return slices.ContainsFunc(p.Grants, func(g Grant) bool { return g.Role == r || g.Role == Admin })
}

// Council says whether the member has any role.
func (p Principal) Council() bool { return len(p.Grants) > 0 }

// May says whether the member has a role for this unit.
func (p Principal) May(r Role, unit string) bool {
	return slices.ContainsFunc(p.Grants, func(g Grant) bool {
		return (g.Role == r || g.Role == Admin) && (g.Unit == "" || g.Unit == unit)
	})
}

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

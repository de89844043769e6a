package member

import (
	"context"
	"slices"

	"github.com/madang-council/madang/shared/auth"
)

// Seen is a member as far as the caller sees them. Whole is everything of the account, with its
// roles; otherwise it is who they are by name, and whether they may hold a role (MayHold), and nothing else.
type Seen struct {
	Member

	Roles []Grant
	Whole bool
}

// Shown is a member as far as the caller, who appoints somewhere, sees them. It fails with problem.Absent.
func (s Store) Shown(ctx context.Context, id string) (Seen, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return Seen{}, err
	}
	return s.Seen(ctx, m)
}

// Seen is what the caller sees of a member: themselves, and where they answer for the members of
// the whole council anybody, whole; of others who has a role in a unit for which they appoint. Of who has none
// they see what is needed to give them the first one.
func (s Store) Seen(ctx context.Context, m Member) (Seen, error) {
	roles, err := s.Grants(ctx, m.ID)
	if err != nil {
		return Seen{}, err
	}
	who := auth.From(ctx)
	units, everywhere := who.MayIn(auth.Appoint)
	ours := func(g Grant) bool { return everywhere || slices.Contains(units, g.Unit) }
	if m.ID == who.MemberID || who.May(auth.Supervise, "") || who.May(auth.Verify, "") || slices.ContainsFunc(roles, ours) {
		return Seen{Member: m, Roles: roles, Whole: true}, nil
	}
	return Seen{Member: Member{ID: m.ID, Name: m.Name, VerifiedAt: m.VerifiedAt, ConfirmedAt: m.ConfirmedAt}}, nil
}

package member

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
)

// Grants are a member's roles in force, with who gave them.
func (s Store) Grants(ctx context.Context, id string) ([]Grant, error) {
	return database.All(ctx, s.DB, func(r database.Row) (Grant, error) {
		var g Grant
		var until *int64
		var at int64
		err := r.Scan(&g.Role, &g.Unit, &until, &g.By, &at)
		if until != nil {
			g.Until = clock.FromMillis(*until)
		}
		g.At = clock.FromMillis(at)
		return g, err
	}, `SELECT role, unit, until_at, granted_by, granted_at FROM member_roles WHERE member_id = $1 AND (until_at IS NULL OR until_at > $2) ORDER BY role, unit`,
		id, clock.Millis(clock.Now(ctx)))
}

// RoleLabel is what people call a role.
func RoleLabel(r auth.Role) problem.Text {
	switch r {
	case auth.Editor:
		return problem.Text{KO: "편집자", EN: "Editor"}
	case auth.Moderator:
		return problem.Text{KO: "조정자", EN: "Moderator"}
	default:
		return problem.Text{KO: "관리자", EN: "Admin"}
	}
}

// Holder is somebody with a role in force.
type Holder struct {
	Grant

	MemberID, Name string
	Suspended      bool // by which every role rests
}

// Holders are all who have a role in force that the caller may give, by unit and role; for an admin of units that is
// who has one of these. Who has left has none.
func (s Store) Holders(ctx context.Context) ([]Holder, error) {
	units, whole := auth.From(ctx).MayIn(auth.Appoint)
	var w database.Where
	w.Add(`(r.until_at IS NULL OR r.until_at > ?)`, clock.Millis(clock.Now(ctx)))
	w.Add(`m.anonymised_at IS NULL`)
	w.Add(`(m.leaving_at IS NULL OR m.leaving_at > ?)`, s.goneBefore(ctx))
	if !whole {
		if len(units) == 0 {
			return nil, problem.NotAllowed()
		}
		w.In(`r.unit`, units...)
	}
	return database.All(ctx, s.DB, func(r database.Row) (Holder, error) {
		var h Holder
		var until, suspended *int64
		var at int64
		err := r.Scan(&h.MemberID, &h.Name, &suspended, &h.Role, &h.Unit, &until, &h.By, &at)
		if until != nil {
			h.Until = clock.FromMillis(*until)
		}
		h.At, h.Suspended = clock.FromMillis(at), suspended != nil
		return h, err
	}, `SELECT m.id, m.name, m.suspended_at, r.role, r.unit, r.until_at, r.granted_by, r.granted_at FROM member_roles r JOIN members m ON m.id = r.member_id`+w.String()+` ORDER BY r.unit, r.role, m.name, m.id`, w.Args...)
}

// Colleague is somebody who may do something in a unit.
type Colleague struct{ ID, Name string }

// IDs are the ids of colleagues, in their order.
func IDs(list []Colleague) []string {
	ids := []string{}
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// Able are those who may do something in a unit by a role in force, by their names. Who is suspended or leaves is not among
// them.
func (s Store) Able(ctx context.Context, a auth.Action, unit string) ([]Colleague, error) {
	rule := auth.RuleOf(a)
	roles, units := []string{}, []string{""}
	for _, r := range rule.Roles {
		roles = append(roles, string(r))
	}
	if !rule.Whole {
		units = append(units, unit)
	}
	var w database.Where
	w.In(`r.role`, roles...)
	w.In(`r.unit`, units...)
	w.Add(`(r.until_at IS NULL OR r.until_at > ?)`, clock.Millis(clock.Now(ctx)))
	w.Add(`m.suspended_at IS NULL AND m.anonymised_at IS NULL AND m.leaving_at IS NULL`)
	return database.All(ctx, s.DB, func(r database.Row) (Colleague, error) {
		var c Colleague
		err := r.Scan(&c.ID, &c.Name)
		return c, err
	}, `SELECT DISTINCT m.id, m.name FROM member_roles r JOIN members m ON m.id = r.member_id`+w.String()+` ORDER BY m.name, m.id`+database.Limit(mostColleagues), w.Args...)
}

// mostColleagues is how many people work for a council at most.
const mostColleagues = 500

// MayHold is why nobody gives m a role: ErrNotVerified or ErrNotConfirmed, or nil.
func (m Member) MayHold() *problem.Error {
	switch {
	case m.VerifiedAt == nil:
		return ErrNotVerified()
	case m.ConfirmedAt == nil:
		return ErrNotConfirmed()
	}
	return nil
}

// MayGive refuses a role that the caller may not give to m, also where it only changes the
// term: a role of a unit that is not the caller's, one for longer than the caller is to give
// any, one for who may hold none (MayHold), and every role of the caller's own. It fails with
// problem.NotAllowed, ErrOwnRole and ErrBeyondTerm, and as MayHold says.
func MayGive(ctx context.Context, m Member, g auth.Grant) error {
	who := auth.From(ctx)
	end, may := who.MayUntil(auth.Appoint, g.Unit)
	switch {
	case !may:
		return problem.NotAllowed()
	case m.ID == who.MemberID:
		return ErrOwnRole()
	case m.MayHold() != nil:
		return m.MayHold()
	case outlasts(g, end):
		return ErrBeyondTerm(end)
	}
	return nil
}

// MayTake refuses to take a role that a member has, or to change its term. Who appoints in a
// unit may take its editors and moderators whatever their term, but no admin who stays longer.
// It fails with problem.NotAllowed and ErrOwnRole.
func MayTake(ctx context.Context, id string, g auth.Grant) error {
	who := auth.From(ctx)
	end, may := who.MayUntil(auth.Appoint, g.Unit)
	switch {
	case !may:
		return problem.NotAllowed()
	case id == who.MemberID:
		return ErrOwnRole()
	case g.Role == auth.Admin && outlasts(g, end):
		return problem.NotAllowed()
	}
	return nil
}

// MayDisable refuses to suspend a member with roles, by which these rest, and to take the second
// factor without which an admin's powers do: of an admin by nobody but who could take the role
// itself. Whose roles they are is id. It fails with problem.NotAllowed and ErrOwnRole.
func MayDisable(ctx context.Context, id string, roles []Grant) error {
	for _, g := range roles {
		if g.Role != auth.Admin {
			continue
		}
		if err := MayTake(ctx, id, g.Grant); err != nil {
			return err
		}
	}
	return nil
}

// MayDisable is MayDisable for the roles that a member has.
func (s Store) MayDisable(ctx context.Context, id string) error {
	roles, err := s.Grants(ctx, id)
	if err != nil {
		return err
	}
	return MayDisable(ctx, id, roles)
}

// outlasts says whether a role is for longer than until an end; zero is for good.
func outlasts(g auth.Grant, end time.Time) bool {
	return !end.IsZero() && (g.Until.IsZero() || g.Until.After(end))
}

// Grant gives a member a role, or changes until when, if the caller may. It fails with
// problem.Absent, ErrLastAdmin and as MayGive and MayTake.
func (s Store) Grant(ctx context.Context, id string, g auth.Grant) error {
	if !auth.From(ctx).May(auth.Appoint, g.Unit) { // before it says whether there is such a member
		return problem.NotAllowed()
	}
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		m, err := s.Member(ctx, id)
		if err != nil {
			return err
		}
		if err := MayGive(ctx, m, g); err != nil {
			return err
		}
		if had, err := s.held(ctx, id, g.Role, g.Unit); err != nil {
			return err
		} else if had != nil {
			if err := MayTake(ctx, id, had.Grant); err != nil {
				return err
			}
		}
		return s.grant(ctx, id, g, auth.From(ctx).MemberID)
	})
}

// held is a role in force that a member has, nil for none.
func (s Store) held(ctx context.Context, id string, r auth.Role, unit string) (*Grant, error) {
	list, err := s.Grants(ctx, id)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(g Grant) bool { return g.Role == r && g.Unit == unit })
	if i < 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	return &list[i], nil
}

// grant is Grant whoever asks.
func (s Store) grant(ctx context.Context, id string, g auth.Grant, by string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		if g.Role == auth.Admin && g.Unit == "" && !holdsEnd(g) {
			if err := s.keepAdmin(ctx, id); err != nil {
				return err
			}
		}
		var until *int64
		if !g.Until.IsZero() {
			until = clock.MillisOf(&g.Until)
		}
		_, err := s.DB.Exec(ctx, `INSERT INTO member_roles (member_id, role, unit, until_at, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (member_id, role, unit) DO UPDATE SET until_at = excluded.until_at, granted_by = excluded.granted_by, granted_at = excluded.granted_at`,
			id, string(g.Role), g.Unit, until, by, clock.Millis(clock.Now(ctx)))
		return err
	})
}

// Withdraw takes a role away, if the caller may. It fails with problem.Absent, ErrLastAdmin
// and as MayTake.
func (s Store) Withdraw(ctx context.Context, id string, r auth.Role, unit string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		had, err := s.held(ctx, id, r, unit)
		if err != nil {
			return err
		}
		g := auth.Grant{Role: r, Unit: unit, Until: clock.Now(ctx)} // one that is over, or was never there
		if had != nil {
			g = had.Grant
		}
		if err := MayTake(ctx, id, g); err != nil {
			return err
		}
		if r == auth.Admin && unit == "" {
			if err := s.keepAdmin(ctx, id); err != nil {
				return err
			}
		}
		n, err := s.DB.Exec(ctx, `DELETE FROM member_roles WHERE member_id = $1 AND role = $2 AND unit = $3`, id, string(r), unit)
		if err == nil && n == 0 {
			return problem.Absent()
		}
		return err
	})
}

// keepAdmin refuses what would take away the last admin for every unit without an end.
// The update takes the rows' locks, so that two admins who remove each other at the same
// moment come one after the other.
func (s Store) keepAdmin(ctx context.Context, id string) error {
	if _, err := s.DB.Exec(ctx, `UPDATE member_roles SET granted_at = granted_at WHERE role = 'admin' AND unit = '' AND until_at IS NULL`); err != nil {
		return err
	}
	type count struct{ own, others int64 }
	c, err := database.One(ctx, s.DB, func(r database.Row) (count, error) {
		var c count
		err := r.Scan(&c.own, &c.others)
		return c, err
	}, `SELECT COALESCE(SUM(CASE WHEN m.id = $1 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN m.id = $1 THEN 0 ELSE 1 END), 0)
		FROM member_roles r JOIN members m ON m.id = r.member_id
		WHERE r.role = 'admin' AND r.unit = '' AND r.until_at IS NULL AND m.suspended_at IS NULL AND m.leaving_at IS NULL AND m.anonymised_at IS NULL`, id)
	if err != nil {
		return err
	}
	if c.own > 0 && c.others == 0 {
		return ErrLastAdmin()
	}
	return nil
}

// Suspend ends a member's sessions and lets none begin until Restore. It fails with
// problem.Absent, ErrLastAdmin and as MayDisable.
func (s Store) Suspend(ctx context.Context, id string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		if _, err := s.Member(ctx, id); err != nil {
			return err
		}
		if err := s.keepAdmin(ctx, id); err != nil {
			return err
		}
		if err := s.MayDisable(ctx, id); err != nil {
			return err
		}
		now := clock.Millis(clock.Now(ctx))
		if _, err := s.DB.Exec(ctx, `UPDATE members SET suspended_at = $1, version = version + 1, updated_at = $1 WHERE id = $2 AND suspended_at IS NULL`, now, id); err != nil {
			return err
		}
		return s.endSessions(ctx, id)
	})
}

// Restore undoes Suspend. It fails with problem.Absent.
func (s Store) Restore(ctx context.Context, id string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		if _, err := s.Member(ctx, id); err != nil {
			return err
		}
		_, err := s.DB.Exec(ctx, `UPDATE members SET suspended_at = NULL, version = version + 1, updated_at = $1 WHERE id = $2 AND suspended_at IS NOT NULL`,
			clock.Millis(clock.Now(ctx)), id)
		return err
	})
}

// EnsureAdmin makes the first admin, for every unit and without an end, where there is
// none yet: an operator's word, for a laptop and a new environment. An account that
// somebody else made under the address before gets the given password, and disown takes from it
// what they left, in the same unit of work.
func (s Store) EnsureAdmin(ctx context.Context, email, passwordHash, name string, disown func(ctx context.Context, id string) error) (created bool, err error) {
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		created = false
		admins, err := database.One(ctx, s.DB, database.Value[int64], `SELECT COUNT(*) FROM member_roles r JOIN members m ON m.id = r.member_id
			WHERE r.role = 'admin' AND r.unit = '' AND r.until_at IS NULL AND m.suspended_at IS NULL AND m.leaving_at IS NULL AND m.anonymised_at IS NULL`)
		if err != nil || admins > 0 {
			return err
		}
		id, made, err := s.insert(ctx, New{Profile: Profile{Name: name}, Email: email, Password: passwordHash, Confirmed: true})
		if err != nil {
			return err
		}
		if !made {
			if id, err = s.takeOver(ctx, email, passwordHash); err != nil {
				return err
			}
			if err := disown(ctx, id); err != nil {
				return err
			}
		}
		created = true
		return s.grant(ctx, id, auth.Grant{Role: auth.Admin}, id)
	})
	return created, err
}

func (s Store) takeOver(ctx context.Context, email, passwordHash string) (string, error) {
	id, err := database.One(ctx, s.DB, database.Value[string], `SELECT id FROM members WHERE email = $1`, email)
	if errors.Is(err, database.ErrNoRow) {
		return "", problem.Absent()
	}
	if err != nil {
		return "", err
	}
	_, err = s.DB.Exec(ctx, `UPDATE members SET password = $1, email_confirmed_at = $2, suspended_at = NULL, leaving_at = NULL, version = version + 1, updated_at = $2 WHERE id = $3`,
		passwordHash, clock.Millis(clock.Now(ctx)), id)
	return id, err
}

// ReadGrant reads a role to be given. The role comes from a path: one that there is not
// is problem.Absent.
func ReadGrant(ctx context.Context, g auth.Grant, units []string) (auth.Grant, error) {
	if !knownRole(g.Role) {
		return g, problem.Absent()
	}
	var f check.Fields
	if g.Unit != "" {
		g.Unit = f.Named("unit", g.Unit, units...)
	}
	if !g.Until.IsZero() && !g.Until.After(clock.Now(ctx)) {
		f.Add("until", "in-the-past", "이미 지난 시각입니다.", "The time has passed.")
	}
	return g, f.Err()
}

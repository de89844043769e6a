package member

import (
	"context"
	"errors"

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

// Grant gives a member a role, or changes until when. The caller has checked that the
// giver is an admin of the unit. It fails with problem.Absent and ErrLastAdmin.
func (s Store) Grant(ctx context.Context, id string, g auth.Grant, by string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		if _, err := s.Member(ctx, id); err != nil {
			return err
		}
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

// Withdraw takes a role away. It fails with problem.Absent and ErrLastAdmin.
func (s Store) Withdraw(ctx context.Context, id string, r auth.Role, unit string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
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
// problem.Absent and ErrLastAdmin.
func (s Store) Suspend(ctx context.Context, id string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		if _, err := s.Member(ctx, id); err != nil {
			return err
		}
		if err := s.keepAdmin(ctx, id); err != nil {
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
// somebody else made under the address before gets the given password, and whoever was
// signed in to it is not any more.
func (s Store) EnsureAdmin(ctx context.Context, email, passwordHash, name string) (created bool, err error) {
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		created = false
		admins, err := database.One(ctx, s.DB, database.Value[int64], `SELECT COUNT(*) FROM member_roles r JOIN members m ON m.id = r.member_id
			WHERE r.role = 'admin' AND r.unit = '' AND r.until_at IS NULL AND m.suspended_at IS NULL AND m.leaving_at IS NULL AND m.anonymised_at IS NULL`)
		if err != nil || admins > 0 {
			return err
		}
		id, made, err := s.insert(ctx, New{Profile: Profile{Name: name}, Email: email, Password: passwordHash})
		if err != nil {
			return err
		}
		if !made {
			if id, err = s.takeOver(ctx, email, passwordHash); err != nil {
				return err
			}
		}
		created = true
		return s.Grant(ctx, id, auth.Grant{Role: auth.Admin}, id)
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
	if _, err := s.DB.Exec(ctx, `UPDATE members SET password = $1, totp_secret = '', totp_at = NULL, suspended_at = NULL, leaving_at = NULL, version = version + 1, updated_at = $2 WHERE id = $3`,
		passwordHash, clock.Millis(clock.Now(ctx)), id); err != nil {
		return "", err
	}
	if err := s.unlinkAll(ctx, id); err != nil {
		return "", err
	}
	return id, s.endSessions(ctx, id)
}

// ReadGrant reads a role to be given. The role comes from a path: one that there is not
// is problem.Absent.
func ReadGrant(ctx context.Context, g auth.Grant, units []string) error {
	if !knownRole(g.Role) {
		return problem.Absent()
	}
	var f check.Fields
	if g.Unit != "" {
		f.OneOf("unit", g.Unit, units...)
	}
	if !g.Until.IsZero() && !g.Until.After(clock.Now(ctx)) {
		f.Add("until", "in-the-past", "이미 지난 시각입니다.", "The time has passed.")
	}
	return f.Err()
}

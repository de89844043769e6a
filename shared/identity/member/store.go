package member

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// DeskPath is where the council works with members.
const DeskPath = "/console/members"

// Store keeps members in the database.
type Store struct {
	DB         *database.DB
	Key        secret.Key    // for hashes of student numbers and school addresses
	LeaveGrace time.Duration // in which leaving can be undone
}

// New is an account to be made.
type New struct {
	Profile
	Email    string // "" where an issuer gave none that it had verified
	Password string // hash, or "" for OIDC alone
	Consent  Consent
	// Confirmed says that the address, or another issuer, is known to be the member's.
	Confirmed bool
}

// noAddress ends what stands for an address where there is none. RFC 2606 keeps .invalid
// from ever being delivered to.
const noAddress = "@none.invalid"

// NoAddress says whether an address stands for there being none.
func NoAddress(email string) bool { return strings.HasSuffix(email, noAddress) }

// SignUp makes an account and stores its consent. Where the address is taken, nothing
// changes and made is false: the answer to the caller must not show it.
func (s Store) SignUp(ctx context.Context, n New) (id string, made bool, err error) {
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		if n.Email != "" {
			if err := s.vacate(ctx, n.Email); err != nil {
				return err
			}
		}
		if id, made, err = s.insert(ctx, n); err != nil || !made {
			return err
		}
		return s.consent(ctx, id, n.Consent, true)
	})
	return id, made, err
}

func (s Store) insert(ctx context.Context, n New) (string, bool, error) {
	id, err := check.NewID()
	if err != nil {
		return "", false, err
	}
	if n.Email == "" {
		n.Email = id + noAddress
	}
	now := clock.Now(ctx)
	var confirmed *int64
	if n.Confirmed {
		confirmed = clock.MillisOf(&now)
	}
	rows, err := s.DB.Exec(ctx, `INSERT INTO members (id, email, name, unit, password, verified_by, totp_secret, totp_step, version, created_at, updated_at, email_confirmed_at)
		VALUES ($1, $2, $3, $4, $5, '', '', 0, 1, $6, $6, $7) ON CONFLICT (email) DO NOTHING`,
		id, n.Email, n.Name, n.Unit, n.Password, clock.Millis(now), confirmed)
	if err != nil || rows == 0 {
		return id, false, err
	}
	return id, true, s.name(ctx, id, n.Name)
}

// vacate releases an account that has gone but that nothing has swept, so that its address
// is free.
func (s Store) vacate(ctx context.Context, email string) error {
	id, err := database.One(ctx, s.DB, database.Value[string], `SELECT id FROM members WHERE email = $1 AND leaving_at <= $2 AND anonymised_at IS NULL`,
		email, s.goneBefore(ctx))
	if errors.Is(err, database.ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.release(ctx, id)
}

// goneBefore is the time of leaving from which a member counts as gone.
func (s Store) goneBefore(ctx context.Context) int64 {
	return clock.Millis(clock.Now(ctx).Add(-s.LeaveGrace))
}

const memberColumns = `SELECT id, email, name, unit, password <> '', verified_at, verified_by, email_confirmed_at, totp_at, suspended_at, leaving_at, version, created_at, updated_at FROM members`

func scanMember(r database.Row) (Member, error) {
	var m Member
	var verified, confirmed, second, suspended, leaving *int64
	var created, updated int64
	err := r.Scan(&m.ID, &m.Email, &m.Name, &m.Unit, &m.HasPassword, &verified, &m.VerifiedBy, &confirmed, &second, &suspended, &leaving, &m.Version, &created, &updated)
	m.VerifiedAt, m.ConfirmedAt, m.SecondAt = clock.FromMillisOf(verified), clock.FromMillisOf(confirmed), clock.FromMillisOf(second)
	m.SuspendedAt, m.LeavingAt = clock.FromMillisOf(suspended), clock.FromMillisOf(leaving)
	m.CreatedAt, m.UpdatedAt = clock.FromMillis(created), clock.FromMillis(updated)
	if NoAddress(m.Email) {
		m.Email = ""
	}
	return m, err
}

// Member reads an account that has not gone. It fails with problem.Absent.
func (s Store) Member(ctx context.Context, id string) (Member, error) {
	if !check.ID(id) {
		return Member{}, problem.Absent()
	}
	m, err := database.One(ctx, s.DB, scanMember, memberColumns+` WHERE id = $1 AND anonymised_at IS NULL AND (leaving_at IS NULL OR leaving_at > $2)`, id, s.goneBefore(ctx))
	if errors.Is(err, database.ErrNoRow) {
		return Member{}, problem.Absent()
	}
	return m, err
}

// Edit changes a profile of which version was read. It fails with problem.Stale.
func (s Store) Edit(ctx context.Context, id string, version int64, p Profile) (Member, error) {
	err := s.DB.Atomic(ctx, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `UPDATE members SET name = $1, unit = $2, version = version + 1, updated_at = $3 WHERE id = $4 AND version = $5`,
			p.Name, p.Unit, clock.Millis(clock.Now(ctx)), id, version)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.Stale()
		}
		found, err := database.One(ctx, s.DB, database.Value[int], `SELECT COUNT(*) FROM members WHERE id = $1 AND named = name`, id)
		if err != nil || found > 0 { // what they are found by is of this name already
			return err
		}
		return s.name(ctx, id, p.Name)
	})
	if err != nil {
		return Member{}, err
	}
	return s.Member(ctx, id)
}

// Names are the names of members as others see them, by id: what an account that has gone
// wrote stays under the name Gone, from the moment at which it cannot come back, whether
// or not anything has swept it. Ids of nobody are left out.
func (s Store) Names(ctx context.Context, ids ...string) (map[string]string, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	names := map[string]string{}
	for some := range slices.Chunk(ids, 100) {
		args, marks := []any{s.goneBefore(ctx)}, []string{}
		for _, id := range some {
			args = append(args, id)
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		list, err := database.All(ctx, s.DB, func(r database.Row) ([2]string, error) {
			var v [2]string
			var gone bool
			err := r.Scan(&v[0], &v[1], &gone)
			if gone {
				v[1] = Gone
			}
			return v, err
		}, `SELECT id, name, anonymised_at IS NOT NULL OR COALESCE(leaving_at <= $1, FALSE) FROM members WHERE id IN (`+strings.Join(marks, ", ")+`)`, args...)
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			names[v[0]] = v[1]
		}
	}
	return names, nil
}

// Issuers are whose accounts are linked to a member's, by their issuer identifiers.
func (s Store) Issuers(ctx context.Context, id string) ([]string, error) {
	return database.All(ctx, s.DB, database.Value[string], `SELECT issuer FROM oidc_links WHERE member_id = $1 ORDER BY issuer`, id)
}

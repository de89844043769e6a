// Package session keeps who is signed in. A token is opaque and only its hash is stored;
// each request looks it up together with the member's state and roles, so that signing
// out, suspending and the end of a term hold from the next request on, with or without
// Redis.
package session

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// Store keeps sessions in the database. The key is needed by Refresh alone.
type Store struct {
	DB  *database.DB
	Key secret.Key
}

// ErrEnded is the answer to a token that is unknown, expired or revoked.
func ErrEnded() *problem.Error {
	return problem.New(problem.Unauthenticated, "session-ended", "로그인이 만료되었습니다. 다시 로그인하세요.", "Your session has ended. Sign in again.")
}

// Authenticate is the member to whom an access token was given, with the roles in force
// now. It fails with ErrEnded for every token that is not good now.
func (s Store) Authenticate(ctx context.Context, token string) (auth.Principal, error) {
	now := clock.Millis(clock.Now(ctx))
	type row struct {
		principal  auth.Principal
		second     *int64
		verified   *int64
		proved     *int64
		role, unit *string
		until      *int64
	}
	rows, err := database.All(ctx, s.DB, func(r database.Row) (row, error) {
		var v row
		err := r.Scan(&v.principal.SessionID, &v.principal.MemberID, &v.principal.Name, &v.principal.Unit, &v.principal.Confirmed, &v.verified, &v.second, &v.proved, &v.role, &v.unit, &v.until)
		return v, err
	}, `SELECT s.id, m.id, m.name, m.unit, m.email_confirmed_at IS NOT NULL, m.verified_at, s.totp_at, s.proved_at, r.role, r.unit, r.until_at
		FROM sessions s JOIN members m ON m.id = s.member_id
		LEFT JOIN member_roles r ON r.member_id = m.id AND (r.until_at IS NULL OR r.until_at > $2)
		WHERE s.access_hash = $1 AND s.access_until > $2 AND s.until_at > $2 AND s.revoked_at IS NULL
		AND m.suspended_at IS NULL AND m.leaving_at IS NULL AND m.anonymised_at IS NULL
		ORDER BY r.role, r.unit`, hex.EncodeToString(secret.Hash(token)), now)
	if err != nil {
		return auth.Principal{}, err
	}
	if len(rows) == 0 {
		return auth.Principal{}, ErrEnded()
	}
	p := rows[0].principal
	p.Verified = rows[0].verified != nil
	if rows[0].second != nil {
		p.SecondAt = clock.FromMillis(*rows[0].second)
	}
	if rows[0].proved != nil {
		p.ProvedAt = clock.FromMillis(*rows[0].proved)
	}
	for _, v := range rows {
		if v.role == nil {
			continue
		}
		g := auth.Grant{Role: auth.Role(*v.role), Unit: *v.unit}
		if v.until != nil {
			g.Until = time.UnixMilli(*v.until).In(clock.Seoul)
		}
		p.Grants = append(p.Grants, g)
	}
	return p, nil
}

// IsEnded says whether an error means that the token is not good.
func IsEnded(err error) bool { return errors.Is(err, ErrEnded()) }

package session

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// errRotated says that another request changed the session's tokens at the very same moment.
var errRotated = errors.New("session: the refresh token was used meanwhile")

// Create signs a member in.
func (s Store) Create(ctx context.Context, memberID, device string, given Given) (Tokens, error) {
	now := clock.Now(ctx)
	id, err := check.NewID()
	if err != nil {
		return Tokens{}, err
	}
	t := Tokens{SessionID: id, MemberID: memberID, AccessUntil: now.Add(AccessLife), RefreshUntil: now.Add(RefreshLife)}
	var accessHash, refreshHash []byte
	t.Access, accessHash = secret.Token()
	t.Refresh, refreshHash = secret.Token()
	secondAt, provedAt := given.at(now)
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `INSERT INTO sessions (id, member_id, access_hash, access_until, until_at, totp_at, proved_at, created_at, refreshed_at, device)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)`, id, memberID, hex.EncodeToString(accessHash), clock.Millis(t.AccessUntil),
			clock.Millis(t.RefreshUntil), secondAt, provedAt, clock.Millis(now), device); err != nil {
			return err
		}
		return s.addRefresh(ctx, id, hex.EncodeToString(refreshHash), now, t.RefreshUntil)
	})
	return t, err
}

func (s Store) addRefresh(ctx context.Context, sessionID, hash string, now, until time.Time) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO refresh_tokens (hash, session_id, until_at, created_at) VALUES ($1, $2, $3, $4)`,
		hash, sessionID, clock.Millis(until), clock.Millis(now))
	return err
}

// refreshable is a refresh token with its session, as stored.
type refreshable struct {
	sessionID, memberID string
	created             int64
	access              string // hash of the access token
	accessUntil         int64
	used                *int64
	nextUsed, nextUntil *int64 // of the token that replaced it
}

// Refresh exchanges a refresh token for new tokens and ends the old access token. Every
// token works once: one that was used before means that somebody else has a copy, so the
// whole session is revoked, whoever of the two is asking. Within Grace the same request
// has the same answer instead, as long as the answer itself was not used; a thief who is
// that fast is found out one refresh later. It fails with ErrEnded for everything else,
// and what it revoked stays revoked.
func (s Store) Refresh(ctx context.Context, token string) (Tokens, error) {
	hash := hex.EncodeToString(secret.Hash(token))
	for range 2 { // the second time sees what the other request did
		t, err := s.rotate(ctx, token, hash)
		if !errors.Is(err, errRotated) {
			return t, err
		}
	}
	return Tokens{}, ErrEnded()
}

func (s Store) rotate(ctx context.Context, token, hash string) (Tokens, error) {
	now := clock.Now(ctx)
	r, err := s.refreshable(ctx, hash, clock.Millis(now))
	if err != nil {
		return Tokens{}, err
	}
	t := Tokens{SessionID: r.sessionID, MemberID: r.memberID, Access: successor(s.Key, "access", token), Refresh: successor(s.Key, "refresh", token)}
	if r.used != nil {
		if r.nextUsed == nil && r.nextUntil != nil && clock.Millis(now) < *r.used+Grace.Milliseconds() {
			t.AccessUntil, t.RefreshUntil = clock.FromMillis(r.accessUntil), clock.FromMillis(*r.nextUntil)
			return t, nil
		}
		if err := s.Revoke(ctx, r.memberID, r.sessionID); err != nil && !errors.Is(err, problem.Absent()) {
			return Tokens{}, err
		}
		return Tokens{}, ErrEnded()
	}
	t.AccessUntil = now.Add(AccessLife)
	t.RefreshUntil = refreshUntil(now, clock.FromMillis(r.created))
	next := hex.EncodeToString(secret.Hash(t.Refresh))
	// The session's row is locked first, here and in Renew, so that the two wait for each other.
	return t, s.DB.Atomic(ctx, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `UPDATE sessions SET access_hash = $1, access_until = $2, until_at = $3, refreshed_at = $4 WHERE id = $5 AND access_hash = $6 AND revoked_at IS NULL`,
			hex.EncodeToString(secret.Hash(t.Access)), clock.Millis(t.AccessUntil), clock.Millis(t.RefreshUntil), clock.Millis(now), r.sessionID, r.access)
		if err != nil {
			return err
		}
		if n == 0 {
			return errRotated // used, renewed or revoked meanwhile
		}
		if n, err = s.DB.Exec(ctx, `UPDATE refresh_tokens SET used_at = $1, next_hash = $2 WHERE hash = $3 AND used_at IS NULL`, clock.Millis(now), next, hash); err != nil {
			return err
		}
		if n == 0 {
			return errRotated
		}
		return s.addRefresh(ctx, r.sessionID, next, now, t.RefreshUntil)
	})
}

// refreshable finds a token of a session and a member that are good now, used or not.
func (s Store) refreshable(ctx context.Context, hash string, now int64) (refreshable, error) {
	r, err := database.One(ctx, s.DB, func(row database.Row) (refreshable, error) {
		var r refreshable
		err := row.Scan(&r.sessionID, &r.memberID, &r.created, &r.used, &r.nextUsed, &r.access, &r.accessUntil, &r.nextUntil)
		return r, err
	}, `SELECT s.id, s.member_id, s.created_at, t.used_at, n.used_at, s.access_hash, s.access_until, n.until_at
		FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN members m ON m.id = s.member_id
		LEFT JOIN refresh_tokens n ON n.hash = t.next_hash
		WHERE t.hash = $1 AND t.until_at > $2 AND s.until_at > $2 AND s.revoked_at IS NULL
		AND m.suspended_at IS NULL AND m.leaving_at IS NULL AND m.anonymised_at IS NULL`, hash, now)
	if errors.Is(err, database.ErrNoRow) {
		return r, ErrEnded()
	}
	return r, err
}

// List are a member's sessions that are good now, the newest first.
func (s Store) List(ctx context.Context, memberID string) ([]Session, error) {
	return database.All(ctx, s.DB, func(row database.Row) (Session, error) {
		var v Session
		var created, refreshed, until int64
		var second *int64
		err := row.Scan(&v.ID, &v.Device, &created, &refreshed, &until, &second)
		v.CreatedAt, v.RefreshedAt, v.UntilAt, v.SecondAt = clock.FromMillis(created), clock.FromMillis(refreshed), clock.FromMillis(until), clock.FromMillisOf(second)
		return v, err
	}, `SELECT id, device, created_at, refreshed_at, until_at, totp_at FROM sessions
		WHERE member_id = $1 AND until_at > $2 AND revoked_at IS NULL ORDER BY refreshed_at DESC, id DESC`, memberID, clock.Millis(clock.Now(ctx)))
}

// Revoke ends one session of a member from the next request on. It fails with
// problem.Absent for a session that is not the member's or has ended.
func (s Store) Revoke(ctx context.Context, memberID, id string) error {
	n, err := s.DB.Exec(ctx, `UPDATE sessions SET revoked_at = $1 WHERE id = $2 AND member_id = $3 AND revoked_at IS NULL AND until_at > $1`,
		clock.Millis(clock.Now(ctx)), id, memberID)
	if err == nil && n == 0 {
		return problem.Absent()
	}
	return err
}

// RevokeAll ends a member's sessions but one ("" for none but), and returns how many.
func (s Store) RevokeAll(ctx context.Context, memberID, but string) (int64, error) {
	return s.DB.Exec(ctx, `UPDATE sessions SET revoked_at = $1 WHERE member_id = $2 AND id <> $3 AND revoked_at IS NULL`,
		clock.Millis(clock.Now(ctx)), memberID, but)
}

// RevokeRefresh ends the session that a refresh token belongs to, used or not: a browser
// whose access token has expired signs out by it. A token that is unknown is no error.
func (s Store) RevokeRefresh(ctx context.Context, token string) error {
	_, err := s.DB.Exec(ctx, `UPDATE sessions SET revoked_at = $1 WHERE revoked_at IS NULL AND id = (SELECT session_id FROM refresh_tokens WHERE hash = $2)`,
		clock.Millis(clock.Now(ctx)), hex.EncodeToString(secret.Hash(token)))
	return err
}

// ForgetSecond notes that no session of a member has given a second factor.
func (s Store) ForgetSecond(ctx context.Context, memberID string) error {
	_, err := s.DB.Exec(ctx, `UPDATE sessions SET totp_at = NULL WHERE member_id = $1`, memberID)
	return err
}

// Gave notes what a session gave now, beside what it gave before.
func (s Store) Gave(ctx context.Context, id string, given Given) error {
	second, proof := given.at(clock.Now(ctx))
	_, err := s.DB.Exec(ctx, `UPDATE sessions SET totp_at = COALESCE(CAST($1 AS BIGINT), totp_at), proved_at = COALESCE(CAST($2 AS BIGINT), proved_at) WHERE id = $3`, second, proof, id)
	return err
}

// Renew gives a session other tokens and ends those that it had: whoever has a copy of them
// is out. It fails with ErrEnded for a session that is not good now.
func (s Store) Renew(ctx context.Context, id string) (Tokens, error) {
	now := clock.Now(ctx)
	t := Tokens{SessionID: id, AccessUntil: now.Add(AccessLife)}
	var accessHash, refreshHash []byte
	t.Access, accessHash = secret.Token()
	t.Refresh, refreshHash = secret.Token()
	err := s.DB.Atomic(ctx, func(ctx context.Context) error {
		type begun struct {
			member  string
			created int64
		}
		b, err := database.One(ctx, s.DB, func(r database.Row) (begun, error) {
			var b begun
			err := r.Scan(&b.member, &b.created)
			return b, err
		}, `SELECT member_id, created_at FROM sessions WHERE id = $1 AND until_at > $2 AND revoked_at IS NULL`, id, clock.Millis(now))
		if errors.Is(err, database.ErrNoRow) {
			return ErrEnded()
		}
		if err != nil {
			return err
		}
		t.MemberID = b.member
		t.RefreshUntil = refreshUntil(now, clock.FromMillis(b.created))
		n, err := s.DB.Exec(ctx, `UPDATE sessions SET access_hash = $1, access_until = $2, until_at = $3, refreshed_at = $4 WHERE id = $5 AND revoked_at IS NULL`,
			hex.EncodeToString(accessHash), clock.Millis(t.AccessUntil), clock.Millis(t.RefreshUntil), clock.Millis(now), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrEnded()
		}
		if _, err := s.DB.Exec(ctx, `DELETE FROM refresh_tokens WHERE session_id = $1`, id); err != nil {
			return err
		}
		return s.addRefresh(ctx, id, hex.EncodeToString(refreshHash), now, t.RefreshUntil)
	})
	return t, err
}

// ended is how long a session is kept after its end, for a member who asks where they
// were signed in.
const ended = 30 * 24 * time.Hour

// Chores are what is to be done about sessions by itself: refresh tokens are deleted when
// they would be refused, used or not, and sessions that ended 30 days ago. A used token is kept
// until then, since it may be what its owner still has after somebody else used a copy. A session that
// ended by itself is kept while a device gets notifications that was turned on in it (shared/council/device).
func (s Store) Chores() []chore.Chore {
	return []chore.Chore{
		{Name: "refresh-tokens-forgotten", Do: s.forgetTokens},
		{Name: "sessions-forgotten", Do: s.forget},
	}
}

func (s Store) forgetTokens(ctx context.Context, limit int) (int, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens WHERE until_at <= $1 ORDER BY until_at`+database.Limit(limit*10)+`) AND until_at + 0 <= $1`,
		clock.Millis(clock.Now(ctx)))
	return int(n), err
}

// forget deletes sessions, by either end: each has an index.
func (s Store) forget(ctx context.Context, limit int) (int, error) {
	forgotten := 0
	for _, end := range []struct{ at, unless string }{{"until_at", ` AND NOT EXISTS (SELECT 1 FROM devices d WHERE d.session_id = sessions.id)`}, {"revoked_at", ``}} {
		n, err := s.DB.Exec(ctx, `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE `+end.at+` < $1`+end.unless+` ORDER BY `+end.at+database.Limit(limit)+`) AND `+end.at+` + 0 < $1`+end.unless,
			clock.Millis(clock.Now(ctx).Add(-ended)))
		if forgotten += int(n); err != nil {
			return forgotten, err
		}
	}
	return forgotten, nil
}

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

// errRotated says that another request used the same token at the very same moment.
var errRotated = errors.New("session: the refresh token was used meanwhile")

// Create signs a member in. With second, the session has given a second factor.
func (s Store) Create(ctx context.Context, memberID, device string, second bool) (Tokens, error) {
	now := clock.Now(ctx)
	id, err := check.NewID()
	if err != nil {
		return Tokens{}, err
	}
	t := Tokens{SessionID: id, MemberID: memberID, AccessUntil: now.Add(AccessLife), RefreshUntil: now.Add(RefreshLife)}
	var accessHash, refreshHash []byte
	t.Access, accessHash = secret.Token()
	t.Refresh, refreshHash = secret.Token()
	var secondAt *int64
	if second {
		secondAt = clock.MillisOf(&now)
	}
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `INSERT INTO sessions (id, member_id, access_hash, access_until, until_at, totp_at, created_at, refreshed_at, device)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)`, id, memberID, hex.EncodeToString(accessHash), clock.Millis(t.AccessUntil),
			clock.Millis(t.RefreshUntil), secondAt, clock.Millis(now), device); err != nil {
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
	t.RefreshUntil = now.Add(RefreshLife)
	if end := clock.FromMillis(r.created).Add(Longest); t.RefreshUntil.After(end) {
		t.RefreshUntil = end
	}
	next := hex.EncodeToString(secret.Hash(t.Refresh))
	return t, s.DB.Atomic(ctx, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `UPDATE refresh_tokens SET used_at = $1, next_hash = $2 WHERE hash = $3 AND used_at IS NULL`, clock.Millis(now), next, hash)
		if err != nil {
			return err
		}
		if n == 0 {
			return errRotated
		}
		if err := s.addRefresh(ctx, r.sessionID, next, now, t.RefreshUntil); err != nil {
			return err
		}
		n, err = s.DB.Exec(ctx, `UPDATE sessions SET access_hash = $1, access_until = $2, until_at = $3, refreshed_at = $4 WHERE id = $5 AND revoked_at IS NULL`,
			hex.EncodeToString(secret.Hash(t.Access)), clock.Millis(t.AccessUntil), clock.Millis(t.RefreshUntil), clock.Millis(now), r.sessionID)
		if err == nil && n == 0 {
			return ErrEnded()
		}
		return err
	})
}

// refreshable finds a token of a session and a member that are good now, used or not.
func (s Store) refreshable(ctx context.Context, hash string, now int64) (refreshable, error) {
	r, err := database.One(ctx, s.DB, func(row database.Row) (refreshable, error) {
		var r refreshable
		err := row.Scan(&r.sessionID, &r.memberID, &r.created, &r.used, &r.nextUsed, &r.accessUntil, &r.nextUntil)
		return r, err
	}, `SELECT s.id, s.member_id, s.created_at, t.used_at, n.used_at, s.access_until, n.until_at
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

// GaveSecond notes that a session gave a second factor now.
func (s Store) GaveSecond(ctx context.Context, id string) error {
	_, err := s.DB.Exec(ctx, `UPDATE sessions SET totp_at = $1 WHERE id = $2`, clock.Millis(clock.Now(ctx)), id)
	return err
}

// Since is when a session began.
func (s Store) Since(ctx context.Context, id string) (time.Time, error) {
	at, err := database.One(ctx, s.DB, database.Value[int64], `SELECT created_at FROM sessions WHERE id = $1`, id)
	return clock.FromMillis(at), err
}

// ended is how long a session is kept after its end, for a member who asks where they
// were signed in.
const ended = 30 * 24 * time.Hour

// Chores are what is to be done about sessions by itself: those that ended 30 days ago are
// deleted with their refresh tokens.
func (s Store) Chores() []chore.Chore {
	return []chore.Chore{{Name: "sessions-forgotten", Do: func(ctx context.Context, _ int) (int, error) {
		n, err := s.DB.Exec(ctx, `DELETE FROM sessions WHERE until_at < $1 OR revoked_at < $1`, clock.Millis(clock.Now(ctx).Add(-ended)))
		return int(n), err
	}}}
}

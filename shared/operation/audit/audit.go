// Package audit is the log of what the council did and whose data was read. The host
// writes it in the unit of work that it is about; nothing changes or deletes it before its
// time.
package audit

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
)

// DeskPath is where the council reads the log.
const DeskPath = "/console/audit"

// Record is one line of the log.
type Record struct {
	ID        string
	At        time.Time
	Actor     string // member id
	Action    string // method and route, as "PUT /v1/notices/{id}", or "sign in"
	Subject   string // what or whom it was done to
	Origin    string // client address, hashed with the day's salt
	RequestID string
	Detail    string // JSON
}

// Place is that of a record in the list.
func (r Record) Place() cursor.Moment { return cursor.Moment{At: clock.Millis(r.At), ID: r.ID} }

// Query limits a list; zero fields do not.
type Query struct {
	Actor, Subject, Action string
	From, Until            *time.Time    // Until excluded
	Before                 cursor.Moment // of the last record of the page before
}

// Store keeps the log.
type Store struct{ DB *database.DB }

// Add writes a line. Its ID and time are given here.
func (s Store) Add(ctx context.Context, r Record) error { return s.add(ctx, r, "") }

// AddOfCouncil is Add where the actor has a role in the council now, and nothing where not.
func (s Store) AddOfCouncil(ctx context.Context, r Record) error {
	return s.add(ctx, r, ` WHERE EXISTS (SELECT 1 FROM member_roles WHERE member_id = $3 AND (until_at IS NULL OR until_at > $2))`)
}

func (s Store) add(ctx context.Context, r Record, where string) error {
	id, err := check.NewID()
	if err != nil {
		return err
	}
	_, err = s.DB.Exec(ctx, `INSERT INTO audit (id, at, actor, action, subject, origin, request_id, detail)
		SELECT $1, CAST($2 AS BIGINT), $3, $4, $5, $6, $7, $8`+where,
		id, clock.Millis(clock.Now(ctx)), r.Actor, r.Action, r.Subject, r.Origin, r.RequestID, r.Detail)
	return err
}

// Chores are what is to be done about the log by itself: lines are deleted at the end of
// retention.
func (s Store) Chores(retention time.Duration) []chore.Chore {
	return []chore.Chore{{Name: "audit-forgotten", Do: func(ctx context.Context, limit int) (int, error) {
		n, err := s.DB.Exec(ctx, `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)`, clock.Millis(clock.Now(ctx).Add(-retention)), limit*10)
		return int(n), err
	}}}
}

// never is later than every stored time, in ms: the year 9999.
const never = int64(253402300800000)

// List is the log, the newest first.
func (s Store) List(ctx context.Context, q Query, limit int) ([]Record, error) {
	from, until := -never, never
	if q.From != nil {
		from = clock.Millis(*q.From)
	}
	if q.Until != nil {
		until = clock.Millis(*q.Until)
	}
	if q.Before.ID == "" {
		q.Before.At = never
	}
	return database.All(ctx, s.DB, func(r database.Row) (Record, error) {
		var v Record
		var at int64
		err := r.Scan(&v.ID, &at, &v.Actor, &v.Action, &v.Subject, &v.Origin, &v.RequestID, &v.Detail)
		v.At = clock.FromMillis(at)
		return v, err
	}, `SELECT id, at, actor, action, subject, origin, request_id, detail FROM audit
		WHERE ($1 = '' OR actor = $1) AND ($2 = '' OR subject = $2) AND ($3 = '' OR action = $3) AND at >= $4 AND at < $5
		AND (at < $6 OR at = $6 AND id < $7) ORDER BY at DESC, id DESC LIMIT $8`,
		q.Actor, q.Subject, q.Action, from, until, q.Before.At, q.Before.ID, limit)
}

// AboutMember are what others did to a member's account or read of it, the oldest first.
func (s Store) AboutMember(ctx context.Context, memberID string) ([]Record, error) {
	return database.All(ctx, s.DB, func(r database.Row) (Record, error) {
		var v Record
		var at int64
		err := r.Scan(&v.ID, &at, &v.Action)
		v.At = clock.FromMillis(at)
		return v, err
	}, `SELECT id, at, action FROM audit WHERE subject = $1 AND actor <> $1 ORDER BY at, id`, memberID)
}

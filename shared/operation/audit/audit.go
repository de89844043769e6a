// Package audit is the log of what the council did and whose data was read. The host
// writes it in the unit of work that it is about; nothing changes or deletes it before its
// time.
package audit

import (
	"context"
	"errors"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
)

// DeskPath is where the council reads the log.
const DeskPath = "/console/audit"

// Member is what Kinds says of a member.
const Member = "member"

// Record is one line of the log.
type Record struct {
	ID        string
	At        time.Time
	Actor     string // member id
	ActorName string // as of then; given by Add
	Action    string // method and route, as "PUT /v1/notices/{id}", or "sign in"
	Subject   string // what or whom it was done to
	// SubjectName is the name or title of the subject as of then; "" where it has none.
	SubjectName string
	Origin      string // client address, hashed with the day's salt
	RequestID   string
	Detail      string // JSON
}

// Place is that of a record in the list.
func (r Record) Place() cursor.Moment { return cursor.Moment{At: clock.Millis(r.At), ID: r.ID} }

// Query limits a list; zero fields do not.
type Query struct {
	Actor, Subject string
	Actions        []string
	From, Until    *time.Time    // Until excluded
	Before         cursor.Moment // of the last record of the page before
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
	_, err = s.DB.Exec(ctx, `INSERT INTO audit (id, at, actor, action, subject, origin, request_id, detail, subject_name, actor_name)
		SELECT $1, CAST($2 AS BIGINT), $3, $4, $5, $6, $7, $8, $9, COALESCE((SELECT name FROM members WHERE id = $3), '')`+where,
		id, clock.Millis(clock.Now(ctx)), r.Actor, r.Action, r.Subject, r.Origin, r.RequestID, r.Detail, r.SubjectName)
	return err
}

// NameOf is what people call the thing, of one of kinds, the member or the file with an id now;
// "" where it is none of them.
func (s Store) NameOf(ctx context.Context, id string, kinds []string) (string, error) {
	args := []any{id}
	for _, k := range kinds {
		args = append(args, k)
	}
	things := ""
	if len(kinds) > 0 {
		things = `SELECT title FROM things WHERE kind IN (` + database.Marks(2, len(kinds)) + `) AND id = $1 UNION ALL `
	}
	name, err := database.One(ctx, s.DB, database.Value[string], things+`SELECT name FROM members WHERE id = $1 UNION ALL SELECT name FROM uploads WHERE id = $1 LIMIT 1`, args...)
	if errors.Is(err, database.ErrNoRow) {
		return "", nil
	}
	return name, err
}

// Kinds say of what kind of thing each of some subjects is that is there now, member for a member; what is neither
// has none.
func (s Store) Kinds(ctx context.Context, ids, kinds []string) (map[string]string, error) {
	found, args := map[string]string{}, []any{}
	for _, id := range ids {
		args = append(args, id)
	}
	for _, k := range kinds {
		args = append(args, k)
	}
	if len(ids) == 0 {
		return found, nil
	}
	query := `SELECT '` + Member + `', id FROM members WHERE id IN (` + database.Marks(1, len(ids)) + `)`
	if len(kinds) > 0 {
		query += ` UNION ALL SELECT kind, id FROM things WHERE kind IN (` + database.Marks(len(ids)+1, len(kinds)) + `) AND id IN (` + database.Marks(1, len(ids)) + `)`
	}
	_, err := database.All(ctx, s.DB, func(r database.Row) (string, error) {
		var kind, id string
		err := r.Scan(&kind, &id)
		found[id] = kind
		return id, err
	}, query, args...)
	return found, err
}

// Chores are what is to be done about the log by itself: lines are deleted at the end of
// retention.
func (s Store) Chores(retention time.Duration) []chore.Chore {
	return []chore.Chore{{Name: "audit-forgotten", Do: func(ctx context.Context, limit int) (int, error) {
		n, err := s.DB.Exec(ctx, `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at`+database.Limit(limit*10)+`)`, clock.Millis(clock.Now(ctx).Add(-retention)))
		return int(n), err
	}}}
}

// List is the log, the newest first.
func (s Store) List(ctx context.Context, q Query, limit int) ([]Record, error) {
	var w database.Where
	for _, f := range []struct{ column, value string }{{"actor", q.Actor}, {"subject", q.Subject}} {
		if f.value != "" {
			w.Add(f.column+` = ?`, f.value)
		}
	}
	if len(q.Actions) > 0 {
		w.In(`action`, q.Actions...)
	}
	if q.From != nil {
		w.Add(`at >= ?`, clock.Millis(*q.From))
	}
	if q.Until != nil {
		w.Add(`at < ?`, clock.Millis(*q.Until))
	}
	if q.Before.ID != "" {
		w.Add(`(at, id) < (?, ?)`, q.Before.At, q.Before.ID)
	}
	return database.All(ctx, s.DB, func(r database.Row) (Record, error) {
		var v Record
		var at int64
		err := r.Scan(&v.ID, &at, &v.Actor, &v.Action, &v.Subject, &v.Origin, &v.RequestID, &v.Detail, &v.ActorName, &v.SubjectName)
		v.At = clock.FromMillis(at)
		return v, err
	}, `SELECT id, at, actor, action, subject, origin, request_id, detail, actor_name, subject_name FROM audit`+w.String()+` ORDER BY at DESC, id DESC`+database.Limit(limit), w.Args...)
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

// Package audit is the log of what the council did and whose data was read. The host
// writes it in the unit of work that it is about; nothing changes or deletes it before its
// time.
package audit

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
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

// Version is the detail by which a record says which version an edit made, where the page of its kind in the console has
// /revisions, which compares it with the one before.
const Version = "version"

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
	Subject     string
	Actors      []string // ids
	Actions     []string
	From, Until *time.Time    // Until excluded
	Before      cursor.Moment // of the last record of the page before
}

// Store keeps the log.
type Store struct{ DB *database.DB }

// Add writes a line. Its ID and time are given here. About are members whom it is about beside its
// subject, as who was shown in a list.
func (s Store) Add(ctx context.Context, r Record, about ...string) error {
	return s.add(ctx, r, "", about...)
}

// AddOfCouncil is Add where the actor has a role in the council now, and nothing where not.
func (s Store) AddOfCouncil(ctx context.Context, r Record) error {
	return s.add(ctx, r, ` WHERE EXISTS (SELECT 1 FROM member_roles WHERE member_id = $3 AND (until_at IS NULL OR until_at > $2))`)
}

func (s Store) add(ctx context.Context, r Record, where string, about ...string) error {
	id, err := check.NewID()
	if err != nil {
		return err
	}
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `INSERT INTO audit (id, at, actor, action, subject, origin, request_id, detail, subject_name, actor_name)
			SELECT $1, CAST($2 AS BIGINT), $3, $4, $5, $6, $7, $8, $9, COALESCE((SELECT name FROM members WHERE id = $3), '')`+where,
			id, clock.Millis(clock.Now(ctx)), r.Actor, r.Action, r.Subject, r.Origin, r.RequestID, r.Detail, r.SubjectName)
		if err != nil || n == 0 {
			return err
		}
		for some := range slices.Chunk(about, 100) {
			args := []any{id}
			for _, member := range some {
				args = append(args, member)
			}
			if _, err := s.DB.Exec(ctx, `INSERT INTO audit_members (audit_id, member_id, at) SELECT a.id, m.id, a.at FROM audit a JOIN members m ON m.id IN (`+database.Marks(2, len(some))+`) WHERE a.id = $1 ON CONFLICT DO NOTHING`, args...); err != nil {
				return err
			}
		}
		return nil
	})
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

// List is the log, the newest first. Of a subject that is a member it is also what is about them. Each actor is asked for alone:
// of those who did nothing at all an index says so at once.
func (s Store) List(ctx context.Context, q Query, limit int) ([]Record, error) {
	actors := q.Actors
	if len(actors) == 0 {
		actors = []string{""}
	}
	list := []Record{}
	for _, actor := range actors {
		part, err := s.list(ctx, q, actor, false, limit)
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
		if q.Subject == "" {
			continue
		}
		if part, err = s.list(ctx, q, actor, true, limit); err != nil {
			return nil, err
		}
		list = append(list, part...)
	}
	slices.SortFunc(list, func(a, b Record) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(b.ID, a.ID))
	})
	list = slices.CompactFunc(list, func(a, b Record) bool { return a.ID == b.ID })
	return list[:min(limit, len(list))], nil
}

// list is List of one actor, "" for all, and of what has the subject itself, or of what is about it. Each is a range of an index.
func (s Store) list(ctx context.Context, q Query, actor string, about bool, limit int) ([]Record, error) {
	var w database.Where
	table, at, id := `audit a`, `a.at`, `a.id`
	if about {
		table, at, id = `audit_members m JOIN audit a ON a.id = m.audit_id`, `m.at`, `m.audit_id`
		w.Add(`m.member_id = ?`, q.Subject)
	} else if q.Subject != "" {
		w.Add(`a.subject = ?`, q.Subject)
	}
	if actor != "" {
		w.Add(`a.actor = ?`, actor)
	}
	if len(q.Actions) > 0 {
		w.In(`a.action`, q.Actions...)
	}
	if q.From != nil {
		w.Add(at+` >= ?`, clock.Millis(*q.From))
	}
	if q.Until != nil {
		w.Add(at+` < ?`, clock.Millis(*q.Until))
	}
	if q.Before.ID != "" {
		w.Add(`(`+at+`, `+id+`) < (?, ?)`, q.Before.At, q.Before.ID)
	}
	return database.All(ctx, s.DB, func(r database.Row) (Record, error) {
		var v Record
		var at int64
		err := r.Scan(&v.ID, &at, &v.Actor, &v.Action, &v.Subject, &v.Origin, &v.RequestID, &v.Detail, &v.ActorName, &v.SubjectName)
		v.At = clock.FromMillis(at)
		return v, err
	}, `SELECT a.id, a.at, a.actor, a.action, a.subject, a.origin, a.request_id, a.detail, a.actor_name, a.subject_name FROM `+table+w.String()+` ORDER BY `+at+` DESC, `+id+` DESC`+database.Limit(limit), w.Args...)
}

// AboutMember are what others did to a member's account or read of it, by itself or in a list, the
// oldest first.
func (s Store) AboutMember(ctx context.Context, memberID string) ([]Record, error) {
	return database.All(ctx, s.DB, func(r database.Row) (Record, error) {
		var v Record
		var at int64
		err := r.Scan(&v.ID, &at, &v.Action)
		v.At = clock.FromMillis(at)
		return v, err
	}, `SELECT id, at, action FROM audit WHERE subject = $1 AND actor <> $1
		UNION SELECT a.id, a.at, a.action FROM audit_members m JOIN audit a ON a.id = m.audit_id WHERE m.member_id = $1 AND a.actor <> $1 ORDER BY at, id`, memberID)
}

// Package inbox is the list on the site of what a member was told of. An entry says of which thing;
// what it is called, and whether the member may still read it, the index of things says whenever
// the list is read.
package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

// Kept is how long an entry stays.
const Kept = 90 * 24 * time.Hour

// MostCounted is up to which number unread entries are counted: one more stands for all others.
const MostCounted = 99

// Store keeps the lists.
type Store struct {
	DB *database.DB
	// Closed are the kinds of things of functions that are switched off at the time of a request, which nobody can
	// open; nil for none.
	Closed func(context.Context) []string
}

// Entry is something that a member was told of.
type Entry struct {
	ID     string
	Topic  string
	Ref    thing.Ref
	At     time.Time   // when it happened
	ReadAt *time.Time  // nil while it is unread
	Thing  thing.Thing // as the index has it now
}

// atOnce is how many rows a statement makes.
const atOnce = 100

// Add tells members of an event about a thing; who was told already is not told again.
func (s Store) Add(ctx context.Context, eventID, topic string, ref thing.Ref, at time.Time, memberIDs ...string) error {
	for some := range slices.Chunk(memberIDs, atOnce) {
		args, rows := []any{}, []string{}
		for _, member := range some {
			sum := sha256.Sum256([]byte(eventID + "\n" + member))
			args = append(args, hex.EncodeToString(sum[:16]), member, topic, ref.Kind, ref.ID, clock.Millis(at))
			rows = append(rows, `(`+database.Marks(len(args)-5, 6)+`)`)
		}
		if _, err := s.DB.Exec(ctx, `INSERT INTO inbox_entries (id, member_id, topic, kind, thing_id, at) VALUES `+strings.Join(rows, ", ")+` ON CONFLICT (id) DO NOTHING`, args...); err != nil {
			return err
		}
	}
	return nil
}

func scan(r database.Row) (Entry, error) {
	var e Entry
	var at int64
	var read *int64
	err := r.Scan(&e.ID, &e.Topic, &e.Ref.Kind, &e.Ref.ID, &at, &read)
	e.At, e.ReadAt = clock.FromMillis(at), clock.FromMillisOf(read)
	return e, err
}

const columns = `id, topic, kind, thing_id, at, read_at`

// Moment is where e stands in the list.
func (e Entry) Moment() cursor.Moment { return cursor.Moment{At: clock.Millis(e.At), ID: e.ID} }

// List are entries of the caller, a member, that they may read now, the newest first, behind a place: limit of
// them where there are so many.
func (s Store) List(ctx context.Context, memberID string, behind cursor.Moment, limit int) ([]Entry, error) {
	return s.list(ctx, memberID, behind, limit)
}

// list are those entries of which some conditions hold, too.
func (s Store) list(ctx context.Context, memberID string, behind cursor.Moment, limit int, conditions ...string) ([]Entry, error) {
	list := []Entry{}
	for {
		var w database.Where
		w.Add(`member_id = ?`, memberID)
		for _, condition := range conditions {
			w.Add(condition)
		}
		w.Add(`at > ?`, clock.Millis(clock.Now(ctx).Add(-Kept)))
		if behind.ID != "" {
			w.Add(`(at, id) < (?, ?)`, behind.At, behind.ID)
		}
		some, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM inbox_entries`+w.String()+` ORDER BY at DESC, id DESC`+database.Limit(limit), w.Args...)
		if err != nil {
			return nil, err
		}
		shown, err := s.readable(ctx, some)
		if err != nil {
			return nil, err
		}
		list = append(list, shown...)
		if len(some) < limit || len(list) >= limit {
			return list[:min(len(list), limit)], nil
		}
		behind = some[len(some)-1].Moment()
	}
}

// readable are those of some entries whose things their reader, who asks, may read now, as readers do:
// who works for the council finds drafts in the console, but for what colleagues want of them.
func (s Store) readable(ctx context.Context, list []Entry) ([]Entry, error) {
	refs := []thing.Ref{}
	for _, e := range list {
		refs = append(refs, e.Ref)
	}
	things, err := thing.Store{DB: s.DB}.Readable(ctx, refs...)
	closed := []string{}
	if s.Closed != nil {
		closed = s.Closed(ctx)
	}
	shown := []Entry{}
	for _, e := range list {
		if t, may := things[e.Ref]; may && topic.Shows(ctx, e.Topic, t) && !slices.Contains(closed, t.Kind) {
			t.Path = topic.Place(e.Topic, t.Ref, t.Path)
			e.Thing = t
			shown = append(shown, e)
		}
	}
	return shown, err
}

// Unread are the entries that the caller, a member, has not read of those that they may read now, the newest first: at most
// MostCounted + 1, which are told as more.
func (s Store) Unread(ctx context.Context, memberID string) ([]Entry, error) {
	return s.list(ctx, memberID, cursor.Moment{}, MostCounted+1, `read_at IS NULL`)
}

// Read marks entries of a member as read: those of the ids, or all up to a time where there are none.
func (s Store) Read(ctx context.Context, memberID string, until time.Time, ids ...string) error {
	var w database.Where
	w.Args = []any{clock.Millis(clock.Now(ctx))}
	w.Add(`member_id = ?`, memberID)
	w.Add(`read_at IS NULL`)
	if len(ids) > 0 {
		w.In(`id`, ids...)
	} else {
		w.Add(`at <= ?`, clock.Millis(until))
	}
	_, err := s.DB.Exec(ctx, `UPDATE inbox_entries SET read_at = $1`+w.String(), w.Args...)
	return err
}

// Chores forget what is over.
func (s Store) Chores() []chore.Chore {
	return []chore.Chore{{Name: "inbox-forgotten", Do: func(ctx context.Context, limit int) (int, error) {
		n, err := s.DB.Exec(ctx, `DELETE FROM inbox_entries WHERE id IN (SELECT id FROM inbox_entries WHERE at <= $1 ORDER BY at`+database.Limit(limit*10)+`)`, clock.Millis(clock.Now(ctx).Add(-Kept)))
		return int(n), err
	}}}
}

type exported struct {
	Topic  string     `json:"topic"`
	Kind   string     `json:"kind"`
	ID     string     `json:"id"`
	At     time.Time  `json:"at"`
	ReadAt *time.Time `json:"readAt,omitempty"`
}

// Personal is what the lists keep of members.
func (s Store) Personal() []person.Data {
	return []person.Data{{
		Name: "notifications",
		Notices: []person.Notice{
			{What: problem.Text{KO: "받은 알림의 목록과 읽었는지", EN: "What you were notified of, and whether you read it"}, Why: problem.Text{KO: "알림을 모아 보여 주기", EN: "Showing you your notifications"}, Until: problem.Text{KO: "90일, 또는 탈퇴할 때까지", EN: "90 days, or until you leave"}},
		},
		Columns: []person.Column{
			{Name: "inbox_entries.member_id", Fate: person.Forgotten},
			{Name: "inbox_entries.topic", Fate: person.Exported},
			{Name: "inbox_entries.kind", Fate: person.Exported},
			{Name: "inbox_entries.thing_id", Fate: person.Exported},
		},
		Export: func(ctx context.Context, memberID string) (any, error) {
			entries, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM inbox_entries WHERE member_id = $1 ORDER BY at DESC, id DESC`, memberID)
			list := []exported{}
			for _, e := range entries {
				list = append(list, exported{e.Topic, e.Ref.Kind, e.Ref.ID, e.At, e.ReadAt})
			}
			return list, err
		},
		Forget: func(ctx context.Context, memberID string) error {
			_, err := s.DB.Exec(ctx, `DELETE FROM inbox_entries WHERE member_id = $1`, memberID)
			return err
		},
	}}
}

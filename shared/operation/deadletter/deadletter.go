// Package deadletter keeps events that a consumer never took, however often the broker
// tried, until somebody looked: they can be delivered again once the cause is mended. What
// they would have done, sweep finds from the state meanwhile.
package deadletter

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/problem"
)

// DeskPath is where the council sees dead letters.
const DeskPath = "/console/dead-letters"

// Letter is an event and who did not take it.
type Letter struct {
	ID      string
	Event   event.Event // with its Failure
	Times   int         // how often the broker gave it up
	FirstAt time.Time
	LastAt  time.Time
}

// Consumer is a short name for a sink. Knative's broker names the consumer itself where
// that answered (http://media.<namespace>.svc.cluster.local/events), and its own address
// for the Trigger (/triggers/<namespace>/<name>/<uid>) where it did not.
func Consumer(sink string) string {
	u, err := url.Parse(sink)
	if err != nil {
		return sink
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) == 4 && parts[0] == "triggers" {
		return parts[2]
	}
	if name, _, _ := strings.Cut(u.Host, "."); name != "" {
		return name
	}
	return parts[len(parts)-1]
}

// Store keeps letters.
type Store struct{ DB *database.DB }

// Replayer is a store that can deliver again.
type Replayer struct {
	Store
	outbox *event.Outbox
}

// NewReplayer is for who delivers again.
func NewReplayer(db *database.DB, outbox *event.Outbox) Replayer {
	return Replayer{Store: Store{DB: db}, outbox: outbox}
}

// Keep saves a letter. The same event from the same sink again is the same letter, and
// says what was answered last. Of the council's events alone: a schedule's word that it is
// time, which nobody signs, comes again by itself.
func (s Store) Keep(ctx context.Context, e event.Event) error {
	if !event.Named(e.Type) {
		return nil
	}
	if e.Failure == nil {
		e.Failure = &event.Failure{}
	}
	id, err := check.NewID()
	if err != nil {
		return err
	}
	_, err = s.DB.Exec(ctx, `INSERT INTO dead_letters (id, event_id, type, subject, data, trace, happened_at, sink, status, answer, times, first_at, last_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11)
		ON CONFLICT (event_id, sink) DO UPDATE SET status = excluded.status, answer = excluded.answer, times = dead_letters.times + 1, last_at = excluded.last_at`,
		id, e.ID, e.Type, e.Subject, string(e.Data), e.Trace, clock.Millis(e.Time), e.Failure.Sink, e.Failure.Status, e.Failure.Answer, clock.Millis(clock.Now(ctx)))
	return err
}

// Query limits a list; zero fields do not.
type Query struct {
	Type   string
	Before cursor.Moment // of the last letter of the page before
}

// columns are those that scan reads.
const columns = `id, event_id, type, subject, data, trace, happened_at, sink, status, answer, times, first_at, last_at`

func scan(r database.Row) (Letter, error) {
	l := Letter{Event: event.Event{Failure: &event.Failure{}}}
	var data string
	var happened, first, last int64
	err := r.Scan(&l.ID, &l.Event.ID, &l.Event.Type, &l.Event.Subject, &data, &l.Event.Trace, &happened,
		&l.Event.Failure.Sink, &l.Event.Failure.Status, &l.Event.Failure.Answer, &l.Times, &first, &last)
	l.Event.Data, l.Event.Time = json.RawMessage(data), clock.FromMillis(happened)
	l.FirstAt, l.LastAt = clock.FromMillis(first), clock.FromMillis(last)
	return l, err
}

// Place is that of a letter in the list.
func (l Letter) Place() cursor.Moment { return cursor.Moment{At: clock.Millis(l.LastAt), ID: l.ID} }

// List are the letters, the newest first.
func (s Store) List(ctx context.Context, q Query, limit int) ([]Letter, error) {
	var w database.Where
	if q.Type != "" {
		w.Add(`type = ?`, q.Type)
	}
	if q.Before.ID != "" {
		w.Add(`(last_at, id) < (?, ?)`, q.Before.At, q.Before.ID)
	}
	return database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM dead_letters`+w.String()+` ORDER BY last_at DESC, id DESC`+database.Limit(limit), w.Args...)
}

// Letter is one letter.
func (s Store) Letter(ctx context.Context, id string) (Letter, error) {
	if !check.ID(id) {
		return Letter{}, problem.Absent()
	}
	l, err := database.One(ctx, s.DB, scan, `SELECT `+columns+` FROM dead_letters WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		return Letter{}, problem.Absent()
	}
	return l, err
}

// Dismiss deletes a letter.
func (s Store) Dismiss(ctx context.Context, id string) error {
	if !check.ID(id) {
		return problem.Absent()
	}
	n, err := s.DB.Exec(ctx, `DELETE FROM dead_letters WHERE id = $1`, id)
	if err == nil && n == 0 {
		return problem.Absent()
	}
	return err
}

// Replay gives the event to the broker again, which delivers it to all who consume its
// type, and deletes the letter. What is not taken comes back as a letter.
func (s Replayer) Replay(ctx context.Context, id string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		l, err := s.Letter(ctx, id)
		if err != nil {
			return err
		}
		return s.replay(ctx, l)
	})
}

// ReplayAll replays up to limit letters of a type, or of all where it is "", the oldest
// first, and is how many.
func (s Replayer) ReplayAll(ctx context.Context, kind string, limit int) (n int, err error) {
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		letters, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM dead_letters WHERE ($1 = '' OR type = $1) ORDER BY last_at, id LIMIT $2`, kind, limit)
		if err != nil {
			return err
		}
		n = len(letters)
		for _, l := range letters {
			if err := s.replay(ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// replay does nothing for a letter that somebody else took at the same time.
func (s Replayer) replay(ctx context.Context, l Letter) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM dead_letters WHERE id = $1`, l.ID)
	if err != nil || n == 0 {
		return err
	}
	e := l.Event
	e.Failure = nil
	return s.outbox.Repeat(ctx, e)
}

// Count is how many letters there are.
func (s Store) Count(ctx context.Context) (int, error) {
	return database.One(ctx, s.DB, database.Value[int], `SELECT COUNT(*) FROM dead_letters`)
}

// life is how long a letter is kept: by then what its event would have done has been
// found from the state.
const life = 30 * 24 * time.Hour

// Forget deletes letters that came last 30 days ago and is how many.
func (s Store) Forget(ctx context.Context, limit int) (int, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters WHERE last_at < $1 ORDER BY last_at`+database.Limit(limit*10)+`) AND last_at + 0 < $1`,
		clock.Millis(clock.Now(ctx).Add(-life)))
	return int(n), err
}

// Chores are what is to be done about letters by itself.
func (s Store) Chores() []chore.Chore {
	return []chore.Chore{{Name: "dead-letters-forgotten", Do: s.Forget}}
}

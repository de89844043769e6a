// Package event records what happened and tells those who want to know.
//
// A handler records an event in its unit of work, so that effect and event are saved
// together, and the event is published after the commit. A broker may deliver it twice,
// late or never; one that was never accepted is published again by Republish, which
// sweep calls, and what consumers would have done is also found by sweep from the state.
package event

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
)

// Event is a CloudEvent of the product.
type Event struct {
	ID      string          // the thing and its version: a repeat has the same id
	Type    string          // kr.madang.<thing>.<past-tense verb>.v1
	Subject string          // the thing's id
	Time    time.Time       // when it happened
	Data    json.RawMessage // JSON
	Trace   string          // W3C traceparent of the request that made it, or ""
	Failure *Failure        // of a dead letter: why a consumer never took it
}

// Failure is what a broker tells its dead-letter sink about an event that it gave up.
type Failure struct {
	Sink   string // address of the consumer, or of the broker's part that spoke to it
	Status int    // of the consumer's last answer; 0 where there was none
	Answer string // the beginning of the body of that answer, at most 768 bytes
}

// New makes an event about version of a thing. Data must be encodable as JSON.
func New(ctx context.Context, kind, subject string, version int64, data any) (Event, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return Event{}, fmt.Errorf("event %s: %w", kind, err)
	}
	return Event{ID: fmt.Sprintf("%s/%s/%d", kind, subject, version), Type: kind, Subject: subject, Time: clock.Now(ctx), Data: raw}, nil
}

// Bus accepts events for delivery: Knative's broker, or the one in the local host.
type Bus interface {
	Publish(ctx context.Context, e Event) error
}

// Outbox keeps events until a bus accepted them.
type Outbox struct {
	DB  *database.DB
	Bus Bus
	Log *slog.Logger
}

// Record saves an event in the unit of work of ctx and publishes it after the commit.
// An event that is recorded twice is one event.
func (o *Outbox) Record(ctx context.Context, e Event) error {
	e.Trace = TraceFrom(ctx)
	n, err := o.DB.Exec(ctx, `INSERT INTO outbox (id, type, subject, data, trace, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
		e.ID, e.Type, e.Subject, string(e.Data), e.Trace, clock.Millis(e.Time))
	if err != nil {
		return fmt.Errorf("record %s: %w", e.Type, err)
	}
	if n == 0 {
		return nil
	}
	database.AfterCommit(ctx, func(ctx context.Context) { o.publish(ctx, e) })
	return nil
}

// Repeat publishes an event again after the commit of the unit of work of ctx, also where
// a bus has accepted it before. Consumers take a repeat for what it is: the same event.
func (o *Outbox) Repeat(ctx context.Context, e Event) error {
	if _, err := o.DB.Exec(ctx, `INSERT INTO outbox (id, type, subject, data, trace, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET sent_at = NULL`,
		e.ID, e.Type, e.Subject, string(e.Data), e.Trace, clock.Millis(e.Time)); err != nil {
		return fmt.Errorf("repeat %s: %w", e.Type, err)
	}
	database.AfterCommit(ctx, func(ctx context.Context) { o.publish(ctx, e) })
	return nil
}

// publish is the one place where an event may fail to leave: its effect is saved, so the
// request must not fail, and Republish tries again.
func (o *Outbox) publish(ctx context.Context, e Event) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := o.Bus.Publish(ctx, e); err != nil {
		o.Log.WarnContext(ctx, "event not accepted; sweep will publish it again", "event", e.ID, "error", err)
		return false
	}
	if _, err := o.DB.Exec(ctx, `UPDATE outbox SET sent_at = $1 WHERE id = $2`, clock.Millis(clock.Now(ctx)), e.ID); err != nil {
		o.Log.WarnContext(ctx, "event accepted but not marked; it will be published twice", "event", e.ID, "error", err)
	}
	return true
}

// grace is how old an unsent event must be before Republish takes it: longer than the
// two seconds that publish may take.
const grace = 10 * time.Second

// Republish publishes up to limit events that no bus has accepted, oldest first, and
// returns how many were accepted. It stops at the first refusal.
func (o *Outbox) Republish(ctx context.Context, limit int) (int, error) {
	list, err := database.All(ctx, o.DB, func(r database.Row) (Event, error) {
		var e Event
		var data string
		var at int64
		err := r.Scan(&e.ID, &e.Type, &e.Subject, &data, &e.Trace, &at)
		e.Data, e.Time = json.RawMessage(data), clock.FromMillis(at)
		return e, err
	}, `SELECT id, type, subject, data, trace, created_at FROM outbox WHERE sent_at IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2`,
		clock.Millis(clock.Now(ctx).Add(-grace)), limit)
	if err != nil {
		return 0, err
	}
	for i, e := range list {
		if !o.publish(ctx, e) {
			return i, nil
		}
	}
	return len(list), nil
}

// life is how long an accepted event is kept: while it is, the same one is not made again.
const life = 7 * 24 * time.Hour

// Forget deletes events that were accepted a week ago and returns how many.
func (o *Outbox) Forget(ctx context.Context, limit int) (int, error) {
	n, err := o.DB.Exec(ctx, `DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE sent_at < $1 ORDER BY sent_at LIMIT $2) AND sent_at < $1`,
		clock.Millis(clock.Now(ctx).Add(-life)), limit*10)
	return int(n), err
}

// Chores are what is to be done about events by itself.
func (o *Outbox) Chores() []chore.Chore {
	return []chore.Chore{
		{Name: "events-published", Budget: 45 * time.Second, Do: o.Republish},
		{Name: "events-forgotten", Do: o.Forget},
	}
}

type traceKey struct{}

// WithTrace is a context that carries a W3C traceparent.
func WithTrace(ctx context.Context, traceparent string) context.Context {
	return context.WithValue(ctx, traceKey{}, traceparent)
}

// TraceFrom is the traceparent in ctx, or "".
func TraceFrom(ctx context.Context) string {
	s, _ := ctx.Value(traceKey{}).(string)
	return s
}

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
	"errors"
	"fmt"
	"log/slog"
	"regexp"
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

	// Signature is what came with an event: Signed says what it is worth. "" where it was made.
	Signature string
}

// Failure is what a broker tells its dead-letter sink about an event that it gave up.
type Failure struct {
	Sink   string // address of the consumer, or of the broker's part that spoke to it
	Status int    // of the consumer's last answer; 0 where there was none
	Answer string // the beginning of the body of that answer, at most 768 bytes
}

// Named says whether a type of events has the form that consumers can ask for: kr.madang.<thing>.<past-tense verb>.v1.
func Named(kind string) bool { return named.MatchString(kind) }

var named = regexp.MustCompile(`^kr\.madang\.[a-z]+\.[a-z]+\.v[0-9]+$`)

// New makes an event about version of a thing. Data must be encodable as JSON. It fails for a type of another form.
func New(ctx context.Context, kind, subject string, version int64, data any) (Event, error) {
	if !Named(kind) {
		return Event{}, fmt.Errorf("event %q: call it kr.madang.<thing>.<past-tense verb>.v1", kind)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return Event{}, fmt.Errorf("event %s: %w", kind, err)
	}
	return Event{ID: fmt.Sprintf("%s/%s/%d", kind, subject, version), Type: kind, Subject: subject, Time: clock.Now(ctx), Data: raw}, nil
}

// Bus accepts events for delivery: Knative's broker, or the one in the local host. An error
// that is ErrRefused is about the event, every other about the bus.
type Bus interface {
	Publish(ctx context.Context, e Event) error
}

// ErrRefused says that a bus is there and does not take this event.
var ErrRefused = errors.New("the event is refused")

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
	if _, err := o.DB.Exec(ctx, `INSERT INTO outbox (id, type, subject, data, trace, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET sent_at = NULL, tries = 0, next_try = 0`,
		e.ID, e.Type, e.Subject, string(e.Data), e.Trace, clock.Millis(e.Time)); err != nil {
		return fmt.Errorf("repeat %s: %w", e.Type, err)
	}
	database.AfterCommit(ctx, func(ctx context.Context) { o.publish(ctx, e) })
	return nil
}

// publishTime is how long a bus may take to accept one event: Knative's broker takes
// milliseconds, and a request that was answered waits for it.
const publishTime = 2 * time.Second

// publish tells the bus what was committed. Its effect is saved, so the request must not
// fail where the bus does: Republish tries again.
func (o *Outbox) publish(ctx context.Context, e Event) {
	ctx = context.WithoutCancel(ctx)
	if err := o.offer(ctx, e); err != nil {
		o.Log.WarnContext(ctx, "event not accepted; sweep will publish it again", "event", e.ID, "error", err)
		return
	}
	o.sent(ctx, e)
}

// offer gives the bus its time for one event.
func (o *Outbox) offer(ctx context.Context, e Event) error {
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	return o.Bus.Publish(ctx, e)
}

// sent marks an event that a bus accepted.
func (o *Outbox) sent(ctx context.Context, e Event) {
	o.mark(ctx, e, `UPDATE outbox SET sent_at = $1 WHERE id = $2`, clock.Now(ctx))
}

// mark writes a time about an event beside the bus's answer, which is lost otherwise: also
// where the time of ctx is over. What cannot be marked is published twice.
func (o *Outbox) mark(ctx context.Context, e Event, statement string, at time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTime)
	defer cancel()
	if _, err := o.DB.Exec(ctx, statement, clock.Millis(at), e.ID); err != nil {
		o.Log.WarnContext(ctx, "what became of an event is not saved; it will be published again", "event", e.ID, "error", err)
	}
}

// grace is how old an unsent event must be before Republish takes it: longer than publish
// may take.
const grace = 10 * time.Second

// inARow is how many events a bus may leave without an answer, one after the other, before
// it counts as away: two may be the bus's own trouble with these events.
const inARow = 3

// How long an event waits after a bus did not take it. One that is refused waits twice as
// long each time; one that met no bus is due again at the next run, behind those that were
// not tried since.
const (
	firstPause   = time.Minute
	longestPause = 6 * time.Hour
	awayPause    = 30 * time.Second
)

// pause is how long an event waits that was refused tries times before.
func pause(tries int) time.Duration {
	return min(firstPause<<min(tries, 10), longestPause)
}

// unsent is an event that no bus has accepted.
type unsent struct {
	Event
	tries int
}

// Republish publishes up to limit events that no bus has accepted, those that were never
// tried again first, and returns how many were accepted. It ends with the time of ctx, and
// what is left is for the next run. An event that the bus refuses waits, and those behind it
// are published; a bus that does not answer is an error.
func (o *Outbox) Republish(ctx context.Context, limit int) (int, error) {
	now := clock.Now(ctx)
	list, err := database.All(ctx, o.DB, func(r database.Row) (unsent, error) {
		var e unsent
		var data string
		var at int64
		err := r.Scan(&e.ID, &e.Type, &e.Subject, &data, &e.Trace, &at, &e.tries)
		e.Data, e.Time = json.RawMessage(data), clock.FromMillis(at)
		return e, err
	}, `SELECT id, type, subject, data, trace, created_at, tries FROM outbox WHERE sent_at IS NULL AND next_try <= $1 AND created_at < $2 ORDER BY next_try, created_at`+database.Limit(limit),
		clock.Millis(now), clock.Millis(now.Add(-grace)))
	if err != nil {
		return 0, err
	}
	accepted, silent := 0, 0 // silent: in a row
	var away error
	for _, e := range list {
		if ctx.Err() != nil || silent == inARow {
			break
		}
		switch err := o.offer(ctx, e.Event); {
		case err == nil:
			o.sent(ctx, e.Event)
			accepted++
			silent = 0
		case ctx.Err() != nil: // cut off by the end of the run: it says nothing about the event
		case errors.Is(err, ErrRefused):
			o.Log.WarnContext(ctx, "the broker refuses an event; it is tried again later and later", "event", e.ID, "tries", e.tries+1, "error", err)
			o.mark(ctx, e.Event, `UPDATE outbox SET tries = tries + 1, next_try = $1 WHERE id = $2`, now.Add(pause(e.tries)))
			silent = 0
		default:
			o.mark(ctx, e.Event, `UPDATE outbox SET next_try = $1 WHERE id = $2`, now.Add(awayPause))
			silent++
			away = fmt.Errorf("events are not accepted: %w", err)
		}
	}
	return accepted, away
}

// Recorded is an event of the outbox.
type Recorded struct {
	Event
	SentAt *time.Time // when a bus accepted it last; nil while none has
}

// Since are the first events of some types from a time on, accepted or not, at most so many: those of
// the last week at least.
func (o *Outbox) Since(ctx context.Context, from time.Time, limit int, types ...string) ([]Recorded, error) {
	var w database.Where
	w.In(`type`, types...)
	w.Add(`created_at >= ?`, clock.Millis(from))
	return database.All(ctx, o.DB, func(r database.Row) (Recorded, error) {
		var e Recorded
		var data string
		var at int64
		var sent *int64
		err := r.Scan(&e.ID, &e.Type, &e.Subject, &data, &e.Trace, &at, &sent)
		e.Data, e.Time, e.SentAt = json.RawMessage(data), clock.FromMillis(at), clock.FromMillisOf(sent)
		return e, err
	}, `SELECT id, type, subject, data, trace, created_at, sent_at FROM outbox`+w.String()+` ORDER BY created_at, id`+database.Limit(limit), w.Args...)
}

// life is how long an accepted event is kept: while it is, the same one is not made again.
const life = 7 * 24 * time.Hour

// Forget deletes events that were accepted a week ago and returns how many.
func (o *Outbox) Forget(ctx context.Context, limit int) (int, error) {
	n, err := o.DB.Exec(ctx, `DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE sent_at < $1 ORDER BY sent_at`+database.Limit(limit*10)+`) AND sent_at + 0 < $1`,
		clock.Millis(clock.Now(ctx).Add(-life)))
	return int(n), err
}

// Chores are what is to be done about events by itself.
func (o *Outbox) Chores() []chore.Chore {
	return []chore.Chore{
		{Name: "events-published", Budget: chore.Outward, Do: o.Republish},
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

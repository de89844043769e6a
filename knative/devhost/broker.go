package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
)

// broker delivers events to the functions that consume them, as Knative's broker and
// triggers do: at least once, again with growing delays where a function answers 5xx,
// and never in a promised order. What it holds is lost when the process ends; sweep
// repairs that, as in production.
type broker struct {
	queue   chan event.Event
	targets map[string][]string // event type -> functions
	dead    []string            // functions that take what another one never took
	serve   func(function string, w http.ResponseWriter, r *http.Request)
	twice   bool
	key     []byte // events are signed with it
	log     *slog.Logger
	under   sync.WaitGroup // deliveries
}

// errFull is the refusal of an event.
var errFull = errors.New("the broker's queue is full")

// deliveries is how often an event is tried; the delays between double from 100 ms.
const deliveries = 8

func newBroker(specs []function.Spec, serve func(string, http.ResponseWriter, *http.Request), twice bool, key []byte, log *slog.Logger) *broker {
	b := &broker{queue: make(chan event.Event, 10_000), targets: map[string][]string{}, serve: serve, twice: twice, key: key, log: log}
	for _, s := range specs {
		for _, c := range s.New(function.Deps{}).Consumes.On {
			if c.Type == function.Undelivered {
				b.dead = append(b.dead, s.Name)
				continue
			}
			b.targets[c.Type] = append(b.targets[c.Type], s.Name)
		}
	}
	return b
}

// Publish takes an event for delivery; it refuses when the queue is full, and sweep
// publishes it again.
func (b *broker) Publish(_ context.Context, e event.Event) error {
	select {
	case b.queue <- e:
		return nil
	default:
		return errFull
	}
}

// run delivers until ctx ends, and then waits for what is being answered.
func (b *broker) run(ctx context.Context) {
	defer b.under.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-b.queue:
			for _, name := range b.targets[e.Type] {
				b.under.Go(func() { b.deliver(ctx, name, e) })
				if b.twice {
					b.under.Go(func() { b.deliver(ctx, name, e) })
				}
			}
		}
	}
}

// deliver tries until the function takes the event, it was tried often enough, or ctx ends.
func (b *broker) deliver(ctx context.Context, name string, e event.Event) {
	delay := 100 * time.Millisecond
	failure := event.Failure{Sink: "/functions/" + name}
	for try := range deliveries {
		failure.Status, failure.Answer = b.once(ctx, name, e)
		if failure.Status/100 == 2 {
			return
		}
		if try == deliveries-1 {
			break
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
			delay *= 2
		}
	}
	b.log.Error("event given up; sweep repairs what it would have done", "event", e.ID, "function", name)
	e.Failure = &failure
	for _, sink := range b.dead {
		if status, answer := b.once(ctx, sink, e); status/100 != 2 {
			b.log.Error("dead letter lost", "event", e.ID, "status", status, "answer", answer)
		}
	}
}

// once delivers an event to a function, which may finish what it began, and is what it answered.
func (b *broker) once(ctx context.Context, name string, e event.Event) (status int, answer string) {
	r := httptest.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, host.EventsPath, bytes.NewReader(e.Data))
	event.SetHeader(r.Header, e, "/devhost")
	event.Sign(r.Header, b.key, e)
	w := httptest.NewRecorder()
	b.serve(name, w, r)
	return w.Code, w.Body.String()
}

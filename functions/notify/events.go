package notify

import (
	"context"
	"encoding/json"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// told are the events of all topics.
func (h handlers) told() []function.Subscription {
	list := []function.Subscription{}
	for _, t := range topic.All() {
		list = append(list, function.Subscription{Type: t.Event, Doc: "Tells who wants to hear of it: " + t.Label.EN + ".", Do: h.queue.Take})
	}
	return list
}

// name is the function's.
const name = "notify"

// rest is how long nothing is sent while the function is switched off.
const rest = time.Hour

// more sends what waits. Where others wait it has itself called again, after a pause that keeps a
// channel within its part of a minute.
func (h handlers) more(ctx context.Context, e event.Event) error {
	var data delivery.MoreEvent
	if err := json.Unmarshal(e.Data, &data); err != nil || data.Chain == "" {
		return problem.Unreadable("malformed-event", "이벤트를 읽을 수 없습니다.", "The event cannot be read.").Because(err)
	}
	flags, err := h.flags(ctx)
	if err != nil {
		return err
	}
	if !flags.Runs(name) {
		return h.queue.Rest(ctx, clock.Now(ctx).Add(rest))
	}
	sending, cancel := context.WithTimeout(ctx, budget)
	ran, err := h.queue.Run(sending, h.log)
	cancel()
	for _, state := range []delivery.State{delivery.Sent, delivery.Waiting, delivery.Failed, delivery.Late, delivery.Withheld, delivery.Unwanted, delivery.Unreachable} {
		h.count.Add("deliveries", string(state), ran.Done[state])
	}
	if err != nil {
		return err
	}
	if !data.Continues(ran) {
		return nil
	}
	if err := h.pause(ctx, ran.Pause); err != nil {
		return err
	}
	return h.queue.Next(ctx, data)
}

// wait waits.
func wait(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // it is the request's own
	case <-t.C:
		return nil
	}
}

package main

import (
	"context"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
)

// schedule calls the functions that have one until ctx ends, as PingSource does, and each
// once at the start: the laptop may have slept for weeks.
func (s *site) schedule(ctx context.Context) {
	for _, spec := range s.specs {
		if spec.Scale.Schedule == "" {
			continue
		}
		plan, err := cron.ParseStandard(spec.Scale.Schedule)
		if err != nil {
			s.log.Error("not scheduled", "function", spec.Name, "error", err)
			continue
		}
		s.work.Go(func() { s.ping(ctx, spec.Name, plan) })
	}
}

// ping calls a function at the times of a plan.
func (s *site) ping(ctx context.Context, name string, plan cron.Schedule) {
	for {
		now := time.Now().In(clock.Seoul)
		s.broker.deliver(ctx, name, event.Event{ID: "ping/" + now.Format(time.RFC3339Nano), Type: function.Scheduled, Subject: name, Time: now, Data: []byte("{}")})
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(plan.Next(now))):
		}
	}
}

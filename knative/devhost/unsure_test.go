package main

import (
	"testing"
	"time"

	rules "github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/shared/page"
)

// A copy is served for want of an answer only where Redis cannot say whether it is right, and
// where it was known to be in the last minute before Redis went: never one of an hour before.
func TestUnsure(t *testing.T) {
	begin := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		outage time.Duration // for how long Redis does not answer, each second; 0: it always did
		age    time.Duration // of the copy when that begins
		later  time.Duration // after the last failure
		away   bool
		memory string // of the Redis that is asked then; the copy's is "a"
		wrong  bool
		want   bool
	}{
		"away":                        {outage: 40 * time.Second, age: 10 * time.Second, away: true, want: true},
		"away for long":               {outage: time.Hour, age: 10 * time.Second, away: true, want: true},
		"a copy of before":            {outage: 40 * time.Second, age: 61 * time.Second, away: true},
		"an old copy, away for long":  {outage: time.Hour, age: time.Hour, away: true},
		"known to be wrong":           {outage: 40 * time.Second, age: 10 * time.Second, away: true, wrong: true},
		"back, and empty":             {outage: 40 * time.Second, age: 10 * time.Second, later: 59 * time.Second, memory: "b", want: true},
		"back, with what it had":      {outage: 40 * time.Second, age: 10 * time.Second, later: time.Second, memory: "a"},
		"back, and empty a while ago": {outage: 40 * time.Second, age: 10 * time.Second, later: time.Minute, memory: "b"},
		"never away":                  {age: 10 * time.Second, memory: "b"},
	} {
		t.Run(name, func(t *testing.T) {
			now := begin
			e := newEdge(nil, rules.Fixed(), nil, nil, func() time.Time { return now })
			for now = begin; now.Before(begin.Add(row.outage)); now = now.Add(time.Second) {
				e.isAway()
			}
			now = e.awayAt.Add(row.later)
			if row.outage == 0 {
				now = begin
			}
			c := copied{at: begin.Add(-row.age)}
			c.page.Memory = "a"
			c.page.Segments = []page.Segment{{From: 0, Until: now.Add(time.Hour).UnixMilli()}}
			if row.wrong {
				c.page.Since = begin.Add(-time.Hour).UnixMilli()
			}
			if got := e.unsure(c, row.memory, row.away); got != row.want {
				t.Errorf("%v", got)
			}
		})
	}
}

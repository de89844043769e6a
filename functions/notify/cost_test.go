package notify_test

import (
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/operation/bill"
)

// A quiet day costs under a won: twenty members who want notices and the calendar, half of them at once, one notice at noon, and an
// event on the next day. Whatever brings the function in is counted as a cold start, and its pod stays for the window of the chart;
// the price is that of the bill (knative/chart/values.yaml: m2.c2m4 of NHN Cloud at 93 won an hour with 2 CPUs and 4096 MiB; a pod
// asks for 50m and 64 MiB, its proxy for 25m and 40 MiB).
func TestAQuietDayCosts(t *testing.T) {
	const (
		subscribers = 20
		start       = 3 * time.Second // of a cold start, generously
		window      = 60 * time.Second
		most        = 1.0 // won
	)
	price := bill.Price{WonPerHour: 93, CPUs: 2, MemoryMiB: 4096}.Pod(0.075, 104)
	w := open(t)
	for i := range subscribers {
		how := "now"
		if i%2 == 1 {
			how = "digest"
		}
		w.choose(w.Member(functiontest.Member{}).Token, "notices", how, "events", how)
	}
	w.Wait(clock.Midnight(w.Now()).AddDate(0, 0, 1).Sub(w.Now()))
	began := w.Now()
	meter, calls, until, name := bill.NewMeter(began, window, "notify"), 0, time.Time{}, ""
	settle := func(now time.Time) { // the last pod goes when its window is over
		if name != "" && now.After(until) {
			meter.Ended(name, until)
			name = ""
		}
	}
	invoke := func() {
		for events := w.Events.Take(); len(events) > 0; events = w.Events.Take() {
			for _, e := range events {
				if _, told := topic.OfEvent(e.Type); !told && e.Type != delivery.More {
					continue
				}
				now := w.Now()
				if settle(now); name == "" {
					name = e.ID
					meter.Began(name, "notify", price, now, true)
					w.Wait(start)
				}
				if status := w.Deliver(e); status/100 != 2 {
					t.Fatalf("%s: %d", e.ID, status)
				}
				calls++
				for _, pause := range *w.paused {
					w.Wait(pause)
				}
				*w.paused = nil
				until = w.Now().Add(window)
			}
		}
	}
	letters := 0
	for n := range int(24 * time.Hour / (5 * time.Minute)) {
		if due := began.Add(time.Duration(n) * 5 * time.Minute); w.Now().Before(due) {
			w.Wait(due.Sub(w.Now()))
		}
		if n == 12*12 {
			w.write(w.Holder(auth.Editor, "총학"), map[string]any{"publishAt": w.Now()})
			w.event(began.AddDate(0, 0, 1).Add(18 * time.Hour))
		}
		invoke()
		w.chores()
		invoke()
		letters += len(w.Mail.Take())
	}
	settle(began.Add(24 * time.Hour))
	used := meter.Take(began.Add(24 * time.Hour))
	if len(used) != 1 {
		t.Fatalf("%+v", used)
	}
	won := float64(used[0].Cost) / 1e6
	t.Logf("a quiet day with %d subscribers: %d letters, %d invocations, %d cold starts, %.0f s awake, %.3f won", subscribers, letters, calls, used[0].Wakes, float64(used[0].Awake)/1000, won)
	if letters != subscribers/2+subscribers { // the notice at once to half of them; at the hour of digests one letter to each
		t.Errorf("%d letters", letters)
	}
	if won >= most || used[0].Wakes == 0 {
		t.Errorf("it costs %.3f won: %+v", won, used[0])
	}
}

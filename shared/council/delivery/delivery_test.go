package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/inbox"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// at is a time on a day in March 2026.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, 3, day, hour, minute, 0, 0, clock.Seoul)
}

// notice has one published and told at a time.
func (w *world) notice(t fatal, id string, when time.Time) {
	t.Helper()
	about, _ := topic.Of("notices")
	w.now = when
	w.put(t, thing.Ref{Kind: about.Kind, ID: id}, 1, thing.Guests, &when)
	w.consume(t, w.happen(t, about, id, 1))
}

// run delivers what is published, and nothing else.
func (w *world) run(t fatal) {
	t.Helper()
	for len(w.published) > 0 {
		w.deliver(t, 0, false, false)
	}
}

// What was corrected between two tries is told as corrected, under the same id.
func TestCorrectedBetweenTries(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		w.channels = []delivery.Channel{{ID: "hook", Kind: delivery.Webhook}}
		w.notice(t, "n", at(2, 12, 0))
		w.kill = "after" // it was taken, and nobody knows
		w.run(t)
		one := w.thing(thing.Ref{Kind: "notice", ID: "n"}, 2, thing.Guests, &start)
		one.Title = "corrected"
		if err := (thing.Store{DB: db}).Put(w.ctx(), one); err != nil {
			t.Fatal(err)
		}
		w.settle(t, time.Hour)
		if len(w.sent) != 2 || w.sent[0].id != w.sent[1].id || w.sent[0].things[0].ID != "n" || w.sent[1].things[0].ID != "corrected" {
			t.Errorf("%+v", w.sent)
		}
	})
}

// Quiet hours and digests follow Seoul's clock, whenever something happens.
func TestHours(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for _, c := range []struct {
			how            topic.How
			happens, first time.Time
		}{
			{topic.Now, at(2, 12, 0), at(2, 12, 0)},
			{topic.Now, at(2, 21, 59), at(2, 21, 59)},
			{topic.Now, at(2, 22, 0), at(3, 8, 0)},
			{topic.Now, at(3, 0, 30), at(3, 8, 0)},
			{topic.Now, at(3, 7, 59), at(3, 8, 0)},
			{topic.Now, at(3, 8, 0), at(3, 8, 0)},
			{topic.Daily, at(2, 17, 59), at(2, 18, 0)},
			{topic.Daily, at(2, 18, 0), at(3, 18, 0)},
			{topic.Daily, at(2, 23, 0), at(3, 18, 0)},
		} {
			w := newWorld(t, db)
			id := w.member(t, 1, true)
			w.set(t, id, c.how, "notices")
			w.notice(t, "n", c.happens)
			w.run(t)
			if w.now.Before(c.first) {
				w.now = c.first.Add(-time.Minute)
				w.sweep(t)
				w.run(t)
				if len(w.sent) != 0 {
					t.Errorf("%s at %v: sent too early", c.how, c.happens)
				}
				w.now = c.first
				w.sweep(t)
				w.run(t)
			}
			if len(w.sent) != 1 || !w.sent[0].at.Equal(c.first) {
				t.Errorf("%s at %v: %+v, want %v", c.how, c.happens, w.sent, c.first)
			}
		}
	})
}

// A server that is away gets one message late: tries at 0, 5, 30 min, 2, 6 and 24 h, but for quiet hours; then it is given up.
func TestTries(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for recovers, want := range map[time.Duration]int{time.Hour: 1, 5 * time.Hour: 1, 23 * time.Hour: 1, 30 * time.Hour: 0} {
			w := newWorld(t, db)
			w.set(t, w.member(t, 1, true), topic.Now, "notices")
			w.away = true
			w.notice(t, "n", at(2, 12, 0))
			for end := at(2, 12, 0).Add(recovers); w.now.Before(end); w.now = w.now.Add(30 * time.Minute) {
				w.sweep(t)
				w.run(t)
			}
			w.away = false
			w.settle(t, 4*24*time.Hour)
			if len(w.sent) != want {
				t.Errorf("back after %v: sent %d times: %s", recovers, len(w.sent), w.state(t, thing.Ref{ID: "n"}))
			}
		}
	})
}

// Where the other side asks for time it gets it; what it refuses for good is not tried again.
func TestAnswers(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		w.channels = []delivery.Channel{{ID: "hook", Kind: delivery.Webhook}, {ID: "gone", Kind: delivery.Slack}}
		w.refusing["hook"] = delivery.Outcome{Status: 429, Answer: "slow down", Again: true, After: 3 * time.Hour}
		w.refusing["gone"] = delivery.Outcome{Status: 404, Answer: "no_such_channel"}
		w.notice(t, "n", at(2, 12, 0))
		w.run(t)
		log := func(id string) delivery.Delivery {
			list, err := w.queue.Log(w.ctx(), id, cursor.Moment{}, 10)
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return list[0]
		}
		if d := log("hook"); d.State != delivery.Waiting || d.Status != 429 || d.Answer != "slow down" || !d.NextAt.Equal(at(2, 15, 0)) {
			t.Errorf("%+v", d)
		}
		if d := log("gone"); d.State != delivery.Failed || d.Status != 404 || d.Attempts != 1 || d.Reason().KO != "끝내 받지 않았습니다 (404)." {
			t.Errorf("%+v", d)
		}
		clear(w.refusing)
		if err := w.queue.Retry(w.ctx(), "hook", log("gone").ID); problem.Find(err) == nil || problem.Find(err).Code != "not-found" {
			t.Errorf("another channel's: %v", err)
		}
		if err := w.queue.Retry(w.ctx(), "gone", log("gone").ID); err != nil {
			t.Error(err)
		}
		w.run(t)
		w.settle(t, 24*time.Hour)
		if log("gone").State != delivery.Sent || log("hook").State != delivery.Sent || len(w.sent) != 2 {
			t.Errorf("%+v", w.sent)
		}
	})
}

// What was given up is sent again by hand also days later, when it would be too late by itself: a notice, which comes
// out by its time, too.
func TestRetryDaysLater(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		w.channels = []delivery.Channel{{ID: "room", Kind: delivery.Discord}}
		w.refusing["room"] = delivery.Outcome{Status: 403}
		w.notice(t, "n", at(2, 12, 0))
		w.run(t)
		clear(w.refusing)
		w.now = at(6, 12, 0)
		list, err := w.queue.Log(w.ctx(), "room", cursor.Moment{}, 10)
		if err != nil || len(list) != 1 || list[0].State != delivery.Failed {
			t.Fatal(list, err)
		}
		if err := w.queue.Retry(w.ctx(), "room", list[0].ID); err != nil {
			t.Fatal(err)
		}
		w.run(t)
		if list, err = w.queue.Log(w.ctx(), "room", cursor.Moment{}, 10); err != nil || list[0].State != delivery.Sent || len(w.sent) != 1 {
			t.Errorf("%+v, sent %d times, %v", list, len(w.sent), err)
		}
	})
}

// Sweep is dead for days: what came out more than 48 hours ago is in the list on the site, and is not sent.
func TestLate(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for away, want := range map[time.Duration]int{24 * time.Hour: 1, 47 * time.Hour: 1, 49 * time.Hour: 0} {
			w := newWorld(t, db)
			id := w.member(t, 1, true)
			w.set(t, id, topic.Now, "notices")
			about, _ := topic.Of("notices")
			published := at(2, 12, 0)
			w.put(t, thing.Ref{Kind: "notice", ID: "n"}, 1, thing.Guests, &published) // scheduled, and nobody looks
			w.now = published.Add(away)
			w.consume(t, w.happen(t, about, "n", 1))
			w.run(t)
			listed, err := database.One(w.ctx(), db, database.Value[int], `SELECT COUNT(*) FROM inbox_entries WHERE member_id = $1`, id)
			if err != nil {
				t.Fatal(err)
			}
			if len(w.sent) != want || listed != 1 {
				t.Errorf("away for %v: sent %d times, listed %d", away, len(w.sent), listed)
			}
		}
	})
}

// A digest has each message of a day once, and each thing once; one whose answer was lost goes out again as it was.
func TestDigest(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		w.set(t, w.member(t, 1, true), topic.Daily, "notices", "minutes")
		for i := range 3 {
			w.notice(t, "n"+strconv.Itoa(i), at(2, 9+i, 0))
		}
		minutes, _ := topic.Of("minutes")
		ref := thing.Ref{Kind: "minute", ID: "m"}
		for step := range int64(2) {
			w.now = at(2, 13+int(step), 0)
			from := at(2, 13, 0)
			w.put(t, ref, step+1, thing.Guests, &from)
			w.consume(t, w.happen(t, minutes, "m", step+1))
		}
		w.run(t)
		w.now, w.kill = at(2, 18, 0), "after"
		w.sweep(t)
		w.run(t)
		w.notice(t, "late", at(2, 18, 1))
		w.settle(t, 5*time.Hour)
		if len(w.sent) != 2 || w.sent[0].id != w.sent[1].id || len(w.sent[0].things) != 4 || len(w.sent[1].things) != 4 {
			t.Errorf("%+v", w.sent)
		}
		w.now = at(3, 18, 0)
		w.sweep(t)
		w.run(t)
		if len(w.sent) != 3 || len(w.sent[2].things) != 1 || w.sent[2].id == w.sent[0].id {
			t.Errorf("the next day: %+v", w.sent)
		}
	})
}

// No channel gets more in a minute than the council allows, whoever runs at the same time.
func TestPerMinute(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		for i := range 80 {
			w.set(t, w.member(t, i+1, true), topic.Now, "notices")
		}
		w.notice(t, "n", at(2, 12, 0))
		chains := w.published[1:] // behind the notice itself
		w.sweep(t)                // it wakes another chain beside that of the notice
		chains, w.published = append(chains, w.published[len(w.published)-1]), nil
		for run, goes := range []bool{true, true, false} {
			ran, err := w.queue.Run(w.ctx(), w.outbox.Log)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range chains {
				var chain delivery.MoreEvent
				if err := json.Unmarshal(e.Data, &chain); err != nil || chain.Continues(ran) != (goes || i == 0) {
					t.Errorf("run %d, %s: %v", run, e.ID, err)
				}
			}
		}
		if len(chains) != 2 || len(w.sent) != 60 {
			t.Errorf("%d chains, %d in a minute", len(chains), len(w.sent))
		}
		w.now = w.now.Add(time.Minute)
		if _, err := w.queue.Run(w.ctx(), w.outbox.Log); err != nil || len(w.sent) != 80 {
			t.Errorf("%d after two: %v", len(w.sent), err)
		}
	})
}

// parallel is a mail server that holds the first letter of each of some runs until the others have one, too.
type parallel struct {
	mu    sync.Mutex
	runs  int
	begun int
	all   chan struct{}
	got   int
}

func (p *parallel) Mail(context.Context, delivery.Letter) (delivery.Outcome, error) {
	p.mu.Lock()
	p.got++
	if p.begun++; p.begun == p.runs {
		close(p.all)
	}
	p.mu.Unlock()
	<-p.all
	return delivery.Outcome{Status: 250}, nil
}

// Runs at the same time have one minute between them, also where each began before another had sent anything.
func TestPerMinuteInParallel(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		for i := range 90 {
			w.set(t, w.member(t, i+1, true), topic.Now, "notices")
		}
		w.notice(t, "n", at(2, 12, 0))
		server := &parallel{runs: 2, all: make(chan struct{})}
		queue := w.wired(server)
		ctx := w.ctx()
		var wg sync.WaitGroup
		for range server.runs {
			wg.Go(func() {
				if _, err := queue.Run(ctx, w.outbox.Log); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if server.got != 60 {
			t.Errorf("%d in a minute", server.got)
		}
	})
}

// A run that takes minutes does not take its beginning for now: it ends where quiet hours begin, what is tomorrow is not told on the
// day itself, and a minute is full of what was sent in it.
func TestSlowServers(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		open := func(members int) *world {
			w := newWorld(t, db)
			w.slow = 3 * time.Second
			for i := range members {
				w.set(t, w.member(t, i+1, true), topic.Now, "notices", "events")
			}
			return w
		}
		w := open(10)
		w.notice(t, "n", at(2, 21, 59).Add(50*time.Second))
		w.run(t)
		if len(w.sent) != 4 || w.sent[3].at.Before(at(2, 21, 59)) || !w.sent[3].at.Before(at(2, 22, 0)) {
			t.Errorf("until quiet hours: %+v", w.sent)
		}
		w.now = at(3, 8, 0)
		w.sweep(t)
		w.run(t)
		if len(w.sent) != 10 || w.sent[4].at.Before(at(3, 8, 0)) {
			t.Errorf("behind them: %+v", w.sent)
		}

		w = open(10)
		w.decide(t, "quietFrom", 0)
		w.decide(t, "quietUntil", 0)
		w.decide(t, "digestAt", 23)
		about, _ := topic.Of("events")
		w.now = at(2, 23, 57).Add(50 * time.Second)
		w.put(t, thing.Ref{Kind: "event", ID: "e"}, 1, thing.Guests, &w.now)
		w.consume(t, w.happen(t, about, "e", 1))
		w.now = w.now.Add(2 * time.Minute)
		w.sweep(t)
		w.run(t)
		if len(w.sent) != 4 || !w.sent[3].at.Before(at(3, 0, 0)) {
			t.Errorf("until the day of the event: %+v", w.sent)
		}

		w = open(70)
		w.notice(t, "n", at(2, 12, 0))
		w.published = nil
		for range 2 {
			if _, err := w.queue.Run(w.ctx(), w.outbox.Log); err != nil {
				t.Fatal(err)
			}
		}
		for i, s := range w.sent {
			if i >= 60 && s.at.Sub(w.sent[i-60].at) < time.Minute {
				t.Errorf("number %d at %v", i, s.at)
			}
		}
		if len(w.sent) != 70 { // in three minutes and a half
			t.Errorf("%d were sent", len(w.sent))
		}
	})
}

// afterwards is a mail server that has taken a letter before it says so, until which something happens.
type afterwards struct {
	got     int
	happens func()
}

func (a *afterwards) Mail(ctx context.Context, _ delivery.Letter) (delivery.Outcome, error) {
	a.got++
	a.happens()
	if err := ctx.Err(); err != nil {
		return delivery.Outcome{Again: true}, nil //nolint:nilerr // nobody answered in time, as mailers say it
	}
	return delivery.Outcome{Status: 250}, nil
}

// What was taken while the time of a run ended, or the database was away for some seconds, is not sent again.
func TestTheAnswerIsWritten(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for name, happens := range map[string]func(w *world, end func()) func(){
			"the time of the run ends": func(_ *world, end func()) func() { return end },
			"the database is away": func(w *world, _ func()) func() {
				return func() {
					w.exec(t, `ALTER TABLE deliveries RENAME TO deliveries_away`)
					tries := 0
					w.waits = func() {
						if tries++; tries == 3 {
							w.exec(t, `ALTER TABLE deliveries_away RENAME TO deliveries`)
						}
					}
				}
			},
		} {
			w := newWorld(t, db)
			w.set(t, w.member(t, 1, true), topic.Now, "notices")
			w.notice(t, "n", at(2, 12, 0))
			ctx, end := context.WithCancel(w.ctx())
			server := &afterwards{happens: happens(w, end)}
			queue := w.wired(server)
			if _, err := queue.Run(ctx, w.outbox.Log); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			end()
			server.happens = func() {}
			w.now = w.now.Add(16 * time.Minute)
			if _, err := queue.Run(w.ctx(), w.outbox.Log); err != nil {
				t.Error(err)
			}
			if server.got != 1 {
				t.Errorf("%s: sent %d times: %s", name, server.got, w.state(t, thing.Ref{ID: "n"}))
			}
		}
	})
}

// A run whose time is over begins nothing, and says that others wait.
func TestNoTimeLeft(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		for i := range 3 {
			w.set(t, w.member(t, i+1, true), topic.Now, "notices")
		}
		w.notice(t, "n", at(2, 12, 0))
		ctx, end := context.WithCancel(w.ctx())
		server := &afterwards{happens: end}
		ran, err := w.wired(server).Run(ctx, w.outbox.Log)
		if err != nil || !ran.More || server.got != 1 {
			t.Errorf("%+v, sent %d, %v", ran, server.got, err)
		}
	})
}

// An event that the broker loses is told again; one that happened before the last week is not looked for.
func TestLostEvents(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		w.set(t, w.member(t, 1, true), topic.Now, "notices")
		about, _ := topic.Of("notices")
		for i := range 3 {
			w.now = at(2, 12, i)
			from := w.now
			w.put(t, thing.Ref{Kind: "notice", ID: "n" + strconv.Itoa(i)}, 1, thing.Guests, &from)
			e := w.happen(t, about, "n"+strconv.Itoa(i), 1)
			w.published = nil // lost
			if i == 1 {
				w.consume(t, e)
				w.published = nil // and what it leads to
			}
		}
		w.settle(t, 3*time.Hour)
		if len(w.sent) != 3 {
			t.Errorf("%+v", w.sent)
		}
		mark, err := database.One(w.ctx(), db, database.Value[int64], `SELECT at FROM delivery_marks`)
		if err != nil || mark > clock.Millis(w.now) {
			t.Errorf("%v %v", mark, err)
		}
	})
}

// What nobody takes is told again, and no oftener than a broker needs to deliver it; what no broker has accepted yet is
// Republish's, which waits longer each time.
func TestToldAgain(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		about, _ := topic.Of("notices")
		w.now = at(2, 12, 0)
		e := w.happen(t, about, "n", 1)
		if _, err := w.outbox.Republish(w.ctx(), 10); err != nil {
			t.Fatal(err)
		}
		w.published = nil
		day := 24 * time.Hour
		for end := w.now.Add(day); w.now.Before(end); w.now = w.now.Add(5 * time.Minute) {
			w.sweep(t)
		}
		if n := len(w.published); n < 20 || n > int(day/(10*time.Minute)) {
			t.Errorf("told again %d times in a day", n)
		}
		w.exec(t, `UPDATE outbox SET sent_at = NULL, tries = 7, next_try = $1 WHERE id = $2`, clock.Millis(w.now.Add(time.Hour)), e.ID)
		w.published = nil
		w.sweep(t)
		tries, err := database.One(w.ctx(), db, database.Value[int], `SELECT tries FROM outbox WHERE id = $1`, e.ID)
		if err != nil || tries != 7 || len(w.published) != 0 {
			t.Errorf("one that a broker refuses: tried %d times, published %d times, %v", tries, len(w.published), err)
		}
	})
}

// However many devices are at servers that never answer, each server is waited for three times in a run, and who is elsewhere is told in
// the same run. What was left waits.
func TestSilentServersKeepNobodyWaiting(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		called := map[string]int{}
		for i := range 4 {
			id := w.member(t, i, true)
			w.exec(t, `INSERT INTO topic_settings (member_id, topic, how) VALUES ($1, 'notices', 'now')`, id)
			w.refusing[address(id)] = delivery.Outcome{Status: 250}
			for n := range 20 {
				d := deviceOf(id, n)
				w.devices[id] = append(w.devices[id], d)
				w.refusing[d] = delivery.Outcome{Host: fmt.Sprint("silent", i%2), Answer: "too-slow", Again: true}
			}
			w.devices[id] = append(w.devices[id], deviceOf(id, 20))
		}
		w.asked = func(o delivery.Outcome) { called[o.Host]++ }
		w.notice(t, "n", at(2, 12, 0))
		w.run(t)
		if len(w.sent) != 4 {
			t.Errorf("%d of 4 devices are told", len(w.sent))
		}
		if called["silent0"] != 3 || called["silent1"] != 3 {
			t.Errorf("waited for %v", called)
		}
	})
}

// Whom nobody called has not kept silent: what is paused, cannot be opened or is refused before a connection keeps no other channel
// from being told, uses up no part of a minute and no try.
func TestNobodyWasCalled(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		held := delivery.Outcome{Answer: "paused", Again: true, Uncalled: true}
		for i := range 60 { // a whole minute's part
			id := "off" + strconv.Itoa(i)
			w.channels = append(w.channels, delivery.Channel{ID: id, Kind: delivery.Webhook})
			w.refusing[id] = []delivery.Outcome{held, {Answer: "cannot-be-opened", Uncalled: true}, {Answer: "address-not-public", Uncalled: true}}[i%3]
		}
		w.channels = append(w.channels, delivery.Channel{ID: "on", Kind: delivery.Webhook})
		w.notice(t, "n", at(2, 12, 0))
		w.run(t)
		if len(w.sent) != 1 || w.sent[0].to != "on" || !w.sent[0].at.Equal(at(2, 12, 0)) {
			t.Fatalf("%+v", w.sent)
		}
		log := func(id string) delivery.Delivery {
			list, err := w.queue.Log(w.ctx(), id, cursor.Moment{}, 10)
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return list[0]
		}
		for i, want := range []delivery.State{delivery.Waiting, delivery.Failed, delivery.Failed} {
			if d := log("off" + strconv.Itoa(i)); d.State != want || d.Attempts != 0 || d.Reason().EN == "It was not taken, and is sent again." {
				t.Errorf("%+v %v", d, d.Reason())
			}
		}
		for w.now = at(2, 12, 5); w.now.Before(at(4, 11, 0)); w.now = w.now.Add(5 * time.Minute) { // paused for almost two days
			w.sweep(t)
			w.run(t)
		}
		clear(w.refusing)
		w.settle(t, 2*time.Hour)
		if d := log("off0"); d.State != delivery.Sent || d.Attempts != 1 || len(w.sent) != 21 {
			t.Errorf("resumed: %+v, sent %d", d, len(w.sent))
		}
	})
}

// Whatever hours the council decides on: a digest is never in quiet hours, there is one on each day, at the hour that people are
// told, and none is later than need be.
func TestDigestHours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hour := rapid.IntRange(0, 23)
		p := delivery.Policy{QuietFrom: hour.Draw(t, "from"), QuietUntil: hour.Draw(t, "until"), DigestAt: hour.Draw(t, "digest")}
		quiet := func(at time.Time) bool {
			for h := p.QuietFrom; h != p.QuietUntil; h = (h + 1) % 24 {
				if at.In(clock.Seoul).Hour() == h {
					return true
				}
			}
			return false
		}
		from := at(2, 0, 0).Add(time.Duration(rapid.IntRange(0, 48*60).Draw(t, "minute")) * time.Minute)
		if awake := delivery.AwakeFrom(p, from); quiet(awake) || awake.Before(from) || !quiet(from) && !awake.Equal(from) {
			t.Fatalf("%+v: from %v on awake at %v", p, from, awake)
		}
		want := time.Date(2026, 3, 1, p.DigestAt, 0, 0, 0, clock.Seoul)
		for quiet(want) {
			want = want.Add(time.Hour)
		}
		for !want.After(from) {
			want = want.AddDate(0, 0, 1)
		}
		for range 3 {
			got := delivery.DigestAfter(p, from)
			if quiet(got) || !got.Equal(want) || got.In(clock.Seoul).Hour() != p.DigestHour() {
				t.Fatalf("%+v: after %v at %v, want %v; told %d", p, from, got, want, p.DigestHour())
			}
			from, want = got, want.AddDate(0, 0, 1)
		}
	})
}

// One click on a letter ends all that the letter follows from, in whatever way its reader chose each, and nothing else.
func TestOneClick(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		names := []string{"events", "minutes", topic.Followed}
		for n := range 3 * 3 * 3 {
			chosen := map[string]topic.How{}
			for i, name := range names {
				chosen[name] = topic.Ways()[n/[]int{1, 3, 9}[i]%3]
			}
			for clicked, letters := 0, 1; clicked < letters; clicked++ {
				w := newWorld(t, db)
				id := w.member(t, 1, true)
				for name, how := range chosen {
					w.set(t, id, how, name)
				}
				store := topic.Store{DB: db, Key: secret.Key{1}}
				if err := store.Follow(w.ctx(), id, thing.Ref{Kind: "minute", ID: "followed"}); err != nil {
					t.Fatal(err)
				}
				w.day(t, 2)
				if letters = len(w.letters); letters == 0 {
					break
				}
				letter := w.letters[clicked]
				if err := store.Unsubscribe(w.ctx(), letter.Ends); err != nil {
					t.Fatal(err)
				}
				left, err := store.Settings(w.ctx(), id)
				if err != nil {
					t.Fatal(err)
				}
				daily := func(name string, how topic.How) bool { return how == topic.Daily || name == "events" }
				for _, s := range left {
					was := chosen[s.Topic]
					ends := slices.Contains(letter.Why, s.Topic) || slices.Contains(letter.Why, topic.Digest) && daily(s.Topic, was)
					if _, is := chosen[s.Topic]; is && !ends && s.How != was {
						t.Errorf("%v: a click on a letter of %v made %s %s", chosen, letter.Why, s.Topic, s.How)
					}
				}
				w.letters = nil
				w.day(t, 3)
				for _, again := range w.letters {
					for _, why := range again.Why {
						if slices.Contains(letter.Why, why) {
							t.Errorf("%v: after a click on a letter of %v there is one again: %+v", chosen, letter.Why, again)
						}
					}
					for _, i := range again.Items { // who follows a thing hears of it by that, too
						if i.Thing.ID != "followed" && slices.ContainsFunc(letter.Items, func(was delivery.Item) bool { return was.Topic.Name == i.Topic.Name }) {
							t.Errorf("%v: after a click on a letter of %v there is one with %s", chosen, letter.Why, i.Thing.ID)
						}
					}
				}
			}
		}
	})
}

// day is one on which everybody is told of two minutes, and in the evening of what begins on the next.
func (w *world) day(t *testing.T, day int) {
	t.Helper()
	minutes, _ := topic.Of("minutes")
	for i, id := range []string{"followed", "another"} {
		w.now = at(day, 12, i)
		w.put(t, thing.Ref{Kind: "minute", ID: id}, int64(day), thing.Guests, &start)
		w.consume(t, w.happen(t, minutes, id, int64(day)))
		w.run(t)
	}
	w.put(t, thing.Ref{Kind: "event", ID: "event " + strconv.Itoa(day)}, 1, thing.Guests, &start)
	for _, w.now = range []time.Time{at(day, 17, 50), at(day, 18, 0), at(day, 18, 5)} {
		w.sweep(t)
		w.run(t)
	}
}

// Who has left is told nothing and nothing is kept of them, whoever names them: before, after and at the moment at which they go.
func TestWhoHasLeft(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		about, _ := topic.Of("reviews")
		members := member.Store{DB: db, LeaveGrace: 7 * 24 * time.Hour}
		people := slices.Concat(w.queue.Personal(), inbox.Store{DB: db}.Personal(), topic.Store{DB: db}.Personal())
		stays := w.member(t, 0, true)
		for i := range 10 {
			leaves := w.member(t, i+1, true)
			w.set(t, leaves, topic.Now, "notices")
			w.exec(t, `UPDATE members SET leaving_at = $1 WHERE id = $2`, clock.Millis(w.now.Add(-8*24*time.Hour)), leaves)
			ctx := w.ctx()
			naming := func(n int64) event.Event {
				e, err := event.New(ctx, about.Event, leaves, n, map[string]any{"thingId": "n", "to": []string{stays, leaves}})
				if err != nil {
					t.Fatal(err)
				}
				return e
			}
			notices, _ := topic.Of("notices")
			published := w.happen(t, notices, leaves, 1)
			take := func(e event.Event) {
				if err := w.queue.Take(ctx, e); err != nil {
					t.Error(err)
				}
			}
			take(naming(1))
			var wg sync.WaitGroup
			begin := make(chan struct{})
			for _, do := range []func(){
				func() { take(naming(2)) },
				func() { take(published) },
				func() {
					if n, err := members.Anonymise(ctx, people, 10); err != nil || n != 1 {
						t.Error(n, err)
					}
				},
			} {
				wg.Go(func() {
					<-begin
					do()
				})
			}
			close(begin)
			wg.Wait()
			take(naming(3))
			for _, table := range []string{"deliveries", "inbox_entries", "topic_settings"} {
				of := func(id string) int {
					n, err := database.One(ctx, db, database.Value[int], `SELECT COUNT(*) FROM `+table+` WHERE member_id = $1`, id)
					if err != nil {
						t.Fatal(err)
					}
					return n
				}
				if of(leaves) != 0 || table != "topic_settings" && of(stays) != 3*(i+1) {
					t.Fatalf("%s: %d of who has left, %d of who stays", table, of(leaves), of(stays))
				}
			}
		}
	})
}

// What is tomorrow is told once, together, at the hour of digests, to whoever chose it in whatever way: not what was moved, cancelled
// or withdrawn meanwhile, not in quiet hours, and never on the day itself.
func TestTomorrow(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		w.now = at(2, 9, 0)
		for i, how := range []topic.How{topic.Now, topic.Daily, topic.Off} {
			w.set(t, w.member(t, i+1, true), how, "events")
		}
		begins := func(id string, version int64, when time.Time, readers thing.Readers) {
			t.Helper()
			if err := (thing.Store{DB: db}).Put(w.ctx(), thing.Thing{
				Ref: thing.Ref{Kind: "event", ID: id}, Unit: "총학", Path: "/x/" + id, Title: id, At: when, From: &w.now, Readers: readers, Version: version, Dates: []thing.Date{{Label: "event", Starts: when}},
			}); err != nil {
				t.Fatal(err)
			}
		}
		begins("today", 1, at(2, 20, 0), thing.Guests)
		begins("first", 1, at(3, 0, 0), thing.Guests)
		begins("second", 1, at(3, 23, 59), thing.Guests)
		begins("moved", 1, at(3, 12, 0), thing.Guests)
		begins("later", 1, at(4, 0, 0), thing.Guests)
		begins("cancelled", 1, at(3, 12, 0), thing.Guests)
		begins("hidden", 1, at(3, 12, 0), thing.Students)
		for _, w.now = range []time.Time{at(2, 9, 0), at(2, 12, 0), at(2, 17, 45)} {
			w.sweep(t)
			w.run(t)
		}
		if len(w.sent) != 0 {
			t.Fatalf("before the hour: %+v", w.sent)
		}
		w.now = at(2, 17, 50)
		w.sweep(t) // it is recorded, and nobody has sent it
		begins("moved", 2, at(5, 12, 0), thing.Guests)
		cancelled := thing.Ref{Kind: "event", ID: "cancelled"}
		if err := (thing.Store{DB: db}).Put(w.ctx(), thing.Thing{Ref: cancelled, Unit: "총학", Path: "/x/cancelled", Title: "cancelled", At: at(3, 12, 0), From: &w.now, Readers: thing.Guests, Version: 2}); err != nil {
			t.Fatal(err) // as the calendar says it: at its time, with no date
		}
		for _, w.now = range []time.Time{at(2, 17, 50), at(2, 17, 55), at(2, 18, 0), at(2, 18, 5), at(2, 23, 0), at(3, 8, 0)} {
			w.run(t)
			w.sweep(t)
			w.run(t)
		}
		if len(w.sent) != 2 {
			t.Fatalf("%+v", w.sent)
		}
		for _, s := range w.sent {
			if names := fmt.Sprint(s.things); names != "[{event first} {event second}]" && names != "[{event second} {event first}]" || !s.at.Equal(at(2, 18, 0)) {
				t.Errorf("%+v", s)
			}
		}
		w.sent = nil
		w.now = at(3, 22, 30) // sweep slept, and people do
		w.sweep(t)
		w.settle(t, 12*time.Hour)
		if len(w.sent) != 0 {
			t.Errorf("too late: %+v", w.sent)
		}
		w.now, w.away = at(4, 18, 1), true // the mail server is away until the next day
		w.sweep(t)
		w.run(t)
		w.now, w.away = at(5, 8, 0), false
		w.settle(t, 2*time.Hour)
		if len(w.sent) != 0 {
			t.Errorf("on the day itself: %+v", w.sent)
		}
	})
}

package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/secret"
)

var start = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

// errKilled ends a process: it is panicked with.
var errKilled = errors.New("killed")

// sending is a message that the other side took.
type sending struct {
	id, to string
	things []thing.Ref
	at     time.Time
}

// world is everybody outside: a broker that loses and repeats, a mail server and a channel that are away, and a process that is killed.
type world struct {
	db        *database.DB
	outbox    *event.Outbox
	queue     delivery.Queue
	now       time.Time
	published []event.Event // what the broker got and has not delivered
	delivered []event.Event // what it may deliver again
	sent      []sending
	letters   []delivery.Letter // those of sent that are mails
	away      bool
	refusing  map[string]delivery.Outcome // by address
	kill      string                      // "before", "after" or "" for how the next sending ends
	killed    int                         // kills between the other side's yes and our row
	channels  []delivery.Channel
	devices   map[string][]string // of members
	asked     func(delivery.Outcome)
	forKill   bool
	slow      time.Duration // how long the other side takes to answer
	waits     func()        // what happens while somebody waits; nil for nothing
}

func (w *world) Publish(_ context.Context, e event.Event) error {
	w.published = append(w.published, e)
	return nil
}

// take is what the other side does with a message.
func (w *world) take(s sending) (delivery.Outcome, error) {
	kill := w.kill
	w.kill = ""
	if kill == "before" {
		panic(errKilled)
	}
	if w.away {
		return delivery.Outcome{Again: true}, nil
	}
	if o, refuses := w.refusing[s.to]; refuses {
		if w.asked != nil {
			w.asked(o)
		}
		return o, nil
	}
	s.at = w.now
	w.sent = append(w.sent, s)
	w.now = w.now.Add(w.slow)
	if kill == "after" {
		w.killed++
		panic(errKilled)
	}
	return delivery.Outcome{Status: 250}, nil
}

func (w *world) Mail(_ context.Context, l delivery.Letter) (delivery.Outcome, error) {
	s := sending{id: l.ID, to: l.To}
	for _, i := range l.Items {
		s.things = append(s.things, i.Thing.Ref)
	}
	o, err := w.take(s)
	if o.Status != 0 && err == nil {
		w.letters = append(w.letters, l)
	}
	return o, err
}

func (w *world) Of(_ context.Context, memberIDs ...string) (map[string][]string, error) {
	found := map[string][]string{}
	for _, id := range memberIDs {
		found[id] = w.devices[id]
	}
	return found, nil
}

func (w *world) Push(_ context.Context, n delivery.Note) (delivery.Outcome, error) {
	if !slices.Contains(w.devices[n.MemberID], n.DeviceID) {
		return delivery.Outcome{Gone: true, Uncalled: true}, nil
	}
	if o := w.refusing[n.DeviceID]; o.Host != "" && slices.Contains(n.Silent, o.Host) {
		return delivery.Outcome{Host: o.Host, Again: true, Uncalled: true}, nil
	}
	if !n.Until.After(w.now) {
		panic("it is no news any more")
	}
	s := sending{id: n.ID, to: n.DeviceID}
	for _, i := range n.Items {
		s.things = append(s.things, i.Thing.Ref)
	}
	return w.take(s)
}

func (w *world) For(context.Context, string) ([]delivery.Channel, error) {
	if w.forKill {
		w.forKill = false
		panic(errKilled)
	}
	return w.channels, nil
}

func (w *world) Send(_ context.Context, id string, m delivery.Message) (delivery.Outcome, error) {
	return w.take(sending{id: m.ID, to: id, things: []thing.Ref{{Kind: m.Kind, ID: m.Title}}})
}

func newWorld(t testing.TB, db *database.DB) *world {
	w := &world{db: db, now: start, refusing: map[string]delivery.Outcome{}, devices: map[string][]string{}}
	w.outbox = &event.Outbox{DB: db, Bus: w, Log: slog.New(slog.DiscardHandler)}
	w.queue = w.wired(w)
	for _, table := range []string{"deliveries", "delivery_events", "delivery_marks", "delivery_pauses", "inbox_entries", "topic_settings", "topic_follows", "outbox", "thing_letters", "thing_dates", "things", "member_roles", "members", "policies"} {
		w.exec(t, `DELETE FROM `+table)
	}
	return w
}

// wired is a queue whose letters go to a mailer.
func (w *world) wired(mailer delivery.Mailer) delivery.Queue {
	return delivery.NewQueue(delivery.Wiring{
		DB: w.db, Outbox: w.outbox, Key: secret.Key{1}, Members: member.Store{DB: w.db, LeaveGrace: 7 * 24 * time.Hour}, Channels: w, Devices: w, Mailer: mailer, Wait: w.wait,
		SiteURL: "https://council.example.ac.kr", Closed: func(context.Context) []string { return nil },
	})
}

// fatal is what tests and checks of rapid have.
type fatal interface {
	Helper()
	Fatal(args ...any)
}

func (w *world) exec(t fatal, query string, args ...any) {
	t.Helper()
	if _, err := w.db.Exec(context.Background(), query, args...); err != nil {
		t.Fatal(query, err)
	}
}

// ctx is that of a request now, in which time passes as it does in the world.
func (w *world) ctx() context.Context {
	return clock.Running(context.Background(), func() time.Time { return w.now })
}

func (w *world) wait(_ context.Context, d time.Duration) error {
	w.now = w.now.Add(d)
	if w.waits != nil {
		w.waits()
	}
	return nil
}

// decide makes a number of the council's what holds from the beginning on.
func (w *world) decide(t fatal, name string, value int) {
	t.Helper()
	w.exec(t, `INSERT INTO policies (domain, name, from_at, value, set_at) VALUES ('notify', $1, 0, $2, 0)`, name, strconv.Itoa(value))
}

// alive runs something that may be killed, and says whether it was not.
func alive(f func()) (lived bool) {
	defer func() {
		if r := recover(); r != nil {
			if err, is := r.(error); !is || !errors.Is(err, errKilled) {
				panic(r)
			}
			lived = false
		}
	}()
	f()
	return true
}

// deviceOf is a device of a member.
func deviceOf(id string, n int) string { return fmt.Sprintf("device %d of %s", n, id) }

// owner says whether a recipient is a member's mail or device.
func owner(id, to string) bool { return to == address(id) || strings.HasSuffix(to, " of "+id) }

// address is that of a member.
func address(id string) string { return id + "@example.com" }

// kindOf is the kind of channel that a recipient is told by.
func kindOf(to string) string {
	switch {
	case strings.Contains(to, "@"):
		return delivery.Mail
	case strings.HasPrefix(to, "device "):
		return delivery.Push
	case to == "hook":
		return delivery.Webhook
	default:
		return delivery.Discord
	}
}

// usual are the council's hours as nobody has changed them.
var usual = delivery.Policy{QuietFrom: 22, QuietUntil: 8, DigestAt: 18}

func memberID(i int) string { return fmt.Sprintf("01890000-0000-7000-8000-0000000000%02d", i) }

func (w *world) member(t fatal, i int, verified bool) string {
	t.Helper()
	id := memberID(i)
	var at *int64
	if verified {
		at = clock.MillisOf(&start)
	}
	w.exec(t, `INSERT INTO members (id, email, name, unit, password, verified_at, verified_by, totp_secret, totp_step, version, created_at, updated_at, email_confirmed_at)
		VALUES ($1, $2, '김마당', '', '', $3, '', '', 0, 1, $4, $4, $4)`, id, address(id), at, clock.Millis(start))
	return id
}

func (w *world) set(t fatal, id string, how topic.How, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := (topic.Store{DB: w.db}).Set(w.ctx(), id, topic.Setting{Topic: name, How: how}); err != nil {
			t.Fatal(err)
		}
	}
}

// thing is one as its domain says it.
func (w *world) thing(ref thing.Ref, version int64, readers thing.Readers, from *time.Time) thing.Thing {
	one := thing.Thing{Ref: ref, Unit: "총학", Path: "/x/" + ref.ID, Title: ref.ID, Line: "한 줄", At: w.now, From: from, Readers: readers, Version: version}
	if about, _ := topic.OfKind(ref.Kind); about.Tomorrow {
		one.At = w.now.AddDate(0, 0, 1)
		one.Dates = []thing.Date{{Label: ref.Kind, Starts: one.At}}
	}
	return one
}

// put writes a thing as its domain does; from is nil where it is withdrawn.
func (w *world) put(t fatal, ref thing.Ref, version int64, readers thing.Readers, from *time.Time) {
	t.Helper()
	if err := (thing.Store{DB: w.db}).Put(w.ctx(), w.thing(ref, version, readers, from)); err != nil {
		t.Fatal(err)
	}
}

// cancel writes that a thing does not take place: it can be read, and has no date.
func (w *world) cancel(t fatal, ref thing.Ref, version int64, readers thing.Readers) {
	t.Helper()
	one := w.thing(ref, version, readers, &w.now)
	one.Dates = nil
	if err := (thing.Store{DB: w.db}).Put(w.ctx(), one); err != nil {
		t.Fatal(err)
	}
}

// happen records an event of a topic about a thing.
func (w *world) happen(t fatal, about topic.Topic, id string, version int64) event.Event {
	t.Helper()
	e, err := event.New(w.ctx(), about.Event, id, version, map[string]string{"id": id})
	if err == nil {
		err = w.db.Atomic(w.ctx(), func(ctx context.Context) error { return w.outbox.Record(ctx, e) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// consume is what notify does with an event.
func (w *world) consume(t fatal, e event.Event) {
	t.Helper()
	alive(func() {
		if e.Type != delivery.More {
			if err := w.queue.Take(w.ctx(), e); err != nil {
				t.Fatal(err)
			}
			return
		}
		var data delivery.MoreEvent
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		ran, err := w.queue.Run(w.ctx(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if data.Continues(ran) {
			w.now = w.now.Add(ran.Pause)
			if err := w.queue.Next(w.ctx(), data); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// deliver has the broker deliver the event at a place, or forget it, or keep it to deliver it again.
func (w *world) deliver(t fatal, i int, lose, again bool) {
	t.Helper()
	e := w.published[i]
	w.published = slices.Delete(w.published, i, i+1)
	if again {
		w.delivered = append(w.delivered, e)
	}
	if !lose {
		w.consume(t, e)
	}
}

// sweep does the chores.
func (w *world) sweep(t fatal) {
	t.Helper()
	for _, c := range w.queue.Chores() {
		if _, err := c.Run(w.ctx()); err != nil {
			t.Fatal(c.Name, err)
		}
	}
	if _, err := w.outbox.Republish(w.ctx(), 100); err != nil {
		t.Fatal(err)
	}
}

// settle lets time pass with sweep and a broker that works, until nothing waits any more.
func (w *world) settle(t fatal, span time.Duration) {
	t.Helper()
	idle := 0 // runs of sweep; what was lost is told again after two
	for end := w.now.Add(span); w.now.Before(end) && idle < 5; w.now = w.now.Add(5 * time.Minute) {
		w.sweep(t)
		for n := 0; len(w.published) > 0 && n < 1000; n++ {
			w.deliver(t, 0, false, false)
		}
		waiting, err := database.One(w.ctx(), w.db, database.Value[*int64], `SELECT MIN(next_at) FROM deliveries WHERE state = 'waiting'`)
		if err != nil {
			t.Fatal(err)
		}
		if idle++; waiting != nil {
			idle = 0
		}
		if waiting != nil && *waiting > clock.Millis(w.now.Add(10*time.Minute)) { // nobody is awake until then
			w.now = clock.FromMillis(*waiting).Add(-5 * time.Minute)
		}
	}
}

// told is what somebody is to be sent of an event.
type told struct{ event, to string }

// Whatever the order in which events come, how often they come, and wherever processes are killed: who is to hear of an event
// is sent it once if they can be reached within a day; twice only where a process was killed between their yes and our row, and then
// under the same id. Nobody is sent what they may not read at that moment, and who ended it nothing more.
func TestEachIsSentOnce(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		rapid.Check(t, func(rt *rapid.T) { history(rt, newWorld(t, db)) })
	})
}

func history(t *rapid.T, w *world) {
	if rapid.Bool().Draw(t, "channel") {
		w.channels = []delivery.Channel{{ID: "room", Kind: delivery.Discord}, {ID: "hook", Kind: delivery.Webhook}}
	}
	topics := slices.DeleteFunc(topic.All(), func(t topic.Topic) bool { return t.Desk != "" }) // TestReviewsAreTold of functions/notify has those
	how := map[string]topic.How{}
	verified := map[string]bool{}
	people := []string{}
	for i := range rapid.IntRange(1, 4).Draw(t, "members") {
		student := rapid.Bool().Draw(t, "student")
		id := w.member(t, i, student)
		verified[id], how[id] = student, rapid.SampledFrom([]topic.How{topic.Now, topic.Daily}).Draw(t, "how")
		people = append(people, id)
		for _, about := range topics {
			w.set(t, id, how[id], about.Name)
		}
		for n := range rapid.IntRange(0, 2).Draw(t, "devices") {
			w.devices[id] = append(w.devices[id], deviceOf(id, n))
		}
	}
	devices := map[string]bool{}
	for _, list := range w.devices {
		for _, id := range list {
			devices[id] = true
		}
	}
	type happened struct {
		event   event.Event
		ref     thing.Ref
		readers thing.Readers
	}
	perMinute := rapid.SampledFrom([]int{1, 3, 60}).Draw(t, "per minute")
	w.decide(t, "perMinute", perMinute)
	events, version := []happened{}, int64(1)
	withdrawn, ended := map[string]bool{}, map[string]bool{} // things that were withdrawn or cancelled, and members who want nothing more or have left
	withdrawnAt := map[string]time.Time{}
	endedAt, turnedOff := map[string]time.Time{}, map[string]time.Time{}
	for step := range rapid.IntRange(5, 40).Draw(t, "steps") {
		switch rapid.IntRange(0, 13).Draw(t, "what") {
		case 13:
			w.slow = time.Duration(rapid.IntRange(0, 50).Draw(t, "slow")) * time.Second
		case 0, 1:
			about := rapid.SampledFrom(topics).Draw(t, "topic")
			h := happened{ref: thing.Ref{Kind: about.Kind, ID: "t" + strconv.Itoa(step)}, readers: rapid.SampledFrom([]thing.Readers{thing.Guests, thing.Members, thing.Students}).Draw(t, "readers")}
			from := w.now
			w.put(t, h.ref, version, h.readers, &from)
			occurrence := int64(1)
			if about.Tomorrow {
				occurrence = clock.Midnight(w.now).Unix() // as sweep records it, which may come first
			}
			h.event = w.happen(t, about, h.ref.ID, occurrence)
			events = append(events, h)
		case 2, 3, 4:
			if len(w.published) > 0 {
				w.deliver(t, rapid.IntRange(0, len(w.published)-1).Draw(t, "which"), rapid.IntRange(0, 4).Draw(t, "lost") == 0, rapid.Bool().Draw(t, "again"))
			}
		case 5:
			if len(w.delivered) > 0 {
				w.consume(t, rapid.SampledFrom(w.delivered).Draw(t, "repeated"))
			}
		case 6:
			w.kill = rapid.SampledFrom([]string{"before", "after"}).Draw(t, "kill")
		case 7:
			w.forKill = true // in the middle of a consumer's unit of work
		case 8:
			w.away = rapid.Bool().Draw(t, "away")
		case 9:
			w.now = w.now.Add(time.Duration(rapid.IntRange(1, 240).Draw(t, "minutes")) * time.Minute)
			w.sweep(t)
		case 10:
			if len(events) > 0 && rapid.IntRange(0, 2).Draw(t, "withdraw") == 0 {
				h := rapid.SampledFrom(events).Draw(t, "thing")
				if !withdrawn[h.ref.ID] {
					version++
					withdrawn[h.ref.ID], withdrawnAt[h.ref.ID] = true, w.now
					if about, _ := topic.OfKind(h.ref.Kind); about.Tomorrow && rapid.Bool().Draw(t, "cancelled") {
						w.cancel(t, h.ref, version, h.readers)
					} else {
						w.put(t, h.ref, version, h.readers, nil)
					}
				}
			}
		case 12: // somebody signs out, or another takes the browser over
			id := rapid.SampledFrom(people).Draw(t, "whose")
			if list := w.devices[id]; len(list) > 0 && rapid.IntRange(0, 2).Draw(t, "signs out") == 0 {
				turnedOff[list[0]] = w.now
				w.devices[id] = list[1:]
			}
		case 11:
			if rapid.IntRange(0, 3).Draw(t, "end") == 0 {
				id := rapid.SampledFrom(people).Draw(t, "who")
				if ended[id] {
					break
				}
				ended[id], endedAt[id] = true, w.now
				if rapid.Bool().Draw(t, "leaves") {
					w.exec(t, `UPDATE members SET leaving_at = $1 WHERE id = $2`, clock.Millis(w.now), id)
				} else {
					store := topic.Store{DB: w.db, Key: secret.Key{1}}
					for _, about := range topics {
						if err := store.Unsubscribe(w.ctx(), store.Token(id, about.Name)); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
	}
	last := w.now
	w.away, w.kill, w.forKill, w.slow = false, "", false, 0
	w.settle(t, 5*24*time.Hour)

	got, ids := map[told]int{}, map[told]string{}
	extra := 0
	begun := map[string][]time.Time{} // by kind of channel
	for _, s := range w.sent {
		kind := kindOf(s.to)
		if begun[kind] = append(begun[kind], s.at); len(begun[kind]) > perMinute && s.at.Sub(begun[kind][len(begun[kind])-1-perMinute]) < time.Minute {
			t.Fatalf("more than %d in a minute: %s at %v", perMinute, kind, s.at)
		}
		if kind != delivery.Webhook && !delivery.AwakeFrom(usual, s.at).Equal(s.at) {
			t.Fatalf("%s got something in quiet hours, at %v", s.to, s.at)
		}
		seen := map[thing.Ref]bool{}
		for _, ref := range s.things {
			if seen[ref] {
				t.Fatalf("a message has %v twice: %+v", ref, s)
			}
			seen[ref] = true
			key := told{ref.ID, s.to}
			if got[key]++; got[key] > 1 {
				if extra++; ids[key] != s.id {
					t.Fatalf("%v was sent again under another id", key)
				}
			}
			ids[key] = s.id
			if at, gone := withdrawnAt[ref.ID]; gone && s.at.After(at) {
				t.Fatalf("%v was sent at %v after it was withdrawn or cancelled", key, s.at)
			}
			for id, at := range endedAt {
				if owner(id, s.to) && s.at.After(at) {
					t.Fatalf("%v was sent after it was ended", key)
				}
			}
			if at, off := turnedOff[s.to]; off && s.at.After(at) {
				t.Fatalf("%v was sent after it was turned off", key)
			}
		}
	}
	for _, h := range events {
		about, _ := topic.OfKind(h.ref.Kind)
		recipients := map[string]bool{} // and whether they may read it
		for _, id := range people {
			recipients[address(id)] = h.readers != thing.Students || verified[id]
			for to := range devices {
				if owner(id, to) {
					recipients[to] = recipients[address(id)]
				}
			}
		}
		for _, c := range w.channels {
			recipients[c.ID] = h.readers == thing.Guests
		}
		for to, may := range recipients {
			n := got[told{h.ref.ID, to}]
			_, off := turnedOff[to]
			stopped := withdrawn[h.ref.ID] || off || slices.ContainsFunc(people, func(id string) bool { return ended[id] && owner(id, to) })
			switch {
			case !may && n > 0:
				t.Fatalf("%s was sent %v, which they may not read", to, h.ref)
			case about.Tomorrow && n > 0 && slices.ContainsFunc(w.sent, func(s sending) bool {
				return slices.Contains(s.things, h.ref) && s.at.In(clock.Seoul).Day() != h.event.Time.In(clock.Seoul).Day()
			}):
				t.Fatalf("%s was sent %v on another day", to, h.ref)
			case may && n == 0 && !stopped && !about.Tomorrow && last.Sub(h.event.Time) < 20*time.Hour: // else it may have been too late
				t.Fatalf("%s was never sent %v: %s", to, h.ref, w.state(t, h.ref))
			}
		}
	}
	if extra > w.killed*len(events) || w.killed == 0 && extra > 0 {
		t.Fatalf("%d messages were sent again, and %d processes killed behind a yes", extra, w.killed)
	}
}

// state is what the rows about a thing say.
func (w *world) state(t fatal, ref thing.Ref) string {
	t.Helper()
	list, err := database.All(w.ctx(), w.db, func(r database.Row) (string, error) {
		var recipient, state string
		var attempts, due, next int64
		err := r.Scan(&recipient, &state, &attempts, &due, &next)
		return fmt.Sprintf("%s %s %d tries, due %v, next %v", recipient, state, attempts, clock.FromMillis(due), clock.FromMillis(next)), err
	}, `SELECT COALESCE(member_id, recipient), state, attempts, due_at, next_at FROM deliveries WHERE thing_id = $1`, ref.ID)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(list)
}

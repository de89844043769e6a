package event_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

type bus struct {
	ids  []string
	down bool
}

func (b *bus) Publish(_ context.Context, e event.Event) error {
	if b.down {
		return errors.New("away")
	}
	b.ids = append(b.ids, e.ID)
	return nil
}

// Of an event that nobody can ask for none is made.
func TestNames(t *testing.T) {
	for kind, good := range map[string]bool{
		"kr.madang.rule.enforced.v1": true, "kr.madang.rule.in-force.v1": false, "kr.madang.rule.v1": false, "rule.enforced.v1": false, "kr.madang.rule.enforced": false, "": false,
	} {
		if _, err := event.New(clock.With(context.Background(), now), kind, "1", 1, nil); (err == nil) != good || event.Named(kind) != good {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

func TestOutbox(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := &bus{}
		outbox := event.Outbox{DB: db, Bus: b, Log: slog.New(slog.DiscardHandler)}
		ctx := clock.With(context.Background(), now)
		record := func(version int64, fail error) error {
			return db.Atomic(ctx, func(ctx context.Context) error {
				e, err := event.New(ctx, "kr.madang.thing.made.v1", "1", version, map[string]int{"n": 1})
				if err != nil {
					return err
				}
				return errors.Join(outbox.Record(ctx, e), fail)
			})
		}
		wrong := errors.New("no")
		if err := record(1, wrong); !errors.Is(err, wrong) || len(b.ids) != 0 {
			t.Fatalf("an event of a failed unit: %v %v", err, b.ids)
		}
		b.down = true
		for _, v := range []int64{1, 1, 2} { // the second is the same event
			if err := record(v, nil); err != nil {
				t.Fatalf("a broker that is away failed the request: %v", err)
			}
		}
		b.down = false
		if n, err := outbox.Republish(ctx, 10); n != 0 || err != nil {
			t.Errorf("events in their grace were published: %d %v", n, err)
		}
		later := clock.With(ctx, now.Add(time.Minute))
		if n, err := outbox.Republish(later, 10); n != 2 || err != nil {
			t.Errorf("republished %d, %v", n, err)
		}
		if n, err := outbox.Republish(later, 10); n != 0 || err != nil {
			t.Errorf("republished again: %d, %v", n, err)
		}
		if diff := cmp.Diff([]string{"kr.madang.thing.made.v1/1/1", "kr.madang.thing.made.v1/1/2"}, b.ids); diff != "" {
			t.Error(diff)
		}
		if n, err := outbox.Forget(clock.With(ctx, now.Add(time.Hour+7*24*time.Hour)), 10); n != 2 || err != nil {
			t.Errorf("forgot %d, %v", n, err)
		}
	})
}

// moody refuses some events for ever, and fails at others for ever, as a broker does that has
// a fault. It takes some time for each, if the caller has that.
type moody struct {
	refused, failing map[string]bool
	took             time.Duration
	accepted         []string
	asked            int
}

func (m *moody) Publish(ctx context.Context, e event.Event) error {
	m.asked++
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(m.took):
	}
	switch {
	case m.refused[e.Subject]:
		return fmt.Errorf("no: %w", event.ErrRefused)
	case m.failing[e.Subject]:
		return errors.New("500")
	}
	m.accepted = append(m.accepted, e.Subject)
	return nil
}

// unsent are events that no bus took when they were recorded, as "0", "1", "2".
func unsent(t rapid.TB, db *database.DB, n int) {
	t.Helper()
	outbox := event.Outbox{DB: db, Bus: &bus{down: true}, Log: slog.New(slog.DiscardHandler)}
	err := db.Atomic(context.Background(), func(ctx context.Context) error {
		for i := range n {
			ctx := clock.With(ctx, now.Add(time.Duration(i)*time.Millisecond))
			e, err := event.New(ctx, "kr.madang.thing.made.v1", strconv.Itoa(i), 1, nil)
			if err != nil {
				return err
			}
			if err := outbox.Record(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whichever events a broker never takes, and for whatever reason, all others are accepted
// within a bounded number of runs.
func TestNoEventStopsThoseBehindIt(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		rapid.Check(t, func(t *rapid.T) {
			const events, limit = 12, 5
			if _, err := db.Exec(context.Background(), `DELETE FROM outbox`); err != nil {
				t.Fatal(err)
			}
			m := &moody{refused: map[string]bool{}, failing: map[string]bool{}}
			for i := range events {
				switch rapid.IntRange(0, 3).Draw(t, strconv.Itoa(i)) {
				case 0:
					m.refused[strconv.Itoa(i)] = true
				case 1:
					m.failing[strconv.Itoa(i)] = true
				}
			}
			unsent(t, db, events)
			outbox := event.Outbox{DB: db, Bus: m, Log: slog.New(slog.DiscardHandler)}
			runs := events/3 + events/limit + 2 // those behind three that fail, or behind a full batch, wait for the next
			for run := range runs {
				if _, err := outbox.Republish(clock.With(context.Background(), now.Add(time.Duration(run+1)*5*time.Minute)), limit); err != nil && len(m.failing) == 0 {
					t.Fatal(err)
				}
			}
			if got, want := len(m.accepted), events-len(m.refused)-len(m.failing); got != want {
				t.Errorf("%d of %d were accepted after %d runs: refused %v, failing %v, accepted %v", got, want, runs, m.refused, m.failing, m.accepted)
			}
		})
	})
}

// A broker that is away is said to be, after few questions; the events lose nothing.
func TestAway(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		unsent(t, db, 8)
		m := &moody{failing: map[string]bool{}}
		for i := range 8 {
			m.failing[strconv.Itoa(i)] = true
		}
		outbox := event.Outbox{DB: db, Bus: m, Log: slog.New(slog.DiscardHandler)}
		for run := range 5 {
			before := m.asked
			if n, err := outbox.Republish(clock.With(context.Background(), now.Add(time.Duration(run+1)*5*time.Minute)), 500); n != 0 || err == nil {
				t.Errorf("away: %d, %v", n, err)
			}
			if m.asked-before > 3 {
				t.Errorf("a broker that is away was asked %d times", m.asked-before)
			}
		}
		m.failing = nil
		if n, err := outbox.Republish(clock.With(context.Background(), now.Add(30*time.Minute)), 500); n != 8 || err != nil {
			t.Errorf("there again: %d, %v", n, err)
		}
	})
}

// The pause of an event that is refused grows, and ends.
func TestRefusedPauses(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		unsent(t, db, 1)
		m := &moody{refused: map[string]bool{"0": true}}
		outbox := event.Outbox{DB: db, Bus: m, Log: slog.New(slog.DiscardHandler)}
		asked := []int{}
		for minute := 1; minute <= 24*60; minute++ {
			before := m.asked
			if n, err := outbox.Republish(clock.With(context.Background(), now.Add(time.Duration(minute)*time.Minute)), 500); n != 0 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
			if m.asked > before {
				asked = append(asked, minute)
			}
		}
		if diff := cmp.Diff([]int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 872, 1232}, asked); diff != "" {
			t.Error(diff)
		}
	})
}

// A run ends when its time does, whatever the broker takes, and what was accepted is known.
func TestRepublishKeepsToItsTime(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		unsent(t, db, 40)
		m := &moody{took: 50 * time.Millisecond}
		outbox := event.Outbox{DB: db, Bus: m, Log: slog.New(slog.DiscardHandler)}
		began := time.Now()
		ctx, cancel := context.WithTimeout(clock.With(context.Background(), now.Add(time.Minute)), 400*time.Millisecond)
		defer cancel()
		n, err := outbox.Republish(ctx, 500)
		if took := time.Since(began); took > time.Second || err != nil || n < 1 || n > 8 {
			t.Errorf("%d in %s, %v", n, took, err)
		}
		m.took = 0
		if rest, err := outbox.Republish(clock.With(context.Background(), now.Add(time.Minute)), 500); rest != 40-n || err != nil {
			t.Errorf("%d of the rest, %v", rest, err)
		}
	})
}

func TestSink(t *testing.T) {
	var got event.Event
	status := http.StatusAccepted
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		// A broker delivers under a span of its own, or of none; the extension stays.
		r.Header.Set("traceparent", "00-cccccccccccccccccccccccccccccccc-dddddddddddddddd-00")
		if got, err = cloudevent.Decode(r); err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	ctx := event.WithTrace(clock.With(context.Background(), now), "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-00")
	want, err := event.New(ctx, "kr.madang.thing.made.v1", "가/1", 3, map[string]string{"이름": "값"})
	if err != nil {
		t.Fatal(err)
	}
	want.Trace = event.TraceFrom(ctx)
	sink := event.Sink{URL: server.URL, Source: "/functions/things", Client: server.Client()}
	if err := sink.Publish(ctx, want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for answer, refused := range map[int]bool{400: true, 413: true, 401: false, 403: false, 404: false, 408: false, 429: false, 500: false, 503: false, 301: false} {
		status = answer
		if err := sink.Publish(ctx, want); err == nil || errors.Is(err, event.ErrRefused) != refused {
			t.Errorf("%d: %v", answer, err)
		}
	}
	server.Close()
	if err := sink.Publish(ctx, want); err == nil {
		t.Error("a sink that is away is a success")
	}
}

// What an event says is signed, all of it and nothing of how it travelled: a changed part, another
// key or none is no event of the council's, and a broker's extensions change nothing.
func TestSignatures(t *testing.T) {
	key := []byte("a key of this council")
	e := event.Event{ID: "kr.madang.thing.made.v1/가/3", Type: "kr.madang.thing.made.v1", Subject: "가", Time: now, Data: []byte(`{"a":1}`)}
	var came event.Event
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.Header.Set("ce-knativearrivaltime", "2026-03-02T12:00:00Z")
		r.Header.Set("ce-knativeerrordest", "http://main")
		var err error
		if came, err = cloudevent.Decode(r); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	if err := (event.Sink{URL: server.URL, Source: "/functions/things", Client: server.Client(), Key: key}).Publish(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if !event.Signed(key, came) {
		t.Errorf("%+v is not known again", came)
	}
	for what, change := range map[string]func(*event.Event){
		"id": func(e *event.Event) { e.ID += "x" }, "type": func(e *event.Event) { e.Type = "kr.madang.thing.deleted.v1" }, "subject": func(e *event.Event) { e.Subject = "나" },
		"time": func(e *event.Event) { e.Time = e.Time.Add(1) }, "data": func(e *event.Event) { e.Data = []byte(`{"a":2}`) }, "no signature": func(e *event.Event) { e.Signature = "" },
		"what moves from one part to the next": func(e *event.Event) { e.ID, e.Type = e.ID+e.Type[:1], e.Type[1:] },
	} {
		forged := came
		change(&forged)
		if event.Signed(key, forged) {
			t.Errorf("another %s is taken for signed", what)
		}
	}
	if event.Signed([]byte("another key"), came) || event.Signed(nil, came) {
		t.Error("another key is as good")
	}
}

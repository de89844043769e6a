package deadletter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/operation/deadletter"
	"github.com/madang-council/madang/shared/problem"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

func letter(id, sink string) event.Event {
	return event.Event{
		ID: id, Type: "kr.madang.upload.completed.v1", Subject: "s", Time: noon.UTC(), Data: json.RawMessage(`{"이름":"값"}`), Trace: "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-00",
		Failure: &event.Failure{Sink: sink, Status: 503, Answer: "away"},
	}
}

func each(t *testing.T, test func(t *testing.T, ctx context.Context, s deadletter.Replayer, bus *functiontest.Bus)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		bus := &functiontest.Bus{}
		s := deadletter.NewReplayer(db, &event.Outbox{DB: db, Bus: bus, Log: slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))})
		test(t, clock.With(context.Background(), noon), s, bus)
	})
}

// An event that one consumer never takes is one letter, however often the broker gives it
// up; another consumer's is another.
func TestKeep(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s deadletter.Replayer, _ *functiontest.Bus) {
		again := letter("a", "/one")
		again.Failure.Status, again.Failure.Answer = 500, "wrong"
		for i, e := range []event.Event{letter("a", "/one"), letter("a", "/two"), again} {
			if err := s.Keep(clock.With(ctx, noon.Add(time.Duration(i)*time.Second)), e); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.List(ctx, deadletter.Query{}, 10)
		if err != nil || len(got) != 2 {
			t.Fatalf("%v %+v", err, got)
		}
		if got[0].Times != 2 || !got[0].FirstAt.Equal(noon) || !got[0].LastAt.Equal(noon.Add(2*time.Second)) {
			t.Errorf("%+v", got[0])
		}
		if diff := cmp.Diff(again, got[0].Event); diff != "" {
			t.Error(diff)
		}
		if n, err := s.Forget(clock.With(ctx, noon.Add(2*time.Second+30*24*time.Hour)), 10); n != 1 || err != nil {
			t.Errorf("forgot %d, %v", n, err)
		}
	})
}

// What is none of the council's events is not kept, whoever sends it: nobody could publish it again.
func TestKeepsNamedEventsAlone(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s deadletter.Replayer, _ *functiontest.Bus) {
		for _, kind := range []string{"", "x", "dev.knative.sources.ping", "kr.madang.upload.completed", "kr.madang.upload.completed.v1.more"} {
			e := letter(kind, "/one")
			e.Type = kind
			if err := s.Keep(ctx, e); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := s.Count(ctx); n != 0 || err != nil {
			t.Errorf("%d are kept, %v", n, err)
		}
	})
}

// What is replayed is published as it was, and is a letter no more; while the broker is
// away it waits in the outbox.
func TestReplay(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s deadletter.Replayer, bus *functiontest.Bus) {
		for i, id := range []string{"a", "b", "c"} {
			if err := s.Keep(clock.With(ctx, noon.Add(time.Duration(i)*time.Second)), letter(id, "/one")); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.List(ctx, deadletter.Query{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Replay(ctx, list[1].ID); err != nil {
			t.Fatal(err)
		}
		want := letter("b", "/one")
		want.Failure = nil
		if diff := cmp.Diff([]event.Event{want}, bus.Take()); diff != "" {
			t.Error(diff)
		}
		if err := s.Replay(ctx, list[1].ID); problem.Find(err) == nil {
			t.Errorf("replayed twice: %v", err)
		}
		bus.Down = true
		if n, err := s.ReplayAll(ctx, "kr.madang.other.made.v1", 10); n != 0 || err != nil {
			t.Errorf("another type: %d %v", n, err)
		}
		if n, err := s.ReplayAll(ctx, "", 1); n != 1 || err != nil {
			t.Errorf("replayed %d, %v", n, err)
		}
		bus.Down = false
		outbox := &event.Outbox{DB: s.DB, Bus: bus, Log: slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))}
		if n, err := outbox.Republish(clock.With(ctx, noon.Add(time.Minute)), 10); n != 1 || err != nil {
			t.Errorf("republished %d, %v", n, err)
		}
		if got := bus.Take(); len(got) != 1 || got[0].ID != "a" {
			t.Errorf("%+v", got)
		}
		if n, err := s.Count(ctx); n != 1 || err != nil {
			t.Errorf("%d left, %v", n, err)
		}
	})
}

func TestConsumer(t *testing.T) {
	for sink, want := range map[string]string{
		"http://broker-filter.knative-eventing.svc.cluster.local/triggers/madang/media-upload-completed-v1/0b6e": "media-upload-completed-v1",
		"http://media.madang.svc.cluster.local/events":                                                           "media", "/functions/media": "media", "": "", "%": "%",
	} {
		if got := deadletter.Consumer(sink); got != want {
			t.Errorf("%s: %q, want %q", sink, got, want)
		}
	}
}

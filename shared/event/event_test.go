package event_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	status = http.StatusServiceUnavailable
	if err := sink.Publish(ctx, want); err == nil {
		t.Error("a refusal is a success")
	}
	server.Close()
	if err := sink.Publish(ctx, want); err == nil {
		t.Error("a sink that is away is a success")
	}
}

package bill_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/operation/bill"
)

func TestUsageAddsUp(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := clock.With(context.Background(), noon)
		s := bill.Store{DB: db}
		hour := int64(3_600_000)
		part := []bill.Usage{{Day: "2026-03-02", Function: "main", Watched: hour, Awake: hour / 2, Pods: hour / 2, Cost: 1_750_000, Starts: 2, Wakes: 1, Readied: 2, ReadyTime: 1500, WarmSaves: 1, WarmTime: 90_000}}
		for range 3 {
			if err := s.Add(ctx, part); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Add(ctx, []bill.Usage{{Day: "2026-02-28", Function: "main", Watched: hour, Cost: 9_000_000}, {Day: "2026-04-01", Function: "main", Watched: hour, Cost: 9_000_000}}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.SetPrice(ctx, price); err != nil {
				t.Fatal(err)
			}
		}
		b, err := s.Bill(ctx, noon)
		if err != nil {
			t.Fatal(err)
		}
		want := bill.Line{Function: "main", PodSeconds: 5400, AsleepShare: 0.5, Starts: 6, Wakes: 3, ReadySeconds: 0.75, Won: 5.25, WonPerMonth: 1278.38,
			Warm: bill.Warm{Minutes: 5, SparedWakes: 3, Won: 0.2625, WonPerSpared: 0.0875, Worth: true}}
		if diff := cmp.Diff([]bill.Line{want}, b.Functions); diff != "" || b.WatchedHours != 3 || !cmp.Equal(b.Price, price) {
			t.Errorf("%+v %s", b, diff)
		}
	})
}

func TestHealth(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := clock.With(context.Background(), noon)
		s := bill.Store{DB: db}
		none, err := s.Health(ctx)
		if err != nil || !none.Stale || none.Functions == nil || none.Alerts == nil {
			t.Errorf("nobody has looked: %+v %v", none, err)
		}
		for _, statement := range []string{
			`INSERT INTO outbox (id, type, subject, data, trace, created_at) VALUES ('a', 't', 's', '{}', '', 1772420400000), ('b', 't', 's', '{}', '', 1772420401000)`,
			`UPDATE outbox SET sent_at = 1772420402000 WHERE id = 'b'`,
			`INSERT INTO operation_facts (name, at, value) VALUES ('backup', 1772420400000, '')`,
		} {
			if _, err := db.Exec(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
		h := bill.Health{At: noon, Database: bill.DatabaseHealth{LimitBytes: 1 << 30}, Storage: bill.StorageHealth{LimitBytes: 1 << 40},
			Functions: []bill.FunctionHealth{{Name: "main", Ready: true}}, Alerts: []bill.Alert{}, WarmUp: bill.WarmUpHealth{Functions: []string{}}}
		if err := s.Look(ctx, &h); err != nil {
			t.Fatal(err)
		}
		saved := time.UnixMilli(1772420400000).In(clock.Seoul)
		if !h.Database.Reachable || h.Database.Bytes <= 0 || h.Database.Connections < 1 || h.Database.LimitBytes != 1<<30 || h.Storage.LimitBytes != 1<<40 ||
			h.Events.Unsent != 1 || !h.Events.OldestUnsent.Equal(saved) || !h.Backup.At.Equal(saved) {
			t.Errorf("%+v", h)
		}
		if err := s.SetHealth(ctx, h); err != nil {
			t.Fatal(err)
		}
		got, err := s.Health(clock.With(ctx, noon.Add(bill.Stale)))
		if diff := cmp.Diff(h, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		if got, err := s.Health(clock.With(ctx, noon.Add(bill.Stale+time.Second))); err != nil || !got.Stale {
			t.Errorf("an old look is not stale: %v", err)
		}
	})
}

// What could not be stored is stored later, once.
func TestTally(t *testing.T) {
	db := databasetest.SQLite(t)
	ctx := clock.With(context.Background(), at(1000))
	s := bill.Store{DB: db}
	tally := bill.NewTally(noon, time.Minute, "auth", "main")
	tally.Began("a", "main", 3.6, at(10), true)
	tally.Ready("a", at(11))
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := tally.Save(gone, s, at(20)); err == nil {
		t.Fatal("stored without a database")
	}
	now := tally.Sums(at(30))
	if len(now) != 2 || now[0].Pods != 0 || !now[0].Since.IsZero() || now[1].Pods != 1 || !now[1].Since.Equal(at(10)) || now[1].Usage.Pods != 20_000 || now[1].Watched != 30_000 {
		t.Errorf("%+v", now)
	}
	for _, seconds := range []float64{40, 40, 50} {
		if err := tally.Save(ctx, s, at(seconds)); err != nil {
			t.Fatal(err)
		}
	}
	tally.Ended("a", at(60))
	if now := tally.Sums(at(70)); now[1].Pods != 0 || !now[1].Since.IsZero() || now[1].Usage.Pods != 50_000 {
		t.Errorf("%+v", now[1])
	}
	b, err := s.Bill(ctx, noon)
	if err != nil || b.Total.PodSeconds != 40 || b.Total.Starts != 1 || b.WatchedHours != 0.014 {
		t.Errorf("%+v %v", b, err)
	}
}

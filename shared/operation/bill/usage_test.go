package bill_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/operation/bill"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

func at(seconds float64) time.Time {
	return noon.Add(time.Duration(seconds * float64(time.Second)))
}

func TestMeter(t *testing.T) {
	m := bill.NewMeter(noon, time.Minute, "main", "auth")
	m.Began("old", "auth", 3.6, noon, false) // it was there before
	m.Began("a", "main", 3.6, at(100), true)
	m.Ready("a", at(100.5))
	m.Ready("a", at(101)) // once
	m.Began("a", "main", 3.6, at(102), true)
	m.Began("b", "main", 3.6, at(110), true)
	m.Ended("a", at(130))
	m.Ended("b", at(160))
	m.Ended("b", at(161))
	m.Began("c", "main", 3.6, at(200), true) // 40 s later: 4 more minutes had spared it
	m.Ended("c", at(210))
	m.Began("d", "main", 3.6, at(460), true) // 250 s later: they had not
	m.Ready("unknown", at(460))
	got := m.Take(at(500))
	want := []bill.Usage{
		{Day: "2026-03-02", Function: "auth", Watched: 500_000, Awake: 500_000, Pods: 500_000, Cost: 500_000},
		{Day: "2026-03-02", Function: "main", Watched: 500_000, Awake: 60_000 + 10_000 + 40_000, Pods: 30_000 + 50_000 + 10_000 + 40_000, Cost: 130_000,
			Starts: 4, Wakes: 3, Readied: 1, ReadyTime: 500, WarmSaves: 1, WarmTime: 40_000 + 240_000},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if m.Pods("main") != 1 || m.Pods("auth") != 1 || m.Pods("none") != 0 {
		t.Errorf("%d %d", m.Pods("main"), m.Pods("auth"))
	}
	if got := m.Take(at(500)); len(got) != 0 {
		t.Errorf("counted twice: %v", got)
	}
}

func TestMidnight(t *testing.T) {
	m := bill.NewMeter(noon, time.Minute)
	m.Began("a", "main", 1, noon, true)
	got := m.Take(noon.AddDate(0, 0, 2))
	day := func(d string, hours int64) bill.Usage {
		return bill.Usage{Day: d, Function: "main", Watched: hours * 3_600_000, Awake: hours * 3_600_000, Pods: hours * 3_600_000, Cost: hours * 1_000_000}
	}
	want := []bill.Usage{day("2026-03-02", 12), day("2026-03-03", 24), day("2026-03-04", 12)}
	want[0].Starts, want[0].Wakes = 1, 1
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// However often and when it is asked, nothing is lost, and pods' time is the sum of each pod's own.
func TestMeterCountsEveryMillisecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := bill.NewMeter(noon, time.Minute, "f")
		now := noon
		alive := map[string]time.Time{}
		want, names := int64(0), []string{"a", "b", "c"}
		sum := bill.Usage{}
		take := func() {
			for _, u := range m.Take(now) {
				sum.Watched += u.Watched
				sum.Pods += u.Pods
				sum.Awake += u.Awake
			}
		}
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 9_000_000).Draw(t, "ms")) * time.Millisecond)
			name := rapid.SampledFrom(names).Draw(t, "pod")
			if began, there := alive[name]; there {
				want += now.Sub(began).Milliseconds()
				delete(alive, name)
				m.Ended(name, now)
			} else {
				alive[name] = now
				m.Began(name, "f", 1, now, true)
			}
			if rapid.Bool().Draw(t, "take") {
				take()
			}
		}
		for _, began := range alive {
			want += now.Sub(began).Milliseconds()
		}
		take()
		if sum.Pods != want || sum.Watched != now.Sub(noon).Milliseconds() || sum.Awake > sum.Watched || sum.Awake > sum.Pods {
			t.Fatalf("%+v, want %d ms of pods in %v", sum, want, now.Sub(noon))
		}
	})
}

var price = bill.Price{Node: "m2.c2m4", Nodes: 2, WonPerHour: 93, CPUs: 2, MemoryMiB: 4096, AlwaysOn: 20.9, Besides: []bill.Fixed{{Name: "load balancer", Won: 20_000}}}

func TestPrice(t *testing.T) {
	for _, c := range []struct{ cpus, mib, want float64 }{{1, 0, 46.5}, {0, 1024, 23.25}, {0.075, 104, 3.4875}, {2, 8192, 186}} {
		if got := price.Pod(c.cpus, c.mib); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v CPUs and %v MiB: %v won, want %v", c.cpus, c.mib, got, c.want)
		}
	}
	if got := (bill.Price{}).Pod(1, 1); got != 0 {
		t.Errorf("without prices: %v", got)
	}
}

func TestBill(t *testing.T) {
	hour := int64(3_600_000)
	days := []bill.Usage{
		{Day: "2026-03-01", Function: "main", Watched: 24 * hour, Awake: 6 * hour, Pods: 12 * hour, Cost: 42_000_000, Starts: 30, Wakes: 10, Readied: 20, ReadyTime: 16_000, WarmSaves: 5, WarmTime: hour / 10},
		{Day: "2026-03-02", Function: "main", Watched: 12 * hour},
		{Day: "2026-03-01", Function: "auth", Watched: 24 * hour},
		{Day: "2026-03-02", Function: "auth", Watched: 12 * hour, Awake: 9 * hour, Pods: 9 * hour, Cost: 31_500_000, Starts: 1, Wakes: 1},
	}
	got := bill.MakeBill(noon, noon, days, price)
	want := bill.Bill{
		Month: "2026-03", From: time.Date(2026, 3, 1, 0, 0, 0, 0, clock.Seoul), Until: noon, WatchedHours: 36, Price: price,
		Functions: []bill.Line{
			{Function: "main", PodSeconds: 43_200, AsleepShare: 0.8333, Starts: 30, Wakes: 10, ReadySeconds: 0.8, Won: 42, WonPerMonth: 852.25,
				Warm: bill.Warm{Minutes: 5, SparedWakes: 5, Won: 0.35, WonPerSpared: 0.07, Worth: true}},
			{Function: "auth", PodSeconds: 32_400, AsleepShare: 0.75, Starts: 1, Wakes: 1, Won: 31.5, WonPerMonth: 639.19, Warm: bill.Warm{Minutes: 5}},
		},
		Total: bill.Line{PodSeconds: 75_600, AsleepShare: 0.7917, Starts: 31, Wakes: 11, ReadySeconds: 0.8, Won: 73.5, WonPerMonth: 1491.44,
			Warm: bill.Warm{Minutes: 5, SparedWakes: 5, Won: 0.35, WonPerSpared: 0.07, Worth: true}},
		// 21 of 78 hours of pods, in 36 hours
		Paid:  bill.Paid{Nodes: 6696, NodesMonth: 135_873, WonPerMonth: 155_873, Functions: 0.011, AlwaysOn: 0.1124},
		Sleep: bill.Sleep{Pods: 0.58, Always: 2.17, Spared: 0.7308},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 0.011)); diff != "" {
		t.Error(diff)
	}
	early := bill.MakeBill(noon, noon, []bill.Usage{{Day: "2026-03-02", Function: "main", Watched: 20_000, Awake: 20_000, Pods: 20_000, Cost: 70_000}}, price)
	if early.Total.WonPerMonth != 0 || early.Sleep != (bill.Sleep{Pods: 1, Always: 1}) || early.Paid.WonPerMonth != 155_873 || early.Total.Won != 0.07 {
		t.Errorf("twenty seconds foretell a month: %+v", early)
	}
	last := bill.MakeBill(noon.AddDate(0, -1, 0), noon, nil, bill.Price{})
	if !last.Until.Equal(want.From) || last.Month != "2026-02" || last.Total != (bill.Line{Warm: bill.Warm{Minutes: 5}}) || last.Paid != (bill.Paid{}) || last.Sleep != (bill.Sleep{}) {
		t.Errorf("a month without anything: %+v", last)
	}
}

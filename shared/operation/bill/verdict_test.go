package bill_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/operation/bill"
)

// Whatever there is to do is said once, what is urgent first, and nothing is called fine while there is something.
func TestVerdict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		yes := rapid.Bool()
		h := bill.Health{At: noon, Stale: yes.Draw(t, "stale")}
		h.Site.Reachable, h.Database.Reachable, h.Pages.Reachable = yes.Draw(t, "site"), yes.Draw(t, "database"), yes.Draw(t, "redis")
		h.Events.Dead = rapid.Int64Range(0, 2).Draw(t, "dead")
		if h.Backup.Expected = yes.Draw(t, "backups"); yes.Draw(t, "saved") {
			h.Backup.At = &noon
		}
		unsaved := h.Backup.Expected && h.Backup.At == nil
		ready := yes.Draw(t, "ready")
		h.Functions = []bill.FunctionHealth{{Name: "main", Ready: true}, {Name: "notices", Ready: ready}}
		urgent := !ready || !h.Site.Reachable || !h.Database.Reachable || !h.Pages.Reachable
		soon := h.Events.Dead > 0 || unsaved
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"SiteDown", "DatabaseDown", "RedisDown", "ReleaseFailing", "DeadLetters", "BackupTooOld", "ReadsFail"}), rapid.ID[string]).Draw(t, "alerts") {
			severity := rapid.SampledFrom([]string{"page", "ticket"}).Draw(t, "severity")
			h.Alerts = append(h.Alerts, bill.Alert{Name: name, Severity: severity})
		}
		names, now := map[string]bool{}, false
		for i, task := range h.Tasks() {
			if names[task.Name] {
				t.Fatalf("%s is said twice", task.Name)
			}
			if names[task.Name] = true; i > 0 && task.Now && !now {
				t.Fatalf("%s is urgent and stands behind what is not", task.Name)
			}
			now = task.Now
		}
		for name, is := range map[string]bool{"SiteDown": !h.Site.Reachable, "DatabaseDown": !h.Database.Reachable, "RedisDown": !h.Pages.Reachable, "ReleaseFailing": !ready, "DeadLetters": h.Events.Dead > 0, "BackupTooOld": unsaved} {
			if is && !names[name] {
				t.Fatalf("%s is not said", name)
			}
		}
		switch v := h.Verdict(); {
		case h.Stale != (v == bill.Blind):
			t.Fatalf("%s, and stale is %t", v, h.Stale)
		case v == bill.Fine && (urgent || soon || len(h.Alerts) > 0):
			t.Fatalf("fine with %+v", h)
		case v == bill.Soon && urgent && len(h.Alerts) == 0:
			t.Fatalf("this week with %+v", h)
		}
	})
	if v := (bill.Health{}).Verdict(); v != bill.Unseen {
		t.Errorf("nobody has looked: %s", v)
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	of := func(hours, won float64) bill.Bill {
		return bill.Bill{WatchedHours: hours, Total: bill.Line{WonPerMonth: won}}
	}
	if share, known := bill.Change(of(2, 150), of(700, 100)); !known || share != 0.5 {
		t.Error(share, known)
	}
	for _, pair := range [][2]bill.Bill{{of(0.5, 0), of(700, 100)}, {of(2, 150), of(0, 0)}, {of(2, 150), of(700, 0)}} {
		if share, known := bill.Change(pair[0], pair[1]); known {
			t.Errorf("%+v: %f", pair, share)
		}
	}
	for now, want := range map[string]string{"2026-03-31T23:59:00+09:00": "2026-02", "2026-03-01T00:00:00+09:00": "2026-02", "2026-01-15T00:00:00+09:00": "2025-12", "2026-02-28T15:30:00Z": "2026-02"} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := bill.Before(at).Format("2006-01"); got != want {
			t.Errorf("before %s: %s", now, got)
		}
	}
}

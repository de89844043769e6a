package bill

import (
	"slices"
	"time"

	"github.com/madang-council/madang/shared/clock"
)

// Verdict is how everything is, in one word.
type Verdict string

// The verdicts.
const (
	Unseen Verdict = "unseen" // nobody has looked yet
	Blind  Verdict = "blind"  // who looks has stopped: what is seen is how it was
	Urgent Verdict = "urgent" // something needs somebody now
	Soon   Verdict = "soon"   // something needs somebody this week
	Fine   Verdict = "fine"   // nothing does
)

// Task is something for somebody to do: an alert, or what will be one once it has lasted.
type Task struct {
	Name      string   // the alert's
	Now       bool     // not this week
	Functions []string // those that it is about; none where it is about none, or an alert says it
	Count     int64    // of what is counted, as events; else 0
	Alert     *Alert   // nil where it is none yet
}

// Verdict is how everything is. It is Fine only where Tasks are none.
func (h Health) Verdict() Verdict {
	tasks := h.Tasks()
	switch {
	case h.At.IsZero():
		return Unseen
	case h.Stale:
		return Blind
	case len(tasks) > 0 && tasks[0].Now:
		return Urgent
	case len(tasks) > 0:
		return Soon
	default:
		return Fine
	}
}

// Tasks are what is to be done, what is to be done now first. What an alert says is there once: alerts wait some minutes
// before they are sent (knative/chart/files/rules), and who looks meanwhile is told already.
func (h Health) Tasks() []Task {
	if h.At.IsZero() {
		return nil
	}
	list := []Task{}
	for _, a := range h.Alerts {
		list = append(list, Task{Name: a.Name, Now: a.Severity == "page", Alert: &a})
	}
	seen := func(is bool, t Task) {
		if is && !slices.ContainsFunc(h.Alerts, func(a Alert) bool { return a.Name == t.Name }) {
			list = append(list, t)
		}
	}
	down := []string{}
	for _, f := range h.Functions {
		if !f.Ready {
			down = append(down, f.Name)
		}
	}
	seen(!h.Site.Reachable, Task{Name: "SiteDown", Now: true})
	seen(!h.Database.Reachable, Task{Name: "DatabaseDown", Now: true})
	seen(!h.Pages.Reachable, Task{Name: "RedisDown", Now: true})
	seen(len(down) > 0, Task{Name: "ReleaseFailing", Now: true, Functions: down})
	seen(h.Backup.Expected && h.Backup.At == nil, Task{Name: "BackupTooOld"})
	seen(h.Events.Dead > 0, Task{Name: "DeadLetters", Count: h.Events.Dead})
	slices.SortStableFunc(list, func(a, b Task) int {
		switch {
		case a.Now == b.Now:
			return 0
		case a.Now:
			return -1
		default:
			return 1
		}
	})
	return list
}

// Before is a time in the month before that of t, in Seoul.
func Before(t time.Time) time.Time {
	t = t.In(clock.Seoul)
	return clock.Midnight(t).AddDate(0, 0, -t.Day())
}

// Change is by how much a month costs more than another, both at the rate of what was watched of them: 0.1 is a tenth more.
// It is not known where less than an hour of one was watched, or the other cost nothing.
func Change(month, before Bill) (share float64, known bool) {
	if month.WatchedHours < 1 || before.WatchedHours < 1 || before.Total.WonPerMonth <= 0 {
		return 0, false
	}
	return month.Total.WonPerMonth/before.Total.WonPerMonth - 1, true
}

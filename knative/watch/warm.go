package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/operation/bill"
)

// warmUpPlan says how functions are woken ahead of a publication, for the members who come
// at that minute.
type warmUpPlan struct {
	Functions     []string `json:"functions"` // none: never
	LeadSeconds   float64  `json:"leadSeconds"`
	AfterSeconds  float64  `json:"afterSeconds"`
	BudgetSeconds float64  `json:"budgetSeconds"` // of a day, for all functions together
}

// publications says when the next one is: after from, until a time; nil where none is.
type publications interface {
	NextPublication(ctx context.Context, from, until time.Time) (*time.Time, error)
}

// warmUp keeps functions awake around a publication. It asks each of them something cheap
// through Knative, often enough that the last pod never goes: a minimum scale would need
// the right to change Revisions, and would stay raised when this process ends in between
// (docs/decisions/0034-warm-up.md).
type warmUp struct {
	plan    warmUpPlan
	notices publications
	spent   spentStore
	wake    func(ctx context.Context, function string) error

	mu      sync.Mutex
	day     string
	used    time.Duration // of the day
	total   map[string]time.Duration
	refused int // turns in which the budget was used up
	until   *time.Time
	next    *time.Time
	loaded  bool
}

// spentStore keeps what was used of a day, across restarts.
type spentStore interface {
	WarmedUp(ctx context.Context, day string) (time.Duration, error)
	SetWarmedUp(ctx context.Context, day string, used time.Duration) error
}

func newWarmUp(p warmUpPlan, n publications, s spentStore, wake func(context.Context, string) error) *warmUp {
	u := &warmUp{plan: p, notices: n, spent: s, wake: wake, total: map[string]time.Duration{}}
	for _, f := range p.Functions {
		u.total[f] = 0
	}
	return u
}

// warmEvery is how often functions are asked: a third of the shortest window that Knative
// lets a last pod wait.
const warmEvery = 20 * time.Second

// warmAhead keeps functions awake around publications until ctx ends.
func (w *watch) warmAhead(ctx context.Context) {
	if len(w.plan.WarmUp.Functions) == 0 {
		return
	}
	ticker := time.NewTicker(warmEvery)
	defer ticker.Stop()
	for {
		w.try(ctx, "warm-up", w.warm.turn)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// turn wakes the functions where a publication is near and the budget allows it.
func (u *warmUp) turn(ctx context.Context) error {
	now := clock.Now(ctx)
	lead, after := seconds(u.plan.LeadSeconds), seconds(u.plan.AfterSeconds)
	at, err := u.notices.NextPublication(ctx, now.Add(-after), now.Add(lead))
	if err != nil {
		return err
	}
	next, err := u.notices.NextPublication(ctx, now, now.AddDate(1, 0, 0))
	if err != nil {
		return err
	}
	if err := u.begin(ctx, now); err != nil {
		return err
	}
	u.mu.Lock()
	u.next, u.until = next, nil
	if at != nil {
		end := at.Add(after)
		u.until = &end
	}
	cost := warmEvery * time.Duration(len(u.plan.Functions))
	enough := u.used+cost <= seconds(u.plan.BudgetSeconds)
	if at != nil && !enough {
		u.refused++
		u.until = nil
	}
	u.mu.Unlock()
	if at == nil || !enough {
		return nil
	}
	var group errgroup.Group // at once: each may have to start first
	for _, f := range u.plan.Functions {
		group.Go(func() error { return u.wake(ctx, f) })
	}
	failed := group.Wait()
	u.mu.Lock()
	u.used += cost
	for _, f := range u.plan.Functions {
		u.total[f] += warmEvery
	}
	day, used := u.day, u.used
	u.mu.Unlock()
	if err := u.spent.SetWarmedUp(ctx, day, used); err != nil {
		return err
	}
	return failed
}

// begin begins a day with its whole budget, and a process with what is left of it.
func (u *warmUp) begin(ctx context.Context, now time.Time) error {
	day := clock.Day(now)
	u.mu.Lock()
	loaded := u.loaded && u.day == day
	u.mu.Unlock()
	if loaded {
		return nil
	}
	used, err := u.spent.WarmedUp(ctx, day)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.loaded, u.day, u.used = true, day, used
	return nil
}

func (u *warmUp) health() bill.WarmUpHealth {
	u.mu.Lock()
	defer u.mu.Unlock()
	return bill.WarmUpHealth{
		Functions: slices.Clone(append([]string{}, u.plan.Functions...)), Until: u.until, Next: u.next,
		UsedSeconds: u.used.Seconds(), BudgetSeconds: u.plan.BudgetSeconds,
	}
}

// wake asks a function whether it is ready, as any request through Knative's gateway
// does: it counts as traffic, and the last pod stays for another window.
func (w *watch) wake(ctx context.Context, function string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.settings.Gateway+"/readyz", http.NoBody)
	if err != nil {
		return fmt.Errorf("wake %s: %w", function, err)
	}
	r.Host = function + w.settings.Domain
	response, err := w.client.Do(r)
	if err != nil {
		return fmt.Errorf("wake %s: %w", function, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("wake %s: %s", function, response.Status)
	}
	return nil
}

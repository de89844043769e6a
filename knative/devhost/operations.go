package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/bill"
)

// As in the chart's values: how long Knative keeps the last pod after its last request, and what
// a pod asks for beside its function's memory, Knative's queue-proxy included.
const (
	window   = time.Minute
	podCPUs  = 0.075
	proxyMiB = 40
)

// laptopPrice is the chart's, so that a laptop's traffic costs what it would cost there; no node is paid for here.
var laptopPrice = bill.Price{
	Node: "m2.c2m4", WonPerHour: 93, CPUs: 2, MemoryMiB: 4096,
	Source: "the requests of this computer, as if every function ran by itself and slept after a minute", SourceKO: "이 컴퓨터의 요청을, 기능마다 따로 떠서 1분 동안 요청이 없으면 잠든다고 보고 셈한 값",
}

// operations counts what this laptop's requests would cost on a cluster, and looks at
// what it has: the same rows from which functions/operations answers anywhere.
type operations struct {
	specs []function.Spec
	back  *backends
	log   *slog.Logger
	tally *bill.Tally
	mu    sync.Mutex
	last  map[string]time.Time // of a function's requests, while it is awake
	busy  map[string]int
}

func newOperations(specs []function.Spec, b *backends, log *slog.Logger) *operations {
	names := []string{}
	for _, s := range specs {
		names = append(names, s.Name)
	}
	return &operations{specs: specs, back: b, log: log, tally: bill.NewTally(time.Now(), window, names...), last: map[string]time.Time{}, busy: map[string]int{}}
}

// serves says that a function has a request, until the returned function is called.
func (o *operations) serves(name string) (done func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if _, awake := o.last[name]; !awake {
		o.tally.Began(name, name, laptopPrice.Pod(podCPUs, float64(o.memory(name))), now, true)
		o.tally.Ready(name, now)
	}
	o.last[name] = now
	o.busy[name]++
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.busy[name]--
		o.last[name] = time.Now()
	}
}

// memory is what a function's pod asks for in the chart, in MiB.
func (o *operations) memory(name string) int {
	var scale function.Scale
	for _, s := range o.specs {
		if s.Name == name {
			scale = s.Scale
		}
	}
	return scale.Filled().MemoryMiB + proxyMiB
}

// sleep lets those end that had no request for a window.
func (o *operations) sleep(now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for name, at := range o.last {
		if o.busy[name] == 0 && now.Sub(at) >= window {
			o.tally.Ended(name, now)
			delete(o.last, name)
		}
	}
}

// run looks and stores every five seconds until ctx ends: a laptop's reader waits for it.
func (o *operations) run(ctx context.Context) {
	store := bill.Store{DB: o.back.db}
	for {
		now := time.Now()
		o.sleep(now)
		within := clock.With(ctx, now)
		for _, do := range []func() error{
			func() error { return store.SetPrice(within, laptopPrice) },
			func() error { return o.tally.Save(within, store, now) },
			func() error { return o.look(within, store) },
		} {
			if err := do(); err != nil && ctx.Err() == nil {
				o.log.WarnContext(ctx, "operations", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Second):
		}
	}
}

// look stores how everything is.
func (o *operations) look(ctx context.Context, store bill.Store) error {
	h := bill.Health{
		At: clock.Now(ctx), Site: bill.SiteHealth{Reachable: true}, Functions: []bill.FunctionHealth{}, Alerts: []bill.Alert{},
		WarmUp: bill.WarmUpHealth{Functions: []string{}},
	}
	for _, n := range o.tally.Sums(clock.Now(ctx)) {
		h.Functions = append(h.Functions, bill.FunctionHealth{Name: n.Function, Ready: true, Pods: n.Pods})
	}
	if keys, err := o.back.redis.DBSize(ctx).Result(); err == nil {
		h.Pages = bill.PagesHealth{Reachable: true, Keys: keys}
	}
	if err := store.Look(ctx, &h); err != nil {
		return err
	}
	return store.SetHealth(ctx, h)
}

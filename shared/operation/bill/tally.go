package bill

import (
	"context"
	"sync"
	"time"
)

// Tally is a Meter that several may speak to, that keeps the sums since it began, and
// whose counts are stored now and then.
type Tally struct {
	mu    sync.Mutex
	meter *Meter
	sums  map[string]*Usage
	days  map[[2]string]*Usage // not stored yet
	awake map[string]time.Time // since when a function has had a pod without a break
}

// NewTally begins to count (see NewMeter).
func NewTally(at time.Time, window time.Duration, functions ...string) *Tally {
	return &Tally{meter: NewMeter(at, window, functions...), sums: map[string]*Usage{}, days: map[[2]string]*Usage{}, awake: map[string]time.Time{}}
}

// Began says that a pod is there (see Meter.Began).
func (t *Tally) Began(name, function string, wonPerHour float64, at time.Time, start bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.meter.Began(name, function, wonPerHour, at, start)
	if _, known := t.awake[function]; !known {
		t.awake[function] = at
	}
}

// Ready says that a pod takes requests.
func (t *Tally) Ready(name string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.meter.Ready(name, at)
}

// Woken says that some starts of a function were for open forms (see Meter.Woken).
func (t *Tally) Woken(function string, n int64, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.meter.Woken(function, n, at)
}

// Ended says that a pod is gone.
func (t *Tally) Ended(name string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.meter.Ended(name, at)
	for function := range t.awake {
		if t.meter.Pods(function) == 0 {
			delete(t.awake, function)
		}
	}
}

// Now is a function as it is: its pods, and since when there was always one.
type Now struct {
	Usage // since the tally began
	Pods  int
	Since time.Time // zero while it sleeps
}

// Sums is every function as it is.
func (t *Tally) Sums(at time.Time) []Now {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.take(at)
	list := []Now{}
	for _, f := range t.meter.Functions() {
		n := Now{Usage: Usage{Function: f}, Pods: t.meter.Pods(f), Since: t.awake[f]}
		if sum := t.sums[f]; sum != nil {
			n.Usage = *sum
		}
		list = append(list, n)
	}
	return list
}

func (t *Tally) take(at time.Time) {
	for _, u := range t.meter.Take(at) {
		key := [2]string{u.Day, u.Function}
		if t.days[key] == nil {
			t.days[key] = &Usage{Day: u.Day, Function: u.Function}
		}
		t.days[key].add(u)
		if t.sums[u.Function] == nil {
			t.sums[u.Function] = &Usage{Function: u.Function}
		}
		t.sums[u.Function].add(u)
	}
}

// Save stores what was counted since it last succeeded. What could not be stored is part
// of the next time.
func (t *Tally) Save(ctx context.Context, s Store, at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.take(at)
	list := []Usage{}
	for _, u := range t.days {
		list = append(list, *u)
	}
	if err := s.Add(ctx, list); err != nil {
		return err
	}
	clear(t.days)
	return nil
}

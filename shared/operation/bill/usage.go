// Package bill is what running the product takes: how long functions' pods were
// there and what that cost, and how everything is now.
package bill

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/clock"
)

// Usage is what a function used on a day, or in a part of it. Times are milliseconds.
type Usage struct {
	Day       string // in Seoul
	Function  string
	Watched   int64
	Awake     int64 // at least one pod was there
	Pods      int64 // of all pods
	Cost      int64 // of these, in millionths of a won
	Starts    int64 // pods that began
	Wakes     int64 // of these, while there was none
	FormWakes int64 // starts for somebody who had opened a form, for which nobody waited
	Readied   int64
	ReadyTime int64 // until those were ready
	WarmSaves int64 // wakes that keeping the last pod for KeepWarm had spared
	WarmTime  int64 // and how much longer pods had been there
}

func (u *Usage) add(v Usage) {
	u.Watched += v.Watched
	u.Awake += v.Awake
	u.Pods += v.Pods
	u.Cost += v.Cost
	u.Starts += v.Starts
	u.Wakes += v.Wakes
	u.FormWakes += v.FormWakes
	u.Readied += v.Readied
	u.ReadyTime += v.ReadyTime
	u.WarmSaves += v.WarmSaves
	u.WarmTime += v.WarmTime
}

// KeepWarm is the time after its last request for which the bill says what keeping a pod
// would save and cost.
const KeepWarm = 5 * time.Minute

// Meter counts pods of functions as they come and go. It looks at no clock: every call
// says when, and time never goes backwards.
type Meter struct {
	keep      time.Duration // how much longer than now the last pod would be kept
	at        time.Time
	pods      map[string]*pod
	functions map[string]*state
	days      map[[2]string]*Usage
}

type pod struct {
	function string
	price    float64 // millionths of a won per hour
	began    time.Time
	ready    bool
}

type state struct {
	pods   int
	price  float64   // of the sum of the pods that are there
	asleep time.Time // since when there is none; zero where it was never seen awake
}

// NewMeter begins to count at a time, for functions whose last pod goes window after its
// last request.
func NewMeter(at time.Time, window time.Duration, functions ...string) *Meter {
	m := &Meter{keep: max(0, KeepWarm-window), at: at.Truncate(time.Millisecond), pods: map[string]*pod{}, functions: map[string]*state{}, days: map[[2]string]*Usage{}}
	for _, f := range functions {
		m.functions[f] = &state{}
	}
	return m
}

// Began says that a pod is there. One that was there before anybody looked is not a start.
func (m *Meter) Began(name, function string, wonPerHour float64, at time.Time, start bool) {
	m.advance(at)
	if _, known := m.pods[name]; known {
		return
	}
	s := m.functions[function]
	if s == nil {
		s = &state{}
		m.functions[function] = s
	}
	u := m.usage(function, m.at)
	if start {
		u.Starts++
		if s.pods == 0 {
			u.Wakes++
			if !s.asleep.IsZero() && m.at.Sub(s.asleep) < m.keep {
				u.WarmSaves++
			}
		}
	}
	p := &pod{function: function, price: wonPerHour * 1e6, began: m.at}
	m.pods[name] = p
	s.pods++
	s.price += p.price
}

// Ready says that a pod takes requests. It is counted once, for pods that were seen to begin.
func (m *Meter) Ready(name string, at time.Time) {
	m.advance(at)
	p := m.pods[name]
	if p == nil || p.ready {
		return
	}
	p.ready = true
	u := m.usage(p.function, m.at)
	u.Readied++
	u.ReadyTime += m.at.Sub(p.began).Milliseconds()
}

// Woken says that some starts of a function were for open forms.
func (m *Meter) Woken(function string, n int64, at time.Time) {
	m.advance(at)
	m.usage(function, m.at).FormWakes += n
}

// Ended says that a pod is gone.
func (m *Meter) Ended(name string, at time.Time) {
	m.advance(at)
	p := m.pods[name]
	if p == nil {
		return
	}
	delete(m.pods, name)
	s := m.functions[p.function]
	s.pods--
	s.price -= p.price
	if s.pods == 0 {
		s.price, s.asleep = 0, m.at
	}
}

// Pods is how many pods of a function are there.
func (m *Meter) Pods(function string) int {
	if s := m.functions[function]; s != nil {
		return s.pods
	}
	return 0
}

// Functions are the functions that are counted.
func (m *Meter) Functions() []string { return slices.Sorted(maps.Keys(m.functions)) }

// Take is what was counted since the last Take, by day and function.
func (m *Meter) Take(at time.Time) []Usage {
	m.advance(at)
	list := []Usage{}
	for _, u := range m.days {
		list = append(list, *u)
	}
	clear(m.days)
	slices.SortFunc(list, func(a, b Usage) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Function, b.Function))
	})
	return list
}

func (m *Meter) usage(function string, at time.Time) *Usage {
	key := [2]string{clock.Day(at), function}
	if m.days[key] == nil {
		m.days[key] = &Usage{Day: key[0], Function: function}
	}
	return m.days[key]
}

// advance counts the time until at, which ends at Seoul's midnights for each day by itself.
// Whole milliseconds are counted; the rest is part of the next call.
func (m *Meter) advance(at time.Time) {
	at = at.Truncate(time.Millisecond)
	for m.at.Before(at) {
		until := clock.Midnight(m.at).AddDate(0, 0, 1)
		if until.After(at) {
			until = at
		}
		for name, s := range m.functions {
			m.count(m.usage(name, m.at), s, until)
		}
		m.at = until
	}
}

func (m *Meter) count(u *Usage, s *state, until time.Time) {
	took := until.Sub(m.at)
	u.Watched += took.Milliseconds()
	if s.pods > 0 {
		u.Awake += took.Milliseconds()
		u.Pods += took.Milliseconds() * int64(s.pods)
		u.Cost += int64(s.price*took.Hours() + 0.5)
		return
	}
	if end := s.asleep.Add(m.keep); !s.asleep.IsZero() && end.After(m.at) {
		if end.After(until) {
			end = until
		}
		u.WarmTime += end.Sub(m.at).Milliseconds()
	}
}

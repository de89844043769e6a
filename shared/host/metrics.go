package host

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/madang-council/madang/shared/function"
)

// Metrics are the counters of one process. A nil *Metrics counts nothing. Every one of
// them only grows, so that they can be sent and added up (package counts).
type Metrics struct {
	set             *metrics.Set
	ready, answered atomic.Bool // the process' start has been measured so far
	forForm         atomic.Bool // it began because somebody had opened a form
}

// NewMetrics starts at zero.
func NewMetrics() *Metrics { return &Metrics{set: metrics.NewSet()} }

// Write writes them in Prometheus' text format.
func (m *Metrics) Write(w io.Writer) { m.set.WritePrometheus(w) }

// requestBounds and startBounds are seconds: answers of a function that is awake, and
// starts, which take from tens of milliseconds to many seconds.
var (
	requestBounds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	startBounds   = []float64{.01, .025, .05, .1, .2, .3, .5, .8, 1.2, 2, 3, 5, 10, 30}
)

func (m *Metrics) request(function, method, route string, status int, took time.Duration) {
	if m == nil {
		return
	}
	labels := fmt.Sprintf(`{function=%q,method=%q,route=%q,status="%d"}`, function, method, route, status)
	m.set.GetOrCreateCounter("madang_requests_total" + labels).Inc()
	m.set.GetOrCreatePrometheusHistogramExt(fmt.Sprintf(`madang_request_seconds{function=%q,route=%q}`, function, route), requestBounds).Update(took.Seconds())
}

// problem counts a refusal by its code: which uploads, sign-ins or requests too many.
func (m *Metrics) problem(function, code string) {
	if m != nil {
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_problems_total{function=%q,code=%q}`, function, code)).Inc()
	}
}

func (m *Metrics) event(function, kind, outcome string) {
	if m != nil {
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_events_total{function=%q,type=%q,outcome=%q}`, function, kind, outcome)).Inc()
	}
}

func (m *Metrics) pageRendered(function, route string) {
	if m != nil {
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_pages_rendered_total{function=%q,route=%q}`, function, route)).Inc()
	}
}

func (m *Metrics) pageLost(function string) {
	if m != nil {
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_pages_not_stored_total{function=%q}`, function)).Inc()
	}
}

func (m *Metrics) localLimit(function string) {
	if m != nil {
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_limits_in_process_total{function=%q}`, function)).Inc()
	}
}

// expect shows what seldom happens at zero: a series that is not there cannot be told
// from one that nobody counts.
func (m *Metrics) expect(function string) {
	if m != nil {
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_pages_not_stored_total{function=%q}`, function))
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_limits_in_process_total{function=%q}`, function))
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_form_starts_total{function=%q}`, function))
	}
}

// work counts what a function did by itself (function.Count).
func (m *Metrics) work(function, what, outcome string, n int) {
	if m != nil {
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_work_total{function=%q,what=%q,outcome=%q}`, function, what, outcome)).Add(n)
	}
}

// woken counts a process that began because somebody had opened a form, for which nobody waited.
func (m *Metrics) woken(function string) {
	if m != nil && !m.answered.Load() && !m.forForm.Swap(true) {
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_form_starts_total{function=%q}`, function)).Inc()
	}
}

// begun is when this process began: its packages are initialised within milliseconds of exec.
var begun = time.Now()

// start measures a process' start once: from exec until it said that it is ready.
func (m *Metrics) start(function string) {
	if m != nil && !m.ready.Swap(true) {
		m.started(function, "ready", time.Since(begun))
	}
}

// answer measures the first answer, where a visitor waited for this process to begin:
// from exec, and from when the edge got the request.
func (m *Metrics) answer(function string, r *http.Request) {
	if m == nil || m.answered.Swap(true) {
		return
	}
	age := time.Since(begun)
	if waited, ok := sinceEdge(r.Header.Get("X-Request-Start"), time.Now()); ok && waited >= age {
		m.started(function, "answer", age)
		m.started(function, "visitor", waited)
	}
}

func (m *Metrics) started(function, stage string, took time.Duration) {
	m.set.GetOrCreatePrometheusHistogramExt(fmt.Sprintf(`madang_start_seconds{function=%q,stage=%q}`, function, stage), startBounds).Update(took.Seconds())
}

// sinceEdge is how long ago the edge got a request, by its header: seconds since 1970
// with milliseconds. What no clock of this cluster can have said is left out.
func sinceEdge(header string, now time.Time) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(header, 64)
	if err != nil {
		return 0, false
	}
	waited := time.Duration((float64(now.UnixMilli())/1000 - seconds) * float64(time.Second))
	return waited, waited >= 0 && waited < function.EdgePatience
}

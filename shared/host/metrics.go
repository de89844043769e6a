package host

import (
	"fmt"
	"io"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Metrics are the counters of one process. A nil *Metrics counts nothing.
type Metrics struct{ set *metrics.Set }

// NewMetrics starts at zero.
func NewMetrics() *Metrics { return &Metrics{set: metrics.NewSet()} }

// Write writes them in Prometheus' text format.
func (m *Metrics) Write(w io.Writer) { m.set.WritePrometheus(w) }

func (m *Metrics) request(function, method, route string, status int, took time.Duration) {
	if m == nil {
		return
	}
	labels := fmt.Sprintf(`{function=%q,method=%q,route=%q,status="%d"}`, function, method, route, status)
	m.set.GetOrCreateCounter("madang_requests_total" + labels).Inc()
	m.set.GetOrCreateHistogram(fmt.Sprintf(`madang_request_seconds{function=%q,route=%q}`, function, route)).Update(took.Seconds())
}

func (m *Metrics) event(function, kind, outcome string) {
	if m != nil {
		m.set.GetOrCreateCounter(fmt.Sprintf(`madang_events_total{function=%q,type=%q,outcome=%q}`, function, kind, outcome)).Inc()
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

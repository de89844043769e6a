// Package spans tells an OpenTelemetry collector what became of requests, by OTLP over HTTP as
// JSON (https://opentelemetry.io/docs/specs/otlp, 1.x). It has of OpenTelemetry what is asked
// for here: one span for each request and each event, and the edge's before it. The SDK would
// add 4 MiB to every function, also where nobody collects.
package spans

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Kinds of spans, by OTLP's numbers.
const (
	Server   = 2 // of a request
	Consumer = 5 // of an event
)

// EdgeID is the id of the edge's span in every trace that it begins: its traceparent says so
// (knative/chart/files/edge/nginx.conf).
const EdgeID = "0000000000000001"

// Span is something that took time in a trace.
type Span struct {
	Service           string // who did it; "" for the exporter's
	Trace, ID, Parent string // hexadecimal: 32, 16 and 16 digits; no Parent: a trace begins here
	Name              string // "GET /v1/notices/{id}": no id of a thing, no address of a person
	Kind              int
	Start, End        time.Time
	Failed            bool              // it answered 5xx
	Attributes        map[string]string // by OpenTelemetry's semantic conventions
}

// Limits of what waits to be sent. What is more is lost: requests do not wait for a collector.
const (
	most     = 2048 // spans
	every    = 5 * time.Second
	lastTime = 2 * time.Second // for the last ones, while a process ends
)

// Exporter sends spans to a collector. A nil *Exporter does nothing.
type Exporter struct {
	URL     string // the collector's: OTEL_EXPORTER_OTLP_ENDPOINT, as http://collector.monitoring:4318
	Service string
	Client  *http.Client

	mu     sync.Mutex
	waits  []Span
	failed error
}

// Add keeps a span until it is sent.
func (e *Exporter) Add(s Span) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waits) < most {
		e.waits = append(e.waits, s)
	}
}

// Begin sends what there is every five seconds. What it returns ends that, sends the rest, and
// says what was wrong last.
func (e *Exporter) Begin() (end func() error) {
	if e == nil {
		return func() error { return nil }
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(every); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
				e.failed = e.Send(ctx)
			}
		}
	}()
	return func() error {
		cancel()
		<-ended
		last, done := context.WithTimeout(context.Background(), lastTime)
		defer done()
		if err := e.Send(last); err != nil {
			return err
		}
		return e.failed
	}
}

// Send sends what waits. What a collector does not take is lost.
func (e *Exporter) Send(ctx context.Context) error {
	e.mu.Lock()
	list := e.waits
	e.waits = nil
	e.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	body, err := json.Marshal(e.message(list))
	if err != nil {
		return fmt.Errorf("spans: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(e.URL, "/")+"/v1/traces", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("spans: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := e.Client.Do(r)
	if err != nil {
		return fmt.Errorf("spans: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("spans: the collector answered %s", answer.Status)
	}
	return nil
}

// The parts of OTLP's ExportTraceServiceRequest that are used.
type (
	message struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes []attribute `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope  `json:"scope"`
		Spans []span `json:"spans"`
	}
	scope struct {
		Name string `json:"name"`
	}
	span struct {
		TraceID      string      `json:"traceId"`
		SpanID       string      `json:"spanId"`
		ParentSpanID string      `json:"parentSpanId,omitempty"`
		Name         string      `json:"name"`
		Kind         int         `json:"kind"`
		Start        string      `json:"startTimeUnixNano"`
		End          string      `json:"endTimeUnixNano"`
		Attributes   []attribute `json:"attributes"`
		Status       status      `json:"status"`
	}
	status struct {
		Code int `json:"code,omitempty"` // 2: it failed
	}
	attribute struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	value struct {
		String string `json:"stringValue"`
	}
)

func (e *Exporter) message(list []Span) message {
	by := map[string][]span{}
	for _, s := range list {
		out := span{
			TraceID: s.Trace, SpanID: s.ID, ParentSpanID: s.Parent, Name: s.Name, Kind: s.Kind,
			Start: strconv.FormatInt(s.Start.UnixNano(), 10), End: strconv.FormatInt(s.End.UnixNano(), 10), Attributes: attributes(s.Attributes),
		}
		if s.Failed {
			out.Status.Code = 2
		}
		service := cmp.Or(s.Service, e.Service)
		by[service] = append(by[service], out)
	}
	var m message
	for _, service := range slices.Sorted(maps.Keys(by)) {
		m.ResourceSpans = append(m.ResourceSpans, resourceSpans{
			Resource:   resource{attributes(map[string]string{"service.name": service, "service.namespace": "madang"})},
			ScopeSpans: []scopeSpans{{Scope: scope{"madang"}, Spans: by[service]}},
		})
	}
	return m
}

func attributes(of map[string]string) []attribute {
	list := []attribute{}
	for _, key := range slices.Sorted(maps.Keys(of)) {
		list = append(list, attribute{key, value{of[key]}})
	}
	return list
}

package host

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/spans"
)

// tracing is what a request is in its trace, where somebody collects (OTEL_EXPORTER_OTLP_ENDPOINT).
type tracing struct {
	came string // the traceparent that it came with
	id   string // of its own span; "" where nobody collects
}

// trace begins a request's span. What the request publishes is below it.
func (h *Host) trace(r *http.Request) tracing {
	t := tracing{came: traceparent(r)}
	if h.spans != nil {
		t.id = randomHex(8)
	}
	return t
}

// parent is the traceparent of what the request does.
func (t tracing) parent() string {
	if t.id == "" {
		return t.came
	}
	return t.came[:36] + t.id + t.came[52:]
}

// tell tells of a request that was answered: by its route and nothing of who asked. The edge has
// no collector: what it sent here says when it began, and it ends with the answer.
func (h *Host) tell(ctx context.Context, c echo.Context, t tracing, began time.Time) {
	if t.id == "" {
		return
	}
	now, came, kind := time.Now(), t.came, spans.Server
	name := c.Request().Method + " " + cmp.Or(c.Path(), "none")
	if c.Path() == EventsPath {
		kind = spans.Consumer
		if of := event.TraceFrom(ctx); of != t.parent() {
			came = of // an event is below who published it
		}
	}
	status := c.Response().Status
	s := spans.Span{
		Trace: came[3:35], ID: t.id, Parent: came[36:52], Name: name, Kind: kind, Start: began, End: now, Failed: status >= http.StatusInternalServerError,
		Attributes: map[string]string{"http.request.method": c.Request().Method, "http.route": cmp.Or(c.Path(), "none"), "http.response.status_code": strconv.Itoa(status)},
	}
	h.spans.Add(s)
	if waited, ok := sinceEdge(c.Request().Header.Get("X-Request-Start"), now); ok && s.Parent == spans.EdgeID {
		s.Service, s.ID, s.Parent, s.Start = "edge", spans.EdgeID, "", now.Add(-waited)
		h.spans.Add(s)
	}
}

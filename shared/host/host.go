// Package host runs functions. The deployed process, the local host and the tests all
// run a function.Spec through New, so that what is tested is what serves.
//
// It is the only place that knows HTTP's side of the contract: routing (Echo), strict
// input, who asks, limits, units of work, idempotency, audit, pages, problem documents,
// logs, metrics and the life cycle.
package host

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/limit"
	"github.com/madang-council/madang/shared/page"
	"github.com/madang-council/madang/shared/touch"
)

// Options are what a host needs beside the function's own dependencies.
type Options struct {
	Deps        function.Deps
	Redis       *redis.Client
	Now         func() time.Time
	TrustedHops int  // proxies in front whose X-Forwarded-For entries are believed
	Unlimited   bool // no rate limits, for load tests of the handlers themselves
	Metrics     *Metrics
}

// Host serves one function.
type Host struct {
	spec     function.Spec
	parts    function.Parts
	deps     function.Deps
	now      func() time.Time
	hops     int
	echo     *echo.Echo
	sessions session.Store
	foreign  *http.CrossOriginProtection
	pages    *page.Store
	limiter  *limit.Limiter
	renders  singleflight.Group
	metrics  *Metrics
	log      *slog.Logger
	draining atomic.Bool
}

// New wires a function. It does no I/O.
func New(spec function.Spec, o Options) *Host {
	h := &Host{
		spec: spec, deps: o.Deps, now: o.Now, hops: o.TrustedHops, metrics: o.Metrics,
		log:      o.Deps.Log.With("function", spec.Name),
		sessions: session.Store{DB: o.Deps.DB, Key: o.Deps.Key},
		foreign:  foreign(o.Deps.Settings.SiteURL),
	}
	if o.Redis != nil {
		prefix := "madang:" + o.Deps.Settings.Environment + ":"
		h.pages = &page.Store{Redis: o.Redis, Prefix: prefix}
		if !o.Unlimited {
			h.limiter = limit.New(o.Redis, prefix)
		}
	}
	h.deps.Log = h.log
	h.deps.Count = func(what, outcome string, n int) { h.metrics.work(spec.Name, what, outcome, n) }
	h.metrics.expect(spec.Name)
	h.parts = spec.Build(h.deps)
	h.echo = h.router()
	return h
}

// ServeHTTP serves a request.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.echo.ServeHTTP(w, r) }

// Drain makes the host answer that it is not ready, so that no new requests are sent.
func (h *Host) Drain() { h.draining.Store(true) }

// EventsPath is where the broker delivers events. The edge does not route it.
const EventsPath = "/events"

func (h *Host) router() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = h.fail
	e.Pre(h.observe)
	e.GET("/livez", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", func(c echo.Context) error {
		if h.draining.Load() {
			return c.String(http.StatusServiceUnavailable, "draining\n")
		}
		h.metrics.start(h.spec.Name)
		return c.String(http.StatusOK, "ok\n")
	})
	for _, route := range h.parts.Routes {
		serve := h.serve(route)
		path := echoPath(route.Path)
		e.Add(route.Method, path, serve)
		if route.Method == http.MethodGet {
			e.HEAD(path, serve)
		}
	}
	if len(h.parts.Consumes.On) > 0 {
		e.POST(EventsPath, h.receive)
	}
	return e
}

// echoPath turns /v1/notices/{id} into /v1/notices/:id.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// routeKey is where Echo's context keeps the route, for fail.
const routeKey = "madang.route"

// call is one request to one route on its way through the host.
type call struct {
	route   function.Route
	request *function.Request
	echo    echo.Context
}

// serve is the order in which a request passes: who asks, what they may, how often, what
// they sent, the handler in its unit of work, the answer.
func (h *Host) serve(route function.Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), h.timeout())
		defer cancel()
		k := &call{route: route, request: function.RequestFrom(ctx), echo: c}
		c.Set(routeKey, route)
		if route.HTML {
			k.request.Language = function.LanguageOf(c.Request().URL.Path)
		}
		ctx, err := h.admit(ctx, k)
		if err != nil {
			return err
		}
		c.SetRequest(c.Request().WithContext(ctx))
		if route.Page != nil && h.pages != nil && (route.Page.ForAll || isGuest(ctx, c.Request())) && !route.Page.Bypassed(c.Request().URL.Query()) {
			return h.servePage(ctx, k)
		}
		if isSafe(c.Request().Method) || route.ReadOnly {
			return h.read(ctx, k)
		}
		return h.write(ctx, k)
	}
}

func (h *Host) timeout() time.Duration { return h.spec.Scale.Filled().Timeout }

func isSafe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// read runs a handler that changes nothing.
func (h *Host) read(ctx context.Context, k *call) error {
	response, err := k.route.Do.Call(ctx, h.binder(k.echo, k.route.Do))
	if err != nil {
		return err
	}
	if k.route.Personal {
		if err := h.audit(ctx, k); err != nil {
			return err
		}
	}
	a, err := encode(k.route, response)
	if err != nil {
		return err
	}
	return h.answer(k.echo, a)
}

// begin is the context of a request: its time, and what the host knows about it.
func (h *Host) begin(ctx context.Context, r *function.Request) context.Context {
	return touch.With(function.WithRequest(clock.With(ctx, h.now()), r), &touch.Set{})
}

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

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/inbox"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/limit"
	"github.com/madang-council/madang/shared/page"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/spans"
	"github.com/madang-council/madang/shared/touch"
	"github.com/madang-council/madang/shared/weblink"
)

// Options are what a host needs beside the function's own dependencies.
type Options struct {
	Deps        function.Deps
	Redis       *redis.Client
	Now         func() time.Time
	TrustedHops int  // proxies in front whose X-Forwarded-For entries are believed
	Unlimited   bool // no rate limits, for load tests of the handlers themselves
	Metrics     *Metrics
	Spans       *spans.Exporter // nil: nobody collects
	Pace        Pace            // the slowest that a body may come; zero for 10 s and then 1 KiB a second
	// Later runs a function after some time, beside requests; nil is time.AfterFunc.
	Later func(time.Duration, func())
}

// Host serves one function.
type Host struct {
	spec     function.Spec
	parts    function.Parts
	deps     function.Deps
	now      func() time.Time
	hops     int
	echo     *echo.Echo
	routes   map[string]function.Route // by method and Echo's path
	sessions session.Store
	foreign  *http.CrossOriginProtection
	pages    *page.Store
	limiter  *limit.Limiter
	renders  singleflight.Group
	metrics  *Metrics
	spans    *spans.Exporter
	log      *slog.Logger
	today    atomic.Pointer[today]
	draining atomic.Bool
	owing    atomic.Bool // the pages will be told of touches by owe
	later    func(time.Duration, func())
	slowest  Pace
}

// New wires a function. It does no I/O.
func New(spec function.Spec, o Options) *Host {
	h := &Host{
		spec: spec, deps: o.Deps, now: o.Now, hops: o.TrustedHops, metrics: o.Metrics, spans: o.Spans,
		log:      o.Deps.Log.With("function", spec.Name),
		sessions: session.Store{DB: o.Deps.DB, Key: o.Deps.Key},
		foreign:  foreign(o.Deps.Settings.SiteURL),
	}
	if h.slowest = o.Pace; h.slowest == (Pace{}) {
		h.slowest = usualPace
	}
	if h.later = o.Later; h.later == nil {
		h.later = func(d time.Duration, f func()) { time.AfterFunc(d, f) }
	}
	if o.Redis != nil {
		prefix := "madang:" + o.Deps.Settings.Environment + ":"
		h.pages = &page.Store{Redis: o.Redis, Prefix: prefix, Now: o.Now}
		if !o.Unlimited {
			h.limiter = limit.New(o.Redis, prefix)
		}
	}
	h.deps.Log = h.log
	h.deps.Count = func(what, outcome string, n int) { h.metrics.work(spec.Name, what, outcome, n) }
	if o.Deps.DB != nil {
		h.deps.Urgent = urgentIn(thing.Store{DB: o.Deps.DB})
		h.deps.Flags = flagsIn(o.Deps.DB)
		h.deps.Unread = h.unreadIn(o.Deps.DB)
	}
	h.metrics.expect(spec.Name)
	h.parts = spec.Build(h.deps)
	h.echo = h.router()
	return h
}

// urgentIn is what is urgent, for the pages' frame.
func urgentIn(things thing.Store) func(context.Context) (function.Urgent, error) {
	return func(ctx context.Context) (function.Urgent, error) {
		list, changes, err := things.Urgent(ctx)
		u := function.Urgent{Changes: changes}
		for _, t := range list {
			u.Notes = append(u.Notes, function.Note{Title: problem.Text{KO: t.Title, EN: t.TitleEn}, Path: t.Path, Until: *t.UrgentUntil})
		}
		return u, err
	}
}

// unreadIn is how much a member has not read, for the bell of the pages' frame. It asks nothing for a guest.
func (h *Host) unreadIn(db *database.DB) func(context.Context) (int, error) {
	entries := inbox.Store{DB: db, Closed: thing.Closed(h.deps.Off)}
	return func(ctx context.Context) (int, error) {
		who := auth.From(ctx)
		if !who.SignedIn() {
			return 0, nil
		}
		unread, err := entries.Unread(ctx, who.MemberID)
		return len(unread), err //nolint:wrapcheck // it says where it failed
	}
}

// ServeHTTP serves a request.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.echo.ServeHTTP(w, r) }

// Drain makes the host answer that it is not ready, so that no new requests are sent.
func (h *Host) Drain() { h.draining.Store(true) }

// EventsPath is where the broker delivers events. The edge does not route it.
const EventsPath = "/events"

func (h *Host) router() *echo.Echo {
	e := echo.New()
	h.routes = map[string]function.Route{}
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = h.fail
	e.Pre(ascii, h.observe)
	e.GET("/livez", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", func(c echo.Context) error {
		if h.draining.Load() {
			return c.String(http.StatusServiceUnavailable, "draining\n")
		}
		h.metrics.start(h.spec.Name)
		if c.QueryParams().Has(wakeParameter) {
			h.metrics.woken(h.spec.Name)
		}
		return c.String(http.StatusOK, "ok\n")
	})
	for _, route := range h.parts.Routes {
		serve := h.serve(route)
		path := echoPath(route.Path)
		h.routes[route.Method+" "+path] = route
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

// ascii has every answer name its addresses in ASCII, as headers are: whatever a handler
// redirects to or made.
func ascii(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		c.Response().Before(func() {
			if to := header.Get("Location"); to != "" {
				header.Set("Location", weblink.ASCII(to))
			}
		})
		return next(c)
	}
}

// wakeParameter is in the address of /readyz where the edge asks it to have a function start
// for somebody who has opened a form (function.Route.Wakes).
const wakeParameter = "form"

var parameters = strings.NewReplacer("{", ":", "}", "")

// echoPath turns /v1/notices/{id} into /v1/notices/:id.
func echoPath(path string) string { return parameters.Replace(path) }

// routeKey is where Echo's context keeps the route, for fail.
const routeKey = "madang.route"

// bodyKey is where Echo's context keeps the body, whose pace its route decides.
const bodyKey = "madang.body"

// call is one request to one route on its way through the host.
type call struct {
	route   function.Route
	request *function.Request
	echo    echo.Context
}

// serve is the order in which a request passes, once its address may ask at all (counted):
// who asks, how often, what they may, what they sent, the handler in its unit of work, the answer.
func (h *Host) serve(route function.Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), h.timeout())
		defer cancel()
		k := &call{route: route, request: function.RequestFrom(ctx), echo: c}
		c.Set(routeKey, route)
		if body, ok := c.Get(bodyKey).(*paced); ok && route.Unread() {
			body.whole(h.timeout())
		}
		if route.HTML {
			k.request.Language = function.LanguageOf(c.Request().URL.Path)
		}
		ctx, err := h.admit(ctx, k)
		c.SetRequest(c.Request().WithContext(ctx)) // a refusal, too, is a page for whom it is
		if err != nil {
			return err
		}
		if h.isPage(ctx, k) {
			return h.servePage(ctx, k)
		}
		if isSafe(c.Request().Method) || route.ReadOnly {
			err = h.read(ctx, k)
		} else {
			err = h.write(ctx, k)
		}
		h.charge(ctx, k, err)
		return err
	}
}

func (h *Host) timeout() time.Duration { return h.spec.Scale.Filled().Timeout }

func isSafe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// isPage says whether the answer is a page that the edge may keep, whoever asks.
func (h *Host) isPage(ctx context.Context, k *call) bool {
	r, p := k.echo.Request(), k.route.Page
	return p != nil && h.pages != nil && (p.ForAll || isGuest(ctx, r)) && !p.Bypassed(r.URL.Query())
}

// read runs a handler that changes nothing.
func (h *Host) read(ctx context.Context, k *call) error {
	response, err := k.route.Do.Call(ctx, h.binder(k.echo, k.route.Do))
	if err != nil {
		return err
	}
	if k.route.Personal && !k.request.ReadNobody() {
		if err := h.audit(ctx, k, ""); err != nil {
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
	ctx = function.WithRequest(clock.Running(ctx, h.now), r)
	if h.pages == nil {
		return ctx
	}
	return touch.With(ctx, &touch.Set{Store: h.touches(), Log: h.log, Owed: h.owe})
}

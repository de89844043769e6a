package host

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
	"github.com/madang-council/madang/shared/text"
)

// observe begins every request and says afterwards what became of it.
func (h *Host) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := h.now()
		began := time.Now()
		r := c.Request()
		request := &function.Request{
			ID:       requestID(r),
			Client:   clientAddress(r, h.hops),
			Language: function.Language(r.Header.Get("Accept-Language")),
			Device:   device(r.UserAgent()),
			Cookies:  map[string]string{},
			Head:     r.Method == http.MethodHead,
			Foreign:  h.foreign.Check(r) != nil,
		}
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			request.Address = r.URL.RequestURI()
		}
		for _, cookie := range r.Cookies() {
			request.Cookies[cookie.Name] = cookie.Value
		}
		request.Origin = hex.EncodeToString(h.clientsOf(clock.Day(start)).Hash(request.Client))
		request.Campus = slices.ContainsFunc(h.deps.Settings.CampusNetworks, func(n netip.Prefix) bool { return n.Contains(request.Client) })
		traced := h.trace(r)
		ctx := event.WithTrace(h.begin(r.Context(), request), traced.parent())
		c.SetRequest(r.WithContext(ctx))
		header := c.Response().Header()
		header.Set("X-Request-Id", request.ID)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		if body := h.pace(c); body != nil {
			c.Set(bodyKey, body)
		}
		if err := h.recovering(h.counted(next), c); err != nil {
			// A body that came too slowly ends the context too, but its sender waits for an answer.
			if r.Context().Err() != nil && !c.Response().Committed && !errors.Is(err, problem.TooSlow()) {
				c.Response().WriteHeader(goneAway) // nobody hears it
			} else {
				c.Error(err)
			}
		}
		if p := c.Path(); p != "/livez" && p != "/readyz" {
			h.report(c.Request().Context(), c, time.Since(began)) // an event brings the trace of who made it
			h.tell(c.Request().Context(), c, traced, began)
		}
		return nil
	}
}

// today is what hashes clients' addresses on a day.
type today struct {
	day     string
	clients secret.Clients
}

// clientsOf hashes addresses on a day. That of the last request is kept: it is of the same day
// but at midnight.
func (h *Host) clientsOf(day string) secret.Clients {
	if t := h.today.Load(); t != nil && t.day == day {
		return t.clients
	}
	t := &today{day, h.deps.Key.Clients(day)}
	h.today.Store(t)
	return t.clients
}

// goneAway is the status, Nginx's own, of a request whose caller did not wait for the answer.
// It is neither an error nor an answer: it is logged, and counted nowhere.
const goneAway = 499

// foreign tells requests of other sites' pages. Behind the edge the Host header names the
// function: a browser that sends no Sec-Fetch-Site is known by the site's own origin.
func foreign(siteURL string) *http.CrossOriginProtection {
	p := http.NewCrossOriginProtection()
	if u, err := url.Parse(siteURL); err == nil && u.Host != "" {
		_ = p.AddTrustedOrigin(u.Scheme + "://" + u.Host) // fails for what is no origin, and is then not trusted
	}
	return p
}

func (h *Host) recovering(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return next(c)
}

// report says of every request what was asked, by whom, from where and what became of it: who
// tries to sign in, and is refused what they may not, is found by it.
func (h *Host) report(ctx context.Context, c echo.Context, took time.Duration) {
	route := c.Path()
	if route == "" {
		route = "none"
	}
	if c.Response().Status != goneAway {
		h.metrics.answer(h.spec.Name, c.Request())
		h.metrics.request(h.spec.Name, c.Request().Method, route, c.Response().Status, took)
	}
	request := function.RequestFrom(ctx)
	said := []slog.Attr{
		slog.String("method", c.Request().Method), slog.String("route", route),
		slog.Int("status", c.Response().Status), slog.Int64("bytes", c.Response().Size),
		slog.Float64("ms", float64(took.Microseconds())/1000),
	}
	// A private act is nobody's: an origin leads to who did something else from there that day.
	if of, ok := c.Get(routeKey).(function.Route); !ok || !of.Private {
		said = append(said, slog.String("origin", request.Origin))
		if id := request.Member(); id != "" {
			said = append(said, slog.String("member", id))
		}
	}
	if code := request.Refusal(); code != "" {
		said = append(said, slog.String("code", code))
	}
	h.log.LogAttrs(ctx, slog.LevelInfo, "request", said...)
}

// requestID takes the edge's id, if it looks like one, or makes one.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if len(id) >= 8 && len(id) <= 64 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == "" {
		return id
	}
	return randomHex(16)
}

// traceparent takes the caller's W3C trace context, or begins one.
func traceparent(r *http.Request) string {
	t := r.Header.Get("traceparent")
	if len(t) == 55 && t[2] == '-' && t[35] == '-' && t[52] == '-' && strings.Trim(t, "0123456789abcdef-") == "" {
		return t
	}
	return "00-" + randomHex(16) + "-" + randomHex(8) + "-00"
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}

// clientAddress is the right-most entry of X-Forwarded-For that no trusted proxy wrote:
// with n trusted hops, the connection's own address is hop 0.
func clientAddress(r *http.Request, hops int) netip.Addr {
	chain := []string{}
	for _, line := range r.Header.Values("X-Forwarded-For") {
		for _, entry := range strings.Split(line, ",") {
			chain = append(chain, strings.TrimSpace(entry))
		}
	}
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	chain = append(chain, remote)
	at := max(0, len(chain)-1-hops)
	for ; at < len(chain); at++ { // an entry that is no address was not written by a trusted proxy
		if a, err := netip.ParseAddr(chain[at]); err == nil {
			return a.Unmap().WithZone("")
		}
	}
	return netip.IPv6Unspecified()
}

// deviceLimit is how much is kept of a User-Agent, in bytes: browsers' are shorter.
const deviceLimit = 200

func device(agent string) string {
	agent = text.Straight(strings.ToValidUTF8(agent, ""))
	if len(agent) > deviceLimit {
		agent = strings.ToValidUTF8(agent[:deviceLimit], "")
	}
	return agent
}

// fail answers every error: it is the only place that does.
func (h *Host) fail(err error, c echo.Context) {
	if c.Response().Committed {
		h.log.WarnContext(c.Request().Context(), "failed after the answer had begun", "error", err)
		return
	}
	ctx := c.Request().Context()
	p := h.problemOf(ctx, err)
	if route, is := c.Get(routeKey).(function.Route); is && route.HTML && errors.Is(err, cursor.ErrForged) {
		p = problem.Absent() // an address with a forged cursor names no page
	}
	h.metrics.problem(h.spec.Name, p.Code)
	function.Refused(ctx, p.Code)
	if err := h.refuse(c, err, p); err != nil {
		h.log.WarnContext(ctx, "the caller went away", "error", err)
	}
}

// refuse writes a problem: a page for the routes that are HTML, which may bring one of
// their own, and a document for all others.
func (h *Host) refuse(c echo.Context, err error, p *problem.Error) error {
	request := function.RequestFrom(c.Request().Context())
	route, ok := c.Get(routeKey).(function.Route)
	if !ok || !route.HTML {
		return writeProblem(c.Response(), c.Request(), p, request)
	}
	var shown *function.Shown
	if errors.As(err, &shown) {
		return shown.Answer.WriteResponse(c.Response(), c.Request())
	}
	status := StatusOf(p.Kind)
	retryAfter(c.Response().Header(), p, status)
	return route.Refuse(c.Request().Context(), p, status).WriteResponse(c.Response(), c.Request())
}

func (h *Host) problemOf(ctx context.Context, err error) *problem.Error {
	if p := problem.Find(err); p != nil {
		if p.Kind == problem.Unavailable {
			h.log.WarnContext(ctx, "something that the function needs is away", "error", err)
		}
		return p
	}
	if e := (*echo.HTTPError)(nil); asHTTPError(err, &e) {
		switch e.Code {
		case http.StatusNotFound:
			return problem.Absent()
		case http.StatusMethodNotAllowed:
			return problem.NoMethod()
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return problem.Away(err)
	}
	h.log.ErrorContext(ctx, "internal error", "error", err)
	return problem.New(problem.Internal, "internal", "서버에 문제가 생겼습니다. 요청 번호와 함께 알려 주세요.", "Something went wrong on our side. Please report the request id.")
}

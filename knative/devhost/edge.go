package main

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	rules "github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/page"
)

// edge does on a laptop what Nginx does in production: it sends each path to its
// function, and answers guests' pages from Redis without waking one. Each answer to a
// guest's page says in Cache-Status (RFC 9211) where it came from.
type edge struct {
	routes  []rules.Route
	rules   rules.Rules
	store   *page.Store
	serve   func(function string, w http.ResponseWriter, r *http.Request)
	now     func() time.Time
	flights singleflight.Group
	mu      sync.Mutex
	copies  map[string]copied
	renders sync.WaitGroup // for which nobody waits
}

// copied is the edge's own copy of a page: it saves Redis' time while it is fresh, and is the
// last good one while Redis or functions are away.
type copied struct {
	page page.Page
	at   time.Time
}

func newEdge(specs []function.Spec, store *page.Store, serve func(string, http.ResponseWriter, *http.Request), now func() time.Time) *edge {
	return &edge{routes: rules.Routes(specs), rules: rules.Fixed(), store: store, serve: serve, now: now, copies: map[string]copied{}}
}

// hasCredentials says whether a request could be somebody's: such a request never gets a page.
func (e *edge) hasCredentials(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" ||
		slices.ContainsFunc(r.Cookies(), func(c *http.Cookie) bool { return slices.Contains(e.rules.Credentials, c.Name) })
}

// answer answers a request; ok is false where no function has the path.
func (e *edge) answer(w http.ResponseWriter, r *http.Request) (ok bool) {
	route, found := rules.Find(e.routes, r.URL.Path)
	if !found {
		return false
	}
	inner := r.Clone(r.Context())
	inner.Header.Set("X-Forwarded-For", clientOf(r))
	inner.RemoteAddr = "127.0.0.1:0"
	inner.Header.Del("X-Request-Id")
	if !route.Page || r.Method != http.MethodGet && r.Method != http.MethodHead || !route.ForAll && e.hasCredentials(r) || (&function.Page{Bypass: route.Bypass}).Bypassed(r.URL.Query()) {
		e.serve(route.Function, w, inner)
		return true
	}
	e.answerPage(w, inner, route)
	return true
}

// clientOf is the address of who asks, whatever the request says of it.
func clientOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// answerPage answers a guest's page: from a copy or Redis, or else by its function.
func (e *edge) answerPage(w http.ResponseWriter, r *http.Request, route rules.Route) {
	key := page.Key(r.URL.Path, r.URL.Query(), route.Query, languageOf(r, route))
	p, found, away := e.load(r.Context(), key)
	if found {
		segment, fresh := p.At(e.now())
		age := e.now().UnixMilli() - p.Rendered
		switch {
		case fresh && !away:
			e.write(w, r, route, segment, age, "madang; hit; ttl="+seconds(segment.Until-e.now().UnixMilli()))
			if p.Segments[len(p.Segments)-1].From == segment.From && len(p.Segments) > 1 {
				e.renders.Go(func() { e.fetch(r.Context(), r, key, route.Function) }) // move the chain on before it ends
			}
			return
		case away:
			e.write(w, r, route, segment, age, "madang; hit; ttl=0; detail=store-away")
			return
		default:
			e.renders.Go(func() { e.fetch(r.Context(), r, key, route.Function) })
			e.write(w, r, route, segment, age, "madang; hit; ttl="+seconds(min(-1000, segment.Until-e.now().UnixMilli()))+"; detail=stale")
			return
		}
	}
	got := e.fetch(r.Context(), r, key, route.Function)
	if got.Code >= http.StatusInternalServerError {
		if c, kept := e.copy(key); kept {
			segment, _ := c.page.At(e.now())
			e.write(w, r, route, segment, e.now().UnixMilli()-c.page.Rendered, "madang; hit; ttl=-1; detail=function-away")
			return
		}
	}
	for k, v := range got.Header() {
		w.Header()[k] = v
	}
	w.Header().Set("Cache-Status", "madang; fwd=uri-miss")
	if tag := got.Header().Get("ETag"); got.Code == http.StatusOK && hasTag(r, tag) {
		w.Header().Del("Content-Length")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(got.Code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(got.Body.Bytes())
	}
}

// load is a page from the edge's own copy while that is fresh, or from Redis. While Redis is
// away it is an older copy, too. away says that Redis did not answer.
func (e *edge) load(ctx context.Context, key string) (p page.Page, found, away bool) {
	c, kept := e.copy(key)
	if kept && e.now().Sub(c.at) < e.copyFresh() {
		if _, fresh := c.page.At(e.now()); fresh {
			return c.page, true, false
		}
	}
	p, found, err := e.store.Load(ctx, key)
	switch {
	case err != nil && kept && e.now().Sub(c.at) < time.Duration(e.rules.Limits.CopyAway)*time.Second:
		return c.page, true, true
	case err != nil:
		return page.Page{}, false, true
	case found:
		e.keep(key, p)
	}
	return p, found, false
}

// fetch asks the function, once for all who wait for the same page. The function stores
// the page; the edge keeps a copy in case Redis is away.
func (e *edge) fetch(ctx context.Context, r *http.Request, key, name string) *httptest.ResponseRecorder {
	result, _, _ := e.flights.Do(key, func() (any, error) {
		path, query, language := page.Address(key)
		inner := r.Clone(context.WithoutCancel(ctx))
		inner.Method, inner.Body = http.MethodGet, http.NoBody
		inner.URL = &url.URL{Path: path, RawQuery: query.Encode()}
		inner.Header = http.Header{"X-Forwarded-For": r.Header["X-Forwarded-For"], "Accept-Language": {language}}
		w := httptest.NewRecorder()
		e.serve(name, w, inner)
		now := e.now()
		if w.Code == http.StatusOK {
			e.keep(key, page.Page{Key: key, Meta: page.Meta{Function: name, Rendered: now.UnixMilli(), Segments: []page.Segment{{
				From: now.UnixMilli(), Until: now.Add(e.copyFresh()).UnixMilli(), ETag: w.Header().Get("ETag"), ContentType: w.Header().Get("Content-Type"), Body: w.Body.Bytes(), Header: e.keptHeaders(w.Header()),
			}}}})
		} else if w.Code < http.StatusInternalServerError {
			e.forget(key)
		}
		return w, nil
	})
	w, _ := result.(*httptest.ResponseRecorder)
	return w
}

func (e *edge) copyFresh() time.Duration {
	return time.Duration(e.rules.Limits.CopyFresh) * time.Second
}

func (e *edge) copy(key string) (copied, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, ok := e.copies[key]
	return c, ok
}

func (e *edge) keep(key string, p page.Page) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.copies) >= e.rules.Limits.CopiesMax {
		clear(e.copies)
	}
	e.copies[key] = copied{page: p, at: e.now()}
}

func (e *edge) forget(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.copies, key)
}

// keptHeaders are those of a function's answer that belong to the page.
func (e *edge) keptHeaders(h http.Header) map[string]string {
	headers := map[string]string{}
	for _, name := range e.rules.Headers.Kept {
		if v := h.Get(name); v != "" {
			headers[name] = v
		}
	}
	return headers
}

// write answers a page that was there; status says from where.
func (e *edge) write(w http.ResponseWriter, r *http.Request, route rules.Route, s page.Segment, ageMillis int64, status string) {
	h := w.Header()
	h.Set("Cache-Status", status)
	h.Set("Age", seconds(max(0, ageMillis)))
	h.Set("ETag", s.ETag)
	for name, value := range e.rules.Headers.Page {
		h.Set(name, value)
	}
	if !route.HTML {
		h.Set("Vary", "Accept-Language")
	}
	for name, value := range s.Header {
		h.Set(name, value)
	}
	if hasTag(r, s.ETag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", s.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(s.Body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(s.Body)
	}
}

// hasTag says whether the caller has an entity tag already (RFC 9110 13.1.2).
func hasTag(r *http.Request, tag string) bool {
	list := r.Header.Get("If-None-Match")
	return tag != "" && (strings.TrimSpace(list) == "*" || strings.Contains(list, tag))
}

// seconds are milliseconds as Cache-Status and Age have them.
func seconds(ms int64) string { return strconv.FormatInt(ms/1000, 10) }

// languageOf is the language of a page: the path's for the site, and for the API English
// where it is preferred to Korean.
func languageOf(r *http.Request, route rules.Route) string {
	if route.HTML {
		return function.LanguageOf(r.URL.Path)
	}
	return function.Language(r.Header.Get("Accept-Language"))
}

// refuse is how the edge itself answers: a page to browsers, a problem document to all others.
func (e *edge) refuse(w http.ResponseWriter, r *http.Request, status int) {
	language := function.LanguageOf(r.URL.Path)
	if language == "ko" {
		language = function.Language(r.Header.Get("Accept-Language"))
	}
	problem := e.rules.Problems[status][language]
	answer := problem.Document
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		answer = problem.Page
	}
	for name, value := range answer.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, strings.ReplaceAll(answer.Body, e.rules.RequestID, rand.Text()))
}

package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	routes "github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/page"
)

// edge does on a laptop what Nginx does in production: it sends each path to its
// function, and answers guests' pages from Redis without waking one. Each answer to a
// guest's page says in Cache-Status (RFC 9211) where it came from.
type edge struct {
	routes  []routes.Route
	store   *page.Store
	serve   func(function string, w http.ResponseWriter, r *http.Request)
	now     func() time.Time
	flights singleflight.Group
	mu      sync.Mutex
	copies  map[string]copied
}

// copied is the edge's own copy of a page: fresh for a second, and the last good one
// while Redis and functions are away.
type copied struct {
	page page.Page
	at   time.Time
}

const (
	copyFresh = time.Second
	copyAway  = 10 * time.Second // how old a copy may be before a function is asked, while Redis is away
	copyMost  = 2000             // pages; the oldest half is forgotten beyond
)

func newEdge(specs []function.Spec, store *page.Store, serve func(string, http.ResponseWriter, *http.Request), now func() time.Time) *edge {
	return &edge{routes: routes.Routes(specs), store: store, serve: serve, now: now, copies: map[string]copied{}}
}

// hasCredentials says whether a request could be somebody's: such a request never gets a page.
func hasCredentials(r *http.Request) bool {
	if r.Header.Get("Authorization") != "" {
		return true
	}
	for _, c := range r.Cookies() {
		if c.Name == auth.AccessCookie || c.Name == auth.RefreshCookie {
			return true
		}
	}
	return false
}

// ServeHTTP answers a request; ok is false where no function has the path.
func (e *edge) answer(w http.ResponseWriter, r *http.Request) (ok bool) {
	route, found := routes.Find(e.routes, r.URL.Path)
	if !found {
		return false
	}
	inner := r.Clone(r.Context())
	inner.Header.Set("X-Forwarded-For", clientOf(r))
	inner.RemoteAddr = "127.0.0.1:0"
	inner.Header.Del("X-Request-Id")
	if !route.Page || r.Method != http.MethodGet && r.Method != http.MethodHead || hasCredentials(r) || (&function.Page{Bypass: route.Bypass}).Bypassed(r.URL.Query()) {
		e.serve(route.Function, w, inner)
		return true
	}
	e.answerPage(w, inner, route)
	return true
}

func clientOf(r *http.Request) string {
	host, _, found := strings.Cut(r.RemoteAddr, "]:")
	if found {
		return strings.TrimPrefix(host, "[")
	}
	host, _, _ = strings.Cut(r.RemoteAddr, ":")
	return host
}

func (e *edge) answerPage(w http.ResponseWriter, r *http.Request, route routes.Route) {
	key := page.Key(r.URL.Path, r.URL.Query(), route.Query, languageOf(r, route))
	p, found, away := e.load(r.Context(), key)
	if found {
		segment, fresh := p.At(e.now())
		age := e.now().UnixMilli() - p.Rendered
		switch {
		case fresh && !away:
			e.write(w, r, route, segment, age, "madang; hit; ttl="+seconds(segment.Until-e.now().UnixMilli()))
			if p.Segments[len(p.Segments)-1].From == segment.From && len(p.Segments) > 1 {
				go e.fetch(context.WithoutCancel(r.Context()), r, key, route.Function) // move the chain on before it ends
			}
			return
		case away:
			e.write(w, r, route, segment, age, "madang; hit; ttl=0; detail=store-away")
			return
		default:
			go e.fetch(context.WithoutCancel(r.Context()), r, key, route.Function)
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

// load is a page from the edge's own copy of the last second, or from Redis. While Redis
// is away it is the edge's own copy of the last ten.
func (e *edge) load(ctx context.Context, key string) (p page.Page, found, away bool) {
	c, kept := e.copy(key)
	if kept && e.now().Sub(c.at) < copyFresh {
		if _, fresh := c.page.At(e.now()); fresh {
			return c.page, true, false
		}
	}
	p, found, err := e.store.Load(ctx, key)
	switch {
	case err != nil && kept && e.now().Sub(c.at) < copyAway:
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
				From: now.UnixMilli(), Until: now.Add(copyFresh).UnixMilli(), ETag: w.Header().Get("ETag"), ContentType: w.Header().Get("Content-Type"), Body: w.Body.Bytes(), Header: pageHeaders(w.Header()),
			}}}})
		} else if w.Code < http.StatusInternalServerError {
			e.forget(key)
		}
		return w, nil
	})
	w, _ := result.(*httptest.ResponseRecorder)
	return w
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
	if len(e.copies) >= copyMost {
		clear(e.copies)
	}
	e.copies[key] = copied{page: p, at: e.now()}
}

func (e *edge) forget(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.copies, key)
}

// pageHeaders are those of a function's answer that belong to the page.
func pageHeaders(h http.Header) map[string]string {
	headers := map[string]string{}
	for _, name := range routes.PageHeaders() {
		if v := h.Get(name); v != "" {
			headers[name] = v
		}
	}
	return headers
}

func (e *edge) write(w http.ResponseWriter, r *http.Request, route routes.Route, s page.Segment, ageMillis int64, status string) {
	h := w.Header()
	h.Set("Cache-Status", status)
	h.Set("Age", seconds(max(0, ageMillis)))
	h.Set("ETag", s.ETag)
	h.Set("Cache-Control", "public, no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
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

func seconds(ms int64) string { return strconv.FormatInt(ms/1000, 10) }

// languageOf is the language of a page: the path's for the site, and for the API English
// where it is preferred to Korean.
func languageOf(r *http.Request, route routes.Route) string {
	if route.HTML {
		return function.LanguageOf(r.URL.Path)
	}
	return function.Language(r.Header.Get("Accept-Language"))
}

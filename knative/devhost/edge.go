package main

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

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
	copies  *copies
	mu      sync.Mutex
	flights map[string]*flight
	woken   map[string]time.Time // functions, by when
	// When Redis first did not answer of late, and last.
	awaySince, awayAt time.Time
	beside            sync.WaitGroup // what nobody waits for
}

func newEdge(specs []function.Spec, fixed rules.Rules, store *page.Store, serve func(string, http.ResponseWriter, *http.Request), now func() time.Time) *edge {
	return &edge{
		routes: rules.Routes(specs), rules: fixed, store: store, serve: serve, now: now,
		copies: newCopies(fixed.Limits.CopiesBytes), flights: map[string]*flight{}, woken: map[string]time.Time{},
	}
}

// run renews pages until ctx ends.
func (e *edge) run(ctx context.Context) {
	ticker := time.NewTicker(time.Duration(e.rules.Limits.RenewEvery) * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			e.renew(ctx)
		}
	}
}

// hasCredentials says whether a request could be somebody's: such a request never gets a page.
func (e *edge) hasCredentials(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" ||
		slices.ContainsFunc(r.Cookies(), func(c *http.Cookie) bool { return slices.Contains(e.rules.Credentials, c.Name) })
}

// answer answers a request; ok is false where no function has the path.
func (e *edge) answer(w http.ResponseWriter, r *http.Request) (ok bool) {
	route, found := rules.Find(e.routes, r.URL.Path)
	if !found || page.Hidden(r.URL) {
		return !page.Hidden(r.URL) && (e.unslashed(w, r) || e.lost(w, r))
	}
	inner := r.Clone(r.Context())
	inner.Header.Set("X-Forwarded-For", clientOf(r))
	inner.RemoteAddr = "127.0.0.1:0"
	inner.Header.Del("X-Request-Id")
	if !route.Page || r.Method != http.MethodGet && r.Method != http.MethodHead || !route.ForAll && e.hasCredentials(r) || (&function.Page{Bypass: route.Bypass}).Bypassed(r.URL.Query()) {
		e.serve(route.Function, w, inner)
	} else {
		e.answerPage(w, inner, route)
	}
	if r.Method == http.MethodGet {
		e.wake(r.Context(), route.Wakes)
	}
	return true
}

// unslashed leads from an address with a slash at its end to the page without it; ok is false
// where there is none.
func (e *edge) unslashed(w http.ResponseWriter, r *http.Request) (ok bool) {
	route, found := rules.Find(e.routes, "/"+strings.Trim(r.URL.Path, "/"))
	if !found || !route.HTML || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	to := "/" + strings.Trim(r.URL.EscapedPath(), "/") // two slashes before it would lead to another host
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusPermanentRedirect)
	return true
}

// lost shows browsers the site's own page of what is not there, as 404; ok is false where there is none.
func (e *edge) lost(w http.ResponseWriter, r *http.Request) (ok bool) {
	language := addressLanguage(r)
	i := slices.IndexFunc(e.routes, func(l rules.Route) bool { return l.Lost && function.LanguageOf(l.Path) == language })
	if i < 0 || r.Method != http.MethodGet && r.Method != http.MethodHead || strings.HasPrefix(r.URL.Path, "/v1/") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return false
	}
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath, inner.URL.RawQuery = e.routes[i].Path, "", ""
	inner.RequestURI = e.routes[i].Path
	inner.Header.Del("If-None-Match")
	got := &recorded{header: http.Header{}}
	if e.answer(got, inner); got.status >= http.StatusInternalServerError {
		return false
	}
	for k, v := range got.header {
		w.Header()[k] = v
	}
	w.Header().Set("Vary", "Accept, Accept-Language")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(got.body.Bytes())
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

// wake has functions start that who was just answered will ask next, each once in a while.
// On a laptop they all run; what is told apart is nothing but who is asked.
func (e *edge) wake(ctx context.Context, names []string) {
	for _, name := range names {
		e.mu.Lock()
		due := e.now().Sub(e.woken[name]) >= time.Duration(e.rules.Limits.WakePause)*time.Second
		if due {
			e.woken[name] = e.now()
		}
		e.mu.Unlock()
		if !due {
			continue
		}
		e.beside.Go(func() {
			if r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, "/readyz?form", http.NoBody); err == nil {
				e.serve(name, &recorded{header: http.Header{}}, r)
			}
		})
	}
}

// hasTag says whether the caller has an entity tag already (RFC 9110 13.1.2).
func hasTag(r *http.Request, tag string) bool {
	list := r.Header.Get("If-None-Match")
	return tag != "" && (strings.TrimSpace(list) == "*" || strings.Contains(list, tag))
}

// languageOf is the language of a page: the path's for the site, and for the API English
// where it is preferred to Korean.
func languageOf(r *http.Request, route rules.Route) string {
	if route.HTML {
		return function.LanguageOf(r.URL.Path)
	}
	return function.Language(r.Header.Get("Accept-Language"))
}

// addressLanguage is the language of an address that is none of a route's: the path's, or what the visitor prefers.
func addressLanguage(r *http.Request) string {
	if language := function.LanguageOf(r.URL.Path); language != "ko" {
		return language
	}
	return function.Language(r.Header.Get("Accept-Language"))
}

// refuse is how the edge itself answers: a page to browsers, a problem document to all others.
func (e *edge) refuse(w http.ResponseWriter, r *http.Request, status int) {
	problem := e.rules.Problems[status][addressLanguage(r)]
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

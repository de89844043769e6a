package main

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	rules "github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/shared/page"
)

// flight is a question to a function, for all who want the same page meanwhile.
type flight struct {
	landed chan struct{}
	got    *recorded
}

// recorded is what a function said.
type recorded struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (r *recorded) Header() http.Header { return r.header }
func (r *recorded) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b) //nolint:wrapcheck // a buffer takes everything
}

func (r *recorded) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// shared says whether an answer is about the page, whoever asked: not that one asks too often,
// nor that something failed.
func (r *recorded) shared() bool {
	return r.status == http.StatusOK || r.status == http.StatusNotFound || r.status == http.StatusGone
}

// answerPage answers a guest's page: from a copy or Redis, or else by its function.
func (e *edge) answerPage(w http.ResponseWriter, r *http.Request, route rules.Route) {
	if route.Lost { // it is what is seen where there is nothing, at its own address too
		r.Header.Del("If-None-Match")
		w = &absent{ResponseWriter: w}
	}
	began := e.now()
	key := page.Key(r.URL.Path, r.URL.Query(), route.Query, languageOf(r, route))
	p, found, away := e.load(r.Context(), key)
	now := e.now()
	if found {
		segment, state := p.At(now)
		left := segment.Until - now.UnixMilli()
		switch {
		case away:
			e.write(w, r, route, p, segment, "madang; hit; ttl=0; detail=store-away")
			return
		case state == page.Fresh:
			e.write(w, r, route, p, segment, "madang; hit; ttl="+seconds(left))
			if p.MovesOn(now) {
				e.beside.Go(func() { e.refresh(r, key, route.Function, began) })
			}
			return
		case state == page.Old:
			e.beside.Go(func() { e.refresh(r, key, route.Function, began) })
			e.write(w, r, route, p, segment, "madang; hit; ttl="+seconds(min(-1000, left))+"; detail=stale")
			return
		}
	}
	var got *recorded
	c, kept := e.copies.of(key)
	if kept && !found && e.unsure(c, p.Memory, away) {
		got = e.soon(r, key, route.Function, began)
	} else {
		got = e.fetch(r, key, route.Function, began)
	}
	if got.status >= http.StatusInternalServerError {
		if c, kept := e.copies.of(key); kept && !found {
			p, found = c.page, true
		}
		if found {
			segment, _ := p.At(e.now())
			e.write(w, r, route, p, segment, "madang; hit; ttl=-1; detail=function-away")
			return
		}
	}
	e.pass(w, r, got)
}

// absent answers 404 with whatever page is written.
type absent struct {
	http.ResponseWriter

	told bool
}

// WriteHeader makes a 404 of what is no fault of the server's.
func (a *absent) WriteHeader(status int) {
	a.told = true
	if status < http.StatusInternalServerError {
		status = http.StatusNotFound
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write writes the page.
func (a *absent) Write(b []byte) (int, error) {
	if !a.told {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(b) //nolint:wrapcheck // it is the connection's
}

// pass gives a function's answer on.
func (e *edge) pass(w http.ResponseWriter, r *http.Request, got *recorded) {
	for k, v := range got.header {
		w.Header()[k] = v
	}
	w.Header().Set("Cache-Status", "madang; fwd=uri-miss")
	if got.status == http.StatusOK && hasTag(r, got.header.Get("ETag")) {
		w.Header().Del("Content-Length")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(got.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(got.body.Bytes())
	}
}

// load is a page from the edge's own copy while that is fresh, or from Redis. While Redis is
// away it is an older copy, too. away says that Redis did not answer.
func (e *edge) load(ctx context.Context, key string) (p page.Page, found, away bool) {
	c, kept := e.copies.of(key)
	if kept && e.now().Sub(c.at) < e.copyFresh() {
		if _, state := c.page.At(e.now()); state == page.Fresh {
			return c.page, true, false
		}
	}
	asked := e.now()
	p, found, err := e.store.Load(ctx, key)
	if err != nil {
		e.isAway()
	}
	switch {
	case err != nil && kept && e.now().Sub(c.at) < time.Duration(e.rules.Limits.CopyAway)*time.Second:
		return c.page, true, true
	case err != nil:
		return p, false, true
	case found:
		e.copies.keep(key, p, asked)
	}
	return p, found, false
}

// refresh has a page rendered anew for nobody's request, unless somebody has done so since it
// was read.
func (e *edge) refresh(r *http.Request, key, name string, began time.Time) {
	p, found, err := e.store.Load(context.WithoutCancel(r.Context()), key)
	if err == nil && found && !p.MovesOn(e.now()) {
		if _, state := p.At(e.now()); state == page.Fresh {
			return
		}
	}
	e.fetch(r, key, name, began)
}

// unsure says whether nobody knows if a copy is right: it was known to be shortly before Redis
// went away, which is away still or came back with nothing in it.
func (e *edge) unsure(c copied, memory string, away bool) bool {
	e.mu.Lock()
	since, at := e.awaySince, e.awayAt
	e.mu.Unlock()
	limits := e.rules.Limits
	_, state := c.page.At(e.now())
	return e.now().Sub(at) < time.Duration(limits.AfterAway)*time.Second && !c.at.Before(since.Add(-time.Duration(limits.AfterAway)*time.Second)) &&
		(away || c.page.Memory != memory) && state != page.Wrong
}

// isAway notes that Redis did not answer.
func (e *edge) isAway() {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	if now.Sub(e.awayAt) > time.Duration(e.rules.Limits.AfterAway)*time.Second {
		e.awaySince = now
	}
	e.awayAt = now
}

// soon is fetch for as long as a function is waited for where a copy may be right; then it is a
// function that does not answer.
func (e *edge) soon(r *http.Request, key, name string, began time.Time) *recorded {
	landed := make(chan *recorded, 1)
	e.beside.Go(func() { landed <- e.fetch(r, key, name, began) })
	select {
	case got := <-landed:
		return got
	case <-time.After(time.Duration(e.rules.Limits.CopyPatience) * time.Second):
		return &recorded{status: http.StatusGatewayTimeout, header: http.Header{}}
	}
}

// fetch asks the function, once for all who wait for the same page, also for one who began to
// want it before the others had their answer. What it says to the one who asks is for that one
// alone: the next of them asks. The function stores the page; the edge keeps a copy in case
// Redis is away.
func (e *edge) fetch(r *http.Request, key, name string, began time.Time) *recorded {
	for {
		e.mu.Lock()
		f, flying := e.flights[key]
		if c, kept := e.copies.of(key); !flying && kept && c.got != nil && !c.gotAt.Before(began) {
			e.mu.Unlock()
			return c.got
		}
		if !flying {
			f = &flight{landed: make(chan struct{})}
			e.flights[key] = f
			e.mu.Unlock()
			f.got = e.ask(r, key, name)
			e.mu.Lock()
			delete(e.flights, key)
			e.mu.Unlock()
			close(f.landed)
			return f.got
		}
		e.mu.Unlock()
		<-f.landed
		if f.got.shared() || f.got.status >= http.StatusInternalServerError {
			return f.got
		}
	}
}

// ask has a function render a page for a visitor, with nothing of whose request but the address.
func (e *edge) ask(r *http.Request, key, name string) *recorded {
	path, query, language := page.Address(key)
	inner := r.Clone(context.WithoutCancel(r.Context()))
	inner.Method, inner.Body = http.MethodGet, http.NoBody
	inner.URL = &url.URL{Path: path, RawQuery: query.Encode()}
	inner.Header = http.Header{"X-Forwarded-For": r.Header["X-Forwarded-For"], "Accept-Language": {language}}
	got, asked := &recorded{header: http.Header{}}, e.now()
	e.serve(name, got, inner)
	got.WriteHeader(http.StatusOK)
	switch {
	case got.status == http.StatusOK:
		e.copies.answered(key, got, page.Page{Key: key, Meta: page.Meta{Function: name, Rendered: asked.UnixMilli(), Segments: []page.Segment{{
			From: asked.UnixMilli(), Until: asked.UnixMilli(), ETag: got.header.Get("ETag"), ContentType: got.header.Get("Content-Type"), Body: got.body.Bytes(), Header: e.keptHeaders(got.header),
		}}}}, asked)
	case got.shared():
		e.copies.forget(key)
	}
	return got
}

// renew renders anew what will be wrong soon, so that its first reader need not wait.
func (e *edge) renew(ctx context.Context) {
	ending, err := e.store.Ending(ctx, e.now().Add(time.Duration(e.rules.Limits.RenewAhead)*time.Second), e.rules.Limits.RenewMost)
	if err != nil {
		return
	}
	for name, keys := range ending {
		for _, key := range keys {
			if r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody); err == nil {
				e.fetch(r, key, name, e.now())
				e.copies.forget(key)
			}
		}
	}
}

func (e *edge) copyFresh() time.Duration {
	return time.Duration(e.rules.Limits.CopyFresh) * time.Second
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
func (e *edge) write(w http.ResponseWriter, r *http.Request, route rules.Route, p page.Page, s page.Segment, status string) {
	h := w.Header()
	h.Set("Cache-Status", status)
	h.Set("Age", seconds(max(0, e.now().UnixMilli()-p.Rendered)))
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

// seconds are milliseconds as Cache-Status and Age have them.
func seconds(ms int64) string { return strconv.FormatInt(ms/1000, 10) }

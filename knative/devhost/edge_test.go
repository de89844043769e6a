package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/madang-council/madang/knative/edge/edgetest"
	"github.com/madang-council/madang/shared/cache/cachetest"
	"github.com/madang-council/madang/shared/page"
)

// The laptop's edge passes the table that Nginx passes.
func TestEdge(t *testing.T) {
	edgetest.Run(t, func(t *testing.T, w edgetest.World) string {
		serve := func(name string, rw http.ResponseWriter, r *http.Request) {
			r.Host = name
			w.Functions.ServeHTTP(rw, r)
		}
		e := newEdge(edgetest.Specs(), edgetest.Rules(), &page.Store{Redis: w.Redis, Prefix: w.Prefix, Now: time.Now}, serve, time.Now)
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !e.answer(rw, r) {
				e.refuse(rw, r, http.StatusNotFound)
			}
		}))
		t.Cleanup(server.Close)
		go e.run(t.Context())
		return server.URL
	})
}

// Who wanted a page before its function was asked gets what it said, however late they come for
// it, and although others have read the page from Redis since.
func TestLateForAFlight(t *testing.T) {
	for name, between := range map[string]func(get func(string) string, later func(time.Duration)){
		"at once": func(func(string) string, func(time.Duration)) {},
		"after others have read it from Redis": func(get func(string) string, later func(time.Duration)) {
			later(time.Hour / 2)
			get("/v1/main")
		},
		"after others have read others": func(get func(string) string, later func(time.Duration)) {
			later(time.Hour / 2)
			for i := range 100 {
				get(fmt.Sprintf("/v1/notices/%d", i))
			}
			get("/v1/main")
		},
	} {
		t.Run(name, func(t *testing.T) {
			cachetest.Each(t, func(t *testing.T, client *redis.Client) {
				now := time.Now()
				functions := &edgetest.Functions{Store: &page.Store{Redis: client, Prefix: "test:" + rand.Text() + ":", Now: func() time.Time { return now }}}
				e := newEdge(edgetest.Specs(), edgetest.Rules(), functions.Store, func(name string, rw http.ResponseWriter, r *http.Request) {
					r.Host = name
					functions.ServeHTTP(rw, r)
				}, func() time.Time { return now })
				get := func(path string) string {
					rw := httptest.NewRecorder()
					e.answer(rw, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
					return rw.Body.String()
				}
				began := now
				now = now.Add(time.Millisecond)
				first := get("/v1/main")
				between(get, func(d time.Duration) { now = now.Add(d) })
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/main", http.NoBody)
				if got := e.fetch(r, "ko:/v1/main", "main", began); got.body.String() != first {
					t.Errorf("the late one is told %s, the others %s", got.body.String(), first)
				}
			})
		})
	}
}

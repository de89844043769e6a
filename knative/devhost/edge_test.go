package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/madang-council/madang/knative/edge/edgetest"
	"github.com/madang-council/madang/shared/page"
)

// The laptop's edge passes the table that Nginx passes.
func TestEdge(t *testing.T) {
	edgetest.Run(t, func(t *testing.T, w edgetest.World) string {
		serve := func(name string, rw http.ResponseWriter, r *http.Request) {
			r.Host = name
			w.Functions.ServeHTTP(rw, r)
		}
		e := newEdge(edgetest.Specs(), &page.Store{Redis: w.Redis, Prefix: w.Prefix}, serve, time.Now)
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !e.answer(rw, r) {
				e.refuse(rw, r, http.StatusNotFound)
			}
		}))
		t.Cleanup(server.Close)
		return server.URL
	})
}

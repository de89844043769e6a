package host_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/host"
)

// Whoever reaches a broker may publish to it. A consumer takes what the council published, and
// a schedule's word that it is time; the rest is gone, and not tried again. Of dead letters
// too: one that is kept could be published again, and would then be the council's.
func TestForgedEventsAreDropped(t *testing.T) {
	const made = "kr.madang.thing.made.v1"
	for consumes, takes := range map[string][]string{
		made:                       {"signed"},
		function.Undelivered:       {"signed", "a schedule"},
		"dev.knative.sources.ping": {"a schedule"},
	} {
		taken := []string{}
		spec := function.Spec{Name: "things", Doc: "A function of the tests.", New: func(function.Deps) function.Parts {
			return function.Parts{Consumes: cloudevent.Consume(function.Subscription{Type: consumes, Doc: "Takes it.", Do: func(_ context.Context, e event.Event) error {
				taken = append(taken, e.Subject)
				return nil
			}})}
		}}
		app := functiontest.New(t, spec)
		key := app.Deps.Key.Derive(event.KeyPurpose)
		for _, row := range []struct {
			what, kind string
			sign       func(http.Header, event.Event)
		}{
			{"signed", made, func(h http.Header, e event.Event) { event.Sign(h, key, e) }},
			{"unsigned", made, func(http.Header, event.Event) {}},
			{"of another council", made, func(h http.Header, e event.Event) { event.Sign(h, []byte("another"), e) }},
			{"of another event", made, func(h http.Header, e event.Event) { e.Subject = "x"; event.Sign(h, key, e) }},
			{"of no name", "x", func(http.Header, event.Event) {}},
			{"of nearly a name", "kr.madang.thing.made.v1.more", func(http.Header, event.Event) {}},
			{"a schedule", "dev.knative.sources.ping", func(http.Header, event.Event) {}},
		} {
			e := event.Event{ID: row.what, Type: row.kind, Subject: row.what, Time: app.Now(), Data: []byte(`{}`)}
			r := httptest.NewRequest(http.MethodPost, host.EventsPath, bytes.NewReader(e.Data))
			event.SetHeader(r.Header, e, "/test")
			row.sign(r.Header, e)
			w := httptest.NewRecorder()
			app.Host().ServeHTTP(w, r)
			if w.Code/100 != 2 {
				t.Errorf("%s: %s is tried again: %d", consumes, row.what, w.Code)
			}
		}
		if !slices.Equal(taken, takes) {
			t.Errorf("a consumer of %s takes %q, want %q", consumes, taken, takes)
		}
	}
}

package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/spans"
)

// A trace goes from the edge through a function to who consumes what it published, each below
// the other; a collector hears of routes and answers, and of nobody.
func TestSpans(t *testing.T) {
	type told struct{ service, id, parent, name string }
	got, said := map[string]told{}, ""
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct {
			ResourceSpans []struct {
				Resource struct {
					Attributes []struct{ Value struct{ StringValue string } }
				}
				ScopeSpans []struct {
					Spans []struct{ TraceID, SpanID, ParentSpanID, Name string }
				}
			}
		}
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		said += body.String()
		if err := json.Unmarshal(body.Bytes(), &m); err != nil {
			t.Error(err)
		}
		for _, of := range m.ResourceSpans {
			for _, s := range of.ScopeSpans[0].Spans {
				if s.TraceID != strings.Repeat("a", 32) {
					t.Errorf("another trace: %+v", s)
				}
				service := of.Resource.Attributes[0].Value.StringValue
				got[service+" "+s.Name] = told{service, s.SpanID, s.ParentSpanID, s.Name}
			}
		}
	}))
	defer collector.Close()
	published := ""
	spec := function.Spec{Name: "things", Doc: "A function of the tests.", New: func(function.Deps) function.Parts {
		return function.Parts{
			Routes: []function.Route{{Method: "GET", Path: "/v1/things/{id}", Doc: "Reads.", Access: function.Anyone, Do: function.Do(func(ctx context.Context, _ *struct {
				ID string `path:"id"`
			}) (*function.None, error) {
				published = event.TraceFrom(ctx)
				return &function.None{}, nil
			})}},
			Consumes: cloudevent.Consume(function.Subscription{Type: "kr.madang.thing.made.v1", Doc: "Takes it.", Do: func(context.Context, event.Event) error { return nil }}),
		}
	}}
	app := functiontest.New(t, spec)
	ask := func() {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/v1/things/secret-of-sori?q=secret", http.NoBody)
		r.Header.Set("traceparent", "00-"+strings.Repeat("a", 32)+"-"+spans.EdgeID+"-00")
		r.Header.Set("X-Request-Start", fmt.Sprintf("%.3f", float64(time.Now().Add(-time.Second).UnixMilli())/1000))
		app.Host().ServeHTTP(httptest.NewRecorder(), r)
	}
	ask()
	if published != "00-"+strings.Repeat("a", 32)+"-"+spans.EdgeID+"-00" {
		t.Errorf("where nobody collects, what is published is below %s", published)
	}
	app.Spans = &spans.Exporter{URL: collector.URL, Service: "things", Client: collector.Client()}
	ask()
	e := event.Event{ID: "1", Type: "kr.madang.thing.made.v1", Time: app.Now(), Data: []byte(`{}`), Trace: published}
	r := httptest.NewRequest(http.MethodPost, host.EventsPath, bytes.NewReader(e.Data))
	event.SetHeader(r.Header, e, "/test")
	event.Sign(r.Header, app.Deps.Key.Derive(event.KeyPurpose), e)
	app.Host().ServeHTTP(httptest.NewRecorder(), r)
	if err := app.Spans.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	request := ""
	for _, s := range got {
		if s.service == "things" && s.name != "POST "+host.EventsPath {
			request = s.name
		}
	}
	edge, function, consumer := got["edge "+request], got["things "+request], got["things POST "+host.EventsPath]
	if len(got) != 3 || edge.id != spans.EdgeID || edge.parent != "" || function.parent != edge.id || consumer.parent != function.id || function.id == consumer.id {
		t.Errorf("%+v", got)
	}
	if strings.Contains(said, "sori") || strings.Contains(said, "secret") {
		t.Errorf("what was asked for is told: %s", said)
	}
}

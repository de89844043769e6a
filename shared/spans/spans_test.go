package spans_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/madang-council/madang/shared/spans"
)

// A collector is sent what OTLP's JSON looks like, by service; what it does not take is lost
// and said, and nobody who collects nothing notices.
func TestExporter(t *testing.T) {
	var path, kind string
	var got any
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, kind = r.URL.Path, r.Header.Get("Content-Type")
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	at := time.Unix(1_800_000_000, 5).UTC()
	e := &spans.Exporter{URL: server.URL + "/", Service: "notices", Client: server.Client()}
	end := e.Begin()
	e.Add(spans.Span{Service: "edge", Trace: strings.Repeat("a", 32), ID: spans.EdgeID, Name: "GET", Kind: spans.Server, Start: at, End: at.Add(time.Second)})
	e.Add(spans.Span{Trace: strings.Repeat("a", 32), ID: strings.Repeat("b", 16), Parent: spans.EdgeID, Name: "GET /v1/notices", Kind: spans.Server, Start: at, End: at.Add(time.Millisecond), Failed: true, Attributes: map[string]string{"http.route": "/v1/notices"}})
	if err := end(); err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal([]byte(`{"resourceSpans":[
		{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"edge"}},{"key":"service.namespace","value":{"stringValue":"madang"}}]},
		 "scopeSpans":[{"scope":{"name":"madang"},"spans":[{"traceId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","spanId":"0000000000000001","name":"GET","kind":2,
			"startTimeUnixNano":"1800000000000000005","endTimeUnixNano":"1800000001000000005","attributes":[],"status":{}}]}]},
		{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"notices"}},{"key":"service.namespace","value":{"stringValue":"madang"}}]},
		 "scopeSpans":[{"scope":{"name":"madang"},"spans":[{"traceId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","spanId":"bbbbbbbbbbbbbbbb","parentSpanId":"0000000000000001","name":"GET /v1/notices","kind":2,
			"startTimeUnixNano":"1800000000000000005","endTimeUnixNano":"1800000000001000005","attributes":[{"key":"http.route","value":{"stringValue":"/v1/notices"}}],"status":{"code":2}}]}]}]}`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || path != "/v1/traces" || kind != "application/json" {
		t.Error(path, kind, diff)
	}
	status = http.StatusServiceUnavailable
	e.Add(spans.Span{})
	if err := e.Send(t.Context()); err == nil || !strings.Contains(err.Error(), "503") {
		t.Error(err)
	}
	if err := e.Send(t.Context()); err != nil {
		t.Errorf("what was lost is sent again: %v", err)
	}
	for range 100_000 {
		e.Add(spans.Span{})
	}
	status = http.StatusOK
	if err := e.Send(t.Context()); err != nil {
		t.Error(err)
	}
	message, _ := got.(map[string]any)
	if sent := strings.Count(toJSON(t, message), `"spanId"`); sent != 2048 {
		t.Errorf("%d spans waited", sent)
	}
	var none *spans.Exporter
	none.Add(spans.Span{})
	if err := none.Begin()(); err != nil {
		t.Error(err)
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

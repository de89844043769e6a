package cloudevent_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/cloudevent"
)

// Whatever a broker, or somebody who reached the path, sends: it is an event with an id and a type, or an error.
func FuzzDecode(f *testing.F) {
	const structured = `{"specversion":"1.0","id":"a","type":"kr.madang.notice.changed.v1","source":"/x","time":"2026-11-29T09:00:00Z","data":{"id":"1"},"traceparent":"00-1-2-00"}`
	f.Add("application/json", "1.0", "a", "kr.madang.notice.changed.v1", "/test", "2026-11-29T09:00:00Z", "knativeerrordest", "http://a/b", `{"id":"1"}`)
	f.Add("application/json", "0.3", "", "", "", "", "", "", "")
	f.Add("application/json", "1.0", "a", "dev.knative.sources.ping", "/x", "9999999-01-01", "knativeerrorcode", "-1", "[")
	f.Add("application/cloudevents+json", "", "", "", "", "", "", "", structured)
	f.Add("application/cloudevents+json; charset=UTF-8", "", "", "", "", "", "", "", strings.Repeat("[", 1000))
	f.Add("application/cloudevents-batch+json", "", "", "", "", "", "", "", "["+structured+"]")
	f.Fuzz(func(t *testing.T, media, version, id, kind, source, at, name, value, body string) {
		r := httptest.NewRequest(http.MethodPost, "/_events", strings.NewReader(body))
		r.Header = http.Header{"Content-Type": {media}, "Ce-Specversion": {version}, "Ce-Id": {id}, "Ce-Type": {kind}, "Ce-Source": {source}, "Ce-Time": {at}, "Traceparent": {value}}
		r.Header.Set("Ce-"+name, value)
		if e, err := cloudevent.Decode(r); err == nil && (e.ID == "" || e.Type == "") {
			t.Fatalf("an event without a name: %+v", e)
		}
	})
}

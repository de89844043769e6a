package logs_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
	"github.com/madang-council/madang/shared/operation/logs"
)

var seven = time.Date(2026, 11, 30, 7, 4, 12, 345_000_000, time.UTC)

// vault is one in the object storage of a laptop, or in that of S3_ENDPOINT.
func vault(t testing.TB) logs.Vault {
	t.Helper()
	c := objects.Config{Endpoint: os.Getenv("S3_ENDPOINT"), Region: os.Getenv("S3_REGION"), AccessKey: os.Getenv("S3_ACCESS_KEY"), SecretKey: os.Getenv("S3_SECRET_KEY"), Bucket: fmt.Sprint("logs-", time.Now().UnixNano())}
	if c.Endpoint == "" {
		server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: "key", SecretKey: "secret", Region: "KR1", Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		listening := httptest.NewServer(server)
		t.Cleanup(func() { listening.Close(); _ = server.Close() })
		c.Endpoint, c.Region, c.AccessKey, c.SecretKey = listening.URL, "KR1", "key", "secret"
	}
	store, err := objects.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for o, err := range store.List(context.Background(), "") {
			if err == nil {
				_ = store.Delete(context.Background(), o.Key)
			}
		}
	})
	return logs.Vault{Storage: store}
}

func put(t testing.TB, v logs.Vault, at time.Time, n int, places map[string]logs.Place, lines ...logs.Line) string {
	t.Helper()
	w := logs.NewWriter(at)
	for _, l := range lines {
		w.Add(l)
	}
	content, err := w.Close(places)
	if err != nil {
		t.Fatal(err)
	}
	key := logs.Key(at, "logs-5d8f-x", n)
	if err := v.Put(t.Context(), key, content); err != nil {
		t.Fatal(err)
	}
	return key
}

func line(at time.Time, text string) logs.Line {
	return logs.Line{At: at, Pod: "notices-1", Container: "function", Text: []byte(text)}
}

func TestKey(t *testing.T) {
	if got, want := logs.Key(seven.In(time.FixedZone("KST", 9*3600)), "logs-5d8f-x", 12), "logs/2026-11-30/07/0412.345-logs-5d8f-x-000012.ndjson.gz"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		at, later := rapid.Int64Range(0, 4e12).Draw(t, "at"), rapid.Int64Range(1, 1e12).Draw(t, "later")
		if one, two := logs.Key(time.UnixMilli(at), "z", 999999), logs.Key(time.UnixMilli(at+later), "a", 0); one >= two {
			t.Fatalf("%s is not before %s", one, two)
		}
	})
}

// Whatever is written is found as it was: JSON byte for byte.
func TestRoundTrip(t *testing.T) {
	v, n := vault(t), 0
	for _, text := range []string{
		`{"msg":"한글 <b>&","n":1.50,"requestId":"a"}`, `{ "spaces" : true }`, `{}`, "", "plain", "a\tb \"quoted\" \\ \x00", `{"broken`, `["no object"]`, "null", strings.Repeat("x", 20000),
	} {
		n++
		at := seven.Add(time.Duration(n) * time.Nanosecond)
		fit := logs.Fit([]byte(text))
		put(t, v, at, n, nil, line(at, string(fit)))
		found, err := v.Find(t.Context(), at.Add(-time.Hour), at.Add(time.Hour), `"at":"`+at.Format(time.RFC3339Nano)+`"`)
		if err != nil || len(found.Lines) != 1 || string(found.Lines[0].Text) != string(fit) || !found.Lines[0].At.Equal(at) {
			t.Errorf("%q: %v %+v", text, err, found)
		}
	}
}

// Lines are found by each of the ids, in their order, once though they were stored twice, and
// only in what was closed in the time.
func TestFind(t *testing.T) {
	v := vault(t)
	one, two, three, four := line(seven, `{"requestId":"one"}`), line(seven.Add(time.Second), `{"requestId":"two"}`), line(seven.Add(time.Second), `{"requestId":"two","again":1}`), line(seven.Add(time.Hour), `{"requestId":"one"}`)
	three.Again = 1
	put(t, v, seven.Add(time.Minute), 1, nil, two, one, three)
	put(t, v, seven.Add(2*time.Minute), 2, map[string]logs.Place{"one": {At: seven, Lines: 1}}, one, three)
	put(t, v, seven.Add(2*time.Hour), 3, nil, four)
	for name, row := range map[string]struct {
		until time.Time
		ids   []string
		want  []logs.Line
		read  int
	}{
		"one":        {seven.AddDate(0, 0, 1), []string{"one"}, []logs.Line{one, four}, 3},
		"both":       {seven.AddDate(0, 0, 1), []string{"one", "two"}, []logs.Line{one, two, three, four}, 3},
		"of an hour": {seven.Add(time.Hour), []string{"one"}, []logs.Line{one}, 2},
		"nobody":     {seven.AddDate(0, 0, 1), []string{"nobody"}, []logs.Line{}, 3},
	} {
		found, err := v.Find(t.Context(), seven, row.until, row.ids...)
		if diff := cmp.Diff(row.want, found.Lines); err != nil || found.Objects != row.read || found.Bytes == 0 || diff != "" && len(row.want)+len(found.Lines) > 0 {
			t.Errorf("%s: %v, %d objects\n%s", name, err, found.Objects, diff)
		}
	}
}

// Who goes on reads how far everything was read, in the newest object, of whatever day.
func TestPlaces(t *testing.T) {
	v := vault(t)
	const within = 14 * 24 * time.Hour
	if places, err := v.Places(t.Context(), seven, within); err != nil || len(places) > 0 {
		t.Errorf("%v %v", places, err)
	}
	at := func(n int) map[string]logs.Place {
		return map[string]logs.Place{"uid/function": {At: seven.Add(time.Duration(n)), Lines: n, Restarts: 2}}
	}
	put(t, v, seven.AddDate(0, 0, -13), 7, at(1), line(seven, "{}"))
	put(t, v, seven.AddDate(0, 0, -20), 9, at(9), line(seven, "{}"))
	if places, err := v.Places(t.Context(), seven, within); err != nil || cmp.Diff(at(1), places) != "" {
		t.Errorf("%v %v", places, err)
	}
	put(t, v, seven.Add(-time.Millisecond), 3, at(2), line(seven, "{}"))
	put(t, v, seven, 1, at(3), line(seven, `{"places":{}}`), line(seven, `{"at":1}`))
	if places, err := v.Places(t.Context(), seven, within); err != nil || cmp.Diff(at(3), places) != "" {
		t.Errorf("%v %v", places, err)
	}
}

// What is over goes, and nothing else.
func TestTidy(t *testing.T) {
	v := vault(t)
	old, edge, young := put(t, v, seven.Add(-time.Hour), 1, nil, line(seven, "{}")), put(t, v, seven, 2, nil, line(seven, "{}")), put(t, v, seven.Add(time.Minute), 3, nil, line(seven, "{}"))
	other := "logs/README"
	if err := v.Storage.Put(t.Context(), other, strings.NewReader("x"), 1, objects.Meta{}); err != nil {
		t.Fatal(err)
	}
	if n, err := v.Tidy(t.Context(), seven); err != nil || n != 1 {
		t.Errorf("%d %v", n, err)
	}
	left := []string{}
	for o, err := range v.Storage.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, o.Key)
	}
	if want := []string{edge, young, other}; !slices.Equal(left, want) {
		t.Errorf("left %q, want %q; %s is over", left, want, old)
	}
	if n, err := v.Tidy(t.Context(), seven); err != nil || n != 0 {
		t.Errorf("again: %d %v", n, err)
	}
}

// BenchmarkFind looks for an id in 14 days of a busy council: 100 000 requests a day, an
// object a minute. FIND_DAYS makes it another number of days.
func BenchmarkFind(b *testing.B) {
	days := 1
	_, _ = fmt.Sscan(os.Getenv("FIND_DAYS"), &days)
	v, n, bytes := vault(b), 0, 0
	for minute := range days * 24 * 60 {
		at := seven.Add(-time.Duration(minute) * time.Minute)
		w := logs.NewWriter(at)
		for i := range 70 {
			n++
			id := fmt.Sprintf("%016x%016x", uint64(n)*0x9E3779B97F4A7C15, uint64(n+7)*0xBF58476D1CE4E5B9)
			w.Add(line(at.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf(`{"time":"2026-11-30T16:04:12+09:00","level":"INFO","msg":"request","from":"edge","method":"GET","route":"/v1/notices/{id}","function":"notices","status":200,"bytes":%d,"seconds":0.0%d,"upstreamSeconds":"0.012","cache":"madang; hit; ttl=%d","requestId":"%s","traceId":"%s"}`, 1000+n%5000, n%97, n%300, id, id)))
		}
		content, err := w.Close(nil)
		if err != nil {
			b.Fatal(err)
		}
		bytes += len(content)
		if err := v.Put(b.Context(), logs.Key(at, "logs", minute), content); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		found, err := v.Find(b.Context(), seven.AddDate(0, 0, -20), seven.Add(time.Hour), "nobody")
		if err != nil || len(found.Lines) > 0 || found.Objects != days*24*60 {
			b.Fatalf("%v %+v", err, found)
		}
	}
	b.ReportMetric(float64(bytes)/(1<<20), "MiB")
	b.ReportMetric(float64(bytes)/float64(n), "B/line")
}

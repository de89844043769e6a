package objects_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
)

func valid() objects.Config {
	return objects.Config{
		Endpoint: "https://storage.example", Region: "KR1", AccessKey: "key", SecretKey: "secret", Bucket: "bucket",
	}
}

func TestOpenChecksConfig(t *testing.T) {
	for name, change := range map[string]func(*objects.Config){
		"no endpoint":      func(c *objects.Config) { c.Endpoint = "" },
		"no region":        func(c *objects.Config) { c.Region = "" },
		"no access key":    func(c *objects.Config) { c.AccessKey = "" },
		"no secret key":    func(c *objects.Config) { c.SecretKey = "" },
		"no bucket":        func(c *objects.Config) { c.Bucket = "" },
		"no scheme":        func(c *objects.Config) { c.Endpoint = "storage.example" },
		"other scheme":     func(c *objects.Config) { c.Endpoint = "ftp://storage.example" },
		"a path":           func(c *objects.Config) { c.Endpoint = "https://storage.example/v1" },
		"a password":       func(c *objects.Config) { c.Endpoint = "https://a:b@storage.example" },
		"not a URL":        func(c *objects.Config) { c.Endpoint = "https://a b" },
		"a public path":    func(c *objects.Config) { c.PublicEndpoint = "https://files.example/a" },
		"no public scheme": func(c *objects.Config) { c.PublicEndpoint = "files.example" },
	} {
		c := valid()
		change(&c)
		if _, err := objects.Open(c); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestSignsForThePublicEndpoint(t *testing.T) {
	c := valid()
	c.PublicEndpoint = "https://files.example"
	store, err := objects.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	signed, header, err := store.SignPart(t.Context(), "가/나.zip", "id", 3, 42, 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(signed)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Scheme != "https" || u.Host != "files.example" || u.Path != "/bucket/가/나.zip" || q.Get("partNumber") != "3" ||
		q.Get("uploadId") != "id" || q.Get("X-Amz-Expires") != "600" || q.Get("X-Amz-SignedHeaders") != "content-length;host" {
		t.Errorf("signed %s", signed)
	}
	if header.Get("Content-Length") != "42" || len(header) != 1 {
		t.Errorf("header %v", header)
	}
}

func TestUnavailable(t *testing.T) {
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close()
	answers := func(status int, body string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			if r.Method != http.MethodHead {
				_, _ = io.WriteString(w, body)
			}
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	slowDown := `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>`
	for name, c := range map[string]struct {
		endpoint string
		want     bool
	}{
		"refused connection": {"http://" + refused.Addr().String(), true},
		"500":                {answers(500, ""), true},
		"503 SlowDown":       {answers(503, slowDown), true},
		"429":                {answers(429, ""), true},
		"a proxy's 502":      {answers(502, "<html>bad gateway</html>"), true},
		"403":                {answers(403, ""), false},
		"501":                {answers(501, ""), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := valid()
			config.Endpoint = c.endpoint
			store, err := objects.Open(config)
			if err != nil {
				t.Fatal(err)
			}
			_, statErr := store.Stat(t.Context(), "x")
			putErr := store.Put(t.Context(), "x", strings.NewReader("x"), 1, objects.Meta{})
			_, startErr := store.StartMultipart(t.Context(), "x", objects.Meta{})
			for call, err := range map[string]error{"stat": statErr, "put": putErr, "start": startErr} {
				if errors.Is(err, objects.ErrUnavailable) != c.want || errors.Is(err, objects.ErrNotFound) || err == nil {
					t.Errorf("%s: %v", call, err)
				}
			}
		})
	}
}

// flaky answers 503 to the first requests of each kind.
type flaky struct {
	http.Handler
	left atomic.Int32
}

func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.left.Add(-1) >= 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	f.Handler.ServeHTTP(w, r)
}

func open(t testing.TB, wrap func(http.Handler) http.Handler) *objects.Store {
	t.Helper()
	server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: "key", SecretKey: "secret", Region: "KR1", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(wrap(server))
	t.Cleanup(func() {
		listening.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	c := valid()
	c.Endpoint = listening.URL
	store, err := objects.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.EnsureBucket(context.Background()); err != nil {
		t.Fatal(err)
	}
	return store
}

func TestTriesAgain(t *testing.T) {
	var f *flaky
	store := open(t, func(h http.Handler) http.Handler { f = &flaky{Handler: h}; return f })
	f.left.Store(2)
	content := strings.NewReader("left out, stored")
	if _, err := content.Seek(10, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "x", content, 6, objects.Meta{}); err != nil {
		t.Fatal(err)
	}
	r, err := store.Open(t.Context(), "x", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "stored" {
		t.Errorf("%q, %v", got, err)
	}
}

// A completion that succeeded but whose answer was lost is a success.
func TestLostAnswerOfCompletion(t *testing.T) {
	var lose atomic.Bool
	store := open(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && r.URL.Query().Has("uploadId") && lose.CompareAndSwap(true, false) {
				h.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			}
			h.ServeHTTP(w, r)
		})
	})
	lose.Store(true)
	size, err := store.PutUnknown(t.Context(), "x", io.LimitReader(zeros{}, objects.PartSize+1), objects.Meta{})
	if err != nil || size != objects.PartSize+1 {
		t.Errorf("%d, %v", size, err)
	}
	for u := range store.ListMultiparts(t.Context(), "") {
		t.Errorf("upload %+v is left", u)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// The buffer of one part, however much is streamed; the embedded store in the same process needs none.
func TestUnknownSizeInConstantMemory(t *testing.T) {
	store := open(t, func(h http.Handler) http.Handler { return h })
	var peak atomic.Uint64
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if m.HeapAlloc > peak.Load() {
				peak.Store(m.HeapAlloc)
			}
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	const size = 128 << 20
	if got, err := store.PutUnknown(t.Context(), "x", io.LimitReader(zeros{}, size), objects.Meta{}); err != nil || got != size {
		t.Fatalf("%d, %v", got, err)
	}
	if more := int64(peak.Load()) - int64(before.HeapAlloc); more > 2*objects.PartSize {
		t.Errorf("%d bytes more for %d streamed, want at most two parts", more, size)
	}
}

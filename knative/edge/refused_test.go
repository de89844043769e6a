package edge_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/knative/edge/edgetest"
	"github.com/madang-council/madang/knative/edge/nginxtest"
	"github.com/madang-council/madang/shared/counts"
)

// raw sends bytes as they are, and reads the answer.
func raw(t *testing.T, address, request string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%.60q: %v", request, err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(body)
}

// What cannot be parsed is refused in the edge's own words, as everything else is.
func TestUnreadable(t *testing.T) {
	nginxtest.Need(t)
	address, _ := instance{}.start(t, world(t))
	get := func(target, more string) string { return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n" }
	for name, c := range map[string]struct {
		request string
		status  int
		code    string
	}{
		"a zero":                   {get("/%00", ""), 400, "malformed-request"},
		"a zero in a page's path":  {get("/v1/notices/%00", ""), 400, "malformed-request"},
		"half an escape":           {get("/%z", ""), 400, "malformed-request"},
		"above the root":           {get("/.%2e/x", ""), 400, "malformed-request"},
		"above the root, as it is": {get("/../x", ""), 400, "malformed-request"},
		"no method":                {"\x01\x02 / HTTP/1.1\r\n\r\n", 400, "malformed-request"},
		"no host":                  {"GET / HTTP/1.1\r\n\r\n", 400, "malformed-request"},
		"a long address":           {get("/"+strings.Repeat("a", 40_000), ""), 414, "address-too-long"},
		"a long header":            {get("/v1/main", "X: "+strings.Repeat("a", 40_000)+"\r\n"), 431, "headers-too-large"},
		"a trace":                  {"TRACE /v1/main HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method-not-allowed"},
		"two lengths":              {"POST /v1/notices HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "malformed-request"},
		"a length and chunks":      {"POST /v1/notices HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "malformed-request"},
		"a length that is none":    {"POST /v1/notices HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nabcde", 400, "malformed-request"},
		"a space before the colon": {"POST /v1/notices HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nabcde", 400, "malformed-request"},
		"many headers":             {get("/v1/main", strings.Repeat("X-Some: "+strings.Repeat("a", 8000)+"\r\n", 12)), 431, "headers-too-large"},
	} {
		r, body := raw(t, address, c.request)
		var problem struct {
			Code, RequestID string
			Status          int
		}
		if err := json.Unmarshal([]byte(body), &problem); err != nil || r.StatusCode != c.status || problem.Status != c.status || problem.Code != c.code || problem.RequestID == "" || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v %.200s", name, r.StatusCode, r.Header, body)
		}
	}
}

// A visitor who goes away was not refused: nothing of it is counted as an answer.
func TestGoneAway(t *testing.T) {
	nginxtest.Need(t)
	w := world(t)
	address, metrics := instance{}.start(t, w)
	w.Functions.Set(edgetest.Rule{Delay: 500 * time.Millisecond})
	for _, path := range []string{"/v1/notices/mine", "/v1/main", "/v1/notices/9"} {
		c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(100 * time.Millisecond)
		_ = c.Close()
	}
	time.Sleep(time.Second)
	r, err := http.Get(metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	counted, err := counts.Read(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for series, n := range counted {
		if n > 0 && (strings.Contains(series, `class="5xx"`) || strings.Contains(series, `class="4xx"`)) {
			t.Errorf("%s: %v", series, n)
		}
	}
}

// Copies are bounded by their bytes, whatever the number of pages and the size of each.
func TestMemoryOfCopies(t *testing.T) {
	nginxtest.Need(t)
	w := world(t)
	dir := t.TempDir()
	address, _ := instance{dir: dir}.start(t, w)
	body := strings.Repeat("0123456789", 6_000)
	w.Functions.Set(edgetest.Rule{Body: body})
	ask := func(from, to int) {
		for i := from; i < to; i++ {
			r, err := http.Get(address + fmt.Sprintf("/v1/notices/%d", i))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
		}
	}
	ask(0, 100)
	before := resident(t, dir)
	ask(100, 2_000)
	// Twice the limit, since what is collected stays the process', and the dictionary of results.
	limit := 2*edgetest.Rules().Limits.CopiesBytes + 64<<20
	if grown := resident(t, dir) - before; grown > limit {
		t.Errorf("2 000 pages of %d bytes take %d MiB more, limit %d", len(body), grown>>20, limit>>20)
	} else {
		t.Logf("2 000 pages of %d bytes: %d MiB more", len(body), grown>>20)
	}
}

// resident is the memory of the Nginx whose files are in dir, in bytes.
func resident(t *testing.T, dir string) int {
	t.Helper()
	pid, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(stat))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

package edge_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/madang-council/madang/knative/edge/nginxtest"
	"github.com/madang-council/madang/shared/addresstest"
)

// dying are functions whose pods die while they work: each reads a request, notes its method and
// path and, for the first failing of each, ends its connection or answers as told.
type dying struct {
	net.Listener
	failing int
	answer  string // "" for an end without an answer
	mu      sync.Mutex
	seen    map[string]int
}

func (d *dying) serve() {
	for {
		c, err := d.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		go func() {
			defer func() { _ = c.Close() }()
			for reader := bufio.NewReader(c); ; {
				r, err := http.ReadRequest(reader)
				if err != nil {
					return
				}
				body, _ := io.ReadAll(r.Body)
				d.mu.Lock()
				what := strings.TrimSpace(r.Method + " " + string(body))
				d.seen[what]++
				fails := d.seen[what] <= d.failing
				d.mu.Unlock()
				switch {
				case !fails:
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				case d.answer == "":
					return
				default:
					_, _ = fmt.Fprintf(c, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", d.answer)
				}
			}
		}()
	}
}

// What may have changed something is sent once: whoever it is sent to again would refuse it,
// since what it knows of is no longer so, or do it twice. What only reads is tried again.
func TestSentOnce(t *testing.T) {
	nginxtest.Need(t)
	for name, answer := range map[string]string{"ends": "", "bad gateway": "502 Bad Gateway", "unavailable": "503 Service Unavailable", "timeout": "504 Gateway Timeout"} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			d := &dying{Listener: listener, failing: 1, answer: answer, seen: map[string]int{}}
			go d.serve()
			t.Cleanup(func() { _ = d.Close() })
			address, _ := instance{functions: "http://" + listener.Addr().String()}.start(t, world(t))
			want := map[string]int{}
			for method, c := range map[string]struct{ sent, status int }{
				"GET": {2, 200}, "HEAD": {2, 200}, "OPTIONS": {2, 200},
				"POST": {1, 503}, "PUT": {1, 503}, "PATCH": {1, 503}, "DELETE": {1, 503}, "MKCOL": {1, 503},
			} {
				request := method + " /v1/notices/mine HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
				if c.sent == 1 {
					request = method + " /v1/notices/mine HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
					method += " body"
				}
				want[method] = c.sent
				if method == "HEAD" { // whose answer has no body to read
					req, err := http.NewRequestWithContext(t.Context(), method, address+"/v1/notices/mine", http.NoBody)
					if err != nil {
						t.Fatal(err)
					}
					r, err := http.DefaultClient.Do(req)
					if err != nil {
						t.Fatal(err)
					}
					_ = r.Body.Close()
					if r.StatusCode != c.status {
						t.Errorf("HEAD: %d", r.StatusCode)
					}
					continue
				}
				if r, _ := raw(t, address, request); r.StatusCode != c.status {
					t.Errorf("%s: %d, want %d", method, r.StatusCode, c.status)
				}
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			if !maps.Equal(d.seen, want) {
				for _, what := range slices.Sorted(maps.Keys(d.seen)) {
					t.Errorf("%s was sent %d times, want %d", what, d.seen[what], want[what])
				}
			}
		})
	}
}

// What nobody has got is tried again whatever it is, and refused where nobody is there.
func TestNotSent(t *testing.T) {
	nginxtest.Need(t)
	address, _ := instance{functions: "http://" + addresstest.Address(t)}.start(t, world(t))
	for _, method := range []string{"GET", "POST", "DELETE"} {
		r, _ := raw(t, address, method+" /v1/notices/mine HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
		if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v", method, r.StatusCode, r.Header)
		}
	}
}

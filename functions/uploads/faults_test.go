package uploads_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/functiontest"
)

// network is what lies between everybody and the storage. Each client of it has an
// address of its own, 127.x.y.z, by which it knows whose requests to disturb.
type network struct {
	backend *url.URL
	server  *httptest.Server
	port    string
	direct  *http.Transport
	app     *functiontest.App // whose Redis everybody shares

	mu    sync.Mutex
	lines map[string]*line
	last  int
}

func newNetwork(t testing.TB, backend string) *network {
	t.Helper()
	u, err := url.Parse(backend)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{backend: u, lines: map[string]*line{}, direct: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	n.server = httptest.NewUnstartedServer(n)
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", "0.0.0.0:0") // each client comes to an address of its own in 127.0.0.0/8
	if err != nil {
		t.Fatal(err)
	}
	_ = n.server.Listener.Close()
	n.server.Listener = listener
	n.server.Start()
	n.port = strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	t.Cleanup(func() {
		n.server.CloseClientConnections()
		n.server.Close()
		n.direct.CloseIdleConnections()
	})
	return n
}

// line is one client's way to the storage.
type line struct {
	network *network
	address string // URL

	mu      sync.Mutex
	random  *rand.Rand
	rate    float64 // of requests that are disturbed
	kill    int     // the request at which the client dies; -1 for none
	after   bool    // whether that request still takes effect
	died    func()
	meddle  func(call int) // what somebody else does before a request arrives; nil for nothing
	dead    bool
	calls   int
	trace   []string
	running sync.WaitGroup // requests that arrive late
}

// line opens a way for a client. Everything on it follows from random.
func (n *network) line(random *rand.Rand, rate float64, kill int, died func()) *line {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last++
	host := fmt.Sprintf("127.%d.%d.%d:%s", 1+n.last>>16&0x7f, n.last>>8&0xff, n.last&0xff, n.port)
	l := &line{network: n, address: "http://" + host, random: random, rate: rate, kill: kill, after: random.IntN(2) == 0, died: died}
	n.lines[host] = l
	return l
}

// close waits for what is still on its way and forgets the client.
func (l *line) close() {
	l.running.Wait()
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	delete(l.network.lines, l.address[len("http://"):])
}

// The disturbances.
const (
	none        = ""
	refused429  = "refused 429"
	refused503  = "refused 503"
	cutBefore   = "cut before"   // the request never arrives
	cutRequest  = "cut request"  // half of it arrives
	cutAfter    = "cut after"    // it takes effect, the answer never arrives
	cutAnswer   = "cut answer"   // half of the answer arrives
	late        = "late"         // the client has given up when it takes effect
	repeated    = "repeated"     // it takes effect twice
	stalled     = "stalled"      // it takes its time
	killedThen  = "killed"       // the client dies before it
	killedAfter = "killed after" // the client dies when it took effect
)

// draw decides what happens to the next request.
func (l *line) draw(r *http.Request) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return cutBefore
	}
	what := none
	if l.random.Float64() < l.rate {
		all := []string{refused429, refused503, cutBefore, cutRequest, cutAfter, cutAnswer, late, repeated, stalled}
		what = all[l.random.IntN(len(all))]
	}
	if l.calls == l.kill {
		l.dead = true
		what = killedThen
		if l.after {
			what = killedAfter
		}
	}
	l.calls++
	if what != none {
		l.trace = append(l.trace, fmt.Sprintf("%s %s: %s", r.Method, r.URL.RequestURI()[:min(len(r.URL.RequestURI()), 90)], what))
	}
	return what
}

// ServeHTTP disturbs a request, or passes it on as it is.
func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	l := n.lines[r.Host]
	n.mu.Unlock()
	w.Header().Set("Connection", "close")
	if l == nil {
		panic(http.ErrAbortHandler)
	}
	l.running.Add(1)
	defer l.running.Done()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client cut it itself
	}
	if l.meddle != nil {
		l.meddle(l.calls)
	}
	switch what := l.draw(r); what {
	case refused429, refused503:
		refuse(w, what)
		return
	case cutBefore:
	case killedThen:
		l.died()
	case cutRequest:
		n.forward(r, body, len(body)/2)
	case cutAfter:
		n.forward(r, body, len(body))
	case killedAfter:
		n.forward(r, body, len(body))
		l.died()
	case late:
		l.running.Add(1)
		again := r.Clone(r.Context())
		pause := time.Duration(len(body)%50) * time.Millisecond
		time.AfterFunc(pause, func() {
			defer l.running.Done()
			n.forward(again, body, len(body))
		})
	case repeated:
		n.forward(r, body, len(body))
		n.answer(w, n.forward(r, body, len(body)), 1)
		return
	case stalled:
		time.Sleep(20 * time.Millisecond)
		n.answer(w, n.forward(r, body, len(body)), 1)
		return
	case cutAnswer:
		n.answer(w, n.forward(r, body, len(body)), 2)
	default:
		n.answer(w, n.forward(r, body, len(body)), 1)
		return
	}
	panic(http.ErrAbortHandler)
}

func refuse(w http.ResponseWriter, what string) {
	w.Header().Set("Content-Type", "application/xml")
	if what == refused429 {
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `<Error><Code>SlowDown</Code><Message>slow down</Message></Error>`)
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, `<Error><Code>ServiceUnavailable</Code><Message>away</Message></Error>`)
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

// forward sends the first n bytes of a request's body to the storage, and the whole
// request where n is all of it. Its signature holds, since the host it names stays.
func (n *network) forward(r *http.Request, body []byte, sent int) *reply {
	var content io.Reader = bytes.NewReader(body)
	if sent < len(body) {
		content = io.MultiReader(bytes.NewReader(body[:sent]), broken{})
	} else if len(body) == 0 && r.Method != http.MethodPut && r.Method != http.MethodPost {
		content = http.NoBody
	}
	target := *r.URL
	target.Scheme, target.Host = n.backend.Scheme, n.backend.Host
	out, err := http.NewRequestWithContext(context.Background(), r.Method, target.String(), content)
	if err != nil {
		return nil
	}
	out.Header, out.Host, out.ContentLength = r.Header.Clone(), r.Host, int64(len(body))
	out.Header.Del("Connection")
	response, err := n.direct.RoundTrip(out)
	if err != nil {
		return nil
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		return nil
	}
	return &reply{response.StatusCode, response.Header, read}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("cut") }

// answer passes an answer on, or the first of so many pieces of it.
func (n *network) answer(w http.ResponseWriter, a *reply, pieces int) {
	if a == nil {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Connection", "close")
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.header.Get("Content-Length") != "" {
		w.Header().Set("Content-Length", a.header.Get("Content-Length")) // of a HEAD
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body[:len(a.body)/pieces])
	if pieces > 1 {
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
}

package edge_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/madang-council/madang/knative/edge/edgetest"
	"github.com/madang-council/madang/knative/edge/nginxtest"
	"github.com/madang-council/madang/shared/cache/cachetest"
)

var (
	histories = flag.Int("histories", 24, "how many histories the model test tells; each takes some seconds, eight at once")
	firstSeed = flag.Uint64("seed", 1, "the first of them; one that failed is told again by its seed")
)

// grace of these edges, in seconds: histories pass as time does.
const grace = 2

// wire is between an Nginx and Redis, and can be cut.
type wire struct {
	mu    sync.Mutex
	away  bool
	open  map[net.Conn]bool
	redis string
}

func (w *wire) listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	return l.Addr().String()
}

func (w *wire) carry(c net.Conn) {
	defer func() { _ = c.Close() }()
	w.mu.Lock()
	if w.away {
		w.mu.Unlock()
		return
	}
	r, err := net.Dial("tcp", w.redis)
	if err != nil {
		w.mu.Unlock()
		return
	}
	w.open[c] = true
	w.mu.Unlock()
	go func() { _, _ = io.Copy(r, c); _ = r.Close() }()
	_, _ = io.Copy(c, r)
	w.mu.Lock()
	delete(w.open, c)
	w.mu.Unlock()
}

func (w *wire) cut(away bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = away
	if away {
		for c := range w.open {
			_ = c.Close()
		}
		return
	}
	time.Sleep(1100 * time.Millisecond) // for which a worker does not ask a Redis that did not answer
}

// replica is an Nginx in a history.
type replica struct {
	t       *testing.T
	address string
	wire    *wire
}

func (r *replica) Get(path string) (status int, cacheStatus string, body []byte) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, r.address+path, http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Error(err)
		return 0, "", nil
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	if err != nil {
		r.t.Error(err)
	}
	return response.StatusCode, response.Header.Get("Cache-Status"), body
}

func (r *replica) Renew()        {} // it does so by itself
func (r *replica) Cut(away bool) { r.wire.cut(away) }

func (r *replica) Forget() {} // it is as new

// No history makes a guest of Nginx, of which there are two, read what is not so.
func TestPagesAreNeverWrong(t *testing.T) {
	nginxtest.Need(t)
	const together = 8
	seeds := make(chan uint64)
	var group sync.WaitGroup
	for range together {
		group.Go(func() {
			for seed := range seeds {
				t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { tell(t, seed) })
			}
		})
	}
	for i := range *histories {
		seeds <- *firstSeed + uint64(i)
	}
	close(seeds)
	group.Wait()
}

// tell tells a history to edges of its own.
func tell(t *testing.T, seed uint64) {
	server, client := cachetest.Embedded(t)
	go age(t.Context(), server)
	m := edgetest.NewModel(t, client)
	m.Real, m.Grace = true, grace*time.Second
	functions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(r.Host, ".")
		m.Serve(name, w, r)
	}))
	t.Cleanup(functions.Close)
	for range 2 {
		wire := &wire{redis: server.Addr(), open: map[net.Conn]bool{}}
		rules := edgetest.Rules()
		rules.Limits.Grace = grace
		address, _ := instance{specs: m.Specs(), rules: &rules, redis: wire.listen(t), functions: functions.URL}.start(t, edgetest.World{Prefix: m.Prefix()})
		m.Add(&replica{t, address, wire})
	}
	if !m.Tell(seed) {
		t.Errorf("go test ./knative/edge -run TestPagesAreNeverWrong -seed %d -histories 1\n%s", seed, strings.Join(m.Told, "\n"))
	}
}

// age lets the embedded Redis' keys expire: it does not look at the clock itself.
func age(ctx context.Context, server *miniredis.Miniredis) {
	const tick = 100 * time.Millisecond
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			server.FastForward(tick)
		}
	}
}

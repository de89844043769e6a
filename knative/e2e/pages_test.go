package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/page"
)

// leeway is how far the clocks of this machine and of the pods, and the moments at which a
// request is sent and answered, may be apart.
const leeway = 2 * time.Second

// told is one notice as the test has written it: what it said from when on.
type told struct {
	id       string
	versions []version
}

type version struct {
	from        time.Time // when the write was answered; readers may know of it a little earlier
	began       time.Time // when it was sent
	title       string    // "" once it is deleted
	start, stop time.Time
}

// board is what a test has written, and its readers compare with.
type board struct {
	*environment
	token   string
	mu      sync.Mutex
	notices []*told
	reads   int
	hits    int
	away    int // answers that say that they are the last good ones
	extra   time.Duration
}

// write is a request of a member, who comes again when told to.
func (b *board) write(method, path, body string, into any, header ...string) {
	b.Helper()
	var status int
	for range 30 {
		if status = b.call(method, path, b.token, body, into, header...); status < 500 && status != http.StatusTooManyRequests {
			break
		}
		time.Sleep(time.Second)
	}
	if status >= 300 && (method != http.MethodDelete || status != http.StatusNotFound) { // deleted by a try whose answer was lost
		b.Errorf("%s %s: %d", method, path, status)
	}
}

func notice(title string, start, stop time.Time) string {
	body, _ := json.Marshal(map[string]any{"unit": "총학", "title": title, "body": "글", "publishAt": start, "unpublishAt": stop})
	return string(body)
}

// add writes a notice that is public from one time until another.
func (b *board) add(title string, start, stop time.Time) {
	b.Helper()
	v := version{began: time.Now(), title: title, start: start, stop: stop}
	var made struct{ ID string }
	b.write(http.MethodPost, "/v1/notices", notice(title, start, stop), &made, "Idempotency-Key", rand.Text())
	v.from = time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notices = append(b.notices, &told{id: made.ID, versions: []version{v}})
}

// remove deletes the oldest.
func (b *board) remove() {
	b.Helper()
	b.mu.Lock()
	i := slices.IndexFunc(b.notices, func(n *told) bool { return n.versions[len(n.versions)-1].title != "" })
	if i < 0 {
		b.mu.Unlock()
		return
	}
	n := b.notices[i]
	b.mu.Unlock()
	v := version{began: time.Now()}
	b.write(http.MethodDelete, "/v1/notices/"+n.id, "", nil, "If-Match", "*")
	v.from = time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	n.versions = append(n.versions, v)
}

// may says whether a notice may be shown as title, "" for not at all, to who asked then.
func (n *told) may(title string, from, to time.Time, late time.Duration) bool {
	for i, v := range n.versions {
		if v.began.After(to) {
			break // not written yet
		}
		if i+1 < len(n.versions) && n.versions[i+1].from.Add(late).Before(from) {
			continue // over for too long
		}
		if title == "" && (v.title == "" || v.start.After(from.Add(-leeway)) || v.stop.Before(to.Add(leeway))) {
			return true
		}
		if title == "" && i == 0 && v.from.Add(late).After(from) {
			return true // not known yet
		}
		if title != "" && v.title == title && v.start.Before(to.Add(leeway)) && v.stop.After(from.Add(-leeway)) {
			return true
		}
	}
	return false
}

// read is a guest who compares.
func (b *board) read() {
	from := time.Now()
	status, header, body, err := b.get("/v1/notices", "")
	to := time.Now()
	if err != nil || status != http.StatusOK {
		b.Errorf("%d %v %.200s", status, err, body)
		return
	}
	var list struct {
		Items []struct{ ID, Title string }
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		b.Error(err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads++
	told := header.Get("Cache-Status")
	if strings.Contains(told, "-away") {
		b.away++
		return
	}
	if strings.Contains(told, "hit") {
		b.hits++
	}
	shown := map[string]string{}
	for _, i := range list.Items {
		shown[i.ID] = i.Title
	}
	for _, n := range b.notices {
		if !n.may(shown[n.id], from, to, page.Grace+time.Second+leeway+b.extra) {
			b.Errorf("%s is shown as %q (%s, Age %s)\n%+v", n.id, shown[n.id], told, header.Get("Age"), n.versions)
		}
	}
}

// Visitors read what the database says, at most some seconds old, whatever is lost between
// functions, events, Redis and the edge.
func TestPagesAreNeverWrong(t *testing.T) {
	e := openEnvironment(t)
	token := e.signIn()
	redis := func(e *environment, command string) {
		pods := e.pods(e.namespace, "app.kubernetes.io/component=redis")
		if out, err := e.run(pods[0], `redis-cli -a "$REDIS_PASSWORD" --no-auth-warning `+command); err != nil || strings.Contains(out, "ERR") {
			e.Errorf("%s: %v %s", command, err, out)
		}
	}
	for _, row := range []struct {
		what  string
		each  func(e *environment) // after each write
		after func(e *environment)
		extra time.Duration // for which pages need not know of a write
	}{
		{"all is well", func(*environment) {}, nil, 0},
		{"the broker dies with events that it has accepted", func(e *environment) {
			e.kill("knative-eventing", slices.Concat(e.pods("knative-eventing", "messaging.knative.dev/role=dispatcher"), e.pods("knative-eventing", "eventing.knative.dev/brokerRole=filter"))...)
		}, nil, 0},
		{"functions are killed", func(e *environment) {
			e.kill(e.namespace, e.pods(e.namespace, "serving.knative.dev/service=notices")...)
		}, nil, 0},
		{"Redis is paused", func(e *environment) { redis(e, "CLIENT PAUSE 1500 ALL") }, nil, 5 * time.Second},
		{"Redis evicts", func(e *environment) { redis(e, "CONFIG SET maxmemory 1500kb") }, func(e *environment) { redis(e, "CONFIG SET maxmemory 64mb") }, 0},
		{"Redis is flushed", func(e *environment) { redis(e, "FLUSHALL") }, nil, 0},
	} {
		t.Run(row.what, func(t *testing.T) {
			b := &board{environment: e.with(t), token: token, extra: row.extra}
			stop := make(chan struct{})
			var readers sync.WaitGroup
			for range 3 {
				readers.Go(func() {
					for {
						select {
						case <-stop:
							return
						case <-time.After(200 * time.Millisecond):
							b.read()
						}
					}
				})
			}
			for i := range 12 {
				now := time.Now()
				switch mathrand.IntN(4) {
				case 0:
					b.remove()
				case 1:
					b.add(fmt.Sprintf("쪽 %d 나중", i), now.Add(time.Duration(1+mathrand.IntN(9))*time.Second), now.Add(time.Hour))
				case 2:
					b.add(fmt.Sprintf("쪽 %d 잠깐", i), now.Add(-time.Second), now.Add(time.Duration(3+mathrand.IntN(9))*time.Second))
				default:
					b.add(fmt.Sprintf("쪽 %d", i), now.Add(-time.Second), now.Add(time.Hour))
				}
				row.each(b.environment)
				time.Sleep(time.Duration(mathrand.IntN(3000)) * time.Millisecond)
			}
			time.Sleep(page.Grace + 3*time.Second)
			close(stop)
			readers.Wait()
			if row.after != nil {
				row.after(b.environment)
			}
			t.Logf("%d reads, %d of them from pages, %d said to be the last good one", b.reads, b.hits, b.away)
			for range b.notices {
				b.remove()
			}
		})
	}
	t.Run("three changes of a night that nobody reads", func(t *testing.T) {
		b := &board{environment: e.with(t), token: token}
		now := time.Now()
		for i := range 3 {
			b.add(fmt.Sprintf("밤 %d", i), now.Add(time.Duration(9+i)*time.Second), now.Add(time.Hour))
		}
		b.add("밤까지", now.Add(-time.Second), now.Add(13*time.Second))
		b.read()
		time.Sleep(30 * time.Second)
		for _, path := range []string{"/v1/notices", "/v1/main", "/notices", "/"} {
			_, header, body, err := b.get(path, "")
			for i := range 3 {
				if title := fmt.Sprintf("밤 %d", i); err != nil || !strings.Contains(body, title) {
					t.Errorf("%s: no %s (%s, Age %s) %v", path, title, header.Get("Cache-Status"), header.Get("Age"), err)
				}
			}
			if strings.Contains(body, "밤까지") {
				t.Errorf("%s: what ended is there (%s)", path, header.Get("Cache-Status"))
			}
		}
		for range b.notices {
			b.remove()
		}
	})
}

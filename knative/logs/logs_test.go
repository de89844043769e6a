package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
	"github.com/madang-council/madang/shared/operation/logs"
)

// running is this program, with short times.
type running struct {
	*collector
	t       *testing.T
	stop    func() error // as SIGTERM does
	crash   func()
	storage *memory
}

func start(t *testing.T, a *api, m *memory, change ...func(*collector)) *running {
	t.Helper()
	b := newBook(m, fmt.Sprint("writer", time.Now().UnixNano()), slog.New(unread{m}))
	b.limits.age, b.limits.again, b.limits.later, b.limits.put, b.limits.patient = 20*time.Millisecond, 5*time.Millisecond, 20*time.Millisecond, 50*time.Millisecond, 30*time.Millisecond
	c := newCollector(a.cluster, b, 8<<20)
	c.times = times{again: 10 * time.Millisecond, later: 40 * time.Millisecond, grace: time.Second, late: 200 * time.Millisecond}
	for _, do := range change {
		do(c)
	}
	work, end := context.WithCancel(context.Background())
	storing, close := context.WithCancel(context.Background())
	var group, sending sync.WaitGroup
	group.Go(func() { c.run(work, 24*time.Hour) })
	sending.Go(func() { c.book.send(storing) })
	r := &running{collector: c, t: t, storage: m}
	r.stop = sync.OnceValue(func() error {
		end()
		group.Wait()
		within, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel()
		err := c.book.finish(within)
		close()
		sending.Wait()
		return err
	})
	r.crash = func() {
		close()
		sending.Wait()
		_ = r.stop()
	}
	t.Cleanup(func() { _ = r.stop() })
	return r
}

// unread notes of which pods a log was not read to its end.
type unread struct{ *memory }

func (unread) Enabled(context.Context, slog.Level) bool { return true }
func (u unread) WithAttrs([]slog.Attr) slog.Handler     { return u }
func (u unread) WithGroup(string) slog.Handler          { return u }

func (u unread) Handle(_ context.Context, r slog.Record) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "pod":
			u.unread[a.Value.String()] = true
		case "error":
			u.why = append(u.why, a.Value.String())
		}
		return true
	})
	return nil
}

// stored are the texts of all lines in the storage, by pod and container, as they are found.
func stored(t *testing.T, m *memory) map[string][]string {
	t.Helper()
	found, err := logs.Vault{Storage: m}.Find(t.Context(), time.Time{}, time.Now().Add(time.Hour), "")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, l := range found.Lines {
		all[l.Pod+"/"+l.Container] = append(all[l.Pod+"/"+l.Container], string(l.Text))
	}
	return all
}

func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within ten seconds: %s", what)
		}
	}
}

func (r *running) keeps(name string, want ...string) {
	r.t.Helper()
	var got []string
	defer func() {
		if r.t.Failed() {
			r.t.Logf("%s: kept %q, want %q; %+v", name, got, want, r.book.counts())
		}
	}()
	soon(r.t, fmt.Sprint(name, " is kept"), func() bool {
		got = stored(r.t, r.storage)[name]
		return slices.Equal(got, want)
	})
}

func numbered(prefix string, n int) []string {
	texts := []string{}
	for i := range n {
		texts = append(texts, fmt.Sprintf(`{"msg":"%s %d","requestId":"%s%d"}`, prefix, i, prefix, i))
	}
	return texts
}

// What a container wrote before it was followed, while it was, and last is kept in its order,
// byte for byte; of others' pods and of queue-proxy nothing is.
func TestKeepsWhatIsWritten(t *testing.T) {
	a, m := newAPI(t), newMemory()
	m.bucket = false // it is made
	a.begin("notices-1", "function", "function", "queue-proxy")
	a.begin("postgres-0", "postgres", "postgres")
	texts := numbered("notices", 5)
	a.write("notices-1", "function", texts[0], texts[1])
	a.write("notices-1", "queue-proxy", "probe")
	a.write("postgres-0", "postgres", "statement")
	r := start(t, a, m)
	r.keeps("notices-1/function", texts[:2]...)
	a.write("notices-1", "function", texts[2], texts[3])
	r.keeps("notices-1/function", texts[:4]...)
	a.write("notices-1", "function", texts[4])
	a.remove("notices-1")
	r.keeps("notices-1/function", texts...)
	if all := slices.Sorted(maps.Keys(stored(t, m))); !slices.Equal(all, []string{"notices-1/function"}) {
		t.Errorf("kept of %v", all)
	}
	soon(t, "nobody is followed", func() bool { return r.streams() == 0 })
	if n := r.book.counts(); n["madang_logs_unread_total"] != 0 || n["madang_logs_lines_total"] != 5 {
		t.Errorf("%v", n)
	}
}

// The bucket is made with the first object where there is none, and that there was none is no
// reason to wait before anything is read.
func TestBucketIsMade(t *testing.T) {
	server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: "key", SecretKey: "secret", Region: "KR1", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server)
	t.Cleanup(func() { listening.Close(); _ = server.Close() })
	store, err := objects.Open(objects.Config{Endpoint: listening.URL, Region: "KR1", Bucket: "madang-logs", AccessKey: "key", SecretKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	b := newBook(store, "logs-1", slog.New(slog.DiscardHandler))
	began := time.Now()
	b.goOn(t.Context(), 24*time.Hour)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("waited for %s", took)
	}
	if _, err := b.vault.Tidy(t.Context(), time.Now()); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("no bucket: %v", err)
	}
	at := logs.Place{At: time.Now().UTC(), Lines: 1}
	b.add(t.Context(), "uid/edge", at, logs.Line{At: at.At, Pod: "edge-1", Container: "edge", Text: []byte("{}")})
	sending, end := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { b.send(sending) })
	if err := b.finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	end()
	group.Wait()
	next := newBook(store, "logs-2", slog.New(slog.DiscardHandler))
	next.goOn(t.Context(), 24*time.Hour)
	if got, known := next.place("uid/edge"); !known || !got.At.Equal(at.At) || got.Lines != 1 {
		t.Errorf("%v %v", got, known)
	}
}

// Pods that live for a moment, many at once.
func TestFiftyPodsAtOnce(t *testing.T) {
	a, m := newAPI(t), newMemory()
	r := start(t, a, m)
	for i := range 50 {
		name := fmt.Sprint("burst-", i)
		a.begin(name, "function", "function")
		a.write(name, "function", numbered(name, 20)...)
	}
	for i := range 50 {
		name := fmt.Sprint("burst-", i)
		soon(t, name, func() bool { return a.following(name) || r.book.counts()["madang_logs_lines_total"] == 1000 })
		a.remove(name)
	}
	soon(t, "all lines", func() bool {
		n := 0
		for _, lines := range stored(t, m) {
			n += len(lines)
		}
		return n == 1000
	})
	if n := r.book.counts()["madang_logs_unread_total"]; n != 0 {
		t.Errorf("%v logs were not read to their ends: %q", n, m.why)
	}
}

// A pod that was gone before anybody could read it is counted.
func TestTooShortALife(t *testing.T) {
	a, m := newAPI(t), newMemory()
	r := start(t, a, m)
	a.begin("other", "edge", "edge")
	a.write("other", "edge", "{}")
	r.keeps("other/edge", "{}")
	a.change(func() { a.away = true }) // the watch is there, logs are not
	a.begin("short-1", "function", "function")
	a.write("short-1", "function", "nobody reads it")
	time.Sleep(30 * time.Millisecond)
	a.remove("short-1")
	a.change(func() { a.away = false })
	soon(t, "it is counted", func() bool { return r.book.counts()["madang_logs_unread_total"] == 1 })
}

// Streams that break or end, as when a log is rotated or the kubelet restarts, are taken up
// where they were; lines of the same nanosecond and a clock that was put back among them.
func TestGoesOnWhereItWas(t *testing.T) {
	a, m := newAPI(t), newMemory()
	r := start(t, a, m)
	a.begin("edge-1", "edge", "edge")
	want := []string{}
	for i := range 30 {
		a.change(func() {
			if i%3 != 0 { // three lines of one time
				a.append("edge-1", "edge", a.clock, fmt.Sprintf("line %d\n", i))
			} else {
				a.clock = a.clock.Add(400 * time.Millisecond)
				a.append("edge-1", "edge", a.clock, fmt.Sprintf("line %d\n", i))
			}
		})
		want = append(want, fmt.Sprint("line ", i))
		if i%4 == 0 {
			a.breakStreams()
		}
		if i%7 == 0 {
			soon(t, "a line", func() bool { return len(stored(t, m)["edge-1/edge"]) > i })
		}
	}
	r.keeps("edge-1/edge", want...)
	if n := r.book.counts()["madang_logs_lines_total"]; n != 30 {
		t.Errorf("%v lines were taken", n)
	}
	if !slices.ContainsFunc(a.queries(), func(q string) bool { return strings.Contains(q, "sinceTime=2026-11-30T07") }) {
		t.Errorf("asked for everything each time: %q", a.queries())
	}
}

// A container that restarts has two logs: the end of the first is read before the second.
func TestRestartsOfContainers(t *testing.T) {
	a, m := newAPI(t), newMemory()
	r := start(t, a, m)
	a.begin("watch-1", "watch", "watch")
	a.write("watch-1", "watch", "one")
	r.keeps("watch-1/watch", "one")
	a.change(func() { a.away = true })
	a.breakStreams()
	a.write("watch-1", "watch", "two", "panic: three")
	a.stop("watch-1", "watch")
	a.restart("watch-1", "watch")
	a.write("watch-1", "watch", "four")
	a.change(func() { a.away = false })
	r.keeps("watch-1/watch", "one", "two", "panic: three", "four")
	if n := r.book.counts()["madang_logs_unread_total"]; n != 0 {
		t.Errorf("%v logs were not read", n)
	}
	a.change(func() { a.away = true })
	a.breakStreams()
	a.write("watch-1", "watch", "lost")
	for range 2 { // of two restarts only the last log is there
		a.stop("watch-1", "watch")
		a.restart("watch-1", "watch")
		time.Sleep(60 * time.Millisecond) // a kubelet waits for ten seconds
	}
	a.write("watch-1", "watch", "five")
	a.change(func() { a.away = false })
	r.keeps("watch-1/watch", "one", "two", "panic: three", "four", "five")
	if n := r.book.counts()["madang_logs_unread_total"]; n != 1 {
		t.Errorf("%v logs were counted as not read", n)
	}
}

// A job's pod stays after its end: its log is read once, with a last line that has no end.
func TestJobs(t *testing.T) {
	a, m := newAPI(t), newMemory()
	r := start(t, a, m)
	a.begin("migrate-1", "migrate", "migrate")
	a.write("migrate-1", "migrate", "began")
	a.change(func() { a.append("migrate-1", "migrate", a.clock.Add(time.Second), "no end") })
	r.keeps("migrate-1/migrate", "began")
	a.stop("migrate-1", "migrate")
	r.keeps("migrate-1/migrate", "began", "no end")
	time.Sleep(50 * time.Millisecond)
	asked := len(a.queries())
	time.Sleep(50 * time.Millisecond)
	if n := len(a.queries()) - asked; n != 0 {
		t.Errorf("asked %d times more for a log that has ended", n)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, a, m)
	a.begin("edge-1", "edge", "edge")
	a.write("edge-1", "edge", "later")
	again.keeps("edge-1/edge", "later")
	again.keeps("migrate-1/migrate", "began", "no end")
	if n := again.book.counts()["madang_logs_lines_total"]; n != 1 {
		t.Errorf("%v lines after a restart", n)
	}
}

// At the end everything that was read is stored, and who comes next begins behind it; pods
// that went meanwhile are counted.
func TestEndAndSuccessor(t *testing.T) {
	a, m := newAPI(t), newMemory()
	slow := func(c *collector) { c.book.limits.age = time.Hour }
	r := start(t, a, m, slow)
	a.begin("edge-1", "edge", "edge")
	a.begin("notices-1", "function", "function")
	a.write("edge-1", "edge", "one", "two")
	a.write("notices-1", "function", "one")
	soon(t, "lines", func() bool { return r.book.counts()["madang_logs_lines_total"] == 3 })
	if len(m.keys()) > 0 {
		t.Fatal("stored too soon for this test")
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r.keeps("edge-1/edge", "one", "two")
	a.write("edge-1", "edge", "three")
	a.remove("notices-1")
	next := start(t, a, m)
	next.keeps("edge-1/edge", "one", "two", "three")
	soon(t, "the pod that went", func() bool { return next.book.counts()["madang_logs_unread_total"] == 1 })
	if n := next.book.counts()["madang_logs_lines_total"]; n != 1 {
		t.Errorf("%v lines were taken again", n)
	}
	a.change(func() { a.away = true })
	if err := next.stop(); err != nil {
		t.Fatal(err)
	}
}

// A flood costs its own container lines, and says so; others lose none.
func TestFlood(t *testing.T) {
	a, m := newAPI(t), newMemory()
	r := start(t, a, m, func(c *collector) { c.minuteBytes = 4 << 10 })
	a.begin("loud-1", "function", "function")
	a.begin("quiet-1", "function", "function")
	a.write("loud-1", "function", slices.Repeat([]string{strings.Repeat("x", 100)}, 1000)...)
	a.write("quiet-1", "function", "heard")
	r.keeps("quiet-1/function", "heard")
	soon(t, "the flood is counted", func() bool {
		n := r.book.counts()
		return n["madang_logs_lines_total"]+n[`madang_logs_dropped_lines_total{why="flood"}`] == 1001 && n[`madang_logs_dropped_lines_total{why="flood"}`] > 900
	})
	a.change(func() { a.clock = a.clock.Add(time.Minute) })
	a.write("loud-1", "function", "a minute later")
	said := ""
	soon(t, "it is said", func() bool {
		lines := stored(t, m)["loud-1/function"]
		for _, l := range lines {
			if strings.Contains(l, logs.NotKept) {
				said = l
			}
		}
		return said != "" && slices.Contains(lines, "a minute later")
	})
	if !strings.Contains(said, fmt.Sprintf(`"lines":%d`, int(r.book.counts()[`madang_logs_dropped_lines_total{why="flood"}`]))) {
		t.Errorf("said %s, counted %v", said, r.book.counts())
	}
}

// A line of a hundred megabytes is a line.
func TestLongLine(t *testing.T) {
	a, m := newAPI(t), newMemory()
	r := start(t, a, m, func(c *collector) { c.minuteBytes = 1 << 30 })
	a.begin("long-1", "function", "function")
	a.write("long-1", "function", `{"msg":"`+strings.Repeat("x", 20<<20)+`","requestId":"findme123"}`, "after it")
	soon(t, "both lines", func() bool { return len(stored(t, m)["long-1/function"]) == 2 })
	lines := stored(t, m)["long-1/function"]
	if len(lines[0]) > logs.MaxLine || !strings.HasPrefix(lines[0], `{"msg":"xxx`) || !strings.HasSuffix(lines[0], `"requestId":"findme123"}`) || lines[1] != "after it" {
		t.Errorf("%d bytes, %.40q … %q", len(lines[0]), lines[0], lines[1])
	}
	_ = r
}

// While the storage fails or hangs, a bounded part waits for it and the oldest is dropped and
// counted; when it is back, that is said and nothing else is missing.
func TestStorageAway(t *testing.T) {
	for _, mode := range []string{"fails", "hangs", "lies"} {
		t.Run(mode, func(t *testing.T) {
			a, m := newAPI(t), newMemory()
			m.set(mode)
			r := start(t, a, m, func(c *collector) { c.book.limits.spool = 8 << 10 })
			a.begin("edge-1", "edge", "edge")
			written := 0
			soon(t, "something is dropped", func() bool {
				for range 20 { // hardly compressed
					a.write("edge-1", "edge", fmt.Sprintf(`{"n":%d,"requestId":"%x"}`, written, time.Now().UnixNano()*int64(written+7919)))
					written++
				}
				time.Sleep(5 * time.Millisecond)
				n := r.book.counts()
				if n["madang_logs_spooled_bytes"] > 16<<10 {
					t.Errorf("%v bytes wait", n["madang_logs_spooled_bytes"])
				}
				return n[`madang_logs_dropped_lines_total{why="storage"}`] > 100
			})
			m.set("")
			soon(t, "the rest is stored", func() bool {
				n := r.book.counts()
				return int(n["madang_logs_lines_total"]) == written && n["madang_logs_waiting_seconds"] == 0 && n["madang_logs_objects_total"] > 0
			})
			soon(t, "it is said", func() bool {
				for name := range stored(t, m) {
					if strings.HasSuffix(name, "/logs") {
						return true
					}
				}
				a.write("edge-1", "edge", "one more")
				written++
				return false
			})
			soon(t, "all is there or counted", func() bool {
				kept := len(stored(t, m)["edge-1/edge"])
				lost := int(r.book.counts()[`madang_logs_dropped_lines_total{why="storage"}`])
				return kept+lost >= written && (mode == "lies" || kept+lost <= written+50)
			})
		})
	}
}

package browser

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/knative/devhost/devhosttest"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/sqlite"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/operation/bill"
	"github.com/madang-council/madang/shared/operation/deadletter"
)

func TestMain(m *testing.M) {
	code := devhosttest.Main(m)
	_ = os.RemoveAll(council.folder)
	os.Exit(code)
}

// council is the folder of a host that was seeded, and ended when it had done all that follows from it.
var council struct {
	sync.Once
	folder string
}

// seeded gives a folder a copy of the seeded council, which is made once for all tests: seeding takes a hundred times what a copy
// does.
func seeded(t *testing.T, folder string) {
	t.Helper()
	council.Do(func() {
		var err error
		if council.folder, err = os.MkdirTemp("", "madang-council-"); err != nil {
			t.Fatal(err)
		}
		h := devhosttest.Start(t, "localhost:0", filepath.Join(council.folder, "data"))
		db, err := sqlite.Open(filepath.Join(h.Data, "madang.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		for left, tries := int64(1), 0; left > 0; tries++ {
			if left, err = database.One(t.Context(), db, database.Value[int64], `SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL) + (SELECT count(*) FROM uploads WHERE processed_at IS NULL)`); err != nil || tries > 600 {
				t.Fatalf("%d events and pictures of the seeded council wait: %v", left, err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		h.End()
		if _, err := os.Stat(filepath.Join(h.Data, "first-sign-in.json")); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Pool().ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil { // all of it is in the one file
			t.Fatal(err)
		}
	})
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(council.folder, "data"))); err != nil {
		t.Fatal(err)
	}
}

// needed is the path of a program, or of a file of the checkers. Without it the test is
// skipped with the reason, or fails where CI=true.
func needed(t *testing.T, name, packages string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if strings.Contains(name, "/") {
		path, err = filepath.Abs(name)
		if err == nil {
			_, err = os.Stat(path)
		}
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must look at the site in a browser: %v", err)
		}
		t.Skipf("not looked at (%s): %v", packages, err)
	}
	return path
}

// localHost is a host of the test's own, with a seeded council.
type localHost struct {
	t                        *testing.T
	address, email, password string
	data                     string // its folder; "" for an environment on a cluster
}

// checked is the host whose pages the checkers look at: the environment of MADANG_URL with
// the admin of MADANG_ADMIN ("mail password"), as localhost, to which browsers give secure
// cookies without TLS; or a local one.
func checked(t *testing.T) *localHost {
	t.Helper()
	edge, err := url.Parse(os.Getenv("MADANG_URL"))
	if err != nil {
		t.Fatal(err)
	}
	if edge.Host == "" {
		return startHost(t)
	}
	near := httptest.NewServer(httputil.NewSingleHostReverseProxy(edge))
	t.Cleanup(near.Close)
	h := &localHost{t: t, address: strings.Replace(near.URL, "127.0.0.1", "localhost", 1)}
	h.email, h.password, _ = strings.Cut(os.Getenv("MADANG_ADMIN"), " ")
	return h
}

// startHost starts a host; env are further settings, with which its council is seeded anew.
func startHost(t *testing.T, env ...string) *localHost {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	if len(env) == 0 {
		seeded(t, data)
	}
	h := devhosttest.Start(t, "localhost:0", data, env...)
	return &localHost{t: t, address: h.Address, email: h.Email, password: h.Password, data: h.Data}
}

// watched writes what a watch on a cluster would have written: how everything is, what it
// cost, and events that were not delivered. The host, which looks every five seconds, does
// not write over it.
func (h *localHost) watched() {
	h.t.Helper()
	if h.data == "" {
		return // it has a watch
	}
	db, err := sqlite.Open(filepath.Join(h.data, "madang.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	now := time.Now()
	saved, next, ends, ctx := now.Add(-9*time.Hour), now.Add(5*time.Hour), now.AddDate(0, 2, 0), clock.With(h.t.Context(), now)
	health := bill.Health{
		At:       now.Add(patience), // not stale before the last page was looked at
		Site:     bill.SiteHealth{Reachable: true, Milliseconds: 12, CertificateEnds: &ends},
		Database: bill.DatabaseHealth{Reachable: true, Bytes: 184_000_000, LimitBytes: 20_000_000_000, Connections: 4, MaxConnections: 100},
		Pages:    bill.PagesHealth{Bytes: 5_200_000, MaxBytes: 64_000_000, Keys: 218},
		Storage:  bill.StorageHealth{Files: 1_482, Bytes: 9_300_000_000, Unfinished: 3, LimitBytes: 100_000_000_000},
		Events:   bill.EventsHealth{Unsent: 1, Dead: 2}, Backup: bill.BackupHealth{At: &saved},
		WarmUp: bill.WarmUpHealth{Functions: []string{"main", "notices"}, Next: &next, UsedSeconds: 840, BudgetSeconds: 7200},
		Alerts: []bill.Alert{{Name: "RedisDown", Severity: "page", Since: now.Add(-3 * time.Minute), Summary: "Redis가 답하지 않습니다. 방문자는 예전 페이지를 봅니다.", Runbook: "docs/operating.md#redisdown"}},
	}
	usage := []bill.Usage{}
	for i, name := range []string{"auth", "banners", "main", "media", "members", "notices", "site", "sweep", "uploads"} {
		health.Functions = append(health.Functions, bill.FunctionHealth{Name: name, Ready: i != 3, Pods: i % 2})
		n := int64(i + 1)
		usage = append(usage, bill.Usage{Day: clock.Day(now), Function: name, Watched: 20 * 3_600_000, Awake: n * 600_000, Pods: n * 640_000, Cost: n * 620_000, Starts: n, Wakes: n, Readied: n, ReadyTime: n * 910, WarmSaves: n / 2, WarmTime: n * 60_000})
	}
	health.Functions[3].Reason = "ContainerMissing"
	store, letters := bill.Store{DB: db}, deadletter.Store{DB: db}
	price := bill.Price{Node: "m2.c2m4", Nodes: 2, WonPerHour: 93, CPUs: 2, MemoryMiB: 4096, AlwaysOn: 21, Source: "third party, 2026", SourceKO: "다른 곳이 2026년에 본 값"}
	_, err = db.Exec(ctx, `CREATE TRIGGER watched BEFORE INSERT ON operation_facts WHEN new.name = 'health' AND new.value NOT LIKE '%ContainerMissing%' BEGIN SELECT RAISE(IGNORE); END`)
	err = errors.Join(err, store.SetHealth(ctx, health), store.Add(ctx, usage), store.SetPrice(ctx, price))
	for _, id := range []string{"event-of-a-picture", "event-of-a-notice"} {
		err = errors.Join(err, letters.Keep(ctx, event.Event{ID: id, Type: "kr.madang.upload.completed.v1", Subject: id, Time: now, Data: []byte(`{}`),
			Failure: &event.Failure{Sink: "http://media.madang.svc.cluster.local/events", Status: 500, Answer: `{"code":"internal"}`}}))
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// read is the body of an address; as are cookies. It comes again when it is told to: a function that slept may take longer than
// an edge waits where compilers run beside it.
func (h *localHost) read(path, cookies string) (body string, response *http.Response) {
	h.t.Helper()
	for range 5 {
		body, response = h.ask(path, cookies)
		seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if response.StatusCode != http.StatusServiceUnavailable || err != nil {
			break
		}
		time.Sleep(time.Duration(seconds) * time.Second)
	}
	return body, response
}

func (h *localHost) ask(path, cookies string) (body string, response *http.Response) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.address+path, http.NoBody)
	if err != nil {
		h.t.Fatal(err)
	}
	if cookies != "" {
		r.Header.Set("Cookie", cookies)
	}
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	response, err = client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(raw), response
}

var client = &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// signIn is the admin's session as a Cookie header.
func (h *localHost) signIn() string {
	h.t.Helper()
	form := url.Values{"email": {h.email}, "password": {h.password}}
	response, err := client.PostForm(h.address+"/sign-in", form)
	if err != nil {
		h.t.Fatal(err)
	}
	_ = response.Body.Close()
	for _, c := range response.Cookies() {
		if c.Name == auth.AccessCookie {
			return c.Name + "=" + c.Value
		}
	}
	h.t.Fatalf("signing in: %s", response.Status)
	return ""
}

// first is the id of the first of a list of the API.
func (h *localHost) first(path, cookies string) string {
	h.t.Helper()
	body, _ := h.read(path, cookies)
	var list struct{ Items []struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Items) == 0 {
		h.t.Fatalf("nothing in %s: %v %s", path, err, body)
	}
	return list.Items[0].ID
}

// mail is the newest message to an address.
func (h *localHost) mail(to string) string {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.address+"/_dev/mail", http.NoBody)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Accept", "*/*")
	response, err := client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, _ := io.ReadAll(response.Body)
	_, message, found := strings.Cut(string(raw), "To: "+to+"\n")
	if !found {
		h.t.Fatalf("no message to %s: %s", to, raw)
	}
	message, _, _ = strings.Cut(message, "\nTo: ")
	return message
}

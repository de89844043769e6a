package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/madang-council/madang/knative/bench/load"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/migrate"
	"github.com/madang-council/madang/shared/database/postgres"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/media/markdown"
)

// How a run beside PocketBase is made.
const (
	peerDatabase = "madang_bench_peers" // made for the run and dropped after it
	peerNotices  = 2_000
	peerMembers  = 200 // a member may read 300 times at once and 20 times a second: the load is spread
	peerClients  = 32
	warming      = time.Second
)

// peer is a server beside others, running.
type peer struct {
	name    string
	r       *running
	address string
	asks    map[string]func(n int64) load.Request // by what is asked
}

// What peers are asked.
const (
	askRecord = "one notice, as a guest"
	askList   = "a list of 20, as a guest"
	askMember = "one notice, as a member"
	askPage   = "one notice from the local host's pages, as a guest"
	askHTML   = "the page of a notice from the local host's pages, as a guest"
)

// peers measures reading notices of the function beside PocketBase, and the local host's
// kept pages beside it, in turn, each with one core. With before, a built program of the
// same function, that is what the function is measured beside, and nothing else is.
func peers(ctx context.Context, each time.Duration, rounds int, before string) (err error) {
	url, drop, err := ownDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	dir, err := os.MkdirTemp("", "madang-peers-")
	if err != nil {
		return fmt.Errorf("peers: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs, err := buildPeers(dir, before == "")
	if err != nil {
		return err
	}
	rows, ours, err := fillOurs(ctx, url)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "rows"), rows, 0o600); err != nil {
		return fmt.Errorf("peers: %w", err)
	}
	pin(1, os.Getpid())
	starts := []func(round int) (*peer, error){
		func(int) (*peer, error) { return startOurs(programs["notices"], url, ours, "notices") },
		func(n int) (*peer, error) { return startPocketBase(ctx, programs["pocketbase"], dir, n, false) },
		func(n int) (*peer, error) { return startPocketBase(ctx, programs["pocketbase"], dir, n, true) },
		func(n int) (*peer, error) { return startLocal(ctx, programs["devhost"], dir, n, rows) },
	}
	other := "PocketBase"
	if before != "" {
		other = "notices before"
		starts = []func(int) (*peer, error){
			func(int) (*peer, error) { return startOurs(program{name: other, path: before}, url, ours, other) },
			starts[0],
		}
	}
	found := map[string]map[string][]reading{}
	memory := map[string][]float64{}
	names := []string{}
	for round := range rounds {
		for _, start := range starts {
			p, err := start(round)
			if err != nil {
				return err
			}
			if !slices.Contains(names, p.name) {
				names = append(names, p.name)
				found[p.name] = map[string][]reading{}
			}
			err = p.measure(ctx, each, found[p.name])
			memory[p.name] = append(memory[p.name], p.r.memory())
			p.r.stop()
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	fmt.Printf("\nReading notices, %d of them, %d clients, one core for each server, %d rounds of %s in turn (medians)\n", peerNotices, peerClients, rounds, each)
	reportPeers(names, other, found, memory)
	return nil
}

// reading is what became of one load, and the processor time that the server took for it.
type reading struct {
	load.Result
	took time.Duration
}

// perSecond is how many requests a whole second of a processor would have answered.
func (r reading) perSecond() float64 { return float64(r.Requests) / r.took.Seconds() }

// measure asks a peer one thing after the other.
func (p *peer) measure(ctx context.Context, each time.Duration, found map[string][]reading) error {
	for _, what := range []string{askRecord, askList, askMember, askPage, askHTML} {
		request, ok := p.asks[what]
		if !ok {
			continue
		}
		plan := load.Plan{Address: p.address, Connections: peerClients, For: warming, Request: request}
		if _, err := load.Run(ctx, plan); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		pinBackends(p.r.command.Env)
		plan.For = each
		plan.Request = func(n int64) load.Request { return request(n + 1<<20) } // other visitors than before
		before := p.r.processor()
		r, err := load.Run(ctx, plan)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		found[what] = append(found[what], reading{r, p.r.processor() - before})
	}
	return nil
}

// reportPeers compares with other.
func reportPeers(names []string, other string, found map[string]map[string][]reading, memory map[string][]float64) {
	fmt.Printf("\n| server | asked for | requests/s | p50 | p99 | bytes | of %s | for a second of its processor | of %[1]s |\n|---|---|---|---|---|---|---|---|---|\n", other)
	for _, what := range []string{askRecord, askList, askMember, askPage, askHTML} {
		beside := what
		if what == askPage || what == askHTML {
			beside = askRecord
		}
		rate := func(list []reading) float64 { return median(list, func(r reading) float64 { return r.Rate }) }
		each := func(list []reading) float64 { return median(list, reading.perSecond) }
		for _, name := range names {
			list := found[name][what]
			if len(list) == 0 {
				continue
			}
			quantile := func(q float64) float64 {
				return median(list, func(r reading) float64 { return float64(r.Quantile(q).Microseconds()) / 1000 })
			}
			size := median(list, func(r reading) float64 { return float64(r.Bytes) / float64(r.Requests) })
			fmt.Printf("| %s | %s | %.0f | %.1f ms | %.1f ms | %.0f | %.2f x | %.0f | %.2f x |\n", name, what, rate(list), quantile(0.50), quantile(0.99), size,
				rate(list)/rate(found[other][beside]), each(list), each(list)/each(found[other][beside]))
		}
	}
	fmt.Printf("\n| server | memory afterwards (RSS) | of %s |\n|---|---|---|\n", other)
	base := median(memory[other], func(m float64) float64 { return m })
	for _, name := range names {
		m := median(memory[name], func(m float64) float64 { return m })
		fmt.Printf("| %s | %.1f MiB | 1/%.1f |\n", name, m, base/m)
	}
}

func median[T any](list []T, of func(T) float64) float64 {
	values := []float64{}
	for _, v := range list {
		values = append(values, of(v))
	}
	slices.Sort(values)
	if len(values) == 0 {
		return 0
	}
	return values[len(values)/2]
}

// buildPeers builds what is measured: the function, and the others if they are asked for.
func buildPeers(dir string, others bool) (map[string]program, error) {
	programs := map[string]program{}
	for name, path := range map[string]string{"notices": "./functions/cmd/notices", "devhost": "./knative/devhost", "pocketbase": "./knative/bench/pocketbase"} {
		p := program{name: name, path: path}
		if name != "notices" && !others {
			continue
		}
		if name == "pocketbase" { // a module of its own
			p.module, p.path = path, "."
		}
		if err := p.build(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
		programs[name] = p
	}
	return programs, nil
}

// ownDatabase makes a database beside that of DATABASE_URL, in the same PostgreSQL.
func ownDatabase(ctx context.Context) (address string, drop func() error, err error) {
	db, err := postgres.Open(os.Getenv("DATABASE_URL"))
	if err != nil {
		return "", nil, err
	}
	u, err := url.Parse(os.Getenv("DATABASE_URL"))
	if err != nil {
		return "", nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	u.Path = "/" + peerDatabase
	dropIt := func() error {
		_, err := db.Exec(ctx, `DROP DATABASE IF EXISTS `+peerDatabase+` WITH (FORCE)`)
		return err
	}
	if err := dropIt(); err != nil {
		return "", nil, errors.Join(err, db.Close())
	}
	if _, err := db.Exec(ctx, `CREATE DATABASE `+peerDatabase); err != nil {
		return "", nil, errors.Join(err, db.Close())
	}
	return u.String(), func() error { return errors.Join(dropIt(), db.Close()) }, nil
}

// oursKept are the ids of notices, as PocketBase's, and who is signed in.
type oursKept struct {
	IDs    []string `json:"ids"`
	Tokens []string `json:"tokens"`
}

// nowhere takes events.
type nowhere struct{}

func (nowhere) Publish(context.Context, event.Event) error { return nil }

// fillOurs writes notices and members as the functions write them, and is the rows for the
// peer.
func fillOurs(ctx context.Context, url string) (rows []byte, kept oursKept, err error) {
	db, err := postgres.Open(url)
	if err != nil {
		return nil, kept, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := migrate.Up(ctx, db); err != nil {
		return nil, kept, err
	}
	log := slog.New(slog.DiscardHandler)
	w := notice.NewWriter(db, &event.Outbox{DB: db, Log: log, Bus: nowhere{}}, notice.Markup{HTML: markdown.Render, Excerpt: markdown.Excerpt, Pictures: markdown.Pictures})
	editor := auth.With(ctx, auth.Principal{MemberID: "bench", Grants: []auth.Grant{{Role: auth.Editor}}})
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	begin := time.Now().Add(-peerNotices * time.Hour)
	written := make([]notice.Notice, peerNotices)
	var group errgroup.Group
	group.SetLimit(postgres.Connections)
	for i := range written {
		group.Go(func() error {
			at := begin.Add(time.Duration(i) * time.Hour)
			content := peerContent(i)
			content.PublishAt = &at
			return db.Atomic(clock.With(editor, at), func(ctx context.Context) (err error) {
				written[i], err = w.Add(ctx, content, []string{content.Unit})
				return err
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, kept, err
	}
	for _, n := range written {
		kept.IDs = append(kept.IDs, n.ID)
		if err := lines.Encode(map[string]any{
			"unit": n.Unit, "title": n.Title, "excerpt": n.Excerpt, "tags": n.Tags, "publishAt": n.PublishAt, "version": n.Version,
			"html": n.HTML, "body": n.Body, "createdAt": n.CreatedAt, "updatedAt": n.UpdatedAt,
		}); err != nil {
			return nil, kept, fmt.Errorf("peers: %w", err)
		}
	}
	if kept.Tokens, err = signIn(ctx, db); err != nil {
		return nil, kept, err
	}
	_, err = db.Exec(ctx, `ANALYZE`)
	return out.Bytes(), kept, err
}

// signIn makes members who are signed in.
func signIn(ctx context.Context, db *database.DB) ([]string, error) {
	tokens := []string{}
	ctx = clock.With(ctx, time.Now())
	for i := range peerMembers {
		id, _, err := member.Store{DB: db}.SignUp(ctx, member.New{
			Profile: member.Profile{Name: "김마당"}, Email: fmt.Sprintf("bench-%d@example.com", i),
			Consent: member.Consent{Version: "2026-03-01", Privacy: true},
		})
		if err != nil {
			return nil, err
		}
		t, err := session.Store{DB: db}.Create(ctx, id, "bench", session.Given{})
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t.Access)
	}
	return tokens, nil
}

// peerContent is the i-th notice: a body of about 2 KB of UTF-8 with what notices have.
func peerContent(i int) notice.Content {
	var b strings.Builder
	fmt.Fprintf(&b, "안녕하세요. 제%d차 안내를 **꼭** 확인해 주세요.\n\n## 신청\n\n", i)
	for n := 1; b.Len() < 1_900; n++ {
		fmt.Fprintf(&b, "%d. 학생회관 %d호에서 %d월 %d일 오후 %d시까지 [신청서](https://example.com/forms/%d)를 내면 됩니다.\n", n, 100+(i+n)%300, 1+(i+n)%12, 1+(i*n)%28, 1+n%6, i*100+n)
	}
	tags := []string{"장학", "행사", "복지", "학사", "간식", "시설"}
	return notice.Content{Unit: "총학", Title: fmt.Sprintf("%d번째 공지: 학생회관 이용과 신청 안내", i), Body: b.String(), Tags: []string{tags[i%6], tags[(i+1)%6]}}
}

// visitor is another one for each request: functions limit each.
func visitor(n int64) string {
	return fmt.Sprintf("X-Forwarded-For: 10.%d.%d.%d", n>>16&0xff, n>>8&0xff, n&0xff)
}

// startOurs starts the function. A guest's request that reaches it is for a page that is not
// kept: it is rendered for now and, as far as times are known, for what follows, and saved
// to Redis for the edge. A member's is rendered once.
func startOurs(p program, url string, kept oursKept, name string) (*peer, error) {
	r, _, err := start(p, "/v1/notices", 1, "DATABASE_URL="+url)
	if err != nil {
		return nil, err
	}
	one := func(n int64) string { return "/v1/notices/" + kept.IDs[int(n*7)%len(kept.IDs)] }
	return &peer{name: name, r: r, address: strings.TrimPrefix(r.address, "http://"), asks: map[string]func(int64) load.Request{
		askRecord: func(n int64) load.Request { return load.Request{Path: one(n), Header: []string{visitor(n)}} },
		askList: func(n int64) load.Request {
			return load.Request{Path: "/v1/notices", Header: []string{visitor(n)}}
		},
		askMember: func(n int64) load.Request {
			return load.Request{Path: one(n), Header: []string{visitor(n), "Authorization: Bearer " + kept.Tokens[int(n)%len(kept.Tokens)]}}
		},
	}}, nil
}

// startPocketBase starts the peer with the same rows, and waits until it serves.
func startPocketBase(ctx context.Context, p program, dir string, round int, quiet bool) (*peer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	name := "PocketBase"
	if quiet {
		name = "PocketBase that keeps no log"
	}
	data := filepath.Join(dir, fmt.Sprintf("pocketbase-%d-%t", round, quiet))
	r := &running{address: "http://127.0.0.1:" + port, client: &http.Client{Timeout: 10 * time.Second}}
	r.command = pinned(0, p.path, "-addr", "127.0.0.1:"+port, "-data", data, "-rows", filepath.Join(dir, "rows"), "-members", "4", fmt.Sprintf("-quiet=%t", quiet))
	r.command.Env = append(os.Environ(), "GOMAXPROCS=1")
	r.command.Stderr = os.Stderr
	out, err := r.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	if err := r.command.Start(); err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	lines := bufio.NewReader(out)
	first, err := lines.ReadBytes('\n')
	var kept oursKept
	if err == nil {
		err = json.Unmarshal(first, &kept)
	}
	if err != nil {
		r.stop()
		return nil, fmt.Errorf("PocketBase's first line: %w", err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	const records = "/api/collections/notices/records"
	if err := r.until(ctx, "/api/health"); err != nil {
		return nil, err
	}
	one := func(n int64) string { return records + "/" + kept.IDs[int(n*7)%len(kept.IDs)] }
	return &peer{name: name, r: r, address: strings.TrimPrefix(r.address, "http://"), asks: map[string]func(int64) load.Request{
		askRecord: func(n int64) load.Request { return load.Request{Path: one(n)} },
		askList: func(int64) load.Request { // what a list of ours has, without what PocketBase must count
			return load.Request{Path: records + "?perPage=20&skipTotal=1&sort=-publishAt,-id&fields=id,unit,title,excerpt,tags,publishAt,pinnedUntil,urgentUntil,version,updatedAt"}
		},
		askMember: func(n int64) load.Request {
			return load.Request{Path: one(n), Header: []string{"Authorization: " + kept.Tokens[int(n)%len(kept.Tokens)]}}
		},
	}}, nil
}

// startLocal starts the local host with everything embedded and one more notice, whose pages
// it keeps.
func startLocal(ctx context.Context, p program, dir string, round int, rows []byte) (*peer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "local-"+strconv.Itoa(round))
	r := &running{address: "http://127.0.0.1:" + port, client: &http.Client{Timeout: 10 * time.Second}}
	r.command = pinned(0, p.path, "-addr", "127.0.0.1:"+port, "-data", data)
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); name != "DATABASE_URL" && name != "REDIS_URL" && !strings.HasPrefix(name, "S3_") {
			r.command.Env = append(r.command.Env, v)
		}
	}
	r.command.Env = append(r.command.Env, "GOMAXPROCS=1")
	if err := r.command.Start(); err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	if err := r.until(ctx, "/v1/notices"); err != nil {
		return nil, err
	}
	id, err := r.write(ctx, filepath.Join(data, "first-sign-in.json"), rows)
	if err != nil {
		r.stop()
		return nil, err
	}
	same := func(path string) func(int64) load.Request {
		return func(int64) load.Request { return load.Request{Path: path} }
	}
	return &peer{name: "local host (everything in one process)", r: r, address: strings.TrimPrefix(r.address, "http://"), asks: map[string]func(int64) load.Request{
		askPage: same("/v1/notices/" + id), askHTML: same("/notices/" + id),
	}}, nil
}

// write publishes the first of the rows by the API, as the first admin.
func (r *running) write(ctx context.Context, signIn string, rows []byte) (id string, err error) {
	var first map[string]string
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(200 * time.Millisecond) { // it is written while it begins
		if text, err := os.ReadFile(signIn); err == nil && json.Unmarshal(text, &first) == nil {
			break
		}
	}
	var session struct {
		AccessToken string `json:"accessToken"`
	}
	if err := r.post(ctx, "/v1/auth/sessions", "", map[string]any{"email": first["email"], "password": first["password"]}, &session); err != nil {
		return "", err
	}
	var row struct {
		Unit  string   `json:"unit"`
		Title string   `json:"title"`
		Body  string   `json:"body"`
		Tags  []string `json:"tags"`
	}
	line, _, _ := bytes.Cut(rows, []byte("\n"))
	if err := json.Unmarshal(line, &row); err != nil {
		return "", fmt.Errorf("peers: %w", err)
	}
	var made struct {
		ID string `json:"id"`
	}
	err = r.post(ctx, "/v1/notices", session.AccessToken, map[string]any{"unit": row.Unit, "title": row.Title, "body": row.Body, "tags": row.Tags, "publishAt": time.Now()}, &made)
	return made.ID, err
}

func (r *running) post(ctx context.Context, path, token string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.address+path, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10))
		return fmt.Errorf("%s: %s %s", path, response.Status, text)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// until waits until a server that begins answers, for a minute: it has to fill itself first.
func (r *running) until(ctx context.Context, path string) error {
	for began := time.Now(); time.Since(began) < time.Minute && ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		if r.get(path) == nil {
			return nil
		}
	}
	r.stop()
	return fmt.Errorf("%s does not answer", path)
}

// pinned is a command that has one core, where there is taskset (Linux).
func pinned(core int, name string, args ...string) *exec.Cmd {
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return exec.Command(name, args...)
	}
	return exec.Command(taskset, append([]string{"-c", strconv.Itoa(core), name}, args...)...) // it becomes the command
}

// pinBackends gives PostgreSQL's processes of the run's database the other core, where they
// are on this machine and may be told so.
func pinBackends(environment []string) {
	url := ""
	for _, v := range environment {
		if value, ok := strings.CutPrefix(v, "DATABASE_URL="); ok {
			url = value // the last one counts
		}
	}
	db, err := postgres.Open(url)
	if err != nil || url == "" {
		return
	}
	defer func() { _ = db.Close() }()
	ids, err := database.All(context.Background(), db, database.Value[int], `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err != nil {
		return
	}
	for _, id := range ids {
		if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", id)); err == nil && strings.TrimSpace(string(name)) == "postgres" {
			pin(1, id)
		}
	}
}

// pin gives a process, all threads of it, one core, where that is possible.
func pin(core, id int) {
	_ = exec.Command("taskset", "-apc", strconv.Itoa(core), strconv.Itoa(id)).Run()
}

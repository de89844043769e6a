package edgetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/page"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
	"github.com/madang-council/madang/shared/touch"
)

// Edge is one that a history is told to.
type Edge interface {
	Get(path string) (status int, cacheStatus string, body []byte)
	Renew()        // looks for pages that will be wrong soon
	Cut(away bool) // Redis from the edge, or brings it back
	Forget()       // its copies
}

// Model tells histories of writes, time, lost events, lost commands of Redis, evictions,
// deaths and readers, and compares what each reader gets with what the database said.
//
// What a reader may get at a time is what the page says then for the newest state of the
// database, or for an older one while no change of the page since is known to the pages for
// longer than Grace and the second for which an edge has a copy. A change is known once its
// touch was announced or settled; that a write could do neither is the one thing that makes a
// page wrong for longer: until this process, the next write, an event or sweep has settled it.
type Model struct {
	testing.TB
	// Grace is the one of the edges.
	Grace time.Duration
	// Real has time pass as it does, for edges that have a clock of their own: then nothing
	// happens in the middle of a render, and Redis is always there for functions.
	Real bool

	Reads, Hits int      // so far, and how many of them were pages that were there
	Told        []string // the history, a line for each step

	db       *database.DB
	plain    *redis.Client
	now      time.Time
	start    time.Time
	random   *rand.Rand
	states   []state
	writer   *fault // between Redis and the function that writes
	renderer *fault // and those that render
	edges    []Edge
	cut      []bool      // edges without Redis
	away     atomic.Bool // functions
	writing  *host.Host
	hosts    map[string]*host.Host
	events   []event.Event
	later    []later
	during   func() // what happens while the next page is rendered, before it reads
	after    func() // and after it has read
	record   func() // adds the state of the write under way, once it is committed
	prefix   string
	lastItem int
}

// item is what the model's pages show: visible from one time until another, with a file that
// changes apart.
type item struct {
	ID          string
	Title       string
	From, Until int64 // milliseconds
	File        string
}

// state is what the database says from one commit to the next.
type state struct {
	items []item
	files map[string]int
	known time.Time // when pages knew that the state before it had ended; zero: not yet
	by    change    // what made it of the one before
}

// changes says whether the change that made s is one of every page at a path, whatever it shows: that of an item. A file
// changes those that show it.
func (s state) changes(path string) bool {
	id, one := strings.CutPrefix(path, "/v1/items/")
	return s.by.Item != nil && (!one || s.by.Item.ID == id) || s.by.Delete != "" && (!one || s.by.Delete == id)
}

// show is what a page says in a state at a time.
func (s state) show(path string, now int64) string {
	id, one := strings.CutPrefix(path, "/v1/items/")
	shown := []string{}
	for _, i := range s.items {
		if i.From <= now && now < i.Until && (!one || i.ID == id) {
			shown = append(shown, fmt.Sprintf("%s=%s/%s%d", i.ID, i.Title, i.File, s.files[i.File]))
		}
	}
	if one && len(shown) == 0 {
		return "404"
	}
	slices.Sort(shown)
	return strings.Join(shown, " ")
}

// fault is what is wrong between one process and Redis.
type fault struct {
	away  bool
	after func(command string) // called after the next script that has been run
	lost  int                  // of the next commands, how many reach Redis but not back
	dead  bool
}

var errAway = errors.New("redis is away")

type faulty struct{ *fault }

func (f faulty) DialHook(next redis.DialHook) redis.DialHook { return next }

func (f faulty) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (f faulty) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, c redis.Cmder) error {
		if f.away || f.dead {
			c.SetErr(errAway)
			return errAway
		}
		err := next(ctx, c)
		if f.lost > 0 {
			f.lost--
			c.SetErr(errAway)
			return errAway
		}
		if after := f.after; after != nil && (err == nil || err == redis.Nil) { //nolint:errorlint // go-redis gives it as it is
			f.after = nil
			after(c.Name())
		}
		return err
	}
}

type later struct {
	at time.Time
	do func()
}

// NewModel is a model of functions that keep their pages in a Redis.
func NewModel(t testing.TB, client *redis.Client) *Model {
	environment := fmt.Sprintf("model-%d", rand.Uint64())
	m := &Model{
		TB: t, Grace: page.Grace, db: databasetest.SQLite(t), plain: client, prefix: "madang:" + environment + ":",
		writer: &fault{}, renderer: &fault{}, hosts: map[string]*host.Host{},
	}
	for _, statement := range []string{`CREATE TABLE items (id TEXT PRIMARY KEY, title TEXT, starts BIGINT, ends BIGINT, file TEXT)`, `CREATE TABLE item_files (name TEXT PRIMARY KEY, version BIGINT)`} {
		if _, err := m.db.Pool().Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	deps := function.Deps{DB: m.db, Log: slog.New(slog.DiscardHandler), Settings: function.Settings{Environment: environment, SiteURL: "http://localhost"}}
	deps.Outbox = &event.Outbox{DB: m.db, Bus: m, Log: deps.Log}
	build := func(spec function.Spec, f *fault) *host.Host {
		return host.New(spec, host.Options{Deps: deps, Redis: m.Client(f), Now: m.Time, Unlimited: true, Metrics: host.NewMetrics(), Later: func(d time.Duration, do func()) {
			m.later = append(m.later, later{m.Time().Add(d), do})
		}})
	}
	for _, spec := range m.Specs() {
		m.hosts[spec.Name] = build(spec, m.renderer)
	}
	m.writing = build(m.items(), m.writer)
	return m
}

// Prefix is that of the pages in Redis.
func (m *Model) Prefix() string { return m.prefix }

// Specs are the functions.
func (m *Model) Specs() []function.Spec { return []function.Spec{m.items(), m.front()} }

// Add adds edges before which the functions are.
func (m *Model) Add(edges ...Edge) {
	m.edges, m.cut = append(m.edges, edges...), append(m.cut, make([]bool, len(edges))...)
}

// say is a line of the history.
func (m *Model) say(format string, args ...any) {
	m.Told = append(m.Told, fmt.Sprintf("%10.3f ", m.Time().Sub(m.start).Seconds())+fmt.Sprintf(format, args...))
}

// Client is one of Redis with faults of its own; nil for none.
func (m *Model) Client(f *fault) *redis.Client {
	options := *m.plain.Options()
	c := redis.NewClient(&options)
	if f != nil {
		c.AddHook(faulty{f})
	}
	m.Cleanup(func() { _ = c.Close() })
	return c
}

// Time is that of the history.
func (m *Model) Time() time.Time {
	if m.Real {
		return time.Now()
	}
	return m.now
}

// Publish is the broker's: what it accepts it may lose.
func (m *Model) Publish(_ context.Context, e event.Event) error {
	m.events = append(m.events, e)
	return nil
}

// begin starts a history with nothing.
func (m *Model) begin(seed uint64) {
	m.random = rand.New(rand.NewPCG(seed, seed))
	m.now, m.Told, m.events, m.later, m.during, m.after, m.record, m.lastItem = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul), nil, nil, nil, nil, nil, nil, 0
	m.start = m.Time()
	m.away.Store(false)
	for _, statement := range []string{`DELETE FROM items`, `DELETE FROM item_files`, `DELETE FROM touches`, `DELETE FROM outbox`, `INSERT INTO item_files (name, version) VALUES ('a', 0), ('b', 0)`} {
		if _, err := m.db.Pool().Exec(statement); err != nil {
			m.Fatal(err)
		}
	}
	m.states = []state{{files: map[string]int{"a": 0, "b": 0}, known: m.start}}
	*m.writer, *m.renderer = fault{}, fault{}
	keys, err := m.plain.Keys(context.Background(), m.prefix+"*").Result()
	if err == nil && len(keys) > 0 {
		err = m.plain.Del(context.Background(), keys...).Err()
	}
	if err != nil {
		m.Fatal(err)
	}
	for i, e := range m.edges {
		m.cutOff(i, false)
		e.Forget()
	}
}

func (m *Model) cutOff(at int, away bool) {
	if m.cut[at] != away {
		m.cut[at] = away
		m.edges[at].Cut(away)
	}
}

// Serve is a function.
func (m *Model) Serve(name string, w http.ResponseWriter, r *http.Request) {
	if m.away.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	m.hosts[name].ServeHTTP(w, r)
}

// The functions ---------------------------------------------------------------------------

type shown struct {
	Text string `json:"text"`

	tags    []string
	changes []*time.Time
}

func (s *shown) PageTags() []string        { return s.tags }
func (s *shown) PageChanges() []*time.Time { return s.changes }

// read is a page as a function makes it: from the database, at the time of its context.
func (m *Model) read(ctx context.Context, path string) (*shown, error) {
	if f := m.during; f != nil {
		m.during = nil
		f()
	}
	items, err := database.All(ctx, m.db, func(r database.Row) (item, error) {
		var i item
		err := r.Scan(&i.ID, &i.Title, &i.From, &i.Until, &i.File)
		return i, err
	}, `SELECT id, title, starts, ends, file FROM items ORDER BY id`)
	if err != nil {
		return nil, err
	}
	type file struct {
		name    string
		version int
	}
	versions, err := database.All(ctx, m.db, func(r database.Row) (file, error) {
		var f file
		err := r.Scan(&f.name, &f.version)
		return f, err
	}, `SELECT name, version FROM item_files`)
	if err != nil {
		return nil, err
	}
	s := state{items: items, files: map[string]int{}}
	for _, f := range versions {
		s.files[f.name] = f.version
	}
	now := clock.Millis(clock.Now(ctx))
	out := &shown{Text: s.show(path, now)}
	for _, i := range items {
		if id, one := strings.CutPrefix(path, "/v1/items/"); one && id != i.ID {
			continue
		}
		if i.From <= now && now < i.Until { // its file is known only once it is shown
			out.tags = append(out.tags, "file:"+i.File)
		}
		for _, at := range []int64{i.From, i.Until} {
			if at > now {
				t := clock.FromMillis(at)
				out.changes = append(out.changes, &t)
			}
		}
	}
	if f := m.after; f != nil {
		m.after = nil
		f()
	}
	if out.Text == "404" {
		return nil, problem.Absent()
	}
	return out, nil
}

type change struct {
	Item   *item  `json:"item,omitempty"`
	Delete string `json:"delete,omitempty"`
	File   string `json:"file,omitempty"`
}

const itemChanged = "kr.madang.item.changed.v1"

// write is what an editor does: rows, touches and an event, in one unit of work.
func (m *Model) write(ctx context.Context, c *change) (*function.None, error) {
	tags, id := []string{"items"}, c.Delete
	var err error
	switch {
	case c.Item != nil:
		id = c.Item.ID
		_, err = m.db.Exec(ctx, `INSERT INTO items (id, title, starts, ends, file) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET title = excluded.title, starts = excluded.starts, ends = excluded.ends, file = excluded.file`,
			c.Item.ID, c.Item.Title, c.Item.From, c.Item.Until, c.Item.File)
	case c.Delete != "":
		_, err = m.db.Exec(ctx, `DELETE FROM items WHERE id = $1`, c.Delete)
	default:
		_, err = m.db.Exec(ctx, `UPDATE item_files SET version = version + 1 WHERE name = $1`, c.File)
		tags = []string{"file:" + c.File}
	}
	if err != nil {
		return nil, err
	}
	if id != "" {
		tags = append(tags, "item:"+id)
	}
	if err := touch.Tags(ctx, m.db, tags...); err != nil {
		return nil, err
	}
	e, err := event.New(ctx, itemChanged, fmt.Sprint(id, c.File), int64(len(m.states)), struct{}{})
	if err != nil {
		return nil, err
	}
	return &function.None{}, (&event.Outbox{DB: m.db, Bus: m, Log: slog.New(slog.DiscardHandler)}).Record(ctx, e)
}

func (m *Model) items() function.Spec {
	return function.Spec{Name: "items", New: func(function.Deps) function.Parts {
		list := func(ctx context.Context, _ *struct{}) (*shown, error) { return m.read(ctx, "/v1/items") }
		one := func(ctx context.Context, r *struct {
			ID string `path:"id"`
		},
		) (*shown, error) {
			return m.read(ctx, "/v1/items/"+r.ID)
		}
		return function.Parts{Routes: []function.Route{
			{Method: "GET", Path: "/v1/items", Access: function.Anyone, Page: &function.Page{Tags: []string{"items"}, Eager: true}, Do: function.Do(list)},
			{Method: "GET", Path: "/v1/items/{id}", Access: function.Anyone, Page: &function.Page{Tags: []string{"item:{id}"}}, Do: function.Do(one)},
			{Method: "POST", Path: "/v1/items", Access: function.Anyone, Do: function.Do(m.write)},
		}}
	}}
}

func (m *Model) front() function.Spec {
	return function.Spec{Name: "front", New: func(function.Deps) function.Parts {
		read := func(ctx context.Context, _ *struct{}) (*shown, error) { return m.read(ctx, "/v1/front") }
		render := func(ctx context.Context, _ event.Event) error {
			touch.Also(ctx, "items")
			return nil
		}
		return function.Parts{
			Routes:   []function.Route{{Method: "GET", Path: "/v1/front", Access: function.Anyone, Page: &function.Page{Tags: []string{"items"}, Eager: true}, Do: function.Do(read)}},
			Consumes: cloudevent.Consume(function.Subscription{Type: itemChanged, Do: render}),
		}
	}}
}

// Histories -------------------------------------------------------------------------------

// Tell tells the history of a seed, and says whether it was as it should be.
func (m *Model) Tell(seed uint64) bool {
	m.begin(seed)
	for range 20 + m.random.IntN(40) {
		m.step()
		if m.Failed() {
			return false
		}
	}
	// Whatever happened: once everything works again, all is right.
	m.away.Store(false)
	*m.writer, *m.renderer = fault{}, fault{}
	for i := range m.edges {
		m.cutOff(i, false)
	}
	m.settle("at the end")
	m.pass(m.Grace + time.Second + 10*time.Millisecond)
	for _, path := range m.paths() {
		for i := range m.edges {
			m.ask(i, path)
		}
	}
	return !m.Failed()
}

func (m *Model) step() {
	at := m.random.IntN(len(m.edges))
	n := m.random.IntN(100)
	if m.Real && (n >= 86 && n < 91 || n >= 96) {
		n = 0
	}
	switch {
	case n < 35:
		m.ask(at, m.path())
	case n < 55:
		m.change(m.random.IntN(8))
	case n < 75:
		m.pass(m.duration())
	case n < 80:
		m.deliver()
	case n < 84:
		m.evict()
	case n < 86:
		m.settle("sweep")
	case n < 88:
		m.say("edge %d renews", at)
		m.edges[at].Renew()
	case n < 91:
		m.writer.away = !m.writer.away
		m.renderer.away = m.writer.away
		m.say("Redis is away for functions: %v", m.writer.away)
	case n < 94:
		m.say("Redis is away for edge %d: %v", at, !m.cut[at])
		m.cutOff(at, !m.cut[at])
	case n < 96:
		m.away.Store(!m.away.Load())
		m.say("functions are away: %v", m.away.Load())
	case n < 98:
		f := []*fault{m.writer, m.renderer}[m.random.IntN(2)]
		f.lost = 1 + m.random.IntN(3)
		m.say("the next %d answers of Redis are lost", f.lost)
	default:
		nested := func() { m.change(0) }
		first := m.random.IntN(2) == 0
		if first {
			m.during = nested
		} else {
			m.after = nested
		}
		m.say("a write will come while a page is rendered, before it reads: %v", first)
	}
}

// duration is of a pause, or of what an item is visible.
func (m *Model) duration() time.Duration {
	list := []time.Duration{time.Millisecond, 300 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, m.Grace, 3 * m.Grace / 2}
	if !m.Real {
		list = append(list, time.Minute, 10*time.Minute, page.FreshFor, 30*time.Hour)
	}
	d := list[m.random.IntN(len(list))] + time.Duration(m.random.IntN(500))*time.Millisecond
	if m.Real {
		d /= 2
	}
	return d
}

// pass lets time pass, and what was put off happen in it.
func (m *Model) pass(d time.Duration) {
	end := m.Time().Add(d)
	for {
		slices.SortStableFunc(m.later, func(a, b later) int { return a.at.Compare(b.at) })
		if len(m.later) == 0 || m.later[0].at.After(end) {
			break
		}
		next := m.later[0]
		m.later = m.later[1:]
		m.until(next.at)
		next.do()
		m.known()
	}
	m.until(end)
	m.say("%v later", d)
}

func (m *Model) until(t time.Time) {
	if m.Real {
		time.Sleep(time.Until(t))
	} else if m.now.Before(t) {
		m.now = t
	}
}

func (m *Model) paths() []string {
	list := []string{"/v1/items", "/v1/front"}
	for i := range m.lastItem {
		list = append(list, fmt.Sprintf("/v1/items/%d", i))
	}
	return list
}

func (m *Model) path() string {
	list := m.paths()
	return list[m.random.IntN(min(len(list), 5))]
}

// ask is a guest at an edge.
func (m *Model) ask(at int, path string) {
	began := m.Time()
	code, status, body := m.edges[at].Get(path)
	m.known()
	got := "404"
	if code == http.StatusOK {
		var s shown
		if err := json.Unmarshal(body, &s); err != nil {
			m.Errorf("%s: %s", path, body)
		}
		got = s.Text
	}
	m.say("edge %d: %s: %d %q (%s)", at, path, code, got, status)
	m.Reads++
	if strings.Contains(status, "hit") {
		m.Hits++
	}
	if code >= http.StatusInternalServerError {
		if !m.away.Load() {
			m.Errorf("%s: %d %s", path, code, body)
		}
		return
	}
	if m.away.Load() && strings.Contains(status, "function-away") || m.cut[at] && strings.Contains(status, "store-away") {
		return // the last good copy, which says so
	}
	if may := m.may(path, began); !slices.Contains(may, got) {
		m.Errorf("%s: %q, and may be one of %q", path, got, may)
	}
}

// may is what a reader may get who began to ask at a time, the newest first.
func (m *Model) may(path string, began time.Time) []string {
	from, to := began.UnixMilli(), m.Time().UnixMilli()
	allowed := m.Grace + time.Second
	if m.Real { // clocks are read at different moments of one request
		from, allowed = from-100, allowed+200*time.Millisecond
	}
	list, files := []string{}, []string{} // files that pages know to have changed
	for i := len(m.states) - 1; i >= 0; i-- {
		s := m.states[i]
		times := []int64{from, to}
		for _, item := range s.items {
			for _, at := range []int64{item.From, item.Until} {
				if from < at && at <= to {
					times = append(times, at)
				}
			}
		}
		for _, at := range times {
			// A page from before an item that no page was told of does not show its file, and hears nothing of it.
			text := s.show(path, at)
			if !slices.ContainsFunc(files, func(name string) bool { return strings.Contains(text, "/"+name) }) {
				list = append(list, text)
			}
		}
		if s.known.IsZero() || began.Sub(s.known) <= allowed {
			continue
		}
		if s.changes(path) {
			break
		}
		if s.by.File != "" {
			files = append(files, s.by.File)
		}
	}
	return list
}

// change is a write, and what becomes of its process.
func (m *Model) change(fate int) {
	if f := m.record; f != nil { // that of a write whose pages are being rendered
		f()
	}
	before := m.states[len(m.states)-1]
	next := state{items: slices.Clone(before.items), files: map[string]int{}}
	for name, v := range before.files {
		next.files[name] = v
	}
	c := m.draw(&next)
	next.by = c
	announced := false
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dies := "later"
	switch {
	case fate == 1:
		dies = "once it has announced it"
		m.writer.after = func(string) { announced, m.writer.dead = true, true; cancel() }
	case fate == 2:
		dies = "once it has committed it"
		m.writer.after = func(string) { announced, m.writer.dead = true, true }
	default:
		m.writer.after = func(string) { announced = true }
	}
	body, err := json.Marshal(c)
	if err != nil {
		m.Fatal(err)
	}
	recorded := false
	m.record = func() {
		if !recorded && m.committed(next) {
			recorded = true
			if announced || m.settled() {
				next.known = m.Time()
			}
			m.states = append(m.states, next)
		}
	}
	outer := m.record
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/items", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	m.writing.ServeHTTP(w, r)
	died := m.writer.dead
	m.writer.after = nil
	m.say("write %s: %d, announced %v; the process ends %s", body, w.Code, announced, dies)
	if died {
		m.writer.dead = false
		m.later = nil // and what it had put off
	}
	outer()
	m.record = nil
	if !recorded && !died {
		m.Fatalf("a write failed: %d %s\n%s", w.Code, w.Body, strings.Join(m.Told, "\n"))
	}
	m.known()
}

// draw makes a change of the state.
func (m *Model) draw(s *state) change {
	if m.random.IntN(4) == 0 {
		name := []string{"a", "b"}[m.random.IntN(2)]
		s.files[name]++
		return change{File: name}
	}
	at := len(s.items)
	if at > 0 && m.random.IntN(2) == 0 {
		at = m.random.IntN(at)
	}
	if at < len(s.items) && m.random.IntN(3) == 0 {
		id := s.items[at].ID
		s.items = slices.Delete(s.items, at, at+1)
		return change{Delete: id}
	}
	i := item{ID: fmt.Sprint(m.lastItem), File: []string{"a", "b"}[m.random.IntN(2)], Title: fmt.Sprint("t", len(m.states)), From: m.Time().UnixMilli(), Until: m.Time().AddDate(1, 0, 0).UnixMilli()}
	if m.random.IntN(2) == 0 {
		i.From = m.Time().Add(m.duration()).UnixMilli()
	}
	if m.random.IntN(3) == 0 {
		i.Until = max(i.From, m.Time().UnixMilli()) + m.duration().Milliseconds()
	}
	if at < len(s.items) {
		i.ID = s.items[at].ID
		s.items[at] = i
	} else {
		m.lastItem++
		s.items = append(s.items, i)
	}
	return change{Item: &i}
}

// committed says whether the database has a state.
func (m *Model) committed(s state) bool {
	n, err := database.One(context.Background(), m.db, database.Value[int], `SELECT count(*) FROM items`)
	if err != nil {
		m.Fatal(err)
	}
	same := n == len(s.items)
	for _, i := range s.items {
		n, err := database.One(context.Background(), m.db, database.Value[int], `SELECT count(*) FROM items WHERE id = $1 AND title = $2 AND starts = $3 AND ends = $4`, i.ID, i.Title, i.From, i.Until)
		same = same && err == nil && n == 1
	}
	for name, v := range s.files {
		got, err := database.One(context.Background(), m.db, database.Value[int], `SELECT version FROM item_files WHERE name = $1`, name)
		same = same && err == nil && got == v
	}
	return same
}

// settled says whether no touch is left that pages were not told of.
func (m *Model) settled() bool {
	n, err := database.One(context.Background(), m.db, database.Value[int], `SELECT count(*) FROM touches`)
	if err != nil {
		m.Fatal(err)
	}
	return n == 0
}

// known marks what pages know by now.
func (m *Model) known() {
	if !m.settled() {
		return
	}
	for i := range m.states {
		if m.states[i].known.IsZero() {
			m.states[i].known = m.Time()
			m.say("the pages know of it")
		}
	}
}

func (m *Model) settle(who string) {
	err := func() error {
		ctx := clock.With(context.Background(), m.Time())
		_, err := touch.Store{DB: m.db, Pages: &page.Store{Redis: m.Client(m.writer), Prefix: m.prefix, Now: m.Time}}.Settle(ctx)
		return err
	}()
	m.say("%s settles: %v", who, err)
	m.known()
}

// deliver has the broker deliver, repeat or lose an event.
func (m *Model) deliver() {
	if len(m.events) == 0 {
		return
	}
	i := m.random.IntN(len(m.events))
	e := m.events[i]
	switch m.random.IntN(3) {
	case 0:
		m.events = slices.Delete(m.events, i, i+1)
		m.say("an event is lost")
		return
	case 1:
		m.events = slices.Delete(m.events, i, i+1)
	}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, host.EventsPath, strings.NewReader(string(e.Data)))
	event.SetHeader(r.Header, e, "/model")
	event.Sign(r.Header, secret.Key{}.Derive(event.KeyPurpose), e)
	w := httptest.NewRecorder()
	m.Serve("front", w, r)
	m.say("an event: %d", w.Code)
	m.known()
}

// evict takes something from Redis, or everything.
func (m *Model) evict() {
	ctx := context.Background()
	keys, err := m.plain.Keys(ctx, m.prefix+"*").Result()
	if err != nil {
		m.Fatal(err)
	}
	if len(keys) == 0 {
		return
	}
	slices.Sort(keys)
	if m.random.IntN(4) > 0 {
		keys = keys[:1+copy(keys, keys[m.random.IntN(len(keys)):][:1])-1]
	}
	m.say("Redis loses %q", keys)
	if err := m.plain.Del(ctx, keys...).Err(); err != nil {
		m.Fatal(err)
	}
}

// Cuttable is a client of Redis that can be cut off from it.
func (m *Model) Cuttable() (client *redis.Client, cut func(away bool)) {
	f := &fault{}
	return m.Client(f), func(away bool) { f.away = away }
}

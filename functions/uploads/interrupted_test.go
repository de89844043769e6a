package uploads_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/media"
	"github.com/madang-council/madang/functions/sweep"
	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/sqlite"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
)

// TestInterrupted uploads files while everything around it fails: connections are cut,
// stalled, refused, repeated and reordered at every step, and processes are killed before
// and after each call to the storage. After a sweep there must be no row without its
// object, nothing readable that is not whole, and nothing left of what did not succeed.
//
//	UPLOAD_SEEDS=10000 go test ./functions/uploads -run TestInterrupted/embedded -timeout 0
//	UPLOAD_SEED=4711 go test ./functions/uploads -run TestInterrupted -v
//
// The first runs that many schedules; without it there are a few, so that the package's
// tests end within 40 seconds on two idle cores. The second replays one and prints what was
// disturbed. What happens to each request of each process follows from the seed; only how
// two processes that work at the same time take turns does not.
func TestInterrupted(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { interrupted(t, functiontest.Embedded(t), 80, 32) })
	t.Run("swift", func(t *testing.T) { interrupted(t, functiontest.Swift(t), 6, 6) })
}

func number(t testing.TB, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func interrupted(t *testing.T, storage function.StorageConfig, seeds, atOnce int) {
	n := newNetwork(t, storage.Endpoint)
	n.app = functiontest.New(t, uploads.Function, functiontest.WithStorage(storage))
	files := samples(t)
	first, last := 1, number(t, "UPLOAD_SEEDS", seeds)
	if one := number(t, "UPLOAD_SEED", 0); one > 0 {
		first, last = one, one
	}
	var count outcomes
	next := atomic.Int64{}
	next.Store(int64(first) - 1)
	var wg sync.WaitGroup
	for range min(atOnce, last-first+1) {
		wg.Go(func() {
			for seed := int(next.Add(1)); seed <= last; seed = int(next.Add(1)) {
				if !t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { newStory(t, n, storage, files, seed, &count).run() }) {
					t.Logf("replay it with UPLOAD_SEED=%d", seed)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d schedules: %d uploads completed, %d refused, %d given up; %d requests disturbed, %d processes killed",
		last-first+1, count.completed.Load(), count.refused.Load(), count.abandoned.Load(), count.disturbed.Load(), count.killed.Load())
	if count.completed.Load() == 0 && first != last {
		t.Error("no upload was ever completed: nothing was tested")
	}
}

type outcomes struct{ completed, refused, abandoned, disturbed, killed atomic.Int64 }

// sample is a file that somebody uploads.
type sample struct {
	purpose, name string
	content       []byte
	honest        bool // is what its name says
}

func samples(t testing.TB) []sample {
	return []sample{
		{"post", "사진.jpg", photo(t, 64, 48), true},
		{"post", "자료.zip", archive(t, 1000), true},
		{"proof", "증명.jpg", photo(t, 20, 30), true},
		{"post", "거짓.pdf", photo(t, 16, 16), false},
		{"archive", "두 조각.zip", archive(t, int(objects.PartSize)+777), true},
	}
}

// story is one member's upload under one seed.
type story struct {
	*testing.T
	app     *functiontest.App
	n       *network
	storage function.StorageConfig
	clean   *objects.Store
	path    string // of the database
	seed    int
	random  *rand.Rand
	rate    float64
	file    sample
	token   string
	member  string
	count   *outcomes

	late  sync.WaitGroup // parts that arrive when nobody waits for them any more
	mu    sync.Mutex
	trace []string
}

func newStory(t *testing.T, n *network, storage function.StorageConfig, files []sample, seed int, count *outcomes) *story {
	random := rand.New(rand.NewPCG(uint64(seed), 20260302))
	file := files[random.IntN(len(files)-1)]
	if random.IntN(12) == 0 {
		file = files[len(files)-1]
	}
	app := functiontest.New(t, uploads.Function, functiontest.WithStorage(storage), functiontest.WithRedis(n.app),
		functiontest.WithSettings(func(s *function.Settings) { s.Environment = "s" + strconv.Itoa(seed) }))
	// The storage has the machine's clock; the rest has it too until the sweep.
	app.At(time.Now())
	who := app.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Editor}}})
	path, err := database.One(context.Background(), app.DB, database.Value[string], `SELECT file FROM pragma_database_list WHERE name = 'main'`)
	if err != nil {
		t.Fatal(err)
	}
	return &story{
		T: t, app: app, n: n, storage: storage, clean: app.Objects(), path: path, seed: seed, random: random,
		rate: []float64{0, 0.1, 0.3, 0.5}[random.IntN(4)], file: file, token: who.Token, member: who.ID, count: count,
	}
}

func (s *story) run() {
	var id string
	if s.random.IntN(4) == 0 {
		id = s.byForm()
	} else {
		id = s.byParts()
	}
	s.whole()
	if id != "" && s.random.IntN(3) > 0 {
		s.processed(id)
	}
	keep := id != "" && s.random.IntN(2) == 0 && s.use(id)
	if id != "" && !keep && s.random.IntN(2) == 0 {
		s.call(s.random.IntN(8), "DELETE", "/v1/uploads/"+id, nil, nil)
	}
	s.late.Wait()
	s.whole()
	s.swept()
	s.settled(id, keep)
	s.count.disturbed.Add(int64(len(s.trace)))
	if s.Failed() || os.Getenv("UPLOAD_SEED") != "" {
		s.Logf("seed %d, %s, rate %.1f:\n%s", s.seed, s.file.name, s.rate, strings.Join(s.trace, "\n"))
	}
}

func (s *story) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = append(s.trace, fmt.Sprintf(format, args...))
}

// fork is a source of randomness for what happens beside the story's own course.
func (s *story) fork() *rand.Rand { return rand.New(rand.NewPCG(s.random.Uint64(), s.random.Uint64())) }

// process runs f as a process of its own, with its own connections to database and
// storage, which may be killed at its kill-th call to the storage.
func (s *story) process(spec function.Spec, kill int, f func(ctx context.Context, h http.Handler)) {
	db, err := sqlite.Fleeting(s.path)
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if kill > 5 {
		kill = -1
	}
	l := s.n.line(s.fork(), s.rate, kill, func() {
		s.count.killed.Add(1)
		_ = db.Close()
		cancel()
	})
	deps := s.app.Deps
	deps.DB = db
	deps.Outbox = &event.Outbox{DB: db, Bus: s.app.Events, Log: deps.Log}
	deps.Storage.Endpoint = l.address
	deps.Storage.PublicEndpoint = s.storage.Endpoint
	f(ctx, host.New(spec, host.Options{Deps: deps, Now: s.app.Now, TrustedHops: 1}))
	cancel()
	l.close()
	_ = db.Close()
	s.note("-- %s", spec.Name)
	for _, line := range l.trace {
		s.note("   %s", line)
	}
}

type got struct {
	status int
	body   []byte
}

// call sends a request to a function that may be killed.
func (s *story) call(kill int, method, path string, body any, header map[string]string) got {
	var raw []byte
	if reader, ok := body.(io.Reader); ok {
		return s.stream(kill, method, path, reader, header)
	}
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			s.Fatal(err)
		}
	}
	return s.stream(kill, method, path, bytes.NewReader(raw), header)
}

func (s *story) stream(kill int, method, path string, body io.Reader, header map[string]string) got {
	var g got
	s.process(uploads.Function, kill, func(ctx context.Context, h http.Handler) {
		r := httptest.NewRequest(method, path, body).WithContext(ctx)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+s.token)
		for name, value := range header {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		g = got{w.Code, w.Body.Bytes()}
	})
	s.note("%s %s: %d %s", method, path, g.status, bytes.TrimSpace(g.body[:min(len(g.body), 120)]))
	if g.status >= 500 && g.status != 503 {
		s.Errorf("%s %s: %d %s", method, path, g.status, g.body)
	}
	return g
}

// byParts uploads the file in parts as a stubborn client would, and returns its id once
// it is complete.
func (s *story) byParts() string {
	header := map[string]string{}
	if s.random.IntN(3) > 0 {
		header["Idempotency-Key"] = "k"
	}
	var a answer
	for try := 0; ; try++ {
		g := s.call(s.random.IntN(8), "POST", "/v1/uploads", draft(s.file.purpose, s.file.name, "", s.file.content), header)
		if g.status == 201 {
			s.decode(g, &a)
			break
		}
		if try == 6 {
			s.count.abandoned.Add(1)
			return ""
		}
	}
	path := "/v1/uploads/" + a.ID
	missing := a.Parts
	for range 10 {
		s.random.Shuffle(len(missing), func(i, j int) { missing[i], missing[j] = missing[j], missing[i] })
		for _, p := range missing {
			s.part(p)
			if s.random.IntN(6) == 0 {
				s.part(p)
			}
		}
		if id, done := s.completed(path); done {
			return id
		}
		if s.random.IntN(12) == 0 {
			break // the member closed the window
		}
		missing = nil
		if g := s.call(s.random.IntN(8), "GET", path+"/parts", nil, nil); g.status == 200 {
			var r answer
			s.decode(g, &r)
			missing = r.Missing
		}
	}
	s.count.abandoned.Add(1)
	return ""
}

func (s *story) decode(g got, v any) {
	if err := json.Unmarshal(g.body, v); err != nil {
		s.Fatalf("%v: %s", err, g.body)
	}
}

// part sends a part, disturbed as requests are. Its address is signed for the storage
// itself, so that it takes no line of its own.
func (s *story) part(p part) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPut, p.URL, http.NoBody)
	if err != nil {
		s.Fatal(err)
	}
	r.Host = r.URL.Host
	from := int64(p.Number-1) * objects.PartSize
	body := s.file.content[from : from+p.Size]
	l := &line{random: s.random, rate: s.rate, kill: -1}
	what := l.draw(r)
	if what != none {
		s.note("   part %d: %s", p.Number, what)
	}
	switch what {
	case refused429, refused503, cutBefore:
		return
	case cutRequest:
		s.n.forward(r, body, s.random.IntN(len(body)))
		return
	case late:
		pause := time.Duration(s.random.IntN(60)) * time.Millisecond
		s.late.Add(1)
		time.AfterFunc(pause, func() {
			defer s.late.Done()
			s.n.forward(r, body, len(body))
		})
		return
	case repeated:
		s.n.forward(r, body, len(body))
	}
	if reply := s.n.forward(r, body, len(body)); reply != nil && reply.status >= 500 && reply.status != 503 {
		s.Errorf("part %d: %d %s", p.Number, reply.status, reply.body)
	}
}

// completed completes until it is said how it ended, and returns the id if well.
func (s *story) completed(path string) (string, bool) {
	results := make([]got, 1+s.random.IntN(2))
	kills := []int{s.random.IntN(12), s.random.IntN(12)}
	if len(results) == 1 {
		results[0] = s.call(kills[0], "POST", path+"/complete", nil, nil)
	} else {
		s.together(results, kills, path)
	}
	id, done := "", false
	for _, g := range results {
		switch g.status {
		case 200:
			if !s.file.honest {
				s.Errorf("what is not what it says was completed: %s", g.body)
			}
			var a answer
			s.decode(g, &a)
			id, done = a.ID, true
		case 422:
			if s.file.honest {
				s.Errorf("refused: %s", g.body)
			}
			done = true
			s.count.refused.Add(1)
		}
	}
	if id != "" {
		s.count.completed.Add(1)
	}
	return id, done
}

// together completes twice at the same time. Each process has its own randomness, drawn
// before they start.
func (s *story) together(results []got, kills []int, path string) {
	others := make([]*story, len(results))
	for i := range results {
		others[i] = &story{T: s.T, app: s.app, n: s.n, storage: s.storage, path: s.path, seed: s.seed, random: s.fork(), rate: s.rate, file: s.file, token: s.token, count: s.count}
	}
	var wg sync.WaitGroup
	for i, other := range others {
		wg.Go(func() { results[i] = other.call(kills[i], "POST", path+"/complete", nil, nil) })
	}
	wg.Wait()
	for _, other := range others {
		s.trace = append(s.trace, other.trace...)
	}
}

// byForm uploads the file as a form, whose connection may be cut.
func (s *story) byForm() string {
	whole, kind := formOf(s, [][2]string{{"purpose", s.file.purpose}}, s.file.name, s.file.content)
	for range 4 {
		var body io.Reader = bytes.NewReader(whole)
		if s.random.Float64() < s.rate {
			at := s.random.IntN(len(whole))
			s.note("   the form is cut at %d of %d", at, len(whole))
			body = io.MultiReader(bytes.NewReader(whole[:at]), cut{})
		}
		g := s.call(s.random.IntN(12), "POST", "/v1/uploads/form", body, map[string]string{"Content-Type": kind})
		switch {
		case g.status == 201 && s.file.honest:
			var a answer
			s.decode(g, &a)
			s.count.completed.Add(1)
			return a.ID
		case g.status == 201:
			s.Errorf("what is not what it says was completed: %s", g.body)
		case g.status == 422 && !s.file.honest:
			s.count.refused.Add(1)
			return ""
		case g.status == 422:
			s.Errorf("refused: %s", g.body)
		}
	}
	s.count.abandoned.Add(1)
	return ""
}

type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// processed gives the event to media as a broker would: repeatedly, until it takes it.
func (s *story) processed(id string) {
	e := event.Event{ID: upload.CompletedType + "/" + id + "/1", Type: upload.CompletedType, Subject: id, Time: s.app.Now(), Data: json.RawMessage(`{}`)}
	for range 3 {
		code := 0
		s.process(media.Function, s.random.IntN(12), func(ctx context.Context, h http.Handler) {
			r := httptest.NewRequest(http.MethodPost, host.EventsPath, bytes.NewReader(e.Data)).WithContext(ctx)
			event.SetHeader(r.Header, e, "/test")
			event.Sign(r.Header, s.app.Deps.Key.Derive(event.KeyPurpose), e)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			code = w.Code
		})
		s.note("media: %d", code)
		if code == 204 && s.random.IntN(3) > 0 {
			return
		}
	}
}

func (s *story) use(id string) bool {
	ctx := auth.With(s.app.Context(), auth.Principal{MemberID: s.member})
	store := upload.Store{DB: s.app.DB}
	use := store.Use
	if s.file.purpose == "proof" {
		use = store.UsePrivate
	}
	if err := use(ctx, "thing", "1", []string{id}, "files"); err != nil {
		s.Errorf("a completed upload cannot be used: %v", err)
		return false
	}
	return true
}

// whole checks that whatever can be read from outside is whole.
func (s *story) whole() {
	for o, err := range s.clean.List(context.Background(), "s"+strconv.Itoa(s.seed)+"/") {
		if err != nil {
			s.Fatal(err)
		}
		if !strings.Contains(o.Key, "/original.") {
			continue
		}
		r, err := s.clean.Open(context.Background(), o.Key, 0, -1)
		if err != nil {
			continue // the listing lags
		}
		content, err := io.ReadAll(r)
		_ = r.Close()
		if err != nil || sum(content) != sum(s.file.content) || !s.file.honest {
			s.Errorf("%s can be read and is not a whole, verified file: %v", o.Key, err)
		}
	}
}

// swept lets a day pass and sweeps: once for what is too old, once when nothing can work
// on it any more, and once to forget it.
func (s *story) swept() {
	unused := 25 * time.Hour
	if s.file.purpose == "proof" { // nobody decides on it
		unused = upload.ProofDays*24*time.Hour + time.Hour
	}
	for _, pause := range []time.Duration{unused, upload.Settle, 25 * time.Hour} {
		s.app.Wait(pause)
		deps := s.app.Deps
		h := host.New(sweep.Function, host.Options{Deps: deps, Now: s.app.Now, TrustedHops: 1})
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/v1/admin/sweep?everything=true", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+s.app.Admin())
		h.ServeHTTP(w, r)
		if w.Code != 200 || strings.Contains(w.Body.String(), `"failed":true`) {
			s.Errorf("sweep: %d %s", w.Code, w.Body)
		}
	}
}

// settled checks what is left: of an upload that is used its whole file, of everything
// else nothing at all.
func (s *story) settled(id string, keep bool) {
	ctx := context.Background()
	want := map[string]bool{}
	rows, err := database.All(ctx, s.app.DB, database.Value[string], `SELECT folder || '/original.' || type FROM uploads`)
	if err != nil {
		s.Fatal(err)
	}
	for _, key := range rows {
		want[key] = true
		if info, err := s.clean.Stat(ctx, key); err != nil || info.Size != int64(len(s.file.content)) {
			s.Errorf("a row without its object: %s: %+v %v", key, info, err)
		}
	}
	if keep != (len(rows) == 1) || len(rows) > 1 {
		s.Errorf("upload %s is kept (%v), and there are %d rows", id, keep, len(rows))
	}
	s.whole()
	for o, err := range s.clean.List(ctx, "s"+strconv.Itoa(s.seed)+"/") {
		if err != nil {
			s.Fatal(err)
		}
		if want[o.Key] || keep && upload.IsPublic(upload.FilesPath+o.Key) && s.file.purpose == "post" { // what is made of it
			continue
		}
		if _, err := s.clean.Stat(ctx, o.Key); err == nil {
			s.Errorf("left behind: %s", o.Key)
		}
	}
	for m, err := range s.clean.ListMultiparts(ctx, "s"+strconv.Itoa(s.seed)+"/") {
		if err != nil {
			s.Fatal(err)
		}
		s.Errorf("parts left behind: %s", m.Key)
	}
}

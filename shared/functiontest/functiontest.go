// Package functiontest runs one function as the host does: the real routing and
// middleware, embedded backends, recorded events and mail, a clock that the test moves.
// Every request meets a freshly built function, as after a scale to zero, and every
// answer is checked against the API document.
package functiontest

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cache/cachetest"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/persons"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/mail"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/page"
	"github.com/madang-council/madang/shared/secret"
	"github.com/madang-council/madang/shared/spans"
)

// Start is the time at which every test begins: a Monday noon in Seoul.
var Start = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

// App is a function under test with everything around it.
type App struct {
	Spec   function.Spec
	DB     *database.DB
	Redis  *redis.Client
	Server *miniredis.Miniredis // the Redis server, to stop it
	Pages  *page.Store
	Events *Bus
	Spans  *spans.Exporter // nil: nobody collects
	Mail   *Mailbox
	Deps   function.Deps
	Log    *bytes.Buffer
	Hops   int
	beside []besides
	now    time.Time
	mu     sync.Mutex
	t      testing.TB
}

// Option changes an App before its first request.
type Option func(*App)

// OnPostgres runs the function on PostgreSQL instead of SQLite.
func OnPostgres(a *App) { a.DB = databasetest.Postgres(a.t) }

// WithDB runs the function on a database that the test has made.
func WithDB(db *database.DB) Option { return func(a *App) { a.DB = db } }

// WithRedis runs the function on the Redis of another App, for suites of thousands.
func WithRedis(other *App) Option {
	return func(a *App) { a.Server, a.Redis = other.Server, other.Redis }
}

// WithSettings changes the settings.
func WithSettings(change func(*function.Settings)) Option {
	return func(a *App) { change(&a.Deps.Settings) }
}

// besides is a path, part by part, and the function that it belongs to.
type besides struct {
	path []string
	spec function.Spec
}

// Beside are functions that are there beside the one under test: their entries are in its
// menus, and Do sends them what is theirs, as the edge does.
func Beside(specs ...function.Spec) Option {
	return func(a *App) {
		for _, spec := range specs {
			for _, route := range spec.Build(function.Deps{}).Routes {
				a.beside = append(a.beside, besides{strings.Split(route.Path, "/"), spec})
			}
		}
		a.Deps.Catalogue = persons.Catalogue(specs...)
	}
}

// New wires a function with embedded backends.
func New(t testing.TB, spec function.Spec, options ...Option) *App {
	t.Helper()
	a := &App{Spec: spec, Events: &Bus{}, Mail: &Mailbox{}, Log: &bytes.Buffer{}, now: Start, t: t, Hops: 1}
	a.Deps = function.Deps{
		Key:       secret.Key(bytes.Repeat([]byte{7}, 32)),
		Mail:      a.Mail,
		Client:    &http.Client{Timeout: 5 * time.Second},
		Log:       host.NewLog(lockedWriter{&a.mu, a.Log}, slog.LevelDebug),
		Catalogue: persons.Catalogue(spec),
		Trial:     true,
		Settings: function.Settings{
			Environment: "test", SiteURL: "https://council.madang.ac.kr", CouncilName: "마당대학교 총학생회",
			SchoolDomains: []string{"madang.ac.kr"}, Units: []string{"총학", "단과대", "학과", "동연", "감사"},
			Names:         function.Names{Units: map[string]string{"총학": "Student Council", "동연": "Student Clubs"}, Tags: map[string]string{"행사": "Events"}},
			PolicyVersion: "2026-03-01", OrphanAge: 24 * time.Hour, LeaveGrace: 7 * 24 * time.Hour, AuditRetention: 365 * 24 * time.Hour, LogRetention: 14 * 24 * time.Hour,
			Outside: outside.Options{Names: noNames},
		},
	}
	for _, o := range options {
		o(a)
	}
	if a.Redis == nil {
		a.Server, a.Redis = cachetest.Embedded(t)
	}
	if a.DB == nil {
		a.DB = databasetest.SQLite(t)
	}
	a.Deps.DB = a.DB
	a.Deps.Outbox = &event.Outbox{DB: a.DB, Bus: a.Events, Log: a.Deps.Log}
	a.Pages = &page.Store{Redis: a.Redis, Prefix: "madang:test:", Now: a.Now}
	if needs(spec, function.Storage) {
		a.startStorage(t)
	}
	return a
}

// noNames knows no name: tests call nobody outside.
func noNames(context.Context, string) ([]netip.Addr, error) {
	return nil, errors.New("functiontest: no network")
}

func needs(spec function.Spec, n function.Need) bool {
	for _, m := range spec.Needs {
		if m == n {
			return true
		}
	}
	return false
}

// Now is the time in the test.
func (a *App) Now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

// At sets the time.
func (a *App) At(t time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = t
}

// Wait moves the time.
func (a *App) Wait(d time.Duration) { a.At(a.Now().Add(d)) }

// Refill has nobody have asked too often: Redis counts by a clock of its own, which Wait does not move.
func (a *App) Refill() {
	for _, key := range a.Server.Keys() {
		if strings.HasPrefix(key, "rate:") { // of redis_rate
			a.Server.Del(key)
		}
	}
}

// Context is a context with the test's time, for calls to stores.
func (a *App) Context() context.Context { return clock.With(context.Background(), a.Now()) }

// Host is a freshly built host of the function.
func (a *App) Host() *host.Host { return a.hostOf(a.Spec) }

func (a *App) hostOf(spec function.Spec) *host.Host {
	return host.New(spec, host.Options{Deps: a.Deps, Redis: a.Redis, Now: a.Now, TrustedHops: a.Hops, Spans: a.Spans})
}

// owner is the function that a path belongs to: the one under test, unless one beside it
// has a route for it.
func (a *App) owner(address string) function.Spec {
	path, _, _ := strings.Cut(address, "?")
	parts := strings.Split(path, "/")
	best, owner := -1, a.Spec
	for _, b := range a.beside {
		if literal := literals(b.path, parts); literal > best {
			best, owner = literal, b.spec
		}
	}
	return owner
}

// literals is how many parts of a path a route's path names as they are; -1 where it is
// another path.
func literals(want, got []string) int {
	n := 0
	if len(want) != len(got) {
		return -1
	}
	for i := range want {
		switch {
		case want[i] == got[i]:
			n++
		case !strings.HasPrefix(want[i], "{"):
			return -1
		}
	}
	return n
}

// Request is one call.
type Request struct {
	Method, Path string
	As           string            // a token from Member; "" for a guest
	Body         any               // a string is sent as it is, url.Values as a form, anything else as JSON
	Header       map[string]string // Content-Type is application/json where there is a body
	Cookies      map[string]string
	From         string // client address; 203.0.113.7 if empty
}

// Response is an answer that was read whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	t      testing.TB
	what   string
}

// Do sends a request to a freshly built function.
func (a *App) Do(r Request) Response {
	a.t.Helper()
	spec := a.owner(r.Path)
	return a.send(a.t, spec, a.hostOf(spec), r)
}

func (a *App) send(t testing.TB, spec function.Spec, h http.Handler, r Request) Response {
	t.Helper()
	request, sent := a.request(r)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request)
	response := Response{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes(), t: t, what: r.Method + " " + r.Path}
	describe(t, spec).check(t, request, sent, response)
	if response.isPage() {
		if one := onePlural.FindSubmatch(response.Body); one != nil {
			t.Errorf("%s says %q: numbers and what they count are said by text.Many", response.what, one[1])
		}
	}
	return response
}

// request is r as a function gets it, and its body, but for one that can be read only once.
func (a *App) request(r Request) (*http.Request, []byte) {
	var sent []byte
	switch b := r.Body.(type) {
	case nil, io.Reader:
	case string:
		sent = []byte(b)
	case []byte:
		sent = b
	case url.Values:
		sent = []byte(b.Encode())
	default:
		var err error
		if sent, err = json.Marshal(b); err != nil {
			a.t.Fatal(err)
		}
	}
	var body io.Reader = http.NoBody
	if once, ok := r.Body.(io.Reader); ok {
		body = once
	} else if r.Body != nil {
		body = bytes.NewReader(sent)
	}
	request := httptest.NewRequest(r.Method, r.Path, body)
	if r.Body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if _, form := r.Body.(url.Values); form {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range r.Cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	if r.As != "" {
		request.Header.Set("Authorization", "Bearer "+r.As)
	}
	from := r.From
	if from == "" {
		from = "203.0.113.7"
	}
	request.Header.Set("X-Forwarded-For", from)
	for name, value := range r.Header {
		request.Header.Set(name, value)
	}
	return request, sent
}

// Want fails the test unless the status is the given one, and returns the response.
func (r Response) Want(status int) Response {
	r.t.Helper()
	if r.Status != status {
		r.t.Fatalf("%s: status %d, want %d\n%s", r.what, r.Status, status, r.Body)
	}
	return r
}

// Problem fails the test unless the answer is a problem with this status and code.
func (r Response) Problem(status int, code string) Response {
	r.t.Helper()
	if got := r.Code(); r.Status != status || got != code {
		r.t.Fatalf("%s: %d %q, want %d %q\n%s", r.what, r.Status, got, status, code, r.Body)
	}
	return r
}

// onePlural finds what is counted once and called by its plural, as 1 files, on a page in English.
var onePlural = regexp.MustCompile(`(?i)(?:^|[^\pL\pN.,:/-])(1(?: |&nbsp;)(?:answers|articles|banners|changes|channels|characters|codes|comments|dates|days|devices|events|files|functions|hours|items|letters|lines|links|mails|meetings|members|messages|minutes|months|notices|pages|parts|people|pictures|places|questions|requests|results|roles|rows|rulebooks|seats|students|tags|templates|terms|things|times|units|versions|visitors|votes|weeks|words|years))\b`)

// onPage finds a problem, and the fields that are wrong, on a page.
var (
	problemOnPage = regexp.MustCompile(` data-problem="([^"]*)"`)
	fieldOnPage   = regexp.MustCompile(` data-field="([^"]*)"`)
)

func (r Response) isPage() bool { return strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") }

// Code is the code of a problem document, or of the problem that a page shows, or "".
func (r Response) Code() string {
	if m := problemOnPage.FindSubmatch(r.Body); r.isPage() && m != nil {
		return string(m[1])
	}
	return r.document().Code
}

// Fields are the wrong fields of a problem, as "title:required".
func (r Response) Fields() []string {
	list := []string{}
	if r.isPage() {
		for _, m := range fieldOnPage.FindAllSubmatch(r.Body, -1) {
			list = append(list, string(m[1]))
		}
	}
	for _, f := range r.document().Errors {
		list = append(list, f.Field+":"+f.Code)
	}
	return list
}

func (r Response) document() host.Document {
	var d host.Document
	if r.Header.Get("Content-Type") == "application/problem+json" {
		if err := json.Unmarshal(r.Body, &d); err != nil {
			r.t.Fatalf("%s: %v\n%s", r.what, err, r.Body)
		}
	}
	return d
}

// JSON reads the body.
func JSON[T any](r Response) T {
	r.t.Helper()
	var v T
	if err := json.Unmarshal(r.Body, &v); err != nil {
		r.t.Fatalf("%s: %v\n%s", r.what, err, r.Body)
	}
	return v
}

// Member describes an account that a test needs.
type Member struct {
	Name     string // 김마당 if empty
	Email    string // made up if empty
	Unit     string // department
	Verified bool
	Grants   []auth.Grant
	// Unconfirmed leaves open whether the address is the member's.
	Unconfirmed bool
}

// Account is a member that exists, signed in.
type Account struct{ ID, Session, Token, Email string }

// Member makes an account and signs it in.
func (a *App) Member(m Member) Account {
	a.t.Helper()
	ctx := a.Context()
	now := clock.Millis(a.Now())
	id, err := check.NewID()
	if err != nil {
		a.t.Fatal(err)
	}
	session, err := check.NewID()
	if err != nil {
		a.t.Fatal(err)
	}
	token, hash := secret.Token()
	if m.Name == "" {
		m.Name = "김마당"
	}
	if m.Email == "" {
		m.Email = "m" + id[24:] + "@example.com"
	}
	var verified *int64
	by := ""
	if m.Verified {
		verified, by = &now, "admin"
	}
	confirmed := &now
	if m.Unconfirmed {
		confirmed = nil
	}
	a.exec(ctx, `INSERT INTO members (id, email, name, unit, password, verified_at, verified_by, totp_secret, totp_step, version, created_at, updated_at, email_confirmed_at, named)
		VALUES ($1, $2, $3, $4, '', $5, $6, '', 0, 1, $7, $7, $8, $3)`, id, m.Email, m.Name, m.Unit, verified, by, now, confirmed)
	for _, part := range member.Parts(m.Name) {
		a.exec(ctx, `INSERT INTO member_names (part, member_id) VALUES ($1, $2)`, part, id)
	}
	for _, g := range m.Grants {
		var until *int64
		if !g.Until.IsZero() {
			ms := clock.Millis(g.Until)
			until = &ms
		}
		a.exec(ctx, `INSERT INTO member_roles (member_id, role, unit, until_at, granted_by, granted_at) VALUES ($1, $2, $3, $4, $1, $5)`, id, string(g.Role), g.Unit, until, now)
	}
	far := clock.Millis(a.Now().AddDate(10, 0, 0))
	a.exec(ctx, `INSERT INTO sessions (id, member_id, access_hash, access_until, until_at, created_at, refreshed_at, proved_at, device)
		VALUES ($1, $2, $3, $4, $4, $5, $5, $5, 'test')`, session, id, hex.EncodeToString(hash), far, now)
	return Account{ID: id, Session: session, Token: token, Email: m.Email}
}

// Editor makes an account with the editor's role for every unit and returns its token.
func (a *App) Editor() string { return a.Holder(auth.Editor, "") }

// Admin makes an admin and returns its token.
func (a *App) Admin() string { return a.Holder(auth.Admin, "") }

// Holder makes an account with a role for a unit and returns its token.
func (a *App) Holder(r auth.Role, unit string) string {
	return a.Member(Member{Verified: true, Grants: []auth.Grant{{Role: r, Unit: unit}}}).Token
}

func (a *App) exec(ctx context.Context, query string, args ...any) {
	a.t.Helper()
	if _, err := a.DB.Exec(ctx, query, args...); err != nil {
		a.t.Fatal(err)
	}
}

// Deliver gives an event to the function as the broker would, and returns the status.
func (a *App) Deliver(e event.Event) int {
	a.t.Helper()
	r := httptest.NewRequest(http.MethodPost, host.EventsPath, bytes.NewReader(e.Data))
	event.SetHeader(r.Header, e, "/test")
	event.Sign(r.Header, a.Deps.Key.Derive(event.KeyPurpose), e)
	w := httptest.NewRecorder()
	a.Host().ServeHTTP(w, r)
	return w.Code
}

// Audited are the actions in the audit log, oldest first.
func (a *App) Audited() []string {
	a.t.Helper()
	list, err := database.All(a.Context(), a.DB, database.Value[string], `SELECT action FROM audit ORDER BY at, id`)
	if err != nil {
		a.t.Fatal(err)
	}
	return list
}

// Bus records events; it refuses them while Down.
type Bus struct {
	mu   sync.Mutex
	list []event.Event
	Down bool
}

// Publish records.
func (b *Bus) Publish(_ context.Context, e event.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Down {
		return io.ErrClosedPipe
	}
	b.list = append(b.list, e)
	return nil
}

// Take returns what was published since the last call.
func (b *Bus) Take() []event.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list = nil
	return list
}

// Types are the types of what was published since the last call.
func (b *Bus) Types() []string {
	types := []string{}
	for _, e := range b.Take() {
		types = append(types, e.Type)
	}
	return types
}

// Mailbox records mail; it refuses it while Err is set.
type Mailbox struct {
	mu   sync.Mutex
	list []mail.Message
	Err  error
}

// Send records.
func (m *Mailbox) Send(_ context.Context, message mail.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Err != nil {
		return m.Err
	}
	m.list = append(m.list, message)
	return nil
}

// Take returns what was sent since the last call.
func (m *Mailbox) Take() []mail.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.list
	m.list = nil
	return list
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

package host_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/page"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// The function of these tests keeps rows in the audit table's neighbour, the outbox, so
// that the foundation is tested without any function of the product.
var sample = function.Spec{
	Name: "sample", Doc: "A function of the tests.", Needs: []function.Need{function.Database},
	New: func(d function.Deps) function.Parts {
		s := store{d.DB}
		return function.Parts{Routes: []function.Route{
			{Method: "GET", Path: "/v1/things", Doc: "Lists.", Access: function.Anyone, Do: function.Do(s.list), Page: &function.Page{Tags: []string{"things"}, Query: []string{"q"}, Bypass: []string{"find"}, Eager: true}},
			{Method: "GET", Path: "/v1/things/{id}", Doc: "Reads.", Access: function.Anyone, Do: function.Do(s.one), Page: &function.Page{}},
			{Method: "POST", Path: "/v1/things", Doc: "Writes.", Access: function.SignedIn, Do: function.Do(s.write), Status: 201},
			{Method: "POST", Path: "/v1/admin/things", Doc: "Writes as an admin.", Access: function.May(auth.Operate), Do: function.Do(s.write), Status: 201},
			{Method: "POST", Path: "/v1/panic", Doc: "Panics.", Access: function.Anyone, Do: function.Do(func(context.Context, *struct{}) (*function.None, error) { panic("이런") })},
		}}
	},
}

type store struct{ db *database.DB }

type thing struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

func (t thing) Location() string { return "/v1/things/" + t.ID }

type list struct {
	Items []thing `json:"items"`
	Q     string  `json:"q"`

	changes []*time.Time
}

func (l *list) PageChanges() []*time.Time { return l.changes }

func scan(r database.Row) (thing, error) {
	var t thing
	var at int64
	err := r.Scan(&t.ID, &t.Name, &at)
	t.At = clock.FromMillis(at)
	return t, err
}

func (s store) list(ctx context.Context, r *struct {
	Q string `query:"q"`
}) (*list, error) {
	now := clock.Millis(clock.Now(ctx))
	items, err := database.All(ctx, s.db, scan, `SELECT id, subject, created_at FROM outbox WHERE type = 'thing' AND created_at <= $1 ORDER BY created_at, id`, now)
	if err != nil {
		return nil, err
	}
	next, err := database.All(ctx, s.db, scan, `SELECT id, subject, created_at FROM outbox WHERE type = 'thing' AND created_at > $1 ORDER BY created_at LIMIT 1`, now)
	if err != nil {
		return nil, err
	}
	l := &list{Items: items, Q: r.Q}
	for _, t := range next {
		l.changes = append(l.changes, &t.At)
	}
	return l, nil
}

func (s store) one(ctx context.Context, r *struct {
	ID string `path:"id"`
}) (*thing, error) {
	items, err := database.All(ctx, s.db, scan, `SELECT id, subject, created_at FROM outbox WHERE id = $1`, r.ID)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, problem.Absent()
	}
	return &items[0], nil
}

type writeThing struct {
	Name string     `json:"name"`
	At   *time.Time `json:"at,omitempty"`
	N    int64      `json:"n,omitempty"`
}

func (s store) write(ctx context.Context, r *writeThing) (*thing, error) {
	var f check.Fields
	t := thing{Name: f.Line("name", r.Name, 10), At: clock.Now(ctx)}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if r.At != nil {
		t.At = *r.At
	}
	id, err := check.NewID()
	if err != nil {
		return nil, err
	}
	t.ID = id
	if _, err := s.db.Exec(ctx, `INSERT INTO outbox (id, type, subject, data, trace, created_at) VALUES ($1, 'thing', $2, '', '', $3)`, t.ID, t.Name, clock.Millis(t.At)); err != nil {
		return nil, err
	}
	return &t, touch.Tags(ctx, s.db, "things")
}

func TestContract(t *testing.T) {
	app := functiontest.New(t, sample)
	member := app.Member(functiontest.Member{}).Token
	do := func(method, path, as string, body any) functiontest.Response {
		t.Helper()
		return app.Do(functiontest.Request{Method: method, Path: path, As: as, Body: body})
	}
	do("POST", "/v1/things", "", `{"name":"a"}`).Problem(401, "sign-in-required")
	do("POST", "/v1/things", "forged", `{"name":"a"}`).Problem(401, "session-ended")
	do("POST", "/v1/admin/things", member, `{"name":"a"}`).Problem(403, "not-allowed")
	do("DELETE", "/v1/things", member, nil).Problem(405, "method-not-allowed")
	do("GET", "/v1/nothing", member, nil).Problem(404, "not-found")
	do("GET", "/v1/things/x", "", nil).Problem(404, "not-found")
	do("POST", "/v1/panic", "", nil).Problem(500, "internal")
	for body, want := range map[string]string{
		``:                                      "body-missing",
		`{`:                                     "malformed-json",
		`[]`:                                    "malformed-json",
		`{"name":"a"}{}`:                        "malformed-json",
		"{\"name\":\"\xff\"}":                   "malformed-json",
		`{"name":"a","x":1}`:                    "invalid-input",
		`{"name":"a","name":"b"}`:               "invalid-input",
		`{"Name":"a"}`:                          "invalid-input",
		`{"name":1}`:                            "invalid-input",
		`{"name":" ㅤ "}`:                        "invalid-input",
		`{"name":"a\u0000"}`:                    "invalid-input",
		`{"name":"12345678901"}`:                "invalid-input",
		`{"name":"a","at":"yesterday"}`:         "invalid-input",
		`{"name":"a","n":99999999999999999999}`: "invalid-input",
		`{"name":"` + strings.Repeat("a", 1<<20) + `"}`: "body-too-large",
	} {
		if got := do("POST", "/v1/things", member, body).Code(); got != want {
			t.Errorf("%.40s: %s, want %s", body, got, want)
		}
	}
	if r := app.Do(functiontest.Request{Method: "POST", Path: "/v1/things", As: member, Body: `{"name":"a"}`, Header: map[string]string{"Content-Type": "text/plain"}}); r.Code() != "unsupported-media-type" {
		t.Errorf("text/plain: %s", r.Body)
	}
	r := do("POST", "/v1/things", member, `{"name":"가"}`).Want(201)
	if r.Header.Get("Location") == "" || r.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("headers: %v", r.Header)
	}
	if got := functiontest.JSON[list](do("GET", "/v1/things", member, nil).Want(200)); len(got.Items) != 1 {
		t.Errorf("items: %+v", got)
	}
	if got := app.Audited(); len(got) != 0 {
		t.Errorf("a member's write is audited: %v", got)
	}
	do("POST", "/v1/admin/things", app.Admin(), `{"name":"나"}`).Want(201)
	if got := app.Audited(); len(got) != 1 || got[0] != "POST /v1/admin/things" {
		t.Errorf("audit: %v", got)
	}
}

func TestIdempotencyKey(t *testing.T) {
	app := functiontest.New(t, sample)
	member := app.Member(functiontest.Member{}).Token
	post := func(key, body string) functiontest.Response {
		return app.Do(functiontest.Request{Method: "POST", Path: "/v1/things", As: member, Body: body, Header: map[string]string{"Idempotency-Key": key}})
	}
	first := post("k1", `{"name":"가"}`).Want(201)
	again := post("k1", `{"name":"가"}`).Want(201)
	if string(first.Body) != string(again.Body) || again.Header.Get("Location") != first.Header.Get("Location") || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("not the same answer: %s %s %v", first.Body, again.Body, again.Header)
	}
	post("k1", `{"name":"나"}`).Problem(422, "idempotency-key-reused")
	post("k2", `{"name":""}`).Problem(422, "invalid-input")
	post("k2", `{"name":"다"}`).Want(201)                                                       // a refusal has no effect and keeps no key
	if _, err := app.DB.Exec(app.Context(), `UPDATE idempotency SET status = 0`); err != nil { // as a release left it that kept no answer
		t.Fatal(err)
	}
	post("k2", `{"name":"라"}`).Want(201)
	app.Wait(24*time.Hour + time.Millisecond)
	if r := post("k1", `{"name":"나"}`).Want(201); string(r.Body) == string(first.Body) {
		t.Error("the key lives longer than 24 h")
	}
}

func TestPages(t *testing.T) {
	app := functiontest.New(t, sample)
	member := app.Member(functiontest.Member{}).Token
	guest := func(path string, header map[string]string) functiontest.Response {
		t.Helper()
		return app.Do(functiontest.Request{Method: "GET", Path: path, Header: header})
	}
	guest("/v1/things?q=1&x=2", nil).Want(200)
	load := func(key string) (string, bool) {
		p, ok, err := app.Pages.Load(app.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return "", false
		}
		s, state := p.At(app.Now())
		return string(s.Body), state == page.Fresh
	}
	if body, fresh := load("ko:/v1/things?q=1"); !fresh || !strings.Contains(body, `"q":"1"`) {
		t.Fatalf("page: %q %v", body, fresh)
	}
	kept := func() []string { // but what counts who asks: with words, they are counted as who searches
		return slices.DeleteFunc(app.Server.Keys(), func(key string) bool { return strings.HasPrefix(key, "rate:") })
	}
	before := kept()
	for _, query := range []string{"?find=a", "?q=1&find=b", "?find=a&find="} {
		if r := guest("/v1/things"+query, nil).Want(200); r.Header.Get("Cache-Control") != "private, no-store" || !slices.Equal(kept(), before) {
			t.Errorf("%s: %v, keys %v", query, r.Header, kept())
		}
	}
	if r := guest("/v1/things?q=1&find=", nil).Want(200); r.Header.Get("Cache-Control") != "public, no-cache" {
		t.Errorf("an empty parameter: %v", r.Header)
	}
	later := app.Now().Add(time.Minute)
	app.Do(functiontest.Request{Method: "POST", Path: "/v1/things", As: member, Body: map[string]any{"name": "나중", "at": later}}).Want(201)
	if body, fresh := load("ko:/v1/things?q=1"); fresh {
		t.Fatalf("a page that was read before the write is right: %q", body)
	}
	guest("/v1/things?q=1", nil).Want(200)
	for _, key := range []string{"ko:/v1/things?q=1", "ko:/v1/things"} { // asked for again; never read but eager
		if body, fresh := load(key); !fresh || strings.Contains(body, "나중") {
			t.Fatalf("%s after the write: %q %v", key, body, fresh)
		}
	}
	app.At(later)
	if body, fresh := load("ko:/v1/things"); !fresh || !strings.Contains(body, "나중") {
		t.Fatalf("at its time, without a request: %q %v", body, fresh)
	}
	r := guest("/v1/things", nil).Want(200)
	tag := r.Header.Get("ETag")
	guest("/v1/things", map[string]string{"If-None-Match": tag}).Want(304)
	if r.Header.Get("Cache-Control") != "public, no-cache" {
		t.Errorf("headers: %v", r.Header)
	}
	app.Server.Close()
	guest("/v1/things", nil).Want(200)
	app.Do(functiontest.Request{Method: "POST", Path: "/v1/things", As: member, Body: `{"name":"a"}`}).Want(201)
}

func TestDatabaseAway(t *testing.T) {
	app := functiontest.New(t, sample)
	_ = app.DB.Close()
	r := app.Do(functiontest.Request{Method: "GET", Path: "/v1/things"})
	if r.Status != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v %s", r.Status, r.Header, r.Body)
	}
}

package functions_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	signing "github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/functions/banners"
	home "github.com/madang-council/madang/functions/main"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/policies"
	"github.com/madang-council/madang/functions/site"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// always are the routes that work whatever is switched: signing in and out, and what that needs;
// leaving, and coming back; exporting one's own data; and the switches.
var always = []string{
	"DELETE /v1/admin/policies/{domain}/{name}",
	"DELETE /v1/auth/sessions",
	"DELETE /v1/auth/sessions/current",
	"DELETE /v1/auth/sessions/{id}",
	"DELETE /v1/members/me",
	"GET /unsubscribe/{token}",
	"GET /v1/members/me/export",
	"GET /v1/members/me/export/file",
	"POST /my/leave",
	"POST /my/proof",
	"POST /my/second-factor/verify",
	"POST /my/sessions",
	"POST /my/sessions/{id}",
	"POST /return",
	"POST /sign-in",
	"POST /sign-in/return",
	"POST /sign-in/second-factor",
	"POST /sign-out",
	"POST /unsubscribe/{token}",
	"POST /v1/auth/oidc/return",
	"POST /v1/auth/oidc/second-factor",
	"POST /v1/auth/proof",
	"POST /v1/auth/second-factor/verify",
	"POST /v1/auth/sessions",
	"POST /v1/auth/sessions/refresh",
	"POST /v1/members/me/return",
	"PUT /v1/admin/policies/{domain}",
}

func TestAlways(t *testing.T) {
	found := map[string]bool{}
	for _, spec := range functions.All() {
		for _, route := range spec.Build(function.Deps{}).Routes {
			if route.Always {
				found[route.Action()] = true
			}
			if route.Always && route.Page != nil {
				t.Errorf("%s is a page: what is Always is somebody's own; take Always or Page from its route", route.Action())
			}
		}
	}
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, always) {
		t.Errorf("routes that work whatever is switched (Always) are\n%s\nwant\n%s\nmend the route, or always in functions/flags_test.go with the reason", strings.Join(got, "\n"), strings.Join(always, "\n"))
	}
}

// core are the functions that cannot be switched off.
var core = []string{"auth", "console", "main", "policies", "site"}

// What can be switched off is what the catalogue says, and nothing of the core.
func TestCore(t *testing.T) {
	got := []string{}
	for _, spec := range functions.All() {
		if spec.Core {
			got = append(got, spec.Name)
		}
	}
	if !slices.Equal(got, core) {
		t.Errorf("core functions are %v, want %v: mend Core of the Spec, or core in functions/flags_test.go with the reason", got, core)
	}
	for _, f := range function.Catalogued(functions.All()...).Functions {
		if slices.Contains(core, f.Name) || f.Label.KO == "" || f.Label.EN == "" || f.Label.KO == f.Name { // what people call it, not what programs do
			t.Errorf("%+v can be switched off", f)
		}
	}
}

// switched sets switches of the whole site, as the council does.
func switched(t *testing.T, app *functiontest.App, from *time.Time, values map[string]any) {
	t.Helper()
	store, d := policy.Store{DB: app.DB}, policy.Of[policy.Site]()
	version, err := store.Version(app.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	raw := map[string]json.RawMessage{}
	for name, value := range values {
		if raw[name], err = json.Marshal(value); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Set(app.Context(), d, version, policy.Change{From: from, Values: raw}); err != nil {
		t.Fatal(err)
	}
}

// someAddress is an address of a route, of nothing that exists.
func someAddress(t *testing.T, route function.Route) string {
	t.Helper()
	id, err := check.NewID()
	if err != nil {
		t.Fatal(err)
	}
	return filled(route.Path, id)
}

// ask sends something to a route as an admin who has just proved who they are.
func ask(t *testing.T, app *functiontest.App, as string, route function.Route) functiontest.Response {
	t.Helper()
	r := functiontest.Request{Method: route.Method, Path: someAddress(t, route), As: as, Header: map[string]string{"Accept": "text/html"}}
	if before, ends := strings.CutSuffix(route.Path, "/unsubscribe/{token}"); ends { // a token that is none is absent
		r.Path = before + "/unsubscribe/" + (topic.Store{Key: app.Deps.Key}).Token("00000000-0000-4000-8000-000000000000", "notices")
	}
	if route.Method != http.MethodGet {
		r.Body = "{}"
		if route.HTML {
			r.Body = url.Values{}
		}
	}
	return app.Do(r)
}

// everyRow is how many rows each table has.
func everyRow(t *testing.T, app *functiontest.App) map[string]int {
	t.Helper()
	tables, err := database.All(app.Context(), app.DB, database.Value[string], `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'`)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, table := range tables {
		if rows[table], err = database.One(app.Context(), app.DB, database.Value[int], `SELECT COUNT(*) FROM `+table); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// While the site is read-only every write of every function is refused, in both languages and
// with the time to come again, before anything of it counts; what is always open is not, nor is
// what only reads.
func TestReadOnly(t *testing.T) {
	refused := 0
	for _, spec := range functions.All() {
		app := functiontest.New(t, spec)
		admin := app.Admin()
		switched(t, app, nil, map[string]any{"readOnly": true})
		before := everyRow(t, app)
		for _, route := range spec.Build(function.Deps{}).Routes {
			if route.Internal {
				continue
			}
			what := route.Method + " " + route.Path
			if isWrite := route.Method != http.MethodGet && !route.ReadOnly && !route.Always; isWrite != route.Writes() {
				t.Errorf("%s: Writes is %t", what, route.Writes())
			}
			if !route.Writes() {
				if route.Method != http.MethodGet && route.Always { // they end sessions: another admin each
					if r := ask(t, app, app.Admin(), route); r.Code() == "read-only" {
						t.Errorf("%s is refused", what)
					}
					before = everyRow(t, app)
				}
				continue
			}
			refused++
			app.Refill()
			r := ask(t, app, admin, route)
			if r.Status != http.StatusServiceUnavailable || r.Code() != "read-only" || r.Header.Get("Retry-After") != "300" {
				t.Errorf("%s: %d %s, Retry-After %q", what, r.Status, r.Code(), r.Header.Get("Retry-After"))
			}
			if route.HTML != strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
				t.Errorf("%s answers %s", what, r.Header.Get("Content-Type"))
			}
		}
		if after := everyRow(t, app); !maps.Equal(before, after) {
			t.Errorf("%s has written: %v, before %v", spec.Name, after, before)
		}
	}
	if refused < 50 {
		t.Errorf("only %d writes were refused", refused)
	}
	app := functiontest.New(t, notices.Function)
	switched(t, app, nil, map[string]any{"readOnly": true})
	r := functiontest.Request{Method: "POST", Path: "/v1/notices", As: app.Editor(), Body: map[string]any{"title": "알림"}, Header: map[string]string{"Accept-Language": "ko"}}
	app.Do(r).Problem(503, "read-only").Says("읽기만 할 수 있습니다")
	r.Header = map[string]string{"Accept-Language": "en"}
	app.Do(r).Problem(503, "read-only").Says("can only be read for now")
	app.Do(functiontest.Request{Method: "POST", Path: "/v1/notices", Body: map[string]any{}}).Want(401) // who may not is told that
}

// A function that is switched off is absent, all of it but what is always open: to guests, members
// and admins, whether or not its pages were kept before. Switched on it is as it was.
func TestOff(t *testing.T) {
	for _, f := range function.Catalogued(functions.All()...).Functions {
		i := slices.IndexFunc(functions.All(), func(s function.Spec) bool { return s.Name == f.Name })
		spec := functions.All()[i]
		app := functiontest.New(t, spec)
		admin := app.Admin()
		routes := slices.DeleteFunc(spec.Build(function.Deps{}).Routes, func(r function.Route) bool { return r.Internal })
		statuses := map[string]int{}
		for _, route := range routes {
			if route.Method == http.MethodGet {
				statuses[route.Path] = ask(t, app, "", route).Status
			}
		}
		switched(t, app, nil, map[string]any{"off": []string{"moon", f.Name}})
		app.Wait(time.Minute)
		before := everyRow(t, app)
		for _, route := range routes {
			for _, as := range []string{"", admin} {
				r := ask(t, app, as, route)
				if route.Always == (r.Status == http.StatusNotFound && r.Code() == "not-found") {
					t.Errorf("%s: %s %s as %q: %d %s", f.Name, route.Method, route.Path, as, r.Status, r.Code())
				}
				if route.Always {
					admin, before = app.Admin(), everyRow(t, app)
				}
			}
		}
		if after := everyRow(t, app); !maps.Equal(before, after) {
			t.Errorf("%s has written: %v, before %v", spec.Name, after, before)
		}
		for key := range stored(t, app) {
			t.Errorf("%s: %s is kept of a function that is off", f.Name, key)
		}
		switched(t, app, nil, map[string]any{"off": []string{}})
		app.Wait(time.Minute)
		for path, status := range statuses {
			if got := ask(t, app, "", function.Route{Method: http.MethodGet, Path: path}).Status; got != status {
				t.Errorf("%s: %s was %d and is %d after it was switched on again", f.Name, path, status, got)
			}
		}
	}
}

// A page that is kept vanishes with the switch and comes back with it, by a write and by itself at
// the time that was set for it; menus, the search and what is urgent lose what leads there.
func TestKeptPagesFollow(t *testing.T) {
	app := functiontest.New(t, home.Function, functiontest.Beside(site.Function, home.Function, notices.Function, banners.Function, policies.Function))
	editor := app.Holder(auth.Editor, "")
	id := app.Notice(editor, map[string]any{"title": "단수 안내", "urgentUntil": app.Now().Add(100 * time.Hour)})
	guest := func(path string) functiontest.Response {
		return app.Do(functiontest.Request{Method: "GET", Path: path, Header: map[string]string{"Accept": "text/html"}})
	}
	pages := []string{"/notices", "/notices/" + id, "/en/notices", "/v1/notices", "/v1/notices/" + id}
	open := func(what string) {
		t.Helper()
		for _, path := range pages {
			guest(path).Want(200)
		}
		for _, path := range []string{"/", "/menu", "/privacy", "/en"} {
			if body := string(guest(path).Want(200).Body); !strings.Contains(body, `/notices"`) || !strings.Contains(body, "단수 안내") {
				t.Errorf("%s: %s does not lead to the notices", what, path)
			}
		}
		guest("/v1/main").Want(200).Says("단수 안내")
	}
	closed := func(what string) {
		t.Helper()
		for _, path := range pages {
			guest(path).Problem(404, "not-found")
		}
		for _, path := range []string{"/", "/menu", "/privacy", "/en", "/notices/none"} {
			if body := string(guest(path).Body); strings.Contains(body, `/notices"`) || strings.Contains(body, "단수 안내") || strings.Contains(body, `role="search"`) {
				t.Errorf("%s: %s leads to the notices:\n%s", what, path, body)
			}
		}
		guest("/v1/main").Want(200).SaysNot("단수 안내").Says(`"newest":[]`, `"degraded":[]`)
		if body := string(app.Do(functiontest.Request{Method: "GET", Path: "/console/policies", As: app.Admin()}).Want(200).Body); strings.Contains(body, `"/console/notices"`) {
			t.Errorf("%s: the console leads to the notices", what)
		}
	}
	touched := func(what string, keys ...string) {
		t.Helper()
		for _, key := range keys {
			if p, kept, err := app.Pages.Load(app.Context(), key); err != nil || !kept || p.Since == 0 {
				t.Errorf("%s: %s is kept (%t, %v) and counts as right", what, key, kept, err)
			}
		}
	}
	admin := app.Admin()
	set := func(from *time.Time, values map[string]any) {
		t.Helper()
		body := map[string]any{"values": values}
		if from != nil {
			body["from"] = from
		}
		app.Do(functiontest.Request{Method: "PUT", Path: "/v1/admin/policies/site", As: admin, Header: map[string]string{"If-Match": "*"}, Body: body}).Want(200)
	}
	open("before")
	set(nil, map[string]any{"off": []string{"notices"}})
	touched("off", "ko:/notices", "ko:/notices/"+id, "en:/en/notices", "ko:/v1/notices", "ko:/", "ko:/menu", "ko:/v1/main")
	closed("off")
	// What was open before the switch is refused, and nothing is written.
	app.Do(functiontest.Request{Method: "PUT", Path: "/v1/notices/" + id, As: editor, Header: map[string]string{"If-Match": `"v1"`}, Body: map[string]any{"unit": "총학", "title": "다음"}}).Problem(404, "not-found")
	set(nil, map[string]any{"off": []string{}})
	open("on again")

	from, until := app.Now().Add(time.Hour), app.Now().Add(2*time.Hour)
	set(&from, map[string]any{"off": []string{"notices"}, "banner": "점검 <중>"})
	set(&until, map[string]any{"off": []string{}, "banner": ""})
	open("scheduled")
	app.At(from.Add(-time.Millisecond))
	open("a moment before")
	// What is kept says by itself that it ends then, and what comes after.
	for _, key := range []string{"ko:/notices", "ko:/menu"} {
		p, kept, err := app.Pages.Load(app.Context(), key)
		if err != nil || !kept || p.Segments[0].Until != from.UnixMilli() {
			t.Errorf("%s: kept %t, until %v, %v", key, kept, p.Segments, err)
		}
	}
	app.At(from)
	closed("at its time")
	guest("/menu").Says("점검 &lt;중&gt;")
	app.At(until)
	open("over")
	guest("/menu").SaysNot("점검 &lt;중&gt;")
}

// The banner stands above every page, also of the console and where something is refused, and says
// while the site is read-only that it is.
func TestBannerIsOnEveryPage(t *testing.T) {
	app := functiontest.New(t, site.Function, functiontest.Beside(site.Function, home.Function, notices.Function, policies.Function))
	admin := app.Admin()
	get := func(path string) functiontest.Response {
		as := ""
		if strings.HasPrefix(path, "/console") || strings.HasPrefix(path, "/en/console") {
			as = admin
		}
		return app.Do(functiontest.Request{Method: "GET", Path: path, As: as, Header: map[string]string{"Accept": "text/html"}})
	}
	korean := []string{"/", "/notices", "/privacy", "/menu", "/sign-in", "/notices/none", "/console/policies"}
	english := []string{"/en", "/en/notices", "/en/menu", "/en/console/policies"}
	for _, path := range append(korean, english...) {
		get(path).SaysNot(`class="bulletin"`)
	}
	switched(t, app, nil, map[string]any{"banner": "오늘 밤 점검", "readOnly": true})
	app.Server.FlushAll() // the store alone tells no pages
	for _, path := range korean {
		get(path).Says(`<section class="bulletin"`, "오늘 밤 점검", "읽기만 할 수 있어요")
	}
	for _, path := range english {
		get(path).Says(`<p lang="ko">오늘 밤 점검</p>`, "can only be read for now")
	}
	switched(t, app, nil, map[string]any{"bannerEn": "Closed tonight", "readOnly": false})
	app.Server.FlushAll()
	for _, path := range english {
		get(path).Says(`<p>Closed tonight</p>`).SaysNot("오늘 밤 점검", "can only be read for now")
	}
}

// Where the switches cannot be read, what could be answered is, and is kept by nobody; a write
// fails as it would without them: a notice does not come out where nobody knows whether it needs approval.
func TestUnknownFlags(t *testing.T) {
	app := functiontest.New(t, notices.Function)
	editor := app.Editor()
	if _, err := app.DB.Exec(app.Context(), `ALTER TABLE policies RENAME TO lost`); err != nil {
		t.Fatal(err)
	}
	for _, as := range []string{"", editor} {
		for _, path := range []string{"/notices", "/v1/notices"} {
			app.Do(functiontest.Request{Method: "GET", Path: path, As: as}).Want(200)
		}
	}
	for key := range stored(t, app) {
		t.Errorf("%s is kept", key)
	}
	app.Notice(editor, map[string]any{"title": "알림", "publishAt": nil})
	app.Do(functiontest.Request{Method: "POST", Path: "/v1/notices", As: editor, Body: map[string]any{"unit": "총학", "title": "알림", "publishNow": true}}).Problem(500, "internal")
}

// Events and sweeping go on, whatever is switched.
func TestEventsGoOn(t *testing.T) {
	for _, spec := range functions.All() {
		app := functiontest.New(t, spec)
		switched(t, app, nil, map[string]any{"readOnly": true, "off": []string{spec.Name}})
		for _, s := range spec.Build(function.Deps{}).Consumes.On {
			e := event.Event{ID: "1", Type: s.Type, Subject: "01890000-0000-7000-8000-000000000001", Time: app.Now(), Data: []byte(`{}`)}
			if s.Type == function.Undelivered {
				e.Type = notice.Changed
			}
			if status := app.Deliver(e); status != http.StatusNoContent && status != http.StatusAccepted {
				t.Errorf("%s does not take %s: %d", spec.Name, s.Type, status)
			}
		}
	}
}

// The switches cost one query of a request, however many ask for them, and none where nothing
// depends on them.
func TestFlagsCostOneQuery(t *testing.T) {
	record := &recorder{}
	app := functiontest.New(t, notices.Function, functiontest.WithDB(databasetest.Traced(t, record)), functiontest.Beside(notices.Function, signing.Function))
	editor := app.Editor()
	for _, c := range []struct {
		method, path string
		body         any
		want         int
	}{
		{"GET", "/notices", nil, 1}, {"GET", "/v1/notices", nil, 1}, {"GET", "/console/notices", nil, 1}, {"POST", "/v1/notices", map[string]any{"unit": "총학", "title": "알림"}, 1},
		{"GET", "/v1/auth/sessions", nil, 0}, {"DELETE", "/v1/auth/sessions/current", nil, 0},
	} {
		asked := 0
		for _, q := range record.of(func() { app.Do(functiontest.Request{Method: c.method, Path: c.path, As: editor, Body: c.body}) }) {
			if strings.Contains(q.text, "FROM policies") {
				asked++
			}
		}
		if asked != c.want {
			t.Errorf("%s %s asks %d times for the switches, want %d", c.method, c.path, asked, c.want)
		}
	}
}

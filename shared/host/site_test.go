package host_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

type form struct {
	Title string   `form:"title"`
	Body  string   `form:"body"`
	Count int      `form:"count"`
	Yes   bool     `form:"yes"`
	Tags  []string `form:"tag"`
}

// site is a function of pages.
var site = function.Spec{
	Name: "site", Doc: "Pages of the tests.", Needs: []function.Need{function.Database},
	New: func(d function.Deps) function.Parts {
		f := ui.Frame{Council: d.Settings.CouncilName, SiteURL: d.Settings.SiteURL, Assets: ui.NewAssets("/assets")}
		page := func(ctx context.Context, text string) *ui.Answer {
			return f.Page(ctx, ui.View{Title: text, Path: "/"})
		}
		read := func(ctx context.Context, _ *struct{}) (*ui.Answer, error) {
			return page(ctx, ui.T(ctx, "처음", "First")+auth.From(ctx).Name), nil
		}
		send := func(ctx context.Context, r *form) (*function.Redirect, error) {
			if r.Title == "" {
				if err := (store{d.DB}).note(ctx, "undone"); err != nil {
					return nil, err
				}
				return nil, ui.Again(problem.WrongField("title", "required", "꼭 입력해 주세요.", "It is required."), f.Page(ctx, ui.View{Status: 422, Main: nil, Title: "다시"}))
			}
			return &function.Redirect{Status: 303, URL: "/?" + url.Values{"title": {r.Title}, "body": {r.Body}, "yes": {map[bool]string{true: "예"}[r.Yes]}, "tags": {strings.Join(r.Tags, "+")}}.Encode()}, nil
		}
		return function.Parts{Routes: append(f.Pages(
			function.Route{Method: "GET", Path: "/", Doc: "A page.", Access: function.Anyone, Do: function.Do(read), Page: &function.Page{Tags: []string{"first"}, Eager: true}},
			function.Route{Method: "GET", Path: "/my", Doc: "A member's.", Access: function.SignedIn, Do: function.Do(read)},
			function.Route{Method: "GET", Path: "/admin", Doc: "An admin's.", Access: function.May(auth.Operate), Do: function.Do(read)},
			function.Route{Method: "POST", Path: "/send", Doc: "Sends.", Access: function.Anyone, Do: function.Do(send)},
			function.Route{Method: "GET", Path: "/panic", Doc: "Panics.", Access: function.Anyone, Do: function.Do(func(context.Context, *struct{}) (*ui.Answer, error) { panic("이런") })},
		), f.AssetsRoute())}
	},
}

func (s store) note(ctx context.Context, text string) error {
	_, err := s.db.Exec(ctx, `INSERT INTO outbox (id, type, subject, data, trace, created_at) VALUES ($1, $1, $1, '{}', '', 0)`, text)
	return err
}

func TestForms(t *testing.T) {
	app := functiontest.New(t, site)
	post := func(body any, header ...string) functiontest.Response {
		r := functiontest.Request{Method: "POST", Path: "/send", Body: body, Header: map[string]string{"Sec-Fetch-Site": "same-origin"}}
		for i := 0; i+1 < len(header); i += 2 {
			r.Header[header[i]] = header[i+1]
		}
		return app.Do(r)
	}
	r := post(url.Values{"title": {"봄 축제"}, "body": {"한 줄\r\n두 줄"}, "yes": {"on"}, "tag": {"가", "나"}, "count": {""}}).Want(303)
	if got, want := r.Header.Get("Location"), "/?"+(url.Values{"title": {"봄 축제"}, "body": {"한 줄\n두 줄"}, "yes": {"예"}, "tags": {"가+나"}}).Encode(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, row := range []struct {
		body   any
		header []string
		status int
		code   string
	}{
		{url.Values{"title": {"a"}, "role": {"admin"}}, nil, 422, "invalid-input"},
		{url.Values{"title": {"a", "b"}}, nil, 422, "invalid-input"},
		{url.Values{"title": {"\xff"}}, nil, 422, "invalid-input"},
		{url.Values{"tag": {"가", "\xff"}}, nil, 422, "invalid-input"},
		{url.Values{"title": {"a"}, "count": {"9999999999999999999"}}, nil, 422, "invalid-input"},
		{"title=%zz", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "malformed-form"},
		{"title=a;b", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "malformed-form"},
		{`{"title":"a"}`, nil, 415, "unsupported-media-type"},
		{"title=a", []string{"Content-Type", "text/plain"}, 415, "unsupported-media-type"},
		{url.Values{"title": {strings.Repeat("a", 1<<20)}}, nil, 413, "body-too-large"},
		{url.Values{"title": {"a"}}, []string{"Sec-Fetch-Site", "cross-site"}, 403, "cross-origin"}, // no cookie: signing in could be forged
		{url.Values{"title": {"a"}}, []string{"Sec-Fetch-Site", "same-site"}, 403, "cross-origin"},
		{url.Values{"title": {"a"}}, []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, 403, "cross-origin"},
		{url.Values{"title": {"a"}}, []string{"Sec-Fetch-Site", "", "Origin", "null"}, 403, "cross-origin"},
	} {
		r := post(row.body, row.header...)
		if r.Status != row.status || r.Code() != row.code || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%.60v %v: %d %s %s", row.body, row.header, r.Status, r.Code(), r.Header.Get("Content-Type"))
		}
	}
	post(url.Values{"title": {"a"}}, "Sec-Fetch-Site", "", "Origin", app.Deps.Settings.SiteURL).Want(303) // behind the edge Host is another
}

// A form that is shown again undoes what its handler did.
func TestFormAgain(t *testing.T) {
	app := functiontest.New(t, site)
	r := app.Do(functiontest.Request{Method: "POST", Path: "/send", Body: url.Values{"title": {""}}}).Want(422)
	if !strings.Contains(string(r.Body), "<title>다시 · 마당대학교 총학생회</title>") {
		t.Errorf("%s", r.Body)
	}
	rows, err := database.All(app.Context(), app.DB, database.Value[string], `SELECT id FROM outbox`)
	if err != nil || len(rows) != 0 {
		t.Errorf("%v %v", rows, err)
	}
}

func TestRefusalsArePages(t *testing.T) {
	app := functiontest.New(t, site)
	member := app.Member(functiontest.Member{}).Token
	for _, row := range []struct {
		path, as     string
		status       int
		code, inText string
	}{
		{"/admin", member, 403, "not-allowed", "접근 권한이 없습니다"},
		{"/panic", "", 500, "internal", "요청 번호"},
		{"/assets/x/none.css", "", 404, "not-found", "페이지를 찾을 수 없습니다"},
	} {
		r := app.Do(functiontest.Request{Method: "GET", Path: row.path, As: row.as, Header: map[string]string{"Accept-Language": "en"}}).Problem(row.status, row.code)
		if !strings.Contains(string(r.Body), row.inText) || r.Header.Get("Cache-Control") != "no-store" || !strings.Contains(r.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v %s", row.path, r.Header, r.Body)
		}
	}
	for path, want := range map[string]string{"/my": "/sign-in?next=%2Fmy", "/en/my?a=b": "/en/sign-in?next=%2Fen%2Fmy%3Fa%3Db", "/admin": "/sign-in?next=%2Fadmin"} {
		if r := app.Do(functiontest.Request{Method: "GET", Path: path}).Want(303); r.Header.Get("Location") != want {
			t.Errorf("%s: %s", path, r.Header.Get("Location"))
		}
	}
	app.Do(functiontest.Request{Method: "GET", Path: "/unknown", Header: map[string]string{"Accept": "text/html"}}).Problem(404, "not-found") // the edge's, where it is no route
}

// A page's headers and language are its own, also from the store.
func TestPagesOfTheSite(t *testing.T) {
	app := functiontest.New(t, site)
	for path, want := range map[string]string{"/": "처음", "/en": "First"} {
		for range 2 {
			r := app.Do(functiontest.Request{Method: "GET", Path: path, Header: map[string]string{"Accept-Language": "fr"}}).Want(200)
			if !strings.Contains(string(r.Body), "<title>"+want) || r.Header.Get("Vary") != "" || r.Header.Get("Cache-Control") != "public, no-cache" || r.Header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s: %v %s", path, r.Header, r.Body)
			}
		}
		p, ok, err := app.Pages.Load(app.Context(), function.LanguageOf(path)+":"+path)
		if err != nil || !ok || !strings.Contains(p.Segments[0].Header["Content-Security-Policy"], "frame-ancestors 'none'") {
			t.Errorf("%s: %v %v", path, ok, err)
		}
	}
	f := ui.NewAssets("/assets")
	r := app.Do(functiontest.Request{Method: "GET", Path: f.URL("ui.css")}).Want(200)
	if r.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || r.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%v", r.Header)
	}
	if r := app.Do(functiontest.Request{Method: "GET", Path: f.URL("ui.css"), Cookies: map[string]string{auth.RefreshCookie: "old"}}).Want(200); len(r.Header.Values("Set-Cookie")) != 0 || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("it matters who asks for a style: %v", r.Header)
	}
	if p, ok, _ := app.Pages.Load(app.Context(), "ko:"+f.URL("ui.css")); !ok || p.Segments[0].Until < app.Now().AddDate(0, 0, 6).UnixMilli() {
		t.Errorf("the style is rendered again and again: %v", ok)
	}
	r = app.Do(functiontest.Request{Method: "GET", Path: "/assets/0000000000000000/ui.css"}).Want(200)
	if _, kept, _ := app.Pages.Load(app.Context(), "ko:/assets/0000000000000000/ui.css"); kept || !strings.Contains(r.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("an asset under the hash of another release is kept: %v", r.Header)
	}
}

// A member who reads for longer than an access token lasts stays signed in; one whose
// session has ended is a guest again, without cookies.
func TestRenewedSessions(t *testing.T) {
	app := functiontest.New(t, site)
	account := app.Member(functiontest.Member{Name: "이소리"})
	tokens, err := session.Store{DB: app.DB, Key: app.Deps.Key}.Create(app.Context(), account.ID, "폰", session.Given{})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string, cookies map[string]string, header ...string) (functiontest.Response, map[string]*http.Cookie) {
		r := functiontest.Request{Method: "GET", Path: path, Cookies: cookies, Header: map[string]string{}}
		for i := 0; i+1 < len(header); i += 2 {
			r.Header[header[i]] = header[i+1]
		}
		answer := app.Do(r)
		set := map[string]*http.Cookie{}
		for _, c := range (&http.Response{Header: answer.Header}).Cookies() {
			set[c.Name] = c
		}
		return answer, set
	}
	r, set := get("/my", map[string]string{auth.AccessCookie: tokens.Access, auth.RefreshCookie: tokens.Refresh})
	if r.Want(200); len(set) != 0 {
		t.Errorf("renewed too early: %v", set)
	}
	app.Wait(16 * time.Minute)
	r, set = get("/my", map[string]string{auth.RefreshCookie: tokens.Refresh})
	if r.Want(200); !strings.Contains(string(r.Body), "처음이소리") || set[auth.AccessCookie] == nil || !set[auth.AccessCookie].HttpOnly || !set[auth.AccessCookie].Secure {
		t.Fatalf("%v", r.Header)
	}
	renewed := map[string]string{auth.AccessCookie: set[auth.AccessCookie].Value, auth.RefreshCookie: set[auth.RefreshCookie].Value}
	r, _ = get("/my", renewed)
	r.Want(200)
	app.Wait(16 * time.Minute)
	r, set = get("/admin", renewed) // a refusal carries the new cookies too
	if r.Problem(403, "not-allowed"); set[auth.RefreshCookie] == nil || set[auth.RefreshCookie].Value == renewed[auth.RefreshCookie] {
		t.Errorf("%v", set)
	}
	app.Wait(time.Hour)
	r, set = get("/", renewed) // used before: the session is revoked
	if r.Want(200); strings.Contains(string(r.Body), "이소리") || set[auth.RefreshCookie] == nil || set[auth.RefreshCookie].MaxAge >= 0 {
		t.Errorf("%v %s", set, r.Body)
	}
	r, _ = get("/my", map[string]string{auth.AccessCookie: "x", auth.RefreshCookie: "y"})
	r.Want(303)
	r, _ = get("/my", nil, "Authorization", "Bearer x")
	r.Want(303)
}

package functions_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/banners"
	"github.com/madang-council/madang/functions/calendar"
	"github.com/madang-council/madang/functions/minutes"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/rules"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// What is stored as a page does not depend on who asked, and has nothing of a member:
// for every page of every function, whatever a request carries.
func TestPagesDependOnNobody(t *testing.T) {
	t.Parallel() // it takes a minute, beside the others that do
	writer := functiontest.New(t, notices.Function)
	editor := writer.Member(functiontest.Member{Name: "박비밀", Email: "secret.editor@example.com", Unit: "비밀학과", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
	member := writer.Member(functiontest.Member{Name: "최비밀", Email: "secret.member@example.com", Unit: "비밀학과"})
	made := writer.Do(functiontest.Request{Method: "POST", Path: "/v1/notices", As: editor.Token, Body: map[string]any{"unit": "총학", "title": "알림", "body": "글", "tags": []string{"태그"}, "publishAt": writer.Now()}}).Want(201)
	id := functiontest.JSON[struct{ ID string }](made).ID
	upload := writer.Upload(functiontest.Upload{Owner: editor.ID, Name: "그림.png", Type: "png", Width: 1600, Height: 900})
	banner := functiontest.New(t, banners.Function, functiontest.WithDB(writer.DB))
	banner.Do(functiontest.Request{Method: "POST", Path: "/v1/banners", As: editor.Token, Body: map[string]any{"unit": "총학", "image": upload, "alt": "그림", "link": "/v1/main"}}).Want(201)
	council := functiontest.New(t, minutes.Function, functiontest.WithDB(writer.DB))
	council.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/minutes/bodies", As: editor.Token, Body: map[string]any{"slug": "a", "name": "위원회", "unit": "총학"}}).Want(201)
	met := council.Do(functiontest.Request{Method: "POST", Path: "/v1/minutes", As: editor.Token, Body: map[string]any{"body": "a", "kind": "regular", "heldAt": writer.Now(), "publish": "full"}}).Want(201)
	meeting := functiontest.JSON[struct{ ID string }](met).ID
	law := functiontest.New(t, rules.Function, functiontest.WithDB(writer.DB))
	for _, r := range []functiontest.Request{
		{Path: "/v1/rules", Body: map[string]any{"slug": "hoechik", "unit": "총학", "title": "회칙"}},
		{Path: "/v1/rules/hoechik/versions", Body: map[string]any{"kind": "enactment", "effectiveOn": "2026-03-01", "source": "제1조(목적) 글"}},
		{Path: "/v1/rules/hoechik/versions/1/promulgate", Body: map[string]any{"promulgatedOn": "2026-03-01"}, Header: map[string]string{"If-Match": "*"}},
	} {
		r.Method, r.As = "POST", editor.Token
		if got := law.Do(r); got.Status >= 300 {
			t.Fatalf("%s: %d %s", r.Path, got.Status, got.Body)
		}
	}
	happens := functiontest.JSON[struct{ ID string }](functiontest.New(t, calendar.Function, functiontest.WithDB(writer.DB)).Do(functiontest.Request{
		Method: "POST", Path: "/v1/calendar", As: editor.Token, Body: map[string]any{"unit": "총학", "category": "총학생회", "title": "총회", "starts": "2026-03-05T18:00:00+09:00"},
	}).Want(201)).ID
	secrets := []string{editor.ID, member.ID, editor.Session, editor.Token, member.Token, "박비밀", "최비밀", "비밀학과", "secret.", "203.0.113", "198.51.100", "chosen-request-id", "planted"}

	faces := face.Store{DB: writer.DB}
	if _, err := faces.Set(writer.Context(), face.First, face.Face{Name: "이름", Pattern: "sol"}); err != nil {
		t.Fatal(err)
	}
	own, _, err := faces.Read(writer.Context())
	if err != nil {
		t.Fatal(err)
	}

	pages := 0
	for _, spec := range functions.All() {
		app := functiontest.New(t, spec, functiontest.WithDB(writer.DB))
		for _, route := range spec.Build(function.Deps{}).Routes {
			if route.Page == nil || function.LanguageOf(route.Path) == "en" { // an English page is asked for beside the Korean one, whose handler it has
				continue
			}
			pages++
			path := strings.NewReplacer("/minutes/{id}", "/minutes/"+meeting, "/calendar/{id}", "/calendar/"+happens, "{id}", id, "{slug}", "hoechik", "{number}", "1", "{article}", url.PathEscape("제1조"), "/brand/{hash}/{name}", "/brand/"+own.Hash()+"/brand.css", "/feeds/{file}", "/feeds/all.atom", "/sitemaps/{file}", "/sitemaps/notice-1.xml").Replace(route.Path)
			if prefix, assets := strings.CutSuffix(path, "/{hash}/{name}"); assets {
				path = asset(app, prefix, editor.Token)
			}
			if strings.Contains(path, "{") {
				t.Errorf("%s: this test does not know how to fill in the address: replace its parameter where {id} is replaced in functions/pages_test.go", route.Path)
				continue
			}
			bodies := map[string]string{}
			rapid.Check(t, func(rt *rapid.T) {
				r := functiontest.Request{Method: rapid.SampledFrom([]string{"GET", "HEAD"}).Draw(rt, "method"), Path: path, Header: map[string]string{}}
				r.As = rapid.SampledFrom([]string{"", "", editor.Token, member.Token, "forged"}).Draw(rt, "as")
				r.From = rapid.SampledFrom([]string{"", "198.51.100.7", "planted, 203.0.113.9"}).Draw(rt, "from")
				for _, name := range []string{"Cookie", "X-Request-Id", "User-Agent", "Referer", "If-None-Match", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Accept", "Origin", "X-Original-Url", "X-Http-Method-Override"} {
					if rapid.Bool().Draw(rt, name) {
						r.Header[name] = rapid.SampledFrom([]string{"planted", "chosen-request-id", "__Host-madang=" + member.Token, "https://planted.example", "/planted"}).Draw(rt, name+" value")
					}
				}
				if route.HTML && rapid.Bool().Draw(rt, "in English") {
					r.Path = function.English(path)
				}
				r.Path += rapid.SampledFrom([]string{"", "?utm_source=planted", "?planted=1&x=y"}).Draw(rt, "query")
				app.Do(r)
				for key, body := range stored(t, app) {
					if before, known := bodies[key]; known && before != body {
						rt.Fatalf("%s depends on who asked: take what differs from the handler of %s in functions/%s, or the Page from its route:\n%s\n%s", key, route.Path, spec.Name, before, body)
					}
					bodies[key] = body
					for _, s := range secrets {
						if strings.Contains(body, s) || strings.Contains(key, "planted") {
							rt.Fatalf("%s has %q: a stored page shows nothing of a member or a request; mend the handler of %s in functions/%s, or take the Page from its route:\n%s", key, s, route.Path, spec.Name, body)
						}
					}
				}
			})
			if len(bodies) == 0 {
				t.Errorf("%s: no page was stored: its handler in functions/%s fails, or its answer is PageUnkept; else take Page from its route", route.Path, spec.Name)
			}
		}
	}
	if pages < 3 {
		t.Errorf("only %d pages were tested: routes with Page are lost from functions.All", pages)
	}
}

// asset is the address of one that a page of the function names, or "{" where none does.
func asset(app *functiontest.App, prefix, as string) string {
	named := regexp.MustCompile(`"(` + regexp.QuoteMeta(prefix) + `/[0-9a-f]+/[^"]+)"`)
	for _, route := range app.Spec.Build(function.Deps{}).Routes {
		if !route.HTML || route.Method != http.MethodGet || strings.Contains(route.Path, "{") {
			continue
		}
		if m := named.FindSubmatch(app.Do(functiontest.Request{Method: "GET", Path: route.Path, As: as}).Body); m != nil {
			return string(m[1])
		}
	}
	return "{"
}

// stored are the pages in Redis by their keys, all segments together.
func stored(t *testing.T, app *functiontest.App) map[string]string {
	t.Helper()
	bodies := map[string]string{}
	for _, key := range app.Server.Keys() {
		address, isPage := strings.CutPrefix(key, app.Pages.Prefix+"p:")
		if !isPage {
			continue
		}
		p, ok, err := app.Pages.Load(app.Context(), address)
		if err != nil || !ok {
			t.Fatalf("%s: %v %v", key, ok, err)
		}
		for _, s := range p.Segments {
			bodies[address] += string(s.Body)
		}
	}
	return bodies
}

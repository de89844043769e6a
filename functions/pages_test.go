package functions_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// What is stored as a page does not depend on who asked, and has nothing of a member:
// for every page of every function, whatever a request carries.
func TestPagesDependOnNobody(t *testing.T) {
	t.Parallel() // it takes a minute, beside the others that do
	app := functiontest.New(t, uploads.Function, functiontest.Beside(functions.All()...))
	sow(t, app)
	editor := app.Member(functiontest.Member{Name: "박비밀", Email: "secret.editor@example.com", Unit: "비밀학과", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
	member := app.Member(functiontest.Member{Name: "최비밀", Email: "secret.member@example.com", Unit: "비밀학과"})
	secrets := []string{editor.ID, member.ID, editor.Session, editor.Token, member.Token, "박비밀", "최비밀", "비밀학과", "secret.", "203.0.113", "198.51.100", "chosen-request-id", "planted"}

	faces := face.Store{DB: app.DB}
	if _, err := faces.Set(app.Context(), face.First, face.Face{Name: "이름", Pattern: "sol"}); err != nil {
		t.Fatal(err)
	}
	own, _, err := faces.Read(app.Context())
	if err != nil {
		t.Fatal(err)
	}

	addresses, pages := linked(app), 0
	// What no page leads to: what machines read, and one article of a rule by itself.
	unlinked := strings.NewReplacer("/brand/{hash}/{name}", "/brand/"+own.Hash()+"/brand.css", "/feeds/{file}", "/feeds/all.atom", "/sitemaps/{file}", "/sitemaps/notice-1.xml",
		"{slug}", "hoechik", "{number}", "1", "{article}", url.PathEscape("제1조"))
	for _, spec := range functions.All() {
		for _, route := range spec.Build(function.Deps{}).Routes {
			if route.Page == nil || function.LanguageOf(route.Path) == "en" { // an English page is asked for beside the Korean one, whose handler it has
				continue
			}
			pages++
			path := unlinked.Replace(route.Path)
			if i := slices.IndexFunc(addresses, func(a string) bool { return fits(route.Path, a) }); i >= 0 {
				path = addresses[i]
			}
			if prefix, assets := strings.CutSuffix(route.Path, "/{hash}/{name}"); assets && prefix != "/brand" {
				path = asset(app, spec, prefix, editor.Token)
			}
			if strings.Contains(path, "{") {
				t.Errorf("%s: no page leads to one: have the Spec of functions/%s seed one that its list shows", route.Path, spec.Name)
				continue
			}
			app.Server.FlushAll() // what is stored hereafter is of this route
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
				app.Refill()
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
func asset(app *functiontest.App, spec function.Spec, prefix, as string) string {
	named := regexp.MustCompile(`"(` + regexp.QuoteMeta(prefix) + `/[0-9a-f]+/[^"]+)"`)
	for _, route := range spec.Build(function.Deps{}).Routes {
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

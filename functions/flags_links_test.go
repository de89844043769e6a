package functions_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/search"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

var leads = regexp.MustCompile(`(?:href|action|data-action)="([^"#?]+)`)

// owns says whether a path is one of a function's that its switch closes.
func owns(spec function.Spec, path string) bool {
	is := strings.Split(path, "/")
	return slices.ContainsFunc(spec.Build(function.Deps{}).Routes, func(r function.Route) bool {
		of := strings.Split(r.Path, "/")
		return !r.Always && !r.Internal && len(of) == len(is) && matches(of, is)
	})
}

func matches(of, is []string) bool {
	for i, part := range of {
		if !strings.HasPrefix(part, "{") && part != is[i] {
			return false
		}
	}
	return true
}

// Whatever function is switched off, nothing leads to it: no page of what stays, neither menu, foot, field of search nor
// what is found, for guests and for admins.
func TestOffLeadsNowhere(t *testing.T) {
	app := functiontest.New(t, search.Function, functiontest.Beside(functions.All()...))
	admin, editor, now := app.Admin(), app.Editor(), app.Now()
	for _, k := range thing.Kinds() {
		if !slices.ContainsFunc(functions.All(), func(s function.Spec) bool { return s.Name == k.Function }) {
			t.Errorf("things of kind %s are of the function %q, which there is not: its line of kinds in shared/council/thing/thing.go says Function", k.Name, k.Function)
		}
		one := thing.Thing{
			Ref: thing.Ref{Kind: k.Name, ID: "seen"}, Unit: "총학", Path: "/" + k.Function + "/seen", Title: "무엇이든 " + k.Label.KO, At: now, From: &now, Readers: thing.Guests, Version: 1,
		}
		if err := (thing.Store{DB: app.DB}).Put(app.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	app.Notice(editor, map[string]any{"title": "급한 공지", "urgentUntil": now.Add(100 * time.Hour)})
	app.Notice(editor, map[string]any{"title": "쓰다 만 공지", "publishAt": nil})
	q := "?q=" + url.QueryEscape("무엇이든")
	pages := []string{"/", "/en", "/menu", "/privacy", "/sign-in", "/none", "/search" + q, "/en/search" + q, "/search?q=" + url.QueryEscape("없는말"), "/v1/search" + q, "/v1/search/suggest" + q}
	all := string(app.Do(functiontest.Request{Method: http.MethodGet, Path: "/search" + q}).Want(http.StatusOK).Body)
	for _, k := range thing.Kinds() {
		if !strings.Contains(all, "/"+k.Function+"/seen") {
			t.Errorf("nothing of kind %s is found while all is on", k.Name)
		}
	}
	desks := []string{"/console", "/en/console", "/console/policies", "/", "/my"}
	for _, f := range function.Catalogued(functions.All()...).Functions {
		spec := functions.All()[slices.IndexFunc(functions.All(), func(s function.Spec) bool { return s.Name == f.Name })]
		switched(t, app, nil, map[string]any{"off": []string{f.Name}})
		app.Server.FlushAll() // the store alone tells no pages
		look := func(path, as string) {
			r := app.Do(functiontest.Request{Method: http.MethodGet, Path: path, As: as, Header: map[string]string{"Accept": "text/html"}})
			if before, _, _ := strings.Cut(path, "?"); owns(spec, before) {
				r.Want(http.StatusNotFound)
				return
			}
			if r.Status >= http.StatusInternalServerError {
				t.Errorf("%s is off: %s answers %d", f.Name, path, r.Status)
			}
			body := string(r.Body)
			for _, link := range leads.FindAllStringSubmatch(body, -1) {
				if to := html.UnescapeString(link[1]); owns(spec, to) {
					t.Errorf("%s is off, and %s leads to %s", f.Name, path, to)
				}
			}
			for _, k := range thing.Kinds() {
				if k.Function == f.Name && (strings.Contains(body, "/"+k.Function+"/seen") || strings.Contains(body, `"`+k.Name+`":`)) {
					t.Errorf("%s is off, and %s shows one of kind %s", f.Name, path, k.Name)
				}
			}
		}
		for _, path := range pages {
			look(path, "")
		}
		for _, path := range desks {
			look(path, admin)
		}
	}
}

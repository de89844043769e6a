package functions_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// notSearched are parameters with which a page is nobody else's, though nothing is searched by them.
var notSearched = []string{"size", "next", "error", "done"}

// Whoever searches is counted as who searches, whatever resource and by whichever address: a list that is asked for words
// takes from the bucket that /search takes from, and no other reading does. No page is searched by another parameter.
func TestSearchingIsCountedTogether(t *testing.T) {
	searched := 0
	for _, spec := range functions.All() {
		app := functiontest.New(t, spec)
		for _, route := range spec.Build(function.Deps{}).Routes {
			if route.Page != nil {
				for _, name := range route.Page.Bypass {
					if name != function.Words && !slices.Contains(notSearched, name) {
						t.Errorf("%s is asked for %s, which the edge keeps from nobody: call it %s if it searches, or add it to notSearched", route.Path, name, function.Words)
					}
				}
			}
			if route.Method != http.MethodGet || route.Page == nil && !route.Searches() {
				continue
			}
			for words, want := range map[string]bool{"": route.Limit == function.Searching, "가": route.Searches()} {
				if err := app.Redis.FlushDB(app.Context()).Err(); err != nil {
					t.Fatal(err)
				}
				app.Do(functiontest.Request{Method: http.MethodGet, Path: filled(route.Path, "00000007-0000-4000-8000-000000000000") + "?" + url.Values{function.Words: {words}}.Encode(), From: "203.0.113.9"})
				keys, err := app.Redis.Keys(app.Context(), "*").Result()
				if err != nil {
					t.Fatal(err)
				}
				is := slices.ContainsFunc(keys, func(key string) bool { return strings.Contains(key, ":"+string(function.Searching)+":") })
				if is != want {
					t.Errorf("GET %s, asked for %q, counts as searching: %v, want %v; buckets %v", route.Path, words, is, want, keys)
				}
				if is {
					searched++
				}
			}
		}
	}
	if searched == 0 {
		t.Error("nothing is searched")
	}
}

package functions_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/sweep"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
)

var eventType = regexp.MustCompile(`^kr\.madang\.[a-z]+\.[a-z]+\.v[0-9]+$`)

func TestEveryFolderIsRegisteredOnce(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]bool{}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "cmd" && e.Name() != "catalogue" {
			folders[e.Name()] = true
		}
	}
	seen := map[string]bool{}
	for _, s := range functions.All() {
		if seen[s.Name] {
			t.Errorf("%s is registered twice", s.Name)
		}
		seen[s.Name] = true
		if !folders[s.Name] {
			t.Errorf("%s has no folder of its name", s.Name)
		}
	}
	for f := range folders {
		if !seen[f] {
			t.Errorf("functions/%s is not in functions.All", f)
		}
	}
}

// What has a page of its own is a thing, so that search and the library of files know it;
// and the chore of sweep mends the index of every kind.
func TestPagesAreOfThings(t *testing.T) {
	pages := 0
	for _, s := range functions.All() {
		for _, r := range s.Build(function.Deps{}).Routes {
			if r.Page == nil {
				continue
			}
			for _, tag := range r.Page.Tags {
				kind, id, one := strings.Cut(tag, ":")
				if !one || !strings.HasPrefix(id, "{") {
					continue
				}
				pages++
				if _, known := thing.KindOf(kind); !known {
					t.Errorf("%s shows one %s, which is no kind of thing: add it to thing.Kinds, and have its store Put it", r.Path, kind)
				}
			}
		}
	}
	if pages == 0 {
		t.Error("no page shows one thing")
	}
	kinds, sources := []string{}, []string{}
	for _, k := range thing.Kinds() {
		kinds = append(kinds, k.Name)
	}
	for _, s := range sweep.Sources(nil) {
		sources = append(sources, s.Kind)
	}
	if slices.Sort(kinds); !slices.Equal(kinds, slices.Sorted(slices.Values(sources))) {
		t.Errorf("sweep indexes %v, and the kinds are %v: add the store's Things to sweep.Sources", sources, kinds)
	}
}

func TestSpecsAreWellFormed(t *testing.T) {
	owner, undelivered := map[string]string{}, ""
	for _, s := range functions.All() {
		if s.Doc == "" || !strings.HasSuffix(s.Doc, ".") {
			t.Errorf("%s: the doc is not a sentence", s.Name)
		}
		parts := s.Build(function.Deps{})
		for _, r := range parts.Routes {
			what := r.Method + " " + r.Path
			if other, taken := owner[what]; taken {
				t.Errorf("%s is served by %s and %s", what, other, s.Name)
			}
			owner[what] = s.Name
			if other, taken := owner[r.Path]; taken && other != s.Name {
				t.Errorf("%s belongs to %s and %s: the edge sends a path to one function", r.Path, other, s.Name)
			}
			owner[r.Path] = s.Name
			if r.Doc == "" || !strings.HasSuffix(r.Doc, ".") {
				t.Errorf("%s: the doc is not a sentence", what)
			}
			if !r.Internal && strings.HasPrefix(r.Path, "/v1/") == r.HTML {
				t.Errorf("%s: the API's public paths begin with /v1/, the site's do not", what)
			}
			if r.HTML && parts.Refuse == nil {
				t.Errorf("%s: %s cannot show a refusal as a page", what, s.Name)
			}
			if r.Access.String() == "" {
				t.Errorf("%s: nobody may call it", what)
			}
			if r.Page != nil && (r.Method != http.MethodGet || r.Access.String() != "anyone") {
				t.Errorf("%s: only what anyone may GET can be a page", what)
			}
			if strings.HasPrefix(r.Path, "/v1/admin/") && (r.Access.String() == "anyone" || r.Access.String() == "member" || r.Access.String() == "student") {
				t.Errorf("%s: admin routes need a role", what)
			}
		}
		for _, c := range parts.Consumes.On {
			if c.Type == function.Undelivered {
				if undelivered != "" {
					t.Errorf("%s and %s both take dead letters", undelivered, s.Name)
				}
				undelivered = s.Name
				continue
			}
			if c.Type != function.Scheduled && !eventType.MatchString(c.Type) {
				t.Errorf("%s consumes %q: not kr.madang.<thing>.<past-tense verb>.v1", s.Name, c.Type)
			}
			if c.Type == function.Scheduled && s.Scale.Schedule == "" {
				t.Errorf("%s waits for a schedule but has none", s.Name)
			}
		}
		if len(parts.Consumes.On) > 0 && parts.Consumes.Decode == nil {
			t.Errorf("%s consumes events but cannot read them", s.Name)
		}
		if _, err := os.Stat(filepath.Join("cmd", s.Name, "main.go")); err != nil {
			t.Errorf("%s has no program: run task generate", s.Name)
		}
	}
}

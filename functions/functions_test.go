package functions_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/sweep"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/ui"
)

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
			t.Errorf("%s is registered twice: take one of its lines from functions.All in functions/functions.go", s.Name)
		}
		seen[s.Name] = true
		if !folders[s.Name] {
			t.Errorf("functions/%s is not there: give the folder the Name of its Spec, or take its line from functions.All in functions/functions.go", s.Name)
		}
	}
	for f := range folders {
		if !seen[f] {
			t.Errorf("functions/%s is not in functions.All: add `%s.Function,` in functions/functions.go (`task new -- name` does for a new function), then run task generate", f, f)
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
			t.Errorf("functions/%s: end the Doc of its Spec with a full stop: it is a sentence of the README and the API document", s.Name)
		}
		parts := s.Build(function.Deps{})
		for _, r := range parts.Routes {
			what := r.Method + " " + r.Path
			if other, taken := owner[what]; taken {
				t.Errorf("%s is served by functions/%s and functions/%s: take the route from one of them", what, other, s.Name)
			}
			owner[what] = s.Name
			if other, taken := owner[r.Path]; taken && other != s.Name {
				t.Errorf("%s belongs to functions/%s and functions/%s: the edge sends a path to one function, so give all its methods to one", r.Path, other, s.Name)
			}
			owner[r.Path] = s.Name
			if r.Doc == "" || !strings.HasSuffix(r.Doc, ".") {
				t.Errorf("%s: end the Doc of its route in functions/%s with a full stop: it is a sentence", what, s.Name)
			}
			if !r.Internal && strings.HasPrefix(r.Path, "/v1/") == r.HTML {
				t.Errorf("%s: begin the path with /v1/, or give its route in functions/%s HTML: true: the API's public paths begin so, the site's do not", what, s.Name)
			}
			if r.HTML && r.Refuse == nil {
				t.Errorf("%s: make its route in functions/%s by Pages of ui.Site or of desk.New: nothing shows a refusal as a page", what, s.Name)
			}
			if r.Access.String() == "" {
				t.Errorf("%s: give its route in functions/%s Access, as function.Anyone: nobody may call it", what, s.Name)
			}
			for _, name := range r.Wakes {
				if !slices.ContainsFunc(functions.All(), func(o function.Spec) bool { return o.Name == name }) || r.Method != http.MethodGet {
					t.Errorf("%s wakes %s: take it from Wakes of its route in functions/%s, or name a function there; only what is read wakes", what, name, s.Name)
				}
			}
			if r.Page != nil && (r.Method != http.MethodGet || r.Access.String() != "anyone") {
				t.Errorf("%s: take Page from its route in functions/%s, or make it a GET with Access: function.Anyone", what, s.Name)
			}
			if strings.HasPrefix(r.Path, "/v1/admin/") && (r.Access.String() == "anyone" || r.Access.String() == "member" || r.Access.String() == "student") {
				t.Errorf("%s: give its route in functions/%s Access: function.May(…): what is under /v1/admin/ needs a role", what, s.Name)
			}
		}
		for _, c := range parts.Consumes.On {
			if c.Type == function.Undelivered {
				if undelivered != "" {
					t.Errorf("functions/%s and functions/%s both take dead letters: take function.Undelivered from one of them", undelivered, s.Name)
				}
				undelivered = s.Name
				continue
			}
			if c.Type != function.Scheduled && !event.Named(c.Type) {
				t.Errorf("functions/%s consumes %q: call it kr.madang.<thing>.<past-tense verb>.v1", s.Name, c.Type)
			}
			if c.Type == function.Scheduled && s.Scale.Schedule == "" {
				t.Errorf("functions/%s waits for function.Scheduled: give its Scale a Schedule, as \"*/5 * * * *\"", s.Name)
			}
		}
		if len(parts.Consumes.On) > 0 && parts.Consumes.Decode == nil {
			t.Errorf("functions/%s consumes events: make its Consumes by cloudevent.Consume(…)", s.Name)
		}
		if _, err := os.Stat(filepath.Join("cmd", s.Name, "main.go")); err != nil {
			t.Errorf("functions/cmd/%s/main.go is not there: run task generate", s.Name)
		}
	}
}

// Every entry of the site's menu stands in one of its groups, or is where the search fields lead, or is of who is signed
// in: the menu in groups is the same for everybody. In the console's menu all but its first page do.
func TestMenuIsGrouped(t *testing.T) {
	searched := false
	for _, s := range functions.All() {
		for _, e := range s.Menu {
			searched = searched || e.Search
			switch {
			case e.Members && e.Group != "":
				t.Errorf("functions/%s: %s is offered to members alone: it is in no Group of the menu", s.Name, e.Path)
			case (e.Members || e.Search) && e.Group == "":
			case !slices.Contains(function.Groups(), e.Group):
				t.Errorf("functions/%s: %s is in no group of the menu: give its Entry a Group", s.Name, e.Path)
			}
		}
		for _, e := range s.Desk {
			if first := e.Path == ui.ConsolePath; first != (e.Group == "") || !first && !slices.Contains(function.DeskGroups(), e.Group) {
				t.Errorf("functions/%s: %s is in no group of the console's menu: give its Entry one of function.DeskGroups", s.Name, e.Path)
			}
		}
	}
	if !searched {
		t.Error("the search fields lead nowhere: an Entry of the menu says Search")
	}
}

// unheard are the kinds of things that no feed tells of, each for its reason.
var unheard = map[string]string{
	"about":  "one page, which changes in place",
	"banner": "a picture without a page",
	"event":  "calendars subscribe to the calendar itself",
	"rule":   "an article is as old as the amendment that made it, and that is the news",
}

// Every kind of things has a feed, which an entry of the site's menu names that lists them, or a
// reason why it has none.
func TestKindsHaveFeeds(t *testing.T) {
	told := map[string]string{}
	for _, s := range functions.All() {
		for _, e := range s.Menu {
			if _, known := thing.KindOf(e.Feed); e.Feed != "" && (!known || told[e.Feed] != "" || e.Feed == "all") {
				t.Errorf("functions/%s: the feed of %s is of %q, which is no kind of things, or has one already: take Feed from the entry, or name another of thing.Kinds", s.Name, e.Path, e.Feed)
			}
			told[e.Feed] = e.Path
		}
	}
	for _, k := range thing.Kinds() {
		if _, reason := unheard[k.Name]; (told[k.Name] != "") == reason {
			t.Errorf("things of kind %s have no feed: the Entry of the menu that lists them says Feed: %q, or unheard in functions/functions_test.go says why there is none; not both", k.Name, k.Name)
		}
	}
	for name := range unheard {
		if _, known := thing.KindOf(name); !known {
			t.Errorf("there is no kind %s any more: delete its line in unheard", name)
		}
	}
}

// People call every function something: the page of operations says it.
func TestFunctionsHaveNames(t *testing.T) {
	t.Parallel()
	c := function.Catalogued(functions.All()...)
	for _, n := range c.Names {
		if n.Label.KO == "" || n.Label.EN == "" {
			t.Errorf("nobody has a name for functions/%s: give its Spec a Label, or an entry of a menu", n.Name)
		}
	}
}

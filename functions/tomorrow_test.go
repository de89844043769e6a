package functions_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/page"
)

var led = regexp.MustCompile(`href="(/[^"#?]*)`)

// What a stored page says at a later time is what its function would say then, while nobody
// writes anything: for every page that a council which just began has, over nights and hours.
// Whoever counts days or shows what begins and ends says when that changes (PageChanges).
func TestStoredPagesAreRightTomorrow(t *testing.T) {
	t.Parallel() // it takes a while, beside the others that do
	app := functiontest.New(t, uploads.Function, functiontest.Beside(functions.All()...))
	sow(t, app)
	addresses := linked(app)
	if len(addresses) < 60 {
		t.Errorf("%d pages: %q", len(addresses), addresses)
	}
	random := rand.New(rand.NewPCG(1, 1))
	compared := 0
	for night := range 12 {
		// Some minutes before midnight, and by day.
		then := clock.Midnight(app.Now()).AddDate(0, 0, 1).Add(-time.Duration(random.IntN(300)) * time.Minute)
		later := then.Add(time.Duration(1+random.IntN(350)) * time.Minute)
		if night%3 == 2 {
			later = clock.Midnight(then).AddDate(0, 0, 1).Add(time.Second)
		}
		app.At(then)
		app.Redis.FlushDB(t.Context())
		stored := map[string]page.Page{}
		for _, path := range addresses {
			get(app, path)
			if p, ok, err := app.Pages.Load(t.Context(), page.Key(path, nil, nil, "ko")); err != nil {
				t.Fatal(err)
			} else if ok {
				stored[path] = p
			}
		}
		app.At(later)
		for _, path := range addresses {
			p, is := stored[path]
			if !is {
				continue
			}
			segment, state := p.At(later)
			if state != page.Fresh {
				continue
			}
			compared++
			if said := get(app, path); said.Status != http.StatusOK || string(said.Body) != string(segment.Body) {
				t.Errorf("%s: stored at %v it says at %v what is not so any more: its handler has to say when it changes by itself (PageChanges, ui.View.Changes, Dated):\n%s", path, then, later, differing(string(segment.Body), string(said.Body)))
			}
		}
	}
	if compared < 300 {
		t.Errorf("%d pages were compared", compared)
	}
}

// linked are the addresses of stored pages that a visitor comes to from those that need no parameter, beside each
// that of its JSON. Of assets there are none.
func linked(app *functiontest.App) []string {
	templates := []string{}
	for _, spec := range functions.All() {
		for _, route := range spec.Build(function.Deps{}).Routes {
			if route.Page != nil && function.LanguageOf(route.Path) != "en" {
				templates = append(templates, route.Path)
			}
		}
	}
	addresses, known := []string{}, map[string]bool{}
	add := func(path string) {
		for _, template := range templates {
			if !known[path] && fits(template, path) && !strings.HasPrefix(path, "/assets/") && !strings.HasPrefix(path, "/brand/") {
				known[path] = true
				addresses = append(addresses, path)
			}
		}
	}
	for _, template := range templates {
		if !strings.Contains(template, "{") {
			add(template)
		}
	}
	for i := 0; i < len(addresses); i++ { // and where they lead
		for _, m := range led.FindAllStringSubmatch(string(get(app, addresses[i]).Body), -1) {
			add(m[1])
			add("/v1" + m[1])
		}
	}
	return addresses
}

func get(app *functiontest.App, path string) functiontest.Response {
	app.Refill()
	return app.Do(functiontest.Request{Method: "GET", Path: path})
}

// fits says whether an address is one of a route's.
func fits(template, path string) bool {
	want, have := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if want[i] != have[i] && (!strings.HasPrefix(want[i], "{") || have[i] == "") {
			return false
		}
	}
	return true
}

// differing is where two texts begin to differ.
func differing(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	near := func(s string) string { return s[max(0, min(i, len(s))-80):min(len(s), i+120)] }
	return fmt.Sprintf("%s\n%s", near(a), near(b))
}

// sow has a council start with what functions start with.
func sow(t *testing.T, app *functiontest.App) {
	t.Helper()
	admin := app.Member(functiontest.Member{Name: "박회장", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
	pictures := []string{}
	for _, name := range []string{"축제.png", "간식.png", "환영.png"} {
		pictures = append(pictures, app.Upload(functiontest.Upload{Owner: admin.ID, Name: name, Type: "png", Width: 1600, Height: 900}))
	}
	for _, spec := range functions.All() {
		if spec.Seed == nil {
			continue
		}
		for _, seed := range spec.Seed(function.Ground{Now: app.Now(), Pictures: pictures}) {
			app.Refill()
			r := app.Do(functiontest.Request{Method: cmp.Or(seed.Method, http.MethodPost), Path: seed.Path, Body: seed.Body, As: admin.Token, Header: map[string]string{"If-Match": "*"}})
			if r.Status >= http.StatusBadRequest {
				t.Fatalf("%s: %d %s", seed.Path, r.Status, r.Body)
			}
		}
	}
}

package browser

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
)

// view is a page that is looked at: a template of a function in one of its states.
type view struct {
	function string
	template string // the Korean path of its route
	state    string // what it shows; "" for what its first visitor sees
	path     string // an address that shows it, {id} filled in
	member   bool   // as the admin, signed in
	status   int    // of the answer; 200 if 0
}

func (v view) String() string {
	s := v.path
	if v.state != "" {
		s += " (" + v.state + ")"
	}
	if v.member {
		s += " (admin)"
	}
	return s
}

// picture is the name of what is kept of how it looks.
func (v view) picture() string {
	name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "{", "", "}", "", "=", "-", "&", "-", "%", "").Replace(cmp.Or(strings.Trim(v.template, "/"), "main")), "-")
	if v.english() {
		name += "-en"
	}
	if v.state != "" {
		name += "-" + strings.ReplaceAll(v.state, " ", "-")
	}
	return name
}

// english says whether it is in English.
func (v view) english() bool {
	path, _, _ := strings.Cut(v.path, "?")
	return function.LanguageOf(path) == "en"
}

// cookie is what it is asked for with, of those of the admin.
func (v view) cookie(ofAdmin string) string {
	if v.member {
		return ofAdmin
	}
	return ""
}

// lists are the lists of the API whose first item fills an address, by the part of a path
// before {id}, where that is not the list of this name: of notices it is /v1/notices.
var lists = map[string]string{
	"calendar":   "/v1/admin/calendar", // that of readers asks for days
	"members":    "/v1/admin/members",
	"policies":   "/v1/admin/policies",
	"channels":   "/v1/admin/channels",
	"categories": "/v1/archives/categories",
}

// listed says whether the API has a list at an address.
func listed(address string) bool {
	return slices.ContainsFunc(functions.All(), func(spec function.Spec) bool {
		return slices.ContainsFunc(spec.Build(function.Deps{}).Routes, func(r function.Route) bool { return r.Method == http.MethodGet && r.Path == address })
	})
}

// addresses are those of templates that no list fills in, or whose address is more than an id.
var addresses = map[string]string{
	"/rules/{slug}":                   "/rules/hoechik",
	"/rules/{slug}/versions/{number}": "/rules/hoechik/versions/1",
	"/rules/{slug}/compare":           "/rules/hoechik/compare?from=1&to=2",
	"/rules/{slug}/{article}":         "/rules/hoechik/%EC%A0%9C9%EC%A1%B0",
	"/console/rules/{slug}":           "/console/rules/hoechik",
	"/console/rules/{slug}/new":       "/console/rules/hoechik/new",
	"/console/rules/{slug}/{number}":  "/console/rules/hoechik/3",
}

// others are what browsers ask for that is no page to look at, each with what it is.
var others = map[string]string{
	"/my/follows/{kind}/{id}":   "what is still to come, as minutes that are awaited: TestFollowing of functions/notify looks at it",
	"/unsubscribe/{token}":      "a link in a mail: TestANoticeFiveMinutesAhead of functions/notify looks at it",
	"/archives/bundles/{id}":    "a year that somebody asked for: TestArchives looks at it",
	"/calendar.ics":             "what calendars read: TestCalendarsRead has them read it",
	"/calendar/{id}/event.ics":  "what calendars read",
	"/feeds/{file}":             "what feed readers read",
	"/push/worker.js":           "what browsers run that show notifications: TestDevices has one run it",
	"/manifest.webmanifest":     "what telephones read",
	"/opensearch.xml":           "what browsers read to offer the search",
	"/console/waiting":          "counts that a script puts into the rail: TestHeaders sees them",
	"/console/rules/at/{id}":    "leads to the rulebook's page",
	"/rules/{slug}/compare.csv": "a table for spreadsheets",
	"/archives/{id}/table.csv":  "a table for spreadsheets",
	"/my/export":                "leads to the API's document",
	"/my/issuers/{issuer}":      "needs an issuer: TestLinksAnIssuer of functions/site looks at it",
	"/sign-in/second-factor":    "leads to the sign-in page whoever has not just given a password",
}

// states are what templates show beside what their first visitor sees, each once. A template
// with a form or a list has one where nothing is found or something is refused, if that looks
// different.
var states = []view{
	{function: "edge", template: "/none", path: "/none", status: http.StatusNotFound},
	{function: "edge", template: "/none", path: "/en/none", status: http.StatusNotFound},
	{function: "archives", template: "/archives", state: "none found", path: "/archives?q=none"},
	{function: "archives", template: "/archives", state: "nothing due", path: "/archives?category=evidence&year=2020", member: true},
	{function: "archives", template: "/archives/{id}", state: "absent", path: "/archives/none", status: http.StatusNotFound},
	{function: "archives", template: "/console/archives", state: "none found", path: "/console/archives?q=none", member: true},
	{function: "calendar", template: "/calendar", state: "nothing there", path: "/calendar?month=2001-02"},
	{function: "calendar", template: "/calendar/{id}", state: "absent", path: "/calendar/none", status: http.StatusNotFound},
	{function: "main", template: "/", state: "signed in", path: "/", member: true},
	{function: "members", template: "/console/members", state: "found", path: "/console/members?q=admin@madang.ac.kr", member: true},
	{function: "members", template: "/console/members", state: "none found", path: "/console/members?q=none@example.com", member: true},
	{function: "minutes", template: "/minutes", state: "none found", path: "/minutes?body=clubs&state=full"},
	{function: "minutes", template: "/minutes", state: "a month", path: "/minutes?month=" + time.Now().In(clock.Seoul).Format("2006-01")},
	{function: "minutes", template: "/minutes", state: "a month without meetings", path: "/minutes?month=2001-02"},
	{function: "minutes", template: "/minutes/{id}", state: "signed in", path: "/minutes/{id}", member: true},
	{function: "minutes", template: "/minutes/{id}", state: "absent", path: "/minutes/none", status: http.StatusNotFound},
	{function: "minutes", template: "/console/minutes", state: "a month", path: "/console/minutes?month=" + time.Now().In(clock.Seoul).Format("2006-01"), member: true},
	{function: "minutes", template: "/console/minutes", state: "deleted", path: "/console/minutes?state=deleted", member: true},
	{function: "minutes", template: "/console/minutes/{id}", state: "absent", path: "/console/minutes/none", member: true, status: http.StatusNotFound},
	{function: "notices", template: "/notices", state: "none found", path: "/notices?q=none", status: http.StatusOK},
	{function: "notices", template: "/notices/{id}", state: "signed in", path: "/notices/{id}", member: true},
	{function: "notices", template: "/notices/{id}", state: "absent", path: "/notices/none", status: http.StatusNotFound},
	{function: "notices", template: "/console/notices", state: "none found", path: "/console/notices?q=none", member: true},
	{function: "notices", template: "/console/notices", state: "deleted", path: "/console/notices?state=deleted", member: true},
	{function: "notices", template: "/console/notices/{id}", state: "absent", path: "/console/notices/none", member: true, status: http.StatusNotFound},
	{function: "operations", template: "/console/operations", state: "another month", path: "/console/operations?month=2026-01", member: true},
	{function: "policies", template: "/console/policies/{domain}", state: "a switch", path: "/console/policies/site?change=readOnly", member: true},
	{function: "policies", template: "/console/policies/{domain}", state: "choices", path: "/console/policies/site?change=off", member: true},
	{function: "policies", template: "/console/policies/{domain}", state: "a line", path: "/console/policies/site?change=banner", member: true},
	{function: "rules", template: "/rules/{slug}", state: "another day", path: "/rules/hoechik?at=2024-05-01"},
	{function: "rules", template: "/rules/{slug}", state: "nothing was in force", path: "/rules/hoechik?at=2018-01-01", status: http.StatusNotFound},
	{function: "rules", template: "/rules/{slug}/compare", state: "announced", path: "/rules/hoechik/compare?from=2&to=3"},
	{function: "rules", template: "/rules/{slug}/compare", state: "the same", path: "/rules/hoechik/compare?from=2&to=2"},
	{function: "site", template: "/password", state: "signed in", path: "/password", member: true},
	{function: "site", template: "/sign-in", state: "signed out", path: "/sign-in?done=signed-out"},
	{function: "site", template: "/sign-in", state: "refused elsewhere", path: "/sign-in?error=oidc-refused"},
	{function: "site", template: "/sign-in", state: "new, by another issuer", path: "/sign-in?error=consent-required"},
	{function: "search", template: "/search", state: "found", path: "/search?q=%EA%B3%B5%EC%A7%80", status: http.StatusOK},
	{function: "search", template: "/search", state: "none found", path: "/search?q=%EC%97%86%EB%8A%94%EB%A7%90", status: http.StatusOK},
	{function: "search", template: "/search", state: "refused", path: "/search?q=a", status: http.StatusUnprocessableEntity},
	{function: "uploads", template: "/console/media", state: "none found", path: "/console/media?q=none", member: true},
}

// parameter is a part of a path that stands for something stored, with the part before it.
var parameter = regexp.MustCompile(`([^/]+)/\{[^}]+\}`)

// views are all templates of all functions: each once in each language, as a guest where a
// guest gets one and as the admin otherwise; and each further state once. A page that they
// do not show fails the test.
func views(t *testing.T, h *localHost) []view {
	t.Helper()
	h.watched()
	cookies, list := h.signIn(), slices.Clone(states)
	h.channelled(cookies)
	made := map[string]string{"/notices/previews/{token}": h.previewed(cookies)}
	for _, spec := range functions.All() {
		for _, route := range spec.Build(function.Deps{}).Routes {
			if !route.HTML || route.Method != http.MethodGet || route.Neutral || function.LanguageOf(route.Path) == "en" || others[route.Path] != "" {
				continue
			}
			member, path := route.Access.String() != function.Anyone.String(), cmp.Or(made[route.Path], addresses[route.Path], route.Path)
			status := http.StatusOK
			if route.Page != nil && route.Page.Lost {
				status = http.StatusNotFound
			}
			list = append(list, view{function: spec.Name, template: route.Path, path: path, member: member, status: status}, view{function: spec.Name, template: route.Path, path: function.English(path), member: member, status: status})
		}
	}
	ids := map[string]string{}
	for i, v := range list {
		list[i].status = cmp.Or(v.status, http.StatusOK)
		list[i].path = parameter.ReplaceAllStringFunc(v.path, func(found string) string {
			of := parameter.FindStringSubmatch(found)[1]
			from := cmp.Or(lists[of], "/v1/"+of)
			if !listed(from) {
				t.Fatalf("nobody looks at %s of functions/%s: its address is not known. Add to lists in knative/browser/views_test.go:\n\t%q: \"/v1/…\", // a list of the API whose first item it shows", v.template, v.function, of)
			}
			if ids[of] == "" {
				ids[of] = h.first(from, cookies)
			}
			return of + "/" + ids[of]
		})
	}
	for _, v := range list {
		if body, response := h.read(v.path, v.cookie(cookies)); response.StatusCode != v.status || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") || body == "" {
			t.Fatalf("%s of functions/%s answers %s (%s), not a page with %d. Where it is none, add to others in knative/browser/views_test.go:\n\t%q: \"what it is\",", v, v.function, response.Status, response.Header.Get("Content-Type"), v.status, v.template)
		}
	}
	slices.SortStableFunc(list, func(a, b view) int { return cmp.Compare(a.function, b.function) })
	return list
}

// previewed is the path of a notice's preview, by a link that an editor asked for.
func (h *localHost) previewed(cookies string) string {
	h.t.Helper()
	raw := h.write(http.MethodPost, "/v1/notices/"+h.first("/v1/notices", cookies)+"/preview", cookies, nil, http.StatusOK)
	var link struct{ URL string }
	if err := json.Unmarshal([]byte(raw), &link); err != nil {
		h.t.Fatal(err)
	}
	at, err := url.Parse(link.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	return at.Path
}

// The lists above name no page that is gone.
func TestViewsAreOfTheFunctions(t *testing.T) {
	templates, parts := map[string]string{"/none": "edge"}, map[string]bool{}
	for _, spec := range functions.All() {
		for _, route := range spec.Build(function.Deps{}).Routes {
			if !route.HTML || route.Method != http.MethodGet {
				continue
			}
			templates[route.Path] = spec.Name
			for _, found := range parameter.FindAllStringSubmatch(route.Path, -1) {
				parts[found[1]] = true
			}
		}
	}
	for _, v := range states {
		if templates[v.template] != v.function {
			t.Errorf("states: functions/%s has no page %s", v.function, v.template)
		}
	}
	for path := range others {
		if templates[path] == "" {
			t.Errorf("others: there is no page %s", path)
		}
	}
	for part := range lists {
		if !parts[part] {
			t.Errorf("lists: no page has a part behind %s", part)
		}
	}
}

// byFunction runs a test for each function that has views, under its name.
func byFunction(t *testing.T, list []view, test func(t *testing.T, list []view)) {
	t.Helper()
	for len(list) > 0 {
		name := list[0].function
		end := slices.IndexFunc(list, func(v view) bool { return v.function != name })
		if end < 0 {
			end = len(list)
		}
		of := list[:end]
		list = list[end:]
		t.Run(name, func(t *testing.T) { test(t, of) })
	}
}

package functions_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/madang-council/madang/functions/archives"
	"github.com/madang-council/madang/functions/calendar"
	"github.com/madang-council/madang/functions/minutes"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/rules"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// Whoever pastes the address of a page of a thing leads to the thing: for every page of these functions, however it was copied.
func TestPagesAreLinkedTo(t *testing.T) {
	d := functiontest.New(t, notices.Function)
	admin := d.Admin()
	do := func(spec function.Spec, path string, body map[string]any) string {
		t.Helper()
		r := functiontest.Request{Method: http.MethodPost, Path: path, As: admin, Body: body, Header: map[string]string{"If-Match": "*"}}
		made := functiontest.New(t, spec, functiontest.WithDB(d.DB)).Do(r)
		if made.Status >= 300 {
			t.Fatalf("%s: %d %s", path, made.Status, made.Body)
		}
		return functiontest.JSON[struct{ ID string }](made).ID
	}
	notice := d.Notice(admin, map[string]any{"title": "알림", "body": "글", "unit": "총학", "tags": []string{}, "publishAt": d.Now()})
	do(minutes.Function, "/v1/admin/minutes/bodies", map[string]any{"slug": "a", "name": "위원회", "unit": "총학"})
	minute := do(minutes.Function, "/v1/minutes", map[string]any{"body": "a", "kind": "regular", "heldAt": d.Now(), "publish": "full"})
	event := do(calendar.Function, "/v1/calendar", map[string]any{"unit": "총학", "category": "총학생회", "title": "총회", "starts": "2026-03-05T18:00:00+09:00"})
	do(rules.Function, "/v1/rules", map[string]any{"slug": "hoechik", "unit": "총학", "title": "회칙"})
	for n, source := range []string{"제1조(목적) 글", "제1조(목적) 글이다."} {
		number := []string{"1", "2"}[n]
		version := map[string]any{"kind": []string{"enactment", "amendment"}[n], "effectiveOn": "2026-03-0" + number, "source": source}
		if n > 0 {
			version["amendment"] = n
		}
		do(rules.Function, "/v1/rules/hoechik/versions", version)
		do(rules.Function, "/v1/rules/hoechik/versions/"+number+"/promulgate", map[string]any{"promulgatedOn": "2026-03-01"})
	}
	versions, err := thing.Store{DB: d.DB}.Public(d.Context(), "amendment", 0, 10)
	if err != nil || len(versions) != 2 {
		t.Fatal(versions, err)
	}
	slices.SortFunc(versions, func(a, b thing.Thing) int { return strings.Compare(b.Path, a.Path) })
	first, second := versions[0].Ref, versions[1].Ref // of its text, and of what it changes
	acts, err := thing.Store{DB: d.DB}.Public(d.Context(), "rule", 0, 10)
	if err != nil || len(acts) == 0 {
		t.Fatal(acts, err)
	}

	type page struct {
		address string
		of      thing.Ref
	}
	one := url.PathEscape("제1조")
	// The pages by their routes; none where a page is that of no thing.
	pages := map[string][]page{
		"/notices": nil, "/notices/previews/{token}": nil, "/notices/{id}": {{"/notices/" + notice, thing.Ref{Kind: "notice", ID: notice}}},
		"/minutes": nil, "/minutes/{id}": {{"/minutes/" + minute, thing.Ref{Kind: "minute", ID: minute}}},
		"/calendar": nil, "/calendar/{id}": {{"/calendar/" + event, thing.Ref{Kind: "event", ID: event}}}, "/calendar.ics": nil, "/calendar/{id}/event.ics": nil,
		"/archives": nil, "/archives/{id}": {{"/archives/", thing.Ref{Kind: "archive"}}}, "/archives/{id}/table.csv": nil, "/archives/bundles/{id}": nil,
		"/rules": nil, "/rules/{slug}": nil, "/rules/{slug}/compare.csv": nil,
		"/rules/{slug}/versions/{number}": {{"/rules/hoechik/versions/1", first}, {"/rules/hoechik/versions/2", second}},
		"/rules/{slug}/compare":           {{"/rules/hoechik/compare?from=1&to=2", second}, {"/rules/hoechik/compare?to=2&from=1", second}, {"/rules/hoechik/compare?to=2", second}, {"/rules/hoechik/compare?from=0&to=2", second}, {"/rules/hoechik/compare?to=1", first}},
		"/rules/{slug}/{article}":         {{"/rules/hoechik/" + one, acts[0].Ref}, {"/rules/hoechik/제1조", acts[0].Ref}, {"/rules/hoechik/" + norm.NFD.String("제1조"), acts[0].Ref}, {"/rules/hoechik/제1조?at=2026-03-02", acts[0].Ref}},
	}
	ids := map[string]string{} // of a kind whose thing is made below
	made := thing.Thing{Ref: thing.Ref{Kind: "archive", ID: "01961111-1111-7111-8111-111111111111"}, Unit: "총학", Title: "결산", Tags: []string{}, At: d.Now(), Readers: thing.Guests, Version: 1}
	made.Path = "/archives/" + made.ID
	now := d.Now()
	made.From = &now
	if err := (thing.Store{DB: d.DB}).Put(d.Context(), made); err != nil {
		t.Fatal(err)
	}
	ids["archive"] = made.ID

	s, seen, linking := thing.Store{DB: d.DB}, map[string]bool{}, int64(0)
	for _, spec := range []function.Spec{notices.Function, minutes.Function, calendar.Function, archives.Function, rules.Function} {
		for _, route := range spec.Build(function.Deps{}).Routes {
			if !strings.HasPrefix(route.Path, "/"+spec.Name) || route.Method != http.MethodGet {
				continue
			}
			seen[route.Path] = true
			list, known := pages[route.Path]
			if !known {
				t.Errorf("%s: say in functions/links_test.go whose page it is", route.Path)
			}
			for _, p := range list {
				if p.of.ID == "" {
					p.of.ID = ids[p.of.Kind]
					p.address += p.of.ID
				}
				separator := "?"
				if strings.Contains(p.address, "?") {
					separator = "&"
				}
				for _, copied := range []string{p.address, "/en" + p.address, p.address + "#part", p.address + separator + "utm_source=kakao", "https://council.madang.ac.kr" + p.address, "https://council.madang.ac.kr/en" + p.address + separator + "x=y#part"} {
					inside := thing.Inside("https://council.madang.ac.kr", copied)
					if got, err := s.At(auth.With(d.Context(), auth.Principal{}), p.of.Kind, inside); err != nil || got == nil || got.Path != "" && p.of.Kind != "rule" && got.Ref != p.of {
						t.Errorf("%s is at no thing, or another than %s: %v %v", copied, p.of.Tag(), got, err)
					}
					linking++
					of := thing.Ref{Kind: "banner", ID: "linking"}
					if err := s.Put(d.Context(), thing.Thing{Ref: of, Unit: "총학", Title: "배너", Tags: []string{}, At: now, From: &now, Readers: thing.Guests, Version: linking, Links: []string{inside}}); err != nil {
						t.Fatal(err)
					}
					led, _, err := s.Related(d.Context(), of, p.of.Kind)
					if err != nil || !slices.ContainsFunc(led, func(v thing.Thing) bool { return v.Ref == p.of || v.Kind == "rule" }) {
						t.Errorf("%s leads to %v, not to %s: %v", copied, led, p.of.Tag(), err)
					}
				}
			}
		}
	}
	for path := range pages {
		if !seen[path] {
			t.Errorf("%s: there is no such page any more: take it from functions/links_test.go", path)
		}
	}
}

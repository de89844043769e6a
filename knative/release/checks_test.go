package release_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/knative/release"
)

// Every function is asked for something, of its API and of its pages; what is a page is known
// as one, since its refusals are pages too.
func TestChecksOfPages(t *testing.T) {
	checks := release.Checks(functions.All())
	for _, f := range functions.All() {
		if len(checks[f.Name]) == 0 {
			t.Errorf("%s is not asked", f.Name)
		}
	}
	for name, want := range map[string][]release.Check{
		"site":     {{Path: "/menu", HTML: true}},
		"console":  {{Path: "/console/assets/00000000-0000-7000-8000-000000000000/00000000-0000-7000-8000-000000000000", HTML: true}},
		"main":     {{Path: "/v1/main"}, {Path: "/", HTML: true}},
		"notices":  {{Path: "/v1/notices"}, {Path: "/notices", HTML: true}},
		"banners":  {{Path: "/v1/banners"}},
		"archives": {{Path: "/v1/archives"}, {Path: "/archives", HTML: true}},
		"calendar": {{Path: "/v1/calendar"}, {Path: "/calendar", HTML: true}},
		"auth":     {{Path: "/v1/auth/oidc"}},
		"minutes":  {{Path: "/v1/minutes"}, {Path: "/minutes", HTML: true}},
		"media":    {},
	} {
		absent := release.Check{Path: "/v1/no-such-resource", Status: http.StatusNotFound}
		if got := checks[name]; !slices.Equal(got, append([]release.Check{absent}, want...)) {
			t.Errorf("%s is asked for %v, want %v", name, got, want)
		}
	}
}

package release_test

import (
	"slices"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/knative/release"
)

// Every function is asked for something; what is a page is known as one, since its
// refusals are pages too.
func TestChecksOfPages(t *testing.T) {
	checks := release.Checks(functions.All())
	for _, f := range functions.All() {
		if len(checks[f.Name]) == 0 {
			t.Errorf("%s is not asked", f.Name)
		}
	}
	for name, want := range map[string]bool{"site": true, "console": true, "notices": false} {
		if got := slices.ContainsFunc(checks[name], func(c release.Check) bool { return c.HTML }); got != want {
			t.Errorf("%s: pages %t, want %t", name, got, want)
		}
	}
}

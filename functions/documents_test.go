package functions_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
)

// right is a line of the table of rights in docs/security.md: action, roles, where.
var right = regexp.MustCompile(`(?m)^\| ([a-z]+): [^|]+ \| ([a-z, ]+) \| ([a-z ]+) \|$`)

// The rights that docs/security.md lists are those that there are, in their order.
func TestRightsAreListed(t *testing.T) {
	_, section, _ := strings.Cut(documentOf(t, "security.md"), "\n## Rights\n")
	section, _, _ = strings.Cut(section, "\n## ")
	listed, there := []string{}, []string{}
	for _, m := range right.FindAllStringSubmatch(section, -1) {
		where := "a unit"
		if m[3] == "whole council" {
			where = m[3]
		}
		listed = append(listed, m[1]+": "+m[2]+", "+where)
	}
	for _, rule := range auth.Rules() {
		roles, where := []string{}, "a unit"
		for _, role := range rule.Roles {
			roles = append(roles, string(role))
		}
		if rule.Whole {
			where = "whole council"
		}
		there = append(there, string(rule.Action)+": "+strings.Join(roles, ", ")+", "+where)
	}
	if !slices.Equal(listed, there) {
		t.Errorf("docs/security.md lists under Rights\n%s\nand auth.Rules has\n%s", strings.Join(listed, "\n"), strings.Join(there, "\n"))
	}
}

// Whoever has an address with a token has what it opens, and addresses are kept by browsers and sent on: docs/asvs.md
// lists each, and what asks for a code in its query.
func TestTokensInAddressesAreListed(t *testing.T) {
	_, answer, _ := strings.Cut(documentOf(t, "asvs.md"), "\n| 14.2.1 |")
	answer, _, _ = strings.Cut(answer, "\n")
	found := 0
	for _, spec := range functions.All() {
		for _, route := range spec.New(function.Deps{}).Routes {
			before, _, is := strings.Cut(route.Path, "{token}")
			if !is && !strings.HasSuffix(route.Path, "/callback") {
				continue
			}
			found++
			if !is {
				before = route.Path
			}
			if !strings.Contains(answer, "`"+before+"`") {
				t.Errorf("docs/asvs.md, 14.2.1, does not list `%s` (%s %s in functions/%s)", before, route.Method, route.Path, spec.Name)
			}
		}
	}
	if found < 4 {
		t.Errorf("%d routes with a token in their address", found)
	}
}

func documentOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

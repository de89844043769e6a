package function_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// RFC 9110 13.1.1: "*" matches what there is, a list any of it, and the comparison is strong.
func TestMatch(t *testing.T) {
	const stale, none = "version-stale", "if-match-required"
	for header, want := range map[string]string{ // the current version is 3
		``:                             none,
		`*`:                            "3",
		` * `:                          "3",
		`"v3"`:                         "3",
		`"v2"`:                         "2", // the store says that it is stale
		"\t\"v3\" ":                    "3",
		`"v1", "v3"`:                   "3",
		`"v1","v2"`:                    stale,
		`, ,"v3",,"v9",`:               "3",
		`"v1", W/"v3"`:                 "1",
		`"v1", "v2", W/"v3"`:           stale,
		`W/"v3"`:                       stale,
		`W/"v2", W/"v3"`:               stale,
		`"another,with,commas", "v3"`:  "3",
		`"가", "v3"`:                    "3",
		`"*"`:                          stale,
		`*, "v3"`:                      stale,
		`"v3", *`:                      stale,
		`"v3" "v4"`:                    stale,
		`"v3`:                          stale,
		`v3`:                           stale,
		`3`:                            stale,
		`"3"`:                          stale,
		`"v03"`:                        stale,
		`"v+3"`:                        stale,
		`"v"`:                          stale,
		`"v3 "`:                        stale,
		`w/"v3"`:                       stale,
		`"v99999999999999999999"`:      stale,
		`"v3", "v99999999999999999999`: stale,
		`,`:                            stale,
		`""`:                           stale,
		`"", "v3"`:                     "3",
	} {
		version, err := function.Match(header, func() (int64, error) { return 3, nil })
		got := fmt.Sprint(version)
		if p := problem.Find(err); p != nil {
			got = p.Code
		}
		if got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	away := errors.New("away")
	if _, err := function.Match("*", func() (int64, error) { return 0, away }); !errors.Is(err, away) {
		t.Errorf("a version that cannot be read: %v", err)
	}
}

// list is a list of entity tags, by the grammar of RFC 9110.
var list = regexp.MustCompile(`^[ \t,]*(?:W/)?"[^\x00- "\x7f]*"(?:[ \t]*,[ \t]*(?:(?:W/)?"[^\x00- "\x7f]*")?)*[ \t]*$`)

func FuzzMatch(f *testing.F) {
	for _, seed := range []string{``, `*`, `"v3"`, `W/"v3"`, `"v1", "v3"`, `"v1",W/"v3"`, `"a,b","v3"`, `"v3" "v3"`, `"v3`, `,,"v3",`, "\"v3\"\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		asked := false
		version, err := function.Match(header, func() (int64, error) { asked = true; return 3, nil })
		if err != nil {
			if p := problem.Find(err); p == nil || p.Code != "version-stale" && p.Code != "if-match-required" {
				t.Errorf("%q: %v", header, err)
			}
			return
		}
		if trimmed := strings.Trim(header, " \t"); trimmed == "*" {
			if version != 3 {
				t.Errorf("%q: %d", header, version)
			}
			return
		}
		if !list.MatchString(header) {
			t.Errorf("%q is no list, and %d is taken", header, version)
		}
		if asked && version != 3 {
			t.Errorf("%q: %d, and 3 is current", header, version)
		}
		strong := strings.Count(header, function.Tagged(version)) - strings.Count(header, "W/"+function.Tagged(version))
		if strong < 1 {
			t.Errorf("%q: %d is taken, and is not among its strong tags", header, version)
		}
	})
}

package functions_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	fuzzed = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	listed = regexp.MustCompile("`([a-z/]+)`((?: Fuzz\\w+,?)+)")
)

// The fuzz targets that docs/security.md lists are those that there are.
func TestFuzzTargetsAreListed(t *testing.T) {
	there := map[string]bool{}
	all := os.DirFS("..")
	for _, top := range []string{"functions", "shared", "knative"} {
		err := fs.WalkDir(all, top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
				return err
			}
			source, err := fs.ReadFile(all, name)
			for _, m := range fuzzed.FindAllSubmatch(source, -1) {
				there[path.Dir(name)+" "+string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	document, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(document), "## Hostile input")
	for _, m := range listed.FindAllStringSubmatch(section, -1) {
		for name := range strings.FieldsSeq(strings.ReplaceAll(m[2], ",", " ")) {
			if what := m[1] + " " + name; !there[what] {
				t.Errorf("docs/security.md lists %s, which is not there", what)
			} else {
				delete(there, what)
			}
		}
	}
	for what := range there {
		t.Errorf("docs/security.md does not list %s, under Hostile input", what)
	}
}

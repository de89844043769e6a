package functions_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/function"
)

var (
	asked    = regexp.MustCompile("['`\"](/v1/[^'`\"]*)['`\"]")
	variable = regexp.MustCompile(`\$\{[^}]*\}|\{[^}]*\}`)
)

// What scripts ask for is there: each address of the API that one of them names is an
// operation's.
func TestScriptsAskForWhatIsThere(t *testing.T) {
	paths := map[string]bool{}
	for _, spec := range functions.All() {
		for _, r := range spec.Build(function.Deps{}).Routes {
			paths[variable.ReplaceAllString(r.Path, "*")] = true
		}
	}
	found := 0
	for _, root := range []string{"../functions", "../shared/ui"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && (entry.Name() == "node_modules" || strings.HasSuffix(entry.Name(), "_test")) {
				return fs.SkipDir
			}
			if err != nil || filepath.Ext(path) != ".js" {
				return err
			}
			script, err := os.ReadFile(path) //nolint:gosec // of the sources
			if err != nil {
				return err
			}
			for line := range strings.Lines(string(script)) {
				if strings.HasPrefix(strings.TrimLeft(line, " /"), "*") || strings.HasPrefix(strings.TrimSpace(line), "//") {
					continue // an example in a comment
				}
				for _, address := range asked.FindAllStringSubmatch(line, -1) {
					found++
					named, _, _ := strings.Cut(variable.ReplaceAllString(address[1], "*"), "?")
					if !paths[named] {
						t.Errorf("%s asks for %s, which is no operation: give it the Path of a route", path, address[1])
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 10 {
		t.Errorf("%d addresses in scripts: if scripts are elsewhere now, look there (functions/addresses_test.go)", found)
	}
}

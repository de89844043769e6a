package functions_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/catalogue"
	"github.com/madang-council/madang/shared/council/policies"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
)

// What a function writes into the log beside a record's sentence has a name there, in both languages, and one name alone.
func TestDetailsHaveNames(t *testing.T) {
	written, names := regexp.MustCompile(`function\.Detail\(ctx, "(\w+)"`), map[string]problem.Text{}
	for _, s := range functions.All() {
		named := map[string]bool{audit.Version: true}
		for _, d := range s.Details {
			named[d.Name] = true
			if was, there := names[d.Name]; d.Label.KO == "" || d.Label.EN == "" || there && was != d.Label {
				t.Errorf("%s: the detail %s is called %q, and %q by another function: give it one name in Details", s.Name, d.Name, d.Label, was)
			}
			names[d.Name] = d.Label
		}
		source := os.DirFS(s.Name)
		if err := fs.WalkDir(source, ".", func(path string, f fs.DirEntry, err error) error {
			if err != nil || f.IsDir() || !strings.HasSuffix(path, ".go") {
				return err
			}
			text, err := fs.ReadFile(source, path)
			for _, m := range written.FindAllStringSubmatch(string(text), -1) {
				if !named[m[1]] {
					t.Errorf("%s/%s writes the detail %s, for which the log has no name: give it one in Details of %s.go", s.Name, path, m[1], s.Name)
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range policies.All(function.Catalogue{}) {
		for _, i := range d.Items {
			if names[i.Name] != i.Label {
				t.Errorf("the log calls the policy %s %q", i.Name, names[i.Name])
			}
		}
	}
	if !slices.Contains(catalogue.All().Details, function.Named{Name: "role", Label: names["role"]}) {
		t.Error("the catalogue has no details: go run ./knative/generate")
	}
}

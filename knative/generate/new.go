package main

import (
	"embed"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/council/thing"
)

// resource has what a new resource begins with: a list and one form, for readers and for the
// council, in both languages, with its rules, its table and a test for each.
//
//go:embed resource
var resource embed.FS

// Resource is what is said of a new resource.
type Resource struct {
	Plural   string    // its folder, as "umbrellas"
	Singular string    // its package of the domain; "" for what the plural is without its end
	Korean   string    // what people call it; "" for the plural
	On       time.Time // the minute of its migration: others may make one on the same day
}

var validName = regexp.MustCompile(`^[a-z]{2,30}$`)

// filled is r with what it leaves out.
func (r Resource) filled() (Resource, error) {
	if !validName.MatchString(r.Plural) || slices.Contains([]string{"cmd", "functions", "catalogue", "page", "desk"}, r.Plural) {
		return r, fmt.Errorf("a function's name is 2 to 30 lower-case letters, as in functions/notices: %q", r.Plural)
	}
	if r.Singular == "" {
		r.Singular = strings.TrimSuffix(r.Plural, "s")
		if stem, ies := strings.CutSuffix(r.Plural, "ies"); ies {
			r.Singular = stem + "y"
		}
	}
	if !validName.MatchString(r.Singular) || r.Singular == r.Plural {
		return r, fmt.Errorf("one of %s is called what? Say it by -singular", r.Plural)
	}
	if r.Korean == "" {
		r.Korean = r.Plural
	}
	if strings.ContainsAny(r.Korean, "\"\\`\n") {
		return r, fmt.Errorf("a name in plain letters: %q", r.Korean)
	}
	return r, nil
}

// files are the new files by their path in the project, each with the file of resource that
// it comes from.
func (r Resource) files() map[string]string {
	function, domain := "functions/"+r.Plural+"/", "shared/council/"+r.Singular+"/"
	return map[string]string{
		function + r.Plural + ".go":      "spec.go",
		function + "list.go":             "list.go",
		function + "read.go":             "read.go",
		function + "write.go":            "write.go",
		function + "edit.go":             "edit.go",
		function + "delete.go":           "delete.go",
		function + "seed.go":             "seed.go",
		function + r.Plural + "_test.go": "spec_test.go",
		function + "rights.txt":          "rights.txt",
		function + "page/page.go":        "page.go",
		function + "desk/desk.go":        "desk.go",
		domain + r.Singular + ".go":      "domain.go",
		domain + "store.go":              "store.go",
		domain + "store_test.go":         "store_test.go",
		migrations + "/" + r.migration(): "migration.sql",
	}
}

const migrations = "shared/database/migrate/files"

func (r Resource) migration() string { return r.On.Format("200601021504") + "_" + r.Plural + ".sql" }

// lines are the lines that lists get: the file, what marks its list, and the line.
func (r Resource) lines() []entry {
	title := strings.ToUpper(r.Singular[:1]) + r.Singular[1:]
	const module = "github.com/madang-council/madang/"
	return []entry{
		{"functions/functions.go", `madang/functions/`, `	"` + module + `functions/` + r.Plural + `"`},
		{"functions/functions.go", "\t\t", "\t\t" + r.Plural + ".Function,"},
		{"shared/council/thing/thing.go", "\t\t{Name: \"", "\t\t{Name: \"" + r.Singular + "\", Label: problem.Text{KO: \"" + r.Korean + "\", EN: \"" + title + "\"}, Icon: \"page\", Function: \"" + r.Plural + "\", Desk: \"/console/" + r.Plural + "/\"},"},
		{"functions/sweep/sweep.go", `madang/shared/council/`, `	"` + module + `shared/council/` + r.Singular + `"`},
		{"functions/sweep/sweep.go", ".NewReader(db).Things(),", "\t\t" + r.Singular + ".NewReader(db).Things(),"},
		{"shared/council/persons/persons_test.go", "\t\"usage_days\":", "\t\"" + r.Plural + "\": \"id unit title text\","},
	}
}

type entry struct{ file, mark, line string }

// scaffold makes a resource: it compiles, is registered, works in the browser and has passing
// tests.
func scaffold(root string, r Resource) error {
	r, err := r.filled()
	if err != nil {
		return err
	}
	for _, folder := range []string{"functions/" + r.Plural, "shared/council/" + r.Singular} {
		if _, err := os.Stat(filepath.Join(root, folder)); err == nil {
			return fmt.Errorf("%s exists", folder)
		}
	}
	if kind, is := thing.KindOf(r.Singular); is {
		return fmt.Errorf("things of functions/%s are of the kind %s already: call one of %s something else, by -singular", kind.Function, kind.Name, r.Plural)
	}
	for path, from := range r.files() {
		text, err := fs.ReadFile(resource, "resource/"+from+".txt")
		if err != nil {
			return fmt.Errorf("make %s: %w", path, err)
		}
		content := []byte(r.replaced(string(text)))
		if strings.HasSuffix(path, ".go") {
			if content, err = format.Source(content); err != nil {
				return fmt.Errorf("make %s: %w", path, err)
			}
		}
		target := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("make %s: %w", path, err)
		}
		if err := os.WriteFile(target, content, 0o644); err != nil {
			return fmt.Errorf("make %s: %w", path, err)
		}
	}
	for _, e := range r.lines() {
		if err := change(filepath.Join(root, e.file), e.insert); err != nil {
			return err
		}
	}
	return nil
}

func (r Resource) replaced(text string) string {
	title := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	one := "a " + r.Singular
	if strings.Contains("aeiou", r.Singular[:1]) {
		one = "an " + r.Singular
	}
	return strings.NewReplacer(
		"{{plural}}", r.Plural, "{{Plural}}", title(r.Plural), "{{singular}}", r.Singular, "{{Singular}}", title(r.Singular), "{{a singular}}", one, "{{A singular}}", title(one), "{{ko}}", r.Korean,
	).Replace(text)
}

// remove takes a resource away again: the reverse of scaffold. The file of its migration goes
// too, which is right before it was released; a table that is somewhere already stays there
// until a migration drops it. What task new did not make is left as it is: nothing is removed
// unless all of it is there.
func remove(root string, r Resource) error {
	if r.Singular == "" {
		r.Singular = singularOf(root, r.Plural)
	}
	r, err := r.filled()
	if err != nil {
		return err
	}
	made, err := filepath.Glob(filepath.Join(root, migrations, "*_"+r.Plural+".sql"))
	if err != nil {
		return fmt.Errorf("find the migration: %w", err)
	}
	if len(made) != 1 {
		return fmt.Errorf("%d migrations are named %s.sql in %s, not one as task new makes it", len(made), r.Plural, migrations)
	}
	gone := made
	for path := range r.files() {
		if _, err := os.Stat(filepath.Join(root, path)); err != nil && !strings.HasPrefix(path, migrations) {
			return fmt.Errorf("there is no %s, which task new makes", path)
		}
	}
	for _, e := range r.lines() {
		content, err := os.ReadFile(filepath.Join(root, e.file))
		if err != nil {
			return fmt.Errorf("find a line: %w", err)
		}
		if _, err := e.remove(strings.Split(string(content), "\n")); err != nil {
			return fmt.Errorf("%s: %w", e.file, err)
		}
	}
	for _, folder := range []string{"functions/" + r.Plural, "shared/council/" + r.Singular} {
		gone = append(gone, filepath.Join(root, folder))
	}
	for _, path := range gone {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove: %w", err)
		}
	}
	for _, e := range r.lines() {
		if err := change(filepath.Join(root, e.file), e.remove); err != nil {
			return err
		}
	}
	return nil
}

// singularOf is what one of a resource is called among the kinds of things; "" where there is none.
func singularOf(root, plural string) string {
	content, err := os.ReadFile(filepath.Join(root, "shared/council/thing/thing.go"))
	if err != nil {
		return ""
	}
	m := regexp.MustCompile(`\{Name: "([a-z]+)",[^\n]*Function: "` + regexp.QuoteMeta(plural) + `"`).FindSubmatch(content)
	if m == nil {
		return ""
	}
	return string(m[1])
}

// change rewrites a file by its lines.
func change(path string, do func([]string) ([]string, error)) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("change a list: %w", err)
	}
	lines, err := do(strings.Split(string(content), "\n"))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	formatted, err := format.Source([]byte(strings.Join(lines, "\n"))) // a map's values are in a column
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path, formatted, 0o644); err != nil {
		return fmt.Errorf("change a list: %w", err)
	}
	return nil
}

var errNoList = errors.New("its list is not where task new looks for it: knative/generate/new.go")

// insert puts the line among the first run of lines that have the mark, in their order. An
// import may have a name before its path, which does not count.
func (e entry) insert(lines []string) ([]string, error) {
	rest := func(l string) string {
		if _, path, imported := strings.Cut(l, `"github.com/`); imported {
			return path
		}
		return strings.TrimSpace(l)
	}
	at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, e.mark) })
	if at < 0 {
		return nil, errNoList
	}
	for at < len(lines) && strings.Contains(lines[at], e.mark) && rest(lines[at]) < rest(e.line) {
		at++
	}
	return slices.Insert(lines, at, e.line), nil
}

func (e entry) remove(lines []string) ([]string, error) {
	key := e.line
	if value := strings.Index(key, `": "`); value > 0 { // which stands in a column
		key = key[:value+len(`":`)]
	}
	if label := strings.Index(key, ", Label:"); label > 0 { // what it is called may have been changed
		key = key[:label]
	}
	at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, key) })
	if at < 0 {
		return nil, fmt.Errorf("it has no line %q", e.line)
	}
	return slices.Delete(lines, at, at+1), nil
}

// Command generate writes everything that follows from functions.All: each function's
// program and API document, the chart's list of functions, the edge's routes, the
// dashboards and the README's table. With -check it changes nothing and fails where something
// is not current; with -new it makes a resource instead, with -remove it takes one away, and
// with -openapi it prints the API documents of all functions as one.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/knative/dashboards"
	"github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/shared/council/persons"
	"github.com/madang-council/madang/shared/database/postgres"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/openapi"
	"github.com/madang-council/madang/shared/problem"
)

func main() {
	check := flag.Bool("check", false, "fail where a generated file is not current")
	joined := flag.Bool("openapi", false, "print the API documents of all functions as one")
	var r Resource
	flag.StringVar(&r.Plural, "new", "", "make a resource with this name, as umbrellas")
	flag.StringVar(&r.Singular, "singular", "", "what one of the new resource is called; its name without the s if left out")
	flag.StringVar(&r.Korean, "ko", "", "what people call the new resource in Korean, as 우산")
	gone := flag.String("remove", "", "take a resource away that -new made")
	root := flag.String("root", ".", "the project's folder")
	flag.Parse()
	r.On = time.Now()
	if *gone != "" {
		r.Plural = *gone
	}
	do := func() error { return run(*root, r, *gone != "", *check) }
	if *joined {
		do = func() error { return printJoined(os.Stdout) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// printJoined writes the API document of all functions.
func printJoined(w io.Writer) error {
	document, err := openapi.Joined(functions.All())
	if err != nil {
		return err
	}
	if _, err := w.Write(document); err != nil {
		return fmt.Errorf("print the API document: %w", err)
	}
	return nil
}

func run(root string, r Resource, gone, check bool) error {
	switch {
	case gone:
		return remove(root, r)
	case r.Plural != "":
		r, err := r.filled()
		if err != nil {
			return err
		}
		if err := scaffold(root, r); err != nil {
			return err
		}
		fmt.Printf("functions/%s and shared/council/%s are made. task generate writes what follows (task new has done it).\n"+
			"  go test ./functions/%[1]s ./shared/council/%[2]s ./shared/council/persons\n"+
			"  go run ./knative/devhost -reset    # then /%[1]s\n"+
			"What belongs where, and where a further field goes: CONTRIBUTING.md\n", r.Plural, r.Singular)
		return nil
	}
	files, err := Files(root, functions.All())
	if err != nil {
		return err
	}
	stale, err := staleFiles(root, files)
	if err != nil {
		return err
	}
	if check {
		return compare(root, files, stale)
	}
	for _, path := range stale {
		if err := os.RemoveAll(filepath.Join(root, path)); err != nil {
			return fmt.Errorf("remove what has no function: %w", err)
		}
	}
	for path, content := range files {
		target := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		if err := os.WriteFile(target, content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	return nil
}

// compare names every generated file that is not current.
func compare(root string, files map[string][]byte, stale []string) error {
	var wrong []error
	for path, want := range files {
		got, err := os.ReadFile(filepath.Join(root, path))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if !bytes.Equal(got, want) {
			wrong = append(wrong, fmt.Errorf("%s is not current: run task generate (go run ./knative/generate) and commit what it writes", path))
		}
	}
	for _, path := range stale {
		wrong = append(wrong, fmt.Errorf("%s has no function any more: run task generate (go run ./knative/generate), which deletes it", path))
	}
	return errors.Join(wrong...)
}

// staleFiles are programs in functions/cmd and API documents in docs/openapi that no
// function belongs to any more.
func staleFiles(root string, files map[string][]byte) ([]string, error) {
	stale := []string{}
	for folder, rest := range map[string]string{"functions/cmd/": "/main.go", "docs/openapi/": ""} {
		entries, err := os.ReadDir(filepath.Join(root, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read what was generated: %w", err)
		}
		for _, e := range entries {
			if path := folder + e.Name(); files[path+rest] == nil {
				stale = append(stale, path)
			}
		}
	}
	return stale, nil
}

// Files are the generated files by their path in the project.
func Files(root string, specs []function.Spec) (map[string][]byte, error) {
	specs = slices.SortedFunc(slices.Values(specs), func(a, b function.Spec) int { return strings.Compare(a.Name, b.Name) })
	files := map[string][]byte{}
	for _, s := range specs {
		files["functions/cmd/"+s.Name+"/main.go"] = program(s)
	}
	files["functions/catalogue/catalogue.go"] = catalogue(persons.Catalogue(specs...))
	for _, s := range specs {
		document, err := openapi.Document(s)
		if err != nil {
			return nil, err
		}
		if document != nil {
			files["docs/openapi/"+s.Name+".yaml"] = append([]byte("# Generated by knative/generate from functions/"+s.Name+".\n"), document...)
		}
	}
	services, err := yaml.Marshal(map[string]any{"functions": services(specs), "publicFiles": upload.PublicPattern, "connections": postgres.Connections})
	if err != nil {
		return nil, fmt.Errorf("the chart's list: %w", err)
	}
	files["knative/chart/files/functions.yaml"] = append([]byte("# Generated by knative/generate from functions.All.\n"), services...)
	routes, err := json.MarshalIndent(edge.Routes(specs), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("the edge's routes: %w", err)
	}
	files["knative/chart/files/edge/routes.json"] = append(routes, '\n')
	rules, err := json.MarshalIndent(edge.Fixed(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("the edge's rules: %w", err)
	}
	files["knative/chart/files/edge/edge.json"] = append(rules, '\n')
	files["knative/chart/files/edge/files-headers.conf"] = edge.FilesConfiguration()
	for _, d := range dashboards.All() {
		if files["knative/chart/files/dashboards/"+d.Name+".json"], err = d.JSON(); err != nil {
			return nil, err
		}
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return nil, fmt.Errorf("README: %w", err)
	}
	if files["README.md"], err = withTable(readme, specs); err != nil {
		return nil, err
	}
	return files, nil
}

// program is a function's main.go.
func program(s function.Spec) []byte {
	imported := `"github.com/madang-council/madang/functions/` + s.Name + `"`
	if s.Name == "main" { // a package that can be imported cannot be named main
		imported = `home "github.com/madang-council/madang/functions/main"`
	}
	name := s.Name
	if name == "main" {
		name = "home"
	}
	return formatted([]byte(`// Code generated by knative/generate. DO NOT EDIT.

package main

import (
	"github.com/madang-council/madang/functions/catalogue"
	` + imported + `
	"github.com/madang-council/madang/shared/host"
)

func main() { host.Run(` + name + `.Function, catalogue.All()) }
`))
}

// formatted is what is generated as gofmt writes it.
func formatted(source []byte) []byte {
	out, err := format.Source(source)
	if err != nil { // what is written here is Go
		panic(err)
	}
	return out
}

// catalogue is what functions know of each other, as data: no program links another
// function for a menu.
func catalogue(c function.Catalogue) []byte {
	var b bytes.Buffer
	b.WriteString(`// Code generated by knative/generate from functions.All. DO NOT EDIT.

// Package catalogue is what functions know of each other: the menus and the words of the log.
package catalogue

import (
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

// All is the catalogue of all functions.
func All() function.Catalogue {
	return function.Catalogue{
`)
	for _, menu := range []struct {
		name    string
		entries []function.Entry
	}{{"Menu", c.Menu}, {"Desk", c.Desk}} {
		fmt.Fprintf(&b, "\t\t%s: []function.Entry{\n", menu.name)
		for _, e := range menu.entries {
			fmt.Fprintf(&b, "\t\t\t{Function: %q, Label: problem.Text{KO: %q, EN: %q}, Path: %q, Order: %d, Action: %q, Group: %q, Hint: problem.Text{KO: %q, EN: %q}, Search: %t, Feed: %q, Members: %t},\n",
				e.Function, e.Label.KO, e.Label.EN, e.Path, e.Order, e.Action, e.Group, e.Hint.KO, e.Hint.EN, e.Search, e.Feed, e.Members)
		}
		b.WriteString("\t\t},\n")
	}
	text := func(t problem.Text) string { return fmt.Sprintf("problem.Text{KO: %q, EN: %q}", t.KO, t.EN) }
	fmt.Fprintf(&b, "\t\tKinds: %#v,\n\t\tFunctions: []function.Named{\n", c.Kinds)
	for _, n := range c.Functions {
		fmt.Fprintf(&b, "\t\t\t{Name: %q, Label: %s},\n", n.Name, text(n.Label))
	}
	for _, list := range []struct {
		name  string
		named []function.Named
	}{{"Names", c.Names}, {"Details", c.Details}} {
		fmt.Fprintf(&b, "\t\t},\n\t\t%s: []function.Named{\n", list.name)
		for _, n := range list.named {
			fmt.Fprintf(&b, "\t\t\t{Name: %q, Label: %s},\n", n.Name, text(n.Label))
		}
	}
	b.WriteString("\t\t},\n")
	b.WriteString("\t\tKeeps: []person.Notice{\n")
	for _, n := range c.Keeps {
		whom := ""
		if n.Whom != (problem.Text{}) {
			whom = ", Whom: " + text(n.Whom)
		}
		fmt.Fprintf(&b, "\t\t\t{What: %s, Why: %s, Until: %s%s},\n", text(n.What), text(n.Why), text(n.Until), whom)
	}
	b.WriteString("\t\t},\n\t\tActs: []function.Act{\n")
	for _, a := range c.Acts {
		fmt.Fprintf(&b, "\t\t\t{Action: %q, Words: problem.Text{KO: %q, EN: %q}, Personal: %t},\n", a.Action, a.Words.KO, a.Words.EN, a.Personal)
	}
	b.WriteString("\t\t},\n\t}\n}\n")
	return formatted(b.Bytes())
}

// service is a function as the chart needs it.
type service struct {
	Name           string   `json:"name"`
	Doc            string   `json:"doc"`
	Needs          []string `json:"needs"`
	Consumes       []string `json:"consumes,omitempty"`
	Schedule       string   `json:"schedule,omitempty"`
	DeadLetters    bool     `json:"deadLetters,omitempty"`
	Concurrency    int      `json:"concurrency"`
	TimeoutSeconds int      `json:"timeoutSeconds"`
	MemoryMiB      int      `json:"memoryMiB"`
}

func services(specs []function.Spec) []service {
	list := []service{}
	for _, s := range specs {
		scale := s.Scale.Filled()
		v := service{Name: s.Name, Doc: s.Doc, Needs: []string{}, Schedule: scale.Schedule, Concurrency: scale.Concurrency, TimeoutSeconds: int(scale.Timeout.Seconds()), MemoryMiB: scale.MemoryMiB}
		for _, n := range s.Needs {
			v.Needs = append(v.Needs, string(n))
		}
		if s.Mail != nil {
			v.Needs = append(v.Needs, "mail")
		}
		for _, c := range s.Build(function.Deps{}).Consumes.On {
			switch c.Type {
			case function.Scheduled: // a PingSource calls it
			case function.Undelivered:
				v.DeadLetters = true
			default:
				v.Consumes = append(v.Consumes, c.Type)
			}
		}
		list = append(list, v)
	}
	return list
}

const (
	tableBegin = "<!-- functions: generated -->"
	tableEnd   = "<!-- /functions -->"
)

// withTable replaces the README's table of functions.
func withTable(readme []byte, specs []function.Spec) ([]byte, error) {
	before, rest, ok := strings.Cut(string(readme), tableBegin)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		return nil, fmt.Errorf("README: no table: write %s and %s as lines of README.md, where it is to stand", tableBegin, tableEnd)
	}
	var b strings.Builder
	b.WriteString(before + tableBegin + "\n| function | what it does | routes | consumes |\n|---|---|---|---|\n")
	for _, s := range specs {
		parts := s.Build(function.Deps{})
		consumes := []string{}
		for _, c := range parts.Consumes.On {
			if c.Type == function.Undelivered {
				consumes = append(consumes, "dead letters")
				continue
			}
			consumes = append(consumes, "`"+c.Type+"`")
		}
		fmt.Fprintf(&b, "| [`%s`](functions/%s) | %s | %d | %s |\n", s.Name, s.Name, s.Doc, len(parts.Routes), strings.Join(consumes, "<br>"))
	}
	b.WriteString(tableEnd + after)
	return []byte(b.String()), nil
}

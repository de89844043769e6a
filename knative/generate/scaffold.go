package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var validName = regexp.MustCompile(`^[a-z]{2,30}$`)

// scaffold makes a function that compiles, is registered and has a passing test.
func scaffold(root, name string) error {
	if !validName.MatchString(name) || name == "cmd" || name == "functions" {
		return fmt.Errorf("a function's name is 2 to 30 lower-case letters, as in functions/notices: %q", name)
	}
	folder := filepath.Join(root, "functions", name)
	if _, err := os.Stat(folder); err == nil {
		return fmt.Errorf("functions/%s exists", name)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make functions/%s: %w", name, err)
	}
	for file, content := range map[string]string{name + ".go": specFile, "read.go": handlerFile, name + "_test.go": testFile} {
		content = strings.ReplaceAll(content, "NAME", name)
		if err := os.WriteFile(filepath.Join(folder, file), []byte(content), 0o644); err != nil {
			return fmt.Errorf("make functions/%s: %w", name, err)
		}
	}
	return register(filepath.Join(root, "functions", "functions.go"), name)
}

// register adds the import and the line of functions.All, both in order.
func register(path, name string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	lines := strings.Split(string(content), "\n")
	lines = insert(lines, `madang/functions/`, `	"github.com/madang-council/madang/functions/`+name+`"`)
	lines = insert(lines, "\t\t", "\t\t"+name+".Function,")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

// insert puts a line among the first run of lines that have a mark, in the order of what
// follows it (an import may have a name before its path).
func insert(lines []string, mark, line string) []string {
	rest := func(l string) string { return l[strings.Index(l, mark):] }
	at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, mark) })
	for at < len(lines) && strings.Contains(lines[at], mark) && rest(lines[at]) < rest(line) {
		at++
	}
	return slices.Insert(lines, at, line)
}

const specFile = `// Package NAME is a new function: say in one sentence what it offers.
package NAME

import (
	"github.com/madang-council/madang/shared/function"
)

// Function is NAME.
var Function = function.Spec{
	Name: "NAME",
	Doc:  "Says what it is.",
	New: func(function.Deps) function.Parts {
		return function.Parts{Routes: []function.Route{
			{Method: "GET", Path: "/v1/NAME", Access: function.Anyone, Doc: "Says what it is.", Do: function.Do(read)},
		}}
	},
}
`

const handlerFile = `package NAME

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/clock"
)

type readRequest struct{}

type readResponse struct {
	Name string    ` + "`json:\"name\"`" + `
	At   time.Time ` + "`json:\"at\"`" + `
}

func read(ctx context.Context, _ *readRequest) (*readResponse, error) {
	return &readResponse{Name: "NAME", At: clock.Now(ctx)}, nil
}
`

const testFile = `package NAME_test

import (
	"testing"

	"github.com/madang-council/madang/functions/NAME"
	"github.com/madang-council/madang/shared/functiontest"
)

func TestRead(t *testing.T) {
	app := functiontest.New(t, NAME.Function)
	got := app.Do(functiontest.Request{Method: "GET", Path: "/v1/NAME"}).Want(200)
	if want := ` + "`" + `{"name":"NAME","at":"2026-03-02T12:00:00+09:00"}` + "`" + ` + "\n"; string(got.Body) != want {
		t.Errorf("got %s, want %s", got.Body, want)
	}
}
`

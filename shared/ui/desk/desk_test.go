package desk_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	g "maragu.dev/gomponents"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/sourcetest"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// console is a function with one page of the console, and its modules.
var console = function.Spec{
	Name: "console", Doc: "A console.",
	New: func(d function.Deps) function.Parts {
		frame := desk.New(d)
		page := func(ctx context.Context, _ *struct{}) (*ui.Answer, error) {
			return frame.Page(ctx, ui.View{Title: "쓰기", Scripts: []string{"editor.js"}, Main: []g.Node{g.Text("쓰기")}}), nil
		}
		return function.Parts{Routes: append(frame.Pages(
			function.Route{Method: "GET", Path: desk.Root + "/new", Access: function.May(auth.Write), Do: function.Do(page), Doc: "A page."},
		), frame.AssetsRoute())}
	},
}

func TestModulesAreServed(t *testing.T) {
	app := functiontest.New(t, console)
	body := string(app.Do(functiontest.Request{Method: "GET", Path: desk.Root + "/new", As: app.Editor()}).Want(200).Body)
	_, rest, _ := strings.Cut(body, `<script type="module" src="`)
	address, _, _ := strings.Cut(rest, `"`)
	folder := strings.TrimSuffix(address, "editor.js")
	names, err := filepath.Glob("assets/*.js")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range append(names, "assets/console.css") {
		r := app.Do(functiontest.Request{Method: "GET", Path: folder + filepath.Base(name)}).Want(200)
		if !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", name, r.Header)
		}
	}
}

// tool is a program that checks modules; without it the test is skipped with the reason, or
// fails where CI=true.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must check the console's modules: %v", err)
		}
		t.Skipf("the console's modules are not checked (Debian: nodejs npm; task checkers): %v", err)
	}
	return path
}

func TestModules(t *testing.T) {
	t.Parallel()
	node := tool(t, "node")
	files, err := filepath.Glob("assets_test/*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	if out, err := exec.CommandContext(t.Context(), node, append([]string{"--test"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// packages makes sure that npm/node_modules is there, and looks at what its programs read.
func packages(t *testing.T) {
	t.Helper()
	tool(t, "node")
	tool(t, "npm/node_modules/.bin/tsc")
	if err := sourcetest.Look("."); err != nil {
		t.Fatal(err)
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	packages(t)
	if out, err := exec.CommandContext(t.Context(), "npm/node_modules/.bin/tsc", "-p", "npm").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestVendored makes the vendored module again and compares.
func TestVendored(t *testing.T) {
	t.Parallel()
	packages(t)
	banner, err := os.ReadFile("npm/sha256-banner.txt")
	if err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(t.TempDir(), "made.js")
	command := exec.CommandContext(t.Context(), "node_modules/.bin/esbuild", "sha256.js", "--bundle", "--format=esm", "--target=es2022", "--legal-comments=none", "--banner:js="+strings.TrimRight(string(banner), "\n"), "--outfile="+made)
	command.Dir = "npm"
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("assets/noble-sha256.js")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("assets/noble-sha256.js is not what npm/package.json makes: npm run vendor")
	}
}

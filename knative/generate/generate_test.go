package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Forgetting to run the generator fails here.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	if err := run("../..", "", true); err != nil {
		t.Error(err)
	}
}

// A new function compiles, is registered and its test passes. It is made in a copy, and built
// as if it were here (go build -overlay): what all others build and keep serves it too.
func TestNewFunction(t *testing.T) {
	project, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	root, work := t.TempDir(), t.TempDir()
	list, err := exec.Command("git", "-C", project, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "go.mod", "README.md", "functions", "shared", "knative").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Split(strings.TrimRight(string(list), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(project, path))
		if os.IsNotExist(err) {
			continue // deleted, not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := scaffold(root, "umbrellas"); err != nil {
		t.Fatal(err)
	}
	do := func(folder, program string, arguments ...string) {
		t.Helper()
		command := exec.Command(program, arguments...)
		command.Dir = folder
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", program, strings.Join(arguments, " "), err, out)
		}
	}
	generate, test, changes := filepath.Join(work, "generate"), filepath.Join(work, "umbrellas.test"), filepath.Join(work, "overlay.json")
	overlay(t, changes, project, root)
	do(project, "go", "build", "-buildvcs=false", "-overlay", changes, "-o", generate, "./knative/generate")
	do(root, generate)
	do(root, generate, "-check")
	overlay(t, changes, project, root) // with what was generated
	do(project, "go", "build", "-buildvcs=false", "-overlay", changes, "-o", os.DevNull, "./functions/cmd/umbrellas")
	do(project, "go", "test", "-c", "-vet=off", "-overlay", changes, "-o", test, "./functions/umbrellas")
	do(filepath.Join(root, "functions/umbrellas"), test)
	if err := scaffold(root, "umbrellas"); err == nil {
		t.Error("a function that exists was made again")
	}
	for _, name := range []string{"", "A", "a-b", "../x", "cmd", "한글"} {
		if err := scaffold(root, name); err == nil {
			t.Errorf("%q was accepted as a name", name)
		}
	}
}

// overlay writes which Go files of a copy the go command is to read instead of the project's:
// those that are others, and those that the project has not.
func overlay(t *testing.T, path, project, root string) {
	t.Helper()
	replace := map[string]string{}
	err := filepath.WalkDir(root, func(copied string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(copied) != ".go" {
			return err
		}
		inside, err := filepath.Rel(root, copied)
		if err != nil {
			return err
		}
		changed, err := os.ReadFile(copied)
		if err != nil {
			return err
		}
		here := filepath.Join(project, inside)
		if was, err := os.ReadFile(here); err != nil || !bytes.Equal(was, changed) {
			replace[here] = copied
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

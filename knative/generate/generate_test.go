package main

import (
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

// A new function compiles, is registered and its test passes, in a copy of what is needed of
// the project.
func TestNewFunction(t *testing.T) {
	root := t.TempDir()
	list, err := exec.Command("git", "-C", "../..", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "go.mod", "go.sum", "README.md", "functions", "shared", "knative").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Split(strings.TrimRight(string(list), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join("../..", path))
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
	for _, arguments := range [][]string{
		{"run", "./knative/generate", "-new", "umbrellas"},
		{"run", "./knative/generate"},
		{"run", "./knative/generate", "-check"},
		{"build", "-o", os.DevNull, "./functions/cmd/umbrellas"},
		{"test", "./functions/umbrellas"},
	} {
		command := exec.Command("go", arguments...)
		command.Dir = root
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(arguments, " "), err, out)
		}
	}
	if err := scaffold(root, "umbrellas"); err == nil {
		t.Error("a function that exists was made again")
	}
	for _, name := range []string{"", "A", "a-b", "../x", "cmd", "한글"} {
		if err := scaffold(root, name); err == nil {
			t.Errorf("%q was accepted as a name", name)
		}
	}
}

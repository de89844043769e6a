package chart_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
)

// repository is one with a commit on main; commit makes another one on a branch.
type repository struct {
	t      *testing.T
	folder string
}

func newRepository(t *testing.T, files map[string]string) repository {
	t.Helper()
	r := repository{t, t.TempDir()}
	r.git("init", "-q", "-b", "main")
	r.git("config", "uploadpack.allowAnySHA1InWant", "true") // as GitHub has it
	r.commit(files)
	return r
}

func (r repository) git(arguments ...string) string {
	r.t.Helper()
	c := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example", "-C", r.folder}, arguments...)...)
	out, err := c.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", arguments, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes files, "-> target" being a link and "" nothing, and returns the commit.
func (r repository) commit(files map[string]string) string {
	r.t.Helper()
	for name, content := range files {
		path := filepath.Join(r.folder, name)
		_ = os.RemoveAll(path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			r.t.Fatal(err)
		}
		var err error
		if target, is := strings.CutPrefix(content, "-> "); is {
			err = os.Symlink(target, path)
		} else if content != "" {
			err = os.WriteFile(path, []byte(content), 0o600)
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
	r.git("add", "-A", "-f")
	r.git("commit", "-q", "-m", "change")
	return r.git("rev-parse", "HEAD")
}

// runSteps runs scripts of a task's steps, one after another, in a folder of their own.
func runSteps(t *testing.T, task *v1.Task, environment []string, names ...string) (folder string, err error) {
	t.Helper()
	folder = t.TempDir()
	for _, name := range names {
		i := slices.IndexFunc(task.Spec.Steps, func(s v1.Step) bool { return s.Name == name })
		if i < 0 {
			t.Fatalf("task %s has no step %s", task.Name, name)
		}
		shell, script, _ := strings.Cut(task.Spec.Steps[i].Script, "\n")
		c := exec.Command(strings.TrimPrefix(shell, "#!"), "-c", script)
		c.Dir, c.Env = folder, append(os.Environ(), environment...)
		if out, err := c.CombinedOutput(); err != nil {
			return folder, &stepError{name, string(out), err}
		}
	}
	return folder, nil
}

type stepError struct {
	step, out string
	err       error
}

func (e *stepError) Error() string { return e.step + ": " + e.err.Error() + "\n" + e.out }

// What the gate leaves out, main says: a pull request that leaves out more is judged by
// what main leaves out.
func TestTheGateIsMains(t *testing.T) {
	const file = "sonar-project.properties"
	const mains, wide = "sonar.exclusions=**/*_test.go\n", "sonar.exclusions=**\nsonar.coverage.exclusions=**\n"
	quality := of[v1.Task](render(t, installations["production"]...))["quality"]
	for name, changed := range map[string]map[string]string{
		"nothing of it":              {"a.go": "package b\n"},
		"wider exclusions":           {file: wide},
		"none":                       {file: ""},
		"a link":                     {file: "-> wide.properties", "wide.properties": wide},
		"a link to what is not here": {file: "-> /nonexistent/settings"},
		"a folder":                   {file + "/x": wide},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepository(t, map[string]string{file: mains, "a.go": "package a\n"})
			r.git("checkout", "-q", "-b", "branch")
			if _, nested := changed[file+"/x"]; nested {
				r.git("rm", "-q", file)
			}
			commit := r.commit(changed)
			folder, err := runSteps(t, quality, []string{"URL=file://" + r.folder, "MAIN=main", "COMMIT=" + commit}, "clone", "properties")
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Lstat(filepath.Join(folder, file))
			if err != nil || !info.Mode().IsRegular() {
				t.Fatalf("%v %v", info, err)
			}
			if content, err := os.ReadFile(filepath.Join(folder, file)); err != nil || string(content) != mains {
				t.Errorf("judged by %q (%v)", content, err)
			}
			for path := range changed { // and everything else is the commit's
				if path == "a.go" {
					if content, err := os.ReadFile(filepath.Join(folder, path)); err != nil || string(content) != changed[path] {
						t.Errorf("%s: %q %v", path, content, err)
					}
				}
			}
		})
	}
	t.Run("main has none", func(t *testing.T) {
		r := newRepository(t, map[string]string{"a.go": "package a\n"})
		r.git("checkout", "-q", "-b", "branch")
		commit := r.commit(map[string]string{file: wide})
		if _, err := runSteps(t, quality, []string{"URL=file://" + r.folder, "MAIN=main", "COMMIT=" + commit}, "clone", "properties"); err == nil {
			t.Error("the pull request's is taken")
		}
	})
}

// The scanner comes after it, and neither its command line nor .gitignore leaves out files.
func TestTheScannerLeavesOutNothingElse(t *testing.T) {
	steps := of[v1.Task](render(t, installations["production"]...))["quality"].Spec.Steps
	at := func(name string) int {
		return slices.IndexFunc(steps, func(s v1.Step) bool { return s.Name == name })
	}
	if at("clone") > at("properties") || at("properties") < 0 || at("properties") > at("scan") {
		t.Errorf("clone %d, properties %d, scan %d", at("clone"), at("properties"), at("scan"))
	}
	if steps[at("properties")].OnError != "" {
		t.Error("without main's file the scan goes on")
	}
	for _, a := range steps[at("scan")].Args {
		if strings.Contains(a, "xclusions") && a != "-Dsonar.scm.exclusions.disabled=true" {
			t.Errorf("%s", a)
		}
	}
	if !slices.Contains(steps[at("scan")].Args, "-Dsonar.scm.exclusions.disabled=true") {
		t.Error(".gitignore of a pull request leaves out what it names")
	}
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/knative/devhost/devhosttest"
)

// Forgetting to run the generator fails here.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	if err := run("../..", Resource{}, false, true); err != nil {
		t.Error(err)
	}
}

// A new resource compiles, is registered and its tests pass, in a copy of what is needed of
// the project; taken away again, nothing of it is left.
func TestNewResource(t *testing.T) {
	root, made := t.TempDir(), free(t)
	list, err := exec.Command("git", "-C", "../..", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
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
	begun := filesOf(t, root)
	asBegun := func(what string) {
		t.Helper()
		left := filesOf(t, root)
		for path := range left {
			if left[path] != begun[path] {
				t.Errorf("after %s %s is not as it was before", what, path)
			}
		}
		if len(left) != len(begun) {
			t.Errorf("after %s there are %d files, and %d before", what, len(left), len(begun))
		}
	}
	for _, spec := range functions.All() { // none of them was made by task new as it is now
		if err := remove(root, Resource{Plural: spec.Name}); err == nil {
			t.Errorf("%s was removed", spec.Name)
		}
	}
	asBegun("what was refused")
	if err := errors.Join(scaffold(root, Resource{Plural: "buses", Singular: "bus", Korean: "버스", On: made.On}), remove(root, Resource{Plural: "buses"})); err != nil {
		t.Error(err)
	}
	asBegun("buses")
	run := func(commands ...[]string) {
		t.Helper()
		for _, arguments := range commands {
			command := exec.Command("go", arguments...)
			command.Dir = root
			if out, err := command.CombinedOutput(); err != nil {
				t.Fatalf("go %s: %v\n%s", strings.Join(arguments, " "), err, out)
			}
		}
	}
	run(
		[]string{"run", "./knative/generate", "-new", made.Plural, "-ko", made.Korean},
		[]string{"run", "./knative/generate"},
		[]string{"run", "./knative/generate", "-check"},
		[]string{"vet", "./functions/" + made.Plural + "/...", "./shared/council/" + made.Singular},
		[]string{"build", "-o", os.DevNull, "./functions/cmd/" + made.Plural},
		[]string{"test", "-short", "./functions/" + made.Plural, "./shared/council/" + made.Singular, "./shared/council/thing", "./shared/council/persons", "./functions/sweep", "./functions/feeds"},          // a fifth of the histories: they are told whole elsewhere
		[]string{"test", "./functions", "-skip", "TestPagesAreBoundedByTheContent|TestPagesDependOnNobody|TestNaughtyStrings|TestRights|TestPlans|TestStoredPagesAreRightTomorrow|TestAmbient|TestTestsAlone"}, // minutes, whatever is new; the last asks git
		[]string{"test", "./functions", "-run", "TestRights/" + made.Plural},
	)
	lostField(t, root, made)
	program := filepath.Join(t.TempDir(), "devhost")
	run([]string{"build", "-o", program, "./knative/devhost"})
	works(t, program, made)
	if err := scaffold(root, made); err == nil {
		t.Error("a resource that exists was made again")
	}
	places := map[string]bool{}
	for _, e := range made.lines() {
		places[e.file] = true
	}
	now := filesOf(t, root)
	for path := range now {
		if now[path] != begun[path] && !strings.Contains(path, made.Singular) && !places[path] && !generated(path) {
			t.Errorf("%s was changed, which is neither generated nor one of the lists", path)
		}
	}
	run(
		[]string{"run", "./knative/generate", "-remove", made.Plural},
		[]string{"run", "./knative/generate"},
	)
	asBegun(made.Plural)
}

// free is a resource that there is not.
func free(t *testing.T) Resource {
	t.Helper()
	for plural, korean := range map[string]string{"umbrellas": "우산", "ladders": "사다리", "kites": "연"} {
		if _, err := os.Stat("../../functions/" + plural); os.IsNotExist(err) {
			r, err := Resource{Plural: plural, Korean: korean, On: time.Now()}.filled()
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	t.Fatal("all names that this test tries are taken")
	return Resource{}
}

// works has a council that just began use a resource: its form makes one, which readers and the console see, in both
// languages.
func works(t *testing.T, program string, made Resource) {
	t.Helper()
	h := devhosttest.StartBuilt(t, program, t.TempDir())
	defer h.Kill()
	ask := func(method, path, token, body string, status int) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, h.Address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != status {
			t.Fatalf("%s %s: %d %v %s", method, path, answer.StatusCode, err, text)
		}
		return string(text)
	}
	var signedIn struct{ AccessToken string }
	if err := json.Unmarshal([]byte(ask("POST", "/v1/auth/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, h.Email, h.Password), http.StatusCreated)), &signedIn); err != nil {
		t.Fatal(err)
	}
	console := "/console/" + made.Plural
	form := ask("GET", console, signedIn.AccessToken, "", http.StatusOK)
	for _, field := range []string{`name="title"`, `name="text"`, `name="unit"`, `data-action="/v1/` + made.Plural + `"`} {
		if !strings.Contains(form, field) {
			t.Errorf("the form of %s has no %s:\n%s", console, field, form)
		}
	}
	ask("POST", "/v1/"+made.Plural, signedIn.AccessToken, `{"unit":"총학","title":"첫 번째","text":"글"}`, http.StatusCreated)
	for path, token := range map[string]string{"/" + made.Plural: "", "/en/" + made.Plural: "", console: signedIn.AccessToken, "/en" + console: signedIn.AccessToken} {
		if page := ask("GET", path, token, "", http.StatusOK); !strings.Contains(page, "첫 번째") {
			t.Errorf("%s does not show what was made:\n%s", path, page)
		}
	}
}

// lostField gives a resource a field as far as the compiler asks for it: the tests that the
// resource begins with say where it is lost.
func lostField(t *testing.T, root string, made Resource) {
	domain, function := "shared/council/"+made.Singular+"/", "functions/"+made.Plural+"/"
	t.Helper()
	for _, edit := range [][3]string{ // file, what there is, what is put behind it
		{domain + made.Singular + ".go", `(?m)^\tTitle +string$`, "\n\tPlace string"},
		{function + "write.go", `(?m)^\tTitle .*$`, "\n\tPlace string `json:\"place\"`"},
		{function + "read.go", `(?m)^\tTitle .*$`, "\n\tPlace string `json:\"place\"`"},
		{function + made.Plural + "_test.go", `"title": title`, `, "place": "강당"`},
		{domain + "store_test.go", `Title: "하나"`, `, Place: "강당"`},
	} {
		path := filepath.Join(root, edit[0])
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := regexp.MustCompile(edit[1]).ReplaceAllString(string(content), "$0"+edit[2])
		if changed == string(content) {
			t.Fatalf("%s has no %s", edit[0], edit[1])
		}
		if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("go", "test", "./"+function, "./"+domain)
	command.Dir = root
	out, err := command.CombinedOutput()
	for _, want := range []string{"place has no box", "Place was written as 강당 and is kept as :"} {
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("a field is lost and nothing says %q: %v\n%s", want, err, out)
		}
	}
}

// generated says whether a file follows from functions.All.
func generated(path string) bool {
	files, err := Files("../..", functions.All())
	return err == nil && files[path] != nil
}

func TestArticle(t *testing.T) {
	for singular, want := range map[string]string{"umbrella": "An umbrella, an umbrella", "notice": "A notice, a notice"} {
		if got := (Resource{Plural: singular + "s", Singular: singular}).replaced("{{A singular}}, {{a singular}}"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, r := range []Resource{
		{}, {Plural: "A"}, {Plural: "a-b"}, {Plural: "../x"}, {Plural: "cmd"}, {Plural: "한글"}, {Plural: "news", Singular: "news"}, {Plural: "polls", Korean: "\"투표"},
		{Plural: "events"}, // a kind of things that calendar has
	} {
		if err := scaffold(t.TempDir(), r); err == nil {
			t.Errorf("%+v was accepted", r)
		}
	}
	if r, err := (Resource{Plural: "policies"}).filled(); err != nil || r.Singular != "policy" || r.Korean != "policies" {
		t.Errorf("%+v, %v", r, err)
	}
}

// filesOf are the contents of all files below a folder, by their paths.
func filesOf(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	tree := os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(tree, path)
		files[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

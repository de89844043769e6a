package functions_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/council/topic"
)

var (
	hasChores = regexp.MustCompile(`(?m)^func \(\w+ \*?(\w+)\) Chores\(`)
	hasPolicy = regexp.MustCompile(`(?m)^type Policy struct`)
	ofStore   = regexp.MustCompile(`(\w+)\.(?:New)?(\w+)[({]`)
)

// handed are stores that sweep is handed and does not make.
var handed = map[string]string{"event.Outbox": "d.Outbox.Chores(", "upload.Depot": "files.Chores("}

// What a store is to do by itself is done by sweep, and what the council may decide of a domain
// can be decided: a new one is not forgotten in either list.
func TestChoresAndPoliciesAreListed(t *testing.T) {
	sweep, domains := source(t, "sweep/sweep.go"), source(t, "../shared/council/policies/policies.go")
	listed := map[string]bool{}
	for line := range strings.Lines(sweep) {
		if m := ofStore.FindStringSubmatch(line); m != nil && strings.Contains(line, ".Chores(") {
			listed[m[1]+"."+m[2]] = true
		}
	}
	chores, policies := 0, 0
	err := filepath.WalkDir("../shared", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, name := source(t, file), path.Base(filepath.ToSlash(filepath.Dir(file)))
		for _, m := range hasChores.FindAllStringSubmatch(text, -1) {
			chores++
			of := name + "." + m[1]
			if call := handed[of]; !listed[of] && (call == "" || !strings.Contains(sweep, call)) {
				t.Errorf("the chores of %s in %s are done by nobody: add them to Chores in functions/sweep/sweep.go", of, file)
			}
		}
		if hasPolicy.MatchString(text) {
			policies++
			if call := "policy.Of[" + name + ".Policy]()"; !strings.Contains(domains, call) {
				t.Errorf("what the council may decide of %s is in no menu: add %s to All in shared/council/policies", name, call)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if chores < 15 || policies < 4 {
		t.Errorf("%d stores with chores and %d with policies were found", chores, policies)
	}
}

// Nobody waits for what nobody tells: the event of each topic is a constant of the domain that
// sends it.
func TestTopicsAreOfEventsThatAreSent(t *testing.T) {
	sent := map[string]string{}
	err := filepath.WalkDir("../shared", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || strings.Contains(filepath.ToSlash(file), "/council/topic/") {
			return err
		}
		for _, m := range regexp.MustCompile(`(?m)^\s*(?:const )?\w+\s*= "(kr\.madang\.[^"]+)"`).FindAllStringSubmatch(source(t, file), -1) {
			sent[m[1]] = file
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range topic.All() {
		if sent[one.Event] == "" && !one.Tomorrow { // which the deliveries tell themselves
			t.Errorf("the topic %s waits for %s, which is the name of no event: write it in shared/council/topic/topic.go as its domain has it", one.Name, one.Event)
		}
	}
}

// source is a file of the sources.
func source(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

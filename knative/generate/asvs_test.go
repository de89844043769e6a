package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	asvsLine = regexp.MustCompile(`^\| ([0-9.]+) \| (L[12]) \| ([^|]+) \| ([^|]+) \|$`)
	named    = regexp.MustCompile(`^([a-z][a-z0-9/]*) ((?:Test|Fuzz)[A-Za-z0-9_]+(?:, (?:Test|Fuzz)[A-Za-z0-9_]+)*)$`)
	linked   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// Every requirement of OWASP's Application Security Verification Standard 5.0.0 of levels 1 and
// 2 has one answer in docs/asvs.md: a test that there is, or a section of a document that there
// is, or why it does not apply, or what is missing. The list of ids is the standard's (CC BY-SA
// 4.0; its texts are not here).
func TestASVS(t *testing.T) {
	document := read(t, "../../docs/asvs.md")
	list := strings.Fields(read(t, "testdata/asvs-5.0.0.txt"))
	level, answered, kinds := map[string]string{}, map[string]bool{}, map[string]int{}
	for i := 0; i+1 < len(list); i += 2 {
		level[list[i]] = list[i+1]
	}
	if len(level) != 253 {
		t.Errorf("%d requirements are listed", len(level))
	}
	for line := range strings.Lines(document) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| id |") {
			continue
		}
		parts := asvsLine.FindStringSubmatch(line)
		if parts == nil {
			t.Errorf("no id, level, words and answer: %s", line)
			continue
		}
		id, answer := parts[1], parts[4]
		switch {
		case level[id] == "":
			t.Errorf("%s is no requirement of levels 1 and 2", id)
		case level[id] != parts[2]:
			t.Errorf("%s is of level %s, not %s", id, level[id], parts[2])
		case answered[id]:
			t.Errorf("%s is answered twice", id)
		}
		answered[id] = true
		kind, _, _ := strings.Cut(answer, ": ")
		kinds[kind]++
		checkAnswer(t, id, answer)
	}
	if sum := fmt.Sprintf("Of %d requirements %d are met, %d do not apply and %d are not met.", len(level), kinds["met"], kinds["does not apply"], kinds["not met"]); !strings.Contains(document, sum) {
		t.Errorf("docs/asvs.md does not say: %s", sum)
	}
	for id := range level {
		if !answered[id] {
			t.Errorf("%s has no answer", id)
		}
	}
	for _, path := range []string{"../../docs/asvs.md", "../../docs/security.md"} {
		checkLinks(t, path)
	}
	if !strings.Contains(read(t, "../../docs/security.md"), "](asvs.md)") {
		t.Error("docs/security.md does not lead to docs/asvs.md")
	}
}

// checkAnswer takes the three kinds of answers: "met: " with tests as package and names, several
// packages parted by ";", or with links to sections; "does not apply: " and "not met: " with
// words.
func checkAnswer(t *testing.T, id, answer string) {
	t.Helper()
	kind, said, _ := strings.Cut(answer, ": ")
	switch {
	case said == "" || kind != "met" && kind != "does not apply" && kind != "not met":
		t.Errorf("%s: neither met, nor does not apply, nor not met: %s", id, answer)
	case strings.Contains(strings.ToLower(answer), "planned"):
		t.Errorf("%s: what is planned is not met: %s", id, answer)
	case kind == "met":
		for _, proof := range strings.Split(said, "; ") {
			if linked.MatchString(proof) {
				continue // checkLinks
			}
			parts := named.FindStringSubmatch(proof)
			if parts == nil {
				t.Errorf("%s: neither a package with tests nor a section: %q", id, proof)
				continue
			}
			there := testsOf(t, parts[1])
			for name := range strings.SplitSeq(parts[2], ", ") {
				if !there[name] {
					t.Errorf("%s: %s has no %s", id, parts[1], name)
				}
			}
		}
	}
}

// testsOf are the names of a package's tests.
func testsOf(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("../../" + folder + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, is := d.(*ast.FuncDecl); is && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}

// checkLinks follows a document's links to files and sections of the project.
func checkLinks(t *testing.T, path string) {
	t.Helper()
	for _, link := range linked.FindAllStringSubmatch(read(t, path), -1) {
		if strings.Contains(link[1], "://") {
			continue
		}
		file, section, _ := strings.Cut(link[1], "#")
		target := path
		if file != "" {
			target = filepath.Join(filepath.Dir(path), file)
		}
		content, err := os.ReadFile(target)
		if err != nil {
			if info, err := os.Stat(target); err != nil || !info.IsDir() || section != "" {
				t.Errorf("%s leads to %s, which is not there", path, link[1])
			}
			continue
		}
		if section != "" && !sections(string(content))[section] {
			t.Errorf("%s leads to %s, which has no such section", path, link[1])
		}
	}
}

var unsaid = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// sections are the headings of a document, as GitHub names them in addresses.
func sections(document string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(document) {
		if marks, heading, is := strings.Cut(strings.TrimSpace(line), " "); is && marks != "" && strings.Trim(marks, "#") == "" {
			found[strings.ReplaceAll(unsaid.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")] = true
		}
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

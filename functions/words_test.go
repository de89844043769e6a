package functions_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What users read has the words of docs/glossary.md, and none of those that it has others for.
func TestWords(t *testing.T) {
	glossary, err := os.ReadFile("../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	instead := map[string]string{}
	for line := range strings.Lines(string(glossary)) {
		cells := strings.Split(line, "|")
		if strings.HasPrefix(line, "|") && len(cells) != 6 {
			t.Errorf("docs/glossary.md has a row of %d cells, not 4: %s", len(cells)-2, line)
		}
		if len(cells) != 6 || strings.Contains(line, "---") || strings.TrimSpace(cells[4]) == "Not" {
			continue
		}
		for word := range strings.SplitSeq(cells[4], ",") {
			instead[strings.TrimSpace(word)] = strings.TrimSpace(cells[2])
		}
	}
	if len(instead) < 10 {
		t.Fatalf("docs/glossary.md forbids only %d words", len(instead))
	}
	read := 0
	written(t, func(name, source string) {
		read++
		for word, other := range instead {
			if strings.Contains(source, word) {
				t.Errorf("%s says %s: docs/glossary.md says %s", name, word, other)
			}
		}
	}, ".go", ".js", ".json", ".lua", ".yaml", ".txt")
	if read < 300 {
		t.Errorf("only %d files were read", read)
	}
}

// wordsTest is this file, which has examples of what it forbids.
const wordsTest = "functions/words_test.go"

// joined is a 님 that nothing keeps apart from the name before it, also where the name is put in.
var joined = regexp.MustCompile(`[^\s\x{a0}]님`)

// Names are followed by a space and 님.
func TestHonorifics(t *testing.T) {
	words := strings.NewReplacer(`\u00a0님`, " 님", "회원님", "", "아님", "")
	if found := joined.FindAllString(words.Replace("이소리님, %s님, ${name}님, \"님, 이소리 님, \\u00a0님, 회원님이 아님"), -1); len(found) != 4 {
		t.Fatalf("found %q, not four", found)
	}
	written(t, func(name, source string) {
		if name == wordsTest {
			return
		}
		for _, found := range joined.FindAllString(words.Replace(source), -1) {
			t.Errorf("%s says %s: a space stands before 님", name, found)
		}
	}, ".go", ".js", ".lua", ".yaml")
}

// A text that says both forms of a particle has to ask for the one that fits.
func TestParticles(t *testing.T) {
	both := regexp.MustCompile(`[은는이가을를과와]\([은는이가을를과와]\)|\(으\)로|\(이\)[라나며]`)
	written(t, func(name, source string) {
		if strings.HasPrefix(name, "shared/text/") || name == wordsTest {
			return // where the forms are told apart
		}
		for _, found := range both.FindAllString(source, -1) {
			t.Errorf("%s says %s: text.Particle and ui.Joined know the one that fits, and a script has a sentence without", name, found)
		}
	}, ".go", ".js")
}

// written gives what has a text that users read, by its path.
func written(t *testing.T, each func(name, source string), kinds ...string) {
	t.Helper()
	all := os.DirFS("..")
	for _, top := range []string{"functions", "shared", "knative"} {
		err := fs.WalkDir(all, top, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.Name() == "node_modules" {
				return fs.SkipDir
			}
			if d.IsDir() || !slices.Contains(kinds, path.Ext(name)) {
				return nil
			}
			source, err := fs.ReadFile(all, name)
			if err != nil {
				return err
			}
			each(name, string(source))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

package functions_test

import (
	"io/fs"
	"os"
	"path"
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
	all := os.DirFS("..")
	for _, top := range []string{"functions", "shared", "knative"} {
		err := fs.WalkDir(all, top, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.Name() == "node_modules" {
				return fs.SkipDir
			}
			if d.IsDir() || !slices.Contains([]string{".go", ".js", ".json", ".lua", ".yaml", ".txt"}, path.Ext(name)) {
				return nil
			}
			source, err := fs.ReadFile(all, name)
			if err != nil {
				return err
			}
			read++
			for word, other := range instead {
				if strings.Contains(string(source), word) {
					t.Errorf("%s says %s: docs/glossary.md says %s", name, word, other)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 300 {
		t.Errorf("only %d files were read", read)
	}
}

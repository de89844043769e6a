package main

import (
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"testing"
)

var (
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	quoted = regexp.MustCompile("`[^`\n]*`")
)

// What a document links to is there.
func TestDocumentsLeadSomewhere(t *testing.T) {
	root, links := os.DirFS("../.."), 0
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git"):
			return fs.SkipDir
		case path.Ext(name) != ".md":
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(quoted.ReplaceAllString(string(text), ""), -1) {
			to, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if to.Scheme != "" || to.Path == "" {
				continue
			}
			links++
			if _, err := fs.Stat(root, path.Join(path.Dir(name), to.Path)); err != nil {
				t.Errorf("%s leads to %s, which is not there: mend the link", name, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if links < 100 {
		t.Errorf("%d links were found", links)
	}
}

// Package sourcetest is for tests that have others read the project's sources: the go
// command, git, Node, a program that they build.
package sourcetest

import (
	"fmt"
	"io/fs"
	"path/filepath"
)

// Look looks at everything below folders but installed packages. The go command keeps a
// test's result while what the test itself looked at has the same names, sizes and times; a
// test that has others read the sources calls Look, in a test and not before the first one,
// and is run again when a source has changed.
func Look(folders ...string) error {
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && d.Name() == "node_modules" {
				return fs.SkipDir
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("sources: %w", err)
		}
	}
	return nil
}

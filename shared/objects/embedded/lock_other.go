//go:build !unix

package embedded

import (
	"os"
	"path/filepath"
)

// lockFolder only opens the file: without flock, it is up to the developer to start one host for a folder.
func lockFolder(dir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
}

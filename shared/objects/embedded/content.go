package embedded

import (
	"errors"
	"io"
	"os"
)

// content reads an object's data files as one.
type content struct {
	files  []*os.File
	sizes  []int64
	size   int64
	offset int64
}

// Read reads at the offset, from one file at a time.
func (c *content) Read(p []byte) (int, error) {
	at := c.offset
	for i, f := range c.files {
		if at >= c.sizes[i] {
			at -= c.sizes[i]
			continue
		}
		p = p[:min(int64(len(p)), c.sizes[i]-at)]
		n, err := f.ReadAt(p, at)
		c.offset += int64(n)
		if n > 0 {
			err = nil
		} else if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // the file is shorter than its record says
		}
		return n, err
	}
	return 0, io.EOF
}

// Seek moves the offset; http.ServeContent asks for the size with it.
func (c *content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.offset
	case io.SeekEnd:
		offset += c.size
	}
	if offset < 0 {
		return 0, errors.New("embedded storage: seek before the beginning")
	}
	c.offset = offset
	return offset, nil
}

// Close closes the files.
func (c *content) Close() error {
	var failed error
	for _, f := range c.files {
		failed = errors.Join(failed, f.Close())
	}
	return failed
}

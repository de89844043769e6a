package logs

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"time"
)

// Writer makes one object of lines.
type Writer struct {
	Begun time.Time // when its first line was read
	Lines int
	Bytes int64 // of lines, before they are compressed

	compressed bytes.Buffer
	gzip       *gzip.Writer
	scratch    []byte
}

// NewWriter is an object that has no line yet.
func NewWriter(begun time.Time) *Writer {
	w := &Writer{Begun: begun}
	w.gzip = gzip.NewWriter(&w.compressed)
	return w
}

// Add adds a line.
func (w *Writer) Add(l Line) {
	w.scratch = l.appendTo(w.scratch[:0])
	w.Lines++
	w.Bytes += int64(len(w.scratch))
	_, _ = w.gzip.Write(w.scratch) // a buffer takes everything
}

// Size is how much the object has so far, compressed; what was added last may be missing.
func (w *Writer) Size() int { return w.compressed.Len() }

// Close ends the object with the places that were reached, and is its content.
func (w *Writer) Close(places map[string]Place) ([]byte, error) {
	text, err := json.Marshal(stored{Places: places})
	if err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	if len(places) > 0 {
		_, _ = w.gzip.Write(append(text, '\n'))
	}
	if err := w.gzip.Close(); err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	return w.compressed.Bytes(), nil
}

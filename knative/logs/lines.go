package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/madang-council/madang/shared/operation/logs"
)

// lines reads lines of any length in bounded memory: of one that is longer than is kept, the
// beginning and the end are enough for logs.Fit.
type lines struct {
	from  *bufio.Reader
	begin []byte
	end   []byte
}

const (
	most = logs.MaxLine + 64 // with the time before it
	last = 4 << 10
)

func newLines(r io.Reader) *lines { return &lines{from: bufio.NewReaderSize(r, 8<<10)} }

// next is a line without its end, valid until the next one, and how long it was. whole says
// that it had an end; with an error it had none.
func (l *lines) next() (text []byte, size int, whole bool, err error) {
	l.begin, l.end = l.begin[:0], l.end[:0]
	for {
		part, err := l.from.ReadSlice('\n')
		size += len(part)
		part, whole = bytes.CutSuffix(part, []byte("\n"))
		room := min(most-len(l.begin), len(part))
		l.begin = append(l.begin, part[:room]...)
		l.end = append(l.end, part[room:]...)
		if len(l.end) > 2*last {
			l.end = append(l.end[:0], l.end[len(l.end)-last:]...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return append(l.begin, l.end...), size, whole, err
	}
}

// stamped splits a line into its time, which Kubernetes puts before it, and what was written.
func stamped(text []byte) (time.Time, []byte, bool) {
	stamp, rest, found := bytes.Cut(text, []byte(" "))
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	return at, rest, found && err == nil
}

package host

import (
	"bytes"
	"fmt"
	"net/http"
)

// written is an answer that can be given again: what writes itself, as a page or the address
// to go on at, has been written.
func written(a answer, r *http.Request) (answer, error) {
	if a.writer == nil {
		return a, nil
	}
	s := sheet{header: a.header.Clone()}
	if err := a.writer.WriteResponse(&s, r); err != nil {
		return answer{}, fmt.Errorf("write the answer: %w", err)
	}
	s.WriteHeader(http.StatusOK)
	return answer{status: s.status, header: s.header, body: s.body.Bytes()}, nil
}

// sheet is what an answer is written on.
type sheet struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// Header is the answer's.
func (s *sheet) Header() http.Header { return s.header }

// WriteHeader says the status; the first counts.
func (s *sheet) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
}

// Write adds to the body.
func (s *sheet) Write(b []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return s.body.Write(b)
}

package objects

import "io"

// source reads exactly size bytes and remembers why it could not, so that a caller's broken reader is not taken for a
// broken network.
type source struct {
	r    io.Reader
	size int64
	left int64
	err  error
}

func newSource(r io.Reader, size int64) *source {
	type seekable interface {
		io.ReaderAt
		io.Seeker
	}
	if file, ok := r.(seekable); ok {
		// minio-go rewinds a seeker to its beginning before it sends again; the beginning is where r stands now.
		if at, err := file.Seek(0, io.SeekCurrent); err == nil {
			r = io.NewSectionReader(file, at, size)
		}
	}
	return &source{r: r, size: size, left: size}
}

// reader is what minio-go gets: with Seek only if a second attempt is possible.
func (s *source) reader() io.Reader {
	if s.size == 0 {
		return nil
	}
	if _, ok := s.r.(*io.SectionReader); ok {
		return rewindable{s}
	}
	return s
}

func (s *source) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), s.left)]
	n, err := s.r.Read(p)
	s.left -= int64(n)
	if err == io.EOF && s.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

type rewindable struct{ *source }

func (r rewindable) Seek(offset int64, whence int) (int64, error) {
	at, err := r.r.(*io.SectionReader).Seek(offset, whence)
	if err == nil {
		r.left = r.size - at
	}
	return at, err
}

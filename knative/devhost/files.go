package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
)

// file serves a public file from the object storage, as the edge does.
func (s *site) file(w http.ResponseWriter, r *http.Request, key string) {
	switch {
	case !upload.IsPublic(r.URL.Path):
		s.edge.refuse(w, r, http.StatusNotFound)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		s.edge.refuse(w, r, http.StatusMethodNotAllowed)
		return
	}
	info, err := s.back.objects.Stat(r.Context(), key)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		s.edge.refuse(w, r, http.StatusNotFound)
		return
	case err != nil:
		s.log.WarnContext(r.Context(), "file not read", "error", err)
		s.edge.refuse(w, r, http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", info.ContentType)
	h.Set("Content-Disposition", info.Disposition)
	h.Set("ETag", `"`+info.ETag+`"`)
	for name, value := range s.edge.rules.Headers.File {
		h.Set(name, value)
	}
	reader := &object{ctx: r.Context(), store: s.back.objects, key: key, size: info.Size}
	defer reader.close()
	http.ServeContent(w, r, "", info.Modified, reader)
}

// object reads a stored object from any place, for ranges.
type object struct {
	ctx    context.Context // io.ReadSeeker has no place for it
	store  *objects.Store
	key    string
	size   int64
	offset int64
	open   io.ReadCloser
}

func (o *object) Read(p []byte) (int, error) {
	if o.offset >= o.size {
		return 0, io.EOF
	}
	if o.open == nil {
		r, err := o.store.Open(o.ctx, o.key, o.offset, -1)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", o.key, err)
		}
		o.open = r
	}
	n, err := o.open.Read(p)
	o.offset += int64(n)
	return n, err // as it is: io.EOF must stay io.EOF
}

func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.offset
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start")
	}
	if offset != o.offset {
		o.close()
		o.offset = offset
	}
	return offset, nil
}

func (o *object) close() {
	if o.open != nil {
		_ = o.open.Close()
		o.open = nil
	}
}

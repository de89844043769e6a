package embedded

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
)

func (s *Server) serveObject(w http.ResponseWriter, r *http.Request, query url.Values, b *bucket, key string) error {
	id, ofUpload := query.Get("uploadId"), query.Has("uploadId")
	switch {
	case query.Has("uploads") && r.Method == http.MethodPost:
		return s.startUpload(w, r, b, key)
	case query.Has("partNumber") && r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		return faultNotImplemented // a part copied from an object
	case query.Has("partNumber") && r.Method == http.MethodPut:
		return s.putPart(w, r, b, key, id, query.Get("partNumber"))
	case ofUpload && r.Method == http.MethodGet:
		return s.listParts(w, query, b, key, id)
	case ofUpload && r.Method == http.MethodPost:
		return s.completeUpload(w, r, b, key, id)
	case ofUpload && r.Method == http.MethodDelete:
		return s.abortUpload(w, b, key, id)
	case ofUpload || query.Has("uploads"):
		return faultMethodNotAllowed
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return s.readObject(w, r, query, b, key)
	case http.MethodPut:
		if source := r.Header.Get("X-Amz-Copy-Source"); source != "" {
			return s.copyObject(w, r, b, key, source)
		}
		return s.putObject(w, r, b, key)
	case http.MethodDelete:
		if err := s.remove(b, key); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	case http.MethodPost:
		return faultNotImplemented
	}
	return faultMethodNotAllowed
}

// keptHeaders are those that come back with the object.
func keptHeaders(h http.Header) map[string]string {
	kept := map[string]string{}
	for name := range h {
		switch name {
		case "Content-Type", "Content-Disposition", "Content-Encoding", "Content-Language", "Cache-Control", "Expires":
			kept[name] = h.Get(name)
		default:
			if strings.HasPrefix(name, "X-Amz-Meta-") {
				kept[name] = h.Get(name)
			}
		}
	}
	return kept
}

func (s *Server) putObject(w http.ResponseWriter, r *http.Request, b *bucket, key string) error {
	body, err := b.receive(r, s.config.Now())
	if err != nil {
		return err
	}
	o := &object{Key: key, Size: body.Size, ETag: body.ETag, Modified: body.Modified, Headers: keptHeaders(r.Header), Content: []part{body}}
	if err := s.replace(b, o); err != nil {
		b.forget(body)
		return err
	}
	w.Header().Set("ETag", `"`+o.ETag+`"`)
	w.WriteHeader(http.StatusOK)
	return nil
}

// replace makes o the object at its key.
func (s *Server) replace(b *bucket, o *object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return b.replace(o)
}

// replace is called with the server's lock held.
func (b *bucket) replace(o *object) error {
	if o.Headers["Content-Type"] == "" {
		o.Headers["Content-Type"] = "application/octet-stream"
	}
	if err := writeRecord(b.objectPath(o.Key), o); err != nil {
		return err
	}
	if before := b.objects[o.Key]; before != nil {
		for _, p := range before.Content {
			if !slices.ContainsFunc(o.Content, func(kept part) bool { return kept.File == p.File }) {
				b.forget(p)
			}
		}
	}
	b.objects[o.Key] = o
	return nil
}

func (s *Server) remove(b *bucket, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := b.objects[key]
	if o == nil {
		return nil
	}
	if err := removeRecord(b.objectPath(key)); err != nil {
		return err
	}
	delete(b.objects, key)
	b.forget(o.Content...)
	return nil
}

func (s *Server) readObject(w http.ResponseWriter, r *http.Request, query url.Values, b *bucket, key string) error {
	o, content, err := s.open(b, key, r.Method == http.MethodGet)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	if r.Header.Get("Range") != "" && o.Size == 0 {
		return faultInvalidRange
	}
	h := w.Header()
	for name, value := range o.Headers {
		h.Set(name, value)
	}
	for _, name := range []string{"Content-Type", "Content-Language", "Expires", "Cache-Control", "Content-Disposition", "Content-Encoding"} {
		if value := query.Get("response-" + strings.ToLower(name)); value != "" {
			h.Set(name, value)
		}
	}
	h.Set("ETag", `"`+o.ETag+`"`)
	http.ServeContent(w, r, "", o.Modified, content)
	return nil
}

// open finds an object and opens its data before another request can remove it.
func (s *Server) open(b *bucket, key string, read bool) (*object, *content, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := b.objects[key]
	if o == nil {
		return nil, nil, faultNoSuchKey
	}
	if o.Broken && read {
		return nil, nil, faultBrokenObject
	}
	c := &content{size: o.Size}
	if !read {
		return o, c, nil
	}
	for _, p := range o.Content {
		f, err := os.Open(b.dataPath(p.File))
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("object %q: %w", key, err), c.Close())
		}
		c.files, c.sizes = append(c.files, f), append(c.sizes, p.Size)
	}
	return o, c, nil
}

func (s *Server) copyObject(w http.ResponseWriter, r *http.Request, b *bucket, key, source string) error {
	source, _, _ = strings.Cut(source, "?")
	source, err := url.PathUnescape(strings.TrimPrefix(source, "/"))
	if err != nil {
		return faultInvalidArgument
	}
	fromName, fromKey, _ := strings.Cut(source, "/")
	from, err := s.bucket(fromName)
	if err != nil {
		return err
	}
	o, data, err := s.open(from, fromKey, true)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	replace := r.Header.Get("X-Amz-Metadata-Directive") == "REPLACE"
	if from == b && fromKey == key && !replace {
		return faultInvalidRequest
	}
	inside := r.Clone(r.Context())
	inside.Body, inside.ContentLength = io.NopCloser(data), o.Size
	inside.Header.Set("X-Amz-Content-Sha256", unsignedPayload)
	inside.Header.Del("Content-Md5")
	body, err := b.receive(inside, s.config.Now())
	if err != nil {
		return err
	}
	made := &object{Key: key, Size: body.Size, ETag: o.ETag, Modified: body.Modified, Headers: keptHeaders(r.Header), Content: []part{body}}
	if !replace {
		made.Headers = keptHeaders(headersOf(o))
	}
	if err := s.replace(b, made); err != nil {
		b.forget(body)
		return err
	}
	writeXML(w, http.StatusOK, struct {
		XMLName      xml.Name `xml:"CopyObjectResult"`
		LastModified string
		ETag         string
	}{LastModified: stamp(made.Modified), ETag: `"` + made.ETag + `"`})
	return nil
}

func headersOf(o *object) http.Header {
	h := http.Header{}
	for name, value := range o.Headers {
		h.Set(name, value)
	}
	return h
}

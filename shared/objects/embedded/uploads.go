package embedded

import (
	"crypto/rand"
	"encoding/xml"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

const (
	minPart = 5 << 20 // bytes, of every part but the last
	maxPart = 1000    // Swift's max_upload_part_num
)

func (s *Server) startUpload(w http.ResponseWriter, r *http.Request, b *bucket, key string) error {
	u := &upload{ID: rand.Text(), Key: key, Headers: keptHeaders(r.Header), Started: s.config.Now(), parts: map[int]part{}}
	if err := os.Mkdir(b.uploadDir(u.ID), 0o700); err != nil {
		return err
	}
	if err := writeRecord(filepath.Join(b.uploadDir(u.ID), "upload.json"), u); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(b.uploadDir(u.ID))); err != nil {
		return err
	}
	s.mu.Lock()
	b.uploads[u.ID] = u
	s.mu.Unlock()
	writeXML(w, http.StatusOK, struct {
		XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
		Bucket   string
		Key      string
		UploadID string `xml:"UploadId"`
	}{Bucket: filepath.Base(b.dir), Key: key, UploadID: u.ID})
	return nil
}

// upload is called with the lock held.
func (b *bucket) upload(key, id string) (*upload, error) {
	u := b.uploads[id]
	if u == nil || u.Key != key {
		return nil, faultNoSuchUpload
	}
	return u, nil
}

// completed is the object that an upload became, or nil; called with the lock held.
func (b *bucket) completed(key, id string) *object {
	if o := b.objects[key]; o != nil && id != "" && o.UploadID == id {
		return o
	}
	return nil
}

func (s *Server) putPart(w http.ResponseWriter, r *http.Request, b *bucket, key, id, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > maxPart {
		return faultInvalidArgument
	}
	if err := s.expectsPart(b, key, id); err != nil {
		return err
	}
	p, err := b.receive(r, s.config.Now())
	if err != nil {
		return err
	}
	p.Number = n
	if err := s.addPart(b, key, id, p); err != nil {
		b.forget(p)
		return err
	}
	w.Header().Set("ETag", `"`+p.ETag+`"`)
	w.WriteHeader(http.StatusOK)
	return nil
}

// expectsPart refuses a part of an unknown upload before its body is read.
func (s *Server) expectsPart(b *bucket, key, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.completed(key, id) != nil {
		return nil
	}
	_, err := b.upload(key, id)
	return err
}

func (s *Server) addPart(b *bucket, key, id string, p part) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := b.completed(key, id); o != nil {
		return b.addLate(o, p)
	}
	u, err := b.upload(key, id)
	if err != nil {
		return err
	}
	if err := writeRecord(b.partPath(id, p.Number), p); err != nil {
		return err
	}
	if before, ok := u.parts[p.Number]; ok {
		b.forget(before)
	}
	u.parts[p.Number] = p
	return nil
}

// addLate takes a part of an upload that is completed already. Swift stores it in the place of the part that the object
// is made of and lists it; from then on the object cannot be read, unless the part is the same or the upload is completed
// again. A laptop that were kinder would hide the mistake.
func (b *bucket) addLate(o *object, p part) error {
	i := slices.IndexFunc(o.Content, func(known part) bool { return known.Number == p.Number })
	if i < 0 {
		b.forget(p)
		return nil
	}
	late := *o
	late.Content = slices.Clone(o.Content)
	late.Content[i] = p
	late.Broken = whole(late.Content) != o.ETag
	return b.replace(&late)
}

func (s *Server) abortUpload(w http.ResponseWriter, b *bucket, key, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := b.upload(key, id)
	if err != nil {
		return err
	}
	if err := b.dropUpload(id); err != nil {
		return err
	}
	for _, p := range u.parts {
		b.forget(p)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// dropUpload is called with the lock held. upload.json goes first: without it, Open takes the rest for garbage.
func (b *bucket) dropUpload(id string) error {
	if err := removeRecord(filepath.Join(b.uploadDir(id), "upload.json")); err != nil {
		return err
	}
	delete(b.uploads, id)
	return os.RemoveAll(b.uploadDir(id))
}

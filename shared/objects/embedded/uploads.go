package embedded

import (
	"cmp"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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

// addLate takes a part of an upload that is completed already. Swift stores it over the part that the object is made
// of, and from then on the object cannot be read; a laptop that were kinder would hide the mistake.
func (b *bucket) addLate(o *object, p part) error {
	b.forget(p)
	for _, known := range o.Content {
		if known.Number == p.Number && known.ETag != p.ETag {
			broken := *o
			broken.Broken = true
			if err := writeRecord(b.objectPath(o.Key), broken); err != nil {
				return err
			}
			b.objects[o.Key] = &broken
		}
	}
	return nil
}

func (s *Server) listParts(w http.ResponseWriter, query url.Values, b *bucket, key, id string) error {
	limit, err := bounded(query.Get("max-parts"), maxKeys)
	if err != nil {
		return err
	}
	marker, err := bounded(query.Get("part-number-marker"), maxPart)
	if err != nil {
		return err
	}
	if query.Get("part-number-marker") == "" {
		marker = 0
	}
	parts, err := s.parts(b, key, id)
	if err != nil {
		return err
	}
	type row struct {
		PartNumber   int
		LastModified string
		ETag         string
		Size         int64
	}
	answer := struct {
		XMLName              xml.Name `xml:"ListPartsResult"`
		Key                  string
		UploadID             string `xml:"UploadId"`
		PartNumberMarker     int
		NextPartNumberMarker int
		MaxParts             int
		IsTruncated          bool
		Part                 []row
	}{Key: key, UploadID: id, PartNumberMarker: marker, MaxParts: limit}
	for _, p := range parts {
		if p.Number <= marker {
			continue
		}
		if len(answer.Part) == limit {
			answer.IsTruncated = true
			break
		}
		answer.Part = append(answer.Part, row{p.Number, stamp(p.Modified), `"` + p.ETag + `"`, p.Size})
		answer.NextPartNumberMarker = p.Number
	}
	writeXML(w, http.StatusOK, answer)
	return nil
}

func (s *Server) parts(b *bucket, key, id string) ([]part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := b.completed(key, id); o != nil {
		return o.Content, nil
	}
	u, err := b.upload(key, id)
	if err != nil {
		return nil, err
	}
	parts := make([]part, 0, len(u.parts))
	for _, p := range u.parts {
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(a, b part) int { return a.Number - b.Number })
	return parts, nil
}

func (s *Server) completeUpload(w http.ResponseWriter, r *http.Request, b *bucket, key, id string) error {
	body, err := readDocument(r)
	if err != nil {
		return err
	}
	var asked completion
	if xml.Unmarshal(body, &asked) != nil || len(asked.Part) == 0 {
		return faultMalformedXML
	}
	etag, err := s.complete(b, key, id, asked)
	if err != nil {
		return err
	}
	writeXML(w, http.StatusOK, struct {
		XMLName  xml.Name `xml:"CompleteMultipartUploadResult"`
		Location string
		Bucket   string
		Key      string
		ETag     string
	}{Location: r.URL.Path, Bucket: filepath.Base(b.dir), Key: key, ETag: `"` + etag + `"`})
	return nil
}

type completion struct {
	XMLName xml.Name `xml:"CompleteMultipartUpload"`
	Part    []struct {
		PartNumber int
		ETag       string
	}
}

func (s *Server) complete(b *bucket, key, id string, asked completion) (etag string, err error) {
	sum, previous := md5.New(), 0
	for i, p := range asked.Part {
		if p.PartNumber <= previous {
			return "", faultInvalidPartOrder
		}
		previous = p.PartNumber
		asked.Part[i].ETag = strings.Trim(p.ETag, `"`)
		digest, err := hex.DecodeString(asked.Part[i].ETag)
		if err != nil || len(digest) != md5.Size {
			return "", faultInvalidPart
		}
		sum.Write(digest)
	}
	etag = fmt.Sprintf("%x-%d", sum.Sum(nil), len(asked.Part))
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := b.completed(key, id); o != nil && o.ETag == etag {
		return etag, nil // a repetition
	}
	u, err := b.upload(key, id)
	if err != nil {
		return "", err
	}
	o := &object{Key: key, ETag: etag, Modified: s.config.Now(), Headers: u.Headers, UploadID: id}
	for i, want := range asked.Part {
		p, ok := u.parts[want.PartNumber]
		switch {
		case !ok || p.ETag != want.ETag:
			return "", faultInvalidPart
		case i < len(asked.Part)-1 && p.Size < minPart:
			return "", faultEntityTooSmall
		}
		o.Content, o.Size = append(o.Content, p), o.Size+p.Size
	}
	if err := b.replace(o); err != nil {
		return "", err
	}
	for number, p := range u.parts {
		if !slices.ContainsFunc(o.Content, func(kept part) bool { return kept.Number == number }) {
			b.forget(p)
		}
	}
	return etag, b.dropUpload(id)
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

func (s *Server) listUploads(w http.ResponseWriter, query url.Values, name string, b *bucket) error {
	limit, err := bounded(query.Get("max-uploads"), maxKeys)
	if err != nil {
		return err
	}
	prefix, keyMarker, idMarker := query.Get("prefix"), query.Get("key-marker"), query.Get("upload-id-marker")
	s.mu.Lock()
	var found []*upload
	for _, u := range b.uploads {
		after := u.Key > keyMarker || u.Key == keyMarker && idMarker != "" && u.ID > idMarker
		// As in Swift, a delimiter that is there but empty is found in every key, and folds it away.
		if after && strings.HasPrefix(u.Key, prefix) &&
			!(query.Has("delimiter") && strings.Contains(u.Key[len(prefix):], query.Get("delimiter"))) {
			found = append(found, u)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(found, func(a, b *upload) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.ID, b.ID))
	})
	type row struct {
		Key       string
		UploadID  string `xml:"UploadId"`
		Initiated string
	}
	answer := struct {
		XMLName            xml.Name `xml:"ListMultipartUploadsResult"`
		Bucket             string
		Prefix             string
		NextKeyMarker      string
		NextUploadIDMarker string `xml:"NextUploadIdMarker"`
		EncodingType       string `xml:",omitempty"`
		MaxUploads         int
		IsTruncated        bool
		Upload             []row
	}{Bucket: name, Prefix: prefix, MaxUploads: limit, EncodingType: query.Get("encoding-type")}
	write := func(s string) string { return s }
	if answer.EncodingType == "url" {
		write = func(s string) string { return escape(s, true) }
	}
	if answer.IsTruncated = len(found) > limit; answer.IsTruncated {
		found = found[:limit]
	}
	for _, u := range found {
		answer.Upload = append(answer.Upload, row{write(u.Key), u.ID, stamp(u.Started)})
		answer.NextKeyMarker, answer.NextUploadIDMarker = write(u.Key), u.ID
	}
	writeXML(w, http.StatusOK, answer)
	return nil
}

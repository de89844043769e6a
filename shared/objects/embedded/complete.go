package embedded

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
)

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

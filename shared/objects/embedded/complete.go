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
	named := make([]part, len(asked.Part))
	for i, p := range asked.Part {
		if i > 0 && p.PartNumber <= named[i-1].Number {
			return "", faultInvalidPartOrder
		}
		named[i] = part{Number: p.PartNumber, ETag: strings.Trim(p.ETag, `"`)}
		if digest, err := hex.DecodeString(named[i].ETag); err != nil || len(digest) != md5.Size {
			return "", faultInvalidPart
		}
	}
	etag = whole(named)
	s.mu.Lock()
	defer s.mu.Unlock()
	before := b.completed(key, id)
	if before != nil && before.ETag == etag {
		return etag, nil // a repetition
	}
	o := &object{Key: key, ETag: etag, Modified: s.config.Now(), UploadID: id}
	stored := map[int]part{}
	if before != nil { // made anew of parts that came late
		o.Headers = before.Headers
		for _, p := range before.Content {
			stored[p.Number] = p
		}
	} else {
		u, err := b.upload(key, id)
		if err != nil {
			return "", err
		}
		o.Headers, stored = u.Headers, u.parts
	}
	for i, want := range named {
		p, ok := stored[want.Number]
		switch {
		case !ok || p.ETag != want.ETag:
			return "", faultInvalidPart
		case i < len(named)-1 && p.Size < minPart:
			return "", faultEntityTooSmall
		}
		o.Content, o.Size = append(o.Content, p), o.Size+p.Size
	}
	if err := b.replace(o); err != nil || before != nil {
		return etag, err
	}
	for number, p := range stored {
		if !slices.ContainsFunc(o.Content, func(kept part) bool { return kept.Number == number }) {
			b.forget(p)
		}
	}
	return etag, b.dropUpload(id)
}

// whole is the ETag of an object that is made of parts with valid ones: the MD5 of the parts' MD5s, and their number.
func whole(parts []part) string {
	sum := md5.New()
	for _, p := range parts {
		digest, _ := hex.DecodeString(p.ETag)
		sum.Write(digest)
	}
	return fmt.Sprintf("%x-%d", sum.Sum(nil), len(parts))
}

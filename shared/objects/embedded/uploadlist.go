package embedded

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

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

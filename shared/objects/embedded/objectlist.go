package embedded

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) listObjects(w http.ResponseWriter, query url.Values, name string, b *bucket) error {
	limit, err := bounded(query.Get("max-keys"), maxKeys)
	if err != nil {
		return err
	}
	after := query.Get("start-after")
	if token := query.Get("continuation-token"); token != "" {
		decoded, err := base64.StdEncoding.DecodeString(token)
		if err != nil {
			return faultInvalidArgument
		}
		after = string(decoded)
	}
	prefix, delimiter := query.Get("prefix"), query.Get("delimiter")
	write := func(s string) string { return s }
	if query.Get("encoding-type") == "url" {
		write = func(s string) string { return escape(s, true) }
	}
	type row struct {
		Key          string
		LastModified string
		ETag         string
		Size         int64
		StorageClass string
	}
	type group struct{ Prefix string }
	answer := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Name                  string
		Prefix                string
		EncodingType          string `xml:",omitempty"`
		NextContinuationToken string `xml:",omitempty"`
		KeyCount              int
		MaxKeys               int
		Delimiter             string `xml:",omitempty"`
		IsTruncated           bool
		Contents              []row
		CommonPrefixes        []group
	}{Name: name, Prefix: write(prefix), EncodingType: query.Get("encoding-type"), MaxKeys: limit, Delimiter: write(delimiter)}
	last := ""
	for _, o := range s.sorted(b, prefix) {
		folder := ""
		if at := strings.Index(o.Key[len(prefix):], delimiter); delimiter != "" && at >= 0 {
			folder = o.Key[:len(prefix)+at+len(delimiter)]
		}
		place := cmp.Or(folder, o.Key)
		if place <= after || place == last {
			continue
		}
		if answer.KeyCount == limit {
			answer.IsTruncated = true
			answer.NextContinuationToken = base64.StdEncoding.EncodeToString([]byte(last))
			break
		}
		last = place
		answer.KeyCount++
		if folder != "" {
			answer.CommonPrefixes = append(answer.CommonPrefixes, group{write(folder)})
			continue
		}
		answer.Contents = append(answer.Contents, row{
			Key: write(o.Key), LastModified: stamp(o.Modified), ETag: `"` + o.ETag + `"`, Size: o.Size, StorageClass: "STANDARD",
		})
	}
	writeXML(w, http.StatusOK, answer)
	return nil
}

func (s *Server) sorted(b *bucket, prefix string) []*object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*object
	for key, o := range b.objects {
		if strings.HasPrefix(key, prefix) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b *object) int { return strings.Compare(a.Key, b.Key) })
	return found
}

// bounded reads a count that may be absent; more than limit means limit.
func bounded(text string, limit int) (int, error) { //nolint:unparam // two limits of Swift that happen to be equal
	if text == "" {
		return limit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, faultInvalidArgument
	}
	return min(n, limit), nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

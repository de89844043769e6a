package embedded

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const maxKeys = 1000 // in one answer of a listing, as in S3 and Swift

func validBucketName(name string) bool {
	ok, err := regexp.MatchString(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`, name)
	return err == nil && ok && !strings.Contains(name, "..")
}

func (s *Server) bucket(name string) (*bucket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		return nil, faultNoSuchBucket
	}
	return b, nil
}

func (s *Server) serveBucket(w http.ResponseWriter, r *http.Request, query url.Values, name string) error {
	if name == "" {
		return faultNotImplemented // the list of buckets, which the product never asks for
	}
	if r.Method == http.MethodPut {
		return s.createBucket(w, name)
	}
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	switch {
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusOK)
		return nil
	case r.Method == http.MethodDelete:
		return s.deleteBucket(w, name, b)
	case r.Method == http.MethodPost && query.Has("delete"):
		return s.deleteObjects(w, r, b)
	case r.Method == http.MethodPost:
		return faultNotImplemented
	case r.Method != http.MethodGet:
		return faultMethodNotAllowed
	case query.Has("location"):
		writeXML(w, http.StatusOK, struct {
			XMLName  xml.Name `xml:"LocationConstraint"`
			Location string   `xml:",chardata"`
		}{Location: s.config.Region})
		return nil
	case query.Has("uploads"):
		return s.listUploads(w, query, name, b)
	case query.Get("list-type") == "2":
		return s.listObjects(w, query, name, b)
	}
	return faultNotImplemented
}

func (s *Server) createBucket(w http.ResponseWriter, name string) error {
	if !validBucketName(name) {
		return faultInvalidBucketName
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] != nil {
		return faultBucketOwned
	}
	b := &bucket{dir: filepath.Join(s.dir, name), objects: map[string]*object{}, uploads: map[string]*upload{}}
	if err := b.makeFolders(); err != nil {
		return err
	}
	if err := syncDir(s.dir); err != nil {
		return err
	}
	s.buckets[name] = b
	w.Header().Set("Location", "/"+name)
	w.WriteHeader(http.StatusOK)
	return nil
}

// deleteBucket removes a bucket without objects, and its unfinished uploads with it, as Swift does.
func (s *Server) deleteBucket(w http.ResponseWriter, name string, b *bucket) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(b.objects) > 0 {
		return faultBucketNotEmpty
	}
	if err := os.RemoveAll(b.dir); err != nil {
		return err
	}
	delete(s.buckets, name)
	w.WriteHeader(http.StatusNoContent)
	return syncDir(s.dir)
}

func (s *Server) deleteObjects(w http.ResponseWriter, r *http.Request, b *bucket) error {
	body, err := readDocument(r)
	if err != nil {
		return err
	}
	sum := md5.Sum(body)
	if r.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]) {
		return faultBadDigest
	}
	var asked struct {
		XMLName xml.Name `xml:"Delete"`
		Quiet   bool
		Object  []struct{ Key string }
	}
	if xml.Unmarshal(body, &asked) != nil || len(asked.Object) == 0 || len(asked.Object) > maxKeys {
		return faultMalformedXML
	}
	type deleted struct{ Key string }
	answer := struct {
		XMLName xml.Name `xml:"DeleteResult"`
		Deleted []deleted
	}{}
	for _, o := range asked.Object {
		if err := s.remove(b, o.Key); err != nil {
			return err
		}
		if !asked.Quiet {
			answer.Deleted = append(answer.Deleted, deleted(o))
		}
	}
	writeXML(w, http.StatusOK, answer)
	return nil
}

// readDocument reads an XML body of at most 2 MiB, Swift's limit for a completion.
func readDocument(r *http.Request) ([]byte, error) {
	const limit = 2 << 20
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, faultIncompleteBody
	}
	if len(body) > limit {
		return nil, faultMalformedXML
	}
	return body, nil
}

// Package embedded is the object storage of a laptop and of tests: a folder of files behind the part of the S3 protocol
// that the product uses, as strict as OpenStack Swift 2.30 is in production. What Swift refuses is refused here with the
// same status, so that it is found before a deployment.
//
// Requests must be signed (SigV4, header or presigned). Streamed signatures, POST policies, tags and conditional writes
// answer 501. An upload in parts survives the process: what was acknowledged is in the folder, what was not is gone.
// Nothing is held in memory but keys and sizes, so the folder may hold much, and a deployed function must never link it.
package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// Config says who may sign requests and what time it is.
type Config struct {
	AccessKey string
	SecretKey string
	Region    string
	Now       func() time.Time
}

// Server is an http.Handler for one folder of buckets. It is safe for concurrent use.
type Server struct {
	config Config
	dir    string
	lock   *os.File

	mu      sync.Mutex // guards what follows, and the order of renames in the folder
	buckets map[string]*bucket
}

// Open reads the folder dir, creating it if needed, and removes what an earlier process received but never
// acknowledged. It fails when another process has the folder open, or when a record in it cannot be read.
func Open(dir string, c Config) (*Server, error) {
	if c.AccessKey == "" || c.SecretKey == "" || c.Region == "" || c.Now == nil {
		return nil, fmt.Errorf("embedded storage: AccessKey, SecretKey, Region and Now are required")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded storage: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("embedded storage: %s is in use: %w", dir, err)
	}
	s := &Server{config: c, dir: dir, lock: lock, buckets: map[string]*bucket{}}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("embedded storage: %w", errors.Join(err, lock.Close()))
	}
	return s, nil
}

// Close lets another process open the folder. Requests that are still running may fail.
func (s *Server) Close() error {
	return s.lock.Close()
}

// ServeHTTP answers one S3 request in path style.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowOrigin(w, r)
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	err := s.serve(w, r)
	if err == nil {
		return
	}
	code, known := faultOf(err)
	if !known {
		slog.ErrorContext(r.Context(), "embedded storage", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	writeFault(w, r, code)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return faultInvalidURI
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return faultNotImplemented // a POST policy form
	}
	if err := s.verify(r, query); err != nil {
		return err
	}
	if err := refuseUnsupported(r, query); err != nil {
		return err
	}
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if key == "" {
		return s.serveBucket(w, r, query, name)
	}
	if len(key) > 1024 {
		return faultKeyTooLong
	}
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	return s.serveObject(w, r, query, b, key)
}

// refuseUnsupported answers what Swift 2.30 has no implementation of.
func refuseUnsupported(r *http.Request, query url.Values) error {
	h := r.Header
	streamed := strings.Contains(h.Get("Content-Encoding"), "aws-chunked") ||
		strings.HasPrefix(h.Get("X-Amz-Content-Sha256"), "STREAMING-") ||
		h.Get("X-Amz-Decoded-Content-Length") != ""
	conditional := r.Method == http.MethodPut && (h.Get("If-Match") != "" || h.Get("If-None-Match") != "" ||
		h.Get("If-Modified-Since") != "" || h.Get("If-Unmodified-Since") != "")
	if streamed || conditional || h.Get("X-Amz-Tagging") != "" || h.Get("X-Amz-Server-Side-Encryption") != "" {
		return faultNotImplemented
	}
	for _, name := range []string{"tagging", "policy", "cors", "lifecycle", "notification", "website", "torrent",
		"restore", "requestPayment", "versioning", "versions", "versionId", "logging", "acl"} {
		if query.Has(name) {
			return faultNotImplemented
		}
	}
	return nil
}

// allowOrigin lets pages of every origin read the answer: who may is decided by the signature.
func allowOrigin(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") == "" {
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "ETag, Content-Length, Content-Range, Content-Disposition, Last-Modified")
}

func preflight(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") == "" || r.Header.Get("Access-Control-Request-Method") == "" {
		writeFault(w, r, faultAccessDenied)
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, PUT")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusOK)
}

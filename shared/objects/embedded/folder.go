package embedded

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A bucket is a folder:
//
//	data/<id>                     bytes, written once, under a name that says nothing
//	objects/<sha256 of key>.json  an object: its key, its headers, the data files that are its content, in order
//	uploads/<id>/upload.json      an unfinished upload
//	uploads/<id>/<number>.json    a part of it: its data file
//
// Bytes are synced before the record that names them is renamed into place, and that rename is the moment at which
// something exists. A completion writes one record, as Swift's large objects do; no bytes move. Data that no record
// names was never acknowledged, and Open removes it.
type bucket struct {
	dir     string
	objects map[string]*object // by key; values are replaced, never changed
	uploads map[string]*upload // by id
}

type object struct {
	Key      string
	Size     int64
	ETag     string
	Modified time.Time
	Headers  map[string]string
	Content  []part
	UploadID string `json:",omitempty"`
	Broken   bool   `json:",omitempty"` // a part was replaced after the completion
}

type upload struct {
	ID      string
	Key     string
	Headers map[string]string
	Started time.Time
	parts   map[int]part
}

type part struct {
	Number   int
	File     string
	Size     int64
	ETag     string // MD5, hex
	Modified time.Time
}

func (b *bucket) dataPath(file string) string { return filepath.Join(b.dir, "data", file) }

func (b *bucket) objectPath(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(b.dir, "objects", hex.EncodeToString(sum[:])+".json")
}

func (b *bucket) uploadDir(id string) string { return filepath.Join(b.dir, "uploads", id) }

func (b *bucket) partPath(id string, number int) string {
	return filepath.Join(b.uploadDir(id), strconv.Itoa(number)+".json")
}

// receive stores a request's body as a data file that no record names yet. Whatever goes wrong, no file is left.
func (b *bucket) receive(r *http.Request, now time.Time) (p part, err error) {
	if r.ContentLength < 0 {
		return part{}, faultMissingLength
	}
	if r.ContentLength > 5<<30 {
		return part{}, faultEntityTooLarge
	}
	p = part{File: rand.Text(), Modified: now}
	f, err := os.OpenFile(b.dataPath(p.File), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return part{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(b.dataPath(p.File)))
		}
	}()
	sum, signed := md5.New(), sha256.New()
	hashes := io.Writer(sum)
	payload := r.Header.Get("X-Amz-Content-Sha256")
	check := r.Header.Get("Authorization") != "" && payload != unsignedPayload
	if check {
		hashes = io.MultiWriter(sum, signed)
	}
	p.Size, err = io.Copy(io.MultiWriter(f, hashes), r.Body)
	switch digest := sum.Sum(nil); {
	case err != nil:
		return p, fmt.Errorf("%w: %w", faultIncompleteBody, err)
	case p.Size != r.ContentLength:
		return p, faultIncompleteBody
	case check && hex.EncodeToString(signed.Sum(nil)) != payload:
		return p, faultBadDigest
	case !matches(r.Header.Get("Content-Md5"), digest):
		return p, faultBadDigest
	default:
		p.ETag = hex.EncodeToString(digest)
	}
	if err = f.Sync(); err != nil {
		return p, err
	}
	if err = f.Close(); err != nil {
		return p, err
	}
	return p, syncDir(filepath.Dir(b.dataPath(p.File)))
}

func matches(contentMD5 string, digest []byte) bool {
	if contentMD5 == "" {
		return true
	}
	want, err := base64.StdEncoding.DecodeString(contentMD5)
	return err == nil && bytes.Equal(want, digest)
}

// forget removes data files that no record names any more. A failure is harmless: Open removes what is left.
func (b *bucket) forget(parts ...part) {
	for _, p := range parts {
		_ = os.Remove(b.dataPath(p.File))
	}
}

// writeRecord replaces the file at path with v as JSON: whole or not at all, also when the power fails.
func writeRecord(path string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

func removeRecord(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func readRecord(path string, v any) error {
	body, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

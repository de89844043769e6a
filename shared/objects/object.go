package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/minio/minio-go/v7"
)

// Put stores size bytes of r at key, replacing what was there. The object appears whole or not at all: when r ends
// early or fails, nothing is stored. r is read once, from where it stands; a file or a bytes.Reader can be sent again
// after a failure, another reader cannot.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64, meta Meta) error {
	if err := checkKey(key); err != nil {
		return failed(ctx, "put", key, err)
	}
	if size < 0 || size > maxSingle {
		return failed(ctx, "put", key, fmt.Errorf("size %d is not in 0..%d", size, maxSingle))
	}
	body := newSource(r, size)
	within, cancel := context.WithTimeout(ctx, transfer(size))
	defer cancel()
	_, err := s.core.PutObject(within, s.bucket, key, body.reader(), size, "", "", meta.options())
	if body.err != nil {
		return fmt.Errorf("objects: put %q: read: %w", key, body.err)
	}
	return failed(ctx, "put", key, err)
}

// Stat describes the object at key, or fails with ErrNotFound.
func (s *Store) Stat(ctx context.Context, key string) (Info, error) {
	if err := checkKey(key); err != nil {
		return Info{}, failed(ctx, "stat", key, err)
	}
	within, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	found, err := s.core.StatObject(within, s.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return Info{}, failed(ctx, "stat", key, err)
	}
	return Info{
		Size:         found.Size,
		ContentType:  found.ContentType,
		Disposition:  found.Metadata.Get("Content-Disposition"),
		CacheControl: found.Metadata.Get("Cache-Control"),
		ETag:         found.ETag,
		Modified:     found.LastModified,
	}, nil
}

// Open reads length bytes of the object from offset, to the end when length is negative. The caller closes the reader.
// It fails with ErrNotFound when there is no such object; an offset behind the end is an error of its own.
func (s *Store) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, failed(ctx, "open", key, err)
	}
	if offset < 0 {
		return nil, failed(ctx, "open", key, fmt.Errorf("offset %d is negative", offset))
	}
	if length == 0 {
		_, err := s.Stat(ctx, key)
		return io.NopCloser(eof{}), err
	}
	opts := minio.GetObjectOptions{}
	var err error
	switch {
	case length > 0:
		err = opts.SetRange(offset, offset+length-1)
	case offset > 0:
		err = opts.SetRange(offset, 0)
	}
	if err != nil {
		return nil, failed(ctx, "open", key, err)
	}
	within, cancel := context.WithCancel(ctx)
	begin := time.AfterFunc(quick, cancel)
	body, found, _, err := s.core.GetObject(within, s.bucket, key, opts)
	begin.Stop()
	if err != nil {
		cancel()
		return nil, failed(ctx, "open", key, err)
	}
	return &reading{
		ctx: ctx, key: key, body: body,
		stop: cancel, deadline: time.AfterFunc(transfer(found.Size), cancel),
	}, nil
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// reading is an open object whose deadline ends with Close.
type reading struct {
	ctx      context.Context
	key      string
	body     io.ReadCloser
	stop     context.CancelFunc
	deadline *time.Timer
}

func (r *reading) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = failed(r.ctx, "read", r.key, err)
	}
	return n, err
}

func (r *reading) Close() error {
	r.deadline.Stop()
	r.stop()
	return r.body.Close()
}

// Copy stores the object at from once more at to, inside storage, with other metadata. A multipart object becomes a
// plain one that no part URL can reach any more. It fails with ErrNotFound when from does not exist.
func (s *Store) Copy(ctx context.Context, from, to string, meta Meta) error {
	for _, key := range []string{from, to} {
		if err := checkKey(key); err != nil {
			return failed(ctx, "copy", key, err)
		}
	}
	within, cancel := context.WithTimeout(ctx, finishing)
	defer cancel()
	headers := map[string]string{"x-amz-metadata-directive": "REPLACE"}
	for name, value := range map[string]string{
		"Content-Type": meta.ContentType, "Content-Disposition": meta.Disposition, "Cache-Control": meta.CacheControl,
	} {
		if value != "" {
			headers[name] = value
		}
	}
	_, err := s.core.CopyObject(within, s.bucket, from, s.bucket, to, headers, minio.CopySrcOptions{}, minio.PutObjectOptions{})
	return failed(ctx, "copy", from, err)
}

// Delete removes objects. A key that does not exist is not an error. When several are given and some fail, the others
// are gone and the error names the first that is not.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			return failed(ctx, "delete", key, err)
		}
	}
	var first error
	for len(keys) > 0 {
		batch := keys[:min(len(keys), 1000)] // the most that S3 and Swift take in one request
		keys = keys[len(batch):]
		if err := s.deleteBatch(ctx, batch); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (s *Store) deleteBatch(ctx context.Context, keys []string) error {
	within, cancel := context.WithTimeout(ctx, finishing)
	defer cancel()
	if len(keys) == 1 {
		err := s.core.RemoveObject(within, s.bucket, keys[0], minio.RemoveObjectOptions{})
		if err = failed(ctx, "delete", keys[0], err); errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	}
	doomed := make(chan minio.ObjectInfo, len(keys))
	for _, key := range keys {
		doomed <- minio.ObjectInfo{Key: key}
	}
	close(doomed)
	var first error
	for outcome := range s.core.RemoveObjects(within, s.bucket, doomed, minio.RemoveObjectsOptions{}) {
		err := failed(ctx, "delete", outcome.ObjectName, outcome.Err)
		if err != nil && first == nil && !errors.Is(err, ErrNotFound) {
			first = err
		}
	}
	return first
}

package objects

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/minio/minio-go/v7"
)

// StartMultipart begins an upload in parts and returns its id. The object appears at key, with meta, when the upload is
// completed; until then it costs storage, so every upload ends in CompleteMultipart or AbortMultipart.
func (s *Store) StartMultipart(ctx context.Context, key string, meta Meta) (uploadID string, err error) {
	if err := checkKey(key); err != nil {
		return "", failed(ctx, "start upload", key, err)
	}
	within, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	uploadID, err = s.core.NewMultipartUpload(within, s.bucket, key, meta.options())
	return uploadID, failed(ctx, "start upload", key, err)
}

// Parts lists the parts stored so far, ordered by number. It fails with ErrNotFound when the upload does not exist or
// has been aborted. A completed upload still lists its parts as long as its object exists, as in Swift.
func (s *Store) Parts(ctx context.Context, key, uploadID string) ([]Part, error) {
	if err := checkKey(key); err != nil {
		return nil, failed(ctx, "list parts", key, err)
	}
	var parts []Part
	for marker := 0; ; {
		page, err := s.partsPage(ctx, key, uploadID, marker)
		if err != nil {
			return nil, failed(ctx, "list parts", key, err)
		}
		for _, p := range page.ObjectParts {
			parts = append(parts, Part{Number: p.PartNumber, Size: p.Size, ETag: strings.Trim(p.ETag, `"`)})
		}
		if !page.IsTruncated || page.NextPartNumberMarker <= marker {
			return parts, nil
		}
		marker = page.NextPartNumberMarker
	}
}

func (s *Store) partsPage(ctx context.Context, key, uploadID string, marker int) (minio.ListObjectPartsResult, error) {
	within, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	return s.core.ListObjectParts(within, s.bucket, key, uploadID, marker, 1000)
}

// CompleteMultipart makes the parts, in this order, the object at key. Every part but the last is at least 5 MiB. It may
// be repeated: when the upload is already completed with these parts, it succeeds. ErrNotFound means that the upload
// does not exist and the object at key is not this one. After ErrUnavailable, call it again before anything else.
func (s *Store) CompleteMultipart(ctx context.Context, key, uploadID string, parts []Part) error {
	if err := checkKey(key); err != nil {
		return failed(ctx, "complete upload", key, err)
	}
	if len(parts) == 0 {
		return failed(ctx, "complete upload", key, errors.New("no parts"))
	}
	size, etag, err := whole(parts)
	if err != nil {
		return failed(ctx, "complete upload", key, err)
	}
	named := make([]minio.CompletePart, len(parts))
	for i, p := range parts {
		named[i] = minio.CompletePart{PartNumber: p.Number, ETag: p.ETag}
	}
	within, cancel := context.WithTimeout(ctx, finishing)
	defer cancel()
	_, err = s.core.CompleteMultipartUpload(within, s.bucket, key, uploadID, named, minio.PutObjectOptions{})
	if err = failed(ctx, "complete upload", key, err); err == nil {
		return nil
	}
	// Completed before; or by another request that was under way with this one, of which Swift refuses some with
	// "Invalid Request" while it is busy.
	found, statErr := s.Stat(ctx, key)
	switch {
	case statErr == nil && found.Size == size && found.ETag == etag:
		return nil
	case statErr != nil && errors.Is(err, ErrNotFound):
		return errors.Join(err, statErr)
	}
	return err
}

// whole is the size and the ETag of the object that parts make: the MD5 of the parts' MD5s, and their number.
func whole(parts []Part) (size int64, etag string, err error) {
	sum := md5.New()
	for _, p := range parts {
		digest, err := hex.DecodeString(p.ETag)
		if err != nil || len(digest) != md5.Size {
			return 0, "", fmt.Errorf("part %d: %q is not the ETag of a part", p.Number, p.ETag)
		}
		size += p.Size
		sum.Write(digest)
	}
	return size, fmt.Sprintf("%x-%d", sum.Sum(nil), len(parts)), nil
}

// Replaced says whether a part of the object at key, which this upload became, was sent again afterwards with other bytes,
// as far as storage still lists the parts.
func (s *Store) Replaced(ctx context.Context, key, uploadID string) (bool, error) {
	found, err := s.Stat(ctx, key)
	if err != nil {
		return false, err
	}
	parts, err := s.Parts(ctx, key, uploadID)
	if err != nil {
		return false, err
	}
	size, etag, err := whole(parts)
	return err == nil && (size != found.Size || etag != found.ETag), err
}

// AbortMultipart ends an upload and removes its parts. An upload that does not exist is not an error, and a completed
// one keeps its object. Never abort while a completion may still be running: Swift then removes parts that the object
// needs.
func (s *Store) AbortMultipart(ctx context.Context, key, uploadID string) error {
	if err := checkKey(key); err != nil {
		return failed(ctx, "abort upload", key, err)
	}
	within, cancel := context.WithTimeout(ctx, finishing)
	defer cancel()
	err := failed(ctx, "abort upload", key, s.core.AbortMultipartUpload(within, s.bucket, key, uploadID))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// PutUnknown stores r, whose size is not known before its end, at key and returns its size in bytes. It holds one part
// in memory. Up to PartSize bytes are one Put; more are an upload in parts, which is aborted when r or storage fails, so
// that nothing is left behind. Only when the last step, the completion, stays unanswered, the upload is left as it is:
// ListMultiparts then finds it, unless it became the object.
func (s *Store) PutUnknown(ctx context.Context, key string, r io.Reader, meta Meta) (size int64, err error) {
	const small = 256 << 10
	buffer := make([]byte, small)
	n, ended, err := fill(r, buffer)
	if err == nil && !ended {
		grown := make([]byte, PartSize)
		copy(grown, buffer)
		buffer = grown
		n, ended, err = fill(r, buffer[small:])
		n += small
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("objects: put %q: read: %w", key, err)
	case ended:
		return int64(n), s.Put(ctx, key, bytes.NewReader(buffer[:n]), int64(n), meta)
	}
	uploadID, err := s.StartMultipart(ctx, key, meta)
	if err != nil {
		return 0, err
	}
	parts, err := s.putParts(ctx, key, uploadID, r, buffer)
	if err != nil {
		return 0, errors.Join(err, s.AbortMultipart(context.WithoutCancel(ctx), key, uploadID))
	}
	err = s.CompleteMultipart(ctx, key, uploadID, parts)
	if errors.Is(err, ErrUnavailable) || ctx.Err() != nil {
		err = s.CompleteMultipart(context.WithoutCancel(ctx), key, uploadID, parts)
	}
	if err != nil && !errors.Is(err, ErrUnavailable) {
		return 0, errors.Join(err, s.AbortMultipart(context.WithoutCancel(ctx), key, uploadID))
	}
	for _, p := range parts {
		size += p.Size
	}
	return size, err
}

// fill reads r until buffer is full or r ends, which it says by ended. io.ReadFull would not do: it tells a file that
// ends in the middle of buffer by io.ErrUnexpectedEOF, which a request's body says when its connection is cut.
func fill(r io.Reader, buffer []byte) (n int, ended bool, err error) {
	for n < len(buffer) {
		more, err := r.Read(buffer[n:])
		n += more
		if err == io.EOF {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

// putParts stores buffer, which is full, and then the rest of r through buffer.
func (s *Store) putParts(ctx context.Context, key, uploadID string, r io.Reader, buffer []byte) ([]Part, error) {
	var parts []Part
	for ended := false; !ended; {
		if len(parts) > 0 {
			var n int
			var err error
			if n, ended, err = fill(r, buffer); err != nil {
				return nil, fmt.Errorf("objects: put %q: read: %w", key, err)
			}
			if buffer = buffer[:n]; n == 0 {
				break
			}
		}
		if len(parts) == MaxParts {
			return nil, fmt.Errorf("objects: put %q: more than %d bytes", key, MaxParts*PartSize)
		}
		part, err := s.PutPart(ctx, key, uploadID, len(parts)+1, buffer)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// PutPart stores data as a part of an upload, from 1 on, in place of one that it had. Every part but the last has at
// least 5 MiB. It fails with ErrNotFound when the upload does not exist.
func (s *Store) PutPart(ctx context.Context, key, uploadID string, number int, data []byte) (Part, error) {
	if err := checkKey(key); err != nil {
		return Part{}, failed(ctx, "put part", key, err)
	}
	within, cancel := context.WithTimeout(ctx, transfer(int64(len(data))))
	defer cancel()
	stored, err := s.core.PutObjectPart(within, s.bucket, key, uploadID, number, bytes.NewReader(data),
		int64(len(data)), minio.PutObjectPartOptions{DisableContentSha256: true})
	if err != nil {
		return Part{}, failed(ctx, "put part", key, err)
	}
	return Part{Number: number, Size: int64(len(data)), ETag: strings.Trim(stored.ETag, `"`)}, nil
}

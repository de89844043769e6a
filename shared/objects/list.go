package objects

import (
	"context"
	"fmt"
	"iter"

	"github.com/minio/minio-go/v7"
)

// List yields the objects whose keys begin with prefix, in the order of their keys' bytes. A failure is yielded once, as
// the last pair. Storage may not yet list what was just written, or still list what was just deleted.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		within, cancel := context.WithCancel(ctx)
		defer cancel()
		opts := minio.ListObjectsOptions{Prefix: prefix, Recursive: true}
		for found := range s.core.ListObjectsIter(within, s.bucket, opts) {
			if found.Err != nil {
				yield(Object{}, failed(ctx, "list", prefix, found.Err))
				return
			}
			if !yield(Object{Key: found.Key, Size: found.Size, Modified: found.LastModified}, nil) {
				return
			}
		}
	}
}

// ListMultiparts yields the unfinished uploads whose keys begin with prefix. A failure is yielded once, as the last
// pair.
func (s *Store) ListMultiparts(ctx context.Context, prefix string) iter.Seq2[Multipart, error] {
	return func(yield func(Multipart, error) bool) {
		for keyMarker, idMarker := "", ""; ; {
			page, err := s.multipartsPage(ctx, prefix, keyMarker, idMarker)
			if err != nil {
				yield(Multipart{}, failed(ctx, "list uploads", prefix, err))
				return
			}
			for _, u := range page.Uploads {
				if !yield(Multipart{Key: u.Key, UploadID: u.UploadID, Started: u.Initiated}, nil) {
					return
				}
			}
			stuck := page.NextKeyMarker == keyMarker && page.NextUploadIDMarker == idMarker
			if !page.IsTruncated || stuck || len(page.Uploads) == 0 {
				return
			}
			keyMarker, idMarker = page.NextKeyMarker, page.NextUploadIDMarker
		}
	}
}

// noDelimiter groups nothing, because no key holds it. minio-go always sends a delimiter, and for an empty one Swift
// folds every upload into one common prefix: the listing is empty, whatever is there.
const noDelimiter = "\n"

func (s *Store) multipartsPage(ctx context.Context, prefix, keyMarker, idMarker string) (minio.ListMultipartUploadsResult, error) {
	within, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	return s.core.ListMultipartUploads(within, s.bucket, prefix, keyMarker, idMarker, noDelimiter, 1000)
}

// EnsureBucket creates the bucket if it does not exist. It may run in several processes at once.
func (s *Store) EnsureBucket(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	exists, err := s.core.BucketExists(within, s.bucket)
	if err != nil {
		return failed(ctx, "look for bucket", s.bucket, err)
	}
	if exists {
		return nil
	}
	err = s.core.MakeBucket(within, s.bucket, minio.MakeBucketOptions{Region: s.region})
	switch minio.ToErrorResponse(err).Code {
	case minio.BucketAlreadyOwnedByYou, minio.BucketAlreadyExists:
		if exists, again := s.core.BucketExists(within, s.bucket); again == nil && exists {
			return nil
		}
		return failed(ctx, "create bucket", s.bucket, fmt.Errorf("the name is taken: %w", err))
	}
	return failed(ctx, "create bucket", s.bucket, err)
}

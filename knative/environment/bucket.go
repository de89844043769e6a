package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/madang-council/madang/shared/objects"
)

// storage is an account of an object store.
type storage struct {
	endpoint, public, region, accessKey, secretKey string
}

func (s storage) client() (*minio.Client, error) {
	u, err := url.Parse(s.endpoint)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("S3_ENDPOINT: %q is no URL", s.endpoint)
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(s.accessKey, s.secretKey, ""), Secure: u.Scheme == "https",
		Region: s.region, BucketLookup: minio.BucketLookupPath, MaxRetries: 3,
	})
	if err != nil {
		return nil, fmt.Errorf("object storage: %w", err)
	}
	return client, nil
}

func (s storage) open(bucket string) (*objects.Store, error) {
	return objects.Open(objects.Config{Endpoint: s.endpoint, PublicEndpoint: s.public, Region: s.region, AccessKey: s.accessKey, SecretKey: s.secretKey, Bucket: bucket})
}

// buckets are the names of all buckets of the account.
func (s storage) buckets(ctx context.Context) ([]string, error) {
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	found, err := client.ListBuckets(ctx)
	if err != nil {
		return nil, fmt.Errorf("buckets: %w", err)
	}
	names := []string{}
	for _, b := range found {
		names = append(names, b.Name)
	}
	return names, nil
}

// exists asks for the bucket itself: a list may be late.
func (s storage) exists(ctx context.Context, bucket string) (bool, error) {
	client, err := s.client()
	if err != nil {
		return false, err
	}
	there, err := client.BucketExists(ctx, bucket)
	if err != nil {
		return false, fmt.Errorf("bucket %s: %w", bucket, err)
	}
	return there, nil
}

// marker is the object by which a bucket says which environment it was made for. What has none
// may be production's, whatever its name.
const marker = ".madang-environment"

// make makes the buckets of an environment, each with its mark.
func (s storage) make(ctx context.Context, environment string) error {
	for _, bucket := range all(environment) {
		store, err := s.open(bucket)
		if err != nil {
			return err
		}
		if err := store.EnsureBucket(ctx); err != nil {
			return err
		}
		if err := store.Put(ctx, marker, strings.NewReader(environment), int64(len(environment)), objects.Meta{}); err != nil {
			return fmt.Errorf("bucket %s: %w", bucket, err)
		}
	}
	return nil
}

// errForeign is why a bucket is not touched.
var errForeign = errors.New("was not made by environment create: nothing is touched")

// own says which buckets of an environment are there. One that holds something and does not
// say that it was made for it is an error.
func (s storage) own(ctx context.Context, environment string) (there []string, err error) {
	for _, bucket := range all(environment) {
		is, err := s.exists(ctx, bucket)
		if err != nil {
			return nil, err
		}
		if !is {
			continue
		}
		store, err := s.open(bucket)
		if err != nil {
			return nil, err
		}
		marked, err := marked(ctx, store, environment)
		if err != nil {
			return nil, fmt.Errorf("bucket %s: %w", bucket, err)
		}
		if !marked {
			return nil, fmt.Errorf("bucket %s %w", bucket, errForeign)
		}
		there = append(there, bucket)
	}
	return there, nil
}

// marked says whether a bucket has an environment's mark, or nothing at all: create may have
// been killed between the two.
func marked(ctx context.Context, store *objects.Store, environment string) (bool, error) {
	file, err := store.Open(ctx, marker, 0, int64(len(environment))+1)
	if err == nil {
		defer func() { _ = file.Close() }()
		content, err := io.ReadAll(file)
		return string(content) == environment, err
	}
	if !errors.Is(err, objects.ErrNotFound) {
		return false, err
	}
	for _, err := range store.List(ctx, "") {
		return false, err
	}
	for _, err := range store.ListMultiparts(ctx, "") {
		return false, err
	}
	return true, nil
}

// remove empties a bucket and removes it: unfinished uploads with their parts first, then
// objects. Lists may be late, so it goes on until the store agrees that nothing is left.
// Swift keeps parts in <bucket>+segments, which its S3 layer removes with the bucket.
func (s storage) remove(ctx context.Context, bucket string) (objectsGone, uploadsGone int, err error) {
	client, err := s.client()
	if err != nil {
		return 0, 0, err
	}
	if there, err := s.exists(ctx, bucket); err != nil || !there {
		return 0, 0, err
	}
	store, err := s.open(bucket)
	if err != nil {
		return 0, 0, err
	}
	for {
		u, err := abortAll(ctx, store)
		if err != nil {
			return objectsGone, uploadsGone, err
		}
		o, err := deleteAll(ctx, store)
		if err != nil {
			return objectsGone, uploadsGone, err
		}
		objectsGone, uploadsGone = objectsGone+o, uploadsGone+u
		err = client.RemoveBucket(ctx, bucket)
		switch code := minio.ToErrorResponse(err).Code; {
		case err == nil || code == minio.NoSuchBucket:
			return objectsGone, uploadsGone, nil
		case code != "BucketNotEmpty":
			return objectsGone, uploadsGone, fmt.Errorf("bucket %s: %w", bucket, err)
		}
		if err := sleep(ctx, 500*time.Millisecond); err != nil {
			return objectsGone, uploadsGone, fmt.Errorf("bucket %s is not empty: %w", bucket, err)
		}
	}
}

func abortAll(ctx context.Context, store *objects.Store) (n int, err error) {
	for u, err := range store.ListMultiparts(ctx, "") {
		if err != nil {
			return n, err
		}
		if err := store.AbortMultipart(ctx, u.Key, u.UploadID); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func deleteAll(ctx context.Context, store *objects.Store) (n int, err error) {
	keys := []string{}
	for o, err := range store.List(ctx, "") {
		if err != nil {
			return n, err
		}
		keys = append(keys, o.Key)
	}
	if err := store.Delete(ctx, keys...); err != nil {
		return n, errors.Join(fmt.Errorf("%d objects", len(keys)), err)
	}
	return len(keys), nil
}

// What the chart adds to the bucket's name for that of the database's copies, and for that of
// logs.
const (
	backups = "-backups"
	logs    = "-logs"
)

// all are the buckets of an environment.
func all(environment string) []string { return append(beside(environment), environment) }

// beside are the buckets of an environment beside its own.
func beside(environment string) []string { return []string{environment + backups, environment + logs} }

// mine says whether a bucket belongs to an environment: its own, those beside it, and those of
// Swift for their parts.
func mine(bucket, environment string) bool {
	of := strings.TrimSuffix(bucket, "+segments")
	return slices.Contains(all(environment), of)
}

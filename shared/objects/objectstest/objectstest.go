// Package objectstest is the contract of object storage: what the product relies on, checked the same way against the
// embedded store and against a real Swift.
package objectstest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/objects"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Run checks the store that open returns. The bucket need not exist. Every case works under a prefix of its own and
// leaves nothing there.
func Run(t *testing.T, open func(t *testing.T) *objects.Store) {
	store := open(t)
	for range 2 {
		if err := store.EnsureBucket(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for name, check := range map[string]func(*suite){
		"round trip":                 roundTrip,
		"ranges":                     ranges,
		"broken readers":             brokenReaders,
		"delete":                     deleting,
		"copy":                       copying,
		"Korean listing":             koreanListing,
		"disposition":                dispositions,
		"refused keys":               refusedKeys,
		"gone caller":                goneCaller,
		"unknown size":               unknownSize,
		"unknown size, failing":      unknownSizeFailing,
		"signed get":                 signedGet,
		"signed part":                signedPart,
		"signed part, declared size": signedPartSize,
		"signed part, forged":        signedPartForged,
		"cut connection":             cutConnection,
		"resume":                     resume,
		"repeated and reordered":     repeatedAndReordered,
		"parallel parts":             parallelParts,
		"complete twice":             completeTwice,
		"complete refused":           completeRefused,
		"abort":                      aborting,
		"unfinished listed":          unfinishedListed,
		"late part":                  latePart,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &suite{T: t, store: store, prefix: "계약/" + strings.ToLower(rand.Text()) + "/"}
			t.Cleanup(s.clean)
			check(s)
		})
	}
}

// Swift opens a store in a new bucket of the storage that S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY and S3_SECRET_KEY name,
// and removes the bucket after the test. Without them the test is skipped, or fails when CI is "true".
func Swift(t *testing.T) *objects.Store {
	c := objects.Config{
		Endpoint:  os.Getenv("S3_ENDPOINT"),
		Region:    os.Getenv("S3_REGION"),
		AccessKey: os.Getenv("S3_ACCESS_KEY"),
		SecretKey: os.Getenv("S3_SECRET_KEY"),
		Bucket:    "objects-test-" + strings.ToLower(rand.Text()[:12]),
	}
	if c.Endpoint == "" || c.Region == "" || c.AccessKey == "" || c.SecretKey == "" {
		const why = "no real object storage: S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY and S3_SECRET_KEY are not all set"
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	store, err := objects.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		scheme, host, _ := strings.Cut(c.Endpoint, "://")
		client, err := minio.New(host, &minio.Options{
			Creds:  credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
			Secure: scheme == "https", Region: c.Region, BucketLookup: minio.BucketLookupPath,
		})
		if err == nil {
			err = client.RemoveBucket(context.WithoutCancel(t.Context()), c.Bucket)
		}
		if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchBucket {
			t.Errorf("bucket %s is left behind: %v", c.Bucket, err)
		}
	})
	return store
}

type suite struct {
	*testing.T
	store  *objects.Store
	prefix string
}

// clean removes what a case stored; a listing of Swift may lag, so it looks more than once.
func (s *suite) clean() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.Context()), time.Minute)
	defer cancel()
	for range 3 {
		for u, err := range s.store.ListMultiparts(ctx, s.prefix) {
			if err == nil {
				err = s.store.AbortMultipart(ctx, u.Key, u.UploadID)
			}
			if err != nil {
				s.Error(err)
			}
		}
		var keys []string
		for o, err := range s.store.List(ctx, s.prefix) {
			if err != nil {
				s.Error(err)
				return
			}
			keys = append(keys, o.Key)
		}
		if len(keys) == 0 {
			return
		}
		if err := s.store.Delete(ctx, keys...); err != nil {
			s.Error(err)
		}
	}
}

func (s *suite) key(name string) string { return s.prefix + name }

func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *suite) is(err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Errorf("error %v, want %v", err, want)
	}
}

func (s *suite) put(key, content string) {
	s.Helper()
	s.must(s.store.Put(s.Context(), key, strings.NewReader(content), int64(len(content)), objects.Meta{ContentType: "text/plain"}))
}

// reads checks the whole content of an object.
func (s *suite) reads(key string, want []byte) {
	s.Helper()
	r, err := s.store.Open(s.Context(), key, 0, -1)
	s.must(err)
	defer r.Close()
	got, err := io.ReadAll(r)
	s.must(err)
	if !bytes.Equal(got, want) {
		s.Errorf("%s: read %d bytes that differ from the %d stored", key, len(got), len(want))
	}
}

// absent checks that nothing can be read at key.
func (s *suite) absent(key string) {
	s.Helper()
	_, err := s.store.Stat(s.Context(), key)
	s.is(err, objects.ErrNotFound)
	r, err := s.store.Open(s.Context(), key, 0, -1)
	s.is(err, objects.ErrNotFound)
	if err == nil {
		r.Close()
	}
}

// unfinished lists the uploads of this case.
func (s *suite) unfinished() []objects.Multipart {
	s.Helper()
	var found []objects.Multipart
	for u, err := range s.store.ListMultiparts(s.Context(), s.prefix) {
		s.must(err)
		found = append(found, u)
	}
	return found
}

// noise is n bytes that differ at every place, so that parts in a wrong order are noticed.
func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	x := uint32(seed) + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

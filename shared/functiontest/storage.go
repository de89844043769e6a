package functiontest

import (
	"context"
	"crypto/rand"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
)

// WithStorage runs the function on a storage that the test has made.
func WithStorage(c function.StorageConfig) Option { return func(a *App) { a.Deps.Storage = c } }

// OnSwift runs the function on the storage that S3_ENDPOINT names, in a bucket of its
// own. Without it the test is skipped with the reason, or fails where CI=true.
func OnSwift(a *App) { a.Deps.Storage = Swift(a.t) }

// startStorage gives a function that needs storage an embedded one with a bucket of its
// own, unless the test brought another.
func (a *App) startStorage(t testing.TB) {
	t.Helper()
	if a.Deps.Storage.Endpoint == "" {
		a.Deps.Storage = Embedded(t)
	}
}

// Objects is the storage of the function, to look into it and to put something there.
func (a *App) Objects() *objects.Store {
	a.t.Helper()
	return OpenObjects(a.t, a.Deps.Storage)
}

// OpenObjects opens a storage.
func OpenObjects(t testing.TB, c function.StorageConfig) *objects.Store {
	t.Helper()
	s, err := objects.Open(objects.Config(c))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Embedded is a fresh embedded storage with an empty bucket. Its clock is the machine's,
// since requests are signed by it.
func Embedded(t testing.TB) function.StorageConfig {
	t.Helper()
	c := function.StorageConfig{Region: "KR1", AccessKey: "test", SecretKey: "test-secret", Bucket: "test"}
	server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: c.AccessKey, SecretKey: c.SecretKey, Region: c.Region, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		_ = server.Close()
	})
	c.Endpoint = web.URL
	if err := OpenObjects(t, c).EnsureBucket(context.Background()); err != nil {
		t.Fatal(err)
	}
	return c
}

// Swift is a fresh bucket of the storage that S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY and
// S3_SECRET_KEY name. What the test leaves in it is removed.
func Swift(t testing.TB) function.StorageConfig {
	t.Helper()
	c := function.StorageConfig{
		Endpoint: os.Getenv("S3_ENDPOINT"), Region: os.Getenv("S3_REGION"), AccessKey: os.Getenv("S3_ACCESS_KEY"), SecretKey: os.Getenv("S3_SECRET_KEY"),
		Bucket: "test-" + strings.ToLower(rand.Text()),
	}
	if c.Endpoint == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("S3_ENDPOINT is not set: CI must test Swift")
		}
		t.Skip("S3_ENDPOINT is not set: not tested on Swift")
	}
	s := OpenObjects(t, c)
	if err := s.EnsureBucket(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { empty(t, s) })
	return c
}

// empty removes what is in a bucket. A listing may lag, so it looks more than once.
func empty(t testing.TB, s *objects.Store) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range 3 {
		for m, err := range s.ListMultiparts(ctx, "") {
			if err == nil {
				err = s.AbortMultipart(ctx, m.Key, m.UploadID)
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
		for o, err := range s.List(ctx, "") {
			if err == nil {
				err = s.Delete(ctx, o.Key)
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	}
}

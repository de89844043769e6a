package embedded_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"golang.org/x/sync/errgroup"
)

func config() embedded.Config {
	return embedded.Config{AccessKey: "key", SecretKey: "secret", Region: "KR1", Now: time.Now}
}

// serve starts a server for dir and returns its address.
func serve(t *testing.T, dir string, c embedded.Config) string {
	t.Helper()
	server, err := embedded.Open(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server)
	t.Cleanup(func() {
		listening.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return listening.URL
}

func connect(t *testing.T, address string, change func(*objects.Config)) *objects.Store {
	t.Helper()
	c := objects.Config{Endpoint: address, Region: "KR1", AccessKey: "key", SecretKey: "secret", Bucket: "bucket"}
	if change != nil {
		change(&c)
	}
	store, err := objects.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestOpenNeedsItsConfig(t *testing.T) {
	for name, change := range map[string]func(*embedded.Config){
		"access key": func(c *embedded.Config) { c.AccessKey = "" },
		"secret key": func(c *embedded.Config) { c.SecretKey = "" },
		"region":     func(c *embedded.Config) { c.Region = "" },
		"clock":      func(c *embedded.Config) { c.Now = nil },
	} {
		c := config()
		change(&c)
		if _, err := embedded.Open(t.TempDir(), c); err == nil {
			t.Errorf("opened without %s", name)
		}
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	first, err := embedded.Open(dir, config())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Open(dir, config()); err == nil {
		t.Error("the folder was opened twice")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := embedded.Open(dir, config())
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestUnreadableRecordIsNotForgotten(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "bucket", "objects"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bucket", "objects", "x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Open(dir, config()); err == nil || !strings.Contains(err.Error(), "x.json") {
		t.Errorf("error %v, want one that names x.json", err)
	}
}

func TestWrongCredentials(t *testing.T) {
	address := serve(t, t.TempDir(), config())
	if err := connect(t, address, nil).EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*objects.Config){
		"access key": func(c *objects.Config) { c.AccessKey = "other" },
		"secret key": func(c *objects.Config) { c.SecretKey = "other" },
		"region":     func(c *objects.Config) { c.Region = "KR2" },
	} {
		store := connect(t, address, change)
		if err := store.Put(t.Context(), "x", strings.NewReader("x"), 1, objects.Meta{}); err == nil {
			t.Errorf("another %s: stored", name)
		}
		part, _, err := store.SignPart(t.Context(), "x", "id", 1, 1, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if status := do(t, http.MethodPut, part, "x", nil); status != http.StatusForbidden {
			t.Errorf("another %s, presigned: status %d", name, status)
		}
	}
}

func TestClockDecides(t *testing.T) {
	now := time.Now()
	c := config()
	c.Now = func() time.Time { return now }
	address := serve(t, t.TempDir(), c)
	store := connect(t, address, nil)
	if err := store.EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "x", strings.NewReader("x"), 1, objects.Meta{}); err != nil {
		t.Fatal(err)
	}
	read, err := store.SignGet(t.Context(), "x", time.Hour, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		later          time.Duration
		presigned, own bool
	}{
		{0, true, true}, {14 * time.Minute, true, true}, {16 * time.Minute, true, false},
		{59 * time.Minute, true, false}, {61 * time.Minute, false, false},
		{-14 * time.Minute, true, true}, {-16 * time.Minute, false, false},
	} {
		now = time.Now().Add(c.later)
		if got := do(t, http.MethodGet, read, "", nil) == http.StatusOK; got != c.presigned {
			t.Errorf("%s later: presigned accepted %t", c.later, got)
		}
		if _, err := store.Stat(t.Context(), "x"); (err == nil) != c.own {
			t.Errorf("%s later: own request: %v", c.later, err)
		}
	}
}

// Swift 2.30 answers these with 501, or refuses them; each was tried against it.
func TestRefusedAsSwiftRefuses(t *testing.T) {
	address := serve(t, t.TempDir(), config())
	host := strings.TrimPrefix(address, "http://")
	if err := connect(t, address, nil).EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	client, err := minio.New(host, &minio.Options{
		Creds: credentials.NewStaticV4("key", "secret", ""), Region: "KR1", BucketLookup: minio.BucketLookupPath, MaxRetries: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	put := func(opts minio.PutObjectOptions) error {
		_, err := client.PutObject(t.Context(), "bucket", "x", strings.NewReader("content"), 7, opts)
		return err
	}
	onlyNew := minio.PutObjectOptions{DisableContentSha256: true}
	onlyNew.SetMatchETagExcept("*")
	for name, err := range map[string]error{
		"streamed signature": put(minio.PutObjectOptions{}),
		"tags":               put(minio.PutObjectOptions{DisableContentSha256: true, UserTags: map[string]string{"a": "b"}}),
		"conditional write":  put(onlyNew),
		"bucket policy":      client.SetBucketPolicy(t.Context(), "bucket", `{"Version":"2012-10-17"}`),
	} {
		if answer := minio.ToErrorResponse(err); answer.StatusCode != http.StatusNotImplemented {
			t.Errorf("%s: %v (%d)", name, err, answer.StatusCode)
		}
	}
	form := http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}
	if status := do(t, http.MethodPost, address+"/bucket", "--x--", form); status != http.StatusNotImplemented {
		t.Errorf("POST policy: status %d", status)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete} {
		for _, path := range []string{"/", "/bucket", "/bucket/x", "/bucket/../x", "/other/x"} {
			if status := do(t, method, address+path, "", nil); status != http.StatusForbidden {
				t.Errorf("unsigned %s %s: status %d", method, path, status)
			}
		}
	}
	for _, name := range []string{"ab", "Upper", "a..b", "../x", "-ab", "bucket_1", strings.Repeat("a", 64)} {
		if err := connect(t, address, nil).EnsureBucket(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := client.MakeBucket(t.Context(), name, minio.MakeBucketOptions{Region: "KR1"}); err == nil {
			t.Errorf("bucket %q was made", name)
		}
	}
}

func TestPresignedPutIsNoCopy(t *testing.T) {
	address := serve(t, t.TempDir(), config())
	store := connect(t, address, nil)
	if err := store.EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "private", strings.NewReader("secret"), 6, objects.Meta{}); err != nil {
		t.Fatal(err)
	}
	id, err := store.StartMultipart(t.Context(), "mine", objects.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	part, _, err := store.SignPart(t.Context(), "mine", id, 1, 6, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"X-Amz-Copy-Source": {"/bucket/private"}}
	if status := do(t, http.MethodPut, part, "abcdef", header); status != http.StatusForbidden {
		t.Errorf("status %d", status)
	}
}

func TestCrossOrigin(t *testing.T) {
	address := serve(t, t.TempDir(), config())
	ask := http.Header{
		"Origin": {"https://council.example"}, "Access-Control-Request-Method": {"PUT"},
		"Access-Control-Request-Headers": {"content-type"},
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, address+"/bucket/x?partNumber=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = ask
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	h := answer.Header
	if answer.StatusCode != http.StatusOK || h.Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(h.Get("Access-Control-Allow-Methods"), "PUT") || h.Get("Access-Control-Allow-Headers") != "content-type" ||
		!strings.Contains(h.Get("Access-Control-Expose-Headers"), "ETag") {
		t.Errorf("status %d, %v", answer.StatusCode, h)
	}
	if status := do(t, http.MethodOptions, address+"/bucket/x", "", nil); status != http.StatusForbidden {
		t.Errorf("a preflight without origin: status %d", status)
	}
}

func TestListingsInPages(t *testing.T) {
	store := connect(t, serve(t, t.TempDir(), config()), nil)
	if err := store.EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	const count = 1005 // one page holds 1000
	var want []string
	var putting errgroup.Group
	putting.SetLimit(32) // each waits for the disk
	for i := range count {
		key := fmt.Sprintf("쪽/%04d", i)
		want = append(want, key)
		putting.Go(func() error {
			if err := store.Put(t.Context(), key, strings.NewReader("x"), 1, objects.Meta{}); err != nil {
				return err
			}
			_, err := store.StartMultipart(t.Context(), key, objects.Meta{})
			return err
		})
	}
	if err := putting.Wait(); err != nil {
		t.Fatal(err)
	}
	var listed, unfinished []string
	for o, err := range store.List(t.Context(), "쪽/") {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, o.Key)
	}
	for u, err := range store.ListMultiparts(t.Context(), "쪽/") {
		if err != nil {
			t.Fatal(err)
		}
		unfinished = append(unfinished, u.Key)
	}
	if !slices.Equal(listed, want) || !slices.Equal(unfinished, want) {
		t.Errorf("%d objects and %d uploads listed of %d", len(listed), len(unfinished), count)
	}
	if err := store.Delete(t.Context(), want...); err != nil {
		t.Fatal(err)
	}
	for o := range store.List(t.Context(), "") {
		t.Errorf("%s is left", o.Key)
		break
	}
}

func do(t *testing.T, method, address, body string, header http.Header) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

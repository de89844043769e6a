package edge_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/knative/edge/nginxtest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
)

// A storage that is open to nobody, strict about signatures, and counts what it is asked.
func closedStorage(t *testing.T) (*objects.Store, string, *int) {
	t.Helper()
	server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: "access", SecretKey: "a secret/with+signs", Region: "KR1", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { listener.Close(); _ = server.Close() })
	store, err := objects.Open(objects.Config{Endpoint: listener.URL, Region: "KR1", AccessKey: "access", SecretKey: "a secret/with+signs", Bucket: "madang"})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store, listener.URL, &asked
}

func TestPublicFiles(t *testing.T) {
	nginxtest.Need(t)
	store, endpoint, asked := closedStorage(t)
	folder := "x/post/2026/03/01a203c0-3f11-7960-a837-c645ff8746a5"
	for _, key := range []string{folder + "/320.jpg", folder + "/original.jpg", folder + "/original.pdf"} {
		if err := store.Put(t.Context(), key, strings.NewReader("the bytes"), 9, objects.Meta{ContentType: "image/jpeg", Disposition: "inline"}); err != nil {
			t.Fatal(err)
		}
	}
	before := *asked
	address, _ := instance{
		locations:   `location ~ "` + upload.PublicPattern + `" { include files.conf; }`,
		http:        "proxy_cache_path " + t.TempDir() + " keys_zone=files:1m;\nproxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;\n",
		environment: []string{"S3_ENDPOINT=" + endpoint, "S3_REGION=KR1", "S3_BUCKET=madang", "S3_ACCESS_KEY=access", "S3_SECRET_KEY=a secret/with+signs"},
	}.start(t, world(t))
	const notFound, noMethod = `"code":"not-found"`, `"code":"method-not-allowed"`
	for _, row := range []struct {
		name, method, path string
		header             map[string]string
		status             int
		body               string
	}{
		{"a public file", "GET", folder + "/320.jpg", nil, 200, "the bytes"},
		{"again, from the copy", "GET", folder + "/320.jpg", nil, 200, "the bytes"},
		{"its head", "HEAD", folder + "/320.jpg", nil, 200, ""},
		{"a part", "GET", folder + "/320.jpg", map[string]string{"Range": "bytes=4-8"}, 206, "bytes"},
		{"a document", "GET", folder + "/original.pdf", nil, 200, "the bytes"},
		{"one that is not there", "GET", folder + "/960.jpg", nil, 404, notFound},
		{"the original of an image", "GET", folder + "/original.jpg", nil, 404, ""},
		{"what arrives", "GET", folder + "/incoming", nil, 404, ""},
		{"a proof", "GET", strings.Replace(folder, "post", "proof", 1) + "/320.jpg", nil, 404, ""},
		{"a way out of the folder", "GET", folder + "/../" + "320.jpg", nil, 404, ""},
		{"a folder", "GET", folder + "/", nil, 404, ""},
		{"a write", "PUT", folder + "/320.jpg", nil, 405, noMethod},
		{"a removal", "DELETE", folder + "/320.jpg", nil, 405, noMethod},
		{"a subresource of the storage's", "GET", folder + "/320.jpg?acl", nil, 200, "the bytes"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), row.method, address+"/files/"+row.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range row.header {
			r.Header.Set(k, v)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != row.status || !strings.Contains(string(body), row.body) {
			t.Errorf("%s: %d %q %v", row.name, response.StatusCode, body, err)
		}
		if row.status == 200 {
			h := response.Header
			if h.Get("Content-Type") != "image/jpeg" || h.Get("Content-Disposition") != "inline" || h.Get("ETag") == "" || h.Get("X-Amz-Request-Id") != "" {
				t.Errorf("%s: %v", row.name, h)
			}
			for name, want := range edge.Fixed().Headers.File {
				if got := h.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s: %s %q, want %q", row.name, name, got, want)
				}
			}
		}
	}
	if n := *asked - before; n != 3 { // a picture, a document, what is not there
		t.Errorf("the storage was asked %d times", n)
	}
}

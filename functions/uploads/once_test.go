package uploads_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
)

// A completion reads what arrived once, and little more to judge it; nothing is copied inside the storage.
func TestReadOnce(t *testing.T) {
	eachStorage(t, func(t *testing.T, storage function.StorageConfig) {
		backend, err := url.Parse(storage.Endpoint)
		if err != nil {
			t.Fatal(err)
		}
		var read, copies atomic.Int64
		proxy := &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = backend.Scheme, backend.Host, r.In.Host
				if r.In.Header.Get("X-Amz-Copy-Source") != "" {
					copies.Add(1)
				}
			},
			ModifyResponse: func(r *http.Response) error {
				if r.Request.Method == http.MethodGet {
					r.Body = &counted{r.Body, &read}
				}
				return nil
			},
		}
		server := httptest.NewServer(proxy)
		t.Cleanup(server.Close)
		storage.Endpoint, storage.PublicEndpoint = server.URL, server.URL
		app := functiontest.New(t, uploads.Function, functiontest.WithStorage(storage))
		w := world{app, t, app.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Editor}}}).Token}
		content := archive(t, 3*int(objects.PartSize))
		a := functiontest.JSON[answer](w.call("POST", "/v1/uploads", w.me, draft("archive", "자료.zip", "", content)).Want(201))
		send(t, a.Parts, content)
		before := read.Load()
		w.call("POST", "/v1/uploads/"+a.ID+"/complete", w.me, `{}`).Want(200)
		if n := read.Load() - before; n < int64(len(content)) || n > int64(len(content))+1<<20 || copies.Load() != 0 {
			t.Errorf("a file of %d bytes: %d read, %d copies", len(content), n, copies.Load())
		}
	})
}

type counted struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// What follows a picture's end is not kept, and who sent it is told what is.
func TestPictureIsCut(t *testing.T) {
	var whole bytes.Buffer
	if err := png.Encode(&whole, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	eachStorage(t, func(t *testing.T, storage function.StorageConfig) {
		w := newWorld(t, functiontest.WithStorage(storage))
		for name, more := range map[string]string{"nothing": "", "the end of a line": "\r\n", "zeros": strings.Repeat("\x00", 300_000), "a program's notes": "made by a program"} {
			content := append(bytes.Clone(whole.Bytes()), more...)
			body := draft("proof", "증빙.png", "image/png", content)
			start := functiontest.Request{Method: "POST", Path: "/v1/uploads", As: w.me, Body: body, Header: map[string]string{"Idempotency-Key": name}}
			a := functiontest.JSON[answer](w.Do(start).Want(201))
			send(t, a.Parts, content)
			done := functiontest.JSON[answer](w.call("POST", "/v1/uploads/"+a.ID+"/complete", w.me, `{}`).Want(200))
			if done.Size != int64(whole.Len()) || done.SHA256 != sum(whole.Bytes()) || done.Width != 40 {
				t.Errorf("%s: %+v", name, done)
			}
			if kept := w.kept(a.ID); !bytes.Equal(kept, whole.Bytes()) {
				t.Errorf("%s: %d bytes are kept, not %d", name, len(kept), whole.Len())
			}
			if again := functiontest.JSON[answer](w.Do(start).Want(201)); again.ID != a.ID {
				t.Errorf("%s: begun again as another upload", name)
			}
			body["sha256"] = sum(nil)
			a = functiontest.JSON[answer](w.call("POST", "/v1/uploads", w.me, body).Want(201))
			send(t, a.Parts, content)
			w.call("POST", "/v1/uploads/"+a.ID+"/complete", w.me, `{}`).Problem(422, "checksum-mismatch")
		}
	})
}

// kept is the file of an upload as storage has it.
func (w world) kept(id string) []byte {
	w.t.Helper()
	u, err := upload.Store{DB: w.DB}.Read(w.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := w.Objects().Open(w.Context(), u.Key(), 0, -1)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return content
}

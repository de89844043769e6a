package browser

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The most that the main page takes before its pictures, as it is transferred: page, styles, scripts, fonts; and in how many
// requests. 100 KB are a third of a second of a mobile connection of 2.4 Mbit/s.
const (
	mostBytes    = 100_000
	mostRequests = 12
)

// The main page weighs little without its pictures, for guests and members, in both languages.
func TestWeight(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	chromium := newBrowser(t, phone)
	for _, who := range []struct{ path, cookies string }{{"/", ""}, {"/en", ""}, {"/", h.signIn()}} {
		p := newVisitor(chromium, t, h, phone, who.cookies)
		p.open(who.path)
		p.at(who.path)
		loaded := append([]string{h.address + who.path}, eval[[]string](p, `performance.getEntriesByType('resource').map(e => e.name)`)...)
		slices.Sort(loaded)
		total, requests := 0, 0
		for _, address := range slices.Compact(loaded) {
			path, local := strings.CutPrefix(address, h.address)
			if !local {
				t.Errorf("%s asks somebody else for %s", who.path, address)
				continue
			}
			bytes, weighed := transferred(t, h, path, who.cookies)
			if !weighed {
				continue
			}
			total, requests = total+bytes, requests+1
			t.Logf("%s: %6d %s", who.path, bytes, path)
		}
		t.Logf("%s: %d bytes in %d requests, without pictures", who.path, total, requests)
		if total > mostBytes || requests > mostRequests {
			t.Errorf("%s takes %d bytes in %d requests without its pictures, more than %d in %d", who.path, total, requests, mostBytes, mostRequests)
		}
	}
}

// transferred is how many bytes an answer has on its way, without headers, and whether it is no picture. What Nginx compresses
// (knative/chart/files/edge/nginx.conf) counts as it does, also where the local host's edge does not.
func transferred(t *testing.T, h *localHost, path, cookies string) (size int, weighed bool) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.address+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	if cookies != "" {
		r.Header.Set("Cookie", cookies)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", path, response.Status, err)
	}
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	if strings.HasPrefix(kind, "image/") {
		return 0, false
	}
	const smallest, level = 1024, 4 // gzip_min_length, gzip_comp_level
	compressed := strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "javascript")
	if response.Header.Get("Content-Encoding") != "" || !compressed || len(body) < smallest {
		return len(body), true
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len(), true
}

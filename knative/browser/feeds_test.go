package browser

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// feedOf is a feed as a program reads it.
type feedOf struct {
	Wrong, Version, Title string
	Items                 []feedItem
}

type feedItem struct {
	ID, Title, URL string
	Text           string `json:"content_text"`
	Date           string `json:"date_published"`
	Published      []int
	Authors        []struct{ Name string }
	Tags           []string
}

// A reader that knows nothing of us, Debian's Universal Feed Parser, finds nothing wrong with the feeds, and reads RSS and Atom to the
// same entries that the JSON Feed has.
func TestFeedsRead(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3" // Debian's, whose packages it sees
	needed(t, python, "Debian: python3-feedparser")
	needed(t, "/usr/lib/python3/dist-packages/feedparser/__init__.py", "Debian: python3-feedparser")
	h := startHost(t)
	read := func(path string) (kind string, body []byte) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		if body, err = io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v", path, response.Status, err)
		}
		return response.Header.Get("Content-Type"), body
	}
	for _, name := range []string{"/feeds/all", "/feeds/notice", "/feeds/minute", "/en/feeds/all"} {
		want := feedOf{}
		if _, body := read(name + ".json"); json.Unmarshal(body, &want) != nil || len(want.Items) == 0 {
			t.Fatalf("%s.json has nothing", name)
		}
		for i, item := range want.Items {
			at, err := time.Parse(time.RFC3339, item.Date)
			if err != nil {
				t.Fatal(err)
			}
			at = at.UTC()
			want.Items[i].Date, want.Items[i].Published = "", []int{at.Year(), int(at.Month()), at.Day(), at.Hour(), at.Minute(), at.Second()}
			if item.Tags == nil {
				want.Items[i].Tags = []string{}
			}
		}
		for end, version := range map[string]string{"rss": "rss20", "atom": "atom10"} {
			kind, body := read(name + "." + end)
			command := exec.CommandContext(t.Context(), python, "testdata/feed.py", kind)
			command.Stdin = bytes.NewReader(body)
			out, err := command.Output()
			if err != nil {
				t.Fatal(err)
			}
			got := feedOf{}
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatal(err)
			}
			if got.Wrong != "" || got.Version != version || got.Title != want.Title {
				t.Errorf("%s.%s: %q, %s, %s", name, end, got.Wrong, got.Version, got.Title)
			}
			if diff := cmp.Diff(want.Items, got.Items); diff != "" {
				t.Errorf("%s.%s: %s", name, end, diff)
			}
		}
	}
}

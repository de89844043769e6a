package banner_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/council/banner"
)

// Whatever link is accepted leads to https or stays on the site, as a browser reads it,
// and is the same when it is checked again.
func FuzzLink(f *testing.F) {
	for _, link := range []string{"/notices", "https://example.com/?a#b", "javascript:alert(1)", "data:,x", "//evil.example", `/\evil.example`, "https://a@b", "/%2f/evil", "/\t/evil"} {
		f.Add(link)
	}
	site, err := url.Parse("https://council.madang.ac.kr/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link string) {
		content := banner.Content{Unit: "총학", Image: "x", Alt: "배너", Link: link}
		c, err := content.Check(noon, nil, []string{"총학"})
		if err != nil {
			return
		}
		// The URL standard of browsers drops tabs and newlines and reads \ as /.
		read := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(c.Link)
		u, err := site.Parse(read)
		if err != nil || u.Scheme != "https" || u.Host == "" || strings.HasPrefix(read, "/") && u.Host != site.Host {
			t.Errorf("accepted %q, which leads to %v (%v)", c.Link, u, err)
		}
		if again, err := c.Check(noon, nil, []string{"총학"}); err != nil || again.Link != c.Link {
			t.Errorf("checked again: %q %v, was %q", again.Link, err, c.Link)
		}
	})
}

func TestUntil(t *testing.T) {
	minute, hour := noon.Add(-time.Minute), noon.Add(-time.Hour)
	content := func(until *time.Time) banner.Content {
		return banner.Content{Unit: "총학", Image: "x", Alt: "배너", Link: "/", Until: until}
	}
	if c, err := content(&minute).Check(noon, nil, []string{"총학"}); err != nil || !c.Until.Equal(noon) {
		t.Errorf("a minute ago: %v %v", c.Until, err)
	}
	if _, err := content(&hour).Check(noon, nil, []string{"총학"}); err == nil {
		t.Error("an hour ago is accepted")
	}
	if c, err := content(&hour).Check(noon, &banner.Stored{Unit: "총학", Until: &hour}, nil); err != nil || !c.Until.Equal(hour) {
		t.Errorf("as it was: %v %v", c.Until, err)
	}
}

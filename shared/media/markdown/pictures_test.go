package markdown_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/markdown"
)

const (
	one = "0197a000-0000-7000-8000-000000000001"
	two = "0197a000-0000-7000-8000-000000000002"
)

func TestPictures(t *testing.T) {
	img := func(id, alt string) string {
		return `<img src="/files/by-id/` + id + `" alt="` + alt + `" loading="lazy">`
	}
	for name, c := range map[string]struct {
		src, want string
		ids       []string
	}{
		"one alone":                 {"글\n\n![천막](upload:" + one + ")\n\n글", "<p>글</p>\n<p class=\"picture\">" + img(one, "천막") + "</p>\n<p>글</p>\n", []string{one}},
		"in a line of text":         {"앞 ![천막](upload:" + one + ") 뒤", "<p>앞 " + img(one, "천막") + " 뒤</p>\n", []string{one}},
		"without words":             {"![](upload:" + one + ")", "<p class=\"picture\">" + img(one, "") + "</p>\n", []string{one}},
		"in a row, on lines":        {"![a](upload:" + one + ")\n![b](upload:" + two + ")", "<p class=\"pictures\">" + img(one, "a") + img(two, "b") + "</p>\n", []string{one, two}},
		"in a row, in paragraphs":   {"![a](upload:" + one + ")\n\n![b](upload:" + two + ")\n\n![c](upload:" + one + ")", "<p class=\"pictures\">" + img(one, "a") + img(two, "b") + img(one, "c") + "</p>\n", []string{one, two}},
		"apart":                     {"![a](upload:" + one + ")\n\n글\n\n![b](upload:" + two + ")", "<p class=\"picture\">" + img(one, "a") + "</p>\n<p>글</p>\n<p class=\"picture\">" + img(two, "b") + "</p>\n", []string{one, two}},
		"in a quote":                {"> ![a](upload:" + one + ")", "<blockquote>\n<p class=\"picture\">" + img(one, "a") + "</p>\n</blockquote>\n", []string{one}},
		"a link is none":            {"[a](upload:" + one + ")", "", []string{}},
		"in a link":                 {"[![a](upload:" + one + ")](https://example.com)", "", []string{}},
		"no id":                     {"![a](upload:x)", "", []string{}},
		"more than an id":           {"![a](upload:" + one + "/../x)", "", []string{}},
		"an address like its place": {"![a](/files/by-id/" + one + "/x)", "", []string{}},
		"code":                      {"`![a](upload:" + one + ")`", "", []string{}},
		"words that would be marks": {"![\"><script>](upload:" + one + ")", "<p class=\"picture\">" + img(one, "&#34;&gt;&lt;script&gt;") + "</p>\n", []string{one}},
	} {
		got := markdown.Render(c.src)
		if c.want != "" && got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
		if ids := markdown.Pictures(c.src); !slices.Equal(ids, c.ids) {
			t.Errorf("%s: %v, want %v\n%s", name, ids, c.ids, got)
		}
	}
	if got := markdown.Excerpt("![천막 세 채](upload:"+one+")\n\n축제", 100); !strings.HasPrefix(got, "천막 세 채") || !strings.HasSuffix(got, "축제") {
		t.Errorf("excerpt %q", got)
	}
}

package upload_test

import (
	"slices"
	"testing"

	"github.com/madang-council/madang/shared/media/upload"
)

func TestPlace(t *testing.T) {
	const (
		id  = "0197a000-0000-7000-8000-000000000001"
		img = `<img src="/files/by-id/` + id + `" alt="천막 &amp; &#34;불&#34;" loading="lazy">`
	)
	file := upload.File{ID: id, Name: `<b>.jpg`, URL: "/files/a/b.jpg", Variants: []upload.Variant{{Width: 320, Height: 200, URL: "/files/a/320.jpg"}, {Width: 960, Height: 600, URL: "/files/a/960.jpg"}}}
	film := file
	film.Moving = "/files/a/moving.gif"
	bare := file
	bare.Variants = nil
	sized := func(alt string) string {
		return `<img src="/files/a/960.jpg" srcset="/files/a/320.jpg 320w, /files/a/960.jpg 960w" sizes="(min-width: 46rem) 42rem, 100vw" width="960" height="600" alt="` + alt + `" loading="lazy">`
	}
	for name, c := range map[string]struct {
		markup, want string
		files        []upload.File
		ids          []string
	}{
		"by its upload": {"<p>" + img + "</p>", `<p><a class="enlarge" href="/files/a/b.jpg">` + sized("천막 &amp; &#34;불&#34;") + "</a></p>", []upload.File{file}, []string{id}},
		// Who asks for less motion is shown the sizes, which stand still; and so is who opens it, to look at it.
		"a film": {img, `<a class="enlarge" href="/files/a/b.jpg"><picture><source media="(prefers-reduced-motion: reduce)" srcset="/files/a/320.jpg 320w, /files/a/960.jpg 960w" sizes="(min-width: 46rem) 42rem, 100vw">` +
			`<img src="/files/a/moving.gif" width="960" height="600" alt="천막 &amp; &#34;불&#34;" loading="lazy"></picture></a>`, []upload.File{film}, []string{id}},
		"twice":                {img + img, `<a class="enlarge" href="/files/a/b.jpg">` + sized("천막 &amp; &#34;불&#34;") + `</a><a class="enlarge" href="/files/a/b.jpg">` + sized("천막 &amp; &#34;불&#34;") + "</a>", []upload.File{file}, []string{id}},
		"without words":        {`<img src="/files/by-id/` + id + `" alt="" loading="lazy">`, `<a class="enlarge" href="/files/a/b.jpg">` + sized("&lt;b&gt;") + "</a>", []upload.File{file}, []string{id}},
		"not there":            {img, `<span class="unshown">천막 &amp; &#34;불&#34;</span>`, nil, nil},
		"not made yet":         {img, `<span class="unshown">천막 &amp; &#34;불&#34;</span>`, []upload.File{bare}, []string{id}},
		"by its address":       {`<img src="/files/a/b.jpg" alt="x">`, sized("x"), []upload.File{file}, []string{id}},
		"by a size's":          {`<img src="/files/a/320.jpg" alt="x" loading="lazy">`, sized("x"), []upload.File{file}, []string{id}},
		"another of the site":  {`<img src="/files/c.jpg" alt="x">`, `<img src="/files/c.jpg" alt="x">`, []upload.File{file}, nil},
		"its address, bare":    {`<img src="/files/a/b.jpg" alt="x">`, `<img src="/files/a/b.jpg" alt="x">`, []upload.File{bare}, nil},
		"a text without any":   {"<p>a</p>", "<p>a</p>", []upload.File{file}, nil},
		"no alternative words": {`<img src="/files/a/b.jpg">`, sized("&lt;b&gt;"), []upload.File{file}, []string{id}},
	} {
		got, ids := upload.Place(c.markup, c.files)
		if got != c.want || !slices.Equal(ids, c.ids) {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, ids, got, c.want)
		}
	}
}

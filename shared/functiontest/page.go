package functiontest

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Says fails the test for each of these texts that the answer has not, as its markup is
// written, and returns the response.
func (r Response) Says(texts ...string) Response {
	r.t.Helper()
	for _, text := range texts {
		if !bytes.Contains(r.Body, []byte(text)) {
			r.t.Errorf("%s: no %q in\n%s", r.what, text, r.Body)
		}
	}
	return r
}

// SaysNot fails the test for each of these texts that the answer has, and returns the
// response.
func (r Response) SaysNot(texts ...string) Response {
	r.t.Helper()
	for _, text := range texts {
		if bytes.Contains(r.Body, []byte(text)) {
			r.t.Errorf("%s: %q in\n%s", r.what, text, r.Body)
		}
	}
	return r
}

// PageTags are the tags of a page that is stored, none where it is not.
func (a *App) PageTags(key string) []string {
	a.t.Helper()
	fields, err := a.Redis.HKeys(a.Context(), a.Pages.Prefix+"p:"+key).Result()
	if err != nil {
		a.t.Fatal(err)
	}
	tags := []string{}
	for _, f := range fields {
		if tag, ok := strings.CutPrefix(f, "g:"); ok {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags
}

// Main is the text of a page's main part, a space between its pieces.
func (r Response) Main() string {
	r.t.Helper()
	doc, err := html.Parse(bytes.NewReader(r.Body))
	if err != nil {
		r.t.Fatalf("%s: %v", r.what, err)
	}
	parts := []string{}
	var walk func(n *html.Node, inside bool)
	walk = func(n *html.Node, inside bool) {
		inside = inside || n.Type == html.ElementNode && n.Data == "main"
		if inside && n.Type == html.TextNode {
			parts = append(parts, strings.Fields(n.Data)...)
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			walk(child, inside)
		}
	}
	walk(doc, false)
	return strings.Join(parts, " ")
}

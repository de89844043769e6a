package markdown_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/markdown"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// allowed are the elements of a rendered document with their attributes and what the values may be.
var allowed = map[string]map[string]*regexp.Regexp{
	"p": nil, "br": nil, "hr": nil, "blockquote": nil, "ul": nil, "li": nil, "pre": nil, "em": nil, "strong": nil, "del": nil,
	"table": nil, "thead": nil, "tbody": nil, "tr": nil,
	"h2": heading, "h3": heading, "h4": heading, "h5": heading, "h6": heading,
	"th": cell, "td": cell,
	"ol":    {"start": regexp.MustCompile(`^\d+$`), "class": regexp.MustCompile(`^bracketed$`)},
	"code":  {"class": regexp.MustCompile(`^language-[A-Za-z0-9+#_-]+$`)},
	"a":     {"href": anything, "title": anything, "rel": regexp.MustCompile(`^nofollow noopener noreferrer$`)},
	"img":   {"src": anything, "alt": anything, "title": anything, "loading": regexp.MustCompile(`^lazy$`)},
	"input": {"type": regexp.MustCompile(`^checkbox$`), "checked": regexp.MustCompile(`^$`), "disabled": regexp.MustCompile(`^$`)},
}

var (
	anything = regexp.MustCompile(``)
	heading  = map[string]*regexp.Regexp{"id": regexp.MustCompile(`^h-[^\s"'<>&]+$`)}
	cell     = map[string]*regexp.Regexp{"align": regexp.MustCompile(`^(left|center|right)$`)}
)

// checkDOM renders src and fails unless the tree that a browser makes of the result holds only what is allowed, also after
// the tree was written out and read again, as scripts do with innerHTML.
func checkDOM(t *testing.T, src string) {
	t.Helper()
	out := markdown.Render(src)
	for range 2 {
		body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
		nodes, err := html.ParseFragment(strings.NewReader(out), body)
		if err != nil {
			t.Fatalf("%.300q: %v", src, err)
		}
		ids := make(map[string]bool)
		var again strings.Builder
		for _, n := range nodes {
			if violation := checkTree(n, ids); violation != "" {
				t.Fatalf("%s\n in %.300q\n of %.300q", violation, out, src)
			}
			if err := html.Render(&again, n); err != nil {
				t.Fatal(err)
			}
		}
		out = again.String()
	}
}

// checkTree returns what is not allowed in n, or "".
func checkTree(n *html.Node, ids map[string]bool) string {
	if n.Type != html.TextNode {
		if violation := checkElement(n, ids); violation != "" {
			return violation
		}
	}
	for child := range n.ChildNodes() {
		if violation := checkTree(child, ids); violation != "" {
			return violation
		}
	}
	return ""
}

func checkElement(n *html.Node, ids map[string]bool) string {
	rules, ok := allowed[n.Data]
	if n.Type != html.ElementNode || !ok || n.Namespace != "" {
		return "node " + n.Data
	}
	attributes := make(map[string]string)
	for _, a := range n.Attr {
		if rule := rules[a.Key]; rule == nil || !rule.MatchString(a.Val) || a.Namespace != "" {
			return "attribute " + n.Data + " " + a.Key + "=" + a.Val
		}
		attributes[a.Key] = a.Val
	}
	switch n.Data {
	case "a":
		return checkLink(n, attributes)
	case "img":
		return checkPicture(attributes)
	case "input":
		if _, disabled := attributes["disabled"]; !disabled || attributes["type"] != "checkbox" {
			return "an input that is no disabled box"
		}
	}
	if id := attributes["id"]; id != "" {
		if ids[id] {
			return "two elements with the id " + id
		}
		ids[id] = true
	}
	return ""
}

// scheme finds the scheme of an address as the URL standard of browsers does.
var scheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):(.*)$`)

// asBrowsersRead returns an address after the clean-up with which the URL standard begins.
func asBrowsersRead(address string) string {
	address = strings.TrimFunc(address, func(r rune) bool { return r <= ' ' })
	return strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(address)
}

func checkLink(n *html.Node, attributes map[string]string) string {
	for parent := n.Parent; parent != nil; parent = parent.Parent {
		if parent.Data == "a" {
			return "a link inside a link"
		}
	}
	href, ok := attributes["href"]
	if !ok {
		return "a link without an address"
	}
	address := asBrowsersRead(href)
	external := strings.HasPrefix(address, "//")
	if found := scheme.FindStringSubmatch(address); found != nil {
		switch strings.ToLower(found[1]) {
		case "http", "https":
			external = true
		case "mailto", "tel":
		default:
			return "scheme of " + href
		}
	}
	if _, ok := attributes["rel"]; external && !ok {
		return "no rel on " + href
	}
	if strings.HasPrefix(address, "#") && address != "#" && !strings.HasPrefix(address, "#h-") {
		return "fragment " + href
	}
	return ""
}

func checkPicture(attributes map[string]string) string {
	if strings.TrimSpace(attributes["alt"]) == "" || attributes["loading"] != "lazy" {
		return "a picture without text or not lazy"
	}
	site := &url.URL{Scheme: "https", Host: "madang.example", Path: "/notices/1"}
	u, err := site.Parse(asBrowsersRead(attributes["src"]))
	if err != nil || u.Host != site.Host || u.Scheme != site.Scheme || !strings.HasPrefix(u.Path, "/files/") ||
		slices.Contains(strings.Split(u.Path, "/"), "..") {
		return "picture from " + attributes["src"]
	}
	return ""
}

// TestDOMCheck makes sure that the check finds what it is for.
func TestDOMCheck(t *testing.T) {
	for _, bad := range []string{
		`<script>x</script>`, `<p onclick="x">`, `<p style="x">`, `<p id="x">`, `<h2 id="x">`, `<h1>`, `<!-- x -->`, `<svg></svg>`,
		`<a>x</a>`, `<a href="javascript:x">x</a>`, `<a href="JaVa&#10;Script:x">x</a>`, `<a href=" data:x">x</a>`,
		`<a href="https://e.example">x</a>`, `<a href="//e.example">x</a>`, `<a href="/\e.example">x</a>`, `<a href="#x">x</a>`,
		`<img src="/files/a" alt="x">`, `<img src="/files/a" loading="lazy" alt="">`, `<img src="/b" loading="lazy" alt="x">`,
		`<img src="/files/../b" loading="lazy" alt="x">`, `<img src="/files/%2e%2e/b" loading="lazy" alt="x">`,
		`<img src="//files/a" loading="lazy" alt="x">`, `<input type="text" disabled>`, `<input type="checkbox">`,
		`<code class="x">`, `<td colspan="2">`, `<form>`, `<h2 id="h-a"></h2><h2 id="h-a"></h2>`,
	} {
		body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
		if strings.HasPrefix(bad, "<td") {
			body = &html.Node{Type: html.ElementNode, Data: "tr", DataAtom: atom.Tr}
		}
		nodes, err := html.ParseFragment(strings.NewReader(bad), body)
		if err != nil {
			t.Fatal(err)
		}
		found, ids := "", make(map[string]bool)
		for _, n := range nodes {
			found += checkTree(n, ids)
		}
		if found == "" {
			t.Errorf("%s passes", bad)
		}
	}
}

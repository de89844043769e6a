package markdown

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/madang-council/madang/shared/text"
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	gmtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// house brings a parsed document under the rules of the site: levels and ids of headings, addresses of links and pictures.
type house struct{}

// Transform changes doc in place.
func (house) Transform(doc *ast.Document, reader gmtext.Reader, _ parser.Context) {
	source := reader.Source()
	// The nodes are collected first, since the tree must not change under the walk; then from the leaves up, so that what
	// is moved or replaced has been dealt with.
	var nodes []ast.Node
	depth := make(map[ast.Node]int)
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n.(type) {
		case *ast.Emphasis, *extast.Strikethrough:
			depth[n] = depth[n.Parent()] + 1
		case *ast.Link, *ast.AutoLink, *ast.Image, *ast.Heading:
		default:
			return ast.WalkContinue, nil
		}
		nodes = append(nodes, n)
		return ast.WalkContinue, nil
	})
	for i := len(nodes) - 1; i >= 0; i-- {
		switch n := nodes[i].(type) {
		case *ast.Emphasis, *extast.Strikethrough:
			if depth[n] > maxInline {
				unwrap(n)
			}
		case *ast.Image:
			image(n, source)
		case *ast.Link:
			link(n)
		case *ast.AutoLink:
			autoLink(n, source)
		}
	}
	headings(nodes, source)
}

// link keeps n when its address is allowed, and leaves its text otherwise.
func link(n *ast.Link) {
	destination, external, ok := address(string(resolve(n.Destination)))
	if !ok {
		unwrap(n)
		return
	}
	n.Destination = unresolved(destination)
	if external {
		n.SetAttributeString("rel", []byte(rel))
	}
}

// autoLink is link for an address in the text.
func autoLink(n *ast.AutoLink, source []byte) {
	label := n.Label(source)
	if n.AutoLinkType == ast.AutoLinkEmail {
		if _, _, ok := address("mailto:" + string(label)); !ok {
			replace(n, literal(label))
		}
		return
	}
	_, external, ok := address(string(n.URL(source)))
	switch {
	case !ok:
		replace(n, literal(label))
	case external:
		n.SetAttributeString("rel", []byte(rel))
	}
}

// image keeps a picture of the site, and makes a link of any other: a foreign picture would tell its server who reads.
func image(n *ast.Image, source []byte) {
	alt := content(n, source)
	destination := resolve(n.Destination)
	if picture.Match(destination) {
		n.Destination = unresolved(string(destination))
		n.SetAttributeString("loading", []byte("lazy"))
		if text.Blank(string(alt)) {
			if alt = resolve(n.Title); text.Blank(string(alt)) {
				alt = []byte("그림")
			}
			n.RemoveChildren(n)
			n.AppendChild(n, literal(alt))
		}
		return
	}
	if text.Blank(string(alt)) {
		alt = destination
	}
	for parent := n.Parent(); parent != nil; parent = parent.Parent() {
		if parent.Kind() == ast.KindLink { // no link inside a link
			replace(n, literal(alt))
			return
		}
	}
	instead := ast.NewLink()
	instead.Destination, instead.Title = n.Destination, n.Title
	instead.AppendChild(instead, literal(alt))
	replace(n, instead)
	link(instead)
}

// resolve returns s without backslash escapes and character references, in the order in which the renderer resolves them.
func resolve(s []byte) []byte {
	return util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(s)))
}

// unresolved returns the text that the renderer resolves to destination, which holds no backslash. Without it an address
// would be resolved twice, and &amp;colon; become a colon after the check.
func unresolved(destination string) []byte {
	return []byte(strings.ReplaceAll(destination, "&", "&amp;"))
}

// address returns destination as it is to be written into a document, and whether it leads to another site. It is refused unless
// it is an https or http address with a host, a mailto address, or relative, and unless browsers and net/url read it alike.
func address(destination string) (safe string, external, ok bool) {
	// Browsers drop control characters and read a backslash as a slash, so that what follows would see another address.
	misread := func(r rune) bool { return unicode.IsControl(r) || r == '\\' || r == unicode.ReplacementChar }
	if strings.ContainsFunc(destination, misread) {
		return "", false, false
	}
	if fragment, found := strings.CutPrefix(destination, "#"); found {
		return anchor(fragment), false, fragment != ""
	}
	// The form in which the renderer writes it, since that is what browsers and the allow-list read.
	safe = string(util.URLEscape([]byte(destination), false))
	u, err := url.Parse(safe)
	if err != nil || safe == "" {
		return "", false, false
	}
	switch u.Scheme {
	case "http", "https":
		return safe, true, u.Host != "" && u.User == nil // https://known.example@other.example
	case "mailto":
		return safe, false, strings.Contains(u.Opaque, "@")
	case "":
		// "//host" is another site; "///host" is one to browsers and none to net/url.
		external = strings.HasPrefix(safe, "//")
		return safe, external, !external || u.Host != "" && u.User == nil
	}
	return "", false, false
}

// anchor returns a link to a heading, by the name that its writer sees.
func anchor(fragment string) string {
	name, err := url.PathUnescape(fragment)
	if err != nil {
		name = fragment
	}
	return "#" + idPrefix + slug(strings.TrimPrefix(name, idPrefix))
}

const (
	idPrefix = "h-" // keeps what members write apart from the ids and the global names of the page
	maxSlug  = 64   // characters
	lowest   = 6    // of headings
)

// headings moves every heading one level down and gives it an id.
func headings(nodes []ast.Node, source []byte) {
	times := make(map[string]int)
	for _, n := range nodes {
		heading, ok := n.(*ast.Heading)
		if !ok {
			continue
		}
		heading.Level = min(heading.Level+1, lowest)
		name := slug(string(content(heading, source)))
		id := name
		for times[id] > 0 {
			id = name + "-" + strconv.Itoa(times[name])
			times[name]++
		}
		times[id]++
		heading.SetAttributeString("id", []byte(idPrefix+id))
	}
}

// slug returns the letters and digits of s in lower case, joined by hyphens. It is never empty.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(text.NFC(s)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) && r != '_'
	})
	runes := []rune(strings.Join(words, "-"))
	if len(runes) == 0 {
		return "section"
	}
	return strings.TrimRight(string(runes[:min(len(runes), maxSlug)]), "-")
}

// content returns the text inside n, as a reader sees it.
func content(n ast.Node, source []byte) []byte {
	var out bytes.Buffer
	_ = ast.Walk(n, func(child ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch child := child.(type) {
		case *ast.Text:
			if child.IsRaw() {
				out.Write(child.Value(source))
			} else {
				out.Write(resolve(child.Value(source)))
			}
			if child.SoftLineBreak() {
				out.WriteByte(' ')
			}
		case *ast.String:
			out.Write(child.Value)
		case *ast.AutoLink:
			out.Write(child.Label(source))
		}
		return ast.WalkContinue, nil
	})
	return out.Bytes()
}

// literal returns a node that shows s as it is.
func literal(s []byte) ast.Node {
	n := ast.NewString(s)
	n.SetRaw(true)
	return n
}

func replace(n, instead ast.Node) { n.Parent().ReplaceChild(n.Parent(), n, instead) }

// unwrap puts the children of n in its place.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for child := n.FirstChild(); child != nil; child = n.FirstChild() {
		parent.InsertBefore(parent, n, child)
	}
	parent.RemoveChild(parent, n)
}

package markdown

import (
	"bytes"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/weblink"
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
		case *ast.Link, *ast.AutoLink, *ast.Image, *ast.Heading, *ast.List, *ast.FencedCodeBlock:
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
		case *ast.FencedCodeBlock:
			fence(n, source)
		case *ast.List:
			if n.Marker == ')' {
				n.SetAttributeString("class", []byte(bracketed))
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
	galleries(doc)
}

// fence shows what stands behind the opening of fenced code and is no name of a language: it would not be seen.
func fence(n *ast.FencedCodeBlock, source []byte) {
	if n.Info == nil || language().Match(bytes.TrimSpace(n.Info.Segment.Value(source))) {
		return
	}
	shown := n.Info.Segment
	if end := bytes.IndexByte(source[shown.Start:], '\n'); end >= 0 {
		shown = shown.WithStop(shown.Start + end + 1)
	}
	lines := gmtext.NewSegments()
	lines.Append(shown)
	lines.AppendAll(n.Lines().Sliced(0, n.Lines().Len()))
	n.SetLines(lines)
	n.Info = nil
}

// link keeps n when its address is allowed, and shows what was written otherwise (asWritten).
func link(n *ast.Link) {
	destination, external, ok := address(string(resolve(n.Destination)))
	if !ok {
		asWritten(n, n.Destination)
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
	destination := string(n.URL(source))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(destination), "mailto:") {
		destination = "mailto:" + destination
	}
	safe, external, ok := address(destination)
	switch _, bare := n.AttributeString(inText); {
	case ok && !inLink(n):
		instead := ast.NewLink()
		instead.Destination = unresolved(safe)
		if external {
			instead.SetAttributeString("rel", []byte(rel))
		}
		instead.AppendChild(instead, literal(label))
		replace(n, instead)
	case bare:
		replace(n, literal(label))
	default: // <공지:중요> is no address
		replace(n, literal(slices.Concat([]byte{'<'}, label, []byte{'>'})))
	}
}

// inLink says whether n stands in the text of a link, where no other can be.
func inLink(n ast.Node) bool {
	for parent := n.Parent(); parent != nil; parent = parent.Parent() {
		if parent.Kind() == ast.KindLink {
			return true
		}
	}
	return false
}

// image keeps a picture of the site, and makes a link of any other: a foreign picture would tell its server who reads.
func image(n *ast.Image, source []byte) {
	alt := content(n, source)
	destination := resolve(n.Destination)
	if m := uploadID().FindSubmatch(destination); m != nil && !inLink(n) {
		n.Destination, n.Title = append([]byte(byID), m[1]...), nil
		n.SetAttributeString("loading", []byte("lazy"))
		return
	}
	if picture().Match(destination) {
		n.Destination = unresolved(string(destination))
		n.SetAttributeString("loading", []byte("lazy"))
		if text.Blank(string(alt)) {
			if alt = resolve(n.Title); text.Blank(string(alt)) {
				alt = []byte("이미지")
			}
			n.RemoveChildren(n)
			n.AppendChild(n, literal(alt))
		}
		return
	}
	if text.Blank(string(alt)) {
		alt = destination
	}
	if inLink(n) {
		replace(n, literal(alt))
		return
	}
	if _, _, ok := address(string(destination)); !ok {
		asWritten(n, n.Destination)
		return
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
// it is an https or http address with a host, a mailto or tel address, a path of the site, and unless browsers and net/url read it
// alike. A host without its scheme, as people write it, is one with: www.example.com, forms.gle/a.
func address(destination string) (safe string, external, ok bool) {
	// Browsers drop control characters and read a backslash as a slash, so that what follows would see another address.
	misread := func(r rune) bool { return unicode.IsControl(r) || r == '\\' || r == unicode.ReplacementChar }
	if strings.ContainsFunc(destination, misread) {
		return "", false, false
	}
	if fragment, found := strings.CutPrefix(destination, "#"); found {
		return anchor(fragment), false, fragment != ""
	}
	if schemeless().MatchString(destination) {
		destination = "https://" + destination
	}
	// The form in which the renderer writes it, since that is what browsers and the allow-list read.
	safe = string(util.URLEscape([]byte(weblink.ASCII(destination)), false))
	u, err := url.Parse(safe)
	if err != nil {
		return "", false, false
	}
	switch u.Scheme {
	case "http", "https":
		return safe, true, u.Hostname() != "" && u.User == nil // https://known.example@other.example
	case "mailto":
		return safe, false, strings.Contains(u.Opaque, "@")
	case "tel":
		return safe, false, telephone().FindString(u.Opaque) == u.Opaque && u.Opaque != ""
	case "":
		// "//host" is another site; "///host" is one to browsers and none to net/url.
		external = strings.HasPrefix(safe, "//")
		return safe, external, path().MatchString(safe) && (!external || u.Hostname() != "" && u.User == nil)
	}
	return "", false, false
}

var (
	schemeless = pattern(`(?i)^(?:www\.[^\s/]+\.[^\s/]{2,}|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/)`)
	path       = pattern(`^(?:/|\?|\.\.?/)`)
)

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

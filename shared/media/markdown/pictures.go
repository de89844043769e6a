package markdown

import (
	"bytes"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// A picture stands in a text as ![what it shows](upload:<id>). What Render makes of it is an img
// whose address names the upload alone: where its sizes lie is known when it is read.
const (
	uploadScheme = "upload:"
	byID         = "/files/by-id/"
)

var (
	uploadID = pattern(`^upload:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
	placed   = pattern(`<img src="` + byID + `([0-9a-f-]{36})"`)
)

// Pictures are the ids of the uploads that stand in a text as pictures, each once, in their order.
func Pictures(src string) []string {
	ids := []string{}
	if !strings.Contains(src, uploadScheme) { // as most texts
		return ids
	}
	for _, m := range placed().FindAllStringSubmatch(Render(src), -1) {
		if !slices.Contains(ids, m[1]) {
			ids = append(ids, m[1])
		}
	}
	return ids
}

// galleries makes one paragraph of pictures that stand in a row, with nothing beside them. Its
// class says whether it is one picture or several.
func galleries(doc ast.Node) {
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		galleries(n)
		if !picturesAlone(n) {
			continue
		}
		tighten(n)
		for next := n.NextSibling(); next != nil && picturesAlone(next); next = n.NextSibling() {
			tighten(next)
			for child := next.FirstChild(); child != nil; child = next.FirstChild() {
				n.AppendChild(n, child)
			}
			next.Parent().RemoveChild(next.Parent(), next)
		}
		class := "picture"
		if n.ChildCount() > 1 {
			class = "pictures"
		}
		n.SetAttributeString("class", []byte(class))
	}
}

// picturesAlone says whether n is a paragraph of uploads' pictures and nothing else.
func picturesAlone(n ast.Node) bool {
	if n.Kind() != ast.KindParagraph || n.ChildCount() == 0 {
		return false
	}
	found := false
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		switch c := child.(type) {
		case *ast.Image:
			if !bytes.HasPrefix(c.Destination, []byte(byID)) {
				return false
			}
			found = true
		case *ast.Text:
			if c.Segment.Len() > 0 {
				return false
			}
		default:
			return false
		}
	}
	return found
}

// tighten takes away what stands between the pictures of a paragraph: line breaks.
func tighten(n ast.Node) {
	for child := n.FirstChild(); child != nil; {
		next := child.NextSibling()
		if child.Kind() == ast.KindText {
			n.RemoveChild(n, child)
		}
		child = next
	}
}

package markdown

import (
	"bytes"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Koreans write labels in brackets: [문의]: 02-123-4567, [필독](학생회관 게시판). CommonMark takes them for links, and
// shows nothing of the first and half of the second. Here brackets make a link only where there is an address, and a line
// that defines one vanishes only where its label is used.

// parse returns the tree of source. Which definitions are used is known only when everything was read: where there is any,
// what was read is read again.
func parse(markdown goldmark.Markdown, source []byte) ast.Node {
	first := &labels{Context: parser.NewContext()}
	doc := markdown.Parser().Parse(text.NewReader(source), parser.WithContext(first))
	if !first.defined {
		return doc
	}
	return markdown.Parser().Parse(text.NewReader(source), parser.WithContext(&labels{Context: parser.NewContext(), used: usedIn(doc)}))
}

// labels is the context of one reading.
type labels struct {
	parser.Context
	defined bool             // whether there is any definition
	used    map[string]bool  // labels that links have, nil while nobody knows
	pasted  parser.Reference // what the next brackets lead to, nil if the document says it
	label   bool             // whether a colon is behind the next brackets: they lead nowhere
}

// Reference finds what a label stands for.
func (l *labels) Reference(label string) (parser.Reference, bool) {
	if l.pasted != nil {
		return l.pasted, true
	}
	if l.label {
		return nil, false
	}
	return l.Context.Reference(label)
}

// usedIn are the labels by which links and pictures of doc were found.
func usedIn(doc ast.Node) map[string]bool {
	used := map[string]bool{}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		var reference *ast.ReferenceLink
		switch n := n.(type) {
		case *ast.Link:
			reference = n.Reference
		case *ast.Image:
			reference = n.Reference
		}
		if reference != nil && entering {
			used[util.ToLinkReference(reference.Value)] = true
		}
		return ast.WalkContinue, nil
	})
	return used
}

// definitions takes the lines out of the beginning of a paragraph that define an address for a label. A definition stands
// on one line. One whose label nobody uses, that gives no address, or that looks like a footnote, is text.
type definitions struct{}

// Transform takes the definitions out of a paragraph.
func (definitions) Transform(paragraph *ast.Paragraph, reader text.Reader, pc parser.Context) {
	context, is := pc.(*labels)
	lines := paragraph.Lines()
	first := lines.At(0)
	if first := first.Value(reader.Source()); !is || !bytes.HasPrefix(bytes.TrimLeft(first, " "), []byte{'['}) {
		return
	}
	rest := text.NewSegments()
	for i := range lines.Len() {
		line := lines.At(i)
		reference := definition(line, reader)
		if reference == nil {
			rest.AppendAll(lines.Sliced(i, lines.Len()))
			break
		}
		label := util.ToLinkReference(reference.Label())
		_, again := context.Reference(label)
		if _, _, ok := address(string(resolve(reference.Destination()))); !ok || again || label[0] == '^' || context.used != nil && !context.used[label] {
			rest.Append(line)
			continue
		}
		context.defined = true
		context.AddReference(reference)
	}
	if rest.Len() == 0 {
		paragraph.Parent().RemoveChild(paragraph.Parent(), paragraph)
		return
	}
	paragraph.SetLines(rest)
}

// definition is what a line defines, nil for nothing.
func definition(line text.Segment, reader text.Reader) parser.Reference {
	alone, parent, found := ast.NewParagraph(), ast.NewDocument(), parser.NewContext()
	alone.Lines().Append(line)
	parent.AppendChild(parent, alone)
	parser.LinkReferenceParagraphTransformer.Transform(alone, reader, found)
	if references := found.References(); alone.Parent() == nil && len(references) == 1 {
		return references[0]
	}
	return nil
}

// brackets is the parser of links and pictures. It takes addresses with spaces, as they are pasted, and lets each link
// remember what was written behind its text, to be shown where it is none.
type brackets struct {
	parser.InlineParser
}

// written is the attribute of a link or a picture with what stood behind its text, and opening with what stood before.
const written, opening = "written", "opening"

// pasted matches what stands behind the text of a link whose address has spaces: the address, and a title.
var pasted = pattern(`^\]\([ \t]*((?:[Hh][Tt][Tt][Pp][Ss]?://|/)[^()<>\n]*?(?:\([^()<>\n]*\)[^()<>\n]*?)*)(?:[ \t]+"([^"\n]*)")?[ \t]*\)`)

// Parse reads a bracket.
func (b brackets) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, _ := block.PeekLine()
	if line[0] != ']' {
		return b.InlineParser.Parse(parent, block, pc)
	}
	context, is := pc.(*labels)
	m := pasted().FindSubmatchIndex(line)
	if is && m != nil && bytes.ContainsAny(line[m[2]:m[3]], " \t") {
		var title []byte
		if m[4] >= 0 {
			title = line[m[4]:m[5]]
		}
		context.pasted = parser.NewReference([]byte("pasted"), line[m[2]:m[3]], title)
		defer func() { context.pasted = nil }()
	}
	if is {
		context.label = bytes.HasPrefix(line, []byte("]:"))
		defer func() { context.label = false }()
	}
	startLine, start := block.Position()
	n := b.InlineParser.Parse(parent, block, pc)
	opener := "["
	switch found := n.(type) {
	case *ast.Link:
		found.Reference = own(found.Reference, context)
	case *ast.Image:
		found.Reference, opener = own(found.Reference, context), "!["
	default:
		return n
	}
	if is && context.pasted != nil {
		block.Advance(m[1] - 1)
	}
	n.SetAttributeString(opening, []byte(opener))
	n.SetAttributeString(written, between(block, startLine, start))
	return n
}

// CloseBlock ends what is open at the end of a block.
func (b brackets) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if closer, ok := b.InlineParser.(parser.CloseBlocker); ok {
		closer.CloseBlock(parent, block, pc)
	}
}

// own is a link's reference, nil where the address was found in the link itself.
func own(reference *ast.ReferenceLink, context *labels) *ast.ReferenceLink {
	if context != nil && context.pasted != nil {
		return nil
	}
	return reference
}

// between returns what stands from a position up to the present one.
func between(block text.Reader, startLine int, start text.Segment) []byte {
	endLine, end := block.Position()
	var out []byte
	block.SetPosition(startLine, start)
	for {
		at, position := block.Position()
		line, _ := block.PeekLine()
		if at == endLine || line == nil {
			out = append(out, line[:max(0, min(len(line), end.Start-position.Start))]...)
			break
		}
		out = append(out, line...)
		block.AdvanceLine()
	}
	block.SetPosition(endLine, end)
	return out
}

// scripts matches the targets that are programs: nobody reads them, and who copies one runs it.
var scripts = pattern(`(?i)^[\s\pC]*(?:j[\s\pC]*a[\s\pC]*v[\s\pC]*a|v[\s\pC]*b|l[\s\pC]*i[\s\pC]*v[\s\pC]*e)[\s\pC]*s[\s\pC]*c[\s\pC]*r[\s\pC]*i[\s\pC]*p[\s\pC]*t[\s\pC]*:|^[\s\pC]*data:`)

// asWritten puts what was written in the place of a link or a picture that is none; of one to a program its text alone.
func asWritten(n ast.Node, target []byte) {
	parent := n.Parent()
	if scripts().Match(resolve(target)) {
		unwrap(n)
		return
	}
	for _, part := range []string{opening, written} {
		var shown []byte
		if value, ok := n.AttributeString(part); ok {
			shown, _ = value.([]byte)
		}
		if part == written {
			for child := n.FirstChild(); child != nil; child = n.FirstChild() {
				parent.InsertBefore(parent, n, child)
			}
		}
		if len(shown) > 0 {
			parent.InsertBefore(parent, n, literal(shown))
		}
	}
	parent.RemoveChild(parent, n)
}

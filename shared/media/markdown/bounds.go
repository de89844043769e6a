package markdown

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// What a document may hold. People stay far below; without bounds a short source becomes a huge document, or one too deep
// for browsers, which stop at 512 elements.
const (
	maxNesting = 16    // block quotes and lists inside each other
	maxInline  = 8     // emphases inside each other
	maxCells   = 10000 // of one table, those that a short row leaves out included
	maxRuns    = 1000  // of delimiters, and of brackets, in one paragraph; the cost of pairing them grows with the square
)

// shallow is a parser of blocks that hold blocks, which takes no more than maxNesting inside each other for markup.
type shallow struct {
	parser.BlockParser
}

// Open begins a block unless it is too deep, which leaves its line as text.
func (s shallow) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		if n.Kind() == ast.KindBlockquote || n.Kind() == ast.KindList {
			depth++
		}
	}
	if depth >= maxNesting {
		return nil, parser.NoChildren
	}
	return s.BlockParser.Open(parent, reader, pc)
}

// fences is the parser of fenced code. ~~~취소~~~ is text: behind tildes stands the name of a language, or nothing.
type fences struct {
	parser.BlockParser
}

var (
	language = pattern(`^[A-Za-z0-9+#_-]{1,32}$`)
	tildes   = pattern(`^ {0,3}~{3,}[ \t]*[A-Za-z0-9+#_-]*\s*$`)
)

// Open begins fenced code.
func (f fences) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	if line, _ := reader.PeekLine(); bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte{'~'}) && !tildes().Match(line) {
		return nil, parser.NoChildren
	}
	return f.BlockParser.Open(parent, reader, pc)
}

// boundedTable makes tables of at most maxCells cells, and leaves a larger one as text, like one with more cells in a row than
// its head has: GitHub shows nothing of these.
type boundedTable struct {
	parser.ParagraphTransformer
}

// Transform makes a table of a paragraph that has the form of one.
func (t boundedTable) Transform(paragraph *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines := paragraph.Lines()
	columns := 0
	for i := range lines.Len() {
		segment := lines.At(i)
		line := segment.Value(reader.Source())
		if len(bytes.Trim(line, "|-: \t\r\n\f\v")) == 0 && (bytes.Count(line, []byte{'|'})+1)*lines.Len() > maxCells {
			return
		}
		switch {
		case columns > 0 && cells(line) > columns:
			return
		case columns == 0 && i > 0 && delimiters().Match(line):
			columns = cells(line)
		}
	}
	t.ParagraphTransformer.Transform(paragraph, reader, pc)
}

// delimiters matches the line below the head of a table.
var delimiters = pattern(`^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?\s*$`)

// cells is how many cells a row of a table has.
func cells(line []byte) int {
	line = bytes.TrimPrefix(bytes.TrimSpace(line), []byte{'|'})
	if n := len(line); n > 0 && line[n-1] == '|' {
		line = line[:n-1]
	}
	count := 1
	for i, c := range line {
		if c == '|' && (i == 0 || line[i-1] != '\\') {
			count++
		}
	}
	return count
}

// bounded is an inline parser that takes no more than maxRuns places of one block for markup.
type bounded struct {
	parser.InlineParser
	tally parser.ContextKey
}

// Under these a parser keeps its tally of the present block.
var (
	runTally     = parser.NewContextKey()
	bracketTally = parser.NewContextKey()
)

// tally counts the places of one block.
type tally struct {
	block ast.Node
	count int
}

// Parse reads one place, or leaves it as text.
func (b bounded) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	seen, _ := pc.Get(b.tally).(*tally)
	if seen == nil || seen.block != parent {
		seen = &tally{block: parent}
		pc.Set(b.tally, seen)
	}
	if seen.count++; seen.count > maxRuns {
		return nil
	}
	return b.InlineParser.Parse(parent, block, pc)
}

// CloseBlock ends what is open at the end of a block.
func (b bounded) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if closer, ok := b.InlineParser.(parser.CloseBlocker); ok {
		closer.CloseBlock(parent, block, pc)
	}
}

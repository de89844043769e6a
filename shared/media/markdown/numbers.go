package markdown

import (
	"bytes"
	"strconv"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// numbered is the parser of lists with a narrower idea of the numbers that make one. To CommonMark every number with a point
// at the start of a line is an item, and the items of a list are counted from the first: 3. 1. 삼일절, 5. 5. 어린이날 would become
// a list of 3 and 4, with lists of 1 and 5 in it. Here a number stays what was written:
//
//   - Items count up by one, from 1 or from what the first says; an item that does not ends the list and is text, or the
//     first of another list.
//   - A list begins at 1 or with two items that count up, or it goes on where the last list beside it ended. Unless it
//     begins at 1, its first item does not begin with a digit: 4. 19 혁명 and 3. 2.(월) are dates.
//   - A number right behind the sign of another item begins a list only with a second item, and 1. 5. 시무식, whose point
//     follows another number with a point, only as one of several.
type numbered struct {
	parser.BlockParser
	paragraphs parser.BlockParser
}

// newNumbered returns the parser of lists.
func newNumbered() parser.BlockParser {
	return numbered{parser.NewListParser(), parser.NewParagraphParser()}
}

// broken says under its key that a list has just ended since the next number does not count on.
var broken = parser.NewContextKey()

// Open begins a list, or a paragraph where a number that does not count on ends a list: it belongs to none of its items.
func (n numbered) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	ended := pc.Get(broken) == any(true)
	pc.Set(broken, nil)
	line, segment := reader.PeekLine()
	_, item := parent.(*ast.List) // which Continue has let through
	if m, ok := markerOf(line); ok && !item && !n.begins(m, segment, parent, reader.Source(), pc) {
		if ended {
			return n.paragraphs.Open(parent, reader, pc)
		}
		return nil, parser.NoChildren
	}
	return n.BlockParser.Open(parent, reader, pc)
}

// Continue keeps a list open while its numbers count up.
func (n numbered) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	list, is := node.(*ast.List)
	if !is {
		return n.paragraphs.Continue(node, reader, pc)
	}
	state := n.BlockParser.Continue(node, reader, pc)
	if state&parser.Continue == 0 || !list.IsOrdered() {
		return state
	}
	line, _ := reader.PeekLine()
	m, ok := markerOf(line)
	last, _ := node.LastChild().(*ast.ListItem)
	indent, _ := util.IndentWidth(line, reader.LineOffset())
	inside := last != nil && indent >= last.Offset && last.ChildCount() > 0
	if ok && !inside && !m.is(list.Start+list.ChildCount(), list.Marker) {
		pc.Set(broken, true)
		return parser.Close
	}
	return state
}

// Close ends a list, or a paragraph.
func (n numbered) Close(node ast.Node, reader text.Reader, pc parser.Context) {
	if node.Kind() == ast.KindList {
		n.BlockParser.Close(node, reader, pc)
		return
	}
	n.paragraphs.Close(node, reader, pc)
}

// marker is a number with a point, or a closing bracket, at the start of a line.
type marker struct {
	indent  int    // before it
	digits  string // as written
	point   byte   // what follows it
	content []byte // of the line behind it, without white space before
}

// markerOf reads the sign of an item of an ordered list, as CommonMark has it.
func markerOf(line []byte) (marker, bool) {
	rest := bytes.TrimLeft(line, " ")
	indent := len(line) - len(rest)
	behind := bytes.TrimLeft(rest, "0123456789")
	digits := len(rest) - len(behind)
	if indent > 3 || digits < 1 || digits > 9 || len(behind) == 0 || behind[0] != '.' && behind[0] != ')' {
		return marker{}, false
	}
	content := bytes.TrimLeft(behind[1:], " \t\r\n")
	if len(content) == len(behind)-1 && len(content) > 0 {
		return marker{}, false
	}
	return marker{indent, string(rest[:digits]), behind[0], content}, true
}

// number is that of m, which has at most nine digits.
func (m marker) number() int {
	n, _ := strconv.Atoi(m.digits)
	return n
}

// is says whether m is written as a list writes a number.
func (m marker) is(number int, point byte) bool {
	return m.digits == strconv.Itoa(number) && m.point == point
}

// dated says whether a number is the first thing in the item, as in 4. 19 혁명.
func (m marker) dated() bool { return len(m.content) > 0 && m.content[0] >= '0' && m.content[0] <= '9' }

// begins says whether a list begins at m, which stands on the line of segment in a block of parent.
func (n numbered) begins(m marker, segment text.Segment, parent ast.Node, source []byte, pc parser.Context) bool {
	first := m.number()
	if !m.is(first, m.point) || first != 1 && m.dated() { // 09. 01. is no number of a list
		return false
	}
	if counts(m, segment, source) {
		return true
	}
	if next := following(m, segment, source); next != nil && next.point == m.point {
		return false // 1. and 1., 1. and 3.
	}
	if _, nested := parent.(*ast.ListItem); nested && parent.ChildCount() == 0 {
		return false
	}
	if first == 1 {
		_, point := markerOf(m.content)
		return !point && !behindNumber(parent, source, pc)
	}
	return continues(first, m.point, parent)
}

// counts says whether the next item counts up from m.
func counts(m marker, segment text.Segment, source []byte) bool {
	next := following(m, segment, source)
	return next != nil && next.is(m.number()+1, m.point)
}

// most is how many lines behind an item are looked at for the next.
const most = 500

// following returns the marker that would be the next item of a list that begins at m, nil where none is.
func following(m marker, segment text.Segment, source []byte) *marker {
	start := bytes.LastIndexByte(source[:segment.Start], '\n') + 1
	outside := width(source[start:segment.Start]) - segment.Padding // of what parent takes
	inside := outside + m.indent + len(m.digits) + 2
	blank := false
	rest := source[min(segment.Stop, len(source)):]
	for i := 0; i < most && len(rest) > 0; i++ {
		line, behind, _ := bytes.Cut(rest, []byte{'\n'})
		rest = behind
		content := bytes.TrimLeft(line, " \t>")
		at := width(line[:len(line)-len(content)])
		if len(bytes.TrimSpace(content)) == 0 {
			blank = true
			continue
		}
		if at >= inside { // of the item
			blank = false
			continue
		}
		if next, ok := markerOf(content); ok && at >= outside {
			return &next
		}
		if blank || at < outside {
			return nil
		}
	}
	return nil
}

// width is how many columns s takes.
func width(s []byte) int {
	columns := 0
	for _, c := range s {
		if c == '\t' {
			columns += 4 - columns%4
		} else {
			columns++
		}
	}
	return columns
}

// behindNumber says whether the paragraph before the line, or which it would interrupt, begins with a number that began no
// list: a single 1. behind others that do not count up is like them.
func behindNumber(parent ast.Node, source []byte, pc parser.Context) bool {
	paragraph, is := parent.LastChild().(*ast.Paragraph)
	if open, isOpen := pc.LastOpenedBlock().Node.(*ast.Paragraph); isOpen && open.Parent() == parent {
		paragraph, is = open, true
	}
	if !is || paragraph.Lines().Len() == 0 {
		return false
	}
	line := paragraph.Lines().At(paragraph.Lines().Len() - 1)
	_, number := markerOf(line.Value(source))
	return number
}

// continues says whether the last list in parent, some paragraphs or a table before, ended just below number.
func continues(number int, point byte, parent ast.Node) bool {
	n := parent.LastChild()
	for range most {
		if n == nil {
			return false
		}
		if list, is := n.(*ast.List); is && list.IsOrdered() {
			return list.Marker == point && list.Start+list.ChildCount() == number
		}
		n = n.PreviousSibling()
	}
	return false
}

package markdown

import (
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// emphasis is CommonMark's * and _ with the rule of flanking relaxed beside Chinese, Japanese and Korean characters.
//
// CommonMark lets a run of asterisks behind punctuation close only before a space or punctuation. Korean particles follow
// without a space, so that **"강조"**는 would show its asterisks. The relaxed rule is that of
// github.com/tats-u/markdown-cjk-friendly: a CJK character beside a run counts as a space would. It is not relaxed where the sign
// of a footnote stands (이름*, 학번*은 필수), before punctuation that ends something; and 3*4=12 is no emphasis.
type emphasis struct{}

// Trigger returns the delimiters.
func (emphasis) Trigger() []byte { return []byte{'*', '_'} }

// Parse reads a run of delimiters.
func (e emphasis) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	run := scan(block, e)
	push(run, block, pc)
	return run
}

// IsDelimiter says whether b is one of Trigger.
func (emphasis) IsDelimiter(b byte) bool { return b == '*' || b == '_' }

// CanOpenCloser says whether two runs belong together.
func (emphasis) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}

// OnMatch returns the node for a pair: em for one delimiter, strong for two.
func (emphasis) OnMatch(consumes int) ast.Node { return ast.NewEmphasis(consumes) }

// strikethrough is GFM's ~~, with the same relaxed rule, and with exactly two tildes: one is how Koreans write a range, and
// 10:00~12:00, 14:00~16:00 must not be struck out.
type strikethrough struct{}

// Trigger returns the delimiter.
func (strikethrough) Trigger() []byte { return []byte{'~'} }

// Parse reads a run of two tildes.
func (s strikethrough) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if block.PrecendingCharacter() == '~' {
		return nil
	}
	run := scan(block, s)
	if run.OriginalLength != 2 {
		return nil
	}
	push(run, block, pc)
	return run
}

// IsDelimiter says whether b is a tilde.
func (strikethrough) IsDelimiter(b byte) bool { return b == '~' }

// CanOpenCloser says whether two runs belong together.
func (strikethrough) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}

// OnMatch returns the node for a pair.
func (strikethrough) OnMatch(int) ast.Node { return extast.NewStrikethrough() }

// push hands a run to the parser, which finds its pair at the end of the block.
func push(run *parser.Delimiter, block text.Reader, pc parser.Context) {
	_, segment := block.PeekLine()
	run.Segment = segment.WithStop(segment.Start + run.OriginalLength)
	block.Advance(run.OriginalLength)
	pc.PushDelimiter(run)
}

// scan is parser.ScanDelimiter with the relaxed rule (CommonMark 0.31, section 6.2).
func scan(block text.Reader, processor parser.DelimiterProcessor) *parser.Delimiter {
	before := block.PrecendingCharacter()
	line, _ := block.PeekLine()
	length := 1
	for length < len(line) && line[length] == line[0] {
		length++
	}
	after := rune(' ')
	if length < len(line) {
		after = util.ToRune(line, length)
	}
	left := !util.IsSpaceRune(after) && (!punctuation(after) || parts(before) && (!ends(after) || !unicode.IsLetter(before)))
	right := !util.IsSpaceRune(before) && (!punctuation(before) || parts(after))
	if unicode.IsDigit(before) && unicode.IsDigit(after) {
		left, right = false, false
	}
	open, closing := left, right
	if line[0] == '_' {
		open = left && (!right || util.IsPunctRune(before))
		closing = right && (!left || util.IsPunctRune(after))
	}
	return parser.NewDelimiter(open, closing, length, line[0], processor)
}

// parts says whether a run may begin or end beside r when punctuation is on its other side.
func parts(r rune) bool { return util.IsSpaceRune(r) || util.IsPunctRune(r) || cjk(r) }

// ends says whether r is punctuation behind a word, not before one.
func ends(r rune) bool { return strings.ContainsRune(",.;:!?)]}", r) }

func punctuation(r rune) bool { return util.IsPunctRune(r) && !cjk(r) }

// cjk says whether r is a letter or a sign of Chinese, Japanese or Korean.
func cjk(r rune) bool {
	return unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana) || util.IsEastAsianWideRune(r)
}

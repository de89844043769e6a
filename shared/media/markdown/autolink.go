package markdown

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/madang-council/madang/shared/text"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	gmtext "github.com/yuin/goldmark/text"
)

// bare makes links of addresses that stand in the text as they are: https and http, www., tel: and mail addresses, wherever
// they begin, also behind Hangul, emoji, brackets and colons.
//
// Where they end: at white space, at what is no letter of an address, such as 」 or an emoji, before the punctuation of the
// sentence and a bracket that opened before, and before Hangul that goes on with the sentence. A part written in ASCII ends
// before Hangul: of https://example.com/form에서 the last two syllables are the sentence's. A part that begins with another
// script, right behind one of / ? # & =, belongs to the address whole, as in https://ko.wikipedia.org/wiki/한국, but for
// particles that hardly ever end a name (에서, 까지, 부터, 으로, 를 and longer ones).
type bare struct{}

// inText is the attribute of an address that stands in the text without the brackets of <https://example.com>.
const inText = "in-text"

// Trigger returns what every address has inside.
func (bare) Trigger() []byte { return []byte{':', '.', '@'} }

var (
	webScheme  = pattern(`(?i)(?:^|[^a-z0-9+.-])(https?)$`)
	telScheme  = pattern(`(?i)(?:^|[^a-z0-9+.-])(tel)$`)
	mailScheme = pattern(`(?i)(?:^|[^a-z0-9+.-])(mailto)$`)
	www        = pattern(`(?i)(?:^|[^a-z0-9@/._-])(www)$`)
	mailLocal  = pattern(`(?i)(?:^|[^a-z0-9._%+-])([a-z0-9][a-z0-9._%+-]{0,63})$`)
	mailbox    = pattern(`(?i)^[a-z0-9._%+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}`)
	telephone  = pattern(`^\+?[0-9](?:[0-9]|[-.()][-.()]?[0-9]){2,23}`)
	particle   = pattern(`(?:에서|까지|부터|으로|에게|에)(?:는|도|만|의)$|(?:에서|까지|부터|으로|에게|를|이며|입니다)$`)
)

// Parse reads an address around one of the triggers.
func (b bare) Parse(parent ast.Node, block gmtext.Reader, pc parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if segment.Padding > 0 {
		return nil
	}
	switch line[0] {
	case ':':
		switch {
		case bytes.HasPrefix(line, []byte("://")):
			return b.link(parent, block, pc, webScheme(), webLength(line[3:], 3), ast.AutoLinkURL)
		case len(line) > 1:
			if n := b.link(parent, block, pc, telScheme(), length(telephone(), line[1:], 1), ast.AutoLinkURL); n != nil {
				return n
			}
			return b.link(parent, block, pc, mailScheme(), length(mailbox(), line[1:], 1), ast.AutoLinkURL)
		}
	case '.':
		return b.link(parent, block, pc, www(), webLength(line[1:], 1), ast.AutoLinkURL)
	case '@':
		local := mailLocal().FindSubmatch(before(parent, segment, block.Source(), pc))
		if local == nil {
			return nil
		}
		whole := length(mailbox(), append(bytes.Clone(local[1]), line...), 0)
		return b.link(parent, block, pc, mailLocal(), max(0, whole-len(local[1])), ast.AutoLinkEmail)
	}
	return nil
}

// length is how long a match at the beginning of s is, with what stands before it; 0 for none.
func length(expression *regexp.Regexp, s []byte, before int) int {
	if m := expression.FindIndex(s); m != nil {
		return before + m[1]
	}
	return 0
}

// reach is how far back the beginning of an address is looked for, in bytes: farther than any of the expressions reaches.
const reach = 80

// before returns the end of the text that ends where segment starts, of parent's last child. Underscores that mark nothing are text.
func before(parent ast.Node, segment gmtext.Segment, source []byte, pc parser.Context) []byte {
	last, is := parent.LastChild().(*ast.Text)
	for is && last.Segment.Stop == segment.Start {
		run, marks := last.PreviousSibling().(*parser.Delimiter)
		if !marks || run.Char != '_' || run.CanOpen || run.CanClose || run.Segment.Stop != last.Segment.Start {
			shown := last.Segment.Value(source)
			return shown[max(0, len(shown)-reach):]
		}
		stop := last.Segment.Stop
		parent.RemoveChild(parent, last)
		pc.RemoveDelimiter(run) // which leaves a text
		if last, is = parent.LastChild().(*ast.Text); is {
			last.Segment = last.Segment.WithStop(stop)
		}
	}
	return nil
}

// link takes the beginning of an address from the text before, which start finds, and length bytes from here on.
func (bare) link(parent ast.Node, block gmtext.Reader, pc parser.Context, start *regexp.Regexp, length int, kind ast.AutoLinkType) ast.Node {
	if length == 0 {
		return nil
	}
	_, segment := block.PeekLine()
	m := start.FindSubmatchIndex(before(parent, segment, block.Source(), pc))
	if m == nil {
		return nil
	}
	last, is := parent.LastChild().(*ast.Text)
	if !is {
		return nil
	}
	from := max(last.Segment.Start, last.Segment.Stop-reach) + m[2]
	if from == last.Segment.Start {
		parent.RemoveChild(parent, last)
	} else {
		last.Segment = last.Segment.WithStop(from)
	}
	block.Advance(length)
	link := ast.NewAutoLink(kind, ast.NewTextSegment(gmtext.NewSegment(from, segment.Start+length)))
	if start == www() {
		link.Protocol = []byte("http")
	}
	link.SetAttributeString(inText, true)
	link.SetPos(from)
	return link
}

// webLength is how much of s, which begins with a host, is an address, with what stands before it; 0 for none.
func webLength(s []byte, before int) int {
	whole := string(s[:addressEnd(string(s))])
	host := whole
	if end := strings.IndexAny(whole, "/?#"); end >= 0 {
		host = whole[:end]
	}
	host, port, _ := strings.Cut(host, ":")
	labels := strings.Split(host, ".")
	if len(labels) < 2 || slices.Contains(labels, "") || strings.Trim(port, "0123456789") != "" {
		return 0
	}
	top, _ := utf8.DecodeRuneInString(labels[len(labels)-1])
	numbers := len(labels) == 4 && strings.Trim(host, "0123456789.") == ""
	if !numbers && (!unicode.IsLetter(top) || utf8.RuneCountInString(labels[len(labels)-1]) < 2) {
		return 0
	}
	return before + len(whole)
}

// addressEnd is where the address ends that s begins with.
func addressEnd(s string) int {
	host, begun, other := true, false, false // begun: a letter of the part was read; other: its first was not of ASCII
	for i, r := range s {
		letter := unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
		switch {
		case strings.HasPrefix(s[i:], "~~"), strings.HasPrefix(s[i:], ",http"), strings.HasPrefix(s[i:], ";http"):
			return sentence(s[:i])
		case strings.ContainsRune("/?#&=", r) && (!host || strings.ContainsRune("/?#", r)), host && r == '.':
			host, begun = host && r == '.', false
		case host && r == '@':
			return 0
		case r < utf8.RuneSelf && letter:
			begun, other = true, begun && other
		case letter && !text.Blank(string(r)) && (!begun || other):
			begun, other = true, true
		case strings.ContainsRune("-_:", r), !host && strings.ContainsRune("~.!$'(),;%+@", r):
		default:
			return sentence(s[:i])
		}
	}
	return sentence(s)
}

// sentence is how much of s is left without what belongs to the sentence around an address.
func sentence(s string) int {
	for s != "" {
		end := s[len(s)-1]
		if strings.IndexByte("?!.,:;'_~(", end) < 0 && (end != ')' || strings.Count(s, ")") <= strings.Count(s, "(")) {
			break
		}
		s = s[:len(s)-1]
	}
	if m := particle().FindStringIndex(s); m != nil {
		if r, _ := utf8.DecodeLastRuneInString(s[:m[0]]); unicode.Is(unicode.Hangul, r) {
			return m[0]
		}
	}
	return len(s)
}

// Package markdown turns what members write into HTML that is safe to show, and into plain text for lists.
//
// The source is GitHub Flavored Markdown, with these differences: no HTML at all (what looks like a tag is shown as text),
// every line break is kept, as Korean writers expect, headings start at h2 below the page's own, and pictures come from the
// site only. Since line breaks are kept, joining lines of East Asian text has no use here; Korean has spaces between words
// and would lose them by it.
package markdown

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/madang-council/madang/shared/text"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Render returns src as HTML for the inside of an article.
//
// Two walls stand behind each other: the parser makes no element, address or attribute that is not meant, and the result
// goes through an allow-list. The elements are a, blockquote, br, code, del, em, h2 to h6, hr, img, input (a disabled box of
// a task list), li, ol, p, pre, strong, and those of tables. Links lead to https, http, mailto, tel or the site itself, those to
// other sites with rel="nofollow noopener noreferrer"; pictures lie under /files/, or are uploads by their ids
// (Pictures), and others become links; ids begin with
// "h-". The cost grows with the length of src, which the caller limits: about 30 ms for 100 KB of prose.
func Render(src string) string {
	var out bytes.Buffer
	// Writing to a buffer cannot fail, and nothing else in the renderers can.
	source := []byte(strings.ToValidUTF8(src, "\uFFFD"))
	if err := converter().Renderer().Render(&out, source, parse(converter(), source)); err != nil {
		return ""
	}
	return policy().SanitizeReader(&out).String()
}

// Plain returns the text of src as Render shows it, without markup: one line for each block, table cells separated by a tab,
// the alternative text for a picture, the numbers of lists before their items. It is text, to be escaped like any other.
func Plain(src string) string {
	tokens := nethtml.NewTokenizer(strings.NewReader(Render(src)))
	var out plain
	for {
		switch tokens.Next() {
		case nethtml.ErrorToken:
			return tidy(out.String())
		case nethtml.TextToken:
			out.text(string(tokens.Text()))
		default:
			out.tag(tokens.Token())
		}
	}
}

// plain gathers the text of a document.
type plain struct {
	strings.Builder
	cell   bool   // whether the last token ended a cell
	lists  []list // that are open
	number string // of the item that has begun, until there is something to stand before
}

// list is a list whose items have numbers, or an unordered one, without a point.
type list struct {
	next  int
	point string
}

func (p *plain) text(shown string) {
	if strings.TrimSpace(shown) == "" && (p.cell || p.number != "") {
		return
	}
	if p.number != "" {
		shown = strings.TrimLeft(shown, " ") // behind the box of a task
	}
	p.WriteString(p.number + shown)
	p.number = ""
}

// tag writes what stands in plain text for a tag.
func (p *plain) tag(token nethtml.Token) {
	end := token.Type == nethtml.EndTagToken
	p.cell = end && (token.DataAtom == atom.Td || token.DataAtom == atom.Th)
	switch token.DataAtom {
	case atom.Img:
		p.text(attribute(token, "alt"))
	case atom.Td, atom.Th:
		if end {
			p.WriteByte('\t')
		}
	case atom.Ul, atom.Ol:
		p.line()
		switch {
		case end:
			p.lists = p.lists[:len(p.lists)-1]
		case token.DataAtom == atom.Ul:
			p.lists = append(p.lists, list{})
		default:
			p.lists = append(p.lists, ordered(token))
		}
	case atom.Li:
		p.line()
		if last := &p.lists[len(p.lists)-1]; !end && last.point != "" {
			p.number = strconv.Itoa(last.next) + last.point + " "
			last.next++
		}
	case atom.P:
		if p.number == "" { // which stands beside the first paragraph of its item
			p.WriteByte('\n')
		}
	case atom.Br, atom.Hr, atom.Tr, atom.Pre, atom.Blockquote, atom.Table, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		p.line()
	}
}

// line ends the line, with the number of an item that shows nothing.
func (p *plain) line() {
	p.WriteString(p.number + "\n")
	p.number = ""
}

// ordered is the list that a tag begins.
func ordered(token nethtml.Token) list {
	l := list{next: 1, point: "."}
	if start, err := strconv.Atoi(attribute(token, "start")); err == nil {
		l.next = start
	}
	if attribute(token, "class") == bracketed {
		l.point = ")"
	}
	return l
}

func attribute(token nethtml.Token, name string) string {
	for _, a := range token.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// tidy drops empty lines and the white space at the ends of lines.
func tidy(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// Excerpt returns the beginning of Plain on one line, at most n characters, cut as text.Truncate does. Rows of tables, which
// say nothing without their columns, are left out where there is anything else, and what is no sentence is told from the next
// by a point: "장소 · 학생회관".
func Excerpt(src string, n int) string {
	lines := strings.Split(Plain(src), "\n")
	isRow := func(line string) bool { return strings.Contains(line, "\t") }
	if slices.ContainsFunc(lines, func(l string) bool { return !isRow(l) }) {
		lines = slices.DeleteFunc(lines, isRow)
	}
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteString(" ")
			if last, _ := utf8.DecodeLastRuneInString(lines[i-1]); !strings.ContainsRune(".!?…,;:。", last) {
				b.WriteString("· ")
			}
		}
		b.WriteString(strings.Join(strings.Fields(line), " "))
	}
	return text.Truncate(b.String(), n)
}

// pattern is a regular expression that is compiled at its first use, as converter is built.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// converter is built at the first use, so that a process that renders nothing does not pay for it, and never changes.
var converter = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithParser(parser.NewParser(
			// The defaults without the parsers of HTML.
			parser.WithBlockParsers(
				util.Prioritized(parser.NewSetextHeadingParser(), 100),
				util.Prioritized(parser.NewThematicBreakParser(), 200),
				util.Prioritized(shallow{newNumbered()}, 300),
				util.Prioritized(parser.NewListItemParser(), 400),
				util.Prioritized(parser.NewCodeBlockParser(), 500),
				util.Prioritized(parser.NewATXHeadingParser(), 600),
				util.Prioritized(fences{parser.NewFencedCodeBlockParser()}, 700),
				util.Prioritized(shallow{parser.NewBlockquoteParser()}, 800),
				util.Prioritized(parser.NewParagraphParser(), 1000),
			),
			parser.WithInlineParsers(
				util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
				util.Prioritized(parser.NewCodeSpanParser(), 100),
				util.Prioritized(bounded{brackets{parser.NewLinkParser()}, bracketTally}, 200),
				util.Prioritized(parser.NewAutoLinkParser(), 300),
				util.Prioritized(bounded{emphasis{}, runTally}, 500),
				util.Prioritized(bounded{strikethrough{}, runTally}, 500),
				util.Prioritized(bare{}, 999),
			),
			parser.WithParagraphTransformers(
				util.Prioritized(definitions{}, 100),
				util.Prioritized(boundedTable{extension.NewTableParagraphTransformer()}, 200),
			),
			parser.WithASTTransformers(
				util.Prioritized(extension.NewTableASTTransformer(), 0),
				util.Prioritized(house{}, 100),
			),
		)),
		goldmark.WithRendererOptions(
			html.WithHardWraps(),
			renderer.WithNodeRenderers(
				util.Prioritized(extension.NewTableHTMLRenderer(
					extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), 500),
				util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
				util.Prioritized(extension.NewTaskCheckBoxHTMLRenderer(), 500),
			),
		),
	)
})

// bracketed is the class of lists whose numbers were written as 1), so that the styles of pages write them so.
const bracketed = "bracketed"

// rel is what links to other sites carry: no weight in search engines for what members write, and no way back from there.
const rel = "nofollow noopener noreferrer"

// picture matches the addresses under which the site serves files. Segments never begin with a dot and hold no escapes, so
// that a browser cannot be led out of the folder.
var picture = pattern(`^/files(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+(?:\?[A-Za-z0-9=&_-]*)?$`)

// policy is the allow-list; like converter it is built once and never changes.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code",
		"em", "strong", "del", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^` + rel + `$`)).OnElements("a")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^pictures?$`)).OnElements("p")
	p.AllowAttrs("title").OnElements("a", "img")
	p.AllowAttrs("src").Matching(picture()).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^h-[\p{L}\p{M}\p{N}_-]+$`)).OnElements("h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^` + bracketed + `$`)).OnElements("ol")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(?:left|center|right)$`)).OnElements("th", "td")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[A-Za-z0-9+#_-]{1,32}$`)).OnElements("code")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	p.AllowAttrs("checked", "disabled").Matching(regexp.MustCompile(`^$`)).OnElements("input")
	return p
})

package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// Wrong is why a text cannot be read, with the line where it stopped.
type Wrong struct {
	Line int    // from 1
	Code string // of the field source
	Text problem.Text
}

// Warning is something that may be a mistake, and is taken as it is.
type Warning struct {
	Line int // from 1
	Text problem.Text
}

// Problem is w for the caller.
func (w *Wrong) Problem() *problem.Error {
	said := problem.Text{KO: fmt.Sprintf("%d번째 줄: %s", w.Line, w.Text.KO), EN: fmt.Sprintf("Line %d: %s", w.Line, w.Text.EN)}
	return problem.New(problem.Invalid, w.Code, said.KO, said.EN).With(problem.Field{Name: "source", Code: w.Code, Message: said})
}

// Codes of Wrong. They never change.
const (
	noArticles      = "no-articles"
	articleRepeated = "article-repeated"
	numberRepeated  = "number-repeated"
	nothingBefore   = "nothing-before"
	unclosed        = "heading-unclosed"
	tooLong         = "article-too-long"
	tooMany         = "too-many-articles"
	misplaced       = "heading-misplaced"
	brokenNumber    = "number-broken"
)

// Codes are those of texts that cannot be read.
func Codes() []string {
	return []string{noArticles, articleRepeated, numberRepeated, nothingBefore, unclosed, tooLong, tooMany, misplaced, brokenNumber}
}

// Parse reads a text in the usual notation:
//
//	제1편 | 제2장 | 제3절 | 제4관, each with a name behind it or on the line below
//	제12조(명칭)   제12조의2 (명칭)   제12조 삭제 <2025. 3. 2.>   제12조 where it is the next number
//	① to ㊿, or 1항 where it is the next number     a 항
//	1.   1의2.                                      a 호
//	가.                                             a 목, where it is the next letter
//	부칙   부칙 <2026. 3. 1.>   부칙(제14호, 2026. 3. 1.)
//	[별표 1] 수당표   [별지 제3호 서식] 신청서   [별표]; without brackets where nothing else is on the line and the
//	                  number is the next                      an annex: what follows is its own, each line as it is
//	전문, on the first line
//
// The source is as package text cleans it. A line with a point, as ○ or (1), begins a paragraph; what looks as if it
// opened a part, and does not, is told as a warning.
// Digits and brackets may be wide, with spaces as in 제 3 조, and Hangul in letters. Every other
// line continues the one before; an empty line before it begins a paragraph. A number that comes
// twice is wrong; gaps are warnings. The second result is nil where the third is not.
func Parse(source string) (Text, []Warning, *Wrong) {
	p := parser{articles: map[string]int{}, headings: map[string]int{}}
	for i, line := range strings.Split(text.NFC(source), "\n") {
		p.line = i + 1
		line = unseen.Replace(line)
		if strings.TrimSpace(line) == "" {
			p.gap, p.blank = true, append(p.blank, line)
			continue
		}
		if wrong := p.read(line); wrong != nil {
			return Text{}, nil, wrong
		}
		p.gap, p.blank = false, p.blank[:0]
	}
	p.close()
	if !slices.ContainsFunc(p.text.Nodes, func(n Node) bool { return n.Article != nil && n.Article.Main() }) {
		return Text{}, nil, p.wrong(noArticles, "조가 하나도 없습니다. 조는 ‘제1조(목적)’처럼 줄 처음에 씁니다.", "There is no 조: one begins a line, as 제1조(목적).")
	}
	return p.text, p.warnings, nil
}

var (
	unseen = strings.NewReplacer("\ufeff", "", "\u200b", "", "\u2060", "", "\u00ad", "") // what word processors leave in lines
	// looks begins a line as the number of a part does; where it did not open one, somebody should look.
	looks = regexp.MustCompile(`^[제第]\s*[0-9]+\s*([-의]\s*[0-9]+\s*)?[조장절관편條章節]|^[\[【<〈]?\s*(별표|별지)`)
	// points are lines as ○ 하나, (1) 하나, 1) 하나, [별표 1]: no notation, but lines of their own.
	points = regexp.MustCompile(`^([○●◎◇◆□■△▲▽▼▷▶◦∙•※*–—\-\[【<〈⑴-⒇㉠-㉻ⓐ-ⓩⅠ-Ⅻⅰ-ⅻ\x{E000}-\x{F8FF}]|\(?([0-9]{1,3}|[가-하a-zA-Z])\)|별표|별지)`)
)

// parser reads line by line.
type parser struct {
	text     Text
	warnings []Warning
	line     int      // the present one, from 1
	gap      bool     // the line before was empty
	blank    []string // the lines before that show nothing, as they are
	size     int      // of the open article, in bytes

	open *string         // the text that lines continue, as it was when it was opened
	said strings.Builder // what it says now

	path     []Heading
	articles map[string]int // lines by numbers
	headings map[string]int // lines by paths
	last     place          // the last 조 of the text itself
	items    items
	inside   bool                 // in a 부칙, or behind one
	annexes  [classForm + 1]place // the last of each kind
}

// items are the last numbers of each rank in the open article.
type items [Point + 1]place

// open sets the number of a rank, and forgets those below.
func (i *items) open(r Rank, n place) {
	i[r] = n
	for below := r + 1; below <= Point; below++ {
		i[below] = place{}
	}
}

func (p *parser) wrong(code, ko, en string) *Wrong {
	return &Wrong{Line: p.line, Code: code, Text: problem.Text{KO: ko, EN: en}}
}

func (p *parser) warn(ko, en string) {
	const most = 100 // that anybody reads
	if len(p.warnings) < most {
		p.warnings = append(p.warnings, Warning{Line: p.line, Text: problem.Text{KO: ko, EN: en}})
	}
}

// article is the open one, nil behind a heading.
func (p *parser) article() *Article {
	if len(p.text.Nodes) == 0 {
		return nil
	}
	return p.text.Nodes[len(p.text.Nodes)-1].Article
}

// read takes a line that shows something.
func (p *parser) read(raw string) *Wrong {
	line := strings.TrimSpace(raw)
	if taken, wrong := p.annex(line); taken || wrong != nil {
		return wrong
	}
	if a := p.article(); a != nil && a.Annex() {
		if taken, wrong := p.supplement(line); taken || wrong != nil {
			return wrong
		}
		return p.content(raw, line)
	}
	if broken.MatchString(string(narrow([]rune(line)))) {
		return p.wrong(brokenNumber, "번호 중간에서 줄이 끊겼습니다. 다음 줄과 이어 쓰세요.", "The line ends within a number: join it with the next.")
	}
	for _, take := range []func(string) (bool, *Wrong){p.preamble, p.heading, p.supplement, p.rule, p.item} {
		if taken, wrong := take(line); taken || wrong != nil {
			return wrong
		}
	}
	return p.more(line)
}

// add opens an article.
func (p *parser) add(a Article) *Wrong {
	if before, there := p.articles[a.Number]; there {
		ko, en := fmt.Sprintf("%s %d번째 줄에 이미 있습니다.", with("가", Called(a.Number)), before), fmt.Sprintf("%s is on line %d already.", Called(a.Number), before)
		if strings.HasPrefix(a.Number, Supplement) {
			ko, en = ko+" 부칙이 여럿이면 ‘부칙 <2026. 3. 1.>’처럼 날짜를 달리 쓰세요.", en+" Give each its date, as 부칙 <2026. 3. 1.>."
		}
		return p.wrong(articleRepeated, ko, en)
	}
	if len(p.articles) == MostArticles {
		return p.wrong(tooMany, fmt.Sprintf("조문은 %d개까지입니다.", MostArticles), fmt.Sprintf("At most %d articles.", MostArticles))
	}
	p.articles[a.Number] = p.line
	a.Path = slices.Clone(p.path)
	p.text.Nodes = append(p.text.Nodes, Node{Article: &a})
	p.items, p.size = items{}, 0
	return nil
}

func (p *parser) preamble(line string) (bool, *Wrong) {
	if len(p.text.Nodes) > 0 || strings.ReplaceAll(line, " ", "") != Preamble {
		return false, nil
	}
	return true, p.add(Article{Number: Preamble})
}

// heading takes 제2장 회원.
func (p *parser) heading(line string) (bool, *Wrong) {
	s := scan(line)
	n, level, ok := s.numbered(units[Part], units[Chapter], units[Section], units[Subsection])
	if !ok || !s.ends() && !strings.ContainsRune(".: ", s.next()) {
		return false, nil
	}
	name := strings.TrimLeftFunc(s.rest(), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(".:-–—．：", r) })
	if joins(name) {
		return false, nil
	}
	h := Heading{Level: Level(level + 1), Number: n.String(), Name: name}
	if p.inside {
		return true, p.wrong(misplaced, "부칙 뒤에 "+with("가", h.Called())+" 올 수 없습니다.", h.Called()+" cannot stand behind a 부칙.")
	}
	if wrong := p.named(name); wrong != nil {
		return true, wrong
	}
	p.path = slices.DeleteFunc(slices.Clone(p.path), func(above Heading) bool { return above.Level >= h.Level })
	p.path = append(p.path, h)
	key := Article{Path: p.path}.path()
	if before, there := p.headings[key]; there {
		return true, p.wrong(numberRepeated, fmt.Sprintf("%s %d번째 줄에 이미 있습니다.", with("가", h.Called()), before), fmt.Sprintf("%s is on line %d already.", h.Called(), before))
	}
	if len(p.headings) == MostArticles {
		return true, p.wrong(tooMany, fmt.Sprintf("장과 절은 %d개까지입니다.", MostArticles), fmt.Sprintf("At most %d headings.", MostArticles))
	}
	p.headings[key] = p.line
	p.text.Nodes = append(p.text.Nodes, Node{Heading: &h})
	return true, nil
}

// named refuses a name that is too long.
func (p *parser) named(name string) *Wrong {
	if text.Count(name) > MostName {
		return p.wrong(tooLong, fmt.Sprintf("이름은 %d자까지입니다.", MostName), fmt.Sprintf("A name has at most %d characters.", MostName))
	}
	return nil
}

// supplement takes 부칙 <2026. 3. 1.>.
func (p *parser) supplement(line string) (bool, *Wrong) {
	s := scan(line)
	if !s.word("부") || !s.spaces() || !s.word("칙") {
		return false, nil
	}
	s.spaces()
	name, found, closed := s.bracket("<>", "()", "〈〉", "[]", "【】")
	switch {
	case !found && !s.ends():
		return false, nil
	case found && !closed:
		return true, p.wrong(unclosed, "괄호를 닫지 않았습니다.", "A bracket is not closed.")
	}
	if s.spaces(); !s.ends() {
		return false, nil
	}
	if len(p.text.Nodes) == 0 {
		return true, p.wrong(nothingBefore, "부칙 앞에 본칙이 없습니다.", "Nothing stands before the 부칙.")
	}
	if wrong := p.named(name); wrong != nil {
		return true, wrong
	}
	p.inside, p.path = true, nil
	return true, p.add(Article{Number: Supplement + dated(name), Name: name})
}

// dated are the eight digits of the last date in a text, as of 제14호, 2026. 3. 1.; "" for none.
func dated(s string) string {
	fields := strings.FieldsFunc(string(narrow([]rune(s))), func(r rune) bool { return r < '0' || r > '9' })
	for i := len(fields) - 3; i >= 0; i-- {
		if y, m, d := fields[i], fields[i+1], fields[i+2]; len(y) == 4 && len(m) <= 2 && len(d) <= 2 {
			day := fmt.Sprintf("%s-%02s-%02s", y, m, d)
			if _, ok := Day(day); ok {
				return strings.ReplaceAll(day, "-", "")
			}
		}
	}
	return ""
}

// annex takes [별표 1] 수당표 and [별지 제1호 서식] 신청서.
func (p *parser) annex(line string) (bool, *Wrong) {
	s := scan(line)
	inside, found, closed := s.bracket("[]", "【】", "〈〉", "<>")
	bracketed := found && closed
	if !bracketed {
		inside, s = line, scan("")
	}
	number, ok := NumberOf(string(narrow([]rune(inside))))
	if !ok || classOf(number) < classSchedule {
		return false, nil
	}
	spaced := s.space()
	name := s.rest()
	switch {
	case name != "" && (!spaced || joins(name)):
		return false, nil // [별표 1]에 따라, at the beginning of a line
	case !bracketed && !placeOf(number).follows(p.annexes[classOf(number)]):
		return false, nil // 별표 1, as a line may end or begin that mentions it
	}
	if len(p.text.Nodes) == 0 {
		return true, p.wrong(nothingBefore, "‘"+begun(line)+"’ 앞에 본칙이 없습니다.", "Nothing stands before the annex.")
	}
	if wrong := p.named(name); wrong != nil {
		return true, wrong
	}
	p.close()
	p.path = nil
	if at := placeOf(number); p.annexes[classOf(number)].before(at) {
		p.annexes[classOf(number)] = at
	}
	return true, p.add(Article{Number: number, Name: name})
}

// content is a line of an annex, as it was written, behind those before it that show nothing; an annex neither begins nor ends
// with such lines. Where no 부칙 stood before it, the next 조 would be lost in it.
func (p *parser) content(raw, line string) *Wrong {
	if s := scan(line); !p.inside {
		if n, _, ok := s.numbered("조"); ok && n.follows(p.last) {
			return p.wrong(misplaced, "별표와 별지 뒤에 조가 올 수 없습니다. 글의 끝으로 옮기세요.", "No 조 stands behind an annex: move the annex to the end.")
		}
	}
	if looks.MatchString(string(narrow([]rune(line)))) {
		p.warn("이 줄은 별표의 내용으로 읽었습니다: "+begun(line), "The line was read as a part of the annex: "+begun(line))
	}
	a := p.article()
	if p.open != &a.Text {
		p.close()
		p.open = &a.Text
	}
	lines := []string{raw}
	if p.said.Len() > 0 {
		lines = append(slices.Clone(p.blank), raw)
		p.said.WriteByte('\n')
	}
	before := p.said.Len()
	p.said.WriteString(strings.Join(lines, "\n"))
	return p.grown(p.said.Len() - before + 1)
}

// rule takes 제12조(명칭) and what stands behind it. In a 부칙 it is an item.
func (p *parser) rule(line string) (bool, *Wrong) {
	s := scan(line)
	n, _, ok := s.numbered("조")
	if !ok {
		return false, nil
	}
	last := p.last
	if p.inside {
		last = p.items[Rule]
	}
	spaced := s.space()
	if rest := s.rest(); spaced && deleted.MatchString(rest) {
		return true, p.begin(n, "", rest)
	}
	name, found, closed := s.bracket(brackets...)
	rest := s.rest()
	switch {
	case found && !closed:
		return true, p.wrong(unclosed, "조문 이름의 괄호를 닫지 않았습니다.", "The bracket of the article's name is not closed.")
	case found && !s.space() && !s.ends() && unicode.IsLetter(s.next()) && !n.follows(last):
		return false, nil // 제12조(회의의 공개)에 따라, at the beginning of a line
	case found && joins(rest):
		return false, nil // 제12조(회의) 및 제13조
	case found && name == "":
		return true, p.wrong(unclosed, "괄호 안에 조문 이름이 없습니다.", "There is no name in the bracket.")
	case found:
		if wrong := p.named(name); wrong != nil {
			return true, wrong
		}
		return true, p.begin(n, name, strings.TrimSpace(rest))
	case s.ends() || spaced && bare(n, last, rest):
		return true, p.begin(n, "", rest)
	default:
		return false, nil
	}
}

// brackets are those that the name of an article may stand in; opening are the first of each.
var brackets = []string{"()", "[]", "【】", "〔〕", "〈〉", "<>"}

const opening = "([【〔〈<"

// bare says whether an article without a name begins: 제2조 회원은, where it is the next, and not
// 제2조 및, as a line may go on that mentions it.
func bare(n, last place, rest string) bool {
	return n.follows(last) && !joins(rest) && !mentions(rest) && !strings.ContainsRune(opening, scan(rest).next())
}

// begin opens a 조 with what stands on its line.
func (p *parser) begin(n place, name, rest string) *Wrong {
	if p.inside {
		mark := Article{Number: n.String(), Name: name}.Title()
		if wrong := p.put(Rule, n, mark, ""); wrong != nil {
			return wrong
		}
	} else {
		if wrong := p.add(Article{Number: n.String(), Name: name}); wrong != nil {
			return wrong
		}
		switch {
		case n.before(p.last):
			p.warn(fmt.Sprintf("%s %s보다 뒤에 있습니다.", with("가", Called(n.String())), Called(p.last.String())), fmt.Sprintf("%s stands behind %s.", Called(n.String()), Called(p.last.String())))
		case !n.follows(p.last):
			p.warn(fmt.Sprintf("%s 앞의 번호가 비어 있습니다.", Called(n.String())), fmt.Sprintf("There is a gap before %s.", Called(n.String())))
		}
		if p.last.before(n) {
			p.last = n
		}
	}
	if rest == "" {
		return nil
	}
	if taken, wrong := p.item(rest); taken || wrong != nil {
		return wrong
	}
	p.gap = false
	return p.more(rest)
}

// put adds an item to the open article.
func (p *parser) put(r Rank, n place, mark, said string) *Wrong {
	a := p.article()
	if a == nil {
		return p.wrong(nothingBefore, "‘"+mark+"’ 앞에 조가 없습니다.", "There is no 조 before "+mark+".")
	}
	last := p.items[r]
	if n == last || n.before(last) {
		return p.wrong(numberRepeated, "앞에 이미 있거나 순서가 바뀐 번호입니다: ‘"+mark+"’", mark+" was there before, or is out of order.")
	}
	if !n.follows(last) {
		p.warn("‘"+mark+"’ 앞의 번호가 비어 있습니다.", "There is a gap before "+mark+".")
	}
	p.items.open(r, n)
	p.close()
	a.Items = append(a.Items, Item{Rank: r, Mark: mark, Text: said})
	return p.grown(len(mark) + len(said))
}

// grown refuses an article that is too long, by bytes of which a syllable has three.
func (p *parser) grown(by int) *Wrong {
	if p.size += by; p.size > 3*MostArticle {
		return p.wrong(tooLong, fmt.Sprintf("조문 하나는 %d자까지입니다.", MostArticle), fmt.Sprintf("An article has at most %d characters.", MostArticle))
	}
	return nil
}

// item takes ①, 1항, 1. and 가., with what stands behind them.
func (p *parser) item(line string) (bool, *Wrong) {
	s := scan(line)
	if n := circled(s.next()); n > 0 {
		s.skip()
		s.space()
		return true, p.put(Paragraph, place{n, 0}, string(circle(n)), s.rest())
	}
	if n, ok := s.number(); ok {
		if s.word("항") {
			if (s.ends() || s.space()) && n <= mostCircled && n == p.items[Paragraph].n+1 && p.article() != nil {
				return true, p.put(Paragraph, place{n, 0}, string(circle(n)), s.rest())
			}
			return false, nil
		}
		sub := 0
		if s.word("의") {
			if sub, ok = s.number(); !ok {
				return false, nil
			}
		}
		if n > 999 || !s.word(".") || s.partOfDate() {
			return false, nil
		}
		at := place{n, sub}
		return true, p.put(Clause, at, at.String()+".", s.rest())
	}
	if n := lettered(s.next()); n > 0 {
		mark := string(s.next()) + "."
		s.skip()
		if !s.word(".") || p.article() == nil || p.items[Clause] == (place{}) && p.items[Point] == (place{}) && n > 1 {
			return false, nil
		}
		last := p.items[Point].n
		switch {
		case n == last+1:
			return true, p.put(Point, place{n, 0}, mark, s.rest())
		case n == last:
			return true, p.wrong(numberRepeated, "앞에 이미 있는 번호입니다: ‘"+mark+"’", mark+" was there before.")
		}
	}
	return false, nil
}

// close writes the open text to its place: joined line by line a long one would cost its length each time.
func (p *parser) close() {
	if p.open != nil {
		*p.open = p.said.String()
	}
	p.open = nil
	p.said.Reset()
}

// begun is the beginning of a line.
func begun(line string) string {
	return text.Truncate(line, 20)
}

// more continues what was read last.
func (p *parser) more(line string) *Wrong {
	join := func(to *string) {
		if p.open != to {
			p.close()
			p.open = to
			p.said.WriteString(*to)
		}
		switch {
		case p.said.Len() == 0:
		case p.gap || points.MatchString(line):
			p.said.WriteByte('\n')
		default:
			p.said.WriteByte(' ')
		}
		p.said.WriteString(line)
	}
	if looks.MatchString(string(narrow([]rune(line)))) && len(p.text.Nodes) > 0 {
		p.warn("이 줄은 새 조나 장으로 읽지 않고 앞 글에 이어 읽었습니다: "+begun(line), "The line was read as a part of what stands before it: "+begun(line))
	}
	a := p.article()
	switch {
	case a != nil && len(a.Items) > 0:
		join(&a.Items[len(a.Items)-1].Text)
	case a != nil:
		join(&a.Text)
	case len(p.text.Nodes) > 0:
		h := p.text.Nodes[len(p.text.Nodes)-1].Heading
		h.Name = strings.TrimSpace(h.Name + " " + line)
		p.path[len(p.path)-1].Name = h.Name
		return p.named(h.Name)
	default:
		return p.wrong(nothingBefore, "첫 줄은 조나 장이어야 합니다. 제목은 지우고, 전문이 있으면 그 위에 ‘전문’이라고 쓰세요.", "The first line is a 조 or a 장. Leave the title out; write 전문 above a preamble.")
	}
	return p.grown(len(line) + 1)
}

package rule

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/madang-council/madang/shared/text"
)

// Level is how high a heading stands.
type Level int

// The levels of headings, the highest first.
const (
	Part       Level = iota + 1 // 편
	Chapter                     // 장
	Section                     // 절
	Subsection                  // 관
)

// units are what levels are called in the text.
var units = map[Level]string{Part: "편", Chapter: "장", Section: "절", Subsection: "관"}

// Heading is the heading of a part of a text: 제2장 회원.
type Heading struct {
	Level  Level
	Number string // "2", "2의2"
	Name   string
}

// Called is the heading's number as it is written: 제2장, 제2장의2.
func (h Heading) Called() string {
	n, sub, more := strings.Cut(h.Number, "의")
	s := "제" + n + units[h.Level]
	if more {
		s += "의" + sub
	}
	return s
}

// String is the heading as it is written.
func (h Heading) String() string { return strings.TrimSpace(h.Called() + " " + h.Name) }

// Rank is what an item of an article is.
type Rank int

// The ranks of items, the highest first.
const (
	Rule      Rank = iota + 1 // 조 of a 부칙
	Paragraph                 // 항: ①
	Clause                    // 호: 1.
	Point                     // 목: 가.
)

// Item is a numbered part of an article. What stands below it follows it.
type Item struct {
	Rank Rank
	Mark string // as it is written: 제1조(시행일), ①, 1., 1의2., 가.
	Text string // paragraphs, with a line break between
}

// The numbers of what is no 조.
const (
	Preamble   = "전문"
	Supplement = "부칙" // with the digits of its date where it has one: 부칙20260301
	Schedule   = "별표" // a table or a list behind the text, with its number where it has one: 별표1의2
	Form       = "별지" // a form to fill in, likewise: 별지3
)

// Article is a 조 of a text, its preamble or one of its 부칙.
type Article struct {
	Number string // "12", "12의2"; or Preamble, Supplement, Schedule or Form
	Name   string // in brackets behind the number; of a 부칙 what stands in its brackets, of an annex what stands behind them
	Path   []Heading
	Text   string // before the items: paragraphs, with a line break between; all of an annex, its lines as they were written, cells with tabs between
	Items  []Item
	Key    string // the article through time; "" where a text was not stored
}

// Main says whether a is a 조 of the text itself.
func (a Article) Main() bool { return classOf(a.Number) == classMain }

// Annex says whether a is a 별표 or a 별지: its lines are as they were written.
func (a Article) Annex() bool { return classOf(a.Number) >= classSchedule }

// The parts of a text in their order.
const (
	classPreamble = iota
	classMain
	classSupplement
	classSchedule
	classForm
)

func classOf(number string) int {
	switch {
	case number == Preamble:
		return classPreamble
	case strings.HasPrefix(number, Supplement):
		return classSupplement
	case strings.HasPrefix(number, Schedule):
		return classSchedule
	case strings.HasPrefix(number, Form):
		return classForm
	default:
		return classMain
	}
}

// Called is a number as people say it: 제12조의2, 전문, 부칙20260301, 별표 1의2, 별지 제3호서식.
func Called(number string) string {
	if classOf(number) == classForm {
		n, sub, more := strings.Cut(strings.TrimPrefix(number, Form), "의")
		switch {
		case n == "":
			return Form
		case more:
			return Form + " 제" + n + "호의" + sub + "서식"
		default:
			return Form + " 제" + n + "호서식"
		}
	}
	if rest, is := strings.CutPrefix(number, Schedule); is && rest != "" {
		return Schedule + " " + rest
	}
	if n, sub, more := strings.Cut(number, "의"); digits.MatchString(n) {
		if more {
			return "제" + n + "조의" + sub
		}
		return "제" + n + "조"
	}
	return number
}

// with is what something is called, and the particle that fits it.
func with(particle, called string) string { return called + text.Particle(called, particle) }

// Addressed is a number as addresses have it: as it is called, without spaces.
func Addressed(number string) string { return strings.ReplaceAll(Called(number), " ", "") }

// Title is number and name: 제12조의2(회의의 공개).
func (a Article) Title() string {
	switch {
	case strings.HasPrefix(a.Number, Supplement) && a.Name != "":
		return Supplement + " " + bracketed(a.Name)
	case strings.HasPrefix(a.Number, Supplement):
		return Supplement
	case a.Annex():
		return strings.TrimSpace("[" + Called(a.Number) + "] " + a.Name)
	case a.Name != "":
		return Called(a.Number) + "(" + a.Name + ")"
	default:
		return Called(a.Number)
	}
}

// bracketed is a text in brackets that it does not have itself.
func bracketed(s string) string {
	if strings.ContainsAny(s, "<>") {
		return "(" + s + ")"
	}
	return "<" + s + ">"
}

// deleted is what is left of an article that is no longer there: 삭제 <2025. 3. 2.>.
var deleted = regexp.MustCompile(`^삭제(\s*[<〈\[(].*)?$`)

// Deleted says that the article says nothing but that it was deleted.
func (a Article) Deleted() bool {
	return len(a.Items) == 0 && (deleted.MatchString(a.Text) || a.Text == "" && (a.Name == "삭제" || a.Annex() && deleted.MatchString(a.Name)))
}

// Lines are what an article says, a line for each of its parts, with its title first.
func (a Article) Lines() []string {
	lines := []string{a.Title()}
	if a.Text != "" {
		lines = append(lines, strings.Split(a.Text, "\n")...)
	}
	for _, i := range a.Items {
		parts := strings.Split(strings.TrimSpace(i.Mark+" "+i.Text), "\n")
		lines = append(lines, parts...)
	}
	return lines
}

// Plain is what an article says without its title, for search.
func (a Article) Plain() string { return strings.Join(a.Lines()[1:], "\n") }

// Line is the beginning of what an article says.
func (a Article) Line() string {
	return line(a.Plain())
}

// Same says whether two articles say the same under the same number. The headings that they stand
// under are no part of them.
func (a Article) Same(b Article) bool {
	return a.Number == b.Number && a.Name == b.Name && a.Text == b.Text && slices.Equal(a.Items, b.Items)
}

// path are the headings that an article stands under, by their numbers.
func (a Article) path() string {
	list := []string{}
	for _, h := range a.Path {
		list = append(list, h.Called())
	}
	return strings.Join(list, " ")
}

// Node is a heading or an article; the other one is nil.
type Node struct {
	Heading *Heading
	Article *Article
}

// Text is a whole text: headings and articles in their order.
type Text struct{ Nodes []Node }

// Articles are those of a text in their order.
func (t Text) Articles() []Article {
	list := []Article{}
	for _, n := range t.Nodes {
		if n.Article != nil {
			list = append(list, *n.Article)
		}
	}
	return list
}

// Article is the one with a number.
func (t Text) Article(number string) (Article, bool) {
	for _, n := range t.Nodes {
		if n.Article != nil && n.Article.Number == number {
			return *n.Article, true
		}
	}
	return Article{}, false
}

var (
	digits    = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)
	numbers   = regexp.MustCompile(`^제?([1-9][0-9]{0,3})조?(?:의([1-9][0-9]{0,3}))?$`)
	otherwise = regexp.MustCompile(`^(전문|부칙([0-9]{8})?)$`)
	annexed   = regexp.MustCompile(`^[\[【〈<]?(별표|별지)(?:제?([1-9][0-9]{0,3})호?(?:의([1-9][0-9]{0,3}))?)?(?:호?서식)?[\]】〉>]?$`)
)

// NumberOf reads the number of an article as people write it: 12, 12의2, 제12조의2, 부칙20260301, 별표 1,
// 별지 제3호서식.
func NumberOf(s string) (string, bool) {
	s = text.Squeeze(s)
	if otherwise.MatchString(s) {
		return s, true
	}
	if m := annexed.FindStringSubmatch(s); m != nil {
		if m[3] != "" {
			m[2] += "의" + m[3]
		}
		return m[1] + m[2], true
	}
	m := numbers.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	if m[2] != "" {
		return m[1] + "의" + m[2], true
	}
	return m[1], true
}

// place is where a number stands among others.
type place struct{ n, sub int }

func placeOf(number string) place {
	a, b, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(number, Schedule), Form), "의")
	n, _ := strconv.Atoi(a)   // 0 for none
	sub, _ := strconv.Atoi(b) // 0 for none
	return place{n, sub}
}

func (p place) String() string {
	if p.sub > 0 {
		return strconv.Itoa(p.n) + "의" + strconv.Itoa(p.sub)
	}
	return strconv.Itoa(p.n)
}

// before says whether p comes before q.
func (p place) before(q place) bool { return p.n < q.n || p.n == q.n && p.sub < q.sub }

// follows says whether p is one of those that come directly after q.
func (p place) follows(q place) bool {
	sub := place{q.n, q.sub + 1}
	if q.sub == 0 {
		sub.sub = 2 // 12의2 is the first behind 12
	}
	return p == place{q.n + 1, 0} || p == sub
}

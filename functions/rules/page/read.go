package page

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
)

type readRequest struct {
	Slug string `path:"slug"`
	At   string `query:"at"`
}

// day is the day that was asked for.
func (r readRequest) day(ctx context.Context) (string, error) {
	if r.At == "" {
		return rule.Today(ctx), nil
	}
	if _, ok := rule.Day(r.At); !ok {
		var f check.Fields
		f.Add("at", "not-a-day", "날짜는 2026-03-01처럼 씁니다.", "A day, as 2026-03-01.")
		return "", f.Err()
	}
	return r.At, nil
}

// shelf is a rulebook as readers see it: drafts are the console's.
func (h handlers) shelf(ctx context.Context, slug string) (rule.Shelved, []*time.Time, error) {
	b, changes, err := h.rules.Shelf(ctx, slug)
	if err != nil {
		return b, nil, err
	}
	now := clock.Now(ctx)
	b.Versions = slices.DeleteFunc(slices.Clone(b.Versions), func(v rule.Version) bool { return !v.Public(now) })
	if len(b.Versions) == 0 {
		return b, nil, problem.Absent()
	}
	return b, changes, nil
}

func (h handlers) read(ctx context.Context, r *readRequest) (*ui.Answer, error) {
	b, changes, err := h.shelf(ctx, r.Slug)
	if err != nil {
		return nil, err
	}
	day, err := r.day(ctx)
	if err != nil {
		return nil, err
	}
	reading, err := h.rules.At(ctx, b, day)
	if p := problem.Find(err); p != nil && p.Code == "not-in-force" && r.At == "" {
		return h.idle(ctx, b, changes), nil
	}
	if err != nil {
		return nil, err
	}
	view := h.view(b.Title, ui.Query(rule.Path(b.Slug), "at", r.At), changes)
	view.Scripts, view.Description = []string{"share.js"}, b.Title+", "+since(ctx, reading.Version)
	view.Dated = r.At == ""                                  // it says which day it is of
	view.Passing, view.Hidden = passing(b, r.At), r.At != "" // search engines find today's
	view.Main = []g.Node{el.Div(el.Class("beside"),
		el.Article(el.Class("law"),
			el.Header(el.Class("head"), crumbs(ctx, nil), el.H1(ui.Korean(ctx), g.Text(b.Title)),
				el.P(el.Class("meta"), el.Span(g.Text(since(ctx, reading.Version))), h.unit(ctx, b), g.If(b.Body != "", el.Span(ui.Korean(ctx), g.Text(b.Body))))),
			only(ctx),
			h.banners(ctx, b, reading, r.At),
			picker(ctx, b, r.At),
			el.Details(el.Class("contents fold"), el.Summary(g.Text(ui.T(ctx, "목차", "Contents"))), contents(ctx, reading.Text)),
			body(ctx, b, reading),
			share(ctx),
		),
		el.Aside(el.Class("side law-side"), el.Aria("label", ui.T(ctx, "목차와 역사", "Contents and history")),
			el.Div(el.Class("wide-contents"), ui.Gate("contents", ui.T(ctx, "목차", "Contents"), "", "", ""), contents(ctx, reading.Text)),
			history(ctx, b),
		),
	)}
	return h.frame.Page(ctx, view), nil
}

// view is what pages of a rulebook have in common.
func (h handlers) view(title, path string, changes []*time.Time) ui.View {
	return ui.View{Title: title, InKorean: true, Path: path, Section: rule.ListPath, Styles: styles(), Changes: slices.Clone(changes)}
}

// passing says that a day is one of very many: those on which something began are kept.
func passing(b rule.Shelved, at string) bool {
	return at != "" && !slices.ContainsFunc(b.Versions, func(v rule.Version) bool { return v.PromulgatedOn != "" && v.EffectiveOn == at })
}

// idle is the page of a rulebook of which nothing is in force.
func (h handlers) idle(ctx context.Context, b rule.Shelved, changes []*time.Time) *ui.Answer {
	view := h.view(b.Title, rule.Path(b.Slug), changes)
	said := el.P(g.Text(ui.T(ctx, "아직 시행하지 않습니다.", "It is not in force yet.")))
	if v, there := b.Current(); there && b.Repealed() {
		last, _ := rule.Day(v.EffectiveOn)
		before := clock.Day(last.AddDate(0, 0, -1))
		said = g.Group{
			el.P(g.Text(ui.T(ctx, short(ctx, v.EffectiveOn)+" 폐지했습니다.", "It was repealed from "+short(ctx, v.EffectiveOn)+"."))),
			el.P(el.A(el.Href(ui.Query(ui.Local(ctx, rule.Path(b.Slug)), "at", before)), g.Text(ui.T(ctx, "마지막 회칙 보기", "The last text")))),
		}
	}
	view.Main = []g.Node{el.Div(el.Class("beside"),
		el.Article(el.Header(el.Class("head"), crumbs(ctx, nil), el.H1(ui.Korean(ctx), g.Text(b.Title)), el.P(el.Class("meta"), h.unit(ctx, b))), el.Div(el.Class("notice-box"), said), h.waiting(ctx, b, nil)),
		el.Aside(el.Class("side law-side"), el.Aria("label", ui.T(ctx, "역사", "History")), history(ctx, b)),
	)}
	return h.frame.Page(ctx, view)
}

// banners say which day is shown, and what waits.
func (h handlers) banners(ctx context.Context, b rule.Shelved, r rule.Reading, at string) g.Node {
	if at == "" {
		return h.waiting(ctx, b, &r)
	}
	return el.Div(el.Class("notice-box"), el.P(
		g.Text(ui.T(ctx, short(ctx, at)+"의 회칙입니다. ", "The rules of "+short(ctx, at)+". ")),
		el.A(el.Href(ui.Local(ctx, rule.Path(b.Slug))), g.Text(ui.T(ctx, "지금 회칙 보기", "Those of today"))),
	))
}

// mostNamed is how many articles a banner names.
const mostNamed = 4

// waiting says of each version that waits what it changes and when.
func (h handlers) waiting(ctx context.Context, b rule.Shelved, r *rule.Reading) g.Node {
	list := b.Waiting(clock.Now(ctx))
	said := []g.Node{}
	link := func(v rule.Version, label string) g.Node {
		return el.A(el.Href(ui.Local(ctx, v.Path(b.Slug))), g.Text(label))
	}
	label := func(v rule.Version) string {
		if v.Base == 0 {
			return ui.T(ctx, "전문 보기", "Read it")
		}
		return ui.T(ctx, "대비표", "What changes")
	}
	if r != nil {
		for _, d := range r.Coming(b.Versions) {
			said = append(said, el.P(ui.State(ui.Wait, effective(ctx, d.Day)), g.Text(" "+ui.T(ctx, begins(d.Numbers), changing(d.Numbers))+" "), link(d.Version, label(d.Version))))
		}
	}
	for _, v := range list {
		switch {
		case v.PromulgatedOn == "":
			said = append(said, el.P(state(ctx, v), g.Text(" "), el.Span(ui.Said(ctx, v.Called())), g.Text(ui.T(ctx, "안을 공고하고 있습니다. ", " is announced. ")), link(v, label(v))))
		case r == nil:
			said = append(said, el.P(state(ctx, v), g.Text(" "), el.Span(ui.Said(ctx, v.Called())), g.Text(" "), link(v, label(v))))
		}
	}
	if len(said) == 0 {
		return nil
	}
	return el.Div(el.Class("notice-box waiting"), g.Group(said))
}

// begins says which articles change: 제12조가, 제12조와 제13조가, 제12조 등 8개 조문이 바뀝니다.
func begins(numbers []string) string {
	called := []string{}
	for _, n := range numbers {
		called = append(called, rule.Called(n))
	}
	if len(called) > mostNamed {
		return fmt.Sprintf("%s 등 %d개 조문이 바뀝니다.", called[0], len(called))
	}
	last := called[len(called)-1]
	return strings.Join(called, ", ") + text.Particle(last, "가") + " 바뀝니다."
}

func changing(numbers []string) string {
	called := []string{}
	for _, n := range numbers {
		called = append(called, rule.Called(n))
	}
	if len(called) > mostNamed {
		return text.Many(len(called), "article") + " change."
	}
	return strings.Join(called, ", ") + ": new text."
}

// picker asks for the text of another day.
func picker(ctx context.Context, b rule.Shelved, at string) g.Node {
	day := at
	if day == "" {
		day = rule.Today(ctx)
	}
	return el.Form(el.Class("pick"), el.Action(ui.Local(ctx, rule.Path(b.Slug))),
		el.Div(el.Class("field"), el.Label(el.For("at"), g.Text(ui.T(ctx, "이 날짜의 회칙", "The rules of a day"))),
			el.Input(el.ID("at"), el.Name("at"), el.Type("date"), el.Value(day), el.Required())),
		el.Button(el.Type("submit"), el.Class("button quiet"), g.Text(ui.T(ctx, "보기", "Show"))),
	)
}

// anchor is an article's place in the page.
func anchor(number string) string {
	return "a" + strings.NewReplacer("의", "-", rule.Preamble, "p", rule.Supplement, "s", rule.Schedule, "t", rule.Form, "f").Replace(number)
}

// contents are headings and articles as links.
func contents(ctx context.Context, t rule.Text) g.Node {
	return el.Nav(el.Aria("label", ui.T(ctx, "목차", "Contents")), el.Ol(el.Class("toc"), ui.Korean(ctx), g.Map(t.Nodes, func(n rule.Node) g.Node {
		if n.Heading != nil {
			return el.Li(el.Class("part"), g.Text(n.Heading.String()))
		}
		return el.Li(el.A(el.Href("#"+anchor(n.Article.Number)), g.Text(n.Article.Title())))
	})))
}

// body is the text itself.
func body(ctx context.Context, b rule.Shelved, r rule.Reading) g.Node {
	times, above := r.Changed(), []rule.Level{}
	return el.Div(el.Class("law-text"), g.Map(r.Nodes, func(n rule.Node) g.Node {
		if h := n.Heading; h != nil {
			above = append(slices.DeleteFunc(above, func(l rule.Level) bool { return l >= h.Level }), h.Level)
			return headed(len(above)+1, el.Class("part"), ui.Korean(ctx), g.Text(h.String()))
		}
		if !n.Article.Main() {
			above = nil
		}
		a := *n.Article
		number := times[a.Key]
		return el.Section(el.ID(anchor(a.Number)), el.Class("provision"), g.If(a.Deleted(), el.Class("provision gone")),
			headed(len(above)+2, el.A(el.Href(ui.Local(ctx, rule.ArticlePath(b.Slug, a.Number, r.Began(a.Key)))), ui.Korean(ctx), g.Text(a.Title())),
				g.If(number > 1, el.Small(g.Text(ui.T(ctx, fmt.Sprintf("%d회 개정", number-1), fmt.Sprintf("amended %d×", number-1)))))),
			said(ctx, a),
		)
	}))
}

// headed is a heading of a level from 2 to 6.
func headed(level int, nodes ...g.Node) g.Node {
	return g.El(fmt.Sprintf("h%d", min(level, 6)), nodes...)
}

// said is what an article says, without its title.
func said(ctx context.Context, a rule.Article) g.Node {
	paragraphs := func(class, mark, said string) g.Node {
		nodes := []g.Node{}
		for i, p := range strings.Split(said, "\n") {
			nodes = append(nodes, el.P(el.Class(class), ui.Korean(ctx), g.If(i == 0 && mark != "", g.Group{el.Span(el.Class("mark"), g.Text(mark)), g.Text(" ")}), g.Text(p)))
		}
		return g.Group(nodes)
	}
	if a.Annex() {
		return annexed(ctx, a)
	}
	return g.Group{
		g.Iff(a.Text != "", func() g.Node { return paragraphs("r0", "", a.Text) }),
		g.Map(a.Items, func(i rule.Item) g.Node { return paragraphs(fmt.Sprintf("r%d", i.Rank), i.Mark, i.Text) }),
	}
}

// annexed are the lines of an annex: those in a row that have tabs are a table, whose first line says what stands below; others
// show as they were written, with what is set in and the lines that they leave out.
func annexed(ctx context.Context, a rule.Article) g.Node {
	nodes, lines := []g.Node{}, strings.Split(a.Text, "\n")
	celled := func(line string) bool { return strings.Contains(line, "\t") }
	for len(lines) > 0 {
		end := slices.IndexFunc(lines, func(line string) bool { return celled(line) != celled(lines[0]) })
		if end < 0 {
			end = len(lines)
		}
		if celled(lines[0]) {
			nodes = append(nodes, tabled(ctx, a, lines[:end]))
		} else if said := strings.Join(lines[:end], "\n"); strings.TrimSpace(said) != "" {
			nodes = append(nodes, el.P(el.Class("lines"), ui.Korean(ctx), g.Text(strings.Trim(said, "\n"))))
		}
		lines = lines[end:]
	}
	return g.Group(nodes)
}

func tabled(ctx context.Context, a rule.Article, lines []string) g.Node {
	width, rows := 0, [][]string{}
	for _, line := range lines {
		row := strings.Split(line, "\t")
		width, rows = max(width, len(row)), append(rows, row)
	}
	line := func(row []string, head bool) g.Node {
		cells := []g.Node{}
		for i := range width {
			said := ""
			if i < len(row) {
				said = strings.TrimSpace(row[i])
			}
			if head {
				cells = append(cells, el.Th(el.Scope("col"), g.Text(said)))
			} else {
				cells = append(cells, el.Td(g.Text(said)))
			}
		}
		return el.Tr(cells...)
	}
	return el.Div(el.Class("scroll prose"), el.TabIndex("0"), el.Role("region"), el.Aria("label", ui.T(ctx, a.Title()+" 표", "Table of "+a.Title())), el.Table(ui.Korean(ctx),
		el.THead(line(rows[0], true)), el.TBody(g.Map(rows[1:], func(row []string) g.Node { return line(row, false) }))))
}

// share are buttons that a script shows where the browser can do it.
func share(ctx context.Context) g.Node {
	button := func(does, label string, more ...g.Node) g.Node {
		return el.Button(el.Type("button"), el.Class("button quiet small"), el.Data("share", does), g.Attr("hidden"), g.Group(more), g.Text(label))
	}
	return el.Div(el.Class("share"),
		button("copy", ui.T(ctx, "주소 복사", "Copy the link"), el.Data("done", ui.T(ctx, "주소를 복사했어요", "Copied"))),
		button("print", ui.T(ctx, "인쇄하기", "Print")),
		el.Span(el.Class("sm soft"), el.Role("status"), el.Data("shared", "")),
	)
}

// history are the versions of a rulebook, the last first.
func history(ctx context.Context, b rule.Shelved) g.Node {
	now := clock.Now(ctx)
	return el.Div(ui.Gate("history", ui.T(ctx, "이 회칙의 역사", "History"), "", "", ""),
		el.Ol(el.Class("line"), g.Map(b.Versions, func(v rule.Version) g.Node {
			when := ui.T(ctx, "공고 중", "announced")
			if v.PromulgatedOn != "" {
				when = effective(ctx, v.EffectiveOn)
			}
			s := v.State(now)
			switch s {
			case rule.InForce:
				when += ui.T(ctx, "\u00a0· 지금 회칙", ", now")
			case rule.Overtaken:
				when = ui.Name(ctx, s.Label())
			default:
			}
			return el.Li(g.If(s == rule.Announced || s == rule.Promulgated || s == rule.Drafted, el.Class("next")), el.B(el.A(el.Href(ui.Local(ctx, v.Path(b.Slug))), ui.Said(ctx, v.Called()))), el.Span(g.Text(when)))
		})),
	)
}

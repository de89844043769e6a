package page

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/search"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// onPage is how many results a page has.
const onPage = 20

type findRequest struct {
	Q      string `query:"q"`
	Kind   string `query:"kind"`
	Unit   string `query:"unit"`
	From   string `query:"from"` // a day in Seoul, or a time
	To     string `query:"to"`   // the last day that counts, or a time
	Cursor string `query:"cursor"`
}

// with is the address of the search with another kind, from its beginning.
func (r findRequest) with(ctx context.Context, kind string) string {
	return ui.Query(ui.Local(ctx, search.Path), "q", r.Q, "kind", kind, "unit", r.Unit, "from", r.From, "to", r.To)
}

func (h handlers) find(ctx context.Context, r *findRequest) (*ui.Answer, error) {
	if strings.TrimSpace(r.Q) == "" {
		return h.frame.Page(ctx, h.view(ctx, r, h.field(ctx, r, nil), ui.Empty(
			ui.T(ctx, "무엇을 찾으세요?", "What are you looking for?"),
			ui.T(ctx, "낱말의 한 부분이나 초성(ㅎㅇㄹ)로도 찾을 수 있어요.", "A part of a word will do, or Korean initials such as ㅎㅇㄹ.")))), nil
	}
	var f check.Fields
	q, n := thing.Ask(&f, "q", r.Q), search.Narrowed(&f, r.Kind, r.Unit, r.From, r.To)
	n.Closed = h.closed(ctx)
	if err := f.Err(); err != nil {
		view := h.view(ctx, r, h.field(ctx, r, problem.Find(err)))
		view.Status, view.Path = http.StatusUnprocessableEntity, search.Path
		return nil, ui.Again(err, h.frame.Page(ctx, view))
	}
	found, err := h.search.Find(ctx, q, n, h.cursors, r.Cursor, onPage)
	if err != nil {
		return nil, err
	}
	if len(found.Page.Items) == 0 {
		return h.nothing(ctx, r, q, n, found)
	}
	first, next, shown := "", "", found.Counts[n.Kind]
	if n.Kind == "" {
		shown = found.Count()
	}
	if r.Cursor != "" {
		first = r.with(ctx, r.Kind)
	}
	if found.Page.NextCursor != "" {
		next = ui.Query(ui.Local(ctx, search.Path), "q", r.Q, "kind", r.Kind, "unit", r.Unit, "from", r.From, "to", r.To, "cursor", found.Page.NextCursor)
	}
	return h.frame.Page(ctx, h.view(ctx, r, h.field(ctx, r, nil), h.kinds(ctx, r, found), h.results(ctx, q, found.Page.Items),
		ui.Pager(ctx, ui.T(ctx, of(shown)+" 가운데 "+strconv.Itoa(len(found.Page.Items))+"건", strconv.Itoa(len(found.Page.Items))+" of "+counted(ctx, shown)), first, next, ui.T(ctx, "더 보기", "More")))), nil
}

// view is the page with its parts, of which the first is the field.
func (h handlers) view(ctx context.Context, r *findRequest, parts ...g.Node) ui.View {
	title := ui.T(ctx, "검색", "Search")
	v := ui.View{
		Title: title, Path: ui.Query(search.Path, "q", r.Q, "kind", r.Kind, "unit", r.Unit, "from", r.From, "to", r.To), Hidden: true, Styles: []string{"site.css"}, Dated: true,
		Main: append([]g.Node{el.Div(el.Class("searching"), el.H1(g.Text(title)), parts[0])}, parts[1:]...),
	}
	if q := strings.Join(strings.Fields(r.Q), " "); q != "" {
		v.Title = ui.T(ctx, "‘"+q+"’ 검색", "Search for “"+q+"”")
	}
	return v
}

// field is the form; what is wrong stands below it.
func (h handlers) field(ctx context.Context, r *findRequest, wrong *problem.Error) g.Node {
	label := ui.T(ctx, "홈페이지에서 찾기", "Search the site")
	messages := []string{}
	if wrong != nil {
		for _, f := range wrong.Fields {
			messages = append(messages, ui.T(ctx, f.Message.KO, f.Message.EN))
		}
	}
	hidden := func(name, value string) g.Node {
		return g.If(value != "" && wrong == nil, el.Input(el.Type("hidden"), el.Name(name), el.Value(value)))
	}
	return g.Group{
		el.Form(el.Class("seek"), el.Role("search"), el.Aria("label", label), el.Action(ui.Local(ctx, search.Path)),
			el.Label(el.Class("hidden"), el.For("find"), g.Text(label)),
			el.Input(el.ID("find"), el.Type("search"), el.Name("q"), el.Value(r.Q), el.MaxLength(strconv.Itoa(thing.MostQuery)), el.Placeholder(label), g.Attr("enterkeyhint", "search"),
				g.If(len(messages) > 0, g.Group{el.Aria("invalid", "true"), el.Aria("describedby", "wrong")})),
			hidden("unit", r.Unit), hidden("from", r.From), hidden("to", r.To),
			el.Button(el.Type("submit"), ui.Icon("find"), el.Span(el.Class("hidden"), g.Text(ui.T(ctx, "찾기", "Search")))),
		),
		g.Iff(wrong != nil, func() g.Node {
			return el.P(el.ID("wrong"), el.Class("wrong"), el.Role("alert"), g.Attr("data-problem", wrong.Code), g.Text(strings.Join(messages, " ")))
		}),
	}
}

// counted is a number of results as people say it.
func counted(ctx context.Context, n int) string {
	if n > thing.MostCounted {
		return ui.T(ctx, "1,000건 넘음", "over 1,000")
	}
	return ui.T(ctx, strconv.Itoa(n)+"건", strconv.Itoa(n))
}

// of is a number of results of which some are shown, in Korean.
func of(n int) string {
	if n > thing.MostCounted {
		return "1,000건이 넘는 결과"
	}
	return strconv.Itoa(n) + "건"
}

// kinds are the kinds of what is found, as tabs with how much of each there is.
func (h handlers) kinds(ctx context.Context, r *findRequest, found thing.Found) g.Node {
	tabs := []ui.Tab{{Label: ui.T(ctx, "전체", "All"), Href: r.with(ctx, ""), Here: r.Kind == "", Count: number(found.Count())}}
	for _, k := range thing.Kinds() {
		if n := found.Counts[k.Name]; n > 0 || k.Name == r.Kind {
			tabs = append(tabs, ui.Tab{Label: ui.T(ctx, k.Label.KO, k.Label.EN), Href: r.with(ctx, k.Name), Here: k.Name == r.Kind, Count: number(n)})
		}
	}
	return ui.Tabs(ctx, ui.T(ctx, "종류별 결과", "Results by kind"), tabs...)
}

func number(n int) string {
	if n > thing.MostCounted {
		return "1,000+"
	}
	return strconv.Itoa(n)
}

func (h handlers) results(ctx context.Context, q thing.Query, hits []thing.Hit) g.Node {
	return el.Ul(el.Class("rows"), g.Map(hits, func(hit thing.Hit) g.Node {
		unit := h.names.Unit(hit.Unit)
		pieces := q.Pieces(hit.Thing)
		return el.Li(
			el.Time(el.Class("day"), el.DateTime(hit.At.In(clock.Seoul).Format(time.RFC3339)), g.Text(ui.NearDay(ctx, hit.At))),
			el.Div(el.H2(el.A(el.Href(ui.Local(ctx, hit.Path)), title(ctx, q, hit.Thing))), below(ctx, pieces, hit.Thing)),
			el.Span(el.Class("unit"), h.kind(ctx, hit.Kind), g.If(hit.Unit != "", g.Group{g.Text(" · "), ui.Said(ctx, unit)})),
		)
	}))
}

func (h handlers) kind(ctx context.Context, name string) g.Node {
	k, _ := thing.KindOf(name)
	return g.Text(ui.T(ctx, k.Label.KO, k.Label.EN))
}

// english says whether a page shows the English title of a thing.
func english(ctx context.Context, t thing.Thing) bool {
	return function.RequestFrom(ctx).Language == "en" && t.TitleEn != ""
}

// title is a title in the language of the page with the words in it.
func title(ctx context.Context, q thing.Query, t thing.Thing) g.Node {
	if english(ctx, t) {
		return marked(q.Marked(thing.InTitleEn, t.TitleEn))
	}
	return el.Span(ui.Korean(ctx), marked(q.Marked(thing.InTitle, t.Title)))
}

// below are tags and parts of the text that have words, or where none has the line of the thing.
func below(ctx context.Context, pieces []thing.Piece, t thing.Thing) g.Node {
	nodes := []g.Node{}
	for _, p := range pieces {
		switch p.In {
		case thing.InTitle: // the page shows the other one
			if english(ctx, t) {
				nodes = append(nodes, el.P(ui.Korean(ctx), marked(p)))
			}
		case thing.InTitleEn:
			if !english(ctx, t) {
				nodes = append(nodes, el.P(el.Lang("en"), marked(p)))
			}
		case thing.InTag:
			nodes = append(nodes, el.P(ui.Korean(ctx), g.Text("#"), marked(p)))
		case thing.InText:
			nodes = append(nodes, el.P(ui.Korean(ctx), marked(p)))
		}
	}
	if len(nodes) == 0 && t.Line != "" {
		return el.P(ui.Korean(ctx), g.Text(t.Line))
	}
	return g.Group(nodes)
}

// marked is a piece with its marks.
func marked(p thing.Piece) g.Node {
	nodes, at := []g.Node{}, 0
	for _, m := range p.Marks {
		nodes = append(nodes, g.Text(p.Text[at:m[0]]), el.Mark(g.Text(p.Text[m[0]:m[1]])))
		at = m[1]
	}
	return g.Group(append(nodes, g.Text(p.Text[at:])))
}

// asked are the places of the menu where one can ask people instead, those that there are.
func (h handlers) asked(ctx context.Context) []g.Node {
	links := []g.Node{}
	for _, e := range h.menu(ctx) {
		if slices.Contains([]string{"/faq", "/suggestions"}, e.Path) {
			links = append(links, el.A(el.Href(ui.Local(ctx, e.Path)), g.Text(ui.T(ctx, e.Label.KO, e.Label.EN))), g.Text(" "))
		}
	}
	return links
}

// nothing is the page where nothing is found: it says what is found with less of the words.
func (h handlers) nothing(ctx context.Context, r *findRequest, q thing.Query, n thing.Narrow, found thing.Found) (*ui.Answer, error) {
	instead := []search.Instead{}
	if len(found.Counts) == 0 {
		var err error
		if instead, err = h.search.Instead(ctx, q, n); err != nil {
			return nil, err
		}
		if !n.Chosen() && r.Cursor == "" && !function.RequestFrom(ctx).Head {
			h.search.Note(ctx, q, h.log)
		}
	}
	what := ui.T(ctx, "‘"+q.String()+"’ 검색 결과가 없어요", "Nothing was found for “"+q.String()+"”")
	can := ui.T(ctx, "다른 말이나 더 짧은 말로 찾아보세요.", "Try other or shorter words.")
	links := []g.Node{}
	if n.Chosen() {
		links = append(links, el.A(el.Href(ui.Query(ui.Local(ctx, search.Path), "q", r.Q)), g.Text(ui.T(ctx, "전체에서 찾기", "Search everything"))), g.Text(" "))
	}
	parts := []g.Node{h.field(ctx, r, nil), g.If(len(found.Counts) > 0, h.kinds(ctx, r, found)), ui.Empty(what, can, append(links, h.asked(ctx)...)...)}
	if len(instead) > 0 {
		parts = append(parts, el.H2(g.Text(ui.T(ctx, "이렇게 찾으면 있어요", "What is found instead"))), el.Ul(g.Map(instead, func(i search.Instead) g.Node {
			less := *r
			less.Q = i.Query.String()
			return el.Li(g.Text(ui.T(ctx, "‘"+q.String()+"’ 대신 ", "Instead of “"+q.String()+"”: ")), el.A(el.Href(less.with(ctx, r.Kind)), g.Text(ui.T(ctx, "‘"+i.Query.String()+"’", "“"+i.Query.String()+"”"))), g.Text(" "+counted(ctx, i.Count)))
		})))
	}
	return h.frame.Page(ctx, h.view(ctx, r, parts...)), nil
}

package page

import (
	"context"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
)

// pageSize is how many notices a page of the list has.
const pageSize = 20

type listRequest struct {
	Cursor string `query:"cursor"`
	Tag    string `query:"tag"`
	And    string `query:"and"` // a second tag
	Unit   string `query:"unit"`
	Q      string `query:"q"`
}

func (h handlers) list(ctx context.Context, r *listRequest) (*ui.Answer, error) {
	var c check.Fields
	f := notice.Narrowed(&c, r.Tag, r.Unit, r.Q).With(c.OptionalLine("and", r.And, notice.MostTag))
	if err := c.Err(); err != nil {
		return nil, err
	}
	r.Tag, r.And, r.Unit = f.Tag, f.Also, f.Unit
	page, err := h.notices.Numbered(ctx, f, h.cursors, r.Cursor, pageSize)
	if err != nil {
		return nil, err
	}
	shown := page.Items
	next, err := h.notices.NextChange(ctx)
	if err != nil {
		return nil, err
	}
	count, err := h.notices.Count(ctx, f, notice.MostCounted)
	if err != nil {
		return nil, err
	}
	title, council := listTitle(ctx, f, h.names), h.frame.Named(ctx)
	view := ui.View{
		Tags: notice.PageTags(shown), Changes: []*time.Time{next}, Empty: page.PageEmpty(), Dated: true,
		Title: title, Path: ui.Query(notice.ListPath, "tag", f.Tag, "and", f.Also, "unit", f.Unit, "q", f.Words, "cursor", r.Cursor), Section: notice.ListPath, Styles: []string{"site.css"},
		Hidden:      f.Words != "" || r.Cursor != "", // search engines find the notices themselves
		Description: ui.T(ctx, council+"의 공지", "Notices of "+council),
	}
	view.Main = []g.Node{
		el.Div(el.Class("list-head"),
			el.H1(g.Text(title), g.If(count > 0, el.Small(g.Text(" "+counted(ctx, count))))),
			h.search(ctx, f),
			h.byUnit(ctx, f),
			h.byTag(ctx, f, shown),
		),
		g.Iff(f.Words != "", func() g.Node {
			return el.P(el.Class("narrowed"), g.Text(narrowing(ctx, f, count)+" "),
				el.A(el.Href(narrowed(ctx, notice.Filter{Unit: f.Unit, Tag: f.Tag, Also: f.Also}, "")), g.Text(ui.T(ctx, "검색어 지우기", "Show all"))))
		}),
		h.listed(ctx, f, shown),
		turning(ctx, f, r.Cursor, page, count),
	}
	return h.frame.Page(ctx, view), nil
}

// turning says which notices of the list are shown, and leads to the pages beside.
func turning(ctx context.Context, f notice.Filter, cursor string, page notice.Numbered, count int) g.Node {
	first, newer, older := "", "", ""
	if cursor != "" {
		first = narrowed(ctx, f, "")
	}
	if page.Previous != "" {
		newer = narrowed(ctx, f, page.Previous)
	}
	if page.NextCursor != "" {
		older = narrowed(ctx, f, page.NextCursor)
	}
	said := counted(ctx, count)
	if n := len(page.Items); page.Before >= 0 && n > 0 {
		these := strconv.Itoa(page.Before+1) + "–" + strconv.Itoa(page.Before+n)
		said = ui.T(ctx, said+" 가운데 "+these, these+" of "+said)
	}
	return ui.PagerBack(ctx, said, first, newer, ui.T(ctx, "다음 공지", "Newer notices"), older, ui.T(ctx, "이전 공지", "Older notices"))
}

func counted(ctx context.Context, n int) string {
	if n >= notice.MostCounted {
		return ui.T(ctx, strconv.Itoa(notice.MostCounted)+"개 이상", "over "+strconv.Itoa(notice.MostCounted))
	}
	return ui.T(ctx, strconv.Itoa(n)+"개", strconv.Itoa(n))
}

// narrowing says how many notices have what was looked for.
func narrowing(ctx context.Context, f notice.Filter, found int) string {
	results := " results for “"
	if found == 1 {
		results = " result for “"
	}
	number := strconv.Itoa(found)
	if found >= notice.MostCounted {
		return ui.T(ctx, "‘"+f.Words+"’ 검색 결과 "+number+"건 이상", "Over "+number+results+f.Words+"”")
	}
	return ui.T(ctx, "‘"+f.Words+"’ 검색 결과 "+number+"건", number+results+f.Words+"”")
}

func listTitle(ctx context.Context, f notice.Filter, names function.Names) string {
	title := ui.T(ctx, "공지", "Notices")
	if f.Unit != "" {
		title += " · " + ui.Name(ctx, names.Unit(f.Unit))
	}
	for _, tag := range f.HasTags() {
		title += " #" + ui.Name(ctx, names.Tag(tag))
	}
	return title
}

// narrowed is the address of a list that f narrows, behind a cursor or from its beginning.
func narrowed(ctx context.Context, f notice.Filter, cursor string) string {
	return ui.Query(ui.Local(ctx, notice.ListPath), "tag", f.Tag, "and", f.Also, "unit", f.Unit, "q", f.Words, "cursor", cursor)
}

// row is a notice in a list.
func (h handlers) row(n notice.Summary) ui.Row { return ui.Row(n.Row(h.names)) }

func (h handlers) search(ctx context.Context, f notice.Filter) g.Node {
	label := ui.T(ctx, "공지 찾기", "Search notices")
	hidden := func(name, value string) g.Node {
		return g.If(value != "", el.Input(el.Type("hidden"), el.Name(name), el.Value(value)))
	}
	return el.Form(el.Class("seek"), el.Role("search"), el.Aria("label", label), el.Action(ui.Local(ctx, notice.ListPath)),
		el.Label(el.Class("hidden"), el.For("q"), g.Text(label)),
		el.Input(el.ID("q"), el.Type("search"), el.Name("q"), el.Value(f.Words), el.MaxLength("100"), el.Placeholder(label), g.Attr("enterkeyhint", "search")),
		hidden("unit", f.Unit), hidden("tag", f.Tag), hidden("and", f.Also),
		el.Button(el.Type("submit"), ui.Icon("find"), el.Span(el.Class("hidden"), g.Text(ui.T(ctx, "찾기", "Search")))),
	)
}

// byUnit narrows to one unit of the council.
func (h handlers) byUnit(ctx context.Context, f notice.Filter) g.Node {
	tab := func(unit string, name problem.Text) ui.Tab {
		return ui.Tab{Label: ui.Name(ctx, name), Href: narrowed(ctx, notice.Filter{Unit: unit, Tag: f.Tag, Also: f.Also, Words: f.Words}, ""), Here: unit == f.Unit, Korean: name.EN == ""}
	}
	tabs := []ui.Tab{tab("", problem.Text{KO: "전체", EN: "All"})}
	for _, u := range h.units {
		tabs = append(tabs, tab(u, h.names.Unit(u)))
	}
	return ui.Tabs(ctx, ui.T(ctx, "단위별 공지", "By unit"), tabs...)
}

// mostTags is how many tags a list offers.
const mostTags = 8

// byTag narrows to one of the tags of what is shown, the most used first, and then to a second one that notices have, too; it
// leaves those that the list is narrowed to. Two is all: each address is a page that is kept.
func (h handlers) byTag(ctx context.Context, f notice.Filter, shown []notice.Summary) g.Node {
	uses, tags := map[string]int{}, []string{}
	for _, n := range shown {
		for _, t := range n.Tags {
			if uses[t]++; uses[t] == 1 && !slices.ContainsFunc(f.HasTags(), func(has string) bool { return text.Squeeze(has) == text.Squeeze(t) }) {
				tags = append(tags, t)
			}
		}
	}
	slices.SortStableFunc(tags, func(a, b string) int { return uses[b] - uses[a] })
	chips := []ui.Tab{}
	chip := func(tag string, leads notice.Filter, here bool) {
		name := h.names.Tag(tag)
		chips = append(chips, ui.Tab{Label: "#" + ui.Name(ctx, name), Href: narrowed(ctx, leads, ""), Here: here, Korean: name.EN == ""})
	}
	for _, t := range f.HasTags() {
		chip(t, f.Without(t), true)
	}
	if f.Also == "" {
		for _, t := range tags[:min(mostTags, len(tags))] {
			chip(t, f.With(t), false)
		}
	}
	return ui.Chips(ctx, ui.T(ctx, "태그로 좁히기", "By tag"), chips...)
}

// listed are the notices by month, the pinned ones above them.
func (h handlers) listed(ctx context.Context, f notice.Filter, list []notice.Summary) g.Node {
	switch {
	case len(list) > 0:
		parts := []g.Node{}
		for name, some := range ui.Runs(list, func(n notice.Summary) string { return part(ctx, n) }) {
			parts = append(parts, el.H2(el.Class("month-name"), g.Text(name)), ui.Rows(ctx, some, h.row, ui.H3, true))
		}
		return g.Group(parts)
	case f == (notice.Filter{}):
		return ui.Empty(ui.T(ctx, "아직 공지가 없어요", "There are no notices yet"), ui.T(ctx, "새 공지는 여기에 가장 먼저 올라와요.", "New ones come here first."))
	default:
		return ui.Empty(ui.T(ctx, "맞는 공지가 없어요", "No notice matches"), ui.T(ctx, "다른 말로 찾거나 조건을 빼 보세요.", "Try other words, or fewer filters."),
			el.A(el.Href(ui.Local(ctx, notice.ListPath)), g.Text(ui.T(ctx, "공지 모두 보기", "All notices"))))
	}
}

// part is the part of the list that a notice stands in.
func part(ctx context.Context, n notice.Summary) string {
	if n.Pinned {
		return ui.T(ctx, "고정한 공지", "Pinned")
	}
	return ui.Month(ctx, n.PublishAt)
}

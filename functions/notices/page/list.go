package page

import (
	"context"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/ui"
)

// pageSize is how many notices a page of the list has.
const pageSize = 20

type listRequest struct {
	Cursor string `query:"cursor"`
	Tag    string `query:"tag"`
	Unit   string `query:"unit"`
	Q      string `query:"q"`
}

func (h handlers) list(ctx context.Context, r *listRequest) (*ui.Answer, error) {
	var c check.Fields
	f := notice.Narrowed(&c, r.Tag, r.Unit, r.Q)
	if err := c.Err(); err != nil {
		return nil, err
	}
	page, err := h.notices.Page(ctx, f, h.cursors, r.Cursor, pageSize)
	if err != nil {
		return nil, err
	}
	shown, older := page.Items, page.NextCursor
	next, err := h.notices.NextChange(ctx)
	if err != nil {
		return nil, err
	}
	view := ui.View{
		Tags: notice.PageTags(shown), Changes: []*time.Time{next},
		Title: listTitle(ctx, f), Path: ui.Query(notice.ListPath, "tag", f.Tag, "unit", f.Unit), Section: notice.ListPath, Styles: []string{"site.css"},
		Description: ui.T(ctx, h.council+"의 공지사항", "Notices of "+h.council),
	}
	if f.Title != "" || r.Cursor != "" {
		view.Path = "" // search engines find the notices themselves
	}
	view.Main = []g.Node{
		el.Div(el.Class("title-row"), el.H1(g.Text(listTitle(ctx, f))), h.search(ctx, f)),
		h.byUnit(ctx, f),
		g.Iff(f.Tag != "" || f.Title != "", func() g.Node {
			return el.P(el.Class("narrowed"), g.Text(narrowing(ctx, f)+" "), el.A(el.Href(ui.Local(ctx, notice.ListPath)), g.Text(ui.T(ctx, "모두 보기", "Show all"))))
		}),
		listed(ctx, f, shown),
		pager(ctx, f, r.Cursor != "", older),
	}
	return h.frame.Page(ctx, view), nil
}

func listTitle(ctx context.Context, f notice.Filter) string {
	title := ui.T(ctx, "공지사항", "Notices")
	switch {
	case f.Tag != "":
		title += " #" + f.Tag
	case f.Unit != "":
		title += " · " + f.Unit
	}
	return title
}

func narrowing(ctx context.Context, f notice.Filter) string {
	switch {
	case f.Title != "":
		return ui.T(ctx, "제목에 ‘"+f.Title+"’이(가) 들어간 공지입니다.", "Notices with “"+f.Title+"” in the title.")
	default:
		return ui.T(ctx, "‘"+f.Tag+"’ 태그가 붙은 공지입니다.", "Notices tagged “"+f.Tag+"”.")
	}
}

// narrowed is the address of a list that f narrows, behind a cursor or from its beginning.
func narrowed(ctx context.Context, f notice.Filter, cursor string) string {
	return ui.Query(ui.Local(ctx, notice.ListPath), "tag", f.Tag, "unit", f.Unit, "q", f.Title, "cursor", cursor)
}

// row is a notice in a list.
func row(n notice.Summary) ui.Row { return ui.Row(n.Row()) }

func (h handlers) search(ctx context.Context, f notice.Filter) g.Node {
	return el.Form(el.Class("search"), el.Role("search"), el.Method("get"), el.Action(ui.Local(ctx, notice.ListPath)),
		el.Label(el.Class("hidden"), el.For("q"), g.Text(ui.T(ctx, "제목에서 찾기", "Search titles"))),
		el.Input(el.ID("q"), el.Type("search"), el.Name("q"), el.Value(f.Title), el.MaxLength("100"), el.Placeholder(ui.T(ctx, "제목에서 찾기", "Search titles")), g.Attr("enterkeyhint", "search")),
		g.If(f.Unit != "", el.Input(el.Type("hidden"), el.Name("unit"), el.Value(f.Unit))),
		el.Button(el.Class("button quiet"), el.Type("submit"), g.Text(ui.T(ctx, "찾기", "Search"))),
	)
}

// byUnit narrows to one unit of the council.
func (h handlers) byUnit(ctx context.Context, f notice.Filter) g.Node {
	link := func(unit, label string) g.Node {
		return el.Li(el.A(el.Href(narrowed(ctx, notice.Filter{Unit: unit}, "")), g.If(unit == f.Unit && f.Tag == "" && f.Title == "", el.Aria("current", "page")), g.Text(label)))
	}
	return el.Nav(el.Class("units"), el.Aria("label", ui.T(ctx, "기구별 공지", "By unit")), el.Ul(
		link("", ui.T(ctx, "전체", "All")),
		g.Map(h.units, func(u string) g.Node { return link(u, u) }),
	))
}

func listed(ctx context.Context, f notice.Filter, list []notice.Summary) g.Node {
	switch {
	case len(list) > 0:
		return ui.Rows(ctx, list, row, ui.H2, true)
	case f == (notice.Filter{}):
		return ui.Empty(ui.T(ctx, "아직 올라온 공지가 없습니다.", "There are no notices yet."))
	default:
		return ui.Empty(ui.T(ctx, "맞는 공지가 없습니다.", "No notice matches."))
	}
}

// pager leads to the older notices behind a cursor, and from there back to the newest.
func pager(ctx context.Context, f notice.Filter, behind bool, older string) g.Node {
	if !behind && older == "" {
		return nil
	}
	return el.Nav(el.Class("pager"), el.Aria("label", ui.T(ctx, "쪽", "Pages")),
		g.If(behind, el.A(el.Class("button quiet"), el.Href(narrowed(ctx, f, "")), g.Text(ui.T(ctx, "처음으로", "First page")))),
		g.If(older != "", el.A(el.Class("button quiet"), el.Rel("next"), el.Href(narrowed(ctx, f, older)), g.Text(ui.T(ctx, "이전 공지 더 보기", "Older notices")))),
	)
}

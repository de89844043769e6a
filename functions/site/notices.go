package site

import (
	"context"
	"net/url"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
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
		Title: listTitle(ctx, f), Path: noticesPath + narrowed(f, ""), Section: noticesPath, Styles: []string{"site.css"},
		Description: ui.T(ctx, h.settings.CouncilName+"의 공지사항", "Notices of "+h.settings.CouncilName),
	}
	if f.Title != "" || r.Cursor != "" {
		view.Path = "" // search engines find the notices themselves
	}
	view.Main = []g.Node{
		el.Div(el.Class("title-row"), el.H1(g.Text(listTitle(ctx, f))), h.search(ctx, f)),
		h.units(ctx, f),
		g.Iff(f.Tag != "" || f.Title != "", func() g.Node {
			return el.P(el.Class("narrowed"), g.Text(narrowing(ctx, f)+" "), el.A(el.Href(ui.Local(ctx, noticesPath)), g.Text(ui.T(ctx, "모두 보기", "Show all"))))
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

// narrowed is the query of a list, "" for the whole one.
func narrowed(f notice.Filter, cursor string) string {
	q := url.Values{}
	for name, value := range map[string]string{"tag": f.Tag, "unit": f.Unit, "q": f.Title, "cursor": cursor} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (h handlers) search(ctx context.Context, f notice.Filter) g.Node {
	return el.Form(el.Class("search"), el.Role("search"), el.Method("get"), el.Action(ui.Local(ctx, noticesPath)),
		el.Label(el.Class("hidden"), el.For("q"), g.Text(ui.T(ctx, "제목에서 찾기", "Search titles"))),
		el.Input(el.ID("q"), el.Type("search"), el.Name("q"), el.Value(f.Title), el.MaxLength("100"), el.Placeholder(ui.T(ctx, "제목에서 찾기", "Search titles")), g.Attr("enterkeyhint", "search")),
		g.If(f.Unit != "", el.Input(el.Type("hidden"), el.Name("unit"), el.Value(f.Unit))),
		el.Button(el.Class("button quiet"), el.Type("submit"), g.Text(ui.T(ctx, "찾기", "Search"))),
	)
}

// units narrows to one unit of the council.
func (h handlers) units(ctx context.Context, f notice.Filter) g.Node {
	link := func(unit, label string) g.Node {
		return el.Li(el.A(el.Href(ui.Local(ctx, noticesPath+narrowed(notice.Filter{Unit: unit}, ""))), g.If(unit == f.Unit && f.Tag == "" && f.Title == "", el.Aria("current", "page")), g.Text(label)))
	}
	return el.Nav(el.Class("units"), el.Aria("label", ui.T(ctx, "기구별 공지", "By unit")), el.Ul(
		link("", ui.T(ctx, "전체", "All")),
		g.Map(h.settings.Units, func(u string) g.Node { return link(u, u) }),
	))
}

func listed(ctx context.Context, f notice.Filter, list []notice.Summary) g.Node {
	switch {
	case len(list) > 0:
		return rows(ctx, list, h2, true)
	case f == (notice.Filter{}):
		return empty(ui.T(ctx, "아직 올라온 공지가 없습니다.", "There are no notices yet."))
	default:
		return empty(ui.T(ctx, "맞는 공지가 없습니다.", "No notice matches."))
	}
}

// pager leads to the older notices behind a cursor, and from there back to the newest.
func pager(ctx context.Context, f notice.Filter, behind bool, older string) g.Node {
	if !behind && older == "" {
		return nil
	}
	return el.Nav(el.Class("pager"), el.Aria("label", ui.T(ctx, "쪽", "Pages")),
		g.If(behind, el.A(el.Class("button quiet"), el.Href(ui.Local(ctx, noticesPath+narrowed(f, ""))), g.Text(ui.T(ctx, "처음으로", "First page")))),
		g.If(older != "", el.A(el.Class("button quiet"), el.Rel("next"), el.Href(ui.Local(ctx, noticesPath+narrowed(f, older))), g.Text(ui.T(ctx, "이전 공지 더 보기", "Older notices")))),
	)
}

// h2 and h3 are the headings of rows: below h1, and below a section's h2.
func h2(n ...g.Node) g.Node { return el.H2(n...) }
func h3(n ...g.Node) g.Node { return el.H3(n...) }

// rows are notices in a list.
func rows(ctx context.Context, list []notice.Summary, heading func(...g.Node) g.Node, pins bool) g.Node {
	return el.Ul(el.Class("rows"), g.Map(list, func(n notice.Summary) g.Node {
		return el.Li(
			el.Div(el.Class("row-text"),
				heading(
					g.If(n.Urgent, el.Span(el.Class("badge urgent-badge"), g.Text(ui.T(ctx, "긴급", "Urgent")))),
					g.If(n.Pinned && pins, el.Span(el.Class("badge"), g.Text(ui.T(ctx, "고정", "Pinned")))),
					el.A(el.Href(noticeAt(ctx, n.ID)), korean(ctx), g.Text(n.Title)),
				),
				g.If(n.Excerpt != "", el.P(el.Class("excerpt"), korean(ctx), g.Text(n.Excerpt))),
				el.P(el.Class("meta"),
					ui.Time(n.PublishAt, ui.ShortDay(ctx, n.PublishAt)),
					el.Span(korean(ctx), g.Text(n.Unit)),
					g.Map(n.Tags, func(t string) g.Node { return tagLink(ctx, t) }),
				),
			),
			g.Iff(n.Thumbnail != nil, func() g.Node {
				return el.Img(el.Class("thumb"), el.Src(n.Thumbnail.URL), el.Width(itoa(n.Thumbnail.Width)), el.Height(itoa(n.Thumbnail.Height)), el.Alt(""), el.Loading("lazy"))
			}),
		)
	}))
}

func tagLink(ctx context.Context, tag string) g.Node {
	return el.A(el.Href(ui.Local(ctx, noticesPath+narrowed(notice.Filter{Tag: tag}, ""))), korean(ctx), g.Text("#"+tag))
}

func noticeAt(ctx context.Context, id string) string { return ui.Local(ctx, noticesPath+"/"+id) }

// korean marks what the council wrote, on pages that are not in Korean.
func korean(ctx context.Context) g.Node {
	if function.RequestFrom(ctx).Language == "ko" {
		return nil
	}
	return el.Lang("ko")
}

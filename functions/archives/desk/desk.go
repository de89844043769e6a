// Package desk is where the council works with archives.
package desk

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk     desk.Desk
	archives archive.Reader
	cursors  *cursor.Codec
	units    []string
	limits   upload.Limits
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "자료집", EN: "Archives"}, Path: archive.DeskPath, Order: 45, Action: auth.Write, Group: function.Council}}
}

// categoriesPath is where admins say what should be there.
const categoriesPath = archive.DeskPath + "/categories"

// Routes are the console's pages of archives.
func Routes(d function.Deps) []function.Route {
	h := handlers{desk: desk.New(d), archives: archive.NewReader(d.DB), cursors: cursor.New(d.Key.Derive("cursor")), units: d.Settings.Units, limits: upload.Limits(d.Settings.Uploads)}
	write, plan, files := function.May(auth.Write), function.May(auth.Operate), []string{"uploads"} // who writes drops some
	return h.desk.Pages(
		function.Route{Method: "GET", Path: archive.DeskPath, Access: write, Do: function.Do(h.list), Doc: "Archives of every state, and what one's units have yet to submit."},
		function.Route{Method: "GET", Path: archive.DeskPath + "/new", Access: write, Wakes: files, Do: function.Do(h.compose), Doc: "An empty form for an archive."},
		function.Route{Method: "GET", Path: archive.DeskPath + "/{id}", Access: write, Wakes: files, Do: function.Do(h.edit), Doc: "An archive in its form, and how often its files were downloaded."},
		function.Route{Method: "GET", Path: categoriesPath, Access: plan, Do: function.Do(h.categories), Doc: "The categories, and the form for a new one."},
		function.Route{Method: "GET", Path: categoriesPath + "/{id}", Access: plan, Do: function.Do(h.category), Doc: "A category in its form, and who is to submit what for which year."},
	)
}

type listRequest struct {
	State  string `query:"state"`
	Q      string `query:"q"`
	Unit   string `query:"unit"`
	Cursor string `query:"cursor"`
}

func stateText(ctx context.Context, s archive.State) string {
	switch s {
	case archive.Published:
		return ui.T(ctx, "게시 중", "Published")
	case archive.Deleted:
		return ui.T(ctx, "지움", "Deleted")
	default:
		return ui.T(ctx, "초안", "Draft")
	}
}

func (h handlers) list(ctx context.Context, r *listRequest) (*ui.Answer, error) {
	var c check.Fields
	f := archive.Narrowed(&c, "", r.Unit, "", r.Q)
	if r.State != "" {
		c.OneOf("state", r.State, string(archive.Draft), string(archive.Published), string(archive.Deleted))
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	state := archive.State(r.State)
	if state == archive.Deleted && !auth.From(ctx).MaySomewhere(auth.Restore) {
		return nil, problem.NotAllowed()
	}
	page, err := h.archives.Managed(ctx, f, state, h.cursors, r.Cursor, desk.OnPage)
	if err != nil {
		return nil, err
	}
	owed, err := h.archives.Owed(ctx, h.units)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "자료집", "Archives")
	return h.desk.Page(ctx, ui.View{Title: title, Section: archive.DeskPath, Main: []g.Node{
		desk.Heading(title,
			g.Iff(auth.From(ctx).May(auth.Operate, ""), func() g.Node {
				return desk.Link(desk.At(ctx, categoriesPath), ui.T(ctx, "분류와 낼 자료", "Categories and what is due"), "button quiet")
			}),
			desk.Link(desk.At(ctx, archive.DeskPath+"/new"), ui.T(ctx, "새 자료 올리기", "Add an archive"), "button")),
		g.Iff(r.Cursor == "" && len(owed) > 0, func() g.Node { return h.missing(ctx, owed) }),
		h.filters(ctx, r),
		g.Iff(len(page.Items) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "자료가 없습니다.", "There is nothing here."))
		}),
		g.Iff(len(page.Items) > 0, func() g.Node {
			return el.Ul(el.Class("rows"), g.Map(page.Items, func(v archive.Archive) g.Node { return h.row(ctx, v) }))
		}),
		desk.Pager(ctx, page.NextCursor, archive.DeskPath, "state", r.State, "q", r.Q, "unit", r.Unit),
	}}), nil
}

// mostOwed is how many the list shows: more than anybody does in a week.
const mostOwed = 40

func (h handlers) missing(ctx context.Context, owed []archive.Owing) g.Node {
	return el.Section(el.Class("panel"), el.Aria("labelledby", "owed"),
		el.H2(el.ID("owed"), g.Text(ui.T(ctx, "미제출 "+strconv.Itoa(len(owed))+"건", strconv.Itoa(len(owed))+" missing"))),
		el.Ul(el.Class("plain"), g.Map(owed[:min(mostOwed, len(owed))], func(o archive.Owing) g.Node {
			at := desk.At(ctx, archive.DeskPath+"/new", "category", o.Category.ID, "unit", o.Unit, "period", string(o.Cell.Period))
			return el.Li(desk.Link(at, h.desk.Unit(ctx, o.Unit)+" "+ui.Name(ctx, o.Cell.Period.Name())+" "+ui.Name(ctx, o.Category.Label()), ""),
				el.P(el.Class("meta"), g.Text(ui.T(ctx, strconv.Itoa(o.Cell.Days)+"일째", text.Many(o.Cell.Days, "day")+" late"))))
		})),
	)
}

func (h handlers) filters(ctx context.Context, r *listRequest) g.Node {
	states := []ui.Choice{{Value: "", Label: ui.T(ctx, "모든 상태", "Every state")}}
	for _, s := range []archive.State{archive.Draft, archive.Published, archive.Deleted} {
		if s != archive.Deleted || auth.From(ctx).MaySomewhere(auth.Restore) {
			states = append(states, ui.Choice{Value: string(s), Label: stateText(ctx, s)})
		}
	}
	units := append([]ui.Choice{{Value: "", Label: ui.T(ctx, "모든 단위", "Every unit")}}, h.desk.Units(ctx, auth.Write, r.Unit)...)
	f := ui.NewForm(ctx)
	return el.Form(el.Class("filters"), el.Method("get"), el.Action(desk.At(ctx, archive.DeskPath)), el.Role("search"),
		f.Input(ui.Field{Name: "q", Label: ui.T(ctx, "찾을 말", "Keywords"), Value: r.Q, Type: "search", Limit: 100, Optional: true}),
		f.Select(ui.Field{Name: "state", Label: ui.T(ctx, "상태", "State"), Value: r.State, Optional: true}, states...),
		f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위", "Unit"), Value: r.Unit, Optional: true}, units...),
		ui.Button(ui.T(ctx, "찾기", "Find")),
	)
}

func (h handlers) row(ctx context.Context, v archive.Archive) g.Node {
	title := desk.Link(desk.At(ctx, archive.DeskPath+"/"+v.ID), v.Title, "row-title")
	if v.State() == archive.Deleted {
		title = el.Span(el.Class("row-title"), g.Text(v.Title))
	}
	return el.Li(el.Class("row"),
		el.Div(el.Class("row-main"), title,
			el.P(el.Class("meta"), desk.Badge(string(v.State()), stateText(ctx, v.State())),
				g.If(v.Audience != archive.Public, el.Span(el.Class("badge"), g.Text(ui.Name(ctx, v.Audience.Name())))),
				g.Text(h.desk.Unit(ctx, v.Unit)), el.Span(g.Text(ui.Name(ctx, v.Period.Name()))),
				g.Iff(len(v.Files) > 0, func() g.Node {
					return el.Span(g.Text(ui.T(ctx, "파일 "+strconv.Itoa(len(v.Files)), text.Many(len(v.Files), "file"))))
				}),
				desk.Short(ctx, v.UpdatedAt)),
		),
		g.Iff(v.State() == archive.Deleted, func() g.Node {
			return el.Form(desk.Action("POST", "/v1/admin/archives/"+v.ID+"/restore", v.Version), desk.Said(ui.T(ctx, "자료를 되살렸습니다.", "The archive was restored.")),
				el.Button(el.Type("submit"), el.Class("button small quiet"), el.Aria("label", ui.T(ctx, v.Title+" 되살리기", "Restore "+v.Title)), g.Text(ui.T(ctx, "되살리기", "Restore"))))
		}),
	)
}

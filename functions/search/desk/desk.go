// Package desk is where admins see what nobody finds.
package desk

import (
	"context"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/search"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk    desk.Desk
	search  search.Store
	cursors *cursor.Codec
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "검색", EN: "Search"}, Path: search.DeskPath, Order: 65, Action: auth.Operate, Group: function.Manage}}
}

// Routes are the console's pages of search.
func Routes(d function.Deps) []function.Route {
	h := handlers{desk: desk.New(d), search: search.Store{DB: d.DB, Key: d.Key}, cursors: cursor.New(d.Key.Derive("cursor"))}
	return h.desk.Pages(
		function.Route{Method: "GET", Path: search.DeskPath, Access: function.May(auth.Operate), Do: function.Do(h.missing), Doc: "What was looked for and not found; indexing everything anew."},
	)
}

type missingRequest struct {
	Cursor string `query:"cursor"`
}

func (h handlers) missing(ctx context.Context, r *missingRequest) (*ui.Answer, error) {
	page, err := cursor.Read(h.cursors, "console/search", r.Cursor, desk.OnPage, func(behind search.Place, limit int) ([]search.Miss, error) {
		return h.search.Misses(ctx, behind, limit)
	}, search.Miss.Place)
	if err != nil {
		return nil, err
	}
	waiting, err := h.search.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "못 찾은 검색어", "Searches that found nothing")
	enough := strconv.Itoa(search.Enough)
	return h.desk.Page(ctx, ui.View{Title: title, Section: search.DeskPath, Main: []g.Node{
		desk.Heading(title, el.Form(desk.Action("POST", "/v1/admin/search/reindex", 0), el.Data("confirm", ui.T(ctx, "검색 색인을 처음부터 새로 만들까요? 만드는 동안에도 검색은 됩니다.", "Index everything anew? Search goes on working meanwhile.")),
			desk.Said(ui.T(ctx, "새로 만들고 있습니다.", "It is being indexed anew.")), el.Button(el.Type("submit"), el.Class("button quiet"), g.Text(ui.T(ctx, "색인 새로 만들기", "Index anew"))))),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "한 주에 "+enough+"번 이상 찾았지만 결과가 없던 말입니다. 누가 찾았는지는 남지 않고, 숫자가 여섯 자리 이상이거나 @가 든 말은 세지 않습니다.",
			"What was looked for at least "+enough+" times in a week without a result. Nobody knows by whom, and what holds six digits or more, or an @, is not counted."))),
		g.If(waiting > 0, el.P(el.Class("hint"), g.Text(ui.T(ctx, "색인을 기다리는 글: "+strconv.Itoa(waiting)+"건", "Waiting to be indexed: "+strconv.Itoa(waiting))))),
		g.Iff(len(page.Items) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "못 찾은 검색어가 없습니다.", "There is none."))
		}),
		g.Iff(len(page.Items) > 0, func() g.Node {
			return desk.Table(title, []g.Node{desk.Column(ctx, "주(월요일)", "Week (Monday)"), desk.Column(ctx, "검색어", "Search terms"), desk.Numbers(ctx, "횟수", "Times")},
				g.Map(page.Items, func(m search.Miss) g.Node {
					return el.Tr(el.Td(week(ctx, m.Week)), el.Td(ui.Korean(ctx), el.A(el.Href(ui.Query(ui.Local(ctx, search.Path), "q", m.Words)), g.Text(m.Words))), desk.Number(strconv.FormatInt(m.Times, 10)))
				}))
		}),
		desk.Pager(ctx, page.NextCursor, search.DeskPath),
	}}), nil
}

// week is the Monday of a week as lists have days.
func week(ctx context.Context, monday string) g.Node {
	t, err := time.ParseInLocation(time.DateOnly, monday, clock.Seoul)
	if err != nil { // no row has one
		return g.Text(monday)
	}
	return ui.Time(t, ui.ShortDay(ctx, t))
}

// Package desk is where the council works with the calendar.
package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk    desk.Desk
	book    calendar.Book
	cursors *cursor.Codec
	names   function.Names
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "일정", EN: "Calendar"}, Path: calendar.DeskPath, Order: 12, Action: auth.Write, Group: function.News}}
}

// importPath is where events are brought along.
const importPath = calendar.DeskPath + "/import"

// Routes are the console's pages of the calendar.
func Routes(d function.Deps, book calendar.Book) []function.Route {
	h := handlers{desk: desk.New(d), book: book, cursors: cursor.New(d.Key.Derive("cursor")), names: d.Settings.Names}
	write := function.May(auth.Write)
	return h.desk.Pages(
		function.Route{Method: "GET", Path: calendar.DeskPath, Access: write, Do: function.Do(h.month), Doc: "A month: a day leads to a new event on it."},
		function.Route{Method: "GET", Path: calendar.DeskPath + "/deleted", Access: function.May(auth.Restore), Do: function.Do(h.deleted), Doc: "Events that were deleted in the last 30 days."},
		function.Route{Method: "GET", Path: calendar.DeskPath + "/new", Access: write, Do: function.Do(h.compose), Doc: "An empty form for an event."},
		function.Route{Method: "GET", Path: importPath, Access: write, Do: function.Do(h.importing), Doc: "Where an iCalendar or CSV is looked at and imported."},
		function.Route{Method: "GET", Path: calendar.DeskPath + "/{id}", Access: write, Do: function.Do(h.edit), Doc: "An event in its form."},
	)
}

type monthRequest struct {
	Month string `query:"month"`
}

func (h handlers) month(ctx context.Context, r *monthRequest) (*ui.Answer, error) {
	month, err := ui.MonthOf(ctx, r.Month)
	if err != nil {
		return nil, err
	}
	from, until := ui.Weeks(month)
	events, err := h.book.Between(ctx, from, until, calendar.Filter{})
	if err != nil {
		return nil, err
	}
	p, _, err := h.book.Policy(ctx)
	if err != nil {
		return nil, err
	}
	list, looks := []ui.Dated{}, p.Looks()
	for _, e := range events {
		at := desk.At(ctx, calendar.DeskPath+"/"+e.ID)
		if !auth.From(ctx).May(auth.Write, e.Unit) {
			at = desk.At(ctx, calendar.Path(e.ID))
		}
		list = append(list, ui.Dated{Title: problem.Text{KO: e.Title, EN: e.TitleEn}, Href: at, Starts: e.Span.Starts, Ends: e.Span.Ends, AllDay: e.Span.AllDay, Look: string(looks(e.Category)), Cancelled: e.Cancelled})
	}
	title := ui.T(ctx, "일정", "Calendar")
	turn := func(to time.Time, ko, en string) g.Node {
		return g.Iff(ui.MonthKey(to) != "", func() g.Node {
			return desk.Link(desk.At(ctx, calendar.DeskPath, "month", ui.MonthKey(to)), ui.T(ctx, ko, en), "button small quiet")
		})
	}
	return h.desk.Page(ctx, ui.View{Title: title, Section: calendar.DeskPath, Styles: []string{"calendar.css"}, Main: []g.Node{
		desk.Heading(title+" · "+ui.Month(ctx, month),
			turn(month.AddDate(0, -1, 0), "앞 달", "Month before"), turn(month.AddDate(0, 1, 0), "다음 달", "Month after"),
			g.If(auth.From(ctx).MaySomewhere(auth.Restore), desk.Link(desk.At(ctx, calendar.DeskPath+"/deleted"), ui.T(ctx, "지운 일정", "Deleted"), "button small quiet")),
			desk.Link(desk.At(ctx, importPath), ui.T(ctx, "가져오기", "Import"), "button small quiet"),
			desk.Link(desk.At(ctx, calendar.DeskPath+"/new"), ui.T(ctx, "새 일정", "New event"), "button")),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "날짜를 누르면 그날의 새 일정을 씁니다. 회의와 회칙 시행일은 홈페이지 일정에 자동으로 나타납니다.", "Choose a day to write an event on it. Meetings and days on which rules begin appear on the site by themselves."))),
		ui.MonthDays(ctx, month, list, func(day time.Time) string {
			return desk.At(ctx, calendar.DeskPath+"/new", "day", day.Format(time.DateOnly))
		}),
	}}), nil
}

type deletedRequest struct {
	Cursor string `query:"cursor"`
}

func (h handlers) deleted(ctx context.Context, r *deletedRequest) (*ui.Answer, error) {
	page, err := h.book.Managed(ctx, true, h.cursors, r.Cursor, desk.OnPage)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "지운 일정", "Deleted events")
	return h.desk.Page(ctx, ui.View{Title: title, Section: calendar.DeskPath, Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, calendar.DeskPath), ui.T(ctx, "일정으로 돌아가기", "Back to the calendar"), "button small quiet")),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "30일 안에 되살릴 수 있습니다.", "Each can be restored for 30 days."))),
		g.Iff(len(page.Items) == 0, func() g.Node { return desk.Empty(ui.T(ctx, "지운 일정이 없습니다.", "Nothing was deleted.")) }),
		g.Iff(len(page.Items) > 0, func() g.Node {
			return el.Ul(el.Class("rows"), g.Map(page.Items, func(e calendar.Event) g.Node {
				return el.Li(el.Class("row"),
					el.Div(el.Class("row-main"), el.Span(el.Class("row-title"), ui.Korean(ctx), g.Text(e.Title)), el.P(el.Class("meta"), g.Text(h.desk.Unit(ctx, e.Unit)), desk.Short(ctx, e.Span.Starts))),
					el.Form(desk.Action("POST", "/v1/admin/calendar/"+e.ID+"/restore", e.Version), desk.Said(ui.T(ctx, "일정을 되살렸습니다.", "The event was restored.")),
						el.Button(el.Type("submit"), el.Class("button small quiet"), el.Aria("label", ui.T(ctx, e.Title+" 되살리기", "Restore "+e.Title)), g.Text(ui.T(ctx, "되살리기", "Restore")))))
			}))
		}),
		desk.Pager(ctx, page.NextCursor, calendar.DeskPath+"/deleted"),
	}}), nil
}

// categories are those that can be chosen, and one that is kept.
func (h handlers) categories(ctx context.Context, p calendar.Policy, kept string) []ui.Choice {
	list := p.Words()
	if kept != "" && !slices.Contains(list, kept) {
		list = append(list, kept)
	}
	choices := []ui.Choice{}
	for _, c := range list {
		choices = append(choices, ui.Choice{Value: c, Label: ui.Name(ctx, h.names.Tag(c))})
	}
	return choices
}

// importTold is what the script of the import knows.
type importTold struct {
	Next string `json:"next"` // the page after an import
}

func (h handlers) importing(ctx context.Context, _ *struct{}) (*ui.Answer, error) {
	p, _, err := h.book.Policy(ctx)
	if err != nil {
		return nil, err
	}
	f, title := ui.NewForm(ctx), ui.T(ctx, "일정 가져오기", "Import events")
	units := h.desk.Units(ctx, auth.Write, "")
	return h.desk.Page(ctx, ui.View{Title: title, Section: calendar.DeskPath, Scripts: []string{"events.js"}, Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, calendar.DeskPath), ui.T(ctx, "일정으로 돌아가기", "Back to the calendar"), "button small quiet")),
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "학교 홈페이지나 캘린더에서 내려받은 .ics를 가져옵니다. 같은 파일을 다시 가져오면 바뀐 것만 고칩니다.", "Imports an .ics from the school or from a calendar. The same file again changes what has changed."))),
		el.Form(el.ID("events"), el.Class("form"), el.Method("post"), g.Attr("novalidate"), desk.Told(importTold{Next: desk.At(ctx, calendar.DeskPath)}),
			el.Div(el.Class("field"),
				el.Label(el.For("field-file"), g.Text(ui.T(ctx, "파일", "File"))),
				el.Input(el.ID("field-file"), el.Name("file"), el.Type("file"), el.Accept(".ics,.csv,text/calendar,text/csv"), el.Required(), el.Aria("describedby", "field-file-hint")),
				el.P(el.ID("field-file-hint"), el.Class("hint"), g.Text(ui.T(ctx, "iCalendar(.ics)나 CSV, 1 MiB와 일정 500개까지. 되풀이하는 일정은 2년 뒤까지 하루하루 가져옵니다. 참석자와 주최자는 읽지 않습니다.", "iCalendar (.ics) or CSV, at most 1 MiB and 500 events. What is repeated is imported for two years, each date for itself. Who takes part is not read."))),
			),
			el.Div(el.Class("two"),
				f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위", "Unit")}, units...),
				f.Select(ui.Field{Name: "category", Label: ui.T(ctx, "분류가 쓰여 있지 않은 일정의 분류", "Category of events that name none")}, h.categories(ctx, p, "")...),
			),
			el.P(el.Class("actions"), el.Button(el.ID("preview"), el.Type("submit"), el.Class("button quiet"), g.Text(ui.T(ctx, "미리보기", "Preview")))),
		),
		el.Section(el.ID("found"), el.Class("stack"), g.Attr("hidden"), el.Aria("labelledby", "found-heading"), g.Attr("tabindex", "-1"),
			el.H2(el.ID("found-heading"), g.Text(ui.T(ctx, "가져올 일정", "Events to import"))),
			el.Div(el.ID("wrong")),
			el.P(el.ID("passed"), el.Class("hint"), g.Attr("hidden")),
			desk.Table(ui.T(ctx, "가져올 일정", "Events to import"), []g.Node{
				desk.Column(ctx, "언제", "When"), desk.Column(ctx, "제목", "Title"), desk.Column(ctx, "분류", "Category"), desk.Column(ctx, "줄", "Line"), desk.Column(ctx, "어떻게", "What"),
			}, g.Text("")),
			el.P(el.Class("actions"), desk.Button("bring", ui.T(ctx, "모두 가져오기", "Import all"), "")),
		),
		el.Details(el.Class("fold"), el.Summary(g.Text(ui.T(ctx, "CSV는 이렇게 씁니다", "What a CSV looks like"))), el.Div(el.Class("stack"),
			el.P(g.Text(ui.T(ctx, "첫 줄에 열 이름을 씁니다. 제목과 시작은 꼭 필요하고 끝, 장소, 분류, 내용, 링크, 영어 제목은 없어도 됩니다. 시각이 없으면 하루 종일입니다.",
				"The first line names the columns: 제목 (title) and 시작 (starts) are needed. Without a time of day it is all day."))),
			el.Pre(el.Lang("ko"), g.Text(strings.Join([]string{"제목,시작,끝,장소,분류", "봄 축제,2026-05-20,2026-05-22,잔디광장,총학생회", "개강총회,2026-03-05 18:00,2026-03-05 20:00,학생회관 301호,총학생회"}, "\n")+"\n")),
		)),
	}}), nil
}

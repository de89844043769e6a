package page

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

type listRequest struct {
	Month    string `query:"month"`
	Category string `query:"category"`
	Unit     string `query:"unit"`
}

// shown is what the page is narrowed to.
type shown struct {
	month    time.Time // its first day
	given    string    // as it was asked for, "" for the present one
	category string    // of events, or a kind of other things
	unit     string
}

func (h handlers) list(ctx context.Context, r *listRequest) (*ui.Answer, error) {
	s, err := narrow(ctx, r)
	if err != nil {
		return nil, err
	}
	from, until := ui.Weeks(s.month)
	all, next, err := h.book.Entries(ctx, from, until, calendar.Filter{})
	if err != nil {
		return nil, err
	}
	p, changes, err := h.book.Policy(ctx)
	if err != nil {
		return nil, err
	}
	if err := h.known(ctx, p, s.category, s.unit); err != nil {
		return nil, err
	}
	list, inMonth, looks := []ui.Dated{}, 0, p.Looks()
	for _, e := range all {
		if s.has(e) {
			list = append(list, dated(ctx, looks, e))
			if e.Span.Overlaps(s.month, s.month.AddDate(0, 1, 0)) {
				inMonth++
			}
		}
	}
	title := ui.T(ctx, "일정", "Calendar")
	month := ui.Month(ctx, s.month)
	main := []g.Node{
		el.Header(el.Class("head"), el.Div(el.Class("spread"), el.H1(g.Text(month)), turn(ctx, s))),
		h.tabs(ctx, s, p.Words(), all),
		h.unitChips(ctx, s, all),
		ui.MonthDays(ctx, s.month, list, nil),
		g.Iff(inMonth == 0, func() g.Node { return empty(ctx, s) }),
		h.subscribe(ctx, s),
	}
	return h.frame.Page(ctx, ui.View{
		Title: title + ": " + month, Path: s.path(), Section: calendar.ListPath, Styles: []string{"site.css", "calendar.css"}, Scripts: []string{"share.js"}, Dated: true,
		Empty: inMonth == 0, Hidden: s.given != "" || s.category != "" || s.unit != "", Changes: []*time.Time{next, changes},
		Description: ui.T(ctx, "학생회와 학교의 일정을 한눈에 보고 내 캘린더에서 받아 보세요.", "Dates of the council and the school, here and in your own calendar."), Main: main,
	}), nil
}

func narrow(ctx context.Context, r *listRequest) (shown, error) {
	var c check.Fields
	s := shown{category: c.OptionalLine("category", r.Category, 40), unit: c.OptionalLine("unit", r.Unit, 50)}
	month, err := ui.MonthOf(ctx, r.Month)
	if err != nil {
		return s, err
	}
	s.month, s.given = month, r.Month
	r.Category, r.Unit = s.category, s.unit
	return s, c.Err()
}

// known refuses a category and a unit that there are not, with problem.Absent.
func (h handlers) known(ctx context.Context, p calendar.Policy, category, unit string) error {
	if unit != "" && !slices.Contains(h.units, unit) {
		return problem.Absent()
	}
	if category == "" || isKind(category) {
		return nil
	}
	is, err := h.book.IsCategory(ctx, p, category)
	if err == nil && !is {
		err = problem.Absent()
	}
	return err
}

func isKind(name string) bool {
	_, known := thing.KindOf(name)
	return known && name != calendar.Kind
}

// has says whether the page shows an entry.
func (s shown) has(e calendar.Entry) bool {
	return (s.category == "" || s.category == sort(e)) && (s.unit == "" || s.unit == e.Unit)
}

// sort is what an entry is, as filters have it.
func sort(e calendar.Entry) string {
	if e.Kind == calendar.Kind {
		return e.Category
	}
	return e.Kind
}

// path is the address of what is shown, in Korean.
func (s shown) path() string {
	return ui.Query(calendar.ListPath, "month", s.given, "category", s.category, "unit", s.unit)
}

func (s shown) at(ctx context.Context, month time.Time) string {
	if s.given = ui.MonthKey(month); s.given == ui.MonthKey(clock.Now(ctx)) {
		s.given = ""
	}
	return ui.Local(ctx, s.path())
}

// dated is an entry in a month.
func dated(ctx context.Context, looks func(string) calendar.Look, e calendar.Entry) ui.Dated {
	return ui.Dated{
		Title: e.Title, Said: e.Said, Href: ui.Local(ctx, e.Path), Starts: e.Span.Starts, Ends: e.Span.Ends, AllDay: e.Span.AllDay, Look: string(looks(e.Category)), Cancelled: e.Cancelled,
	}
}

// turn leads to the months before and behind.
func turn(ctx context.Context, s shown) g.Node {
	today := s
	today.given = ""
	return ui.MonthTurn(ctx, s.month, ui.Local(ctx, today.path()), func(month time.Time) string { return s.at(ctx, month) })
}

// tabs are the categories of events and the kinds of other things that the month has, or that are chosen.
func (h handlers) tabs(ctx context.Context, s shown, categories []string, all []calendar.Entry) g.Node {
	counts, sum := map[string]int{}, 0
	for _, e := range all {
		if (s.unit == "" || s.unit == e.Unit) && e.Span.Overlaps(s.month, s.month.AddDate(0, 1, 0)) {
			counts[sort(e)]++
			sum++
		}
	}
	count := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	to := func(category string) string {
		other := s
		other.category = category
		return ui.Local(ctx, other.path())
	}
	list := []ui.Tab{{Label: ui.T(ctx, "모두", "All"), Href: to(""), Count: count(sum), Here: s.category == ""}}
	others := []string{} // categories that events still have
	for c := range counts {
		if !isKind(c) && !slices.Contains(categories, c) {
			others = append(others, c)
		}
	}
	if c := s.category; c != "" && !isKind(c) && counts[c] == 0 && !slices.Contains(categories, c) {
		others = append(others, c)
	}
	slices.Sort(others)
	for _, c := range append(categories, others...) {
		name := h.names.Tag(c)
		list = append(list, ui.Tab{Label: ui.Name(ctx, name), Href: to(c), Count: count(counts[c]), Here: s.category == c, Korean: name.EN == ""})
	}
	for _, k := range thing.Kinds() {
		if k.Name != calendar.Kind && (counts[k.Name] > 0 || s.category == k.Name) {
			list = append(list, ui.Tab{Label: ui.Name(ctx, k.Label), Href: to(k.Name), Count: count(counts[k.Name]), Here: s.category == k.Name})
		}
	}
	return ui.Tabs(ctx, ui.T(ctx, "일정 거르기", "Kinds of dates"), list...)
}

// unitChips narrow to a unit, where several have something.
func (h handlers) unitChips(ctx context.Context, s shown, all []calendar.Entry) g.Node {
	chips := []ui.Tab{}
	for _, unit := range h.units {
		there := slices.ContainsFunc(all, func(e calendar.Entry) bool {
			return e.Unit == unit && (s.category == "" || s.category == sort(e)) && e.Span.Overlaps(s.month, s.month.AddDate(0, 1, 0))
		})
		if !there && s.unit != unit {
			continue
		}
		other := s
		if other.unit = unit; s.unit == unit {
			other.unit = ""
		}
		name := h.names.Unit(unit)
		chips = append(chips, ui.Tab{Label: ui.Name(ctx, name), Href: ui.Local(ctx, other.path()), Here: s.unit == unit, Korean: name.EN == ""})
	}
	if len(chips) < 2 && s.unit == "" {
		return nil
	}
	return ui.Chips(ctx, ui.T(ctx, "단위로 거르기", "By unit"), chips...)
}

func empty(ctx context.Context, s shown) g.Node {
	what := ui.T(ctx, ui.Month(ctx, s.month)+"에는 일정이 없습니다.", "There is nothing in "+ui.Month(ctx, s.month)+".")
	if s.given == "" {
		what = ui.T(ctx, "이번 달에는 일정이 없습니다.", "There is nothing this month.")
	}
	if s.category == "" && s.unit == "" {
		return ui.Empty(what, ui.T(ctx, "다른 달을 보거나, 아래에서 캘린더에 추가해 두면 새 일정이 자동으로 나타나요.", "Look at another month, or add the calendar to yours below: what is new appears there."))
	}
	all := s
	all.category, all.unit = "", ""
	return ui.Empty(what, "", el.A(el.Href(ui.Local(ctx, all.path())), g.Text(ui.T(ctx, "이 달의 일정 모두 보기", "Everything of this month"))))
}

// subscribe is how somebody has this in their own calendar, as it is narrowed.
func (h handlers) subscribe(ctx context.Context, s shown) g.Node {
	file := ui.Local(ctx, ui.Query(filePath, "category", s.category, "unit", s.unit))
	address := h.frame.SiteURL + file
	_, behind, _ := strings.Cut(address, "://")
	calls := "webcal://" + behind
	return el.Section(el.Class("subscribe"), el.Aria("labelledby", "subscribe"),
		ui.Gate("subscribe", ui.T(ctx, "내 캘린더에서 보기", "In your own calendar"), "", "", ""),
		el.P(g.Text(ui.T(ctx, "한 번 추가하면 바뀐 일정도 자동으로 따라옵니다. 로그인하지 않아도 돼요. 구글은 하루까지 늦을 수 있습니다.", "Add it once, and what changes follows by itself, without an account. Google may be late by a day."))),
		el.P(el.Class("bar"),
			el.A(el.Class("button"), el.Href(calls), el.Rel("nofollow"), g.Text(ui.T(ctx, "애플 캘린더", "Apple Calendar"))),
			el.A(el.Class("button quiet"), el.Href("https://calendar.google.com/calendar/r?cid="+url.QueryEscape(calls)), el.Rel("nofollow noopener"), g.Text(ui.T(ctx, "구글 캘린더", "Google Calendar"))),
			el.Button(el.Type("button"), el.Class("button quiet"), el.Data("share", "copy"), el.Data("address", address), el.Data("done", ui.T(ctx, "주소를 복사했어요", "Copied")), g.Attr("hidden"), g.Text(ui.T(ctx, "네이버·기타: 주소 복사", "Others: copy the address"))),
			el.A(el.Class("button quiet"), el.Href(file), el.Rel("nofollow"), el.Download("calendar.ics"), g.Text(ui.T(ctx, ".ics 받기", "Download .ics"))),
		),
		el.P(el.Class("hint"), el.Code(g.Text(address))),
		el.P(el.Class("sm soft"), el.Role("status"), el.Data("shared", "")),
	)
}

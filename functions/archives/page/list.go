package page

import (
	"context"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
)

// onPage is how many archives a page of the list shows.
const onPage = 20

type listRequest struct {
	Category string `query:"category"`
	Year     string `query:"year"`
	Unit     string `query:"unit"`
	Q        string `query:"q"`
	Cursor   string `query:"cursor"`
}

// shown is what the page is narrowed to.
type shown struct {
	category string // "" for the first
	year     int
	unit     string
	words    string
	given    string // the year as it was asked for, "" for the present one
}

func (h handlers) list(ctx context.Context, r *listRequest) (*ui.Answer, error) {
	s, f, err := narrow(ctx, r)
	if err != nil {
		return nil, err
	}
	plan, err := h.archives.Plan(ctx, s.year)
	if err != nil {
		return nil, err
	}
	if _, known := plan.Find(s.category); s.category != "" && !known || s.unit != "" && !slices.Contains(h.units, s.unit) {
		return nil, problem.Absent()
	}
	covers, err := h.archives.Coverage(ctx, s.year, h.units)
	if err != nil {
		return nil, err
	}
	if s.category == "" && s.words == "" && r.Cursor == "" {
		s.category = first(plan, covers)
		f.Category = s.category
	}
	years, err := h.archives.Years(ctx)
	if err != nil {
		return nil, err
	}
	page, err := h.archives.Page(ctx, f, h.cursors, r.Cursor, onPage)
	if err != nil {
		return nil, err
	}
	category, known := plan.Find(s.category)
	title := ui.T(ctx, "자료집", "Archives")
	if r.Category != "" && known {
		title += " · " + ui.Name(ctx, category.Label())
	}
	view := ui.View{
		Title: title, Path: ui.Query(archive.ListPath, "category", r.Category, "year", s.given, "unit", s.unit, "q", s.words, "cursor", r.Cursor), Section: archive.ListPath, Styles: []string{"site.css"},
		Dated: true, Hidden: s.words != "" || r.Cursor != "", Empty: len(page.Items) == 0 && len(covers) == 0,
		Description: ui.T(ctx, "예산, 결산, 감사 자료와 아직 내지 않은 것", "Budgets, settlements, audits, and what is missing"),
	}
	firstPage, next := "", ""
	if r.Cursor != "" {
		firstPage = s.at(ctx, "")
	}
	if page.NextCursor != "" {
		next = s.at(ctx, page.NextCursor)
	}
	view.Main = []g.Node{
		el.Header(el.Class("head"), el.H1(g.Text(title)), el.P(el.Class("soft"), g.Text(ui.T(ctx, "학생회비로 움직이는 모든 곳의 예산, 결산, 감사 자료입니다. 빈칸도 감추지 않습니다.", "Budgets, settlements and audits of everything that student fees pay for. Gaps are not hidden.")))),
		h.seek(ctx, s),
		tabs(ctx, s, plan, covers),
		g.Iff(s.words == "" && r.Cursor == "", func() g.Node { return h.covered(ctx, s, category, covers, years) }),
		el.Section(el.Class("sect"), el.Aria("labelledby", "latest"),
			ui.Gate("latest", ui.T(ctx, "새로 나온 자료", "The latest"), "", "", ""),
			g.Iff(len(page.Items) == 0, func() g.Node { return empty(ctx, s) }),
			g.Iff(len(page.Items) > 0, func() g.Node { return ui.Rows(ctx, page.Items, h.row, ui.H3, false) }),
			ui.Pager(ctx, "", firstPage, next, ui.T(ctx, "이전 자료", "Older ones")),
		),
		g.Iff(len(page.Items) > 0 && s.words == "", func() g.Node { return zip(ctx, s.year) }),
	}
	return h.frame.Page(ctx, view), nil
}

func narrow(ctx context.Context, r *listRequest) (shown, archive.Filter, error) {
	var c check.Fields
	f := archive.Narrowed(&c, r.Category, r.Unit, r.Year, r.Q)
	s := shown{category: f.Category, year: clock.Now(ctx).Year(), unit: f.Unit, words: f.Words}
	if r.Year != "" {
		n, err := strconv.Atoi(r.Year)
		if err != nil || strconv.Itoa(n) != r.Year || n < archive.FirstYear || n > archive.LastYear {
			return s, f, problem.Absent()
		}
		s.year, s.given = n, r.Year
	}
	r.Category, r.Unit = f.Category, f.Unit
	return s, f, c.Err()
}

// first is the category that is shown to who asks for none.
func first(plan archive.Plan, covers []archive.Cover) string {
	for _, c := range covers {
		if c.Expected > 0 {
			return c.Category.ID
		}
	}
	if len(plan.Categories) == 0 {
		return ""
	}
	return plan.Categories[0].ID
}

// at is the address of the page with another cursor.
func (s shown) at(ctx context.Context, cursor string) string {
	return ui.Query(ui.Local(ctx, archive.ListPath), "category", s.category, "year", s.given, "unit", s.unit, "q", s.words, "cursor", cursor)
}

func (h handlers) row(v archive.Archive) ui.Row {
	return ui.Row{Path: archive.Path(v.ID), Title: problem.Text{KO: v.Title}, Line: problem.Text{KO: v.Line()}, Unit: h.names.Unit(v.Unit), At: *v.PublishedAt}
}

func (h handlers) seek(ctx context.Context, s shown) g.Node {
	label := ui.T(ctx, "자료와 결산 항목 찾기", "Search archives and their items")
	return el.Form(el.Class("seek"), el.Role("search"), el.Aria("label", label), el.Action(ui.Local(ctx, archive.ListPath)),
		el.Label(el.Class("hidden"), el.For("q"), g.Text(label)),
		el.Input(el.ID("q"), el.Type("search"), el.Name("q"), el.Value(s.words), el.MaxLength("100"), el.Placeholder(label), g.Attr("enterkeyhint", "search")),
		el.Button(el.Type("submit"), ui.Icon("find"), el.Span(el.Class("hidden"), g.Text(ui.T(ctx, "찾기", "Search")))),
	)
}

// tabs are the categories; one that only the council reads is there for who sees something in it.
func tabs(ctx context.Context, s shown, plan archive.Plan, covers []archive.Cover) g.Node {
	list := []ui.Tab{}
	for _, c := range plan.Categories {
		i := slices.IndexFunc(covers, func(cv archive.Cover) bool { return cv.Category.ID == c.ID })
		if c.Audience == archive.Council && i < 0 && c.ID != s.category {
			continue
		}
		count := ""
		if i >= 0 && covers[i].There > 0 {
			count = strconv.Itoa(covers[i].There)
		}
		to := shown{category: c.ID, given: s.given, unit: s.unit}
		list = append(list, ui.Tab{Label: ui.Name(ctx, c.Label()), Href: to.at(ctx, ""), Count: count, Here: c.ID == s.category && s.words == "", Korean: c.NameEn == ""})
	}
	if len(list) == 0 {
		return nil
	}
	return ui.Tabs(ctx, ui.T(ctx, "자료 종류", "Kinds"), list...)
}

func empty(ctx context.Context, s shown) g.Node {
	if s.words == "" {
		return ui.Empty(ui.T(ctx, "아직 올라온 자료가 없어요", "There is nothing here yet"), ui.T(ctx, "단위들이 낸 자료가 여기에 보여요.", "What units submit appears here."))
	}
	return ui.Empty(ui.T(ctx, "맞는 자료가 없어요", "Nothing matches"), ui.T(ctx, "다른 말로 찾아보세요.", "Try other words."), el.A(el.Href(ui.Local(ctx, archive.ListPath)), g.Text(ui.T(ctx, "자료 모두 보기", "All archives"))))
}

// covered is the grid of a category with its numbers.
func (h handlers) covered(ctx context.Context, s shown, category archive.Category, covers []archive.Cover, years []int) g.Node {
	i := slices.IndexFunc(covers, func(c archive.Cover) bool { return c.Category.ID == s.category })
	cover := archive.Cover{Category: category}
	if i >= 0 {
		cover = covers[i]
	}
	name := ui.Name(ctx, category.Label())
	return g.Group{
		g.Iff(cover.Expected > 0, func() g.Node { return stats(ctx, cover) }),
		el.Section(el.Class("sect"), el.Aria("labelledby", "covered"),
			ui.Gate("covered", ui.T(ctx, strconv.Itoa(s.year)+"년 "+name+" 제출 현황", strconv.Itoa(s.year)+" "+name+": who has submitted"), "", "", ""),
			h.filters(ctx, s, years),
			g.Iff(len(cover.Units) == 0, func() g.Node {
				return ui.Empty(ui.T(ctx, strconv.Itoa(s.year)+"년에는 낼 자료가 정해져 있지 않아요", "Nothing is to be submitted for "+strconv.Itoa(s.year)), ui.T(ctx, "다른 해나 다른 종류를 골라 보세요.", "Choose another year or another kind."))
			}),
			g.Iff(len(cover.Units) > 0, func() g.Node {
				return g.Group{legend(ctx), h.byUnit(ctx, s, cover), h.grid(ctx, s, cover), el.P(el.Class("hint"), g.Text(ui.T(ctx, "내가 볼 수 있는 자료만 셉니다. 재학생이나 총학생회만 보는 자료는 로그인하면 함께 셉니다.", "Only what you may read counts. What students or the council alone read counts once you are signed in.")))}
			}),
		),
	}
}

func stats(ctx context.Context, c archive.Cover) g.Node {
	stat := func(label, number, more string) g.Node {
		return el.P(g.Text(label), el.B(g.Text(number)), g.Text(more))
	}
	count := func(n int) string { return ui.T(ctx, strconv.Itoa(n)+"건", strconv.Itoa(n)) }
	submitted := ui.T(ctx, "제때 "+count(c.InTime), strconv.Itoa(c.InTime)+" in time")
	if due := c.Published + c.Missing; due > 0 {
		percent := strconv.Itoa(100*c.Published/due) + "%"
		submitted = ui.T(ctx, "기한이 된 "+count(due)+"의 "+percent+", ", percent+" of "+count(due)+" due, ") + submitted
	}
	next := ui.T(ctx, "없음", "None")
	if c.NextDue != "" {
		next = day(ctx, c.NextDue)
	}
	return el.Div(el.Class("stats"),
		stat(ui.T(ctx, "내야 할 것", "To be submitted"), count(c.Expected), ui.T(ctx, "아직 기한 전 "+count(c.Waiting), strconv.Itoa(c.Waiting)+" not yet due")),
		stat(ui.T(ctx, "낸 것", "Submitted"), count(c.Published), submitted),
		stat(ui.T(ctx, "미제출", "Missing"), count(c.Missing), ""),
		stat(ui.T(ctx, "다음 기한", "Next due"), next, ""),
	)
}

// day is a day that is due, for lists.
func day(ctx context.Context, due string) string {
	t, err := time.ParseInLocation(time.DateOnly, due, clock.Seoul)
	if err != nil {
		return due
	}
	return ui.ShortDay(ctx, t)
}

func (h handlers) filters(ctx context.Context, s shown, years []int) g.Node {
	f, choices := ui.NewForm(ctx), []ui.Choice{}
	for _, y := range []int{s.year, clock.Now(ctx).Year()} {
		if !slices.Contains(years, y) {
			years = append(years, y)
		}
	}
	slices.Sort(years)
	for _, y := range slices.Backward(years) {
		choices = append(choices, ui.Choice{Value: strconv.Itoa(y), Label: ui.T(ctx, strconv.Itoa(y)+"년", strconv.Itoa(y))})
	}
	units := []ui.Choice{{Value: "", Label: ui.T(ctx, "모두", "All")}}
	for _, u := range h.units {
		units = append(units, ui.Choice{Value: u, Label: ui.Name(ctx, h.names.Unit(u))})
	}
	return el.Form(el.Class("filters"), el.Method("get"), el.Action(ui.Local(ctx, archive.ListPath)),
		el.Input(el.Type("hidden"), el.Name("category"), el.Value(s.category)),
		f.Select(ui.Field{Name: "year", Label: ui.T(ctx, "연도", "Year"), Value: strconv.Itoa(s.year)}, choices...),
		f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위", "Unit"), Value: s.unit}, units...),
		el.P(el.Button(el.Type("submit"), el.Class("button quiet"), g.Text(ui.T(ctx, "보기", "Show")))),
	)
}

func legend(ctx context.Context) g.Node {
	sign := func(class, ko, en string) g.Node {
		return el.Li(el.I(el.Class(class), el.Aria("hidden", "true")), g.Text(ui.T(ctx, ko, en)))
	}
	return el.Ul(el.Class("legend"),
		sign("ok", "제때 냄", "In time"), sign("lag", "늦게 냄", "Late"), sign("miss", "미제출", "Missing"), sign("wait", "아직 기한 전", "Not yet due"))
}

// units are those of a cover that the page shows.
func (s shown) units(c archive.Cover) []archive.UnitCover {
	return slices.DeleteFunc(slices.Clone(c.Units), func(u archive.UnitCover) bool { return s.unit != "" && u.Unit != s.unit })
}

// grid is what each unit submitted for each period. It scrolls by itself where it is too wide.
func (h handlers) grid(ctx context.Context, s shown, c archive.Cover) g.Node {
	label := ui.T(ctx, "단위와 기간별 제출 현황", "Submitted, by unit and period")
	return el.Div(el.Class("scroll covered"), el.TabIndex("0"), el.Role("region"), el.Aria("label", label),
		el.Table(el.Class("cover"),
			el.THead(el.Tr(
				el.Th(el.Scope("col"), g.Text(ui.T(ctx, "단위", "Unit"))),
				g.Map(c.Periods, func(p archive.Period) g.Node { return el.Th(el.Scope("col"), g.Text(ui.Name(ctx, p.Part()))) }),
				el.Th(el.Scope("col"), g.Text(ui.T(ctx, "낸 것", "Submitted"))),
			)),
			el.TBody(g.Map(s.units(c), func(u archive.UnitCover) g.Node {
				return el.Tr(el.Th(el.Scope("row"), ui.Said(ctx, h.names.Unit(u.Unit))),
					g.Map(u.Cells, func(c archive.Cell) g.Node { return cell(ctx, c) }),
					el.Td(el.Span(el.Class("pct"), g.Text(strconv.Itoa(u.Published)+" / "+strconv.Itoa(u.Expected)))))
			})),
		))
}

// cell says in words what its colour says to others.
func cell(ctx context.Context, c archive.Cell) g.Node {
	class, said, more := words(ctx, c)
	lines := g.Group{g.Text(said)}
	if more != "" {
		lines = append(lines, el.Br(), g.Text(more))
	}
	if c.Archive == nil {
		return el.Td(el.Class(class), el.Span(lines))
	}
	return el.Td(el.Class(class), el.A(el.Href(ui.Local(ctx, archive.Path(c.Archive.ID))), el.Title(c.Archive.Title), lines))
}

func words(ctx context.Context, c archive.Cell) (class, said, more string) {
	days := func(ko, en string) string { return ui.T(ctx, strconv.Itoa(c.Days)+ko, text.Many(c.Days, "day")+en) }
	switch c.State {
	case archive.Filled:
		if c.Days > 0 {
			return "lag", ui.T(ctx, "냄", "Submitted"), days("일 늦음", " late")
		}
		return "ok", ui.T(ctx, "냄", "Submitted"), ""
	case archive.Missing:
		return "miss", ui.T(ctx, "미제출", "Missing"), days("일째", "")
	case archive.Waiting:
		return "wait", "–", ui.T(ctx, day(ctx, c.DueOn)+"까지", "due "+day(ctx, c.DueOn))
	default:
		return "nil", "", ""
	}
}

// byUnit is the grid for a telephone: a line for each unit.
func (h handlers) byUnit(ctx context.Context, s shown, c archive.Cover) g.Node {
	return el.Ul(el.Class("by-unit"), el.Aria("label", ui.T(ctx, "단위별", "By unit")), g.Map(s.units(c), func(u archive.UnitCover) g.Node {
		return el.Li(el.P(el.B(ui.Said(ctx, h.names.Unit(u.Unit))), el.Span(g.Text(strconv.Itoa(u.Published)+" / "+strconv.Itoa(u.Expected)))),
			el.Ul(g.Map(u.Cells, func(c archive.Cell) g.Node {
				class, said, more := words(ctx, c)
				if class == "nil" {
					return nil
				}
				text := g.Text(ui.Name(ctx, c.Period.Part()) + " " + said)
				if more != "" {
					text = g.Group{g.Text(ui.Name(ctx, c.Period.Part()) + " " + said + " "), el.Span(el.Class("nb"), g.Text(more))} // as 2027. 1. 31.까지
				}
				if c.Archive == nil {
					return el.Li(el.Class(class), text)
				}
				return el.Li(el.Class(class), el.A(el.Href(ui.Local(ctx, archive.Path(c.Archive.ID))), text))
			})))
	}))
}

// zip asks for a year as one file.
func zip(ctx context.Context, year int) g.Node {
	return el.Section(el.Class("sect"), el.Aria("labelledby", "zip"),
		ui.Gate("zip", ui.T(ctx, "한 해를 한 파일로", "A year as one file"), "", "", ""),
		el.P(el.Class("soft"), g.Text(ui.T(ctx, strconv.Itoa(year)+"년 자료 가운데 내가 볼 수 있는 것을 모두 묶습니다. 정정하기 전 파일도 들어 있습니다.", "Everything of "+strconv.Itoa(year)+" that you may read, with what was corrected."))),
		el.Form(el.Method("post"), el.Action(ui.Local(ctx, bundlesPath)),
			el.Input(el.Type("hidden"), el.Name("year"), el.Value(strconv.Itoa(year))),
			el.P(el.Button(el.Type("submit"), el.Class("button quiet"), g.Text(ui.T(ctx, strconv.Itoa(year)+"년 자료 모두 내려받기 (ZIP)", "Download "+strconv.Itoa(year)+" (ZIP)")))),
		))
}

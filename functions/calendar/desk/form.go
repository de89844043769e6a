package desk

import (
	"context"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type composeRequest struct {
	Day string `query:"day"`
}

func (h handlers) compose(ctx context.Context, r *composeRequest) (*ui.Answer, error) {
	day, err := time.ParseInLocation(time.DateOnly, r.Day, clock.Seoul)
	if err != nil {
		day = clock.Midnight(clock.Now(ctx))
	}
	const usual = 18 // o'clock, when most of a council's events begin
	e := calendar.Event{}
	e.Span = calendar.Span{Starts: day.Add(usual * time.Hour), Ends: day.Add((usual + 1) * time.Hour)}
	return h.form(ctx, e)
}

type editRequest struct {
	ID string `path:"id"`
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	e, err := h.book.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.form(ctx, e)
}

// told is what the form's script knows.
type told struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Next    string `json:"next"` // the page after a save: the month, which the script adds
}

func (h handlers) form(ctx context.Context, e calendar.Event) (*ui.Answer, error) {
	p, _, err := h.book.Policy(ctx)
	if err != nil {
		return nil, err
	}
	title, units := ui.T(ctx, "새 일정", "New event"), h.desk.Units(ctx, auth.Write, e.Unit)
	if e.ID != "" {
		title = ui.T(ctx, "일정 고치기", "Edit event")
	}
	back := desk.At(ctx, calendar.DeskPath, "month", ui.MonthKey(e.Span.Starts))
	return h.desk.Page(ctx, ui.View{Title: title, Section: calendar.DeskPath, Class: "reading", Scripts: []string{"calendar.js"}, Main: []g.Node{
		desk.Heading(title,
			desk.Link(back, ui.T(ctx, "달력으로", "To the month"), "button small quiet"),
			g.Iff(e.ID != "", func() g.Node {
				return desk.Link(desk.At(ctx, calendar.Path(e.ID)), ui.T(ctx, "홈페이지에서 보기", "View on the site"), "button small quiet")
			})),
		g.If(e.Origin != "", el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "가져온 일정입니다. 같은 파일을 다시 가져오면 파일에 쓰인 대로 바뀝니다.", "It was imported: the same file again makes it what the file says.")))),
		el.Form(el.ID("calendar"), el.Class("form"), el.Method("post"), g.Attr("novalidate"), desk.Told(told{ID: e.ID, Version: e.Version, Next: desk.At(ctx, calendar.DeskPath)}),
			h.about(ctx, e, p, units),
			span(ctx, e),
			g.Iff(e.ID == "", func() g.Node { return repeat(ctx) }),
			g.Iff(e.Series != "", func() g.Node { return reach(ctx) }),
			el.Div(el.Class("save-bar"), el.Button(el.ID("save"), el.Type("submit"), el.Class("button"), g.Text(ui.T(ctx, "저장", "Save"))),
				g.If(e.ID != "", desk.Button("delete", ui.T(ctx, "지우기", "Delete"), "danger", el.Data("confirm", ui.T(ctx, "이 일정을 지울까요? 구독하는 캘린더에서도 사라집니다. 열리지 않게 된 일정이라면 지우지 말고 ‘취소됨’으로 표시하세요.", "Delete this event? It also goes from the calendars of subscribers. If it does not take place, mark it as cancelled instead."))))),
		),
	}}), nil
}

func (h handlers) about(ctx context.Context, e calendar.Event, p calendar.Policy, units []ui.Choice) g.Node {
	f := ui.NewForm(ctx)
	return g.Group{
		f.Input(ui.Field{Name: "title", Label: ui.T(ctx, "제목", "Title"), Value: e.Title, Limit: calendar.MostTitle}),
		f.Input(ui.Field{Name: "titleEn", Label: ui.T(ctx, "영어 제목", "Title in English"), Value: e.TitleEn, Limit: 2 * calendar.MostTitle, Optional: true}),
		el.Div(el.Class("two"),
			f.Select(ui.Field{Name: "category", Label: ui.T(ctx, "분류", "Category"), Value: e.Category}, h.categories(ctx, p, e.Category)...),
			f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위", "Unit"), Value: e.Unit}, units...),
			f.Input(ui.Field{Name: "place", Label: ui.T(ctx, "장소", "Place"), Value: e.Place, Limit: calendar.MostPlace, Optional: true}),
			f.Input(ui.Field{Name: "mapUrl", Label: ui.T(ctx, "지도 링크", "Link to a map"), Value: e.MapURL, Optional: true, Hint: ui.T(ctx, "https 주소", "An https address")}),
		),
		f.Area(ui.Field{Name: "text", Label: ui.T(ctx, "내용", "Text"), Value: e.Text, Limit: calendar.MostText, Optional: true, More: []g.Node{el.Rows("4")}}),
		f.Input(ui.Field{Name: "url", Label: ui.T(ctx, "관련 글", "Read more"), Value: e.URL, Optional: true, Hint: ui.T(ctx, "공지의 주소(/notices/…)나 https 주소", "The address of a notice (/notices/…), or https")}),
	}
}

// span is when it is: days or times, of which the script shows one.
func span(ctx context.Context, e calendar.Event) g.Node {
	f := ui.NewForm(ctx)
	local := func(t time.Time) string { return t.In(clock.Seoul).Format("2006-01-02T15:04") }
	ends := ""
	if e.Span.Ends.After(e.Span.Starts) {
		ends = local(e.Span.Ends)
	}
	return el.FieldSet(el.Class("group"),
		el.Legend(g.Text(ui.T(ctx, "언제", "When"))),
		f.Check("allDay", e.Span.AllDay, false, g.Text(ui.T(ctx, "하루 종일", "All day"))),
		el.Div(el.ID("days"), el.Class("two"),
			f.Input(ui.Field{Name: "firstDay", Label: ui.T(ctx, "첫날", "First day"), Type: "date", Value: clock.Day(e.Span.Starts)}),
			f.Input(ui.Field{Name: "lastDay", Label: ui.T(ctx, "마지막 날", "Last day"), Type: "date", Value: clock.Day(e.Span.Last()), Optional: true}),
		),
		el.Div(el.ID("times"), el.Class("two"),
			f.Input(ui.Field{Name: "starts", Label: ui.T(ctx, "시작", "Starts"), Type: "datetime-local", Value: local(e.Span.Starts)}),
			f.Input(ui.Field{Name: "ends", Label: ui.T(ctx, "끝", "Ends"), Type: "datetime-local", Value: ends, Optional: true}),
		),
		g.Iff(e.ID != "", func() g.Node {
			return f.Check("cancelled", e.Cancelled, false, g.Text(ui.T(ctx, "취소됨: 달력에 남고, 취소되었다고 알립니다", "Cancelled: it stays in the calendar, and says so")))
		}),
	)
}

func repeat(ctx context.Context) g.Node {
	f := ui.NewForm(ctx)
	return el.FieldSet(el.Class("group"),
		el.Legend(g.Text(ui.T(ctx, "되풀이", "Repeat"))),
		el.Div(el.Class("two"),
			f.Select(ui.Field{Name: "every", Label: ui.T(ctx, "얼마나 자주", "How often")}, ui.Choice{Value: "", Label: ui.T(ctx, "되풀이하지 않음", "Never")},
				ui.Choice{Value: string(calendar.Weekly), Label: ui.T(ctx, "매주", "Every week")}, ui.Choice{Value: string(calendar.Monthly), Label: ui.T(ctx, "매월 같은 날", "Every month on the same day")}),
			f.Input(ui.Field{Name: "until", Label: ui.T(ctx, "언제까지", "Until"), Type: "date", Optional: true, Hint: ui.T(ctx, "60번까지", "At most 60 times")}),
		),
	)
}

func reach(ctx context.Context) g.Node {
	return el.FieldSet(el.Class("group"),
		el.Legend(g.Text(ui.T(ctx, "되풀이하는 일정", "A repeated event"))),
		ui.NewForm(ctx).Select(ui.Field{Name: "reach", Label: ui.T(ctx, "무엇을 바꾸나요?", "What changes?"), Value: string(calendar.One)},
			ui.Choice{Value: string(calendar.One), Label: ui.T(ctx, "이것만", "This one")}, ui.Choice{Value: string(calendar.Later), Label: ui.T(ctx, "이것과 이후 모두", "This one and all later ones")}),
	)
}

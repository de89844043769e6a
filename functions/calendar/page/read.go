package page

import (
	"context"
	"net/url"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

type readRequest struct {
	ID string `path:"id"`
}

func (h handlers) read(ctx context.Context, r *readRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	e, err := h.book.Read(ctx, r.ID)
	if err != nil {
		return nil, h.book.Gone(ctx, r.ID, err)
	}
	title := problem.Text{KO: e.Title, EN: e.TitleEn}
	fact := func(name string, value ...g.Node) g.Node { return el.Div(el.Dt(g.Text(name)), el.Dd(value...)) }
	return h.frame.Page(ctx, ui.View{
		Title: ui.Name(ctx, title), Description: e.Line(), InKorean: true, Path: calendar.Path(e.ID), Section: calendar.ListPath, Class: "reading", Styles: []string{"site.css", "calendar.css"},
		Main: []g.Node{el.Article(
			el.Header(el.Class("head"),
				el.P(el.Class("back"), el.A(el.Href(ui.Local(ctx, ui.Query(calendar.ListPath, "month", ui.MonthKey(e.Span.Starts)))), g.Text(ui.T(ctx, "일정", "Calendar")+" · "+ui.Month(ctx, e.Span.Starts)))),
				g.If(e.Cancelled, el.P(el.Class("bar"), ui.State(ui.No, ui.T(ctx, "취소된 일정", "Cancelled")))),
				el.H1(ui.Said(ctx, title)),
			),
			el.Dl(el.Class("facts"),
				fact(ui.T(ctx, "언제", "When"), when(ctx, e.Span)),
				g.If(e.Place != "" || e.MapURL != "", fact(ui.T(ctx, "어디서", "Where"), g.If(e.Place != "", el.Span(ui.Korean(ctx), g.Text(e.Place))), g.Text(" "),
					g.If(e.MapURL != "", el.A(el.Href(e.MapURL), el.Rel("noopener"), g.Text(ui.T(ctx, "지도", "Map")))))),
				fact(ui.T(ctx, "분류", "Category"), el.Span(ui.Said(ctx, h.names.Tag(e.Category)))),
				fact(ui.T(ctx, "단위", "Unit"), el.Span(ui.Said(ctx, h.names.Unit(e.Unit)))),
			),
			g.If(e.Text != "", el.Div(el.Class("prose"), ui.Korean(ctx), ui.Paragraphs(e.Text))),
			g.If(e.URL != "", el.P(el.A(el.Href(e.URL), el.Rel("noopener"), g.Text(linkText(ctx, e.URL))))),
			el.P(el.Class("bar"), el.A(el.Class("button quiet"), el.Href(ui.Local(ctx, onePath(e.ID))), el.Rel("nofollow"), el.Download("event.ics"), g.Text(ui.T(ctx, "내 캘린더에 담기 (.ics)", "Add to your calendar (.ics)")))),
		)},
	}), nil
}

// linkText is what a link to more is called.
func linkText(ctx context.Context, address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return ui.T(ctx, "더 알아보기: "+u.Hostname(), "More at "+u.Hostname())
	}
	return ui.T(ctx, "관련 글 보기", "Read more about it")
}

// when says when something is.
func when(ctx context.Context, s calendar.Span) g.Node {
	first, last := s.Starts.In(clock.Seoul), s.Last().In(clock.Seoul)
	between := func(from, to g.Node) g.Node { return g.Group{from, g.Text(" – "), to} }
	oneDay := clock.Midnight(first).Equal(clock.Midnight(last))
	switch {
	case s.AllDay && oneDay:
		return g.Group{day(ctx, first), g.Text(" " + ui.T(ctx, "하루 종일", "all day"))}
	case s.AllDay:
		return between(day(ctx, first), day(ctx, last))
	case !s.Ends.After(s.Starts):
		return ui.Time(first, ui.Moment(ctx, first))
	case oneDay:
		end := s.Ends.In(clock.Seoul)
		hour := end.Format("15:04")
		if end.Equal(clock.Midnight(end)) {
			hour = "24:00"
		}
		return between(ui.Time(first, ui.Day(ctx, first)+" "+first.Format("15:04")), ui.Time(end, hour))
	default:
		return between(ui.Time(first, ui.Moment(ctx, first)), ui.Time(s.Ends, ui.Moment(ctx, s.Ends)))
	}
}

func day(ctx context.Context, t time.Time) g.Node {
	return el.Time(el.DateTime(t.Format(time.DateOnly)), g.Text(ui.Day(ctx, t)))
}

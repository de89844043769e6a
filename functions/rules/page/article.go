package page

import (
	"context"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

type articleRequest struct {
	readRequest

	Article string `path:"article"`
}

// article is one article. Where it has another number today, or is gone, an address without a day
// says so and shows what it said last.
func (h handlers) article(ctx context.Context, r *articleRequest) (*ui.Answer, error) {
	number, ok := rule.NumberOf(r.Article)
	if !ok {
		return nil, problem.Absent()
	}
	b, changes, err := h.shelf(ctx, r.Slug)
	if err != nil {
		return nil, err
	}
	day, err := r.day(ctx)
	if err != nil {
		return nil, err
	}
	f, err := h.find(ctx, b, number, day, r.At == "")
	if err != nil {
		return nil, err
	}
	reading, a, now := f.reading, f.article, f.said
	view := h.view(a.Title()+" · "+b.Title, ui.Query(rule.ArticlePath(b.Slug, number, ""), "at", r.At), changes)
	view.Scripts, view.Description, view.Class = []string{"share.js"}, a.Line(), "reading"
	if r.At == "" {
		view.Changes = append(view.Changes, rule.Midnight(f.next))
	}
	view.Passing = passing(b, r.At) && reading.Began(a.Key) != r.At || strings.TrimSpace(r.Article) != rule.Addressed(number)
	view.Hidden = r.At != ""
	path := []string{}
	for _, p := range a.Path {
		path = append(path, p.String())
	}
	view.Main = []g.Node{el.Article(el.Class("law"),
		el.Header(el.Class("head"), crumbs(ctx, &b), el.H1(ui.Korean(ctx), g.Text(a.Title())),
			el.P(el.Class("meta"), el.Span(g.Text(effective(ctx, reading.Began(a.Key)))), g.If(len(path) > 0, el.Span(ui.Korean(ctx), g.Text(strings.Join(path, "\u00a0› ")))))),
		only(ctx),
		g.If(r.At != "", h.banners(ctx, b, reading, r.At)),
		g.Iff(now != nil, func() g.Node { return el.Div(el.Class("notice-box"), now) }),
		el.Div(el.Class("law-text"), el.Div(el.Class("provision"), said(ctx, a))),
		share(ctx),
		h.steps(ctx, b, reading, a),
		el.P(el.A(el.Href(ui.Query(ui.Local(ctx, rule.Path(b.Slug)), "at", r.At)+"#"+anchor(a.Number)), g.Text(ui.T(ctx, "회칙 전체에서 보기", "In the whole text")))),
	)}
	return h.frame.Page(ctx, view), nil
}

// found is an article with the text that it stands in.
type found struct {
	reading rule.Reading
	article rule.Article
	said    g.Node // what became of it, where it is not there any more
	next    string // the day on which that changes
}

// find is an article of a day. Where it is not there on that day, and no day was asked for, it is the
// last that had the number, with what became of it.
func (h handlers) find(ctx context.Context, b rule.Shelved, number, day string, today bool) (found, error) {
	reading, err := h.rules.At(ctx, b, day)
	none := problem.Find(err) != nil && problem.Find(err).Code == "not-in-force"
	if err != nil && !(none && today) {
		return found{}, err
	}
	if a, there := reading.Article(number); there {
		return found{reading, a, nil, reading.Next()}, nil
	}
	if !today {
		return found{}, problem.Absent()
	}
	key, last, err := h.rules.Bygone(ctx, b, number, day)
	if err != nil {
		return found{}, err
	}
	f := found{said: g.Text(ui.T(ctx, "이 조문은 이제 없습니다. 마지막으로 시행하던 글입니다.", "This article no longer exists. This is its last text.")), next: reading.Next()}
	for _, a := range reading.Articles() {
		if a.Key == key {
			f.said = g.Group{
				g.Text(ui.T(ctx, "이 조문은 번호가 바뀌었습니다. 지금은 ", "This article has another number now: ")),
				el.A(el.Href(ui.Local(ctx, rule.ArticlePath(b.Slug, a.Number, ""))), ui.Korean(ctx), g.Text(a.Title())), g.Text(ui.T(ctx, "입니다.", ".")),
			}
		}
	}
	if f.reading, err = h.rules.At(ctx, b, last); err != nil {
		return found{}, err
	}
	var there bool
	if f.article, there = f.reading.Article(number); !there {
		return found{}, problem.Absent()
	}
	return f, nil
}

// steps are how an article changed, the last first.
func (h handlers) steps(ctx context.Context, b rule.Shelved, r rule.Reading, a rule.Article) g.Node {
	return el.Section(el.Class("steps-of"), el.Aria("labelledby", "steps"), ui.Gate("steps", ui.T(ctx, "이 조문의 역사", "How it changed"), "", "", ""),
		el.Ol(el.Class("line"), g.Map(r.History(b, a.Key), func(s rule.Step) g.Node {
			coming := s.Day > rule.Today(ctx)
			return el.Li(g.If(coming, el.Class("next")),
				el.B(g.If(s.Ends, g.Text(ui.T(ctx, rule.Called(s.Number)+" 없앰", rule.Called(s.Number)+" ends"))),
					g.If(!s.Ends, el.A(el.Href(ui.Local(ctx, rule.ArticlePath(b.Slug, s.Number, s.Day))), ui.Korean(ctx), g.Text(rule.Called(s.Number))))),
				el.Span(g.Text(effective(ctx, s.Day)+"\u00a0· "), el.A(el.Href(ui.Local(ctx, s.Version.Path(b.Slug))), ui.Said(ctx, s.Version.Called()))),
			)
		})),
	)
}

package page

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/media/markdown"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
)

type readRequest struct {
	ID string `path:"id"`
}

func (h handlers) read(ctx context.Context, r *readRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	m, err := h.minutes.Read(ctx, r.ID)
	if err != nil {
		return nil, h.minutes.Gone(ctx, r.ID, err)
	}
	now, title := clock.Now(ctx), m.Title()
	s := m.Step(now)
	amendments, next, err := h.minutes.Amendments(ctx, m)
	if err != nil {
		return nil, err
	}
	follow := h.frame.Follow(ctx, minute.Kind, m.ID)
	if follow != nil && s != minute.Full { // more is to come
		follow = el.P(follow)
	} else {
		follow = nil
	}
	view := ui.View{
		Tags: upload.Tags(m.Attachments), Changes: []*time.Time{m.Due.Changes(now, m.FullAt), next}, Dated: true,
		Title: ui.Name(ctx, title), Description: ui.Name(ctx, m.Line()), InKorean: title.EN == "", Path: minute.Path(m.ID), Section: minute.ListPath, Styles: []string{"site.css"},
		Main: []g.Node{el.Div(el.Class("beside"), el.Article(
			el.Header(el.Class("head"),
				el.P(el.Class("back"), el.A(el.Href(ui.Local(ctx, minute.ListPath)), g.Text(ui.T(ctx, "회의록", "Minutes")))),
				el.P(el.Class("bar"), step(ctx, m), deadline(ctx, m)),
				el.H1(ui.Said(ctx, title)),
				el.P(el.Class("meta"), ui.Time(m.HeldAt, ui.Moment(ctx, m.HeldAt)), g.If(m.Place != "", el.Span(ui.Korean(ctx), g.Text(m.Place))), el.Span(ui.Said(ctx, h.names.Unit(m.Unit)))),
			),
			g.If(s != minute.Full && minute.Writes(ctx, m.Unit), el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "아직 공개되지 않은 내용이 있습니다. 그 부분은 총학생회에만 보입니다.", "Not all of this is public. The rest is seen by the council alone.")))),
			summary(ctx, m),
			amended(ctx, amendments),
			texts(ctx, m),
			awaited(ctx, m, s),
			follow,
			ui.Documents(ctx, ui.T(ctx, "첨부 파일", "Attachments"), m.Attachments),
			corrections(ctx, m),
		), h.side(ctx, m))},
	}
	if s == minute.Draft {
		view.Path = ""
	}
	return h.frame.Page(ctx, view), nil
}

// written says whether any text of m is seen.
func written(m minute.Minute) bool {
	if m.Text != "" {
		return true
	}
	for _, item := range m.Items {
		if item.Text != "" {
			return true
		}
	}
	return false
}

// anchor is where an item stands on the page.
func anchor(n int) string { return "item-" + strconv.Itoa(n+1) }

// summary is the agenda with what was decided; where there are texts, it leads to them.
func summary(ctx context.Context, m minute.Minute) g.Node {
	if len(m.Items) == 0 {
		return nil
	}
	heading := ui.T(ctx, "안건", "Agenda")
	if len(m.Tallies()) > 0 {
		heading = ui.T(ctx, "의결사항", "Decisions")
	}
	leads := written(m)
	return el.Section(el.Aria("labelledby", "decisions"), ui.Gate("decisions", heading, "", "", ""),
		el.Ol(el.Class("decided"), g.Map(numbered(m.Items), func(i numberedItem) g.Node {
			title := el.B(ui.Korean(ctx), g.Text(i.Title))
			if leads {
				title = el.A(el.Href("#"+anchor(i.n)), ui.Korean(ctx), g.Text(i.Title))
			}
			return el.Li(g.If(!leads, el.ID(anchor(i.n))),
				el.Span(el.Class("sm soft"), g.Text(ui.Name(ctx, minute.Word(i.Kind)))),
				el.Span(title, g.If(!leads, refs(ctx, i.Item))),
				outcome(ctx, i.Item),
			)
		})),
	)
}

// amended leads to the versions of rules that a meeting decided.
func amended(ctx context.Context, list []thing.Thing) g.Node {
	if len(list) == 0 {
		return nil
	}
	return el.Section(el.Aria("labelledby", "amended"), ui.Gate("amended", ui.T(ctx, "이 회의와 관련된 회칙 개정", "Rules that it amended"), "", "", ""),
		el.Ul(el.Class("sm"), g.Map(list, func(t thing.Thing) g.Node {
			return el.Li(el.A(el.Href(ui.Local(ctx, t.Path)), ui.Korean(ctx), g.Text(t.Title)))
		})))
}

// numberedItem is an item with its place.
type numberedItem struct {
	minute.Item

	n int
}

func numbered(items []minute.Item) []numberedItem {
	list := []numberedItem{}
	for n, item := range items {
		list = append(list, numberedItem{item, n})
	}
	return list
}

// outcome is what became of an item, with the votes.
func outcome(ctx context.Context, i minute.Item) g.Node {
	if i.Decision == "" {
		return nil
	}
	return el.Span(el.Class("bar"), ui.State(kindOf(i.Decision), ui.Name(ctx, minute.Word(i.Decision))), g.If(votes(ctx, i) != "", el.Span(el.Class("sm soft nb"), g.Text(votes(ctx, i)))))
}

func votes(ctx context.Context, i minute.Item) string {
	if i.Unanimous {
		return ui.T(ctx, "만장일치", "unanimous")
	}
	said := []string{}
	for _, v := range []struct {
		n      *int64
		ko, en string
	}{{i.Yes, "찬성", "for"}, {i.No, "반대", "against"}, {i.Abstain, "기권", "abstaining"}} {
		if v.n != nil {
			n := strconv.FormatInt(*v.n, 10)
			said = append(said, ui.T(ctx, v.ko+" "+n, n+" "+v.en))
		}
	}
	return strings.Join(said, ui.T(ctx, " · ", ", "))
}

func refs(ctx context.Context, i minute.Item) g.Node {
	if len(i.Refs) == 0 {
		return nil
	}
	return el.Ul(el.Class("sm"), g.Map(i.Refs, func(ref string) g.Node {
		return el.Li(g.Text(ui.T(ctx, "관련: ", "See ")), el.A(el.Href(ref), g.If(!strings.HasPrefix(ref, "/"), el.Rel("nofollow noopener")), g.Text(ref)))
	}))
}

// texts are those of the items and what belongs to none.
func texts(ctx context.Context, m minute.Minute) g.Node {
	if !written(m) {
		return nil
	}
	return el.Section(el.Aria("labelledby", "text"), ui.Gate("text", ui.T(ctx, "회의 내용", "The meeting"), "", "", ""),
		g.Map(numbered(m.Items), func(i numberedItem) g.Node {
			return el.Section(el.ID(anchor(i.n)), el.Class("item"), el.Aria("labelledby", anchor(i.n)+"-title"),
				el.H3(el.ID(anchor(i.n)+"-title"), ui.Korean(ctx), g.Text("안건 "+strconv.Itoa(i.n+1)+". "+i.Title)),
				outcome(ctx, i.Item), refs(ctx, i.Item), prose(ctx, i.Text))
		}),
		g.Iff(m.Text != "", func() g.Node {
			return el.Section(el.Class("item"), el.Aria("labelledby", "other"), el.H3(el.ID("other"), g.Text(ui.T(ctx, "그 밖의 내용", "Other matters"))), prose(ctx, m.Text))
		}),
	)
}

// heading is the beginning or end of a heading in a text.
var heading = regexp.MustCompile(`<(/?)h[1-6]`)

// prose is a text with notes where a part of it is withheld. Its headings stand under that of its item.
func prose(ctx context.Context, src string) g.Node {
	return g.Map(minute.Parts(src), func(p minute.Part) g.Node {
		if p.Reason != "" {
			return el.P(el.Class("notice-box"), ui.State(ui.Draft, ui.T(ctx, "비공개", "Withheld")), g.Text(" "+ui.T(ctx, strconv.Itoa(p.Lines)+"줄", text.Many(p.Lines, "line"))+": "), el.Span(ui.Korean(ctx), g.Text(p.Reason)))
		}
		return el.Div(el.Class("prose"), ui.Korean(ctx), g.Raw(heading.ReplaceAllString(markdown.Render(p.Text), "<${1}h4")))
	})
}

// awaited says what is to come.
func awaited(ctx context.Context, m minute.Minute, s minute.Step) g.Node {
	if s == minute.Full {
		return nil
	}
	last := m.Due.At.Add(-time.Minute)
	if !clock.Now(ctx).Before(m.Due.At) {
		return el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "회의록 전문을 "+ui.Day(ctx, last)+"까지 올려야 했는데 아직 올리지 못했습니다.", "The full minutes were due on "+ui.Day(ctx, last)+" and are not here yet.")))
	}
	return el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "회의록 전문은 "+ui.Day(ctx, last)+"까지 올라옵니다.", "The full minutes come by "+ui.Day(ctx, last)+".")))
}

// corrections are told of as long as the minutes are there.
func corrections(ctx context.Context, m minute.Minute) g.Node {
	if len(m.Corrections) == 0 {
		return nil
	}
	return el.Section(el.Aria("labelledby", "corrections"), ui.Gate("corrections", ui.T(ctx, "정정", "Corrections"), "", "", ""),
		el.Ul(el.Class("sm"), g.Map(m.Corrections, func(c minute.Correction) g.Node {
			return el.Li(ui.Time(c.At, ui.Moment(ctx, c.At)), g.Text(" "), el.Span(ui.Korean(ctx), g.Text(c.Reason)))
		})))
}

// side are the facts of the meeting and of its publication.
func (h handlers) side(ctx context.Context, m minute.Minute) g.Node {
	fact := func(name string, value ...g.Node) g.Node { return el.Div(el.Dt(g.Text(name)), el.Dd(value...)) }
	number := func(n *int64) string {
		if n == nil {
			return ""
		}
		said := strconv.FormatInt(*n, 10)
		return ui.T(ctx, said+"명", said)
	}
	moment := func(name string, t *time.Time) g.Node {
		return g.Iff(t != nil, func() g.Node { return fact(name, ui.Time(*t, ui.Moment(ctx, *t))) })
	}
	return el.Aside(el.Class("side"), el.Aria("labelledby", "facts"), ui.Gate("facts", ui.T(ctx, "회의 정보", "About the meeting"), "", "", ""),
		el.Dl(el.Class("facts"),
			fact(ui.T(ctx, "기구", "Body"), el.Span(ui.Said(ctx, nameOf(m.Body)))),
			fact(ui.T(ctx, "종류", "Kind"), g.Text(ui.Name(ctx, minute.Word(m.Kind)))),
			g.If(m.Chair != "", fact(ui.T(ctx, "의장", "Chair"), el.Span(ui.Korean(ctx), g.Text(m.Chair)))),
			g.If(m.Enrolled != nil, fact(ui.T(ctx, "재적", "Members"), g.Text(number(m.Enrolled)))),
			g.If(m.Present != nil, fact(ui.T(ctx, "출석", "Present"), g.Text(number(m.Present)))),
			g.If(m.Attendees != "", fact(ui.T(ctx, "참석자", "Who was there"), el.Span(ui.Korean(ctx), g.Text(m.Attendees)))),
			fact(ui.T(ctx, "공개 기한", "Due"), ui.Time(m.Due.At, ui.Day(ctx, m.Due.At.Add(-time.Minute))), deadline(ctx, m)),
			g.Iff(m.Due.Extended != nil, func() g.Node {
				return fact(ui.T(ctx, "처음 기한", "First due"), ui.Time(m.Due.First, ui.Day(ctx, m.Due.First.Add(-time.Minute))), el.Span(ui.Korean(ctx), g.Text(m.Due.Reason)))
			}),
			moment(ui.T(ctx, "예고", "Announced"), m.AnnouncedAt),
			moment(ui.T(ctx, "의결사항 공개", "Decisions"), m.DecisionsAt),
			moment(ui.T(ctx, "전문 공개", "In full"), m.FullAt),
		))
}

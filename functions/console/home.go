package console

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type homeRequest struct{}

// atHome is how many notices of a state the first page shows.
const atHome = 5

func (h handlers) home(ctx context.Context, _ *homeRequest) (*ui.Answer, error) {
	who := auth.From(ctx)
	columns, more := []g.Node{}, []g.Node{}
	flags, err := h.flags(ctx)
	if err != nil {
		return nil, err
	}
	if flags.Runs("notices") {
		if columns, err = h.reviews(ctx); err != nil {
			return nil, err
		}
		waiting, err := h.waiting(ctx)
		if err != nil {
			return nil, err
		}
		columns = append(columns, waiting...)
		more = append(more, desk.Link(desk.At(ctx, notice.DeskPath+"/new"), ui.T(ctx, "새 공지 쓰기", "Write a notice"), "button"))
	}
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "콘솔", "Console"), Main: []g.Node{
		desk.Heading(ui.T(ctx, who.Name+" 님, 안녕하세요", "Hello, "+who.Name), more...),
		g.Iff(len(who.Dormant) > 0, func() g.Node {
			return el.Div(el.Class("notice-box"), el.P(g.Text(ui.T(ctx, "관리자 권한은 2단계 인증으로 로그인해야 쓸 수 있습니다. ", "An admin's powers need a second factor. ")),
				desk.Link(desk.At(ctx, ui.MyPath+"/second-factor"), ui.T(ctx, "2단계 인증으로 가기", "Go to the second factor"), "")))
		}),
		g.If(len(columns) > 0, el.Div(el.Class("panels"), g.Group(columns))),
		el.P(el.Class("languages"), g.If(function.RequestFrom(ctx).Language == "en", el.A(el.Href(desk.Root), el.Lang("ko"), g.Attr("hreflang", "ko"), g.Text("한국어"))),
			g.If(function.RequestFrom(ctx).Language != "en", el.A(el.Href(function.English(desk.Root)), el.Lang("en"), g.Attr("hreflang", "en"), g.Text("English")))),
	}}), nil
}

// reviews are the notices that wait for the caller's review, and how those stand whose review the caller asked for: a panel for
// each that there are.
func (h handlers) reviews(ctx context.Context) ([]g.Node, error) {
	mine, err := h.notices.ReviewsFor(ctx, atHome+1)
	if err != nil {
		return nil, err
	}
	asked, err := h.notices.ReviewsBy(ctx, atHome+1)
	if err != nil {
		return nil, err
	}
	panel := func(title string, list []notice.Reviewed) g.Node {
		return el.Section(el.Class("panel"),
			el.H2(g.Text(title)),
			el.Ul(el.Class("plain"), g.Map(list[:min(atHome, len(list))], func(v notice.Reviewed) g.Node {
				label := v.Review.Standing().Label()
				return el.Li(desk.Link(desk.At(ctx, notice.DeskPath+"/"+v.Notice.ID+"/review"), v.Notice.Title, ""),
					el.P(el.Class("meta"), el.B(g.Text(ui.T(ctx, label.KO, label.EN))), el.Span(g.Text(h.desk.Unit(ctx, v.Notice.Unit))), desk.Short(ctx, v.Review.AskedAt)))
			})),
			g.If(len(list) > atHome, el.P(el.Class("hint"), g.Text(ui.T(ctx, "오래 기다린 것부터 "+strconv.Itoa(atHome)+"건입니다.", "The "+strconv.Itoa(atHome)+" that wait longest.")))),
		)
	}
	columns := []g.Node{}
	if len(mine) > 0 {
		columns = append(columns, panel(ui.T(ctx, "내 검토를 기다리는 공지", "Waiting for my review"), mine))
	}
	if len(asked) > 0 {
		columns = append(columns, panel(ui.T(ctx, "내가 검토를 요청한 공지", "Reviews that I asked for"), asked))
	}
	return columns, nil
}

// waiting are the newest notices of each state, a panel for each.
func (h handlers) waiting(ctx context.Context) ([]g.Node, error) {
	columns := []g.Node{}
	for _, part := range []struct {
		state        notice.State
		title, empty string
	}{
		{notice.Scheduled, ui.T(ctx, "예약된 공지", "Scheduled"), ui.T(ctx, "예약된 공지가 없습니다.", "Nothing is scheduled.")},
		{notice.Draft, ui.T(ctx, "초안", "Drafts"), ui.T(ctx, "쓰다 만 공지가 없습니다.", "There are no drafts.")},
		{notice.Published, ui.T(ctx, "게시 중", "Published"), ui.T(ctx, "게시 중인 공지가 없습니다.", "Nothing is published.")},
	} {
		list, err := h.notices.Managed(ctx, notice.Filter{}, part.state, "", atHome+1)
		if err != nil {
			return nil, err
		}
		columns = append(columns, el.Section(el.Class("panel"),
			el.H2(g.Text(part.title)),
			g.Iff(len(list) == 0, func() g.Node { return el.P(el.Class("hint"), g.Text(part.empty)) }),
			el.Ul(el.Class("plain"), g.Map(list[:min(atHome, len(list))], func(n notice.Notice) g.Node {
				return el.Li(desk.Link(desk.At(ctx, notice.DeskPath+"/"+n.ID), n.Title, ""), el.P(el.Class("meta"), el.Span(g.Text(h.desk.Unit(ctx, n.Unit))), desk.Short(ctx, n.Moment(clock.Now(ctx)))))
			})),
			g.Iff(len(list) > atHome, func() g.Node {
				return el.P(desk.Link(desk.At(ctx, notice.DeskPath, "state", string(part.state)), ui.T(ctx, "모두 보기", "See all"), ""))
			}),
		))
	}
	return columns, nil
}

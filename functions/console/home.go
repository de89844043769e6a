package console

import (
	"context"
	"slices"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/text"
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
	owed, err := h.owed(ctx, flags)
	if err != nil {
		return nil, err
	}
	columns = append(owed, columns...)
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "콘솔", "Console"), Main: []g.Node{
		desk.Heading(ui.T(ctx, who.Name+"\u00a0님, 안녕하세요", "Hello, "+who.Name), more...),
		g.Iff(len(who.Dormant) > 0, func() g.Node {
			return el.Div(el.Class("notice-box"), el.P(g.Text(ui.T(ctx, "관리자 권한은 2단계 인증으로 로그인해야 쓸 수 있습니다. ", "An admin's powers need a second factor. ")),
				desk.Link(desk.At(ctx, ui.MyPath+"/second-factor"), ui.T(ctx, "2단계 인증으로 가기", "Go to the second factor"), "")))
		}),
		g.If(len(columns) > 0, el.Div(el.Class("panels"), g.Group(columns))),
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

// owed are what the caller's units have to publish: minutes of meetings that were held, and archives whose day has passed; a panel
// for each that there are.
func (h handlers) owed(ctx context.Context, flags function.Flags) ([]g.Node, error) {
	columns, now := []g.Node{}, clock.Now(ctx)
	panel := func(title, path string, entries []g.Node) {
		if len(entries) > 0 {
			columns = append(columns, el.Section(el.Class("panel"), el.H2(g.Text(title)),
				el.Ul(el.Class("plain"), g.Group(entries[:min(atHome, len(entries))])),
				g.Iff(len(entries) > atHome, func() g.Node { return el.P(desk.Link(desk.At(ctx, path), ui.T(ctx, "모두 보기", "See all"), "")) })))
		}
	}
	if flags.Runs("minutes") {
		list, err := h.minutes.Managed(ctx, minute.Filter{Owed: true, Until: now}, cursor.Moment{}, mostOwed)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(list, func(a, b minute.Minute) int { return a.Due.At.Compare(b.Due.At) })
		entries := []g.Node{}
		for _, m := range list {
			entries = append(entries, el.Li(desk.Link(desk.At(ctx, minute.DeskPath+"/"+m.ID), ui.Name(ctx, m.Title()), ""),
				el.P(el.Class("meta"), ui.Days(m.Due.At, m.Due.Days(now, m.FullAt), ui.Name(ctx, m.Due.Word(now, m.FullAt, minute.InTime()))))))
		}
		panel(ui.T(ctx, "전문을 공개할 회의록", "Minutes to publish in full"), minute.DeskPath, entries)
	}
	if flags.Runs("archives") {
		list, err := h.archives.Owed(ctx, h.units)
		if err != nil {
			return nil, err
		}
		entries := []g.Node{}
		for _, o := range list {
			at := desk.At(ctx, archive.DeskPath+"/new", "category", o.Category.ID, "unit", o.Unit, "period", string(o.Cell.Period))
			entries = append(entries, el.Li(desk.Link(at, h.desk.Unit(ctx, o.Unit)+" "+ui.Name(ctx, o.Cell.Period.Name())+" "+ui.Name(ctx, o.Category.Label()), ""),
				el.P(el.Class("meta"), g.Text(ui.T(ctx, "미제출 "+strconv.Itoa(o.Cell.Days)+"일째", "missing, "+text.Many(o.Cell.Days, "day"))))))
		}
		panel(ui.T(ctx, "아직 내지 않은 자료", "Archives that are missing"), archive.DeskPath, entries)
	}
	return columns, nil
}

// mostOwed is how many meetings are looked at, of which the first page shows those that are due first.
const mostOwed = 50

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

package console

import (
	"context"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type homeRequest struct{}

// How much of a list the first page shows: of what waits, before the rest is folded, and of notices.
const (
	atOnce = 8
	atHome = 5
)

func (h handlers) home(ctx context.Context, _ *homeRequest) (*ui.Answer, error) {
	flags, err := h.flags(ctx)
	if err != nil {
		return nil, err
	}
	w, err := h.waits(ctx, flags)
	if err != nil {
		return nil, err
	}
	next, last, more := []g.Node(nil), []g.Node(nil), []g.Node(nil)
	if flags.Runs("notices") {
		if next, err = h.soon(ctx); err != nil {
			return nil, err
		}
		if last, err = h.last(ctx); err != nil {
			return nil, err
		}
		more = append(more, desk.Link(desk.At(ctx, notice.DeskPath+"/new"), ui.T(ctx, "새 공지 쓰기", "Write a notice"), "button"))
	}
	title := ui.T(ctx, "할 일이 없습니다", "Nothing to do")
	if n := w.count(); n > 0 {
		title = ui.T(ctx, "할 일 "+strconv.Itoa(n)+"건", text.Many(n, "thing")+" to do")
	}
	queue := func(id, name string, list []duty) g.Node {
		tasks := []desk.Task{}
		for _, d := range list {
			tasks = append(tasks, d.Task)
		}
		return g.If(len(tasks) > 0, el.Section(el.Aria("labelledby", id), ui.Gate(id, name, "", "", ""), desk.Queue(ctx, tasks, atOnce)))
	}
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "할 일", "To do"), Section: desk.Root, Main: []g.Node{
		desk.HeadingOf(title, h.whose(ctx), more...),
		g.Iff(len(auth.From(ctx).Dormant) > 0, func() g.Node {
			return el.Div(el.Class("notice-box"), el.P(g.Text(ui.T(ctx, "관리자 권한은 2단계 인증으로 로그인해야 쓸 수 있습니다. ", "An admin's powers need a second factor. ")),
				desk.Link(desk.At(ctx, ui.MyPath+"/second-factor"), ui.T(ctx, "2단계 인증으로 가기", "Go to the second factor"), "")))
		}),
		el.Div(el.Class("beside"),
			el.Div(el.Class("sections"),
				g.Iff(w.count() == 0, func() g.Node {
					return el.P(g.Text(ui.T(ctx, "검토할 공지, 전문을 공개할 회의록, 아직 내지 않은 자료가 생기면 여기에 나와요.", "Notices to review, minutes to publish and archives that are missing appear here.")))
				}),
				queue("due", ui.T(ctx, "기한이 있는 일", "With a deadline"), w.due),
				queue("reviews", ui.T(ctx, "내 검토를 기다리는 공지", "Waiting for my review"), w.reviews),
				queue("asked", ui.T(ctx, "내가 검토를 요청한 공지", "Reviews that I asked for"), w.asked),
				g.Group(next),
			),
			g.If(len(last) > 0, el.Aside(el.Aria("labelledby", "last"), g.Group(last))),
		),
	}}), nil
}

// whose is the day, who asks, and by which roles.
func (h handlers) whose(ctx context.Context) string {
	who := auth.From(ctx)
	parts := []string{ui.Today(ctx), ui.T(ctx, who.Name+"\u00a0님", who.Name)}
	for _, v := range who.Grants {
		role := member.RoleLabel(v.Role)
		said := ui.T(ctx, role.KO, role.EN)
		if v.Unit != "" {
			said = h.desk.Unit(ctx, v.Unit) + " " + said
		}
		if !v.Until.IsZero() {
			said += ui.T(ctx, " ("+ui.ShortDay(ctx, v.Until)+"까지)", " (until "+ui.ShortDay(ctx, v.Until)+")")
		}
		parts = append(parts, said)
	}
	return strings.Join(parts, "\u00a0· ")
}

// soon are the notices that are not published yet: those that will be, then drafts, the newest of each.
func (h handlers) soon(ctx context.Context) ([]g.Node, error) {
	rows := []g.Node{}
	for _, part := range []struct {
		state notice.State
		word  string
	}{{notice.Scheduled, ui.T(ctx, "예약됨", "Scheduled")}, {notice.Draft, ui.T(ctx, "초안", "Draft")}} {
		list, err := h.notices.Managed(ctx, notice.Filter{}, part.state, "", atHome)
		if err != nil {
			return nil, err
		}
		for _, n := range list {
			rows = append(rows, el.Li(el.Class("row"), el.Div(el.Class("row-main"),
				desk.Link(desk.At(ctx, notice.DeskPath+"/"+n.ID), n.Title, "row-title"),
				el.P(el.Class("meta"), desk.Badge(string(part.state), part.word), el.Span(g.Text(h.desk.Unit(ctx, n.Unit))), desk.Short(ctx, n.Moment(clock.Now(ctx)))))))
		}
	}
	return []g.Node{el.Section(el.Aria("labelledby", "soon"),
		ui.Gate("soon", ui.T(ctx, "게시 전인 공지", "Not published yet"), desk.At(ctx, notice.DeskPath), ui.T(ctx, "모든 공지", "All notices"), ""),
		g.If(len(rows) == 0, el.P(el.Class("hint"), g.Text(ui.T(ctx, "예약한 공지도 쓰다 만 초안도 없습니다.", "Nothing is scheduled, and there are no drafts.")))),
		g.If(len(rows) > 0, el.Ul(el.Class("rows"), g.Group(rows))),
	)}, nil
}

// last are the newest notices that are published.
func (h handlers) last(ctx context.Context) ([]g.Node, error) {
	list, err := h.notices.Managed(ctx, notice.Filter{}, notice.Published, "", atHome)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return []g.Node{
		ui.Gate("last", ui.T(ctx, "최근에 게시한 공지", "Published last"), desk.At(ctx, notice.DeskPath, "state", string(notice.Published)), ui.T(ctx, "모두 보기", "See all"), ""),
		el.Ul(el.Class("rows"), g.Map(list, func(n notice.Notice) g.Node {
			return el.Li(el.Class("row"), el.Div(el.Class("row-main"), desk.Link(desk.At(ctx, notice.DeskPath+"/"+n.ID), n.Title, "row-title"),
				el.P(el.Class("meta"), el.Span(g.Text(h.desk.Unit(ctx, n.Unit))), desk.Short(ctx, n.Moment(clock.Now(ctx))))))
		})),
	}, nil
}

package desk

import (
	"context"
	"net/url"
	"slices"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type listRequest struct {
	State  string `query:"state"`
	Q      string `query:"q"`
	Unit   string `query:"unit"`
	Tag    string `query:"tag"`
	Cursor string `query:"cursor"`
}

// states are those of notices, in the order in which they are offered.
func states() []notice.State {
	return []notice.State{notice.Draft, notice.Scheduled, notice.Published, notice.Archived, notice.Deleted}
}

func stateText(s notice.State) problem.Text {
	switch s {
	case notice.Draft:
		return problem.Text{KO: "초안", EN: "Draft"}
	case notice.Scheduled:
		return problem.Text{KO: "예약됨", EN: "Scheduled"}
	case notice.Published:
		return problem.Text{KO: "게시 중", EN: "Published"}
	case notice.Archived:
		return problem.Text{KO: "게시 끝남", EN: "Ended"}
	case notice.Deleted:
		return problem.Text{KO: "지움", EN: "Deleted"}
	default:
		return problem.Text{KO: "모든 상태", EN: "Every state"}
	}
}

func (h handlers) list(ctx context.Context, r *listRequest) (*ui.Answer, error) {
	state, filter, err := narrow(ctx, r)
	if err != nil {
		return nil, err
	}
	kind := "console/notices?" + url.Values{"state": {r.State}, "q": {r.Q}, "unit": {r.Unit}, "tag": {r.Tag}}.Encode()
	page, err := cursor.Read(h.cursors, kind, r.Cursor, desk.OnPage, func(after string, limit int) ([]notice.Notice, error) {
		return h.notices.Managed(ctx, filter, state, after, limit)
	}, func(n notice.Notice) string { return n.ID })
	if err != nil {
		return nil, err
	}
	items := page.Items
	reviews, err := h.notices.Reviews(ctx, items...)
	if err != nil {
		return nil, err
	}
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "공지", "Notices"), Section: notice.DeskPath, Scripts: []string{"bulk.js"}, Main: []g.Node{
		desk.Heading(ui.T(ctx, "공지", "Notices"), g.Iff(auth.From(ctx).May(auth.Import, ""), func() g.Node {
			return desk.Link(desk.At(ctx, notice.DeskPath+"/import"), ui.T(ctx, "옛 공지 옮겨 오기", "Import notices"), "button quiet")
		}), desk.Link(desk.At(ctx, notice.DeskPath+"/new"), ui.T(ctx, "새 공지 쓰기", "Write a notice"), "button")),
		h.filters(ctx, r),
		g.Iff(len(items) == 0, func() g.Node { return noNotices(ctx, r) }),
		g.Iff(len(items) > 0, func() g.Node {
			return g.Group{
				h.choosing(ctx, items),
				el.Ul(el.Class("rows"), g.Map(items, func(n notice.Notice) g.Node { return h.row(ctx, n, reviews) })),
			}
		}),
		desk.Pager(ctx, page.NextCursor, notice.DeskPath, "state", r.State, "q", r.Q, "unit", r.Unit, "tag", r.Tag),
	}}), nil
}

// bulkTold is what the script needs to know that acts on several notices.
type bulkTold struct {
	Now     time.Time `json:"now"` // the server's
	MostTag int       `json:"mostTag"`
}

// choosing is what can be done with several notices at once; the script shows it. Each is changed by itself, through the API.
func (h handlers) choosing(ctx context.Context, items []notice.Notice) g.Node {
	if !slices.ContainsFunc(items, func(n notice.Notice) bool { return n.DeletedAt == nil }) {
		return nil
	}
	act := func(does, ko, en string) g.Node {
		return el.Button(el.Type("button"), el.Class("button small quiet"), el.Data("bulk", does), g.Text(ui.T(ctx, ko, en)))
	}
	return el.Div(el.ID("bulk"), el.Class("bulk"), el.Role("group"), el.Aria("label", ui.T(ctx, "여러 공지 한꺼번에", "Several notices at once")), desk.Told(bulkTold{Now: clock.Now(ctx), MostTag: notice.MostTag}), g.Attr("hidden"),
		el.Label(el.Class("choice"), el.Input(el.ID("all"), el.Type("checkbox")), g.Text(ui.T(ctx, "이 페이지의 공지 모두", "All on this page"))),
		el.P(el.ID("chosen"), el.Class("hint"), el.Role("status")),
		el.Div(el.Class("actions"), act("withdraw", "내리기", "Take down"), act("tag", "태그 추가", "Add a tag"), act("unpin", "고정 해제", "Unpin")),
	)
}

func narrow(ctx context.Context, r *listRequest) (notice.State, notice.Filter, error) {
	var f check.Fields
	state := notice.State("")
	if r.State != "" {
		names := []string{}
		for _, s := range states() {
			names = append(names, string(s))
		}
		state = notice.State(f.OneOf("state", r.State, names...))
	}
	filter := notice.Narrowed(&f, r.Tag, r.Unit, r.Q)
	if err := f.Err(); err != nil {
		return "", filter, err
	}
	if state == notice.Deleted && !auth.From(ctx).MaySomewhere(auth.Restore) {
		return "", filter, problem.NotAllowed()
	}
	return state, filter, nil
}

func (h handlers) filters(ctx context.Context, r *listRequest) g.Node {
	offered := []ui.Choice{{Value: "", Label: ui.T(ctx, "모든 상태", "Every state")}}
	for _, s := range states() {
		if s != notice.Deleted || auth.From(ctx).MaySomewhere(auth.Restore) {
			t := stateText(s)
			offered = append(offered, ui.Choice{Value: string(s), Label: ui.T(ctx, t.KO, t.EN)})
		}
	}
	units := append([]ui.Choice{{Value: "", Label: ui.T(ctx, "모든 단위", "Every unit")}}, h.desk.Units(ctx, auth.Write, r.Unit)...)
	f := ui.NewForm(ctx)
	return el.Form(el.Class("filters"), el.Method("get"), el.Action(desk.At(ctx, notice.DeskPath)), el.Role("search"),
		f.Input(ui.Field{Name: "q", Label: ui.T(ctx, "찾을 말", "Keywords"), Value: r.Q, Type: "search", Limit: 100, Optional: true}),
		f.Select(ui.Field{Name: "state", Label: ui.T(ctx, "상태", "State"), Value: r.State, Optional: true}, offered...),
		f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위", "Unit"), Value: r.Unit, Optional: true}, units...),
		f.Input(ui.Field{Name: "tag", Label: ui.T(ctx, "태그", "Tag"), Value: r.Tag, Limit: notice.MostTag, Optional: true}),
		ui.Button(ui.T(ctx, "찾기", "Find")),
	)
}

func noNotices(ctx context.Context, r *listRequest) g.Node {
	if r.State == "" && r.Q == "" && r.Unit == "" && r.Tag == "" {
		return desk.Empty(ui.T(ctx, "아직 공지가 없습니다. 첫 공지를 써 보세요.", "There are no notices yet. Write the first."))
	}
	return desk.Empty(ui.T(ctx, "조건에 맞는 공지가 없습니다.", "No notices were found."), desk.Link(desk.At(ctx, notice.DeskPath), ui.T(ctx, "모두 보기", "See all"), "button quiet"))
}

// row is a notice in the list.
func (h handlers) row(ctx context.Context, n notice.Notice, reviews map[string]notice.Review) g.Node {
	review, asked := reviews[n.ID]
	now := clock.Now(ctx)
	state := n.State(now)
	if n.DeletedAt != nil {
		state = notice.Deleted
	}
	title := desk.Link(desk.At(ctx, notice.DeskPath+"/"+n.ID), n.Title, "row-title")
	if state == notice.Deleted {
		title = el.Span(el.Class("row-title"), g.Text(n.Title))
	}
	return el.Li(el.Class("row"),
		g.Iff(state != notice.Deleted, func() g.Node {
			return el.Input(el.Type("checkbox"), el.Class("choose"), el.Value(n.ID), el.Data("title", n.Title), el.Aria("label", ui.T(ctx, "고르기: ", "Choose: ")+n.Title), g.Attr("hidden"))
		}),
		el.Div(el.Class("row-main"),
			title,
			el.P(el.Class("meta"), badge(ctx, state),
				g.Iff(asked && n.Reviewable(now) && review.Standing() != notice.StandsWithdrawn, func() g.Node { return reviewed(ctx, review.Standing()) }),
				g.If(state == notice.Published && n.Pinned(now), el.Span(el.Class("badge"), g.Text(ui.T(ctx, "고정", "Pinned")))),
				g.If(state == notice.Published && n.Urgent(now), el.Span(el.Class("badge urgent"), g.Text(ui.T(ctx, "긴급", "Urgent")))),
				g.If(n.ImportedAt != nil, ui.ImportedState(ctx)),
				g.If(n.TitleEn != "", el.Span(el.Class("badge"), g.Text(ui.T(ctx, "영어 있음", "In English, too")))),
				g.Text(h.desk.Unit(ctx, n.Unit)), el.Span(desk.Short(ctx, n.Moment(now))),
				g.Iff(len(n.Attachments) > 0, func() g.Node {
					return el.Span(g.Textf(ui.T(ctx, "첨부 %d", "%d attached"), len(n.Attachments)))
				}),
				g.Map(n.Tags, func(t string) g.Node { return el.Span(el.Class("tag"), g.Text("#"+t)) }),
			),
		),
		g.Iff(state == notice.Deleted, func() g.Node {
			return el.Form(desk.Action("POST", "/v1/admin/notices/"+n.ID+"/restore", n.Version), desk.Said(ui.T(ctx, "공지를 되살렸습니다.", "The notice was restored.")),
				el.Button(el.Type("submit"), el.Class("button small quiet"), el.Aria("label", ui.T(ctx, n.Title+" 되살리기", "Restore "+n.Title)), g.Text(ui.T(ctx, "되살리기", "Restore"))))
		}),
	)
}

func badge(ctx context.Context, s notice.State) g.Node {
	t := stateText(s)
	return desk.Badge(string(s), ui.T(ctx, t.KO, t.EN))
}

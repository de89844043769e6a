package desk

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/media/revision"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type revisionsRequest struct {
	ID   string `path:"id"`
	From *int64 `query:"from"`
	To   *int64 `query:"to"`
}

// mostRevisions is how many the page lists; older ones have addresses of the API.
const mostRevisions = 100

func (h handlers) revisions(ctx context.Context, r *revisionsRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	m, err := h.minutes.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	list, err := h.minutes.Revisions(ctx, r.ID, 0, mostRevisions)
	if err != nil {
		return nil, err
	}
	editors := []string{}
	for _, v := range list {
		editors = append(editors, v.Editor)
	}
	names, err := h.members.Names(ctx, editors...)
	if err != nil {
		return nil, err
	}
	parts := []g.Node{desk.Heading(ui.Name(ctx, m.Title()), desk.Link(desk.At(ctx, minute.DeskPath+"/"+m.ID), ui.T(ctx, "회의록 고치기", "Edit"), "button quiet"))}
	if from, to, both := pair(list, r); both {
		hunks, err := h.minutes.Compare(ctx, r.ID, from, to)
		if err != nil {
			return nil, err
		}
		version := func(n int64) string {
			return ui.T(ctx, strconv.FormatInt(n, 10)+"번째 버전", "Version "+strconv.FormatInt(n, 10))
		}
		parts = append(parts, differences(ctx, hunks, version(from), version(to)))
	}
	parts = append(parts, el.Ul(el.Class("rows"), g.Map(indexed(list), func(v place) g.Node { return revisionRow(ctx, m, list, v, names) })))
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "고친 기록", "Revisions"), Section: minute.DeskPath, Main: parts}), nil
}

// pair are the numbers of the two revisions to compare. Without the first it is the one before: what was saved by itself may
// have been taken into a later one since, which then stands for it.
func pair(list []minute.Revision, r *revisionsRequest) (from, to int64, both bool) {
	if r.To == nil {
		return 0, 0, false
	}
	if r.From != nil {
		return *r.From, *r.To, true
	}
	for n := len(list) - 2; n >= 0; n-- { // the oldest is compared with nothing
		if list[n].Number >= *r.To {
			return list[n+1].Number, list[n].Number, true
		}
	}
	return 0, 0, false
}

type place struct {
	minute.Revision

	n int
}

func indexed(list []minute.Revision) []place {
	all := []place{}
	for n, v := range list {
		all = append(all, place{v, n})
	}
	return all
}

func revisionRow(ctx context.Context, m minute.Minute, list []minute.Revision, v place, names map[string]string) g.Node {
	number := strconv.FormatInt(v.Number, 10)
	name := names[v.Editor]
	if name == "" {
		name = ui.T(ctx, "탈퇴한 회원", "A member who left")
	}
	return el.Li(el.Class("row"), el.Div(el.Class("row-main"),
		el.Span(el.Class("row-title"), g.Text(ui.T(ctx, number+"번째 버전", "Version "+number))),
		el.P(el.Class("meta"), desk.Short(ctx, v.At), el.Span(g.Text(name)),
			g.If(v.Draft, el.Span(g.Text(ui.T(ctx, "자동 저장", "autosaved")))),
			g.If(v.Stripped, el.Span(g.Text(ui.T(ctx, "비공개 처리로 글이 지워짐", "texts gone since a part was withheld")))),
			g.If(v.Reason != "", el.Span(g.Text(ui.T(ctx, "정정: "+v.Reason, "Correction: "+v.Reason))))),
	), g.Iff(v.n+1 < len(list), func() g.Node {
		before := strconv.FormatInt(list[v.n+1].Number, 10)
		return desk.Link(desk.At(ctx, minute.DeskPath+"/"+m.ID+"/revisions", "from", before, "to", number), ui.T(ctx, "바뀐 곳 보기", "What changed"), "button small quiet", el.Aria("label", ui.T(ctx, number+"번째 버전에서 바뀐 곳 보기", "What changed in version "+number)))
	}))
}

// differences are two texts side by side, where they differ.
func differences(ctx context.Context, hunks []revision.Hunk, before, after string) g.Node {
	if len(hunks) == 0 {
		return el.P(el.Class("hint"), el.Data("same", ""), g.Text(ui.T(ctx, "다른 곳이 없습니다.", "They are the same.")))
	}
	rows := []g.Node{}
	for n, hunk := range hunks {
		if n > 0 {
			rows = append(rows, el.Tr(el.Class("part"), el.Th(g.Attr("colspan", "2"), g.Attr("scope", "rowgroup"), g.Text("…"))))
		}
		for _, r := range hunk.Rows() {
			rows = append(rows, desk.Row(ctx, r.Old, r.New))
		}
	}
	return el.Table(el.Class("diff"),
		el.THead(el.Tr(el.Th(g.Attr("scope", "col"), g.Text(before)), el.Th(g.Attr("scope", "col"), g.Text(after)))),
		el.TBody(rows...),
	)
}

type unsealRequest struct {
	ID string `path:"id"`
}

func (h handlers) unseal(ctx context.Context, r *unsealRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	m, err := h.minutes.Read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	list, err := h.minutes.Unseal(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "비공개 부분", "Withheld")
	return h.desk.Whole(ctx, ui.View{Title: title, Section: minute.DeskPath, Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, minute.DeskPath+"/"+m.ID), ui.T(ctx, "회의록 고치기", "Edit"), "button quiet")),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "이 페이지를 연 것은 기록에 남습니다.", "That you opened this is in the log."))),
		g.If(len(list) == 0, desk.Empty(ui.T(ctx, "비공개한 부분이 없습니다.", "Nothing is withheld."))),
		g.Map(list, func(w minute.Withheld) g.Node {
			return el.Section(el.Class("panel"), el.H2(g.Text(ui.T(ctx, "봉인 "+strconv.FormatInt(w.N, 10), "Block "+strconv.FormatInt(w.N, 10)))), el.P(el.Class("meta"), g.Text(w.Reason)), el.Pre(el.Class("wrapped"), g.Text(w.Text)))
		}),
	}}), nil
}

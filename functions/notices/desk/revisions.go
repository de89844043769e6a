package desk

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/media/revision"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type revisionsRequest struct {
	ID   string `path:"id"`
	From int64  `query:"from"` // 0: the one before To
	To   int64  `query:"to"`   // 0: the latest
}

// mostRevisions is how many are listed: more than anybody looks through. Older ones can
// still be compared by their number in the address.
const mostRevisions = 100

func (h handlers) revisions(ctx context.Context, r *revisionsRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	n, err := h.notices.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	list, err := h.notices.Revisions(ctx, r.ID, 0, mostRevisions)
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
	from, to := pair(list, r.From, r.To)
	compared, err := h.compared(ctx, r.ID, from, to)
	if err != nil {
		return nil, err
	}
	here := desk.At(ctx, notice.DeskPath+"/"+n.ID)
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "고친 기록", "Revisions") + ": " + n.Title, Section: notice.DeskPath, Main: []g.Node{
		desk.Heading(ui.T(ctx, "고친 기록", "Revisions"), desk.Link(here, ui.T(ctx, "편집으로 돌아가기", "Back to the editor"), "button small quiet")),
		el.P(el.Class("lead"), g.Text(n.Title)),
		compared,
		el.H2(g.Text(ui.T(ctx, "모든 버전", "Every version"))),
		el.Ol(el.Class("rows"), g.Attr("reversed"), g.Map(list, func(v notice.Revision) g.Node {
			return el.Li(el.Class("row"),
				el.Div(el.Class("row-main"),
					el.P(el.Class("row-title"), g.Textf(ui.T(ctx, "%d번째 버전", "Version %d"), v.Number), g.If(v.Number == list[0].Number, el.Span(el.Class("badge"), g.Text(ui.T(ctx, "지금 글", "Current"))))),
					el.P(el.Class("meta"), desk.Short(ctx, v.At), el.Span(g.Text(names[v.Editor])), el.Span(g.Text(v.Title))),
				),
				el.Div(el.Class("actions"),
					g.Iff(v.Number != list[len(list)-1].Number, func() g.Node {
						return desk.Link(here+"/revisions?to="+strconv.FormatInt(v.Number, 10), ui.T(ctx, "이전 버전과 비교", "Compare with the one before"), "button small quiet")
					}),
					g.Iff(v.Number != list[0].Number, func() g.Node { return againstCurrent(ctx, here, n, v, list[0].Number) }),
				),
			)
		})),
	}}), nil
}

// pair are the numbers of the two revisions to compare; from is 0 where there is but one.
func pair(list []notice.Revision, from, to int64) (int64, int64) {
	if to == 0 && len(list) > 0 {
		to = list[0].Number
	}
	if from != 0 {
		return from, to
	}
	for _, v := range list {
		if v.Number < to {
			return v.Number, to
		}
	}
	return 0, to
}

func againstCurrent(ctx context.Context, here string, n notice.Notice, v notice.Revision, latest int64) g.Node {
	number := strconv.FormatInt(v.Number, 10)
	return g.Group{
		desk.Link(here+"/revisions?from="+number+"&to="+strconv.FormatInt(latest, 10), ui.T(ctx, "지금 글과 비교", "Compare with the current"), "button small quiet"),
		el.Form(desk.Action("POST", "/v1/notices/"+n.ID+"/revisions/"+number+"/restore", n.Version),
			el.Data("confirm", ui.T(ctx, number+"번째 버전의 제목, 내용, 태그로 되돌릴까요? 지금 글도 기록에 남습니다.", "Go back to titles, texts and tags of version "+number+"? The current text stays among the versions.")),
			desk.Said(ui.T(ctx, number+"번째 버전으로 되돌렸습니다.", "Went back to version "+number+".")), el.Data("next", here),
			el.Button(el.Type("submit"), el.Class("button small quiet"), g.Text(ui.T(ctx, "이 버전으로 되돌리기", "Restore this"))),
		),
	}
}

func (h handlers) compared(ctx context.Context, id string, from, to int64) (g.Node, error) {
	if from == 0 {
		return el.P(el.Class("hint"), g.Text(ui.T(ctx, "아직 고친 적이 없습니다.", "It has not been edited yet."))), nil
	}
	d, err := h.notices.Compare(ctx, id, from, to)
	if err != nil {
		return nil, err
	}
	return el.Section(el.Aria("labelledby", "compared"),
		el.H2(el.ID("compared"), g.Textf(ui.T(ctx, "%d번째 버전과 %d번째 버전", "Versions %d and %d"), from, to)),
		differences(ctx, d, problem.Text{KO: strconv.FormatInt(from, 10) + "번째 버전", EN: "Version " + strconv.FormatInt(from, 10)}, problem.Text{KO: strconv.FormatInt(to, 10) + "번째 버전", EN: "Version " + strconv.FormatInt(to, 10)}),
	), nil
}

type differencesRequest struct {
	ID      string   `path:"id"`
	Title   string   `json:"title"`
	Body    string   `json:"body"`
	TitleEn string   `json:"titleEn,omitempty"`
	BodyEn  string   `json:"bodyEn,omitempty"`
	Tags    []string `json:"tags"`
	Version int64    `json:"version,omitempty"` // that the text was begun from; 0 where that is not known
}

// differences of a text that is not saved, for an editor whose version is stale, and who changed what is stored.
func (h handlers) differences(ctx context.Context, r *differencesRequest) (*desk.Fragment, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	n, err := h.notices.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	var f check.Fields
	mine := notice.Content{
		Title: f.OptionalLine("title", r.Title, notice.MostTitle), Body: f.OptionalText("body", r.Body, notice.MostBody), Tags: r.Tags,
		TitleEn: f.OptionalLine("titleEn", r.TitleEn, notice.MostTitle), BodyEn: f.OptionalText("bodyEn", r.BodyEn, notice.MostBody),
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	changed, err := h.changed(ctx, n, r.Version)
	if err != nil {
		return nil, err
	}
	return &desk.Fragment{Node: el.Div(el.Data("changed", changed),
		differences(ctx, n.Against(mine), problem.Text{KO: "저장된 글", EN: "Stored"}, problem.Text{KO: "내 글", EN: "Mine"}))}, nil
}

// changed says who edited a notice after a version; where that is not known, who edited it last.
func (h handlers) changed(ctx context.Context, n notice.Notice, version int64) (string, error) {
	list, err := h.notices.Revisions(ctx, n.ID, 0, mostRevisions)
	if err != nil {
		return "", err
	}
	editors := []string{}
	for i, v := range list {
		if v.Number > version && (version > 0 || i == 0) {
			editors = append(editors, v.Editor)
		}
	}
	return desk.Meanwhile(ctx, problem.Text{KO: "이 공지를", EN: "this notice"}, editors), nil
}

// differences are two texts side by side, where they differ.
func differences(ctx context.Context, d notice.Difference, before, after problem.Text) g.Node {
	if d.Same() {
		return el.P(el.Class("hint"), el.Data("same", ""), g.Text(ui.T(ctx, "제목, 내용, 태그가 같습니다.", "Titles, texts and tags are the same.")))
	}
	rows := []g.Node{}
	part := func(name string, hunks []revision.Hunk) {
		for i, hunk := range hunks {
			label := name
			if i > 0 {
				label = "…"
			}
			rows = append(rows, el.Tr(el.Class("part"), el.Th(g.Attr("colspan", "2"), g.Attr("scope", "rowgroup"), g.Text(label))))
			for _, r := range hunk.Rows() {
				rows = append(rows, desk.Row(ctx, r.Old, r.New))
			}
		}
	}
	part(ui.T(ctx, "제목", "Title"), d.Title)
	part(ui.T(ctx, "내용", "Text"), d.Body)
	part(ui.T(ctx, "영어 제목", "English title"), d.TitleEn)
	part(ui.T(ctx, "영어 내용", "English text"), d.BodyEn)
	if len(d.Tags.Added)+len(d.Tags.Removed) > 0 {
		rows = append(rows, el.Tr(el.Class("part"), el.Th(g.Attr("colspan", "2"), g.Attr("scope", "rowgroup"), g.Text(ui.T(ctx, "태그", "Tags")))),
			el.Tr(el.Td(el.Class("old"), g.Map(d.Tags.Removed, func(t string) g.Node { return el.Del(g.Text("#" + t + " ")) })),
				el.Td(el.Class("new"), g.Map(d.Tags.Added, func(t string) g.Node { return el.Ins(g.Text("#" + t + " ")) }))))
	}
	return el.Table(el.Class("diff"),
		el.THead(el.Tr(el.Th(g.Attr("scope", "col"), g.Text(ui.T(ctx, before.KO, before.EN))), el.Th(g.Attr("scope", "col"), g.Text(ui.T(ctx, after.KO, after.EN))))),
		el.TBody(rows...),
	)
}

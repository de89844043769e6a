package desk

import (
	"cmp"
	"context"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type composeRequest struct{}

func (h handlers) compose(ctx context.Context, _ *composeRequest) (*ui.Answer, error) {
	return h.editor(ctx, nil), nil
}

type editRequest struct {
	ID string `path:"id"`
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	n, err := h.notices.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.editor(ctx, &n), nil
}

// edited is a notice as the editor's scripts know it: with the API's names.
type edited struct {
	ID          string        `json:"id"`
	Version     int64         `json:"version"`
	State       notice.State  `json:"state"`
	Unit        string        `json:"unit"`
	Title       string        `json:"title"`
	Body        string        `json:"body"`
	Tags        []string      `json:"tags"`
	PublishAt   *time.Time    `json:"publishAt,omitempty"`
	UnpublishAt *time.Time    `json:"unpublishAt,omitempty"`
	PinnedUntil *time.Time    `json:"pinnedUntil,omitempty"`
	UrgentUntil *time.Time    `json:"urgentUntil,omitempty"`
	Attachments []upload.File `json:"attachments"`
}

type editorTold struct {
	Member   string         `json:"member"`
	Purposes []upload.Offer `json:"purposes"`
	Notice   *edited        `json:"notice"`
}

func (h handlers) editor(ctx context.Context, n *notice.Notice) *ui.Answer {
	page := editorTold{Member: auth.From(ctx).MemberID, Purposes: upload.Offers(h.raised, false, "post", "archive")}
	is, title := notice.Notice{}, ui.T(ctx, "새 공지", "New notice")
	if n != nil {
		is, title = *n, ui.T(ctx, "공지 고치기", "Edit notice")
		page.Notice = &edited{
			ID: n.ID, Version: n.Version, State: n.State(clock.Now(ctx)), Unit: n.Unit, Title: n.Title, Body: n.Body, Tags: n.Tags,
			PublishAt: n.PublishAt, UnpublishAt: n.UnpublishAt, PinnedUntil: n.PinnedUntil, UrgentUntil: n.UrgentUntil, Attachments: n.Attachments,
		}
	}
	return h.desk.Page(ctx, ui.View{Title: title, Section: notice.DeskPath, Scripts: []string{"editor.js"}, Main: []g.Node{
		el.Form(el.ID("notice"), el.Class("editor"), el.Method("post"), g.Attr("novalidate"), desk.Told(page),
			h.editorHead(ctx, n, title),
			h.writing(ctx, is),
			h.settingsOf(ctx, is),
		),
	}})
}

// editorHead is the title of the page, the state of the notice, and what can be done with it.
func (h handlers) editorHead(ctx context.Context, n *notice.Notice, title string) g.Node {
	is, state := notice.Notice{}, notice.Draft
	if n != nil {
		is, state = *n, n.State(clock.Now(ctx))
	}
	unsaved := g.If(n == nil, g.Attr("hidden"))
	return g.Group{
		el.Div(el.Class("heading"),
			el.Div(el.H1(el.ID("heading"), g.Text(title)), el.P(el.Class("meta"), el.Span(el.ID("state"), el.Class("badge"), el.Data("state", string(state)), g.Text(stateLine(ctx, n))))),
			el.Div(el.Class("actions"),
				desk.Link(desk.At(ctx, "/notices/"+is.ID), ui.T(ctx, "누리집에서 보기", "View on the site"), "button small quiet", el.ID("open"), g.If(state != notice.Published, g.Attr("hidden"))),
				desk.Button("preview-link", ui.T(ctx, "미리보기 링크", "Preview link"), "small quiet", el.Data("needs-saved", ""), unsaved),
				desk.Link(desk.At(ctx, notice.DeskPath+"/"+is.ID+"/revisions"), ui.T(ctx, "고친 기록", "Revisions"), "button small quiet", el.ID("revisions"), el.Data("needs-saved", ""), unsaved),
				desk.Button("delete", ui.T(ctx, "지우기", "Delete"), "small danger", el.Data("needs-saved", ""), unsaved),
			),
		),
		el.Div(el.ID("recover"), el.Class("notice-box recover"), g.Attr("hidden"),
			el.P(el.ID("recover-text")),
			el.Div(el.Class("actions"),
				desk.Button("recover-take", ui.T(ctx, "그 글 불러오기", "Load that text"), "small"),
				desk.Button("recover-drop", ui.T(ctx, "버리기", "Discard it"), "small quiet"),
			),
		),
	}
}

func stateLine(ctx context.Context, n *notice.Notice) string {
	if n == nil {
		return ui.T(ctx, "저장 안 됨", "Not saved")
	}
	state := n.State(clock.Now(ctx))
	if state == notice.Scheduled {
		return ui.T(ctx, "예약됨: "+ui.Moment(ctx, *n.PublishAt)+"에 게시", "Scheduled for "+ui.Moment(ctx, *n.PublishAt))
	}
	t := stateText(state)
	return ui.T(ctx, t.KO, t.EN)
}

// marks are what the buttons above the text put into it.
func marks(ctx context.Context) []ui.Choice {
	return []ui.Choice{
		{Value: "**", Label: ui.T(ctx, "굵게", "Bold")},
		{Value: "## ", Label: ui.T(ctx, "소제목", "Heading")},
		{Value: "- ", Label: ui.T(ctx, "목록", "List")},
		{Value: "> ", Label: ui.T(ctx, "인용", "Quote")},
		{Value: "link", Label: ui.T(ctx, "링크", "Link")},
	}
}

// writing is the text and, beside it, what readers will see.
func (h handlers) writing(ctx context.Context, n notice.Notice) g.Node {
	f := ui.NewForm(ctx)
	return g.Group{
		f.Input(ui.Field{Name: "title", Label: ui.T(ctx, "제목", "Title"), Value: n.Title, Limit: notice.MostTitle, More: []g.Node{g.If(n.ID == "", el.AutoFocus())}}),
		el.Div(el.ID("writing"), el.Class("writing"), el.Data("shown", "text"),
			el.Div(el.Class("switch"), el.Role("group"), el.Aria("label", ui.T(ctx, "보기", "View")),
				el.Button(el.Type("button"), el.Class("button small quiet"), el.Data("shows", "text"), el.Aria("pressed", "true"), g.Text(ui.T(ctx, "글쓰기", "Write"))),
				el.Button(el.Type("button"), el.Class("button small quiet"), el.Data("shows", "preview"), el.Aria("pressed", "false"), g.Text(ui.T(ctx, "미리보기", "Preview"))),
			),
			el.Div(el.Class("text-pane"),
				el.Div(el.Class("marks"), el.Role("toolbar"), el.Aria("label", ui.T(ctx, "글 꾸미기", "Formatting")), g.Map(marks(ctx), func(c ui.Choice) g.Node {
					return el.Button(el.Type("button"), el.Class("button small quiet"), el.Data("mark", c.Value), g.Text(c.Label))
				})),
				f.Area(ui.Field{Name: "body", Label: ui.T(ctx, "내용", "Text"), Value: n.Body, Limit: notice.MostBody, Optional: true,
					Hint: ui.T(ctx, "빈 줄로 문단을 나눕니다. 마크다운을 쓸 수 있습니다.", "An empty line begins a paragraph. Markdown works.")}),
			),
			el.Section(el.Class("preview-pane"), el.Aria("label", ui.T(ctx, "미리보기", "Preview")),
				el.H2(el.ID("preview-title"), el.Class("preview-title"), g.Text(cmp.Or(n.Title, ui.T(ctx, "제목 없음", "No title")))),
				el.P(el.ID("preview-problem"), el.Class("wrong"), el.Role("status")),
				el.Div(el.ID("preview-body"), el.Class("prose")),
			),
		),
	}
}

// settingsOf is everything about a notice but its text.
func (h handlers) settingsOf(ctx context.Context, n notice.Notice) g.Node {
	f := ui.NewForm(ctx)
	units := h.desk.Units(ctx, auth.Editor, n.Unit)
	if n.Unit == "" && len(units) > 0 {
		n.Unit = units[0].Value
	}
	return g.Group{
		el.Div(el.Class("two"),
			f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위", "Unit"), Value: n.Unit}, units...),
			f.Input(ui.Field{Name: "tags", Label: ui.T(ctx, "태그", "Tags"), Value: strings.Join(n.Tags, ", "), Optional: true, Hint: ui.T(ctx, "쉼표로 나눕니다. 10개까지.", "With commas between; at most 10.")}),
		),
		el.FieldSet(el.Class("group"),
			el.Legend(g.Text(ui.T(ctx, "첨부", "Attachments"))),
			el.Ul(el.ID("attachments"), el.Class("attachments")),
			el.Ul(el.ID("transfers"), el.Class("transfers")),
			desk.DropBox(ctx, true),
			el.P(desk.Button("pick", ui.T(ctx, "올린 파일에서 고르기", "Choose uploaded files"), "small quiet")),
		),
		el.FieldSet(el.Class("group"),
			el.Legend(g.Text(ui.T(ctx, "게시", "Publication"))),
			publication(ctx, n),
			el.Div(el.Class("two"),
				f.Input(desk.Moment(ctx, "unpublishAt", problem.Text{KO: "게시를 끝낼 때", EN: "Ends"}, problem.Text{}, n.UnpublishAt)),
				f.Input(desk.Moment(ctx, "pinnedUntil", problem.Text{KO: "맨 위에 고정할 기한", EN: "Pinned until"}, problem.Text{}, n.PinnedUntil)),
				f.Input(desk.Moment(ctx, "urgentUntil", problem.Text{KO: "긴급 알림줄에 둘 기한", EN: "Urgent until"}, problem.Text{KO: "모든 쪽 맨 위에 보입니다.", EN: "Shown above every page."}, n.UrgentUntil)),
			),
			el.P(el.Class("hint"), g.Text(ui.T(ctx, "시각은 모두 한국 시각입니다.", "All times are Korean time."))),
		),
		el.Div(el.Class("save-bar"),
			el.P(el.ID("saved"), el.Class("hint"), el.Role("status")),
			el.Button(el.ID("save"), el.Type("submit"), el.Class("button"), g.Text(ui.T(ctx, "저장", "Save"))),
		),
	}
}

// publication asks when a notice is published.
func publication(ctx context.Context, n notice.Notice) g.Node {
	chosen := "draft"
	label := ui.T(ctx, "시각을 정해 게시", "At a time")
	if n.PublishAt != nil {
		chosen = "at"
		if n.State(clock.Now(ctx)) != notice.Scheduled {
			label = ui.T(ctx, "게시한 시각 그대로", "As it was published")
		}
	}
	when := desk.Moment(ctx, "publishAt", problem.Text{KO: "게시할 때", EN: "Published at"}, problem.Text{}, n.PublishAt)
	when.Optional = false
	radio := func(value, label string) g.Node {
		return el.Label(el.Class("radio"), el.Input(el.Type("radio"), el.Name("publish"), el.Value(value), g.If(value == chosen, el.Checked())), g.Text(label))
	}
	return g.Group{
		el.Div(el.Class("radios"), el.Role("radiogroup"), el.Aria("label", ui.T(ctx, "언제 게시할까요", "When to publish")),
			radio("draft", ui.T(ctx, "초안으로 두기", "Keep as a draft")),
			radio("now", ui.T(ctx, "저장하면 바로 게시", "When I save")),
			radio("at", label),
		),
		el.Div(el.ID("publish-at"), g.If(chosen != "at", g.Attr("hidden")),
			ui.NewForm(ctx).Input(when)),
	}
}

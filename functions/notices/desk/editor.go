package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type composeRequest struct {
	From     string `query:"from"`     // the notice whose text the new one begins with
	Template string `query:"template"` // the name of the template that it begins with
}

// compose is an empty editor, or one with what another notice says: its times and its pictures' places are its own, so that
// the copy is a draft of nothing but its text, tags and files.
func (h handlers) compose(ctx context.Context, r *composeRequest) (*ui.Answer, error) {
	if r.From == "" {
		return h.begin(ctx, r.Template)
	}
	if !check.ID(r.From) {
		return nil, problem.Absent()
	}
	n, err := h.notices.Writable(ctx, r.From)
	if err != nil {
		return nil, err
	}
	t, err := h.talk(ctx, notice.Notice{})
	if err != nil {
		return nil, err
	}
	copied := notice.Notice{Unit: n.Unit, Title: n.Title, Body: n.Body, TitleEn: n.TitleEn, BodyEn: n.BodyEn, Tags: n.Tags, Attachments: n.Attachments}
	return h.editor(ctx, t, copied, nil), nil
}

// begin is an editor with a template, or empty, and the choice of what to begin with.
func (h handlers) begin(ctx context.Context, template string) (*ui.Answer, error) {
	v, err := h.notices.Templates(ctx)
	if err != nil {
		return nil, err
	}
	t, err := h.talk(ctx, notice.Notice{})
	if err != nil {
		return nil, err
	}
	is := notice.Notice{}
	if template != "" {
		i := slices.IndexFunc(v.List, func(t notice.Template) bool { return t.Name == template })
		if i < 0 {
			return nil, problem.Absent()
		}
		begins := v.List[i]
		is = notice.Notice{Title: begins.Title, Body: begins.Body, TitleEn: begins.TitleEn, BodyEn: begins.BodyEn, Tags: begins.Tags}
	}
	return h.editor(ctx, t, is, h.beginnings(ctx, v.List, template)), nil
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
	t, err := h.talk(ctx, n)
	if err != nil {
		return nil, err
	}
	if t.review == nil {
		function.ReadNobody(ctx)
	}
	return h.editor(ctx, t, n, nil), nil
}

// edited is a notice as the editor's scripts know it: with the API's names.
type edited struct {
	ID      string       `json:"id"`
	Version int64        `json:"version"`
	State   notice.State `json:"state"`
	Unit    string       `json:"unit"`
	Title   string       `json:"title"`
	Body    string       `json:"body"`
	TitleEn string       `json:"titleEn"`
	BodyEn  string       `json:"bodyEn"`
	Tags    []string     `json:"tags"`
	notice.Times
	Attachments []upload.File `json:"attachments"`
}

type editorTold struct {
	Member   string          `json:"member"`
	Purposes []upload.Offer  `json:"purposes"`
	Notice   *edited         `json:"notice"`
	Files    []upload.File   `json:"files"`    // that a copy begins with
	Now      time.Time       `json:"now"`      // the server's
	Standing notice.Standing `json:"standing"` // of its review; "" where there is none
	Required bool            `json:"required"` // the council publishes nothing without approval
	Waives   bool            `json:"waives"`   // who writes may publish what is urgent without
}

// editor shows a notice with its review, or without one a new one that begins with what is says, and choices of other beginnings.
func (h handlers) editor(ctx context.Context, t talk, is notice.Notice, choices g.Node) *ui.Answer {
	n := &t.n
	if n.ID == "" {
		n = nil
	}
	page := editorTold{Member: auth.From(ctx).MemberID, Purposes: upload.Offers(auth.From(ctx), h.limits, false, "post", "archive"), Files: is.Attachments, Now: clock.Now(ctx),
		Standing: t.standing(), Required: t.required, Waives: auth.From(ctx).May(auth.Waive, "")}
	title := ui.T(ctx, "새 공지", "New notice")
	if n != nil {
		title = ui.T(ctx, "공지 고치기", "Edit notice")
		page.Notice = &edited{
			ID: n.ID, Version: n.Version, State: n.State(clock.Now(ctx)), Unit: n.Unit, Title: n.Title, Body: n.Body, TitleEn: n.TitleEn, BodyEn: n.BodyEn, Tags: n.Tags,
			Times: n.Times, Attachments: n.Attachments,
		}
	}
	return h.desk.Page(ctx, ui.View{Title: title, Section: notice.DeskPath, Scripts: []string{"editor.js"}, Main: []g.Node{
		el.Form(el.ID("notice"), el.Class("editor"), el.Method("post"), g.Attr("novalidate"), desk.Told(page),
			h.editorHead(ctx, n, title),
			choices,
			korean(ctx, is),
			english(ctx, is),
			h.settingsOf(ctx, is, t),
		),
		panel(ctx, t),
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
			el.H1(el.ID("heading"), g.Text(title)),
			el.Div(el.Class("actions"),
				desk.Link(desk.At(ctx, "/notices/"+is.ID), ui.T(ctx, "홈페이지에서 보기", "View on the site"), "button small quiet", el.ID("open"), g.If(state != notice.Published, g.Attr("hidden"))),
				desk.Button("preview-link", ui.T(ctx, "미리보기 링크", "Preview link"), "small quiet", el.Data("needs-saved", ""), unsaved),
				desk.Link(desk.At(ctx, notice.DeskPath+"/"+is.ID+"/revisions"), ui.T(ctx, "고친 기록", "Revisions"), "button small quiet", el.ID("revisions"), el.Data("needs-saved", ""), unsaved),
				desk.Link(desk.At(ctx, notice.DeskPath+"/new", "from", is.ID), ui.T(ctx, "복제", "Duplicate"), "button small quiet", el.ID("duplicate"), el.Data("needs-saved", ""), unsaved),
				desk.Button("delete", ui.T(ctx, "지우기", "Delete"), "small danger", el.Data("needs-saved", ""), unsaved),
			),
		),
		el.P(el.ID("skew"), el.Class("notice-box"), el.Role("status"), g.Attr("hidden")),
		el.Div(el.ID("recover"), el.Class("notice-box recover"), g.Attr("hidden"),
			el.P(el.ID("recover-text")),
			el.Div(el.Class("actions"),
				desk.Button("recover-take", ui.T(ctx, "그 글 불러오기", "Load that text"), "small"),
				desk.Button("recover-drop", ui.T(ctx, "버리기", "Discard it"), "small quiet"),
			),
		),
	}
}

// word is what a state is called.
func word(ctx context.Context, s notice.State) string {
	t := stateText(s)
	return ui.T(ctx, t.KO, t.EN)
}

// mark is what a button above the text puts into it.
type mark struct {
	value, label string
	key          string // that does the same together with Ctrl or ⌘; "" for none
}

func marks(ctx context.Context) []mark {
	return []mark{
		{value: "**", label: ui.T(ctx, "굵게", "Bold"), key: "b"},
		{value: "*", label: ui.T(ctx, "기울임", "Italic"), key: "i"},
		{value: "## ", label: ui.T(ctx, "소제목", "Heading")},
		{value: "- ", label: ui.T(ctx, "목록", "List")},
		{value: "> ", label: ui.T(ctx, "인용", "Quote")},
		{value: "link", label: ui.T(ctx, "링크", "Link"), key: "k"},
		{value: "table", label: ui.T(ctx, "표", "Table")},
	}
}

// text is what is written in one language: the names of its boxes, and what stands in them.
type text struct {
	title, body ui.Field
	suffix      string // of the ids of its preview
	language    string
}

// korean is the text that every notice has.
func korean(ctx context.Context, n notice.Notice) g.Node {
	return writing(ctx, text{
		title: ui.Field{Name: "title", Label: ui.T(ctx, "제목", "Title"), Value: n.Title, Limit: notice.MostTitle, More: []g.Node{g.If(n.ID == "", el.AutoFocus()), ui.Korean(ctx)}},
		body: ui.Field{Name: "body", Label: ui.T(ctx, "내용", "Text"), Value: n.Body, Limit: notice.MostBody, Depends: true, More: []g.Node{ui.Korean(ctx)},
			Hint: ui.T(ctx, "빈 줄로 문단을 나눕니다. 마크다운을 쓸 수 있습니다. 사진은 붙여넣거나 끌어다 놓으면 그 자리에 들어갑니다.", "An empty line begins a paragraph. Markdown works. Pictures that are pasted or dropped stand where the cursor is.")},
		language: "ko",
	})
}

// english is the text for readers of English, folded away where there is none.
func english(ctx context.Context, n notice.Notice) g.Node {
	return el.Details(el.ID("english"), el.Class("fold"), g.If(n.TitleEn != "", g.Attr("open")),
		el.Summary(g.Text(ui.T(ctx, "영어로도 쓰기", "In English, too"))),
		el.Div(el.Class("stack"), el.P(el.Class("hint"), g.Text(ui.T(ctx, "비워 두면 영어 페이지에서도 한국어 글이 보이고, 한국어뿐이라고 알립니다.", "Without it, readers of English see the Korean text, and are told that there is no other."))),
			writing(ctx, text{
				title:  ui.Field{Name: "titleEn", Label: ui.T(ctx, "영어 제목", "English title"), Value: n.TitleEn, Limit: notice.MostTitle, Optional: true, More: []g.Node{el.Lang("en")}},
				body:   ui.Field{Name: "bodyEn", Label: ui.T(ctx, "영어 내용", "English text"), Value: n.BodyEn, Limit: notice.MostBody, Optional: true, More: []g.Node{el.Lang("en")}},
				suffix: "-en", language: "en",
			})),
	)
}

// writing is a text and, beside it, what readers will see.
func writing(ctx context.Context, t text) g.Node {
	f := ui.NewForm(ctx)
	return g.Group{
		f.Input(t.title),
		el.Div(el.ID("writing"+t.suffix), el.Class("writing"), el.Data("shown", "text"), el.Data("title", "field-"+t.title.Name),
			el.Div(el.Class("switch"), el.Role("group"), el.Aria("label", ui.T(ctx, "보기", "View")),
				el.Button(el.Type("button"), el.Class("button small quiet"), el.Data("shows", "text"), el.Aria("pressed", "true"), g.Text(ui.T(ctx, "글쓰기", "Write"))),
				el.Button(el.Type("button"), el.Class("button small quiet"), el.Data("shows", "preview"), el.Aria("pressed", "false"), g.Text(ui.T(ctx, "미리보기", "Preview"))),
			),
			el.Div(el.Class("text-pane"),
				el.Div(el.Class("marks"), el.Role("toolbar"), el.Aria("label", t.body.Label+": "+ui.T(ctx, "글 꾸미기", "Formatting")), g.Map(marks(ctx), func(m mark) g.Node {
					return el.Button(el.Type("button"), el.Class("button small quiet"), el.Data("mark", m.value), g.If(m.key != "", el.Data("key", m.key)), g.Text(m.label))
				}), el.Label(el.Class("button small quiet"), g.Text(ui.T(ctx, "사진", "Picture")),
					el.Input(el.Class("hidden"), el.Type("file"), el.Multiple(), el.Accept("image/*"), el.Data("pictures", "")))),
				f.Area(t.body),
			),
			el.Section(el.Class("preview-pane"), el.Aria("label", t.body.Label+": "+ui.T(ctx, "미리보기", "Preview")),
				el.H2(el.ID("preview-title"+t.suffix), el.Class("preview-title"), el.Lang(t.language), g.Text(cmp.Or(t.title.Value, ui.T(ctx, "제목 없음", "No title")))),
				el.P(el.ID("preview-problem"+t.suffix), el.Class("wrong preview-problem"), el.Role("status")),
				el.Div(el.ID("preview-body"+t.suffix), el.Class("prose preview-body"), el.Lang(t.language)),
			),
		),
	}
}

// settingsOf is everything about a notice but its text.
func (h handlers) settingsOf(ctx context.Context, n notice.Notice, t talk) g.Node {
	f := ui.NewForm(ctx)
	units := h.desk.Units(ctx, auth.Write, n.Unit)
	if n.Unit == "" && len(units) > 0 {
		n.Unit = units[0].Value
	}
	state := n.State(clock.Now(ctx))
	published := state == notice.Published || state == notice.Archived
	now := word(ctx, state)
	if n.ID == "" {
		now = ui.T(ctx, "저장 안 됨", "Not saved")
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
				f.Input(desk.Moment(ctx, "urgentUntil", problem.Text{KO: "긴급 알림줄에 둘 기한", EN: "Urgent until"}, problem.Text{KO: "모든 페이지 맨 위에 보입니다.", EN: "Shown above every page."}, n.UrgentUntil)),
			),
			el.P(el.Class("hint"), g.Text(ui.T(ctx, "시각은 모두 한국 시각입니다.", "All times are Korean time."))),
		),
		el.Div(el.Class("save-bar"),
			el.Div(el.Class("will"), el.P(el.Span(el.ID("state-now"), el.Class("badge"), el.Data("state", string(state)), g.Text(now)), g.Text(" "), reviewNow(ctx, t), g.Text(" "), el.Span(el.ID("will")), g.Text(" "),
				desk.Button("describe", ui.T(ctx, "첫 사진에 설명 쓰기", "Describe the first"), "small quiet", g.Attr("hidden")), g.Text(" "), desk.Link(reviewPath(ctx, n.ID), ui.T(ctx, "검토 요청하기", "Ask for a review"), "", el.ID("ask-review"), g.Attr("hidden"))), el.P(el.ID("saved"), el.Class("hint"), el.Role("status"))),
			desk.Button("take-down", ui.T(ctx, "내리기", "Take down"), "quiet", g.If(state != notice.Published, g.Attr("hidden"))),
			el.Button(el.ID("save"), el.Type("submit"), el.Class("button quiet"), g.Text(ui.T(ctx, "저장", "Save"))),
			desk.Button("publish", ui.T(ctx, "지금 게시", "Publish now"), "", el.Aria("describedby", "will"), g.If(published, g.Attr("hidden"))),
		),
	}
}

// reviewNow is how the review stands, always in sight; it leads to what was said.
func reviewNow(ctx context.Context, t talk) g.Node {
	s := t.standing()
	return el.A(el.Href("#review"), el.ID("review-now"), g.If(!t.open(), g.Attr("hidden")), el.Class("badge"), el.Data("state", reviewLook(s)), g.Text(ui.T(ctx, s.Label().KO, s.Label().EN)))
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

package desk

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/due"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/revision"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type composeRequest struct{}

func (h handlers) compose(ctx context.Context, _ *composeRequest) (*ui.Answer, error) {
	return h.beginning(ctx, ui.NewForm(ctx), 0, typed{Kind: minute.Regular, HeldAt: clock.Now(ctx).In(clock.Seoul).Format(inBox)})
}

// beginning is the form that begins minutes: with what tells meetings apart.
func (h handlers) beginning(ctx context.Context, f ui.Form, status int, t typed) (*ui.Answer, error) {
	bodies, err := h.minutes.Bodies(ctx)
	if err != nil {
		return nil, err
	}
	offered, rounds := []ui.Choice{}, numbering{}
	for _, b := range bodies {
		if minute.Writes(ctx, b.Unit) {
			rounds.some, rounds.notAll = rounds.some || b.Numbered, rounds.notAll || !b.Numbered
			offered = append(offered, ui.Choice{Value: b.Slug, Label: ui.Name(ctx, problem.Text{KO: b.Name, EN: b.NameEn})})
		}
	}
	title := ui.T(ctx, "새 회의", "New meeting")
	view := ui.View{Status: status, Title: title, Section: minute.DeskPath, Main: []g.Node{desk.Heading(title)}}
	if len(offered) == 0 {
		view.Main = append(view.Main, noMinutes(ctx, 0, auth.From(ctx).May(auth.Operate, "")))
		return h.desk.Whole(ctx, view), nil
	}
	view.Main = append(view.Main, el.Form(el.Class("editor"), el.Method("post"), el.Action(desk.At(ctx, minute.DeskPath+"/new")), g.Attr("novalidate"),
		f.Summary(),
		f.Select(ui.Field{Name: "meets", Sent: "body", Label: ui.T(ctx, "기구", "Body"), Value: t.Body}, offered...),
		basics(ctx, f, t, rounds),
		el.Div(el.Class("save-bar"), el.P(el.Class("hint"), g.Text(ui.T(ctx, "만들어도 아직 아무에게도 보이지 않습니다.", "Nobody sees it yet."))), ui.Button(ui.T(ctx, "만들고 안건 쓰기", "Begin"))),
	))
	return h.desk.Whole(ctx, view), nil
}

// numbering says whether some bodies number their meetings, and whether not all do.
type numbering struct{ some, notAll bool }

// basics tell one meeting from another.
func basics(ctx context.Context, f ui.Form, t typed, rounds numbering) g.Node {
	kinds := []ui.Choice{}
	for _, k := range minute.Kinds() {
		kinds = append(kinds, ui.Choice{Value: k, Label: ui.Name(ctx, minute.Word(k))})
	}
	round := ui.Field{Name: "round", Label: ui.T(ctx, "회차", "Round"), Value: t.Round, Limit: 4, More: numeric()}
	if rounds.notAll {
		round.Depends, round.Hint = true, ui.T(ctx, "회차를 매기는 기구는 꼭 써야 하고, 매기지 않는 기구는 비워 둡니다.", "Needed where the body numbers its meetings; leave it empty where it does not.")
	}
	return el.Div(el.Class("two"),
		g.If(rounds.some, f.Input(round)),
		f.Select(ui.Field{Name: "kind", Label: ui.T(ctx, "종류", "Kind"), Value: t.Kind}, kinds...),
		f.Input(ui.Field{Name: "heldAt", Label: ui.T(ctx, "회의 시각(한국 시각)", "When (Korean time)"), Value: t.HeldAt, Type: "datetime-local"}),
		f.Input(ui.Field{Name: "place", Label: ui.T(ctx, "장소", "Place"), Value: t.Place, Limit: minute.MostLine, Optional: true}),
	)
}

// numeric opens the keyboard of digits on a telephone.
func numeric() []g.Node { return []g.Node{g.Attr("inputmode", "numeric")} }

type beginRequest struct{ typed }

func (h handlers) begin(ctx context.Context, r *beginRequest) (*function.Redirect, error) {
	c, err := r.content(minute.Minute{})
	var m minute.Minute
	if err == nil {
		m, err = h.minutes.Add(ctx, c)
	}
	if err != nil {
		f, status, ok := ui.Refused(ctx, boxed(err))
		if !ok {
			return nil, err
		}
		page, shown := h.beginning(ctx, f, status, r.typed)
		if shown != nil {
			return nil, err
		}
		return nil, ui.Again(err, page)
	}
	function.Subject(ctx, m.ID)
	return &function.Redirect{Status: http.StatusSeeOther, URL: desk.At(ctx, minute.DeskPath+"/"+m.ID)}, nil
}

type editRequest struct {
	ID string `path:"id"`
}

type formRequest struct {
	editRequest
	Published string `query:"published"` // the step that was published just now
}

func (h handlers) edit(ctx context.Context, r *formRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	m, err := h.minutes.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.editor(ctx, editing{m: m, typed: boxes(m), form: ui.NewForm(ctx), published: publishedNow(ctx, m, minute.Step(r.Published))})
}

type saveRequest struct {
	editRequest
	typed
}

func (h handlers) save(ctx context.Context, r *saveRequest) (*function.Redirect, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	m, err := h.minutes.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	if _, err = h.saved(ctx, m, r.typed, false); err != nil {
		return nil, h.again(ctx, r, err)
	}
	return &function.Redirect{Status: http.StatusSeeOther, URL: desk.At(ctx, minute.DeskPath+"/"+r.ID)}, nil
}

func (h handlers) publish(ctx context.Context, r *saveRequest) (*function.Redirect, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	m, err := h.minutes.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	is, err := h.saved(ctx, m, r.typed, false)
	if err == nil {
		_, err = h.minutes.Publish(ctx, r.ID, is.Version, minute.Step(r.Step))
	}
	if err != nil {
		return nil, h.again(ctx, r, err)
	}
	return &function.Redirect{Status: http.StatusSeeOther, URL: ui.Query(desk.At(ctx, minute.DeskPath+"/"+r.ID), "published", r.Step)}, nil
}

// publishedNow says that a step was published just now, where m has reached it.
func publishedNow(ctx context.Context, m minute.Minute, s minute.Step) string {
	if !m.Step(clock.Now(ctx)).Reached(s) {
		return ""
	}
	return map[minute.Step]string{
		minute.Announced: ui.T(ctx, "회의를 예고했습니다. 누구나 볼 수 있습니다.", "The meeting is announced. Everybody can see it."),
		minute.Decisions: ui.T(ctx, "의결사항을 공개했습니다. 누구나 볼 수 있습니다.", "The decisions are published. Everybody can see them."),
		minute.Full:      ui.T(ctx, "전문을 공개했습니다. 누구나 볼 수 있습니다.", "The minutes are published in full. Everybody can see them."),
	}[s]
}

// again is the error with which the form is shown as it was filled in; where the minutes were saved
// meanwhile, beside what is stored, so that saving once more is meant.
func (h handlers) again(ctx context.Context, r *saveRequest, err error) error {
	f, status, ok := ui.Refused(ctx, boxed(err))
	if !ok {
		return err
	}
	m, failed := h.minutes.Writable(ctx, r.ID)
	if failed != nil {
		return err
	}
	e := editing{m: m, typed: r.typed, form: f, status: status}
	if stale(err) {
		if e.changed, failed = h.changed(ctx, m, r.typed); failed != nil {
			return err
		}
		e.typed.Version = strconv.FormatInt(m.Version, 10)
		if c, wrong := r.content(m); wrong == nil {
			if c, wrong = c.Check(m.Counted()); wrong == nil {
				if c, wrong = h.minutes.Hidden(ctx, m, c); wrong == nil {
					e.compared, e.hunks = true, m.Against(c)
				}
			}
		}
	}
	page, failed := h.editor(ctx, e)
	if failed != nil {
		return err
	}
	return ui.Again(err, page)
}

// changed says who saved minutes after the version that a form was made from.
func (h handlers) changed(ctx context.Context, m minute.Minute, t typed) (string, error) {
	version, err := t.version()
	if err != nil {
		return "", err
	}
	list, err := h.minutes.Revisions(ctx, m.ID, 0, mostRevisions)
	if err != nil {
		return "", err
	}
	editors := []string{}
	for _, v := range list {
		if v.Number > version {
			editors = append(editors, v.Editor)
		}
	}
	return desk.Meanwhile(ctx, problem.Text{KO: "이 회의록을", EN: "these minutes"}, editors), nil
}

// paste shows the form as it was filled in, with the items of a text that was pasted, or with one moved.
func (h handlers) paste(ctx context.Context, r *saveRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	m, err := h.minutes.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	way := r.Move
	if at, ok := r.moved(); ok {
		return h.editor(ctx, editing{m: m, typed: r.typed, form: ui.NewForm(ctx), moved: &placedMove{at, way}})
	}
	e := editing{m: m, typed: r.typed, form: ui.NewForm(ctx), pasted: true}
	var c check.Fields
	text := c.OptionalText("copied", r.Paste, minute.MostAll)
	if err := c.Err(); err != nil {
		f, status, _ := ui.Refused(ctx, err)
		e.form, e.status, e.pasted = f, status, false
		return h.editor(ctx, e)
	}
	e.typed.set(r.items()) // those that say nothing would stand between
	items, before := minute.Paste(text)
	e.typed.addItems(items)
	if before != "" && e.typed.Text != "" {
		before = "\n\n" + before
	}
	e.typed.Text += before
	e.typed.Paste, e.found = "", len(items)
	return h.editor(ctx, e)
}

// draft answers the script that saves by itself with the version that it made.
func (h handlers) draft(ctx context.Context, r *saveRequest) (*desk.Fragment, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	m, err := h.minutes.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	is, err := h.saved(ctx, m, r.typed, true)
	if err != nil {
		return nil, err
	}
	return &desk.Fragment{Node: el.P(el.Data("version", strconv.FormatInt(is.Version, 10)), g.Text(savedAt(ctx, is)))}, nil
}

func savedAt(ctx context.Context, m minute.Minute) string {
	at := m.UpdatedAt.In(clock.Seoul).Format("15:04:05")
	return ui.T(ctx, at+"에 저장했습니다.", "Saved at "+at+".")
}

// editing is the form of minutes that there are.
type editing struct {
	m         minute.Minute // as they are stored
	typed     typed
	form      ui.Form
	status    int
	compared  bool   // with what was saved meanwhile
	changed   string // who saved that
	hunks     []revision.Hunk
	pasted    bool
	found     int // how many items were pasted
	moved     *placedMove
	published string // what is said of a publication just now
}

// placedMove is where an item is that was moved, and the button that did it.
type placedMove struct {
	at  int
	way string
}

type editorTold struct {
	Member      string         `json:"member"`
	ID          string         `json:"id"`
	Purposes    []upload.Offer `json:"purposes"`
	Attachments []upload.File  `json:"attachments"`
	Unsaved     bool           `json:"unsaved"` // the boxes say what is not stored
}

func (h handlers) editor(ctx context.Context, e editing) (*ui.Answer, error) {
	files, err := h.files(ctx, e)
	if err != nil {
		return nil, err
	}
	allowed, err := h.minutes.Policy(ctx)
	if err != nil {
		return nil, err
	}
	m, f := e.m, e.form
	title := ui.Name(ctx, m.Title())
	told := editorTold{Member: auth.From(ctx).MemberID, ID: m.ID, Purposes: upload.Offers(auth.From(ctx), h.limits, false, "post", "archive"), Attachments: files, Unsaved: e.status != 0 || e.pasted || e.moved != nil}
	path := desk.At(ctx, minute.DeskPath+"/"+m.ID)
	step := m.Step(clock.Now(ctx))
	return h.desk.Whole(ctx, ui.View{Status: e.status, Title: title, Section: minute.DeskPath, Scripts: []string{"minutes.js"}, Main: []g.Node{
		h.head(ctx, m, title, step),
		el.Form(el.ID("minutes"), ahead(ctx, e), el.Method("post"), el.Action(path), g.Attr("novalidate"), desk.Told(told),
			el.Input(el.Type("hidden"), el.Name("version"), el.Value(e.typed.Version)), el.Input(el.Type("hidden"), el.Name("body"), el.Value(m.Body.Slug)),
			el.Button(el.Type("submit"), el.Class("hidden"), el.TabIndex("-1"), el.Aria("hidden", "true")), // what Enter in a box presses: the first button of the form
			f.Summary(), ui.Announce(e.published),
			g.Iff(e.moved != nil, func() g.Node {
				n := strconv.Itoa(e.moved.at + 1)
				return el.P(el.Class("notice-box"), el.Role("status"), g.Text(ui.T(ctx, ""+n+"번 안건으로 옮겼습니다. 아직 저장하지 않았습니다.", "It is item "+n+" now. Nothing is saved yet.")))
			}),
			g.Iff(e.compared, func() g.Node { return compared(ctx, e, path) }),
			g.Iff(e.pasted, func() g.Node {
				n := strconv.Itoa(e.found)
				return el.P(el.Class("notice-box"), el.Role("status"), el.ID("pasted"), g.Text(ui.T(ctx, "붙여넣은 글에서 안건 "+n+"건을 찾았습니다. 아직 저장하지 않았으니 살펴본 뒤 저장하세요.", "The text had "+n+" items. Nothing is saved yet: look at them, then save.")))
			}),
			el.Div(el.ID("recover"), el.Class("notice-box recover"), g.Attr("hidden"), el.P(g.Text(ui.T(ctx, "이 기기에 저장하지 못한 글이 있습니다.", "This device has a text that was not saved."))),
				el.Div(el.Class("actions"), desk.Button("recover-take", ui.T(ctx, "그 글 불러오기", "Load that text"), "small"), desk.Button("recover-drop", ui.T(ctx, "버리기", "Discard it"), "small quiet"))),
			el.FieldSet(el.Class("group"), el.Legend(g.Text(ui.T(ctx, "회의", "Meeting"))), basics(ctx, f, e.typed, numbering{some: m.Counted().Numbered})),
			el.FieldSet(el.Class("group"), el.Legend(g.Text(ui.T(ctx, "참석", "Attendance"))), attendance(ctx, f, e.typed, m.Body.Names)),
			el.P(el.Class("hint until-held"), g.Text(ui.T(ctx, "출석과 안건의 결과, 표결은 회의가 시작하면 쓸 수 있습니다.", "Who came, results and votes can be written once the meeting has begun."))),
			el.Div(el.ID("items"), el.Class("stack"), g.Map(withBlank(e.typed.items()), func(i placed) g.Node { return itemBoxes(ctx, f, i, path, e.moved) })),
			g.El("template", el.ID("blank-item"), itemBoxes(ctx, ui.NewForm(ctx), placed{n: -1}, path, nil)),
			el.P(desk.Button("add-item", ui.T(ctx, "안건 추가", "Add an item"), "quiet", g.Attr("hidden"))),
			f.Area(ui.Field{Name: "text", Label: ui.T(ctx, "그 밖의 내용", "Other matters"), Value: e.typed.Text, Limit: minute.MostText, Optional: true, Hint: withholding(ctx)}),
			attachments(ctx, files),
			pasting(ctx, f, e.typed, path),
			g.If(step.Reached(minute.Decisions), f.Input(ui.Field{Name: "reason", Label: ui.T(ctx, "정정 사유", "Reason of the correction"), Value: e.typed.Reason, Limit: minute.MostReason, Optional: true, Hint: ui.T(ctx, "이미 공개한 내용을 고칠 때 씁니다. 회의록에 ‘정정’으로 남습니다.", "Needed where it changes what is published; readers see it.")})),
			publishing(ctx, m, step, path),
			el.Div(el.Class("save-bar"),
				el.P(el.ID("saved"), el.Class("hint"), el.Role("status"), g.If(!told.Unsaved, g.Text(savedAt(ctx, m)))),
				ui.Button(ui.T(ctx, "저장", "Save"), el.ID("save")),
			),
		),
		h.extending(ctx, m, allowed.ExtendDays),
	}}), nil
}

func withholding(ctx context.Context) string {
	return ui.T(ctx, "비공개할 부분은 [비공개: 사유]와 [비공개 끝] 줄 사이에 쓰세요. 저장하면 봉인되고, 독자는 몇 줄인지와 사유만 봅니다.", "What stands between the lines [비공개: reason] and [비공개 끝] is sealed; readers see how many lines and why.")
}

// files are those that the form names, in their order.
func (h handlers) files(ctx context.Context, e editing) ([]upload.File, error) {
	list := []upload.File{}
	missing := []string{}
	for _, id := range e.typed.Attachments {
		known := false
		for _, f := range e.m.Attachments {
			if f.ID == id {
				list, known = append(list, f), true
			}
		}
		if !known && check.ID(id) {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return list, nil
	}
	found, err := h.minutes.Files(ctx, missing...)
	for _, id := range missing {
		if f, ok := found[id]; ok {
			list = append(list, f)
		}
	}
	return list, err
}

// head says what the meeting is, how it stands, and what else can be done.
func (h handlers) head(ctx context.Context, m minute.Minute, title string, step minute.Step) g.Node {
	path := desk.At(ctx, minute.DeskPath+"/"+m.ID)
	return el.Div(el.Class("heading"),
		el.Div(el.H1(el.ID("heading"), g.Text(title)), el.P(el.Class("meta"), badge(ctx, step), awaited(ctx, m))),
		el.Div(el.Class("actions"),
			g.If(step != minute.Draft, desk.Link(desk.At(ctx, minute.Path(m.ID)), ui.T(ctx, "홈페이지에서 보기", "View on the site"), "button small quiet")),
			desk.Link(path+"/revisions", ui.T(ctx, "고친 기록", "Revisions"), "button small quiet"),
			g.If(auth.From(ctx).May(auth.Unseal, m.Unit), desk.Link(path+"/withheld", ui.T(ctx, "비공개 부분", "Withheld"), "button small quiet")),
			g.If(!step.Reached(minute.Decisions) || auth.From(ctx).May(auth.Restore, m.Unit), el.Form(desk.Action("DELETE", "/v1/minutes/"+m.ID, m.Version), el.Data("next", desk.At(ctx, minute.DeskPath)), desk.Said(ui.T(ctx, "회의록을 지웠습니다.", "The minutes were deleted.")),
				el.Data("confirm", ui.T(ctx, "이 회의록을 지울까요? 관리자는 30일 안에 되살릴 수 있습니다.", "Delete these minutes? An admin can restore them within 30 days.")),
				el.Button(el.Type("submit"), el.Class("button small danger"), g.Text(ui.T(ctx, "지우기", "Delete"))))),
		),
	)
}

// ahead are the attributes of a form by whether the meeting is still to come: then it has no boxes for what there is once it has begun, until
// the script shows them at that time. What is written there all the same is shown, so that it can be taken away.
func ahead(ctx context.Context, e editing) g.Node {
	early := e.typed.Present + e.typed.Attendees
	for _, i := range e.typed.items() {
		early += i.decision + i.yes + i.no + i.abstain + i.vote
	}
	if early != "" || !e.m.HeldAt.After(clock.Now(ctx)) {
		return el.Class("editor")
	}
	return g.Group{el.Class("editor ahead"), el.Data("begins", e.m.HeldAt.UTC().Format(time.RFC3339))}
}

func attendance(ctx context.Context, f ui.Form, t typed, names bool) g.Node {
	return el.Div(el.Class("two"),
		f.Input(ui.Field{Name: "chair", Label: ui.T(ctx, "의장", "Chair"), Value: t.Chair, Limit: minute.MostLine, Optional: true}),
		f.Input(ui.Field{Name: "enrolled", Label: ui.T(ctx, "재적(명)", "Members"), Value: t.Enrolled, Limit: 7, Optional: true, More: numeric()}),
		el.Div(el.Class("once-held"), f.Input(ui.Field{Name: "present", Label: ui.T(ctx, "출석(명)", "Present"), Value: t.Present, Limit: 7, Optional: true, More: numeric()})),
		g.If(names || t.Attendees != "", el.Div(el.Class("once-held"), f.Area(ui.Field{Name: "attendees", Label: ui.T(ctx, "참석자", "Who was there"), Value: t.Attendees, Limit: minute.MostNames, Optional: true}))),
	)
}

// placed is an item with its place; below 0 it is the one that a script copies.
type placed struct {
	typedItem

	n int
}

// withBlank are the items and an empty one behind them.
func withBlank(items []typedItem) []placed {
	list := []placed{}
	for n, i := range append(items, typedItem{kind: minute.Motion}) {
		list = append(list, placed{i, n})
	}
	return list
}

// itemBoxes are those of one item, in the order of a meeting.
func itemBoxes(ctx context.Context, f ui.Form, i placed, path string, moved *placedMove) g.Node {
	name := func(field string) string { return "item-" + strconv.Itoa(i.n) + "-" + field }
	choices := func(codes ...string) []ui.Choice {
		list := []ui.Choice{}
		for _, c := range codes {
			list = append(list, ui.Choice{Value: c, Label: ui.Name(ctx, minute.Word(c))})
		}
		return list
	}
	if i.n < 0 {
		name = func(field string) string { return "item-new-" + field }
		i.kind = minute.Motion
	}
	label := ui.T(ctx, "안건 ", "Item ") + strconv.Itoa(i.n+1)
	results := append([]ui.Choice{{Value: "", Label: ui.T(ctx, "정하지 않음", "Nothing decided")}}, choices(minute.Outcomes()...)...)
	votes := []ui.Choice{{Value: "", Label: ui.T(ctx, "표를 셈", "Counted, or no vote")}, {Value: "unanimous", Label: ui.T(ctx, "만장일치", "Unanimous")}}
	count := func(field, sent, label, value string) g.Node {
		return f.Input(ui.Field{Name: name(field), Sent: sent, Label: label, Value: value, Limit: 7, Optional: true, More: numeric()})
	}
	move := func(way, said string) g.Node {
		return el.Button(el.Type("submit"), el.Class("button small quiet"), el.FormAction(path+"/paste"), el.Name("move"), el.Value(way+"-"+strconv.Itoa(i.n)),
			g.If(moved != nil && moved.at == i.n && strings.HasPrefix(moved.way, way), g.Attr("autofocus")), g.Text(said))
	}
	return el.FieldSet(el.Class("group item"), el.Legend(g.Text(label)),
		f.Input(ui.Field{Name: name("title"), Sent: "itemTitle", Label: ui.T(ctx, "안건 이름", "Title"), Value: i.title, Limit: minute.MostTitle, Optional: true, Hint: ui.T(ctx, "모두 비우면 이 안건은 빠집니다.", "An item that says nothing is left out.")}),
		el.Div(el.Class("two"),
			f.Select(ui.Field{Name: name("kind"), Sent: "itemKind", Label: ui.T(ctx, "종류", "Kind"), Value: i.kind}, choices(minute.ItemKinds()...)...),
			el.Div(el.Class("once-held"), f.Select(ui.Field{Name: name("decision"), Sent: "itemDecision", Label: ui.T(ctx, "결과", "Result"), Value: i.decision, Optional: true}, results...)),
		),
		el.Div(el.Class("votes once-held"),
			f.Select(ui.Field{Name: name("unanimous"), Sent: "itemVote", Label: ui.T(ctx, "표결", "Vote"), Value: i.vote, Optional: true}, votes...),
			count("yes", "itemYes", ui.T(ctx, "찬성", "For"), i.yes), count("no", "itemNo", ui.T(ctx, "반대", "Against"), i.no), count("abstain", "itemAbstain", ui.T(ctx, "기권", "Abstain"), i.abstain),
		),
		f.Area(ui.Field{Name: name("text"), Sent: "itemText", Label: ui.T(ctx, "논의 내용", "What was said"), Value: i.text, Limit: minute.MostText, Optional: true}),
		f.Area(ui.Field{Name: name("refs"), Sent: "itemRefs", Label: ui.T(ctx, "관련 글 주소", "Related pages"), Value: i.refs, Optional: true, Hint: ui.T(ctx, "한 줄에 하나씩", "One a line")}),
		el.Div(el.Class("actions"), move(up, ui.T(ctx, "위로 옮기기", "Move up")), move(down, ui.T(ctx, "아래로 옮기기", "Move down"))),
	)
}

func attachments(ctx context.Context, list []upload.File) g.Node {
	return el.FieldSet(el.Class("group"), el.Legend(g.Text(ui.T(ctx, "첨부", "Attachments"))),
		el.Div(el.ID("attached"), g.Map(list, func(f upload.File) g.Node {
			return el.Label(el.Class("radio"), el.Input(el.Type("checkbox"), el.Name("attachments"), el.Value(f.ID), el.Checked()), g.Text(f.Name))
		})),
		el.Div(el.ID("attaching"), el.Class("stack"), g.Attr("hidden"),
			el.Ul(el.ID("attachments"), el.Class("attachments")), el.Ul(el.ID("transfers"), el.Class("transfers")), desk.DropBox(ctx, true),
			el.P(desk.Button("pick", ui.T(ctx, "올린 파일에서 고르기", "Choose uploaded files"), "small quiet"))),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "전문을 공개할 때 함께 보입니다.", "Readers see them with the full text."))),
	)
}

func pasting(ctx context.Context, f ui.Form, t typed, path string) g.Node {
	return el.Details(el.Class("fold"), g.If(f.Wrong("copied"), g.Attr("open")), el.Summary(g.Text(ui.T(ctx, "써 둔 회의록 붙여넣기", "Paste minutes"))),
		el.Div(el.Class("stack"),
			f.Area(ui.Field{Name: "copied", Label: ui.T(ctx, "붙여넣을 글", "Text"), Value: t.Paste, Optional: true, Hint: ui.T(ctx, "‘안건 1. 예산안’처럼 시작하는 줄마다 안건이 됩니다. 종류와 결과는 직접 고르세요.", "Each line as ‘안건 1. 예산안’ begins an item. Kinds and results are yours to choose.")}),
			el.P(el.Button(el.Type("submit"), el.Class("button quiet"), el.FormAction(path+"/paste"), g.Text(ui.T(ctx, "안건으로 나누어 보기", "Show the items"))))))
}

// publishing are the steps that can be published now, each with what it will show.
func publishing(ctx context.Context, m minute.Minute, step minute.Step, path string) g.Node {
	buttons := []g.Node{}
	held := !m.HeldAt.After(clock.Now(ctx))
	for _, s := range minute.Steps() {
		if step.Reached(s) || s.Reached(minute.Decisions) && !held {
			continue
		}
		label := map[minute.Step]string{
			minute.Announced: ui.T(ctx, "회의 예고하기", "Announce the meeting"), minute.Decisions: ui.T(ctx, "의결사항 먼저 공개", "Publish the decisions first"), minute.Full: ui.T(ctx, "전문 공개", "Publish in full"),
		}[s]
		asked := g.Node(nil)
		if s == minute.Announced { // it does not say of itself that readers see it
			asked = el.Data("confirm", ui.T(ctx, "이 회의를 예고할까요? 누구나 바로 일시와 장소, 안건을 볼 수 있습니다.", "Announce this meeting? Everybody can see when, where and the agenda at once."))
		}
		buttons = append(buttons, el.Button(el.Type("submit"), el.Class("button quiet"), asked, el.FormAction(path+"/publish"), el.Name("step"), el.Value(string(s)), g.Text(label)))
	}
	if len(buttons) == 0 {
		return nil
	}
	last := m.Due.At.Add(-1)
	return el.FieldSet(el.Class("group"), el.Legend(g.Text(ui.T(ctx, "공개", "Publication"))),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "예고는 일시와 장소, 안건을, 의결사항은 결과와 참석 인원을, 전문은 모든 글과 파일을 보입니다. 누르면 저장하고 바로 공개합니다. 전문 공개 기한은 "+ui.Day(ctx, last)+"입니다.",
			"An announcement shows when, where and the agenda; decisions show results and how many were there; in full, all texts and files. It saves and publishes at once. The full minutes are due on "+ui.Day(ctx, last)+"."))),
		el.Div(el.Class("actions"), g.Group(buttons)))
}

// extending gives more days, for who may.
func (handlers) extending(ctx context.Context, m minute.Minute, most int) g.Node {
	if !auth.From(ctx).May(auth.Moderate, m.Unit) || m.Due.Extended != nil || m.Standing(clock.Now(ctx)) != due.Open {
		return nil
	}
	f := ui.NewForm(ctx)
	days := strconv.Itoa(most)
	return el.Details(el.Class("fold"), el.Summary(g.Text(ui.T(ctx, "공개 기한 늘리기", "Extend the deadline"))),
		el.Form(el.Class("stack"), g.Attr("novalidate"), desk.Action("POST", "/v1/minutes/"+m.ID+"/extend", m.Version), desk.Said(ui.T(ctx, "기한을 늘렸습니다.", "The deadline was extended.")),
			f.Input(ui.Field{Name: "days", Label: ui.T(ctx, "며칠", "Days"), Value: days, Type: "number", More: []g.Node{el.Data("type", "number"), el.Min("1"), el.Max(days)}}),
			f.Input(ui.Field{Name: "extension", Sent: "reason", Label: ui.T(ctx, "사유", "Reason"), Limit: due.MostReason, Hint: ui.T(ctx, "한 번만 늘릴 수 있습니다. 처음 기한과 사유는 회의록에 함께 보입니다.", "Once only. Readers see the first deadline and the reason.")}),
			el.Div(ui.Button(ui.T(ctx, "기한 늘리기", "Extend"))),
		))
}

// compared is what was saved meanwhile beside what was typed.
func compared(ctx context.Context, e editing, path string) g.Node {
	return el.Div(el.Class("notice-box"), el.ID("compared"),
		el.P(g.Text(e.changed+ui.T(ctx, ". 왼쪽이 저장된 글, 오른쪽이 내 글입니다. 다시 저장하면 내 글로 바뀝니다.", ": on the left what is stored, on the right yours. Saving again keeps yours."))),
		differences(ctx, e.hunks, ui.T(ctx, "저장된 글", "Stored"), ui.T(ctx, "내 글", "Mine")),
		el.P(desk.Link(path, ui.T(ctx, "저장된 글 불러오기", "Load what is stored"), "button small quiet")),
	)
}

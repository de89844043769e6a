package desk

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// reviewPath is where a notice is read and reviewed.
func reviewPath(ctx context.Context, id string, query ...string) string {
	return desk.At(ctx, notice.DeskPath+"/"+id+"/review", query...)
}

// talk is a review with the names of who takes part.
type talk struct {
	n        notice.Notice
	review   *notice.Review // nil where none was ever asked for
	remarks  []notice.Remark
	names    map[string]string
	editors  []string // who do not approve what the notice says now
	other    int64    // the newest revision that says something else
	against  []notice.Objection
	required bool // the council publishes nothing without approval
}

// standing is how the review stands; "" where there is none.
func (t talk) standing() notice.Standing {
	if t.review == nil {
		return ""
	}
	return t.review.Standing()
}

// open says whether something can be said in it.
func (t talk) open() bool { return t.review != nil && t.standing() != notice.StandsWithdrawn }

// own says whether the caller asked.
func (t talk) own(ctx context.Context) bool {
	return t.review != nil && t.review.AskedBy == auth.From(ctx).MemberID
}

func (h handlers) talk(ctx context.Context, n notice.Notice) (talk, error) {
	t := talk{n: n}
	var err error
	if t.review, t.remarks, err = h.notices.Review(ctx, n); err != nil {
		return t, err
	}
	if t.required, err = h.notices.ReviewRequired(ctx); err != nil || t.review == nil {
		return t, err
	}
	ids := []string{t.review.AskedBy, t.review.For, t.review.DecidedBy}
	for _, r := range t.remarks {
		ids = append(ids, r.Author)
	}
	if t.names, err = h.members.Names(ctx, ids...); err != nil {
		return t, err
	}
	if t.editors, err = h.notices.Editors(ctx, n); err != nil {
		return t, err
	}
	if t.other, err = h.notices.Other(ctx, n); err != nil {
		return t, err
	}
	t.against, err = h.notices.Objections(ctx, n)
	return t, err
}

// reviewed is what is shown of a review: how it stands, in a badge.
func reviewed(ctx context.Context, s notice.Standing) g.Node {
	return desk.Badge(reviewLook(s), ui.T(ctx, s.Label().KO, s.Label().EN))
}

// reviewLook is as which state of a notice a standing looks.
func reviewLook(s notice.Standing) string {
	switch s {
	case notice.StandsApproved:
		return string(notice.Published)
	case notice.StandsChanges:
		return string(notice.Deleted)
	case notice.StandsWithdrawn:
		return string(notice.Draft)
	default:
		return string(notice.Scheduled)
	}
}

type reviewRequest struct {
	ID   string `path:"id"`
	Done string `query:"done"`
}

func (h handlers) review(ctx context.Context, r *reviewRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	n, err := h.notices.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.reviewing(ctx, n, reviewTyped{}, ui.NewForm(ctx), 0, r.Done)
}

// reviewTyped is what somebody wrote in a form of the page.
type reviewTyped struct {
	For     string `form:"for"`
	Text    string `form:"text"`
	Version string `form:"version"` // that was seen
}

// reviewing is the page: the notice as readers will see it, what was said, and what the caller can say.
func (h handlers) reviewing(ctx context.Context, n notice.Notice, typed reviewTyped, f ui.Form, status int, done string) (*ui.Answer, error) {
	t, err := h.talk(ctx, n)
	if err != nil {
		return nil, err
	}
	if t.review == nil {
		function.ReadNobody(ctx)
	}
	forms, err := h.saying(ctx, t, typed, f)
	if err != nil {
		return nil, err
	}
	title, heading := ui.T(ctx, "공지 검토", "Review"), ui.T(ctx, "의견과 결정", "Comments and decisions")
	if len(t.remarks) == 0 {
		heading = ui.T(ctx, "검토 요청", "Ask for a review")
	}
	return h.desk.Whole(ctx, ui.View{Status: status, Title: title + ": " + n.Title, Section: notice.DeskPath, Class: "reading", Dated: true, Main: []g.Node{
		desk.Heading(title,
			desk.Link(desk.At(ctx, notice.DeskPath+"/"+n.ID), ui.T(ctx, "편집으로", "To the editor"), "button small quiet"),
			desk.Link(desk.At(ctx, notice.DeskPath+"/"+n.ID+"/revisions"), ui.T(ctx, "고친 기록", "Revisions"), "button small quiet"),
		),
		ui.Announce(said(ctx, done)),
		stands(ctx, t),
		h.asReaders(ctx, n),
		el.Section(el.ID("review"), el.Class("stack"), el.Aria("labelledby", "said"),
			el.H2(el.ID("said"), g.Text(heading)),
			remarks(ctx, t),
			f.Summary(),
			forms,
		),
	}}), nil
}

// said is what was done, by the code that the address has of it.
func said(ctx context.Context, done string) string {
	switch notice.Said(done) {
	case notice.Asked:
		return ui.T(ctx, "검토를 요청했습니다. 동료에게 알렸습니다.", "You asked for a review. Colleagues are told.")
	case notice.Withdrawn:
		return ui.T(ctx, "검토 요청을 취소했습니다.", "The request was withdrawn.")
	case notice.Commented:
		return ui.T(ctx, "의견을 남겼습니다.", "Your comment was added.")
	case notice.Approved:
		return ui.T(ctx, "승인했습니다.", "You approved it.")
	case notice.ChangesAsked:
		return ui.T(ctx, "수정을 요청했습니다.", "You asked for changes.")
	default:
		return ""
	}
}

// stands says in a line how the notice and its review stand, and what follows.
func stands(ctx context.Context, t talk) g.Node {
	return g.Group{
		el.P(el.Class("meta"), badge(ctx, t.n.State(clock.Now(ctx))), g.Iff(t.review != nil, func() g.Node { return reviewed(ctx, t.standing()) }), lately(ctx, t)),
		g.If(t.required && t.n.Reviewable(clock.Now(ctx)) && t.standing() != notice.StandsApproved,
			el.P(el.Class("hint"), g.Text(ui.T(ctx, "동료가 지금 글을 승인해야 게시하거나 예약할 수 있습니다.", "It can be published or scheduled once a colleague has approved what it says now.")))),
	}
}

// lately is who did what last that counts, with a link to what was edited since.
func lately(ctx context.Context, t talk) g.Node {
	if t.review == nil {
		return el.Span(g.Text(ui.T(ctx, "아직 검토를 요청하지 않았습니다.", "No review was asked for yet.")))
	}
	r := t.review
	switch s := t.standing(); s {
	case notice.StandsWithdrawn:
		return nil
	case notice.StandsAsked:
		line := ui.T(ctx, t.names[r.AskedBy]+" 님이 요청", "asked by "+t.names[r.AskedBy])
		if r.For != "" {
			line = ui.T(ctx, t.names[r.AskedBy]+" 님이 "+t.names[r.For]+" 님에게 요청", t.names[r.AskedBy]+" asked "+t.names[r.For])
		}
		return g.Group{el.Span(g.Text(line)), el.Span(desk.Short(ctx, r.AskedAt))}
	default:
		line := ui.T(ctx, t.names[r.DecidedBy]+" 님이 수정 요청", t.names[r.DecidedBy]+" asked for changes")
		if s == notice.StandsApproved || s == notice.StandsOutdated {
			line = ui.T(ctx, t.names[r.DecidedBy]+" 님이 "+strconv.FormatInt(r.DecidedSeen, 10)+"번째 버전을 승인", t.names[r.DecidedBy]+" approved version "+strconv.FormatInt(r.DecidedSeen, 10))
		}
		return g.Group{el.Span(g.Text(line)), el.Span(desk.Short(ctx, *r.DecidedAt)), g.If(s.Waits(), since(ctx, t.n.ID, r.DecidedSeen))}
	}
}

// since leads to what was edited after a version.
func since(ctx context.Context, id string, seen int64) g.Node {
	return desk.Link(desk.At(ctx, notice.DeskPath+"/"+id+"/revisions", "from", strconv.FormatInt(seen, 10)), ui.T(ctx, "그 뒤 고친 것 보기", "See what was edited since"), "")
}

// asReaders is the notice as readers will see it.
func (h handlers) asReaders(ctx context.Context, n notice.Notice) g.Node {
	files := slices.DeleteFunc(slices.Clone(n.Attachments), func(f upload.File) bool { return slices.Contains(n.InText, f.ID) })
	written := func(language, title, html string) g.Node {
		return g.Group{el.H2(el.Class("preview-title"), el.Lang(language), g.Text(title)), g.If(html != "", el.Div(el.Class("prose"), el.Lang(language), g.Raw(html)))}
	}
	return el.Article(el.ID("text"), el.Class("stack panel"), el.Aria("label", ui.T(ctx, "독자가 볼 글", "As readers will see it")),
		written("ko", n.Title, n.HTML),
		g.Iff(n.TitleEn != "", func() g.Node { return g.Group{el.Hr(), written("en", n.TitleEn, n.HTMLEn)} }),
		ui.Documents(ctx, ui.T(ctx, "첨부 파일", "Attachments"), files),
		el.P(el.Class("meta"), el.Span(g.Text(h.desk.Unit(ctx, n.Unit))), g.Map(n.Tags, func(t string) g.Node { return el.Span(el.Class("tag"), g.Text("#"+t)) }),
			moment(ctx, "게시", "Published", n.PublishAt), moment(ctx, "게시 끝", "Ends", n.UnpublishAt), moment(ctx, "맨 위 고정", "Pinned until", n.PinnedUntil), moment(ctx, "긴급", "Urgent until", n.UrgentUntil)),
	)
}

func moment(ctx context.Context, ko, en string, t *time.Time) g.Node {
	return g.Iff(t != nil, func() g.Node { return el.Span(g.Text(ui.T(ctx, ko, en)+" "), ui.Time(*t, ui.Moment(ctx, *t))) })
}

// remarks are what was said, in its order.
func remarks(ctx context.Context, t talk) g.Node {
	if len(t.remarks) == 0 {
		return nil
	}
	return el.Ol(el.Class("remarks"), g.Map(t.remarks, func(r notice.Remark) g.Node {
		return el.Li(el.ID("remark-"+strconv.FormatInt(r.Number, 10)), el.Data("said", string(r.Said)),
			el.P(el.Class("meta"), el.B(g.Text(t.names[r.Author])), el.Span(g.Text(ui.T(ctx, r.Said.Label().KO, r.Said.Label().EN))), desk.Short(ctx, r.At),
				el.Span(g.Textf(ui.T(ctx, "%d번째 버전", "version %d"), r.Seen)),
				g.If(r.Seen <= t.other, since(ctx, t.n.ID, r.Seen))),
			g.If(r.Text != "", el.Div(el.Class("remark"), ui.Paragraphs(r.Text))),
		)
	}))
}

// saying is what the caller can say now; nil where it is nothing.
func (h handlers) saying(ctx context.Context, t talk, typed reviewTyped, f ui.Form) (g.Node, error) {
	if !t.n.Reviewable(clock.Now(ctx)) {
		return el.P(el.Class("hint"), g.Text(ui.T(ctx, "이미 게시했거나 게시가 끝나, 더 검토하지 않습니다.", "It is or was published, and is reviewed no more."))), nil
	}
	if !t.open() {
		return h.asking(ctx, t, typed, f, ui.T(ctx, "검토 요청", "Ask for a review"), true)
	}
	answer := answering(ctx, t, typed, f)
	if !t.own(ctx) {
		return g.Group{answer, g.If(auth.From(ctx).May(auth.Restore, t.n.Unit), withdrawing(ctx, t))}, nil
	}
	again, err := h.asking(ctx, t, reviewTyped{For: t.review.For}, ui.NewForm(ctx), ui.T(ctx, "다시 요청", "Ask again"), t.standing() == notice.StandsChanged || t.standing() == notice.StandsOutdated)
	if t.standing() == notice.StandsApproved { // asking again would end the approval
		again = nil
	}
	return g.Group{answer, again, withdrawing(ctx, t)}, err
}

// asking is the form that asks for a review, folded away where that is not the next thing to do.
func (h handlers) asking(ctx context.Context, t talk, typed reviewTyped, f ui.Form, does string, next bool) (g.Node, error) {
	colleagues, err := h.members.Able(ctx, auth.Write, t.n.Unit)
	if err != nil {
		return nil, err
	}
	choices := []ui.Choice{{Value: "", Label: ui.T(ctx, "이 단위의 글을 쓰는 모든 동료", "Every colleague who writes for this unit")}}
	for _, c := range colleagues {
		if c.ID != auth.From(ctx).MemberID {
			choices = append(choices, ui.Choice{Value: c.ID, Label: c.Name})
		}
	}
	if len(choices) == 1 {
		return el.P(el.Class("hint"), g.Text(ui.T(ctx, "이 단위의 글을 쓸 수 있는 동료가 없습니다. 관리자에게 편집자를 늘려 달라고 하세요.", "There is no colleague who may write for this unit. Ask an admin to appoint an editor."))), nil
	}
	text := ui.Field{Name: "text", Label: ui.T(ctx, "덧붙일 말", "A word to them"), Value: typed.Text, Limit: notice.MostComment, Optional: true, More: []g.Node{el.Rows("3")}}
	whom := ui.Field{Name: "for", Label: ui.T(ctx, "누구에게", "Whom to ask"), Value: typed.For}
	class := "button"
	if t.open() { // beside the box for comments
		class = "button quiet"
		text.Name, text.Sent, whom.Name, whom.Sent = "again", "text", "again-for", "for"
	}
	form := el.Form(el.Class("form"), el.Method("post"), el.Action(reviewPath(ctx, t.n.ID)), g.Attr("novalidate"), seen(t, typed),
		f.Select(whom, choices...),
		f.Area(text),
		el.Div(el.Class("actions"), el.Button(el.Type("submit"), el.Class(class), g.Text(does))),
	)
	if next && !t.open() {
		return form, nil
	}
	return el.Details(el.Class("fold"), g.If(next, g.Attr("open")), el.Summary(g.Text(does)), form), nil
}

// answering is the form in which a colleague comments and decides, or who asked answers.
func answering(ctx context.Context, t talk, typed reviewTyped, f ui.Form) g.Node {
	does := func(path, decision, label, class string) g.Node {
		return el.Button(el.Type("submit"), el.Class("button "+class), g.Attr("formaction", reviewPath(ctx, t.n.ID)+path), g.If(decision != "", g.Group{el.Name("decision"), el.Value(decision)}), g.Text(label))
	}
	hint := ui.T(ctx, "수정을 요청하려면 무엇을 고칠지 적어 주세요.", "To ask for changes, say what to change.")
	approves, why := approving(ctx, t)
	if why != "" {
		hint += " " + why
	}
	if t.own(ctx) {
		hint = ""
	}
	return el.Form(el.Class("form"), el.Method("post"), el.Action(reviewPath(ctx, t.n.ID)+"/comments"), g.Attr("novalidate"), seen(t, typed),
		f.Area(ui.Field{Name: "text", Label: ui.T(ctx, "의견", "Comment"), Value: typed.Text, Limit: notice.MostComment, Optional: true, Hint: hint, More: []g.Node{el.Rows("4")}}),
		el.Div(el.Class("actions"),
			does("/comments", "", ui.T(ctx, "의견 남기기", "Comment"), "quiet"),
			g.If(!t.own(ctx), g.Group{
				does("/decision", string(notice.ChangesAsked), ui.T(ctx, "수정 요청", "Ask for changes"), "quiet"),
				g.If(approves, does("/decision", string(notice.Approved), ui.T(ctx, "승인", "Approve"), "")),
			}),
		),
	)
}

// approving says whether the caller, a colleague, can approve what the notice says now, and why not where that is not plain.
func approving(ctx context.Context, t talk) (can bool, why string) {
	who := auth.From(ctx).MemberID
	mine := func(o notice.Objection) bool { return o.By == who }
	switch {
	case slices.Contains(t.editors, who):
		return false, ui.T(ctx, "내가 쓰거나 고친 글이라 승인할 수 없습니다.", "You wrote or edited it yourself, and cannot approve it.")
	case len(t.against) > 0 && !slices.ContainsFunc(t.against, mine):
		return false, ui.T(ctx, "다른 동료가 수정을 요청했으니, 글을 고치거나 그 동료가 승인해야 합니다.", "Another colleague asked for changes: it has to be edited, or approved by them.")
	default:
		return t.standing() != notice.StandsApproved || t.review.DecidedBy != who, ""
	}
}

// withdrawing is the form that takes the request back.
func withdrawing(ctx context.Context, t talk) g.Node {
	return el.Form(el.Method("post"), el.Action(reviewPath(ctx, t.n.ID)+"/withdraw"), seen(t, reviewTyped{}),
		el.Button(el.Type("submit"), el.Class("button small quiet"), g.Text(ui.T(ctx, "검토 요청 취소", "Withdraw the request"))))
}

// seen is the version that the page shows, or that its sender saw before.
func seen(t talk, typed reviewTyped) g.Node {
	version := strconv.FormatInt(t.n.Version, 10)
	if typed.Version != "" {
		version = typed.Version
	}
	return el.Input(el.Type("hidden"), el.Name("version"), el.Value(version))
}

// sayRequest is a form of the page that was sent.
type sayRequest struct {
	ID string `path:"id"`
	reviewTyped
}

// version is the one that was seen.
func (r *sayRequest) version() (int64, error) {
	v, err := strconv.ParseInt(r.Version, 10, 64)
	if err != nil || v < 1 || !check.ID(r.ID) {
		return 0, problem.Absent()
	}
	return v, nil
}

// did leads to the page that says what was done, or shows it again with what is wrong: where the notice was edited meanwhile,
// as it is now, so that who decides once more has seen it.
func (h handlers) did(ctx context.Context, r *sayRequest, done notice.Said, err error) (*function.Redirect, error) {
	if err == nil {
		return &function.Redirect{Status: http.StatusSeeOther, URL: reviewPath(ctx, r.ID, "done", string(done)) + "#said"}, nil
	}
	f, status, ok := ui.Refused(ctx, err)
	if !ok {
		return nil, err
	}
	n, failed := h.notices.Writable(ctx, r.ID)
	if failed != nil {
		return nil, err
	}
	typed := r.reviewTyped
	typed.Version = ""
	page, failed := h.reviewing(ctx, n, typed, f, status, "")
	if failed != nil {
		return nil, err
	}
	return nil, ui.Again(err, page)
}

func (h handlers) ask(ctx context.Context, r *sayRequest) (*function.Redirect, error) {
	version, err := r.version()
	if err != nil {
		return nil, err
	}
	colleagues, err := h.colleagues(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.did(ctx, r, notice.Asked, h.notices.Ask(ctx, r.ID, version, notice.Request{For: r.For, Text: r.Text, Colleagues: colleagues}))
}

// colleagues are the ids of who writes for the unit of a notice that the caller writes for.
func (h handlers) colleagues(ctx context.Context, id string) ([]string, error) {
	n, err := h.notices.Writable(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := h.members.Able(ctx, auth.Write, n.Unit)
	return member.IDs(list), err
}

func (h handlers) withdraw(ctx context.Context, r *sayRequest) (*function.Redirect, error) {
	version, err := r.version()
	if err != nil {
		return nil, err
	}
	return h.did(ctx, r, notice.Withdrawn, h.notices.Withdraw(ctx, r.ID, version))
}

func (h handlers) comment(ctx context.Context, r *sayRequest) (*function.Redirect, error) {
	version, err := r.version()
	if err != nil {
		return nil, err
	}
	colleagues, err := h.colleagues(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.did(ctx, r, notice.Commented, h.notices.Comment(ctx, r.ID, version, r.Text, colleagues))
}

type decideRequest struct {
	sayRequest
	Decision string `form:"decision"`
}

func (h handlers) decide(ctx context.Context, r *decideRequest) (*function.Redirect, error) {
	version, err := r.version()
	if err != nil {
		return nil, err
	}
	colleagues, err := h.colleagues(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	function.Detail(ctx, "decision", r.Decision)
	return h.did(ctx, &r.sayRequest, notice.Said(r.Decision), h.notices.Decide(ctx, r.ID, version, notice.Said(r.Decision), r.Text, colleagues))
}

// panel is how the review of the notice in the editor stands, and what was said; its page is where something is said. The script
// shows that of a new notice once it is saved, and has its link lead there.
func panel(ctx context.Context, t talk) g.Node {
	does := ui.T(ctx, "검토 요청하기", "Ask for a review")
	if t.open() {
		does = ui.T(ctx, "검토로 가기", "Go to the review")
	}
	return el.Section(el.ID("review"), el.Class("panel review"), el.Aria("labelledby", "review-heading"), el.Data("needs-saved", ""), g.If(t.n.ID == "", g.Attr("hidden")),
		el.Div(el.Class("heading"), el.H2(el.ID("review-heading"), g.Text(ui.T(ctx, "동료의 검토", "Review by a colleague"))),
			g.If(t.n.Reviewable(clock.Now(ctx)) || t.review != nil, el.Div(el.Class("actions"), desk.Link(reviewPath(ctx, t.n.ID), does, "button small quiet", el.ID("to-review"))))),
		stands(ctx, t),
		g.If(len(t.remarks) > 0, remarks(ctx, t)),
	)
}

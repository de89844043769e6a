package desk

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/operation/bill"
	"github.com/madang-council/madang/shared/operation/deadletter"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type listRequest struct {
	Cursor string `query:"cursor"`
}

func (h handlers) list(ctx context.Context, r *listRequest) (*ui.Answer, error) {
	page, err := cursor.Read(h.cursors, "console/dead-letters", r.Cursor, desk.OnPage, func(behind cursor.Moment, limit int) ([]deadletter.Letter, error) {
		return h.letters.List(ctx, deadletter.Query{Before: behind}, limit)
	}, deadletter.Letter.Place)
	if err != nil {
		return nil, err
	}
	letters := page.Items
	title := ui.T(ctx, "전하지 못한 일", "Undelivered events")
	return h.desk.Page(ctx, ui.View{Title: title, Section: bill.DeskPath, Main: []g.Node{
		desk.Heading(title, g.Iff(len(letters) > 0, func() g.Node {
			return el.Form(desk.Action("POST", "/v1/admin/dead-letters/replay", 0), el.Data("confirm", ui.T(ctx, "오래된 것부터 100건까지 다시 전할까요?", "Deliver up to 100 again, the oldest first?")), desk.Said(ui.T(ctx, "다시 전하고 있습니다.", "They are being delivered again.")),
				el.Button(el.Type("submit"), el.Class("button"), g.Text(ui.T(ctx, "모두 다시 전하기", "Deliver all again"))))
		})),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "기능이 여러 번 받지 못해 남은 일입니다. 원인을 고친 뒤 다시 전하세요. 그래도 받지 못하면 여기로 돌아옵니다.", "What a function did not take, however often it was tried. Mend the cause, then deliver it again; what is not taken comes back."))),
		g.Iff(len(letters) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "전하지 못한 일이 없습니다.", "Nothing is undelivered."))
		}),
		g.Iff(len(letters) > 0, func() g.Node {
			return el.Ul(el.Class("rows"), g.Map(letters, func(l deadletter.Letter) g.Node { return h.letterRow(ctx, l) }))
		}),
		desk.Pager(ctx, page.NextCursor, deadletter.DeskPath),
	}}), nil
}

func (h handlers) letterRow(ctx context.Context, l deadletter.Letter) g.Node {
	path := "/v1/admin/dead-letters/" + l.ID
	consumer := deadletter.Consumer(l.Event.Failure.Sink)
	answered := ui.T(ctx, "답이 없었음", "No answer")
	if l.Event.Failure.Status > 0 {
		answered = ui.T(ctx, "답 ", "Answered ") + strconv.Itoa(l.Event.Failure.Status)
	}
	act := func(method, to, label, of, class, confirm, done string) g.Node {
		return el.Form(desk.Action(method, path+to, 0), g.If(confirm != "", el.Data("confirm", confirm)), desk.Said(done),
			el.Button(el.Type("submit"), el.Class("button small "+class), el.Aria("label", label+": "+of), g.Text(label)))
	}
	return el.Li(el.Class("row"),
		el.Div(el.Class("row-main"), el.P(el.Class("row-title"), g.Text(eventText(ctx, l.Event.Type)+" → "+ui.Name(ctx, h.catalogue.Called(consumer)))),
			el.P(el.Class("meta"), desk.Short(ctx, l.LastAt), el.Span(g.Text(answered)), el.Span(g.Text(ui.T(ctx, strconv.Itoa(l.Times)+"번 포기함", "Given up "+text.Many(l.Times, "time"))))),
			el.Details(el.Summary(g.Text(ui.T(ctx, "자세히", "Details"))), el.P(el.Code(g.Text(l.Event.Type+" → "+consumer))),
				g.If(l.Event.Subject != "", el.P(el.Code(g.Text(l.Event.Subject)))),
				g.If(l.Event.Failure.Answer != "", el.P(el.Code(g.Text(l.Event.Failure.Answer)))))),
		el.Div(el.Class("actions"),
			act("POST", "/replay", ui.T(ctx, "다시 전하기", "Deliver again"), l.Event.ID, "quiet", "", ui.T(ctx, "다시 전하고 있습니다.", "It is being delivered again.")),
			act("DELETE", "", ui.T(ctx, "지우기", "Dismiss"), l.Event.ID, "danger", ui.T(ctx, "이 일을 전하지 않고 지울까요?", "Dismiss this event without delivering it?"), ui.T(ctx, "지웠습니다.", "Dismissed."))),
	)
}

// eventText is what an event says to people, by its type; a type that is not known here stays as it is.
func eventText(ctx context.Context, kind string) string {
	words, known := map[string]problem.Text{
		"kr.madang.archive.changed.v1":   {KO: "자료 변경", EN: "Archive changed"},
		"kr.madang.archive.published.v1": {KO: "자료 게시", EN: "Archive published"},
		"kr.madang.banner.changed.v1":    {KO: "배너 변경", EN: "Banner changed"},
		"kr.madang.bundle.requested.v1":  {KO: "자료 묶기 요청", EN: "Bundle requested"},
		"kr.madang.calendar.changed.v1":  {KO: "일정 변경", EN: "Event changed"},
		"kr.madang.delivery.more.v1":     {KO: "알림 이어 보내기", EN: "More notifications to send"},
		"kr.madang.event.neared.v1":      {KO: "내일 있을 일정", EN: "Event tomorrow"},
		"kr.madang.minute.changed.v1":    {KO: "회의록 변경", EN: "Minutes changed"},
		"kr.madang.minute.published.v1":  {KO: "회의록 공개", EN: "Minutes published"},
		"kr.madang.notice.changed.v1":    {KO: "공지 변경", EN: "Notice changed"},
		"kr.madang.notice.published.v1":  {KO: "공지 게시", EN: "Notice published"},
		"kr.madang.review.answered.v1":   {KO: "검토 답변", EN: "Review answered"},
		"kr.madang.review.asked.v1":      {KO: "검토 요청", EN: "Review asked for"},
		"kr.madang.rule.changed.v1":      {KO: "회칙 변경", EN: "Rules changed"},
		"kr.madang.rule.enforced.v1":     {KO: "회칙 시행", EN: "Rules in force"},
		"kr.madang.rule.promulgated.v1":  {KO: "회칙 공포", EN: "Rules promulgated"},
		"kr.madang.upload.completed.v1":  {KO: "파일 올리기 완료", EN: "File uploaded"},
		"kr.madang.upload.processed.v1":  {KO: "이미지 처리 완료", EN: "Picture processed"},
	}[kind]
	if !known {
		return kind
	}
	return ui.Name(ctx, words)
}

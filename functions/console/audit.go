package console

import (
	"context"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

type auditRequest struct {
	Actor   string `query:"actor"`   // a mail address, or a member's id
	Subject string `query:"subject"` // id
	Action  string `query:"action"`
	From    string `query:"from"` // a day in Seoul, as 2026-03-02
	To      string `query:"to"`   // the last day that counts
	Cursor  string `query:"cursor"`
}

func (h handlers) audit(ctx context.Context, r *auditRequest) (*ui.Answer, error) {
	if err := member.WholeCouncil(ctx); err != nil {
		return nil, err
	}
	q, known, err := h.query(ctx, r)
	if err != nil {
		return nil, err
	}
	kind := "console/audit?" + strings.Join([]string{r.Actor, r.Subject, r.Action, r.From, r.To}, "&")
	if r.Cursor != "" && h.cursors.Decode(kind, r.Cursor, &q.BeforeAt, &q.BeforeID) != nil {
		return nil, problem.Absent()
	}
	records := []audit.Record{}
	if known {
		if records, err = h.log.List(ctx, q); err != nil {
			return nil, err
		}
	}
	next := ""
	if len(records) > onPage {
		records = records[:onPage]
		last := records[onPage-1]
		next = at(ctx, auditPath, "actor", r.Actor, "subject", r.Subject, "action", r.Action, "from", r.From, "to", r.To, "cursor", h.cursors.Encode(kind, clock.Millis(last.At), last.ID))
	}
	ids := []string{}
	for _, v := range records {
		ids = append(ids, v.Actor)
	}
	names, err := h.members.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	return h.page(ctx, ui.View{Title: ui.T(ctx, "기록", "Log"), Section: auditPath, Main: []g.Node{
		heading(ui.T(ctx, "기록", "Log")),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "총학생회가 무엇을 했고 누구의 정보를 보았는지 남습니다. 고치거나 지울 수 없습니다.", "What the council did, and whose data it read. It cannot be changed."))),
		auditFilters(ctx, r),
		g.Iff(len(records) == 0, func() g.Node { return empty(ui.T(ctx, "찾은 기록이 없습니다.", "No records were found.")) }),
		g.Iff(len(records) > 0, func() g.Node { return auditTable(ctx, records, names) }),
		pager(ctx, next),
	}}), nil
}

// query reads what is looked for. Known is false for an address that nobody has.
func (h handlers) query(ctx context.Context, r *auditRequest) (q audit.Query, known bool, err error) {
	var f check.Fields
	q = audit.Query{Actor: f.OptionalLine("actor", r.Actor, 254), Subject: f.OptionalLine("subject", r.Subject, 64), Action: f.OptionalLine("action", r.Action, 200), Size: onPage}
	q.From, q.Until = day(&f, "from", r.From, 0), day(&f, "to", r.To, 1)
	if err := f.Err(); err != nil || !strings.Contains(q.Actor, "@") {
		return q, true, err
	}
	found, err := h.members.Find(ctx, member.Search{Email: credential.Address(q.Actor), Size: 1})
	if err != nil || len(found) == 0 {
		return q, false, err
	}
	q.Actor = found[0].ID
	return q, true, nil
}

// day is the beginning of a day in Seoul, some days later; nil for none.
func day(f *check.Fields, name, value string, later int) *time.Time {
	if value == "" {
		return nil
	}
	t, err := time.ParseInLocation(time.DateOnly, value, clock.Seoul)
	if err != nil {
		f.Add(name, "not-a-day", "날짜가 아닙니다.", "Not a day.")
		return nil
	}
	t = t.AddDate(0, 0, later)
	return f.Time(name, &t)
}

func auditFilters(ctx context.Context, r *auditRequest) g.Node {
	f := ui.NewForm(ctx)
	choices := []ui.Choice{{Label: ui.T(ctx, "모든 일", "Everything")}}
	for _, a := range Actions() {
		choices = append(choices, ui.Choice{Value: a.Action, Label: ui.T(ctx, a.KO, a.EN)})
	}
	return el.Form(el.Class("filters"), el.Method("get"), el.Action(at(ctx, auditPath)), el.Role("search"),
		f.Input(ui.Field{Name: "actor", Label: ui.T(ctx, "누가(메일)", "Who (mail)"), Value: r.Actor, Type: "text", Limit: 254, Optional: true}),
		f.Select(ui.Field{Name: "action", Label: ui.T(ctx, "무엇을", "What"), Value: r.Action, Optional: true}, choices...),
		f.Input(ui.Field{Name: "from", Label: ui.T(ctx, "언제부터", "From"), Value: r.From, Type: "date", Optional: true}),
		f.Input(ui.Field{Name: "to", Label: ui.T(ctx, "언제까지", "To"), Value: r.To, Type: "date", Optional: true}),
		g.Iff(r.Subject != "", func() g.Node {
			return f.Input(ui.Field{Name: "subject", Label: ui.T(ctx, "대상(번호)", "Subject (id)"), Value: r.Subject, Limit: 64, Optional: true})
		}),
		ui.Button(ui.T(ctx, "찾기", "Find")),
	)
}

func auditTable(ctx context.Context, records []audit.Record, names map[string]string) g.Node {
	heads := []g.Node{column(ctx, "언제", "When"), column(ctx, "누가", "Who"), column(ctx, "무엇을", "What"), column(ctx, "대상", "Subject"), column(ctx, "자세히", "Detail")}
	return table(ui.T(ctx, "기록 표", "The log"), heads,
		g.Map(records, func(v audit.Record) g.Node {
			return el.Tr(
				el.Td(ui.Time(v.At, v.At.In(clock.Seoul).Format("2006-01-02 15:04:05"))),
				el.Td(link(at(ctx, membersPath+"/"+v.Actor), names[v.Actor], "")),
				el.Td(g.Text(actionText(ctx, v.Action))),
				el.Td(g.Iff(v.Subject != "", func() g.Node {
					return link(at(ctx, auditPath, "subject", v.Subject), v.Subject[:min(8, len(v.Subject))], "", el.Title(v.Subject), el.Aria("label", ui.T(ctx, v.Subject+"에 관한 기록", "Log about "+v.Subject)))
				})),
				el.Td(g.If(v.Detail != "{}", el.Code(g.Text(v.Detail)))),
			)
		}))
}

// Action is something that the log records, as people say it.
type Action struct {
	Action string // method and route, as audit.Record has it
	problem.Text
}

// Actions are what can be looked for in the log: what changes something, and what reads
// somebody's data.
func Actions() []Action {
	return []Action{
		{"sign in", problem.Text{KO: "로그인함", EN: "Signed in"}},
		{"POST /v1/notices", problem.Text{KO: "공지를 씀", EN: "Wrote a notice"}},
		{"PUT /v1/notices/{id}", problem.Text{KO: "공지를 고침", EN: "Edited a notice"}},
		{"DELETE /v1/notices/{id}", problem.Text{KO: "공지를 지움", EN: "Deleted a notice"}},
		{"POST /v1/admin/notices/{id}/restore", problem.Text{KO: "지운 공지를 되살림", EN: "Restored a notice"}},
		{"POST /v1/notices/{id}/revisions/{number}/restore", problem.Text{KO: "공지를 이전 판으로 되돌림", EN: "Went back to a version of a notice"}},
		{"POST /v1/notices/{id}/preview", problem.Text{KO: "미리보기 링크를 만듦", EN: "Made a preview link"}},
		{"GET /v1/notices/{id}/revisions", problem.Text{KO: "공지를 고친 사람을 봄(API)", EN: "Saw who edited a notice (API)"}},
		{"GET /v1/notices/{id}/revisions/{number}", problem.Text{KO: "공지의 한 판을 봄(API)", EN: "Read a version of a notice (API)"}},
		{"GET " + noticesPath + "/{id}/revisions", problem.Text{KO: "공지를 고친 사람을 봄", EN: "Saw who edited a notice"}},
		{"POST /v1/banners", problem.Text{KO: "배너를 만듦", EN: "Made a banner"}},
		{"PUT /v1/banners/{id}", problem.Text{KO: "배너를 고침", EN: "Edited a banner"}},
		{"DELETE /v1/banners/{id}", problem.Text{KO: "배너를 지움", EN: "Deleted a banner"}},
		{"PUT /v1/banners/order", problem.Text{KO: "배너 차례를 바꿈", EN: "Put banners in order"}},
		{"POST /v1/uploads", problem.Text{KO: "파일을 올리기 시작함", EN: "Began an upload"}},
		{"POST /v1/uploads/form", problem.Text{KO: "작은 파일을 올림", EN: "Uploaded a small file"}},
		{"POST /v1/uploads/{id}/complete", problem.Text{KO: "파일을 다 올림", EN: "Completed an upload"}},
		{"PATCH /v1/uploads/{id}", problem.Text{KO: "대체 텍스트를 씀", EN: "Described a picture"}},
		{"DELETE /v1/uploads/{id}", problem.Text{KO: "파일을 지움", EN: "Deleted a file"}},
		{"GET /v1/uploads/{id}/file", problem.Text{KO: "비공개 파일을 봄", EN: "Read a private file"}},
		{"GET /v1/admin/members", problem.Text{KO: "회원을 찾음(API)", EN: "Looked for members (API)"}},
		{"GET " + membersPath, problem.Text{KO: "회원을 찾음", EN: "Looked for members"}},
		{"GET /v1/admin/members/{id}", problem.Text{KO: "회원 정보를 봄(API)", EN: "Read a member (API)"}},
		{"GET " + membersPath + "/{id}", problem.Text{KO: "회원 정보를 봄", EN: "Read a member"}},
		{"PUT /v1/admin/members/{id}/roles/{role}", problem.Text{KO: "역할을 줌", EN: "Gave a role"}},
		{"DELETE /v1/admin/members/{id}/roles/{role}", problem.Text{KO: "역할을 거둠", EN: "Took a role away"}},
		{"POST /v1/admin/members/{id}/suspend", problem.Text{KO: "회원을 정지함", EN: "Suspended a member"}},
		{"POST /v1/admin/members/{id}/restore", problem.Text{KO: "정지를 풂", EN: "Lifted a suspension"}},
		{"POST /v1/admin/members/{id}/verification", problem.Text{KO: "학생으로 확인함", EN: "Verified a member"}},
		{"DELETE /v1/admin/members/{id}/second-factor", problem.Text{KO: "2단계 인증을 풂", EN: "Removed a second factor"}},
		{"PUT /v1/admin/roster", problem.Text{KO: "명부를 바꿈", EN: "Replaced the roster"}},
		{"POST /v1/admin/sweep", problem.Text{KO: "정리를 돌림", EN: "Ran the sweep"}},
		{"POST /v1/admin/dead-letters/replay", problem.Text{KO: "전하지 못한 일을 모두 다시 전함", EN: "Delivered dead letters again"}},
		{"POST /v1/admin/dead-letters/{id}/replay", problem.Text{KO: "전하지 못한 일을 다시 전함", EN: "Delivered a dead letter again"}},
		{"DELETE /v1/admin/dead-letters/{id}", problem.Text{KO: "전하지 못한 일을 지움", EN: "Dismissed a dead letter"}},
		{"GET /v1/admin/audit", problem.Text{KO: "기록을 봄(API)", EN: "Read the log (API)"}},
		{"GET " + auditPath, problem.Text{KO: "기록을 봄", EN: "Read the log"}},
	}
}

// actionText is an action as people say it, or as it is recorded.
func actionText(ctx context.Context, recorded string) string {
	for _, a := range Actions() {
		if a.Action == recorded {
			return ui.T(ctx, a.KO, a.EN)
		}
	}
	return recorded
}

package console

import (
	"context"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
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
	page, err := cursor.Read(h.cursors, kind, r.Cursor, desk.OnPage, func(behind cursor.Moment, limit int) ([]audit.Record, error) {
		if q.Before = behind; !known {
			return nil, nil
		}
		return h.log.List(ctx, q, limit)
	}, audit.Record.Place)
	if err != nil {
		return nil, cursor.Absent(err)
	}
	records := page.Items
	ids := []string{}
	for _, v := range records {
		ids = append(ids, v.Actor)
	}
	names, err := h.members.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "기록", "Log"), Section: audit.DeskPath, Main: []g.Node{
		desk.Heading(ui.T(ctx, "기록", "Log")),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "총학생회가 무엇을 했고 누구의 정보를 보았는지 남습니다. 고치거나 지울 수 없습니다.", "What the council did, and whose data it read. It cannot be changed."))),
		h.auditFilters(ctx, r),
		g.Iff(len(records) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "찾은 기록이 없습니다.", "No records were found."))
		}),
		g.Iff(len(records) > 0, func() g.Node { return h.auditTable(ctx, records, names) }),
		desk.Pager(ctx, page.NextCursor, audit.DeskPath, "actor", r.Actor, "subject", r.Subject, "action", r.Action, "from", r.From, "to", r.To),
	}}), nil
}

// query reads what is looked for. Known is false for an address that nobody has.
func (h handlers) query(ctx context.Context, r *auditRequest) (q audit.Query, known bool, err error) {
	var f check.Fields
	q = audit.Query{Actor: f.OptionalLine("actor", r.Actor, 254), Subject: f.OptionalLine("subject", r.Subject, 64), Action: f.OptionalLine("action", r.Action, 200)}
	q.From, q.Until = day(&f, "from", r.From, 0), day(&f, "to", r.To, 1)
	if err := f.Err(); err != nil || !strings.Contains(q.Actor, "@") {
		return q, true, err
	}
	found, err := h.members.Find(ctx, member.Search{Email: credential.Address(q.Actor)}, 1)
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

func (h handlers) auditFilters(ctx context.Context, r *auditRequest) g.Node {
	f := ui.NewForm(ctx)
	choices := []ui.Choice{{Label: ui.T(ctx, "모든 일", "Everything")}}
	for _, a := range h.catalogue.Acts {
		choices = append(choices, ui.Choice{Value: a.Action, Label: ui.T(ctx, a.Words.KO, a.Words.EN)})
	}
	return el.Form(el.Class("filters"), el.Method("get"), el.Action(desk.At(ctx, audit.DeskPath)), el.Role("search"),
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

func (h handlers) auditTable(ctx context.Context, records []audit.Record, names map[string]string) g.Node {
	heads := []g.Node{desk.Column(ctx, "언제", "When"), desk.Column(ctx, "누가", "Who"), desk.Column(ctx, "무엇을", "What"), desk.Column(ctx, "대상", "Subject"), desk.Column(ctx, "자세히", "Detail")}
	return desk.Table(ui.T(ctx, "기록 표", "The log"), heads,
		g.Map(records, func(v audit.Record) g.Node {
			return el.Tr(
				el.Td(ui.Time(v.At, v.At.In(clock.Seoul).Format("2006-01-02 15:04:05"))),
				el.Td(desk.Link(desk.At(ctx, member.DeskPath+"/"+v.Actor), names[v.Actor], "")),
				el.Td(g.Text(h.actionText(ctx, v.Action))),
				el.Td(g.Iff(v.Subject != "", func() g.Node {
					return desk.Link(desk.At(ctx, audit.DeskPath, "subject", v.Subject), v.Subject[:min(8, len(v.Subject))], "", el.Title(v.Subject), el.Aria("label", ui.T(ctx, v.Subject+"에 관한 기록", "Log about "+v.Subject)))
				})),
				el.Td(g.If(v.Detail != "{}", el.Code(g.Text(v.Detail)))),
			)
		}))
}

// actionText is an action as people say it, or as it is recorded.
func (h handlers) actionText(ctx context.Context, recorded string) string {
	t := h.catalogue.Words(recorded)
	return ui.T(ctx, t.KO, t.EN)
}

package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type composeRequest struct {
	Category string `query:"category"`
	Unit     string `query:"unit"`
	Period   string `query:"period"`
}

func (h handlers) compose(ctx context.Context, r *composeRequest) (*ui.Answer, error) {
	plan, err := h.archives.Plan(ctx, clock.Now(ctx).Year())
	if err != nil {
		return nil, err
	}
	v := archive.Archive{}
	if c, known := plan.Find(r.Category); known {
		v.Category, v.Audience = c.ID, c.Audience
	}
	if slices.Contains(h.units, r.Unit) {
		v.Unit = r.Unit
	}
	if p := archive.Period(r.Period); p.Valid() {
		v.Period = p
	}
	return h.form(ctx, v, plan, nil, nil), nil
}

type editRequest struct {
	ID string `path:"id"`
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	v, err := h.archives.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	plan, err := h.archives.Plan(ctx, v.Period.Year())
	if err != nil {
		return nil, err
	}
	corrections, err := h.archives.Corrections(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	counts, err := h.archives.Downloads(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	return h.form(ctx, v, plan, corrections, counts), nil
}

// told is what the form's script knows.
type told struct {
	Member   string         `json:"member"`
	Purposes []upload.Offer `json:"purposes"`
	ID       string         `json:"id"`
	Version  int64          `json:"version"`
	Files    []upload.File  `json:"files"`
	Next     string         `json:"next"` // the page after a save
}

func (h handlers) form(ctx context.Context, v archive.Archive, plan archive.Plan, corrections []archive.Correction, counts map[string]int64) *ui.Answer {
	title := ui.T(ctx, "새 자료", "New archive")
	units := h.desk.Units(ctx, auth.Write, v.Unit)
	if v.ID != "" {
		title = ui.T(ctx, "자료 고치기", "Edit archive")
	}
	if v.Unit == "" && len(units) > 0 {
		v.Unit = units[0].Value
	}
	page := told{Member: auth.From(ctx).MemberID, Purposes: upload.Offers(auth.From(ctx), h.limits, false, archive.Purpose), ID: v.ID, Version: v.Version, Files: append([]upload.File{}, v.Files...), Next: desk.At(ctx, archive.DeskPath)}
	return h.desk.Page(ctx, ui.View{Title: title, Section: archive.DeskPath, Class: "reading", Scripts: []string{"archive.js"}, Main: []g.Node{
		desk.Heading(title,
			g.Iff(v.PublishedAt != nil, func() g.Node {
				return desk.Link(desk.At(ctx, archive.Path(v.ID)), ui.T(ctx, "홈페이지에서 보기", "View on the site"), "button small quiet")
			}),
			g.Iff(v.ID != "", func() g.Node { return remove(ctx, v) })),
		g.Iff(len(plan.Categories) == 0, func() g.Node {
			return noCategories(ctx)
		}),
		el.Form(el.ID("archive"), el.Class("form"), el.Method("post"), g.Attr("novalidate"), desk.Told(page),
			about(ctx, v, plan, units),
			filesOf(ctx),
			settlement(ctx, v),
			publication(ctx, v),
			el.Div(el.Class("save-bar"), el.Button(el.ID("save"), el.Type("submit"), el.Class("button"), g.Text(ui.T(ctx, "저장", "Save")))),
		),
		downloads(ctx, v, counts),
		history(ctx, corrections),
	}})
}

// noCategories says that nothing can be kept before there is a category, and leads who may make one there.
func noCategories(ctx context.Context) g.Node {
	if !auth.From(ctx).May(auth.Operate, "") {
		return el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "아직 분류가 없습니다. 관리자에게 알려 주세요.", "There are no categories yet. Tell an admin.")))
	}
	return el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "아직 분류가 없습니다. 결산, 예산 같은 분류부터 만들어 주세요. ", "There are no categories yet. Make the first, as settlements: ")), desk.Link(desk.At(ctx, categoriesPath), ui.T(ctx, "분류와 낼 자료", "Categories"), ""))
}

func remove(ctx context.Context, v archive.Archive) g.Node {
	return el.Form(desk.Action("DELETE", "/v1/archives/"+v.ID, v.Version), desk.Said(ui.T(ctx, "자료를 지웠습니다. 관리자가 30일 안에 되살릴 수 있습니다.", "Deleted. An admin can restore it for 30 days.")), el.Data("next", desk.At(ctx, archive.DeskPath)),
		el.Data("confirm", ui.T(ctx, "이 자료를 지울까요? 정정 기록도 함께 보이지 않게 됩니다.", "Delete this archive? Its corrections go with it.")),
		el.Button(el.Type("submit"), el.Class("button small danger"), g.Text(ui.T(ctx, "지우기", "Delete"))))
}

func about(ctx context.Context, v archive.Archive, plan archive.Plan, units []ui.Choice) g.Node {
	f, categories, audiences := ui.NewForm(ctx), []ui.Choice{}, []ui.Choice{{Value: "", Label: ui.T(ctx, "분류에서 정한 대로", "As the category says")}}
	for _, c := range plan.Categories {
		indent := ""
		for range c.Level - 1 {
			indent += "\u2014 "
		}
		categories = append(categories, ui.Choice{Value: c.ID, Label: indent + ui.Name(ctx, c.Label())})
	}
	for _, a := range archive.Audiences() {
		audiences = append(audiences, ui.Choice{Value: string(a), Label: ui.Name(ctx, a.Name())})
	}
	if v.ID != "" {
		audiences = audiences[1:]
	}
	return g.Group{
		f.Input(ui.Field{Name: "title", Label: ui.T(ctx, "제목", "Title"), Value: v.Title, Limit: archive.MostTitle}),
		el.Div(el.Class("two"),
			f.Select(ui.Field{Name: "category", Label: ui.T(ctx, "분류", "Category"), Value: v.Category}, categories...),
			f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위", "Unit"), Value: v.Unit}, units...),
			f.Input(ui.Field{Name: "period", Label: ui.T(ctx, "기간", "Period"), Value: cmp.Or(string(v.Period), strconv.Itoa(clock.Now(ctx).Year())), Limit: 7, Hint: ui.T(ctx, "2026은 한 해, 2026-H1은 상반기, 2026-Q3은 3분기입니다.", "2026 is a year, 2026-H1 its first half, 2026-Q3 its third quarter.")}),
			f.Select(ui.Field{Name: "audience", Label: ui.T(ctx, "볼 수 있는 사람", "Readers"), Value: string(v.Audience)}, audiences...),
		),
		f.Area(ui.Field{Name: "summary", Label: ui.T(ctx, "설명", "Summary"), Value: v.Summary, Limit: archive.MostSummary, Optional: true}),
	}
}

func filesOf(ctx context.Context) g.Node {
	return el.FieldSet(el.Class("group"),
		el.Legend(g.Text(ui.T(ctx, "파일", "Files"))),
		el.Ul(el.ID("attachments"), el.Class("attachments")),
		el.Ul(el.ID("transfers"), el.Class("transfers")),
		desk.DropBox(ctx, true),
		el.Input(el.Type("hidden"), el.ID("field-files"), el.Disabled()),
		ui.NewForm(ctx).Check("masked", false, false, g.Text(ui.T(ctx, "개인정보를 가렸습니까? 이름, 계좌번호, 전화번호가 보이지 않는 것을 확인했습니다.", "Is personal data covered? I have checked that no names, accounts or telephone numbers can be seen."))),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "누가 확인했는지 남습니다.", "It is kept who checked."))),
	)
}

func settlement(ctx context.Context, v archive.Archive) g.Node {
	f := ui.NewForm(ctx)
	return el.FieldSet(el.Class("group"),
		el.Legend(g.Text(ui.T(ctx, "결산 표", "Settlement"))),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "엑셀에서 ‘CSV로 저장’한 파일을 고르세요. 첫 줄에 항목, 예산, 집행, 잔액이 있어야 합니다.", "Choose a file that a spreadsheet saved as CSV. Its first line names 항목, 예산, 집행, 잔액."))),
		el.Div(el.Class("field"), el.Label(el.For("csv"), g.Text(ui.T(ctx, "CSV 파일", "CSV file"))), el.Input(el.ID("csv"), el.Type("file"), el.Accept(".csv,text/csv"))),
		f.Area(ui.Field{Name: "table", Label: "CSV", Value: archive.WriteTable(v.Table), Optional: true, More: []g.Node{el.Rows("6"), g.Attr("spellcheck", "false")}}),
		el.P(desk.Button("check", ui.T(ctx, "표 확인하기", "Check the table"), "small quiet")),
		el.Div(el.ID("checked"), el.Role("status")),
		f.Check("force", v.Note != "", false, g.Text(ui.T(ctx, "합이 맞지 않아도 올립니다", "Keep it although the totals don't add up"))),
		f.Input(ui.Field{Name: "note", Label: ui.T(ctx, "합이 맞지 않는 이유", "Why they don't add up"), Value: v.Note, Limit: archive.MostNote, Optional: true, Hint: ui.T(ctx, "읽는 사람에게 보입니다.", "Readers see it.")}),
	)
}

func publication(ctx context.Context, v archive.Archive) g.Node {
	f := ui.NewForm(ctx)
	return el.FieldSet(el.Class("group"),
		el.Legend(g.Text(ui.T(ctx, "게시", "Publication"))),
		f.Check("publish", v.PublishedAt != nil || v.ID == "", false, g.Text(ui.T(ctx, "저장하면 게시합니다. 표시하지 않으면 초안으로 둡니다.", "Published when saved; a draft otherwise."))),
		g.Iff(v.ID != "", func() g.Node {
			return f.Check("widen", false, false, g.Text(ui.T(ctx, "볼 수 있는 사람을 늘립니다", "More people may read it than before")))
		}),
		g.Iff(v.FirstAt != nil, func() g.Node {
			return f.Input(ui.Field{Name: "reason", Label: ui.T(ctx, "정정 사유", "Reason of the correction"), Limit: archive.MostReason, Optional: true, Hint: ui.T(ctx, "게시한 파일이나 표를 바꾸면 적습니다. 앞의 것도 사유와 함께 그대로 보입니다.", "Needed where published files or the settlement change. What was there stays, with the reason.")})
		}),
	)
}

func downloads(ctx context.Context, v archive.Archive, counts map[string]int64) g.Node {
	if len(v.Files) == 0 {
		return nil
	}
	return el.Section(el.H2(g.Text(ui.T(ctx, "내려받은 횟수", "Downloads"))),
		desk.Table(ui.T(ctx, "내려받은 횟수", "Downloads"), []g.Node{desk.Column(ctx, "파일", "File"), desk.Numbers(ctx, "횟수", "Times")}, g.Map(v.Files, func(f upload.File) g.Node {
			return el.Tr(el.Td(desk.Link(archive.FilePath(v.ID, f.ID), f.Name, "")), desk.Number(strconv.FormatInt(counts[f.ID], 10)))
		})),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "누가 내려받았는지는 세지 않습니다. 총학생회만 보는 자료는 기록에 남습니다.", "Not who: of what only the council reads, the log has it."))),
	)
}

func history(ctx context.Context, list []archive.Correction) g.Node {
	if len(list) == 0 {
		return nil
	}
	return el.Section(el.H2(g.Text(ui.T(ctx, "정정 기록", "Corrections"))), el.Ol(el.Class("rows"), g.Attr("reversed"), g.Map(list, func(c archive.Correction) g.Node {
		return el.Li(el.Class("row"), el.Div(el.Class("row-main"), el.P(el.Class("row-title"), g.Text(c.Reason)), el.P(el.Class("meta"), desk.Short(ctx, c.At))))
	})))
}

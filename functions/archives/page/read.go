package page

import (
	"context"
	"path"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

type readRequest struct {
	ID string `path:"id"`
}

func (h handlers) read(ctx context.Context, r *readRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	v, err := h.archives.Read(ctx, r.ID)
	if err != nil {
		return nil, h.archives.Gone(ctx, r.ID, err)
	}
	corrections, err := h.archives.Corrections(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	plan, err := h.archives.Plan(ctx, v.Period.Year())
	if err != nil {
		return nil, err
	}
	category, _ := plan.Find(v.Category)
	view := ui.View{
		Title: v.Title, Description: v.Line(), InKorean: true, Path: archive.Path(v.ID), Section: archive.ListPath, Styles: []string{"site.css"}, Dated: true,
		Main: []g.Node{el.Article(
			el.Header(el.Class("head"),
				el.P(el.Class("back"), el.A(el.Href(ui.Query(ui.Local(ctx, archive.ListPath), "category", category.ID)), g.Text(ui.T(ctx, "자료집", "Archives")+" · "), ui.Said(ctx, category.Label()))),
				states(ctx, v, len(corrections)),
				el.H1(ui.Korean(ctx), g.Text(v.Title)),
				el.P(el.Class("meta"), el.Span(ui.Said(ctx, h.names.Unit(v.Unit))), el.Span(g.Text(ui.Name(ctx, v.Period.Name()))),
					g.Iff(v.PublishedAt != nil, func() g.Node { return ui.Time(*v.PublishedAt, ui.Moment(ctx, *v.PublishedAt)) })),
			),
			g.If(v.PublishedAt == nil, el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "아직 게시하지 않은 자료입니다. 이 단위에서 일하는 사람만 봅니다.", "This is not published. Only who works for its unit sees it.")))),
			g.If(v.Summary != "", el.Div(el.Class("prose"), ui.Korean(ctx), ui.Paragraphs(v.Summary))),
			table(ctx, "table", ui.T(ctx, "결산", "Settlement"), v.Table, v.Note),
			g.Iff(len(v.Table) > 0, func() g.Node {
				return el.P(el.A(el.Href(tablePath(ctx, v.ID)), el.Rel("nofollow"), g.Attr("download"), g.Text(ui.T(ctx, "결산 표 내려받기 (CSV)", "Download the settlement (CSV)"))))
			}),
			files(ctx, "files", ui.T(ctx, "파일", "Files"), v.ID, v.Files),
			history(ctx, v.ID, corrections),
		)},
	}
	if v.PublishedAt == nil || v.Audience != archive.Public {
		view.Hidden = true
	}
	return h.frame.Page(ctx, view), nil
}

// states are the chips above the title.
func states(ctx context.Context, v archive.Archive, corrections int) g.Node {
	chips := []g.Node{}
	if v.Audience != archive.Public {
		chips = append(chips, ui.State(ui.Draft, ui.Name(ctx, v.Audience.Name())))
	}
	if corrections > 0 {
		chips = append(chips, ui.State(ui.Half, ui.T(ctx, "정정함", "Corrected")))
	}
	if len(chips) == 0 {
		return nil
	}
	return el.P(el.Class("bar"), g.Group(chips))
}

// table is a settlement with how much of each budget was spent.
func table(ctx context.Context, id, title string, t archive.Table, note string) g.Node {
	if len(t) == 0 {
		return nil
	}
	number := func(n int64) g.Node { return el.Td(el.Class("number"), g.Text(archive.Won(n))) }
	line := func(l archive.Line, class string) g.Node {
		percent := "–"
		if tenths, ok := l.Percent(); ok {
			percent = strconv.FormatFloat(float64(tenths)/10, 'f', 1, 64) + "%"
		}
		return el.Tr(g.If(class != "", el.Class(class)), el.Th(el.Scope("row"), ui.Korean(ctx), g.Text(l.Name)), number(l.Budget), number(l.Spent), number(l.Left), el.Td(el.Class("number"), g.Text(percent)))
	}
	head := func(ko, en, class string) g.Node {
		return el.Th(el.Scope("col"), el.Class(class), g.Text(ui.T(ctx, ko, en)))
	}
	sum := t.Sum()
	sum.Name = ui.T(ctx, "모두", "All")
	summed := t[len(t)-1].Total
	return el.Section(el.Class("sect"), el.Aria("labelledby", id),
		el.H2(el.ID(id), g.Text(title)),
		g.If(note != "", el.P(el.Class("notice-box"), ui.State(ui.Half, ui.T(ctx, "합이 맞지 않음", "The totals don't add up")), g.Text(" "), el.Span(ui.Korean(ctx), g.Text(note)))),
		el.Div(el.Class("scroll"), el.TabIndex("0"), el.Role("region"), el.Aria("label", ui.T(ctx, title+" 표", title+", a table")), el.Table(el.Class("money"),
			el.THead(el.Tr(head("항목", "Item", "item"), head("예산", "Budget", "number"), head("집행", "Spent", "number"), head("잔액", "Left", "number"), head("집행률", "Share", "number"))),
			el.TBody(g.Map(t, func(l archive.Line) g.Node {
				if l.Total {
					return line(l, "total")
				}
				return line(l, "")
			})),
			g.If(!summed, el.TFoot(line(sum, "total"))),
		)),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "단위는 원입니다.", "In won."))),
	)
}

// files are what can be downloaded.
func files(ctx context.Context, id, title, archiveID string, list []upload.File) g.Node {
	if len(list) == 0 {
		return nil
	}
	return el.Section(el.Class("files"), el.Aria("labelledby", id),
		el.H2(el.ID(id), g.Text(title)),
		el.Ul(g.Map(list, func(f upload.File) g.Node {
			kind := strings.ToUpper(strings.TrimPrefix(path.Ext(f.Name), "."))
			kind = kind[:min(5, len(kind))]
			return el.Li(el.Span(el.Class("ext"), el.Aria("hidden", "true"), g.Text(kind)),
				el.Span(el.A(el.Href(archive.FilePath(archiveID, f.ID)), el.Rel("nofollow"), el.Span(ui.Korean(ctx), g.Text(f.Name))), el.Small(g.Text(kind+"\u00a0· "+ui.Size(f.Size)))))
		})),
	)
}

// history is what was there before corrections, with why.
func history(ctx context.Context, id string, list []archive.Correction) g.Node {
	if len(list) == 0 {
		return nil
	}
	return el.Section(el.Class("sect"), el.Aria("labelledby", "corrections"),
		ui.Gate("corrections", ui.T(ctx, "정정 기록", "Corrections"), "", "", ""),
		el.P(el.Class("soft"), g.Text(ui.T(ctx, "고치기 전의 파일과 표를 그대로 둡니다.", "What was there before stays as it was."))),
		el.Ol(el.Class("corrections"), g.Attr("reversed"), g.Map(list, func(c archive.Correction) g.Node {
			n := strconv.FormatInt(c.N, 10)
			return el.Li(
				el.P(el.B(ui.Time(c.At, ui.Moment(ctx, c.At))), g.Text(" "), el.Span(ui.Korean(ctx), g.Text(c.Reason))),
				el.Details(el.Summary(g.Text(ui.T(ctx, "정정하기 전", "Before it"))),
					files(ctx, "files-"+n, ui.T(ctx, "정정 전 파일", "Files before the correction"), id, c.Files),
					table(ctx, "table-"+n, ui.T(ctx, "정정 전 결산", "Settlement before the correction"), c.Table, c.Note),
				),
			)
		})),
	)
}

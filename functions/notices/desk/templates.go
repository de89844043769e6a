package desk

import (
	"context"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// beginnings are what a new notice can begin with.
func (h handlers) beginnings(ctx context.Context, templates []notice.Template, chosen string) g.Node {
	tabs := []ui.Tab{}
	for _, t := range templates {
		tab := ui.Tab{Label: t.Name, Href: desk.At(ctx, notice.DeskPath+"/new", "template", t.Name), Here: t.Name == chosen, Korean: true}
		if tab.Here {
			tab.Href = desk.At(ctx, notice.DeskPath+"/new")
		}
		tabs = append(tabs, tab)
	}
	return el.Div(el.Class("beginnings"),
		el.Span(el.Class("label"), el.Aria("hidden", "true"), g.Text(ui.T(ctx, "틀", "Templates"))),
		ui.Chips(ctx, ui.T(ctx, "무엇으로 시작할까요", "What to begin with"), tabs...),
		g.Iff(auth.From(ctx).May(auth.Arrange, ""), func() g.Node {
			return desk.Link(desk.At(ctx, notice.TemplatesPath), ui.T(ctx, "틀 고치기", "Edit templates"), "quiet-link")
		}),
	)
}

func (h handlers) templates(ctx context.Context, _ *struct{}) (*ui.Answer, error) {
	v, err := h.notices.Templates(ctx)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "공지의 틀", "Templates of notices")
	return h.desk.Page(ctx, ui.View{Title: title, Section: notice.DeskPath, Scripts: []string{"whole.js"}, Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, notice.DeskPath), ui.T(ctx, "공지 목록", "All notices"), "button small quiet")),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "새 공지를 쓸 때 골라서 시작하는 글입니다. 고쳐도 이미 쓴 공지는 그대로입니다.", "Texts that a new notice can begin with. Notices that are written already stay as they are."))),
		el.Form(el.ID("whole"), el.Class("form"), el.Method("post"), g.Attr("novalidate"), desk.Told(desk.WholeOf{Version: v.Version, Path: "/v1/admin/notices/templates", Lists: []string{"templates"}}),
			desk.Rows(ctx, desk.RowsOf[notice.Template]{Name: "templates", Title: ui.T(ctx, "틀", "Templates"), Hint: ui.T(ctx, "위에서부터 순서대로 보입니다.", "They are offered in this order."), Add: ui.T(ctx, "틀 추가", "Add a template"), List: v.List, Empty: notice.Template{}, Boxes: template}),
			desk.SaveBar(ctx),
		),
	}}), nil
}

// template are the boxes of a template.
func template(f ui.Form, at string, t notice.Template) g.Node {
	box := func(name, label, value string, limit int, optional bool, more ...g.Node) ui.Field {
		return ui.Field{Name: at + name, Label: label, Value: value, Limit: limit, Optional: optional, More: append(more, el.Data("box", name))}
	}
	return g.Group{
		el.Div(el.Class("two"),
			f.Input(box("name", f.T("틀 이름", "Name"), t.Name, notice.MostTemplateName, false)),
			f.Input(box("tags", f.T("태그", "Tags"), strings.Join(t.Tags, ", "), 0, true, el.Data("type", "list"))),
		),
		f.Input(box("title", f.T("제목", "Title"), t.Title, notice.MostTitle, true)),
		f.Area(box("body", f.T("내용", "Text"), t.Body, notice.MostBody, true, el.Rows("8"))),
		el.Div(el.Class("two"),
			f.Input(box("titleEn", f.T("영어 제목", "English title"), t.TitleEn, notice.MostTitle, true, el.Lang("en"))),
			f.Area(box("bodyEn", f.T("영어 내용", "English text"), t.BodyEn, notice.MostBody, true, el.Lang("en"), el.Rows("3"))),
		),
	}
}

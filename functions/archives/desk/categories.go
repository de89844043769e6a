package desk

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type categoriesRequest struct{}

func (h handlers) categories(ctx context.Context, _ *categoriesRequest) (*ui.Answer, error) {
	plan, err := h.archives.Plan(ctx, 0)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "분류와 낼 자료", "Categories and what is due")
	return h.desk.Page(ctx, ui.View{Title: title, Section: archive.DeskPath, Class: "reading", Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, archive.DeskPath), ui.T(ctx, "자료집", "Archives"), "button small quiet")),
		g.Iff(len(plan.Categories) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "아직 분류가 없습니다. 아래에서 결산, 예산 같은 분류를 만드세요.", "There are no categories yet. Make the first below, as settlements or budgets."))
		}),
		g.Iff(len(plan.Categories) > 0, func() g.Node {
			return el.Ul(el.Class("rows"), g.Map(plan.Categories, func(c archive.Category) g.Node { return categoryRow(ctx, c, plan.Version) }))
		}),
		el.H2(g.Text(ui.T(ctx, "새 분류", "New category"))),
		h.categoryForm(ctx, archive.Category{}, plan),
	}}), nil
}

func categoryRow(ctx context.Context, c archive.Category, version int64) g.Node {
	name := ui.Name(ctx, c.Label())
	return el.Li(el.Class("row"),
		el.Div(el.Class("row-main"), desk.Link(desk.At(ctx, categoriesPath+"/"+c.ID), name, "row-title"),
			el.P(el.Class("meta"), el.Span(g.Text(c.ID)), el.Span(g.Text(ui.Name(ctx, c.Audience.Name()))), el.Span(g.Textf(ui.T(ctx, "%d단계", "level %d"), c.Level)), el.Span(g.Textf(ui.T(ctx, "낼 자료 %d건", "%d due"), len(c.Expected))))),
		el.Form(desk.Action("DELETE", "/v1/admin/archives/categories/"+c.ID, version), desk.Said(ui.T(ctx, "분류를 지웠습니다.", "The category was removed.")),
			el.Data("confirm", ui.T(ctx, name+": 이 분류를 지울까요? 낼 자료도 함께 지워집니다.", "Remove "+name+"? What is due in it goes with it.")),
			el.Button(el.Type("submit"), el.Class("button small danger"), el.Aria("label", ui.T(ctx, name+" 지우기", "Remove "+name)), g.Text(ui.T(ctx, "지우기", "Remove")))),
	)
}

type categoryRequest struct {
	ID string `path:"id"`
}

func (h handlers) category(ctx context.Context, r *categoryRequest) (*ui.Answer, error) {
	plan, err := h.archives.Plan(ctx, 0)
	if err != nil {
		return nil, err
	}
	c, known := plan.Find(r.ID)
	if !known {
		return nil, problem.Absent()
	}
	return h.desk.Page(ctx, ui.View{Title: c.Name, Section: archive.DeskPath, Class: "reading", Main: []g.Node{
		desk.Heading(ui.Name(ctx, c.Label()), desk.Link(desk.At(ctx, categoriesPath), ui.T(ctx, "모든 분류", "All categories"), "button small quiet")),
		h.categoryForm(ctx, c, plan),
		g.Iff(len(c.Expected) > 0, func() g.Node { return h.expected(ctx, c) }),
	}}), nil
}

// expected is what should be in a category.
func (h handlers) expected(ctx context.Context, c archive.Category) g.Node {
	title := ui.T(ctx, "낼 자료", "What is due")
	return el.Section(el.H2(g.Text(title)), desk.Table(title, []g.Node{desk.Column(ctx, "단위", "Unit"), desk.Column(ctx, "기간", "Period"), desk.Column(ctx, "기한", "Due")}, g.Map(c.Expected, func(s archive.Slot) g.Node {
		return el.Tr(el.Td(g.Text(h.desk.Unit(ctx, s.Unit))), el.Td(g.Text(ui.Name(ctx, s.Period.Name()))), el.Td(g.Text(s.DueOn)))
	})))
}

func (h handlers) categoryForm(ctx context.Context, c archive.Category, plan archive.Plan) g.Node {
	f, parents, audiences := ui.NewForm(ctx), []ui.Choice{{Value: "", Label: ui.T(ctx, "없음(맨 위)", "None (at the top)")}}, []ui.Choice{}
	for _, p := range plan.Categories {
		if p.ID != c.ID && p.Level < archive.MostLevels {
			parents = append(parents, ui.Choice{Value: p.ID, Label: ui.Name(ctx, p.Label())})
		}
	}
	for _, a := range archive.Audiences() {
		audiences = append(audiences, ui.Choice{Value: string(a), Label: ui.Name(ctx, a.Name())})
	}
	action := "/v1/admin/archives/categories/{id}"
	if c.ID != "" {
		action = "/v1/admin/archives/categories/" + c.ID
	}
	rhythms := []ui.Choice{
		{Value: "quarter", Label: ui.T(ctx, "분기마다", "Every quarter")}, {Value: "half", Label: ui.T(ctx, "반기마다", "Every half")}, {Value: "year", Label: ui.T(ctx, "해마다", "Every year")},
		{Value: "none", Label: ui.T(ctx, "낼 자료 없음", "Nothing")},
	}
	return el.Form(el.Class("form"), g.Attr("novalidate"), desk.Action("PUT", action, plan.Version), desk.Said(ui.T(ctx, "저장했습니다.", "Saved.")),
		g.Iff(c.ID == "", func() g.Node {
			return f.Input(ui.Field{Name: "id", Label: ui.T(ctx, "주소에 쓸 이름", "Name in addresses"), Limit: 40, Hint: ui.T(ctx, "영어 소문자, 숫자, 붙임표. 나중에 바꿀 수 없습니다. 예: settlement", "Lower-case letters, digits, hyphens; it never changes. As settlement.")})
		}),
		el.Div(el.Class("two"),
			f.Input(ui.Field{Name: "name", Label: ui.T(ctx, "이름", "Name"), Value: c.Name, Limit: archive.MostCategory}),
			f.Input(ui.Field{Name: "nameEn", Label: ui.T(ctx, "영어 이름", "English name"), Value: c.NameEn, Limit: 2 * archive.MostCategory, Optional: true, More: []g.Node{el.Lang("en")}}),
			f.Select(ui.Field{Name: "parent", Label: ui.T(ctx, "위 분류", "Parent"), Value: c.Parent}, parents...),
			f.Select(ui.Field{Name: "audience", Label: ui.T(ctx, "볼 수 있는 사람(기본)", "Default audience"), Value: string(c.Audience)}, audiences...),
		),
		el.FieldSet(el.Class("group"),
			el.Legend(g.Text(ui.T(ctx, "한 해의 낼 자료", "What is due for a year"))),
			el.Div(el.Class("two"),
				f.Input(ui.Field{Name: "year", Label: ui.T(ctx, "연도", "Year"), Limit: 4, Optional: true, Hint: ui.T(ctx, "비우면 낼 자료를 바꾸지 않습니다. 예: "+strconv.Itoa(clock.Now(ctx).Year()), "Empty: nothing changes. As "+strconv.Itoa(clock.Now(ctx).Year())+".")}),
				f.Select(ui.Field{Name: "rhythm", Label: ui.T(ctx, "얼마나 자주", "How often"), Value: "quarter"}, rhythms...),
				f.Input(ui.Field{Name: "days", Label: ui.T(ctx, "기간이 끝나고 며칠 안에", "Days after the period"), Value: "31", Limit: 3, Optional: true}),
				f.Input(ui.Field{Name: "units", Label: ui.T(ctx, "낼 단위", "Units"), Optional: true, Hint: ui.T(ctx, "쉼표로 나눕니다. 비우면 모든 단위.", "With commas between; empty for all."), More: []g.Node{el.Data("type", "list")}}),
			),
		),
		el.Div(ui.Button(ui.T(ctx, "저장", "Save"))),
	)
}

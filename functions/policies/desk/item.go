package desk

import (
	"context"
	"encoding/json"
	"slices"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// item is the page on which one item is changed. It names nobody.
func (h handlers) item(ctx context.Context, d policy.Domain, name string, state []policy.Standing, version int64) (*ui.Answer, error) {
	i := slices.IndexFunc(state, func(s policy.Standing) bool { return s.Item.Name == name })
	if i < 0 {
		return nil, problem.Absent()
	}
	function.ReadNobody(ctx)
	s := state[i]
	label := said(ctx, s.Item.Label)
	return h.desk.Page(ctx, ui.View{Title: label, Section: policy.DeskPath, Class: "reading", Main: []g.Node{
		desk.Heading(label, desk.Link(at(ctx, d.Name), ui.T(ctx, "돌아가기", "Back"), "button small quiet")),
		el.P(el.Class("hint"), g.Text(said(ctx, s.Item.Help))),
		el.Form(el.Class("form"), desk.Action("PUT", "/v1/admin/policies/"+d.Name, version), desk.Said(ui.T(ctx, "저장했습니다.", "Saved.")), el.Data("next", at(ctx, d.Name)),
			box(ctx, s),
			ui.NewForm(ctx).Input(desk.Moment(ctx, "from", problem.Text{KO: "언제부터", EN: "From"}, problem.Text{KO: "비워 두면 지금부터입니다.", EN: "Empty: from now on."}, nil)),
			el.P(el.Class("hint"), g.Text(ui.T(ctx, "기본값은 "+text(ctx, s.Item, s.Default)+"입니다. ", "Default: "+text(ctx, s.Item, s.Default)+". ")+said(ctx, d.Said()))),
			el.Div(el.Class("actions"), ui.Button(ui.T(ctx, "저장", "Save"))),
		),
	}}), nil
}

// box is where an item is set: its name in the API is values.<name>.
func box(ctx context.Context, s policy.Standing) g.Node {
	form, label := ui.NewForm(ctx), said(ctx, s.Item.Label)
	field := ui.Field{Name: "values." + s.Item.Name, Label: label}
	switch v := s.Item.Value.(type) {
	case policy.Number:
		field.Type, field.Value = "number", string(s.Value)
		field.Hint = ui.T(ctx, number(v.Min)+"부터 "+number(v.Max)+"까지. ", "From "+number(v.Min)+" to "+number(v.Max)+". ") + said(ctx, v.Unit)
		field.More = []g.Node{el.Data("type", "number"), el.Min(number(v.Min)), el.Max(number(v.Max)), el.Step("1")}
		return form.Input(field)
	case policy.Switch:
		return form.Check(field.Name, string(s.Value) == "true", false, g.Text(ui.T(ctx, "켜기", "On")))
	case policy.Line:
		field.Value, field.Limit, field.Optional = policy.LineOf(s.Value), v.Limit, true
		return form.Input(field)
	case policy.Names:
		chosen := policy.NamesOf(s.Value)
		return el.FieldSet(el.ID("field-"+field.Name), el.Class("group"), el.Legend(g.Text(label)), g.Map(v.Of, func(o policy.Option) g.Node {
			id := "choice-" + o.Name
			return el.Div(el.Class("field check"),
				el.Input(el.ID(id), el.Name(field.Name), el.Type("checkbox"), el.Value(o.Name), el.Data("type", "choice"), g.If(slices.Contains(chosen, o.Name), el.Checked())),
				el.Label(el.For(id), g.Text(said(ctx, o.Label))))
		}))
	}
	return nil
}

// text is a value as people read it, whether or not it still fits.
func text(ctx context.Context, i policy.Item, value json.RawMessage) string {
	return i.Words(function.RequestFrom(ctx).Language, value)
}

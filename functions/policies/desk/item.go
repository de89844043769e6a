package desk

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

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
		field.Value, field.Limit, field.Optional = line(s.Value), v.Limit, true
		return form.Input(field)
	case policy.Names:
		chosen := names(s.Value)
		return el.FieldSet(el.ID("field-"+field.Name), el.Class("group"), el.Legend(g.Text(label)), g.Map(v.Of, func(o policy.Option) g.Node {
			id := "choice-" + o.Name
			return el.Div(el.Class("field check"),
				el.Input(el.ID(id), el.Name(field.Name), el.Type("checkbox"), el.Value(o.Name), el.Data("type", "choice"), g.If(slices.Contains(chosen, o.Name), el.Checked())),
				el.Label(el.For(id), g.Text(said(ctx, o.Label))))
		}))
	}
	return nil
}

// line is a text that is stored as JSON, or "".
func line(value json.RawMessage) string {
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return ""
	}
	return s
}

// names are a list that is stored as JSON, or none.
func names(value json.RawMessage) []string {
	var list []string
	if err := json.Unmarshal(value, &list); err != nil {
		return nil
	}
	return list
}

func joined(list []string) string { return strings.Join(list, ", ") }

// text is a value as people read it, whether or not it still fits.
func text(ctx context.Context, i policy.Item, value json.RawMessage) string {
	switch v := i.Value.(type) {
	case policy.Number:
		return strings.TrimSpace(string(value) + ui.T(ctx, v.Unit.KO, " "+v.Unit.EN))
	case policy.Switch:
		if string(value) == "true" {
			return ui.T(ctx, "켜짐", "On")
		}
		return ui.T(ctx, "꺼짐", "Off")
	case policy.Line:
		if s := line(value); s != "" {
			return s
		}
		return ui.T(ctx, "비어 있음", "Empty")
	case policy.Names:
		labels := []string{}
		for _, name := range names(value) {
			label := name
			if j := slices.IndexFunc(v.Of, func(o policy.Option) bool { return o.Name == name }); j >= 0 {
				label = said(ctx, v.Of[j].Label)
			}
			labels = append(labels, label)
		}
		if len(labels) > 0 {
			return joined(labels)
		}
		return ui.T(ctx, "없음", "None")
	}
	return string(value)
}

package ui

import (
	"cmp"
	"context"
	"html"
	"io"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// Field is one box of a form with its label.
type Field struct {
	Name     string
	Sent     string // the name that is sent, where several boxes share one; Name if empty
	Label    string
	Hint     string
	Value    string
	Type     string // of the input; "text" if empty
	Complete string // what browsers may fill in (autocomplete); "off" if empty
	Optional bool
	Depends  bool // whether it must be filled in depends on other boxes, as its hint says: it is labelled as neither
	Limit    int  // in characters; 0 for none
	More     []g.Node
}

// Form is what a form is shown with: the texts of the page's language, and what was wrong
// with what was sent before. The zero value is a form that nobody has sent.
type Form struct {
	ctx    context.Context
	wrong  *problem.Error
	labels map[string]string // of the boxes that were made with it, by their names
}

// NewForm is a form that is shown for the first time.
func NewForm(ctx context.Context) Form { return Form{ctx: ctx} }

// Refused is the form again with what is wrong, and its status; ok is false where err is
// nothing that the sender could put right.
func Refused(ctx context.Context, err error) (f Form, status int, ok bool) {
	p := problem.Find(err)
	if p == nil {
		return Form{}, 0, false
	}
	status, ok = map[problem.Kind]int{
		problem.Invalid: 422, problem.Conflict: 409, problem.Unauthenticated: 401, problem.TooMany: 429, problem.Gone: 410, problem.Forbidden: 403, problem.PreconditionFailed: 412,
	}[p.Kind]
	return Form{ctx: ctx, wrong: p, labels: map[string]string{}}, status, ok
}

// Problem is what was wrong, or nil.
func (f Form) Problem() *problem.Error { return f.wrong }

// Summary says what was wrong with which box, with a link to each. It takes the focus's place at the
// top of the form.
func (f Form) Summary() g.Node {
	if f.wrong == nil {
		return nil
	}
	return g.NodeFunc(func(w io.Writer) error { return f.summary().Render(w) }) // once all boxes are there
}

func (f Form) summary() g.Node {
	language := function.RequestFrom(f.ctx).Language
	return el.Div(el.Class("notice-box wrong"), el.Role("alert"), g.Attr("data-problem", f.wrong.Code),
		el.P(g.Text(f.wrong.Text.In(language))),
		g.If(len(f.wrong.Fields) > 0, el.Ul(g.Map(f.wrong.Fields, func(w problem.Field) g.Node {
			return el.Li(g.Attr("data-field", w.Name+":"+w.Code), el.A(el.Href("#field-"+w.Name), g.If(f.labels[w.Name] != "", g.Text(f.labels[w.Name]+": ")), g.Text(w.Message.In(language))))
		}))),
	)
}

// Wrong says whether something is wrong with a box.
func (f Form) Wrong(name string) bool { return f.message(name) != "" }

// message is what is wrong with a box, or "".
func (f Form) message(name string) string {
	if f.wrong == nil {
		return ""
	}
	i := slices.IndexFunc(f.wrong.Fields, func(w problem.Field) bool { return w.Name == name })
	if i < 0 {
		return ""
	}
	return f.wrong.Fields[i].Message.In(function.RequestFrom(f.ctx).Language)
}

// latest keep years at four digits: browsers take six, and nothing reads them.
var latest = map[string]string{"date": "2999-12-31", "datetime-local": "2999-12-31T23:59"}

// Input is a box of one line. That of a password can be shown by the asset reveal.js, which its
// page names.
func (f Form) Input(field Field) g.Node {
	kind, complete := field.Type, field.Complete
	if kind == "" {
		kind = "text"
	}
	if complete == "" {
		complete = "off"
	}
	if kind == "password" { // browsers cut off what is pasted, and its owner does not see it
		field.Limit = 0
	}
	input := el.Input(
		el.ID("field-"+field.Name), el.Name(cmp.Or(field.Sent, field.Name)), el.Type(kind), el.AutoComplete(complete), g.If(latest[kind] != "", el.Max(latest[kind])),
		g.If(field.Value != "" && kind != "password", el.Value(field.Value)), f.common(field), g.Group(field.More),
	)
	if kind == "password" {
		return f.labelled(field, el.Div(el.Class("secret"), input,
			el.Button(el.Type("button"), el.Class("button small quiet"), g.Attr("hidden"), el.Data("reveal", "field-"+field.Name), el.Aria("pressed", "false"), g.Text(T(f.ctx, "비밀번호 표시", "Show password")))))
	}
	return f.labelled(field, input)
}

// Area is a box of several lines.
func (f Form) Area(field Field) g.Node {
	return f.labelled(field, el.Textarea(el.ID("field-"+field.Name), el.Name(cmp.Or(field.Sent, field.Name)), f.common(field), g.Group(field.More), g.Text(field.Value)))
}

// Choice is one entry of a list to choose from.
type Choice struct{ Value, Label string }

// Select is a list to choose one of. One always is: it needs no "required".
func (f Form) Select(field Field, choices ...Choice) g.Node {
	return f.labelled(field, el.Select(el.ID("field-"+field.Name), el.Name(cmp.Or(field.Sent, field.Name)), f.state(field.Name, field.Hint, f.message(field.Name)), g.Group(field.More), g.Map(choices, func(c Choice) g.Node {
		return el.Option(el.Value(c.Value), g.If(c.Value == field.Value, el.Selected()), g.Text(c.Label))
	})))
}

// Check is a box to tick; what is sent is "on". Its label may have links in it.
func (f Form) Check(name string, ticked, required bool, label ...g.Node) g.Node {
	message := f.message(name)
	if message != "" {
		f.labels[name] = firstText(g.Group(label))
	}
	return el.Div(el.Class("field check"),
		el.Input(el.ID("field-"+name), el.Name(name), el.Type("checkbox"), g.If(ticked, el.Checked()), g.If(required, el.Required()), f.state(name, "", message)),
		el.Label(el.For("field-"+name), g.Group(label)),
		f.below(name, "", message),
	)
}

// Choices are boxes to tick, of which any number is chosen: each ticked one's value is sent under
// the name of all.
func (f Form) Choices(name, legend string, chosen []string, choices ...Choice) g.Node {
	message := f.message(name)
	return el.FieldSet(el.ID("field-"+name), el.Class("group"), el.TabIndex("-1"), el.Legend(g.Text(legend)),
		g.Map(choices, func(c Choice) g.Node {
			id := "choice-" + name + "-" + c.Value
			return el.Div(el.Class("field check"),
				el.Input(el.ID(id), el.Name(name), el.Type("checkbox"), el.Value(c.Value), g.If(slices.Contains(chosen, c.Value), el.Checked()), g.If(message != "", el.Aria("describedby", "field-"+name+"-wrong"))),
				el.Label(el.For(id), g.Text(c.Label)))
		}),
		f.below(name, "", message),
	)
}

// firstText is what nodes say before the first link or element in them.
func firstText(nodes g.Node) string {
	var b strings.Builder
	_ = nodes.Render(&b) // a Builder takes everything
	before, _, _ := strings.Cut(b.String(), "<")
	return html.UnescapeString(strings.TrimRight(before, " .。"))
}

func (f Form) labelled(field Field, box g.Node) g.Node {
	if f.wrong != nil {
		f.labels[field.Name] = field.Label
	}
	message := f.message(field.Name)
	return el.Div(el.Class("field"),
		el.Label(el.For("field-"+field.Name), g.Text(field.Label), g.If(field.Optional, el.Span(el.Class("optional"), g.Text(T(f.ctx, "선택", "optional"))))),
		box,
		f.below(field.Name, field.Hint, message),
	)
}

func (f Form) common(field Field) g.Node {
	return g.Group{
		g.If(!field.Optional && !field.Depends, el.Required()),
		g.Iff(field.Limit > 0, func() g.Node { return el.MaxLength(strconv.Itoa(field.Limit)) }),
		f.state(field.Name, field.Hint, f.message(field.Name)),
	}
}

// state ties a box to its hint and to what is wrong with it.
func (f Form) state(name, hint, message string) g.Node {
	switch {
	case message != "" && hint != "":
		return g.Group{el.Aria("invalid", "true"), el.Aria("describedby", "field-"+name+"-wrong field-"+name+"-hint")}
	case message != "":
		return g.Group{el.Aria("invalid", "true"), el.Aria("describedby", "field-"+name+"-wrong")}
	case hint != "":
		return el.Aria("describedby", "field-"+name+"-hint")
	default:
		return nil
	}
}

func (f Form) below(name, hint, message string) g.Node {
	return g.Group{
		g.If(message != "", el.P(el.Class("wrong"), el.ID("field-"+name+"-wrong"), g.Text(message))),
		g.If(hint != "", el.P(el.Class("hint"), el.ID("field-"+name+"-hint"), g.Text(hint))),
	}
}

// Button sends the form.
func Button(label string, more ...g.Node) g.Node {
	return el.Button(el.Class("button"), el.Type("submit"), g.Group(more), g.Text(label))
}

// Again is the error with which a handler shows its form again.
func Again(err error, page *Answer) error { return &function.Shown{Err: err, Answer: page} }

// T is a text in the language of the form.
func (f Form) T(ko, en string) string { return T(f.ctx, ko, en) }

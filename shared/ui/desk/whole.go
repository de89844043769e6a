package desk

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/ui"
)

// WholeOf is what assets/whole.js needs to know of a document that is saved whole, by a form with the id whole (Told).
type WholeOf struct {
	Version int64    `json:"version"`
	Path    string   `json:"path"` // of the API, which takes it by PUT and gives it by GET
	Boxes   []string `json:"boxes,omitempty"`
	Lists   []string `json:"lists"` // names of Rows
}

// SaveBar is the foot of such a form.
func SaveBar(ctx context.Context) g.Node {
	return el.Div(el.Class("save-bar"), el.P(el.ID("saved"), el.Class("hint"), el.Role("status")), el.Button(el.ID("save"), el.Type("submit"), el.Class("button"), g.Text(ui.T(ctx, "저장", "Save"))))
}

// RowsOf is a list of entries in a form.
type RowsOf[T any] struct {
	Name, Title, Hint string
	Add               string // on the button that adds one
	List              []T
	Empty             T // what an added one begins as
	// Boxes are those of an entry, named by what stands before their names: pledges[2].
	Boxes func(f ui.Form, at string, v T) g.Node
}

// Rows are the entries of a list, each of which can be moved and taken out, and an empty one to be copied (assets/rows.js).
func Rows[T any](ctx context.Context, r RowsOf[T]) g.Node {
	f := ui.NewForm(ctx)
	entry := func(i int, v T) g.Node {
		act := func(does, mark, label string) g.Node {
			return el.Button(el.Type("button"), el.Class("button icon"), el.Data("does", does), el.Aria("label", r.Title+": "+label), g.Text(mark))
		}
		return el.Li(el.Class("entry"), r.Boxes(f, r.Name+"["+strconv.Itoa(i)+"].", v), el.Div(el.Class("actions"),
			act("up", "↑", ui.T(ctx, "위로", "up")), act("down", "↓", ui.T(ctx, "아래로", "down")), act("out", "✕", ui.T(ctx, "빼기", "take out"))))
	}
	filled := []g.Node{}
	for i, v := range r.List {
		filled = append(filled, entry(i, v))
	}
	return el.FieldSet(el.ID("field-"+r.Name), el.Class("group"), el.Data("rows", r.Name), g.Attr("tabindex", "-1"), el.Legend(g.Text(r.Title)), el.P(el.Class("hint"), g.Text(r.Hint)),
		el.Ol(el.Class("entry-list"), g.Group(filled)),
		el.Template(entry(len(r.List), r.Empty)),
		el.P(el.Button(el.Type("button"), el.Class("button small quiet"), el.Data("does", "add"), g.Text(r.Add))))
}

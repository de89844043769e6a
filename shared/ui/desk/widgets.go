package desk

import (
	"context"
	"encoding/json"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// Told gives a page's scripts what they need to know.
func Told(v any) g.Node {
	b, err := json.Marshal(v)
	if err != nil { // only what cannot be JSON at all, as a channel
		return nil
	}
	return g.Attr("data-told", string(b))
}

// Heading is the first line of a page, with what can be done from there.
func Heading(title string, actions ...g.Node) g.Node {
	return el.Div(el.Class("heading"), el.H1(el.ID("heading"), g.Text(title)), g.If(len(actions) > 0, el.Div(el.Class("actions"), g.Group(actions))))
}

// HeadingOf is Heading with half a line under the title.
func HeadingOf(title, under string, actions ...g.Node) g.Node {
	return el.Div(el.Class("heading"), el.Div(el.H1(el.ID("heading"), g.Text(title)), el.P(el.Class("under-heading"), g.Text(under))), g.If(len(actions) > 0, el.Div(el.Class("actions"), g.Group(actions))))
}

// Link is a link, with a class or "".
func Link(href, label, class string, more ...g.Node) g.Node {
	return el.A(el.Href(href), g.If(class != "", el.Class(class)), g.Group(more), g.Text(label))
}

// Button is one that a script acts on.
func Button(id, label, class string, more ...g.Node) g.Node {
	return el.Button(el.ID(id), el.Type("button"), el.Class("button "+class), g.Group(more), g.Text(label))
}

// Action makes a form stand for an operation of the API (assets/actions.js). Version is
// for If-Match; 0 for none.
func Action(method, path string, version int64) g.Node {
	nodes := g.Group{el.Method("post"), el.Data("method", method), el.Data("action", path)}
	if version > 0 {
		nodes = append(nodes, el.Data("version", strconv.FormatInt(version, 10)))
	}
	return nodes
}

// Said is what the page says after the operation of a form.
func Said(text string) g.Node { return el.Data("said", text) }

// Pager leads on where a list goes on behind a cursor, which is "" where it ends. The list is
// at a path, with a query of pairs of names and values.
func Pager(ctx context.Context, next, path string, query ...string) g.Node {
	if next == "" {
		return nil
	}
	return el.P(el.Class("pager"), Link(At(ctx, path, append(query, "cursor", next)...), ui.T(ctx, "다음", "Next"), "button quiet", el.Rel("next")))
}

// Meanwhile says that something was edited while the caller had it open: by themselves elsewhere, or by somebody else. What is its
// object: "이 공지를", "this notice". Editors are the ids of who edited it since the caller read it; none where nobody knows. Names
// are not said: who reads those leaves a record.
func Meanwhile(ctx context.Context, what problem.Text, editors []string) string {
	if len(editors) == 0 {
		return ui.T(ctx, "그사이 저장된 내용이 바뀌었습니다", "What is stored has changed meanwhile")
	}
	own := auth.From(ctx).MemberID
	if slices.ContainsFunc(editors, func(id string) bool { return id != own }) {
		return ui.T(ctx, "그사이 다른 사람이 "+what.KO+" 고쳤습니다", "Somebody else has edited "+what.EN+" meanwhile")
	}
	return ui.T(ctx, "그사이 내가 다른 창이나 기기에서 "+what.KO+" 고쳤습니다", "You have edited "+what.EN+" in another window or on another device")
}

// Empty is what a list says that has nothing in it.
func Empty(text string, more ...g.Node) g.Node {
	return el.Div(el.Class("empty"), el.P(g.Text(text)), g.Group(more))
}

// Short is a time in a list: in this year without it.
func Short(ctx context.Context, t time.Time) g.Node {
	t = t.In(clock.Seoul)
	return ui.Time(t, ui.ShortDay(ctx, t)+t.Format(" 15:04"))
}

// Moment is a box for a time in Seoul, which may be empty.
func Moment(ctx context.Context, name string, label, hint problem.Text, t *time.Time) ui.Field {
	language, value := function.RequestFrom(ctx).Language, ""
	more := []g.Node{el.Data("type", "time")}
	if t != nil {
		more = append(more, el.Data("was", t.UTC().Format(time.RFC3339Nano)))
		value = t.In(clock.Seoul).Format("2006-01-02T15:04")
	}
	return ui.Field{Name: name, Label: label.In(language), Hint: hint.In(language), Value: value, Type: "datetime-local", Optional: true, More: more}
}

// Thumbnail is a small form of a picture in the sizes that there are, or what stands for a
// file.
func Thumbnail[S ui.Sized](name string, variants []S, class string) g.Node {
	if len(variants) > 0 {
		return ui.Thumbnail(variants[0], class)
	}
	kind := strings.ToUpper(strings.TrimPrefix(path.Ext(name), "."))
	return el.Span(el.Class(class+" kind"), el.Aria("hidden", "true"), g.Text(kind[:min(4, len(kind))]))
}

// DropBox is where files are dropped or chosen.
func DropBox(ctx context.Context, many bool) g.Node {
	text, choose := ui.T(ctx, "파일을 끌어다 놓거나", "Drop files here, or"), ui.T(ctx, "파일 고르기", "Choose files")
	if !many {
		text, choose = ui.T(ctx, "이미지를 끌어다 놓거나", "Drop a picture here, or"), ui.T(ctx, "이미지 고르기", "Choose a picture")
	}
	return el.Label(el.Class("drop"), el.Span(g.Text(text)), el.Span(el.Class("button small quiet"), g.Text(choose)),
		el.Input(el.ID("files"), el.Class("hidden"), el.Type("file"), g.If(many, el.Multiple())))
}

// Badge marks the state of a thing. State is what the style knows: draft, scheduled,
// published, archived, deleted.
func Badge(state, text string) g.Node {
	return el.Span(el.Class("badge"), el.Data("state", state), g.Text(text))
}

// Fact is a line of a list of facts.
func Fact(name string, value g.Node) g.Node { return g.Group{el.Dt(g.Text(name)), el.Dd(value)} }

// Table is one that scrolls by itself where it is too wide.
func Table(label string, heads []g.Node, rows g.Node) g.Node {
	return el.Div(el.Class("scroll"), el.TabIndex("0"), el.Role("region"), el.Aria("label", label), el.Table(el.Class("table"),
		el.THead(el.Tr(g.Group(heads))), el.TBody(rows)))
}

// Column is the head of a column.
func Column(ctx context.Context, ko, en string) g.Node {
	return el.Th(g.Attr("scope", "col"), g.Text(ui.T(ctx, ko, en)))
}

// Numbers is the head of a column of numbers.
func Numbers(ctx context.Context, ko, en string) g.Node {
	return el.Th(g.Attr("scope", "col"), el.Class("number"), g.Text(ui.T(ctx, ko, en)))
}

// Number is a cell of such a column.
func Number(text string) g.Node { return el.Td(el.Class("number"), g.Text(text)) }

// Line is a line of one side of a comparison. Nil is none.
type Line interface {
	// State says whether there is one, whether the other side has the same, and whether it is new.
	State() (there, same, added bool)
	// Words are its parts in their order, with whether they are different.
	Words() iter.Seq2[string, bool]
}

// Row is a row of a comparison: a line of either side.
func Row[L Line](ctx context.Context, before, after L) g.Node {
	cell := func(l L) g.Node {
		there, same, added := l.State()
		if !there {
			return el.Td(el.Class("none"))
		}
		parts := []ui.Part{}
		for text, changed := range l.Words() {
			parts = append(parts, ui.Part{Text: text, Changed: changed})
		}
		if same {
			return el.Td(g.Map(parts, func(p ui.Part) g.Node { return g.Text(p.Text) }))
		}
		return changed(ctx, added, parts)
	}
	return el.Tr(cell(before), cell(after))
}

// changed is a line of a comparison that one side alone has, added or removed, with what of it is different. Words say what
// colour says to others.
func changed(ctx context.Context, added bool, parts []ui.Part) g.Node {
	class, word, mark := "old", ui.T(ctx, "빠짐: ", "Removed: "), el.Del
	if added {
		class, word, mark = "new", ui.T(ctx, "더함: ", "Added: "), el.Ins
	}
	return el.Td(el.Class(class), el.Span(el.Class("hidden"), g.Text(word)), g.Map(parts, func(p ui.Part) g.Node {
		if p.Changed {
			return mark(g.Text(p.Text))
		}
		return g.Text(p.Text)
	}))
}

// Task is something that waits to be done.
type Task struct {
	When  g.Node // until when (ui.Days, ui.Clock), or since when
	Title string
	Href  string
	About []g.Node // half a line each
	Verb  string   // on the button, which leads to the same
}

// Queue are tasks in their order, each with its clock, what it is and one verb; behind the first few the rest is folded. On phones
// the title alone leads on.
func Queue(ctx context.Context, tasks []Task, first int) g.Node {
	list := func(tasks []Task) g.Node {
		return el.Ul(el.Class("work"), g.Map(tasks, func(t Task) g.Node {
			return el.Li(
				el.P(el.Class("when"), t.When),
				el.Div(el.H3(Link(t.Href, t.Title, "row-title")), el.P(el.Class("meta"), g.Group(t.About))),
				el.A(el.Class("button small quiet"), el.Href(t.Href), g.Text(t.Verb), el.Span(el.Class("hidden"), g.Text(": "+t.Title))),
			)
		}))
	}
	if len(tasks) <= first+1 { // one more is not worth pressing for
		return list(tasks)
	}
	rest := strconv.Itoa(len(tasks) - first)
	return g.Group{list(tasks[:first]), el.Details(el.Class("rest"), el.Summary(g.Text(ui.T(ctx, rest+"건 더 보기", "Show "+rest+" more"))), list(tasks[first:]))}
}

// Count is how much waits behind an entry of the rail; assets/waiting.js puts it there. Late says that some of it is.
func Count(ctx context.Context, path string, n int, late bool) g.Node {
	class, said := "", ui.T(ctx, "기다리는 일 ", "waiting: ")
	if late {
		class, said = "late", ui.T(ctx, "늦은 일이 있음, 기다리는 일 ", "some late, waiting: ")
	}
	return el.Em(el.Data("of", path), g.If(class != "", el.Class(class)), el.Span(el.Class("hidden"), g.Text(said)), g.Text(strconv.Itoa(n)))
}

// Answer is a question that a page answers at once.
type Answer struct {
	Question string
	Said     g.Node
	More     g.Node // half a line more, or nil
}

// Answers are what is asked first of a page, beside each other where there is room.
func Answers(list ...Answer) g.Node {
	return el.Dl(el.Class("answers"), g.Map(list, func(a Answer) g.Node {
		return el.Div(el.Dt(g.Text(a.Question)), el.Dd(el.Class("said"), a.Said), g.If(a.More != nil, el.Dd(el.Class("hint"), a.More)))
	}))
}

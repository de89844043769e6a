package ui

import (
	"context"
	"path"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// Gate is a section's line with its title: a wall seen from above, and the link to more is the
// gate in it. Without a link the gap stays. ID names the title for aria-labelledby; label is
// what screen readers hear before the link's text, or "".
func Gate(id, title, href, link, label string) g.Node {
	return el.Header(el.Class("gate"),
		el.H2(el.ID(id), g.Text(title)),
		g.If(href != "", el.A(el.Href(href), g.If(label != "", el.Span(el.Class("hidden"), g.Text(label+" "))), g.Text(link))),
		g.If(href == "", el.Span(el.Class("gap"), el.Aria("hidden", "true"))),
	)
}

// Kind is what a state is like. Each has a shape and a colour, and its word says the same.
type Kind string

// The kinds of states.
const (
	Open  Kind = "open"  // ● goes on, is in force, is new
	Wait  Kind = "wait"  // ○ is to come, was received
	Half  Kind = "half"  // ◐ waits for somebody, is looked at
	Done  Kind = "done"  // ■ is answered, decided, well
	Late  Kind = "late"  // ▲ is urgent, is late
	Draft Kind = "draft" // ◇ is seen by few
	No    Kind = "no"    // – was refused, ended, taken back
	Pin   Kind = "pin"   // stands above the others
)

// State is a state as shape, colour and word.
func State(kind Kind, word string) g.Node {
	return el.Span(el.Class("st "+string(kind)), g.Text(word))
}

// near is how many days before its end a clock is amber.
const near = 3

// Clock is how long there is until a time, as text: D-9, 내일 18:00, 오늘 18:00, 지연 2일. Midnight
// is the end of the day before it.
func Clock(ctx context.Context, until time.Time) g.Node {
	now, end := clock.Now(ctx).In(clock.Seoul), until.In(clock.Seoul)
	last := end
	if end.Equal(clock.Midnight(end)) {
		last = end.Add(-time.Minute)
	}
	days := clock.Days(now, last)
	hour := end.Format("15:04")
	if last != end {
		hour = "24:00"
	}
	word, class := T(ctx, "D-"+strconv.Itoa(days), text.Many(days, "day")+" left"), "d"
	switch {
	case !now.Before(end) && days == 0:
		word, class = T(ctx, "오늘 끝남", "Ended today"), "d late"
	case !now.Before(end):
		word, class = T(ctx, "지연 "+strconv.Itoa(-days)+"일", text.Many(-days, "day")+" late"), "d late"
	case days == 0:
		word, class = T(ctx, "오늘 "+hour, "Today "+hour), "d near"
	case days == 1:
		word, class = T(ctx, "내일 "+hour, "Tomorrow "+hour), "d near"
	case days <= near:
		class = "d near"
	}
	return el.Time(el.Class(class), el.DateTime(end.Format(time.RFC3339)), g.Text(word))
}

// Days is how many days there are until the day that ends at a time, in the words that the council
// counts them by: D-3, 오늘까지, 지연 2일. Days are below 0 after it.
func Days(until time.Time, days int, word string) g.Node {
	class := "d"
	switch {
	case days < 0:
		class = "d late"
	case days <= near:
		class = "d near"
	}
	return el.Time(el.Class(class), el.DateTime(until.In(clock.Seoul).Format(time.RFC3339)), g.Text(word))
}

// Meter is a number on its way to a threshold, as a bar; the sentence says both. Beyond the
// threshold the scale grows and the line moves left.
func Meter(value, threshold int, sentence string) g.Node {
	scale := max(threshold*5/4, value*17/16, 1)
	percent := func(n int) string { return strconv.Itoa(n*100/scale) + "%" }
	bar := func(class, width string) g.Node {
		return g.El("rect", el.Class(class), g.Attr("y", "5"), el.Width(width), el.Height("10"))
	}
	return el.SVG(el.Class("meter"), el.Role("img"), el.Aria("label", sentence), bar("t", "100%"), bar("f", percent(value)),
		g.El("line", el.Class("m"), g.Attr("x1", percent(threshold)), g.Attr("x2", percent(threshold)), g.Attr("y1", "0"), g.Attr("y2", "20")))
}

// Cell is one of three of a kind beside each other (Trio). Top stands above its title, as state
// and clock; Below under it.
type Cell struct {
	Top   g.Node
	Title string
	Href  string
	Below g.Node
}

// Trio are cells with shared lines.
func Trio(ctx context.Context, cells ...Cell) g.Node {
	return el.Ul(el.Class("trio"), g.Map(cells, func(c Cell) g.Node {
		return el.Li(el.Div(el.Class("spread"), c.Top), el.H3(el.A(el.Href(c.Href), Korean(ctx), g.Text(c.Title))), el.Div(c.Below))
	}))
}

// Deed is something that can be done now (Now).
type Deed struct {
	Kind  string // as 투표
	Until time.Time
	Title problem.Text
	Mark  string // instead of the time, where it has none that ends
	Line  string // or "", in Korean
	Note  string // beside the button, or ""
	Href  string
	Verb  string // on the button, as 투표하기
}

// Now is what can be done now, at most four things, on the wall of the main page; nil for nothing.
func Now(ctx context.Context, deeds ...Deed) g.Node {
	if len(deeds) == 0 {
		return nil
	}
	return el.Section(el.Class("now"), el.Aria("labelledby", "now"), el.H2(el.Class("hidden"), el.ID("now"), g.Text(T(ctx, "지금 할 수 있는 일", "What you can do now"))),
		el.Ul(g.Map(deeds[:min(4, len(deeds))], func(d Deed) g.Node {
			return el.Li(
				el.P(el.Class("kind"), g.Text(d.Kind)),
				g.If(d.Mark != "", el.P(el.Class("d"), g.Text(d.Mark))), g.Iff(d.Mark == "", func() g.Node { return Clock(ctx, d.Until) }),
				el.H3(Said(ctx, d.Title), g.If(d.Line != "", el.Small(Korean(ctx), g.Text(d.Line)))),
				el.Div(el.Class("act"), el.Span(el.Class("xs soft grow"), g.Text(d.Note)), el.A(el.Class("button small"), el.Href(d.Href), g.Text(d.Verb), el.Span(el.Class("hidden"), g.Text(": "+Name(ctx, d.Title))))),
			)
		})),
	)
}

// Paragraphs are a plain text: an empty line parts paragraphs, another one lines.
func Paragraphs(s string) g.Group {
	list := g.Group{}
	for part := range strings.SplitSeq(s, "\n\n") {
		lines := g.Group{}
		for i, line := range strings.Split(part, "\n") {
			if i > 0 {
				lines = append(lines, el.Br())
			}
			lines = append(lines, g.Text(line))
		}
		list = append(list, el.P(lines))
	}
	return list
}

// Announce says what was done, above what is shown; nothing for no message.
func Announce(message string) g.Node {
	if message == "" {
		return nil
	}
	return el.P(el.Class("notice-box"), el.Role("status"), g.Text(message))
}

// Empty is what stands where nothing is yet: what will be there, what one can do, and perhaps a
// link. Below a Gate it needs no box.
func Empty(what, can string, link ...g.Node) g.Node {
	return el.Div(el.Class("none"), el.P(el.B(g.Text(what))), g.If(can != "", el.P(g.Text(can))), g.If(len(link) > 0, el.P(g.Group(link))))
}

// Tab is one of the views of a list, or a filter of it. Count is shown behind its label; "" for
// none.
type Tab struct {
	Label, Href, Count string
	Here               bool
	Korean             bool // the label is what the council wrote
}

// Tabs are the views of a list beside each other; label says what they tell apart.
func Tabs(ctx context.Context, label string, tabs ...Tab) g.Node {
	return el.Nav(el.Class("tabs"), el.Aria("label", label), g.Map(tabs, func(t Tab) g.Node {
		return el.A(el.Href(t.Href), current(t.Here), g.If(t.Korean, Korean(ctx)), g.Text(t.Label), g.If(t.Count != "", el.Small(g.Text(" "+t.Count))))
	}))
}

// Chips are filters that combine: each leads to the list with it, and one that holds to the list
// without it.
func Chips(ctx context.Context, label string, chips ...Tab) g.Node {
	if len(chips) == 0 {
		return nil
	}
	return el.Nav(el.Class("chips"), el.Aria("label", label), g.Map(chips, func(c Tab) g.Node {
		return el.A(el.Href(c.Href), g.If(c.Here, el.Aria("current", "true")), g.If(c.Korean, el.Span(Korean(ctx), g.Text(c.Label))), g.If(!c.Korean, g.Text(c.Label)),
			g.If(c.Count != "", el.Small(g.Text(c.Count))), g.If(c.Here, el.Small(g.Text(T(ctx, "빼기", "remove")))))
	}))
}

// Pager says how much of a list is shown and leads on; first and next are addresses, "" where
// there is nothing to lead to. It is nil where the whole list is shown.
func Pager(ctx context.Context, said, first, next, nextLabel string) g.Node {
	return PagerBack(ctx, said, first, "", "", next, nextLabel)
}

// PagerBack is Pager of a list whose page before has an address, too.
func PagerBack(ctx context.Context, said, first, previous, previousLabel, next, nextLabel string) g.Node {
	if first == "" && next == "" {
		return nil
	}
	return el.Nav(el.Class("pager"), el.Aria("label", T(ctx, "페이지", "Pages")),
		el.Span(g.Text(said)),
		el.Span(el.Class("bar"),
			g.If(first != "", el.A(el.Class("button quiet"), el.Href(first), g.Text(T(ctx, "처음으로", "First page")))),
			g.If(previous != "", el.A(el.Class("button quiet"), el.Rel("prev"), el.Href(previous), g.Text(previousLabel))),
			g.If(next != "", el.A(el.Class("button quiet"), el.Rel("next"), el.Href(next), g.Text(nextLabel))),
		),
	)
}

// Toast says in one sentence what was done, with a way to undo it where there is one. Without
// scripts the next page has it.
func Toast(sentence string, undo ...g.Node) g.Node {
	return el.P(el.Class("toast"), el.Role("status"), el.Span(g.Text(sentence)), g.Group(undo))
}

// Joined is something in quotes with the Korean particle that follows it, as one word: ‘단수
// 안내’를 does not leave 를 alone on a line. Particle is one that text.Particle knows, by its form
// after a vowel: "는", "가", "를", "로", "와".
func Joined(word, particle string) string {
	return "‘" + word + "’" + text.Joiner + text.Particle(word, particle)
}

// Document is a file that readers may take with them: its address, its name and its bytes.
type Document interface {
	Document() (url, name string, size int64)
}

// Documents are files under a heading, each with its kind and size; nil where there are none.
func Documents[D Document](ctx context.Context, heading string, list []D) g.Node {
	if len(list) == 0 {
		return nil
	}
	return el.Section(el.Class("files"), el.Aria("labelledby", "files"),
		el.H2(el.ID("files"), g.Text(heading)),
		el.Ul(g.Map(list, func(d D) g.Node {
			url, name, size := d.Document()
			kind := strings.ToUpper(strings.TrimPrefix(path.Ext(url), "."))
			return el.Li(el.Span(el.Class("ext"), el.Aria("hidden", "true"), g.Text(kind)), el.Span(el.A(el.Href(url), el.Download(name), el.Span(Korean(ctx), g.Text(name))), el.Small(g.Text(kind+"\u00a0· "+Size(size)))))
		})),
	)
}

// Share is a part of a whole as a bar; the sentence says both. Without a whole it is empty.
func Share(part, whole int, sentence string) g.Node {
	percent := strconv.Itoa(min(part, whole)*100/max(whole, 1)) + "%"
	bar := func(class, width string) g.Node {
		return g.El("rect", el.Class(class), g.Attr("y", "5"), el.Width(width), el.Height("10"))
	}
	return el.SVG(el.Class("meter"), el.Role("img"), el.Aria("label", sentence), bar("t", "100%"), bar("f", percent))
}

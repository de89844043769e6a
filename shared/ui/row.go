package ui

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// Korean marks what the council wrote, on pages that are not in Korean.
func Korean(ctx context.Context) g.Node {
	if function.RequestFrom(ctx).Language == "ko" {
		return nil
	}
	return el.Lang("ko")
}

// Said is what the council wrote, in the language of the page or, where it is not in that, in
// Korean and marked so.
func Said(ctx context.Context, t problem.Text) g.Node {
	language := function.RequestFrom(ctx).Language
	if said := t.In(language); said != "" {
		return g.Text(said)
	}
	return g.Group{Korean(ctx), g.Text(t.KO)}
}

// Name is what something is called in the language of the page, where it has a name in it.
func Name(ctx context.Context, t problem.Text) string {
	return t.Name(function.RequestFrom(ctx).Language)
}

// Query is an address with a query of pairs of names and values; empty values are left out.
func Query(path string, pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// Sized is one of the sizes that a picture is kept in.
type Sized = interface {
	Size() (url string, width, height int) // pixels
}

// Picture is an image in the sizes that there are, the smallest first; the largest stands
// for all. Sizes says how wide it is shown, as the attribute of that name.
func Picture[S Sized](variants []S, alt, sizes string, first bool, more ...g.Node) g.Node {
	src, width, height := variants[len(variants)-1].Size()
	set := []string{}
	for _, v := range variants {
		u, w, _ := v.Size()
		set = append(set, u+" "+strconv.Itoa(w)+"w")
	}
	return el.Img(el.Src(src), el.SrcSet(strings.Join(set, ", ")), g.Attr("sizes", sizes), el.Width(strconv.Itoa(width)), el.Height(strconv.Itoa(height)), el.Alt(alt),
		g.If(!first, el.Loading("lazy")), g.If(first, g.Attr("fetchpriority", "high")), g.Group(more))
}

// Thumbnail is a picture in one size, which says nothing that is not beside it.
func Thumbnail(v Sized, class string) g.Node {
	src, width, height := v.Size()
	return el.Img(el.Class(class), el.Src(src), el.Width(strconv.Itoa(width)), el.Height(strconv.Itoa(height)), el.Alt(""), el.Loading("lazy"))
}

// Row is something in a list. It has the fields of what the domain says of a thing
// (notice.Row), so that one is converted to the other.
type Row struct {
	Path     string       // Korean
	Title    problem.Text // each text without English where there is none
	Line     problem.Text // one line of its text, or none
	Unit     problem.Text
	At       time.Time
	Tags     []problem.Text
	TagPath  string // the list that tags narrow
	Pinned   bool
	Urgent   bool
	Imported bool
	Image    Sized // or nil
}

// H2 is a heading of rows below h1.
func H2(n ...g.Node) g.Node { return el.H2(n...) }

// H3 is a heading below a section's h2.
func H3(n ...g.Node) g.Node { return el.H3(n...) }

// Rows are things in a list: when, what with one line, whose. Pins says whether pinned ones are
// marked. A page with them says so by View.Dated.
func Rows[R any](ctx context.Context, list []R, row func(R) Row, heading func(...g.Node) g.Node, pins bool) g.Node {
	return el.Ul(el.Class("rows"), g.Map(list, func(v R) g.Node {
		r := row(v)
		return el.Li(
			el.Time(el.Class("day"), el.DateTime(r.At.In(clock.Seoul).Format(time.RFC3339)), g.Text(NearDay(ctx, r.At))),
			el.Div(
				heading(
					g.If(r.Urgent, g.Group{UrgentState(ctx), g.Text(" ")}),
					g.If(r.Pinned && pins, g.Group{PinnedState(ctx), g.Text(" ")}),
					g.If(r.Imported, g.Group{ImportedState(ctx), g.Text(" ")}),
					el.A(el.Href(Local(ctx, r.Path)), Said(ctx, r.Title)),
				),
				g.If(r.Line.KO+r.Line.EN != "", el.P(Said(ctx, r.Line))),
			),
			el.Span(el.Class("unit"), Said(ctx, r.Unit)),
			g.Iff(r.Image != nil, func() g.Node { return Thumbnail(r.Image, "thumb") }),
		)
	}))
}

// Runs are the parts of a list in which all have the same in common, as the months of what is in the order of time.
func Runs[T any, K comparable](list []T, common func(T) K) iter.Seq2[K, []T] {
	return func(yield func(K, []T) bool) {
		for len(list) > 0 {
			key, n := common(list[0]), 1
			for n < len(list) && common(list[n]) == key {
				n++
			}
			if !yield(key, list[:n]) {
				return
			}
			list = list[n:]
		}
	}
}

// UrgentState marks what is urgent.
func UrgentState(ctx context.Context) g.Node { return State(Late, T(ctx, "긴급", "Urgent")) }

// PinnedState marks what is pinned.
func PinnedState(ctx context.Context) g.Node { return State(Pin, T(ctx, "고정", "Pinned")) }

// ImportedState marks what was brought along from elsewhere.
func ImportedState(ctx context.Context) g.Node {
	return State(Wait, T(ctx, "옮겨 온 공지", "Imported"))
}

// TagLink leads to a list that a tag narrows.
func TagLink(ctx context.Context, list string, tag problem.Text) g.Node {
	shown := problem.Text{KO: "#" + tag.KO}
	if tag.EN != "" {
		shown.EN = "#" + tag.EN
	}
	return el.A(el.Href(Query(Local(ctx, list), "tag", tag.KO)), Said(ctx, shown))
}

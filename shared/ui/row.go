package ui

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/function"
)

// Korean marks what the council wrote, on pages that are not in Korean.
func Korean(ctx context.Context) g.Node {
	if function.RequestFrom(ctx).Language == "ko" {
		return nil
	}
	return el.Lang("ko")
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
func Picture[S Sized](variants []S, alt, sizes string, first bool) g.Node {
	src, width, height := variants[len(variants)-1].Size()
	set := []string{}
	for _, v := range variants {
		u, w, _ := v.Size()
		set = append(set, u+" "+strconv.Itoa(w)+"w")
	}
	return el.Img(el.Src(src), el.SrcSet(strings.Join(set, ", ")), g.Attr("sizes", sizes), el.Width(strconv.Itoa(width)), el.Height(strconv.Itoa(height)), el.Alt(alt),
		g.If(!first, el.Loading("lazy")), g.If(first, g.Attr("fetchpriority", "high")))
}

// Thumbnail is a picture in one size, which says nothing that is not beside it.
func Thumbnail(v Sized, class string) g.Node {
	src, width, height := v.Size()
	return el.Img(el.Class(class), el.Src(src), el.Width(strconv.Itoa(width)), el.Height(strconv.Itoa(height)), el.Alt(""), el.Loading("lazy"))
}

// Row is something in a list. It has the fields of what the domain says of a thing
// (notice.Row), so that one is converted to the other.
type Row struct {
	Path    string // Korean
	Title   string
	Line    string // one line of its text, or ""
	Unit    string
	At      time.Time
	Tags    []string
	TagPath string // the list that tags narrow
	Pinned  bool
	Urgent  bool
	Image   Sized // or nil
}

// H2 is a heading of rows below h1.
func H2(n ...g.Node) g.Node { return el.H2(n...) }

// H3 is a heading below a section's h2.
func H3(n ...g.Node) g.Node { return el.H3(n...) }

// Rows are things in a list. Pins says whether pinned ones are marked.
func Rows[R any](ctx context.Context, list []R, row func(R) Row, heading func(...g.Node) g.Node, pins bool) g.Node {
	return el.Ul(el.Class("rows"), g.Map(list, func(v R) g.Node {
		r := row(v)
		return el.Li(
			el.Div(el.Class("row-text"),
				heading(
					g.If(r.Urgent, UrgentBadge(ctx)),
					g.If(r.Pinned && pins, PinnedBadge(ctx)),
					el.A(el.Href(Local(ctx, r.Path)), Korean(ctx), g.Text(r.Title)),
				),
				g.If(r.Line != "", el.P(el.Class("excerpt"), Korean(ctx), g.Text(r.Line))),
				el.P(el.Class("meta"),
					Time(r.At, ShortDay(ctx, r.At)),
					el.Span(Korean(ctx), g.Text(r.Unit)),
					g.Map(r.Tags, func(t string) g.Node { return TagLink(ctx, r.TagPath, t) }),
				),
			),
			g.Iff(r.Image != nil, func() g.Node { return Thumbnail(r.Image, "thumb") }),
		)
	}))
}

// UrgentBadge marks what is urgent.
func UrgentBadge(ctx context.Context) g.Node {
	return el.Span(el.Class("badge urgent-badge"), g.Text(T(ctx, "긴급", "Urgent")))
}

// PinnedBadge marks what is pinned.
func PinnedBadge(ctx context.Context) g.Node {
	return el.Span(el.Class("badge"), g.Text(T(ctx, "고정", "Pinned")))
}

// TagLink leads to a list that a tag narrows.
func TagLink(ctx context.Context, list, tag string) g.Node {
	return el.A(el.Href(Query(Local(ctx, list), "tag", tag)), Korean(ctx), g.Text("#"+tag))
}

// Empty is what a list says that has nothing in it.
func Empty(text string) g.Node { return el.P(el.Class("empty"), g.Text(text)) }

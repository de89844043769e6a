package ui

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"
)

// Part is a part of a line that two texts have or have not in common.
type Part struct {
	Text    string
	Changed bool
}

// Line is a line of one of two texts; or a note, as (생략), behind the marks of the lines that it
// stands for; or nothing.
type Line struct {
	Parts []Part
	Marks string
	Note  string
}

// Difference is something in which two texts differ, as an article: its title as the council
// wrote it, what became of it, and its lines beside each other.
type Difference struct {
	Title string
	State Kind
	Word  string // of the state
	Pairs [][2]Line
}

// Comparison is how two texts differ: side by side, and on a phone one above the other. Left and
// right say what they are. Difference n, from 1, is at #c1. Its style is rules.css.
func Comparison(ctx context.Context, left, right string, list []Difference) g.Node {
	nodes := []g.Node{el.Div(el.Class("cmp-head"), el.Aria("hidden", "true"), el.Span(g.Text(left)), el.Span(g.Text(right)))}
	for i, d := range list {
		column := func(side int, name string, class string) g.Node {
			return el.Div(el.Class(class), el.B(el.Class("side-name"), g.Text(name)), g.Map(d.Pairs, func(p [2]Line) g.Node { return p[side].node(ctx, side == 0) }))
		}
		nodes = append(nodes, el.Section(el.Class("art"), el.ID("c"+strconv.Itoa(i+1)),
			el.H3(el.Span(Korean(ctx), g.Text(d.Title)), State(d.State, d.Word)),
			el.Div(el.Class("cmp"), column(0, left, "was"), column(1, right, "is")),
		))
	}
	return g.Group(nodes)
}

// Legend says what the marks of a comparison mean.
func Legend(ctx context.Context) g.Node {
	return el.P(el.Class("sm soft legend"), el.Ins(g.Text(T(ctx, "밑줄", "Underlined"))), g.Text(T(ctx, "은 새로 넣은 글자, ", " is new, ")), el.Del(g.Text(T(ctx, "가운데 줄", "struck out"))), g.Text(T(ctx, "은 뺀 글자입니다.", " is gone.")))
}

// node is a cell. Hidden words say what lines say to others.
func (c Line) node(ctx context.Context, old bool) g.Node {
	switch {
	case c.Note != "":
		return el.P(el.Class("same"), g.If(c.Marks != "", g.Group{el.Span(Korean(ctx), g.Text(c.Marks)), g.Text(" ")}), g.Text(c.Note))
	case len(c.Parts) == 0:
		return nil
	}
	return el.P(Korean(ctx), g.Map(c.Parts, func(p Part) g.Node {
		switch {
		case !p.Changed:
			return g.Text(p.Text)
		case old:
			return el.Del(hiddenWord(ctx, "뺌: ", "gone: "), g.Text(p.Text))
		default:
			return el.Ins(hiddenWord(ctx, "넣음: ", "new: "), g.Text(p.Text))
		}
	}))
}

// hiddenWord is for who hears a page.
func hiddenWord(ctx context.Context, ko, en string) g.Node {
	language := "ko"
	if T(ctx, "", "en") != "" {
		language = "en"
	}
	return el.Span(el.Class("hidden"), el.Lang(language), g.Text(T(ctx, ko, en)))
}

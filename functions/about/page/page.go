// Package page is what readers see of what the council says of itself.
package page

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/about"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/markdown"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// handlers are the pages and what they need.
type handlers struct {
	frame  ui.Frame
	abouts about.Reader
}

// Entries are those of the site's menu.
func Entries() []function.Entry {
	return []function.Entry{{
		Label: problem.Text{KO: "소개", EN: "About"}, Path: about.Path, Order: 60, Group: function.Council,
		Hint: problem.Text{KO: "조직도, 공약과 그 진행, 역대 총학생회", EN: "Who we are, our pledges, and the councils before"},
	}}
}

// Routes are the pages.
func Routes(d function.Deps) []function.Route {
	h := handlers{frame: ui.Site(d), abouts: about.NewReader(d.DB)}
	return h.frame.Pages(
		function.Route{Method: "GET", Path: about.Path, Access: function.Anyone, Page: &function.Page{Tags: []string{about.Kind}, Eager: true}, Do: function.Do(h.page), Doc: "What the council says of itself."},
	)
}

// part is one of the page's parts.
type part struct {
	id, title string
	node      g.Node
}

func (h handlers) page(ctx context.Context, _ *struct{}) (*ui.Answer, error) {
	v, err := h.abouts.Read(ctx)
	if err != nil {
		return nil, err
	}
	name := h.frame.Named(ctx)
	title := ui.T(ctx, "학생회 소개", "About the council")
	parts := []part{}
	add := func(shown bool, id, title string, node func() g.Node) {
		if shown {
			parts = append(parts, part{id, title, node()})
		}
	}
	add(len(v.Pledges) > 0, "pledges", ui.T(ctx, "공약", "Pledges"), func() g.Node { return pledges(ctx, v.Content) })
	add(len(v.Offices) > 0, "chart", ui.T(ctx, "조직도", "Organisation chart"), func() g.Node { return chart(ctx, v.Offices) })
	add(len(v.Councils) > 0, "councils", ui.T(ctx, "역대 총학생회", "Past councils"), func() g.Node { return councils(ctx, v.Councils) })
	links := []ui.Tab{}
	for _, p := range parts {
		links = append(links, ui.Tab{Label: p.title, Href: "#" + p.id})
	}
	return h.frame.Page(ctx, ui.View{
		Title: title, Description: ui.T(ctx, name+"의 조직도와 공약, 역대 총학생회", name+": organisation, pledges, and the councils before"),
		Path: about.Path, Section: about.Path, Styles: []string{"site.css"}, Empty: v.Empty(), Tags: []string{about.Kind},
		Main: []g.Node{
			el.Div(el.Class("head"), el.H1(g.Text(title))),
			g.Iff(v.Empty(), func() g.Node {
				return ui.Empty(ui.T(ctx, "아직 소개가 없어요", "There is nothing here yet"), ui.T(ctx, "조직도와 공약이 이곳에 올라와요.", "The organisation chart and the pledges come here."))
			}),
			g.Iff(len(links) > 1, func() g.Node { return ui.Tabs(ctx, ui.T(ctx, "이 페이지에서", "On this page"), links...) }),
			introduction(ctx, v.Content),
			g.Map(parts, func(p part) g.Node {
				return el.Section(el.Class("sect"), el.Aria("labelledby", p.id), ui.Gate(p.id, p.title, "", "", ""), p.node)
			}),
		},
	}), nil
}

func introduction(ctx context.Context, c about.Content) g.Node {
	body, korean := c.Body, ui.Korean(ctx)
	if function.RequestFrom(ctx).Language == "en" && c.BodyEN != "" {
		body, korean = c.BodyEN, nil
	}
	if body == "" {
		return nil
	}
	return g.Group{el.H2(el.Class("hidden"), g.Text(ui.T(ctx, "소개", "About us"))), el.Div(el.Class("prose"), korean, g.Raw(markdown.Render(body)))}
}

func pledges(ctx context.Context, c about.Content) g.Node {
	all, kept := strconv.Itoa(len(c.Pledges)), strconv.Itoa(c.Kept())
	said := ui.T(ctx, "공약 "+all+"개 가운데 "+kept+"개를 지켰습니다.", kept+" of "+all+" pledges are kept.")
	return g.Group{
		el.Div(el.Class("kept"), el.P(el.B(el.Class("big-n"), g.Text(kept)), g.Text(" / "+all)), ui.Share(c.Kept(), len(c.Pledges), said), el.P(el.Class("soft sm"), g.Text(said))),
		g.Map(c.Areas(), func(list []about.Pledge) g.Node {
			return el.Section(el.Class("area"),
				g.If(list[0].Area != "", el.H3(ui.Korean(ctx), g.Text(list[0].Area))),
				el.Ul(el.Class("pledges"), g.Map(list, func(p about.Pledge) g.Node {
					return el.Li(el.ID("pledge-"+p.ID),
						el.Div(
							el.P(el.B(ui.Said(ctx, problem.Text{KO: p.Title, EN: p.TitleEN}))),
							g.If(p.Note != "", el.P(el.Class("soft sm"), ui.Korean(ctx), g.Text(p.Note))),
							el.P(el.Class("soft xs"), ui.Time(p.ChangedAt, ui.T(ctx, ui.ShortDay(ctx, p.ChangedAt)+" 고침", "Updated "+ui.ShortDay(ctx, p.ChangedAt))),
								g.Iff(p.Link != "", func() g.Node {
									return g.Group{g.Text(" · "), el.A(el.Href(p.Link), g.Text(ui.T(ctx, "확인하기", "See it")), el.Span(el.Class("hidden"), ui.Korean(ctx), g.Text(": "+p.Title)))}
								})),
						),
						state(ctx, p),
					)
				})),
			)
		}),
	}
}

// chart is the offices as lists in lists: an office's list are those below it.
func chart(ctx context.Context, offices []about.Office) g.Node {
	nodes := []g.Node{}
	for i := 0; i < len(offices); {
		end := i + 1
		for end < len(offices) && offices[end].Depth > offices[i].Depth {
			end++
		}
		nodes = append(nodes, office(ctx, offices[i], offices[i+1:end]))
		i = end
	}
	return el.Ul(el.Class("chart"), g.Group(nodes))
}

func office(ctx context.Context, o about.Office, below []about.Office) g.Node {
	return el.Li(
		el.Div(el.Class("office"),
			el.P(el.B(ui.Said(ctx, problem.Text{KO: o.Name, EN: o.NameEN})), g.If(o.Holder != "", g.Group{g.Text(" "), el.Span(ui.Korean(ctx), g.Text(o.Holder))})),
			g.If(o.Work != "", el.P(el.Class("soft sm"), ui.Korean(ctx), g.Text(o.Work))),
			g.If(o.Contact != "", el.P(el.Class("soft sm"), contact(o.Contact))),
		),
		g.Iff(len(below) > 0, func() g.Node { return chart(ctx, below) }),
	)
}

func councils(ctx context.Context, list []about.Council) g.Node {
	head := func(ko, en string) g.Node { return el.Th(el.Scope("col"), g.Text(ui.T(ctx, ko, en))) }
	return el.Div(el.Class("scroll"), el.TabIndex("0"), el.Role("group"), el.Aria("labelledby", "councils"), el.Table(el.Class("past"),
		el.THead(el.Tr(head("대", "No."), head("이름", "Name"), head("임기", "Term"), head("회장단", "Heads"), head("한 일", "Achievements"))),
		el.TBody(ui.Korean(ctx), g.Map(list, func(c about.Council) g.Node {
			name := ""
			if c.Name != "" {
				name = "〈" + c.Name + "〉"
			}
			return el.Tr(el.Th(el.Scope("row"), g.Text("제"+strconv.Itoa(c.Number)+"대")), el.Td(g.Text(name)), el.Td(g.Text(c.Term)), el.Td(g.Text(c.Heads)), el.Td(g.Text(c.Note)))
		})),
	))
}

// state is how far a pledge is as shape and word.
func state(ctx context.Context, p about.Pledge) g.Node {
	kind, word := p.Sign()
	return ui.State(ui.Kind(kind), ui.Name(ctx, word))
}

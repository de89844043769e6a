package page

import (
	"context"
	"slices"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/ui"
)

// styles of all pages of rules.
func styles() []string { return []string{"site.css", "rules.css"} }

type listRequest struct{}

func (h handlers) list(ctx context.Context, _ *listRequest) (*ui.Answer, error) {
	books, changes, err := h.rules.Books(ctx)
	if err != nil {
		return nil, err
	}
	now := clock.Now(ctx)
	books = slices.DeleteFunc(books, func(b rule.Shelved) bool { // drafts are the console's
		return !slices.ContainsFunc(b.Versions, func(v rule.Version) bool { return v.Public(now) })
	})
	living, repealed := []rule.Shelved{}, []rule.Shelved{}
	for _, b := range books {
		if b.Repealed() {
			repealed = append(repealed, b)
		} else {
			living = append(living, b)
		}
	}
	title := ui.T(ctx, "회칙", "Rules")
	return h.frame.Page(ctx, ui.View{
		Title: title, Path: rule.ListPath, Section: rule.ListPath, Class: "reading", Styles: styles(), Changes: changes,
		Description: ui.T(ctx, "지금 시행하는 회칙과 세칙, 그리고 지난 어느 날의 회칙을 볼 수 있습니다.", "The rules in force, and those of any day before."),
		Main: []g.Node{
			el.H1(g.Text(title)),
			g.If(len(books) == 0, ui.Empty(ui.T(ctx, "등록된 회칙이 없어요", "There are no rules yet"), ui.T(ctx, "회칙과 세칙을 공포하면 여기에서 조문별로 볼 수 있어요.", "They can be read here, article by article, once they are promulgated."))),
			g.Iff(len(living) > 0, func() g.Node { return h.tree(ctx, under(living), "") }),
			g.Iff(len(repealed) > 0, func() g.Node {
				return el.Section(el.Aria("labelledby", "repealed"), el.H2(el.ID("repealed"), el.Class("month-name"), g.Text(ui.T(ctx, "폐지한 회칙", "Repealed"))),
					el.Ul(el.Class("rows books"), g.Map(repealed, func(b rule.Shelved) g.Node { return el.Li(h.row(ctx, b)) })))
			}),
		},
	}), nil
}

// under are rulebooks by the one that they are drawn below, "" for the top: one whose own is not among them, and of a ring, where
// each would wait for another, the first. So each is drawn once.
func under(books []rule.Shelved) map[string][]rule.Shelved {
	parents := map[string]string{}
	for _, b := range books {
		parents[b.Slug] = b.Parent
	}
	list := map[string][]rule.Shelved{}
	for _, b := range books {
		up := b.Slug
		for range books {
			if up = parents[up]; up == "" || up == b.Slug {
				break
			}
		}
		if _, there := parents[b.Parent]; !there || up == b.Slug {
			parents[b.Slug] = ""
		}
		list[parents[b.Slug]] = append(list[parents[b.Slug]], b)
	}
	return list
}

// tree are rulebooks, each with what is drawn below it.
func (h handlers) tree(ctx context.Context, books map[string][]rule.Shelved, top string) g.Node {
	if len(books[top]) == 0 {
		return nil
	}
	return el.Ul(el.Class("rows books"), g.Map(books[top], func(b rule.Shelved) g.Node {
		return el.Li(h.row(ctx, b), h.tree(ctx, books, b.Slug))
	}))
}

func (h handlers) row(ctx context.Context, b rule.Shelved) g.Node {
	now := clock.Now(ctx)
	return el.Div(
		el.H2(el.A(el.Href(ui.Local(ctx, rule.Path(b.Slug))), ui.Korean(ctx), g.Text(b.Title)), g.Map(b.Waiting(now), func(v rule.Version) g.Node { return g.Group{g.Text(" "), state(ctx, v)} })),
		g.Iff(true, func() g.Node {
			v, there := b.Current()
			if !there {
				return el.P(g.Text(ui.T(ctx, "아직 시행하지 않습니다.", "Not in force yet.")))
			}
			return el.P(g.Text(since(ctx, v)), g.If(b.Body != "", g.Group{g.Text(" · "), el.Span(ui.Korean(ctx), g.Text(b.Body))}))
		}),
	)
}

// since says what a version is and from when: 2025. 3. 1. 시행 · 제1차 개정.
func since(ctx context.Context, v rule.Version) string {
	return effective(ctx, v.EffectiveOn) + "\u00a0· " + ui.Name(ctx, v.Called())
}

// effective says from when something is in force.
func effective(ctx context.Context, day string) string {
	return ui.T(ctx, short(ctx, day)+" 시행", "in force from "+short(ctx, day))
}

// short is a day in a list.
func short(ctx context.Context, day string) string {
	t, ok := rule.Day(day)
	if !ok {
		return day
	}
	return ui.ShortDay(ctx, t)
}

// state is what a version is, as a chip.
func state(ctx context.Context, v rule.Version) g.Node {
	kind := map[rule.State]ui.Kind{rule.Drafted: ui.Draft, rule.Announced: ui.Half, rule.Promulgated: ui.Wait, rule.InForce: ui.Open, rule.Past: ui.Done, rule.Overtaken: ui.Done}
	s := v.State(clock.Now(ctx))
	word := ui.Name(ctx, s.Label())
	if s == rule.Promulgated {
		word = ui.T(ctx, short(ctx, v.EffectiveOn)+" 시행", "From "+short(ctx, v.EffectiveOn))
	}
	return ui.State(kind[s], word)
}

// crumbs lead back to the list and to a rulebook.
func crumbs(ctx context.Context, b *rule.Shelved) g.Node {
	if b == nil {
		return el.P(el.Class("back"), el.A(el.Href(ui.Local(ctx, rule.ListPath)), g.Text(ui.T(ctx, "회칙", "Rules"))))
	}
	return el.P(el.Class("back"), el.A(el.Href(ui.Local(ctx, rule.Path(b.Slug))), ui.Korean(ctx), g.Text(b.Title)))
}

// unit is whose a rulebook is.
func (h handlers) unit(ctx context.Context, b rule.Shelved) g.Node {
	return el.Span(ui.Said(ctx, h.names.Unit(b.Unit)))
}

// only tells readers of English that the rules are in Korean.
func only(ctx context.Context) g.Node {
	return g.If(ui.T(ctx, "", "en") != "", el.P(el.Class("notice-box"), g.Text("The text of the rules is in Korean.")))
}

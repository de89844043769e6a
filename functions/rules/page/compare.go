package page

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

type compareRequest struct {
	Slug string `path:"slug"`
	From string `query:"from"`
	To   string `query:"to"`
}

// sides are the texts to compare, as readers may.
func (h handlers) sides(ctx context.Context, r *compareRequest) (rule.Comparison, error) {
	if _, _, err := h.shelf(ctx, r.Slug); err != nil {
		return rule.Comparison{}, err
	}
	return h.rules.Sides(ctx, r.Slug, r.From, r.To)
}

func (h handlers) compare(ctx context.Context, r *compareRequest) (*ui.Answer, error) {
	c, err := h.sides(ctx, r)
	if err != nil {
		return nil, err
	}
	b := c.Shelf
	title := b.Title + " " + name(ctx, c.To)
	view := h.view(title+ui.T(ctx, ": 신·구조문 대비표", ": what changes"), ui.Query(rule.Path(b.Slug)+"/compare", "from", r.From, "to", r.To), c.Times)
	view.Scripts, view.Passing = []string{"share.js"}, !c.Usual()
	view.Description = title + ": " + cmp.Or(counted(ctx, c.Changes), ui.T(ctx, "바뀐 조문이 없습니다", "Nothing changes"))
	view.Dated = true // how far away it is
	papers, err := h.papers(ctx, c.To.Version, &view)
	if err != nil {
		return nil, err
	}
	csv := ui.Query(ui.Local(ctx, rule.Path(b.Slug)+"/compare.csv"), "from", c.From.Name, "to", c.To.Name)
	view.Main = []g.Node{
		el.Header(el.Class("head"), crumbs(ctx, &b),
			g.Iff(c.To.Version != nil, func() g.Node { return el.P(el.Class("bar"), chips(ctx, *c.To.Version)) }),
			el.H1(el.Span(ui.Korean(ctx), g.Text(b.Title+" "+name(ctx, c.To))), g.Text(": "), el.Span(el.Class("nb"), g.Text(ui.T(ctx, "신·구조문 대비표", "what changes")))),
			el.P(el.Class("meta"), el.Span(g.Text(counted(ctx, c.Changes))), el.A(el.Href(csv), el.Download(""), g.Text("CSV"))),
		),
		g.Iff(c.To.Version != nil, func() g.Node { return procedure(ctx, *c.To.Version) }),
		only(ctx),
		el.Div(el.Class("beside slim"),
			el.Div(
				chooser(ctx, c),
				ui.Legend(ctx),
				el.H2(el.Class("hidden"), g.Text(ui.T(ctx, "바뀐 조문", "Articles that change"))),
				g.If(len(c.Changes) == 0, ui.Empty(ui.T(ctx, "바뀐 조문이 없습니다", "Nothing changes"), "")),
				g.Iff(len(c.Changes) > 0, func() g.Node {
					return ui.Comparison(ctx, name(ctx, c.From), name(ctx, c.To), h.differences(ctx, c.Changes))
				}),
				share(ctx),
			),
			el.Aside(el.Class("side law-side"), el.Aria("label", ui.T(ctx, "이 개정", "This version")),
				g.Iff(len(c.Changes) > 0, func() g.Node { return index(ctx, c.Changes) }),
				h.reason(ctx, c),
				papers,
				history(ctx, b),
			),
		),
	}
	return h.frame.Page(ctx, view), nil
}

// name is what one of the texts is called.
func name(ctx context.Context, e rule.End) string {
	switch {
	case e.Version != nil:
		return ui.Name(ctx, e.Version.Called())
	case e.Day != "":
		return short(ctx, e.Day)
	default:
		return ui.T(ctx, "제정 전", "Before")
	}
}

// chips are the states of a version.
func chips(ctx context.Context, v rule.Version) g.Node {
	if v.State(clock.Now(ctx)) == rule.Promulgated {
		return g.Group{ui.State(ui.Done, ui.T(ctx, "공포", "Promulgated")), state(ctx, v)}
	}
	return state(ctx, v)
}

// counted says how many articles became what.
func counted(ctx context.Context, changes []rule.Change) string {
	n, said := rule.Counts(changes), ""
	for _, b := range []rule.Became{rule.Changed, rule.Added, rule.Removed, rule.Moved} {
		if n[b] == 0 {
			continue
		}
		if said != "" {
			said += "\u00a0· "
		}
		said += ui.T(ctx, b.Label().KO+" "+strconv.Itoa(n[b])+"개", b.Label().EN+" "+strconv.Itoa(n[b]))
	}
	return said
}

// procedure are the steps of a version until it is in force.
func procedure(ctx context.Context, v rule.Version) g.Node {
	now := clock.Now(ctx)
	steps, reached := []g.Node{}, true
	step := func(ko, en string, said string, done bool, more ...g.Node) {
		reached = reached && done
		steps = append(steps, el.Li(g.If(!done, el.Class("next")), el.B(g.Text(ui.T(ctx, ko, en))), el.Span(g.Text(said), g.Group(more))))
	}
	if v.AnnouncedAt != nil {
		step("공고", "Announced", ui.ShortDay(ctx, *v.AnnouncedAt), !v.AnnouncedAt.After(now))
	}
	if v.DecidedOn != "" {
		step("의결", "Decided", short(ctx, v.DecidedOn), v.DecidedOn <= clock.Day(now))
	} else if v.PromulgatedOn == "" {
		step("의결", "Decided", ui.T(ctx, "아직", "not yet"), false)
	}
	if v.PromulgatedOn != "" {
		step("공포", "Promulgated", short(ctx, v.PromulgatedOn), true)
	} else {
		step("공포", "Promulgated", ui.T(ctx, "아직", "not yet"), false)
	}
	begins := rule.Midnight(v.EffectiveOn)
	switch {
	case v.PromulgatedOn == "" || begins == nil:
		step("시행", "In force", ui.T(ctx, "아직", "not yet"), false)
	case begins.After(now):
		step("시행", "In force", short(ctx, v.EffectiveOn)+" ", false, ui.Clock(ctx, *begins))
	default:
		step("시행", "In force", short(ctx, v.EffectiveOn), true)
	}
	return el.Ol(el.Class("procedure"), el.Aria("label", ui.T(ctx, "개정 절차", "Steps")), g.Group(steps))
}

// chooser asks for two other texts.
func chooser(ctx context.Context, c rule.Comparison) g.Node {
	f := ui.NewForm(ctx)
	choices := []ui.Choice{}
	for _, v := range c.Shelf.Versions {
		label := ui.Name(ctx, v.Called())
		if v.EffectiveOn != "" {
			label = effective(ctx, v.EffectiveOn) + " (" + label + ")"
		}
		choices = append(choices, ui.Choice{Value: strconv.FormatInt(v.Number, 10), Label: label})
	}
	with := func(e rule.End) []ui.Choice {
		if e.Version != nil {
			return choices
		}
		return append([]ui.Choice{{Value: e.Name, Label: name(ctx, e)}}, choices...)
	}
	return el.Form(el.Class("filters"), el.Action(ui.Local(ctx, rule.Path(c.Shelf.Slug)+"/compare")),
		f.Select(ui.Field{Name: "from", Label: ui.T(ctx, "왼쪽", "Left"), Value: c.From.Name}, with(c.From)...),
		f.Select(ui.Field{Name: "to", Label: ui.T(ctx, "오른쪽", "Right"), Value: c.To.Name}, with(c.To)...),
		el.Button(el.Type("submit"), el.Class("button quiet"), g.Text(ui.T(ctx, "비교", "Compare"))),
	)
}

// index leads to each change.
func index(ctx context.Context, changes []rule.Change) g.Node {
	links := []g.Node{}
	for i, c := range changes {
		links = append(links, el.Li(el.A(el.Href(fmt.Sprintf("#c%d", i+1)), el.Span(ui.Korean(ctx), g.Text(c.Title())), el.Small(g.Text(ui.Name(ctx, c.Became.Label()))))))
	}
	return el.Div(ui.Gate("changes", ui.T(ctx, "바뀐 조문", "What changes"), "", "", ""), el.Ul(el.Class("toc"), g.Group(links)))
}

// reason is why a version was written.
func (h handlers) reason(ctx context.Context, c rule.Comparison) g.Node {
	if c.To.Version == nil {
		return nil
	}
	_, v, err := h.rules.Version(ctx, c.Shelf.Slug, c.To.Version.Number)
	if err != nil || v.Reason == "" {
		return nil
	}
	return el.Div(el.Class("box"), el.H2(g.Text(ui.T(ctx, "왜 고쳤나요", "Why"))), el.P(el.Class("sm"), ui.Korean(ctx), g.Text(v.Reason)))
}

type versionRequest struct {
	Slug   string `path:"slug"`
	Number string `path:"number"`
}

// version is a version as it was written.
func (h handlers) version(ctx context.Context, r *versionRequest) (*ui.Answer, error) {
	number, err := strconv.ParseInt(r.Number, 10, 64)
	if err != nil || strconv.FormatInt(number, 10) != r.Number {
		return nil, problem.Absent()
	}
	b, changes, err := h.shelf(ctx, r.Slug)
	if err != nil {
		return nil, err
	}
	if _, there := b.Version(number); !there {
		return nil, problem.Absent()
	}
	_, v, err := h.rules.Version(ctx, r.Slug, number)
	if err != nil {
		return nil, err
	}
	t, err := h.rules.Text(ctx, b, v)
	if err != nil {
		return nil, err
	}
	title := b.Title + " " + ui.Name(ctx, v.Called())
	view := h.view(title, rule.Path(b.Slug)+"/versions/"+r.Number, changes)
	view.Dated, view.Description = true, title+", "+since(ctx, v)
	papers, err := h.papers(ctx, &v, &view)
	if err != nil {
		return nil, err
	}
	view.Main = []g.Node{el.Div(el.Class("beside"),
		el.Article(el.Class("law"),
			el.Header(el.Class("head"), crumbs(ctx, &b), el.P(el.Class("bar"), chips(ctx, v)), el.H1(ui.Korean(ctx), g.Text(title))),
			procedure(ctx, v), only(ctx),
			g.If(v.Base > 0, el.P(el.A(el.Href(ui.Local(ctx, v.Path(b.Slug))), g.Text(ui.T(ctx, "대비표", "What changes"))))),
			g.If(v.Reason != "", el.Div(el.Class("box"), el.H2(g.Text(ui.T(ctx, "왜 고쳤나요", "Why"))), el.P(el.Class("sm"), ui.Korean(ctx), g.Text(v.Reason)))),
			body(ctx, b, rule.Reading{Text: t}),
		),
		el.Aside(el.Class("side law-side"), el.Aria("label", ui.T(ctx, "역사", "History")), papers, history(ctx, b)),
	)}
	return h.frame.Page(ctx, view), nil
}

package home

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/about"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// pledgesRead is how many of the pledges are shown: those whose progress changed last.
const pledgesRead = 3

// pledges are what the council promised, and how far that is.
type pledges struct {
	Of    int            `json:"of" description:"How many there are."`
	Kept  int            `json:"kept"`
	Items []about.Pledge `json:"items" description:"Those that were begun or ended, what changed last first."`
}

func readPledges(ctx context.Context, r about.Reader, c *content) error {
	v, err := r.Read(ctx)
	if err != nil {
		return err
	}
	c.Pledges = &pledges{Of: len(v.Pledges), Kept: v.Kept(), Items: v.Moved(pledgesRead)}
	return nil
}

// promised is how far the pledges are; nil where nothing was promised.
func promised(ctx context.Context, c content) g.Node {
	if c.Pledges == nil || c.Pledges.Of == 0 {
		return nil
	}
	all, kept := strconv.Itoa(c.Pledges.Of), strconv.Itoa(c.Pledges.Kept)
	said := ui.T(ctx, "공약 "+all+"개 가운데 "+kept+"개를 지켰습니다.", kept+" of "+all+" pledges are kept.")
	path := ui.Local(ctx, about.Path)
	return el.Section(el.Class("sect"), el.Aria("labelledby", "pledges"),
		ui.Gate("pledges", ui.T(ctx, "공약", "Pledges"), path+"#pledges", ui.T(ctx, "모두 보기", "All pledges"), ui.T(ctx, "공약", "")),
		el.P(el.Class("soft sm"), g.Text(said)), ui.Share(c.Pledges.Kept, c.Pledges.Of, said),
		g.Iff(len(c.Pledges.Items) > 0, func() g.Node {
			return el.Ul(el.Class("pledges"), g.Map(c.Pledges.Items, func(p about.Pledge) g.Node {
				kind, word := p.Sign()
				return el.Li(
					el.Div(el.H3(el.A(el.Href(path+"#pledge-"+p.ID), ui.Said(ctx, problem.Text{KO: p.Title, EN: p.TitleEN}))), g.If(p.Note != "", el.P(el.Class("soft sm"), ui.Korean(ctx), g.Text(p.Note)))),
					ui.State(ui.Kind(kind), ui.Name(ctx, word)),
				)
			}))
		}),
	)
}

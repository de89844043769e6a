package rules

import (
	"context"

	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/ui"
)

// differences are the changes for ui.Comparison, which readers and the console are shown alike.
func differences(ctx context.Context, changes []rule.Change) []ui.Difference {
	kinds := map[rule.Became]ui.Kind{rule.Changed: ui.Half, rule.Added: ui.Open, rule.Removed: ui.No, rule.Moved: ui.Wait}
	cell := func(c rule.Cell) ui.Line {
		shown := ui.Line{Marks: c.Marks, Note: ui.Name(ctx, c.Note.Label())}
		for _, s := range c.Segments {
			shown.Parts = append(shown.Parts, ui.Part{Text: s.Text, Changed: s.Changed})
		}
		return shown
	}
	list := []ui.Difference{}
	for _, c := range changes {
		d := ui.Difference{Title: c.Title(), State: kinds[c.Became], Word: ui.Name(ctx, c.Became.Label())}
		for _, p := range c.Table() {
			d.Pairs = append(d.Pairs, [2]ui.Line{cell(p.Old), cell(p.New)})
		}
		list = append(list, d)
	}
	return list
}

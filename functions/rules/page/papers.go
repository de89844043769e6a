package page

import (
	"context"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// papers are the minutes of the meeting that decided a version, notices that lead to it, and its files. The view then changes with them.
func (h handlers) papers(ctx context.Context, v *rule.Version, view *ui.View) (g.Node, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // of a day's text there are none
	}
	meetings, next, err := h.rules.Meetings(ctx, *v)
	if err != nil {
		return nil, err
	}
	notices, then, err := h.rules.Notices(ctx, *v)
	if err != nil {
		return nil, err
	}
	list, err := h.rules.Files(ctx, *v)
	if err != nil {
		return nil, err
	}
	view.Changes = append(view.Changes, next, then)
	view.Tags = append(view.Tags, rule.AmendmentRef(v.ID).Tag())
	view.Tags = append(view.Tags, upload.Tags(list)...)
	return g.Group{
		led(ctx, "meetings", ui.T(ctx, "의결한 회의", "Decided at"), meetings),
		led(ctx, "notices", ui.T(ctx, "이 개정을 알린 공지", "Notices of it"), notices),
		ui.Documents(ctx, ui.T(ctx, "원문 파일", "Files"), list),
	}, nil
}

// led leads to pages under a heading; nil where there are none.
func led(ctx context.Context, id, heading string, list []thing.Thing) g.Node {
	if len(list) == 0 {
		return nil
	}
	return el.Div(ui.Gate(id, heading, "", "", ""), el.Ul(el.Class("toc"), g.Map(list, func(t thing.Thing) g.Node {
		return el.Li(el.A(el.Href(ui.Local(ctx, t.Path)), ui.Said(ctx, problem.Text{KO: t.Title, EN: t.TitleEn})))
	})))
}

package desk

import (
	"context"
	"slices"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// mostMeetings is how many meetings are offered, those that were published last.
const mostMeetings = 50

// kept is what the script of the papers knows.
type kept struct {
	Member   string         `json:"member"`
	Purposes []upload.Offer `json:"purposes"`
	Path     string         `json:"path"`
	Version  int64          `json:"version"`
	Files    []upload.File  `json:"files"`
}

// papers is the form for the files of a version and the meeting that decided it.
func (h handlers) papers(ctx context.Context, b rule.Shelved, v rule.Version) (g.Node, error) {
	latest, err := h.things.Latest(ctx, thing.Published{Kinds: []string{"minute"}}, mostMeetings)
	if err != nil {
		return nil, err
	}
	meetings := []ui.Choice{{Value: "", Label: ui.T(ctx, "고르지 않음", "None")}}
	for _, t := range latest {
		meetings = append(meetings, ui.Choice{Value: t.Path, Label: ui.Name(ctx, problem.Text{KO: t.Title, EN: t.TitleEn})})
	}
	if v.Meeting != "" && !slices.ContainsFunc(meetings, func(c ui.Choice) bool { return c.Value == v.Meeting }) {
		meetings = append(meetings, ui.Choice{Value: v.Meeting, Label: ui.T(ctx, "지금 이어 둔 회의록", "The minutes that it has")})
	}
	files, err := h.rules.Files(ctx, v)
	if err != nil {
		return nil, err
	}
	told := kept{
		Member: auth.From(ctx).MemberID, Purposes: upload.Offers(auth.From(ctx), h.limits, false, "post", "archive"), Version: v.Version, Files: files,
		Path: "/v1/rules/" + b.Slug + "/versions/" + strconv.FormatInt(v.Number, 10) + "/papers",
	}
	hint := ui.T(ctx, "서명한 원문이나 한글 파일을 붙입니다. 누구나 내려받습니다.", "The signed original, as PDF or HWP. Everybody can download it.")
	if v.PromulgatedOn != "" {
		hint = ui.T(ctx, "공포한 뒤에도 파일을 더 붙일 수 있지만, 뺄 수는 없습니다.", "Files can be added after the promulgation, and none can be taken away.")
	}
	return el.Section(el.Class("group"), el.Aria("labelledby", "papers-title"), el.H2(el.ID("papers-title"), g.Text(ui.T(ctx, "파일과 의결한 회의", "Files and the meeting that decided"))),
		el.Form(el.ID("papers"), el.Class("form"), el.Method("post"), g.Attr("novalidate"), desk.Told(told),
			ui.NewForm(ctx).Select(ui.Field{Name: "meeting", Label: ui.T(ctx, "의결한 회의", "Decided at"), Value: v.Meeting, Hint: ui.T(ctx, "공개한 회의록에서 고릅니다. 회의록에서도 이 개정으로 이어집니다.", "Of published minutes, which lead here in turn.")}, meetings...),
			el.P(el.Class("hint"), g.Text(hint)),
			el.Div(el.Class("stack"), el.Ul(el.ID("attachments"), el.Class("attachments")), el.Ul(el.ID("transfers"), el.Class("transfers")), desk.DropBox(ctx, true)),
			el.Div(ui.Button(ui.T(ctx, "파일과 회의 저장", "Save files and meeting"), el.ID("keep"))),
		)), nil
}

package desk

import (
	"context"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type importRequest struct{}

// importTold is what the page's script needs to know.
type importTold struct {
	Notices string `json:"notices"` // where one is edited: the address before its id
}

// importing is where old notices are brought along.
func (h handlers) importing(ctx context.Context, _ *importRequest) (*ui.Answer, error) {
	required, err := h.notices.ReviewRequired(ctx)
	if err != nil {
		return nil, err
	}
	f := ui.NewForm(ctx)
	units := append([]ui.Choice{{Value: "", Label: ui.T(ctx, "파일에 쓰인 대로만", "Only as the files say")}}, h.desk.Units(ctx, auth.Write, "")...)
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "옛 공지 옮겨 오기", "Import notices"), Section: notice.DeskPath, Scripts: []string{"import.js"}, Main: []g.Node{
		desk.Heading(ui.T(ctx, "옛 공지 옮겨 오기", "Import notices"), desk.Link(desk.At(ctx, notice.DeskPath), ui.T(ctx, "공지로 돌아가기", "Back to notices"), "button small quiet")),
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "다른 홈페이지에 올렸던 공지를 날짜 그대로 옮겨 옵니다. 옮겨 온 공지에는 표시가 붙고, 새 공지로 알리지 않습니다.", "Brings along what was published on another site, with its dates. Such notices are marked, and are announced to nobody."))),
		g.If(required, el.P(el.Class("notice-box wrong"), g.Text(ui.T(ctx, "승인받아야 게시하는 동안은 옮겨 올 수 없습니다. 운영 기준에서 잠시 끄고 옮기세요.", "Nothing can be imported while publishing needs approval. Turn that policy off for the import.")))),
		el.Form(el.ID("import"), el.Class("form"), el.Method("post"), g.Attr("novalidate"), desk.Told(importTold{Notices: desk.At(ctx, notice.DeskPath) + "/"}),
			el.Div(el.Class("field"),
				el.Label(el.For("field-file"), g.Text(ui.T(ctx, "파일", "Files"))),
				el.Input(el.ID("field-file"), el.Name("file"), el.Type("file"), el.Multiple(), el.Accept(".csv,.md,.markdown,.zip"), el.Required(), el.Aria("describedby", "field-file-hint")),
				el.P(el.ID("field-file-hint"), el.Class("hint"), g.Text(ui.T(ctx, "CSV, 마크다운(.md) 여러 개, 또는 이를 담은 ZIP. 한 번에 500개, 모두 4 MiB까지.", "CSV, several Markdown files (.md), or a ZIP of them; at most 500 notices and 4 MiB at once."))),
			),
			f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위가 쓰여 있지 않은 공지의 단위", "Unit of notices that name none")}, units...),
			el.P(el.Class("actions"), el.Button(el.ID("preview"), el.Type("submit"), el.Class("button quiet"), g.Text(ui.T(ctx, "미리보기", "Preview")))),
		),
		el.Section(el.ID("found"), el.Class("stack"), g.Attr("hidden"), el.Aria("labelledby", "found-heading"), g.Attr("tabindex", "-1"),
			el.H2(el.ID("found-heading"), g.Text(ui.T(ctx, "옮겨 올 공지", "Notices to import"))),
			el.Div(el.ID("wrong")),
			el.P(el.ID("passed"), el.Class("hint"), g.Attr("hidden")),
			desk.Table(ui.T(ctx, "옮겨 올 공지", "Notices to import"), []g.Node{
				desk.Column(ctx, "날짜", "Date"), desk.Column(ctx, "제목", "Title"), desk.Column(ctx, "단위", "Unit"), desk.Column(ctx, "태그", "Tags"), desk.Column(ctx, "자리", "Where"), desk.Column(ctx, "어떻게", "What"),
			}, g.Text("")),
			el.P(el.Class("actions"), desk.Button("bring", ui.T(ctx, "모두 옮겨 오기", "Import all"), "")),
		),
		help(ctx),
	}}), nil
}

// help says what the files look like.
func help(ctx context.Context) g.Node {
	return el.Details(el.Class("fold"), el.Summary(g.Text(ui.T(ctx, "파일은 이렇게 씁니다", "What the files look like"))), el.Div(el.Class("stack"),
		el.P(g.Text(ui.T(ctx, "CSV는 첫 줄에 열 이름을 씁니다. 제목과 날짜는 꼭 필요하고 내용, 태그, 단위, 영어 제목, 영어 내용, 주소는 없어도 됩니다. 엑셀에서 ‘CSV UTF-8’로 저장하거나 그냥 CSV로 저장해도(CP949) 읽습니다.",
			"The first line of CSV names the columns: title and date are needed; body, tags, unit, titleEn, bodyEn and source may be there. UTF-8 and CP949 can be read."))),
		el.Pre(el.Lang("ko"), g.Text("제목,날짜,태그,단위,내용,주소\n개강총회 안내,2024.03.02 13:00,\"행사, 총회\",총학,\"3월 5일에 엽니다.\",https://old.example.ac.kr/1\n")),
		el.P(g.Text(ui.T(ctx, "마크다운은 맨 위 --- 사이에 같은 이름으로 씁니다.", "Markdown has the same names between lines of --- at its beginning."))),
		el.Pre(el.Lang("ko"), g.Text("---\ntitle: 개강총회 안내\ndate: 2024. 3. 2. 오후 1:00\ntags: [행사, 총회]\nunit: 총학\nsource: https://old.example.ac.kr/1\n---\n3월 5일에 엽니다.\n")),
		el.P(g.Text(ui.T(ctx, "같은 공지를 두 번 옮겨 오지 않습니다. 주소(source)가 같거나, 주소가 없으면 단위·날짜·제목·내용이 모두 같은 공지는 이미 있는 것으로 봅니다.",
			"Nothing is imported twice: a notice with the same source, or without one with the same unit, date, titles and texts, is there already."))),
	))
}

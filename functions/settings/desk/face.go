package desk

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type faceRequest struct{}

func (h handlers) face(ctx context.Context, _ *faceRequest) (*ui.Answer, error) {
	f, version, err := h.faces.Read(ctx)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "설정: 홈페이지 꾸미기", "Settings: the look of the site")
	return h.desk.Page(ctx, ui.View{Title: title, Section: face.DeskPath, Scripts: []string{"face.js"}, Main: []g.Node{
		desk.Heading(title),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "바꾸면 모든 페이지가 함께 바뀝니다. 저장하기 전에는 아무도 보지 못합니다.", "A change changes every page. Nobody sees it before it is saved."))),
		el.Form(el.ID("face"), el.Class("form face"), desk.Action("PUT", "/v1/admin/face", version), desk.Said(ui.T(ctx, "저장했습니다. 모든 페이지에 반영됩니다.", "Saved. Every page shows it.")),
			el.Div(el.Class("face-boxes"), names(ctx, f), mark(ctx, f), colours(ctx, f), pattern(ctx, f), foot(ctx, f), h.officer(ctx, f)),
			preview(ctx, f),
			el.Div(el.Class("actions"), ui.Button(ui.T(ctx, "저장", "Save"))),
		),
	}}), nil
}

// group is a part of the form with what it is for.
func group(title, hint string, boxes ...g.Node) g.Node {
	return el.FieldSet(el.Class("group"), el.Legend(g.Text(title)), el.P(el.Class("hint"), g.Text(hint)), g.Group(boxes))
}

// box is one line that may be empty.
func box(ctx context.Context, name string, label problem.Text, value string, limit int, more ...g.Node) ui.Field {
	return ui.Field{Name: name, Label: ui.T(ctx, label.KO, label.EN), Value: value, Limit: limit, Optional: true, More: more}
}

func names(ctx context.Context, f face.Face) g.Node {
	form, english := ui.NewForm(ctx), el.Lang("en")
	return group(ui.T(ctx, "이름", "Name"), ui.T(ctx, "머리글, 브라우저 제목, 메인 페이지에 씁니다.", "In the header, the browser's title and on the main page."),
		form.Input(ui.Field{Name: "name", Label: ui.T(ctx, "학생회 이름", "Council"), Value: f.Name, Limit: face.NameLimit}),
		form.Input(box(ctx, "line", problem.Text{KO: "이름 아래 한 줄", EN: "Line under the name"}, f.Line, face.LineLimit)),
		form.Input(box(ctx, "slogan", problem.Text{KO: "구호", EN: "Slogan"}, f.Slogan, face.SloganLimit)),
		form.Input(box(ctx, "short", problem.Text{KO: "짧은 이름 (휴대전화 홈 화면)", EN: "Short name (telephone's home screen)"}, f.Short, face.ShortLimit)),
		form.Input(box(ctx, "nameEn", problem.Text{KO: "영어 이름", EN: "English name"}, f.NameEN, face.NameLimit+20, english)),
		form.Input(box(ctx, "lineEn", problem.Text{KO: "영어 한 줄", EN: "English line"}, f.LineEN, face.LineLimit+20, english)),
		form.Input(box(ctx, "sloganEn", problem.Text{KO: "영어 구호", EN: "English slogan"}, f.SloganEN, face.SloganLimit+20, english)),
	)
}

func mark(ctx context.Context, f face.Face) g.Node {
	return group(ui.T(ctx, "로고", "Logo"), ui.T(ctx, "SVG나 이미지 파일 하나면 됩니다. SVG는 한 가지 색으로 다시 그리고, PNG 같은 이미지는 윤곽을 따라 그립니다. 배경이 투명한 PNG가 좋습니다. 비워 두면 이름의 첫 글자로 만듭니다.", "One SVG or image is enough. An SVG is drawn again in one colour; of an image, as a PNG, the outlines are traced. A transparent background is best. Without one it is the name's first letter."),
		el.Div(el.Class("field"), el.Label(el.For("mark-file"), g.Text(ui.T(ctx, "SVG나 PNG 파일 고르기", "Choose an SVG or PNG"))), el.Input(el.ID("mark-file"), el.Type("file"), el.Accept(".svg,image/svg+xml,image/png,image/webp,image/jpeg"))),
		ui.NewForm(ctx).Area(ui.Field{Name: "mark", Label: ui.T(ctx, "SVG", "SVG"), Value: f.Mark, Optional: true, More: []g.Node{el.Rows("3"), g.Attr("spellcheck", "false")}}),
		el.P(el.ID("mark-wrong"), el.Class("wrong"), el.Role("status")),
	)
}

func colours(ctx context.Context, f face.Face) g.Node {
	form := ui.NewForm(ctx)
	line := func(ko, en, id string) g.Node {
		return el.Tr(el.Th(el.Scope("row"), g.Text(ui.T(ctx, ko, en))), el.Td(el.Data("ratio", id+".light")), el.Td(el.Data("ratio", id+".dark")))
	}
	return group(ui.T(ctx, "색", "Colour"), ui.T(ctx, "하나만 고르세요. 나머지는 읽을 수 있게 맞춥니다.", "Choose one. All others are made to be legible."),
		el.Div(el.Class("swatches"), g.Map(face.Presets(), func(p face.Preset) g.Node {
			return el.Button(el.Type("button"), el.Class("button small quiet"), el.Data("colour", p.Colour), el.Data("pattern", p.Pattern), g.Text(ui.T(ctx, p.Label.KO+" · "+patternName(ctx, p.Pattern), p.Label.EN+" · "+patternName(ctx, p.Pattern))))
		})),
		form.Input(ui.Field{Name: "colour", Label: ui.T(ctx, "우리 색", "Our colour"), Value: f.Colour, Limit: 7, Hint: ui.T(ctx, "#0b5f49처럼 적습니다.", "For example, #0b5f49.")}),
		el.Div(el.Class("field"), el.Label(el.For("picker"), g.Text(ui.T(ctx, "색상표에서 고르기", "Pick a colour"))), el.Input(el.ID("picker"), el.Type("color"), el.Value(f.Colour))),
		desk.Table(ui.T(ctx, "대비", "Contrast"), []g.Node{desk.Column(ctx, "어디에", "Where"), desk.Column(ctx, "밝은 화면", "Light"), desk.Column(ctx, "어두운 화면", "Dark")}, g.Group{
			line("머리글의 글자", "Text of the header", "onField"), line("링크와 버튼", "Links and buttons", "links"), line("막대와 선", "Meters and lines", "bars"),
		}),
		el.P(el.ID("moved"), el.Class("hint"), el.Hidden("hidden"), g.Text(ui.T(ctx, "고른 색에서는 흰 글자도 먹색 글자도 읽기 어려워, 머리글에는 밝기를 조금 옮겨 씁니다.", "Neither white nor ink can be read on this colour: the header takes the nearest on which one can."))),
	)
}

// patternName is what a pattern is called.
func patternName(ctx context.Context, value string) string {
	for _, c := range face.PatternChoices() {
		if c.Value == value {
			return ui.T(ctx, c.Label.KO, c.Label.EN)
		}
	}
	return value
}

func pattern(ctx context.Context, f face.Face) g.Node {
	choices := []ui.Choice{}
	for _, c := range face.PatternChoices() {
		choices = append(choices, ui.Choice{Value: c.Value, Label: ui.T(ctx, c.Label.KO, c.Label.EN)})
	}
	return group(ui.T(ctx, "담장 무늬", "Wall pattern"), ui.T(ctx, "머리글 아래와 맨 아래, 사진이 없는 곳에 놓입니다.", "Under the header, in the footer, and where there is no picture."),
		ui.NewForm(ctx).Select(ui.Field{Name: "pattern", Label: ui.T(ctx, "무늬", "Pattern"), Value: f.Pattern}, choices...),
	)
}

func foot(ctx context.Context, f face.Face) g.Node {
	form := ui.NewForm(ctx)
	return group(ui.T(ctx, "맨 아래", "Footer"), ui.T(ctx, "비워 둔 것은 보이지 않습니다.", "What is empty is not shown."),
		form.Input(box(ctx, "office", problem.Text{KO: "사무실", EN: "Office"}, f.Foot.Office, face.FootLimit)),
		form.Input(box(ctx, "hours", problem.Text{KO: "여는 시간", EN: "Hours"}, f.Foot.Hours, face.FootLimit)),
		form.Input(ui.Field{Name: "phone", Label: ui.T(ctx, "전화", "Telephone"), Value: f.Foot.Phone, Type: "tel", Limit: 20, Optional: true}),
		form.Input(ui.Field{Name: "email", Label: ui.T(ctx, "이메일", "Email"), Value: f.Foot.Email, Type: "email", Limit: 254, Optional: true}),
		form.Input(box(ctx, "instagram", problem.Text{KO: "인스타그램", EN: "Instagram"}, f.Foot.Instagram, 31)),
		form.Input(box(ctx, "kakaoTalk", problem.Text{KO: "카카오톡 채널", EN: "KakaoTalk channel"}, f.Foot.KakaoTalk, face.FootLimit)),
	)
}

// officer is who the privacy policy names: it changes with every council, so that no operator is asked for it.
func (h handlers) officer(ctx context.Context, f face.Face) g.Node {
	form := ui.NewForm(ctx)
	without := ui.Officer(ctx, face.Face{Name: f.Name, NameEN: f.NameEN, Foot: f.Foot}, h.named)
	return group(ui.T(ctx, "개인정보 보호책임자", "Privacy officer"), ui.T(ctx, "개인정보 처리방침에 나옵니다. 비워 두면: "+without, "In the privacy policy. Without one: "+without),
		form.Input(box(ctx, "officer", problem.Text{KO: "이름과 직함", EN: "Name and title"}, f.Officer.Name, face.OfficerLimit)),
		form.Input(box(ctx, "officerContact", problem.Text{KO: "보호책임자 연락처", EN: "Officer's contact"}, f.Officer.Contact, face.FootLimit)),
		form.Input(box(ctx, "officerEn", problem.Text{KO: "영어 이름과 직함", EN: "English name and title"}, f.Officer.NameEN, face.OfficerLimit+20, el.Lang("en"))),
	)
}

// preview shows a phone by day and one by night, which the script paints as the colour changes.
func preview(ctx context.Context, f face.Face) g.Node {
	phone := func(mode, label string) g.Node {
		return el.Div(el.Class("phone"), el.Data("mode", mode), el.Role("img"), el.Aria("label", label),
			el.Div(el.Class("phone-top"), el.Span(el.Class("phone-mark"), ui.Mark(f)), el.Span(el.Data("shows", "name"), g.Text(f.Name))),
			el.Div(el.Class("phone-wall")),
			el.Div(el.Class("phone-body"),
				el.P(el.Strong(el.Data("shows", "slogan"), g.Text(f.Slogan))),
				el.P(g.Text(ui.T(ctx, "12월 9일 18:00, ", "December 9, 18:00, ")), el.Span(el.Class("phone-link"), g.Text(ui.T(ctx, "중앙도서관 앞", "in front of the library")))),
				el.P(el.Span(el.Class("phone-bar"))),
				el.P(el.Span(el.Class("phone-button"), g.Text(ui.T(ctx, "동의하기", "Agree")))),
			))
	}
	return el.Aside(el.Class("face-preview"), el.Aria("label", ui.T(ctx, "미리보기", "Preview")), el.H2(g.Text(ui.T(ctx, "미리보기", "Preview"))),
		phone("light", ui.T(ctx, "밝은 화면", "Light")), phone("dark", ui.T(ctx, "어두운 화면", "Dark")),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "위는 밝은 화면, 아래는 어두운 화면입니다.", "Above by day, below by night."))),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "로고는 "+strconv.Itoa(face.MarkLimit>>10)+" KiB까지입니다.", "A logo has at most "+strconv.Itoa(face.MarkLimit>>10)+" KiB."))),
	)
}

// Package desk is where the council writes what it says of itself.
package desk

import (
	"context"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/about"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk   desk.Desk
	abouts about.Reader
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "소개", EN: "About"}, Path: about.DeskPath, Order: 60, Action: auth.Arrange, Group: function.Council}}
}

// Routes are the console's pages of it.
func Routes(d function.Deps) []function.Route {
	h := handlers{desk: desk.New(d), abouts: about.NewReader(d.DB)}
	return h.desk.Pages(
		function.Route{Method: "GET", Path: about.DeskPath, Access: function.May(auth.Arrange), Do: function.Do(h.form), Doc: "What the council says of itself, its offices, pledges and the councils before it, in a form."},
	)
}

func (h handlers) form(ctx context.Context, _ *struct{}) (*ui.Answer, error) {
	v, err := h.abouts.Read(ctx)
	if err != nil {
		return nil, err
	}
	f := ui.NewForm(ctx)
	title := ui.T(ctx, "학생회 소개", "About the council")
	return h.desk.Page(ctx, ui.View{Title: title, Section: about.DeskPath, Scripts: []string{"whole.js"}, Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, about.Path), ui.T(ctx, "홈페이지에서 보기", "View on the site"), "button small quiet")),
		el.Form(el.ID("whole"), el.Class("form"), el.Method("post"), g.Attr("novalidate"), desk.Told(desk.WholeOf{Version: v.Version, Path: "/v1/about", Boxes: []string{"body", "bodyEn"}, Lists: []string{"pledges", "offices", "councils"}}),
			f.Area(ui.Field{Name: "body", Label: ui.T(ctx, "소개 글", "Introduction"), Value: v.Body, Limit: about.BodyLimit, Optional: true, Hint: ui.T(ctx, "마크다운을 쓸 수 있습니다.", "Markdown works."), More: []g.Node{el.Rows("8"), ui.Korean(ctx)}}),
			f.Area(ui.Field{Name: "bodyEn", Label: ui.T(ctx, "영어 소개 글", "Introduction in English"), Value: v.BodyEN, Limit: about.BodyLimit, Optional: true, More: []g.Node{el.Rows("4"), el.Lang("en")}}),
			desk.Rows(ctx, desk.RowsOf[about.Pledge]{Name: "pledges", Title: ui.T(ctx, "공약", "Pledges"), Hint: ui.T(ctx, "같은 분야끼리 모아 보여 줍니다. 진행을 바꾸면 바꾼 날이 함께 보입니다.", "Those of an area stand together. A change of progress shows its day."), Add: ui.T(ctx, "공약 추가", "Add a pledge"), List: v.Pledges, Empty: about.Pledge{State: about.Planned}, Boxes: pledge}),
			desk.Rows(ctx, desk.RowsOf[about.Office]{Name: "offices", Title: ui.T(ctx, "조직도", "Organisation chart"), Hint: ui.T(ctx, "위에서 아래로 씁니다. 단계가 깊은 자리는 바로 앞의 얕은 자리 아래에 놓입니다.", "From the top down. A deeper office stands below the one before it that is less deep."), Add: ui.T(ctx, "자리 추가", "Add an office"), List: v.Offices, Empty: about.Office{}, Boxes: office}),
			desk.Rows(ctx, desk.RowsOf[about.Council]{Name: "councils", Title: ui.T(ctx, "역대 총학생회", "Past councils"), Hint: ui.T(ctx, "가까운 때부터 씁니다.", "The latest first."), Add: ui.T(ctx, "총학생회 추가", "Add a council"), List: v.Councils, Empty: about.Council{Number: 1}, Boxes: council}),
			desk.SaveBar(ctx),
		),
	}}), nil
}

// box is a line of an entry.
func box(f ui.Form, at, name, label, value string, limit int, optional bool, more ...g.Node) g.Node {
	return f.Input(ui.Field{Name: at + name, Label: label, Value: value, Limit: limit, Optional: optional, More: append(more, el.Data("box", name))})
}

func numbered(f ui.Form, at, name, label string, value, least, most int) g.Node {
	return f.Input(ui.Field{Name: at + name, Label: label, Value: strconv.Itoa(value), Type: "number", More: []g.Node{el.Min(strconv.Itoa(least)), el.Max(strconv.Itoa(most)), el.Data("type", "number"), el.Data("box", name)}})
}

func pledge(f ui.Form, at string, p about.Pledge) g.Node {
	t, states := f.T, []ui.Choice{}
	for _, s := range about.States() {
		states = append(states, ui.Choice{Value: string(s), Label: stateText(f, s)})
	}
	return g.Group{
		el.Input(el.Type("hidden"), el.Data("box", "id"), el.Value(p.ID)),
		box(f, at, "title", t("공약", "Pledge"), p.Title, about.LineLimit, false),
		el.Div(el.Class("two"),
			f.Select(ui.Field{Name: at + "state", Label: t("진행", "Progress"), Value: string(p.State), More: []g.Node{el.Data("box", "state")}}, states...),
			numbered(f, at, "percent", t("몇 % 했나요 (진행 중일 때)", "Per cent done (while under way)"), p.Percent, 0, 100),
			box(f, at, "area", t("분야", "Area"), p.Area, about.NameLimit, true),
			box(f, at, "link", t("확인할 수 있는 곳", "Where it shows"), p.Link, 0, true),
		),
		f.Input(ui.Field{Name: at + "note", Label: t("한 일, 또는 지키지 못하는 이유", "What was done, or why it is dropped"), Value: p.Note, Limit: about.LineLimit, Depends: true, Hint: t("지키지 못하는 공약에는 이유를 꼭 적어 주세요.", "A pledge that is dropped needs its reason."), More: []g.Node{el.Data("box", "note")}}),
		box(f, at, "titleEn", t("영어로", "In English"), p.TitleEN, about.LineLimit, true, el.Lang("en")),
	}
}

func stateText(f ui.Form, s about.State) string {
	switch s {
	case about.Going:
		return f.T("진행 중", "Under way")
	case about.Kept:
		return f.T("지킴", "Kept")
	case about.Dropped:
		return f.T("지키지 못함", "Not kept")
	default:
		return f.T("시작 전", "Not begun")
	}
}

func office(f ui.Form, at string, o about.Office) g.Node {
	t, depths := f.T, []ui.Choice{}
	for d := range about.Deepest + 1 {
		label := t("맨 위", "Top")
		if d > 0 {
			label = strings.Repeat("· ", d) + t(strconv.Itoa(d)+"단계 아래", strconv.Itoa(d)+" below")
		}
		depths = append(depths, ui.Choice{Value: strconv.Itoa(d), Label: label})
	}
	return el.Div(el.Class("two"),
		f.Select(ui.Field{Name: at + "depth", Label: t("단계", "Level"), Value: strconv.Itoa(o.Depth), More: []g.Node{el.Data("box", "depth"), el.Data("type", "number")}}, depths...),
		box(f, at, "name", t("자리 또는 부서", "Office or part"), o.Name, about.NameLimit, false),
		box(f, at, "holder", t("맡은 사람", "Held by"), o.Holder, about.LineLimit, true),
		box(f, at, "work", t("하는 일", "What it does"), o.Work, about.LineLimit, true),
		box(f, at, "contact", t("이메일 또는 전화", "Email or telephone"), o.Contact, about.LineLimit, true),
		box(f, at, "nameEn", t("영어로", "In English"), o.NameEN, about.NameLimit, true, el.Lang("en")),
	)
}

func council(f ui.Form, at string, c about.Council) g.Node {
	t := f.T
	return el.Div(el.Class("two"),
		numbered(f, at, "number", t("몇 대", "Number"), c.Number, 1, 999),
		box(f, at, "name", t("이름", "Name"), c.Name, about.NameLimit, true),
		box(f, at, "term", t("임기", "Term"), c.Term, about.NameLimit, false),
		box(f, at, "heads", t("회장단", "Heads"), c.Heads, about.LineLimit, true),
		box(f, at, "note", t("한 일", "Achievements"), c.Note, about.LineLimit, true),
	)
}

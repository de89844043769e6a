// Package desk is where the council writes the rules.
package desk

import (
	"context"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk        desk.Desk
	rules       rule.Reader
	things      thing.Store
	limits      upload.Limits
	differences func(context.Context, []rule.Change) []ui.Difference
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "회칙", EN: "Rules"}, Path: rule.DeskPath, Order: 45, Action: auth.Write, Group: function.Council}}
}

// Routes are the console's pages of rules. Differences are what a comparison shows of changes.
func Routes(d function.Deps, differences func(context.Context, []rule.Change) []ui.Difference) []function.Route {
	h := handlers{desk: desk.New(d), rules: rule.NewReader(d.DB), things: thing.Store{DB: d.DB}, limits: upload.Limits(d.Settings.Uploads), differences: differences}
	write := function.May(auth.Write)
	return h.desk.Pages(
		function.Route{Method: "GET", Path: rule.DeskPath, Access: write, Do: function.Do(h.list), Doc: "All rulebooks, and the form for a new one."},
		function.Route{Method: "GET", Path: rule.DeskPath + "/at/{id}", Access: write, Do: function.Do(h.at), Doc: "Leads to where an article or a version is worked with."},
		function.Route{Method: "GET", Path: rule.DeskPath + "/{slug}", Access: write, Do: function.Do(h.book), Doc: "A rulebook with its versions, drafts among them."},
		function.Route{Method: "GET", Path: rule.DeskPath + "/{slug}/new", Access: write, Do: function.Do(h.compose), Doc: "The editor with the text of the version promulgated last."},
		function.Route{Method: "GET", Path: rule.DeskPath + "/{slug}/{number}", Access: write, Do: function.Do(h.edit), Doc: "A draft in the editor; a promulgated version as it is."},
		function.Route{Method: "POST", Path: rule.DeskPath + "/{slug}/read", Access: write, ReadOnly: true, Do: function.Do(h.reading), Doc: "How a text that is not saved is read, and what it would change, as a part of a page."},
	)
}

// bookPath is where the council works with a rulebook.
func bookPath(slug string) string { return rule.DeskPath + "/" + slug }

type listRequest struct{}

func (h handlers) list(ctx context.Context, _ *listRequest) (*ui.Answer, error) {
	books, _, err := h.rules.Books(ctx)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "회칙", "Rules")
	return h.desk.Page(ctx, ui.View{Title: title, Section: rule.DeskPath, Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, rule.ListPath), ui.T(ctx, "홈페이지에서 보기", "View on the site"), "button small quiet")),
		g.If(len(books) == 0, desk.Empty(ui.T(ctx, "등록된 회칙이 없습니다. 아래에서 첫 회칙을 등록해 보세요.", "There are no rules yet. Add the first below."))),
		g.Iff(len(books) > 0, func() g.Node {
			return el.Ul(el.Class("rows"), g.Map(books, func(b rule.Shelved) g.Node { return h.row(ctx, b) }))
		}),
		el.H2(g.Text(ui.T(ctx, "회칙 등록", "Add a rulebook"))),
		h.form(ctx, rule.Book{}, books),
	}}), nil
}

func (h handlers) row(ctx context.Context, b rule.Shelved) g.Node {
	mine := rule.Writes(ctx, b.Unit)
	said := ui.T(ctx, "공포 전", "not promulgated yet")
	if v, there := b.Current(); there {
		said = since(ctx, v)
	}
	return el.Li(el.Class("row"), el.Div(el.Class("row-main"),
		g.If(mine, desk.Link(desk.At(ctx, bookPath(b.Slug)), b.Title, "row-title", ui.Korean(ctx))),
		g.If(!mine, el.Span(el.Class("row-title"), ui.Korean(ctx), g.Text(b.Title))),
		el.P(el.Class("meta"), el.Span(g.Text(h.desk.Unit(ctx, b.Unit))), el.Span(g.Text(said)), g.Map(b.Waiting(clock.Now(ctx)), func(v rule.Version) g.Node { return badge(ctx, v) })),
	))
}

// since says what a version is and from when.
func since(ctx context.Context, v rule.Version) string {
	return ui.T(ctx, day(ctx, v.EffectiveOn)+" 시행", "in force from "+day(ctx, v.EffectiveOn)) + "\u00a0· " + ui.Name(ctx, v.Called())
}

func day(ctx context.Context, d string) string {
	t, ok := rule.Day(d)
	if !ok {
		return d
	}
	return ui.ShortDay(ctx, t)
}

// badge is the state of a version.
func badge(ctx context.Context, v rule.Version) g.Node {
	s := v.State(clock.Now(ctx))
	looks := map[rule.State]string{rule.Drafted: "draft", rule.Announced: "scheduled", rule.Promulgated: "scheduled", rule.InForce: "published", rule.Past: "archived", rule.Overtaken: "archived"}
	return desk.Badge(looks[s], ui.Name(ctx, s.Label()))
}

// form is the one for a new rulebook, or for one that there is.
func (h handlers) form(ctx context.Context, b rule.Book, books []rule.Shelved) g.Node {
	f := ui.NewForm(ctx)
	units := h.desk.Units(ctx, auth.Write, b.Unit)
	if b.Unit == "" && len(units) > 0 {
		b.Unit = units[0].Value
	}
	method, path, label, said := "POST", "/v1/rules", ui.T(ctx, "등록", "Add"), ui.T(ctx, "등록했습니다. 이제 글을 넣어 보세요.", "Added. Now give it its text.")
	if b.ID != "" {
		method, path, label, said = "PUT", path+"/"+b.Slug, ui.T(ctx, "저장", "Save"), ui.T(ctx, "저장했습니다.", "Saved.")
	}
	parents := []ui.Choice{{Value: "", Label: ui.T(ctx, "없음", "None")}}
	for _, other := range books {
		if other.Slug != b.Slug {
			parents = append(parents, ui.Choice{Value: other.Slug, Label: other.Title})
		}
	}
	return el.Form(el.Class("form"), g.Attr("novalidate"), desk.Action(method, path, b.Version), desk.Said(said),
		f.Input(ui.Field{Name: "title", Label: ui.T(ctx, "이름", "Title"), Value: b.Title, Limit: rule.MostTitle, More: []g.Node{ui.Korean(ctx)}}),
		g.If(b.ID == "", f.Input(ui.Field{Name: "slug", Label: ui.T(ctx, "주소", "Address"), Limit: 40, Hint: ui.T(ctx, "영어 소문자로 짧게: hoechik. 나중에 바꿀 수 없습니다.", "Short, in lower-case letters: hoechik. It stays for good.")})),
		f.Input(ui.Field{Name: "body", Label: ui.T(ctx, "의결 기구", "Decided by"), Value: b.Body, Limit: rule.MostBody, Optional: true, More: []g.Node{ui.Korean(ctx)}, Hint: ui.T(ctx, "예: 전체학생대표자회의", "As 전체학생대표자회의")}),
		f.Select(ui.Field{Name: "parent", Label: ui.T(ctx, "위 회칙", "Stands under"), Value: b.Parent}, parents...),
		f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위", "Unit"), Value: b.Unit}, units...),
		el.Div(ui.Button(label)),
	)
}

type atRequest struct {
	ID string `path:"id"`
}

func (h handlers) at(ctx context.Context, r *atRequest) (*function.Redirect, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	slug, number, err := h.rules.Desk(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	if _, _, err := h.shelf(ctx, slug); err != nil {
		return nil, err
	}
	return &function.Redirect{Status: 303, URL: desk.At(ctx, bookPath(slug)+"/"+strconv.FormatInt(number, 10))}, nil
}

// shelf is a rulebook that the caller writes for, and all that they may read.
func (h handlers) shelf(ctx context.Context, slug string) (rule.Shelved, []rule.Shelved, error) {
	b, _, err := h.rules.Shelf(ctx, slug)
	if err != nil {
		return b, nil, err
	}
	if !rule.Writes(ctx, b.Unit) {
		return b, nil, problem.NotAllowed()
	}
	books, _, err := h.rules.Books(ctx)
	return b, books, err
}

type bookRequest struct {
	Slug string `path:"slug"`
}

func (h handlers) book(ctx context.Context, r *bookRequest) (*ui.Answer, error) {
	b, books, err := h.shelf(ctx, r.Slug)
	if err != nil {
		return nil, err
	}
	sealed := false
	for _, v := range b.Versions {
		sealed = sealed || v.PromulgatedOn != ""
	}
	return h.desk.Page(ctx, ui.View{Title: b.Title, InKorean: true, Section: rule.DeskPath, Main: []g.Node{
		desk.Heading(b.Title,
			desk.Link(desk.At(ctx, bookPath(b.Slug)+"/new"), ui.T(ctx, "새 버전 쓰기", "Write a version"), "button small"),
			desk.Link(desk.At(ctx, rule.Path(b.Slug)), ui.T(ctx, "홈페이지에서 보기", "View on the site"), "button small quiet"),
		),
		el.H2(g.Text(ui.T(ctx, "버전", "Versions"))),
		g.If(len(b.Versions) == 0, desk.Empty(ui.T(ctx, "아직 글이 없습니다. ‘새 버전 쓰기’에 지금 회칙을 붙여 넣어 보세요.", "There is no text yet. Paste the rules into a new version."))),
		el.Ul(el.Class("rows"), g.Map(b.Versions, func(v rule.Version) g.Node { return h.version(ctx, b, v) })),
		el.H2(g.Text(ui.T(ctx, "회칙 정보", "About this rulebook"))),
		h.form(ctx, b.Book, books),
		g.Iff(!sealed, func() g.Node {
			return el.Form(desk.Action("DELETE", "/v1/rules/"+b.Slug, b.Book.Version), desk.Said(ui.T(ctx, "지웠습니다.", "Deleted.")), el.Data("next", desk.At(ctx, rule.DeskPath)),
				el.Data("confirm", ui.T(ctx, b.Title+": 초안까지 모두 지울까요? 되돌릴 수 없습니다.", "Delete "+b.Title+" with its drafts? This cannot be undone.")),
				el.Button(el.Type("submit"), el.Class("button small danger"), g.Text(ui.T(ctx, "회칙 지우기", "Delete the rulebook"))))
		}),
	}}), nil
}

func (h handlers) version(ctx context.Context, b rule.Shelved, v rule.Version) g.Node {
	said := ""
	if v.EffectiveOn != "" {
		said = ui.T(ctx, day(ctx, v.EffectiveOn)+" 시행", "in force from "+day(ctx, v.EffectiveOn))
	}
	at := desk.At(ctx, bookPath(b.Slug)+"/"+strconv.FormatInt(v.Number, 10))
	return el.Li(el.Class("row"),
		el.Div(el.Class("row-main"),
			desk.Link(at, ui.Name(ctx, v.Called()), "row-title"),
			el.P(el.Class("meta"), badge(ctx, v), g.If(said != "", el.Span(g.Text(said))), el.Span(desk.Short(ctx, v.UpdatedAt))),
		),
		g.Iff(v.PromulgatedOn == "", func() g.Node {
			name := ui.Name(ctx, v.Called())
			asked := ui.T(ctx, name+": 초안을 지울까요? 되돌릴 수 없습니다.", name+": delete the draft? This cannot be undone.")
			if v.AnnouncedAt != nil && !v.AnnouncedAt.After(clock.Now(ctx)) {
				asked = ui.T(ctx, name+": 공고한 개정안을 지울까요? 누구나 보던 공고도 함께 사라지며, 되돌릴 수 없습니다.", name+": delete what was announced? Its announcement disappears for everybody, and this cannot be undone.")
			}
			return el.Form(desk.Action("DELETE", "/v1/rules/"+b.Slug+"/versions/"+strconv.FormatInt(v.Number, 10), v.Version), desk.Said(ui.T(ctx, "지웠습니다.", "Deleted.")),
				el.Data("confirm", asked),
				el.Button(el.Type("submit"), el.Class("button small danger"), el.Aria("label", ui.T(ctx, name+" 지우기", "Delete "+name)), g.Text(ui.T(ctx, "지우기", "Delete"))))
		}),
	)
}

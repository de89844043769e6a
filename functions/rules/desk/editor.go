package desk

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/problem"
	english "github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// counted says what was read of a text: its articles, and whatever else it has beside them.
func counted(ctx context.Context, text rule.Text) string {
	articles, preamble, supplements, schedules, forms := 0, 0, 0, 0, 0
	for _, a := range text.Articles() {
		switch {
		case a.Main():
			articles++
		case strings.HasPrefix(a.Number, rule.Form):
			forms++
		case a.Annex():
			schedules++
		case a.Number == rule.Preamble:
			preamble++
		default:
			supplements++
		}
	}
	ko, en := fmt.Sprintf("조문 %d개", articles), english.Many(articles, "article")
	more := func(n int, word, one string) {
		if n == 0 {
			return
		}
		if n > 1 {
			word += fmt.Sprintf(" %d개", n)
		}
		ko, en = ko+english.Particle(ko, "와")+" "+word, en+" and "+english.Many(n, one)
	}
	more(preamble, "전문", "preamble")
	more(supplements, "부칙", "supplementary provision")
	more(schedules, "별표", "schedule")
	more(forms, "별지", "form")
	return ui.T(ctx, ko+english.Particle(ko, "를")+" 읽었습니다.", "Read "+en+".")
}

func (h handlers) compose(ctx context.Context, r *bookRequest) (*ui.Answer, error) {
	b, _, err := h.shelf(ctx, r.Slug)
	if err != nil {
		return nil, err
	}
	v := rule.Version{Draft: rule.Draft{Kind: string(rule.Enactment)}}
	for _, old := range b.Versions {
		if old.Order == 0 {
			continue
		}
		if v.Base == 0 || old.Order > v.Order {
			v.Base, v.Order = old.Number, old.Order
		}
		v.Amendment = max(v.Amendment, old.Amendment)
	}
	if v.Base > 0 {
		_, last, err := h.rules.Version(ctx, r.Slug, v.Base)
		if err != nil {
			return nil, err
		}
		if rule.Act(last.Kind) != rule.Repeal {
			v.Kind, v.Amendment = string(rule.Amendment), v.Amendment+1
		}
		v.Source = last.Source
	}
	return h.editor(ctx, b, v)
}

type editRequest struct {
	Slug   string `path:"slug"`
	Number string `path:"number"`
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*ui.Answer, error) {
	number, err := strconv.ParseInt(r.Number, 10, 64)
	if err != nil || strconv.FormatInt(number, 10) != r.Number {
		return nil, problem.Absent()
	}
	b, _, err := h.shelf(ctx, r.Slug)
	if err != nil {
		return nil, err
	}
	_, v, err := h.rules.Version(ctx, r.Slug, number)
	if err != nil {
		return nil, err
	}
	if v.PromulgatedOn != "" {
		return h.sealed(ctx, b, v)
	}
	return h.editor(ctx, b, v)
}

// sealed is a version whose text and days change no more; its papers can.
func (h handlers) sealed(ctx context.Context, b rule.Shelved, v rule.Version) (*ui.Answer, error) {
	papers, err := h.papers(ctx, b, v)
	if err != nil {
		return nil, err
	}
	title := b.Title + " " + ui.Name(ctx, v.Called())
	return h.desk.Page(ctx, ui.View{Title: title, InKorean: true, Section: rule.DeskPath, Class: "reading", Scripts: []string{"papers.js"}, Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, rule.Path(b.Slug))+"/versions/"+strconv.FormatInt(v.Number, 10), ui.T(ctx, "홈페이지에서 보기", "View on the site"), "button small quiet")),
		el.P(el.Class("meta"), badge(ctx, v), el.Span(g.Text(since(ctx, v)))),
		el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "공포한 버전의 글과 날짜는 고칠 수 없습니다. 잘못 적은 곳이 있으면 새 버전을 ‘정정’으로 쓰세요. 파일과 의결한 회의는 아래에서 더할 수 있습니다.", "Text and days of what was promulgated cannot be changed: write a correction where something is wrong. Files and the meeting can be added below."))),
		papers,
		desk.Link(desk.At(ctx, bookPath(b.Slug)), ui.T(ctx, "모든 버전", "All versions"), "button quiet"),
	}}), nil
}

// told is what the editor's script knows.
type told struct {
	Slug    string `json:"slug"`
	Number  int64  `json:"number"`  // 0 for what is not saved
	Version int64  `json:"version"` // of a draft
	Base    int64  `json:"base"`
}

func (h handlers) editor(ctx context.Context, b rule.Shelved, v rule.Version) (*ui.Answer, error) {
	title := b.Title + ": " + ui.T(ctx, "새 버전", "a new version")
	if v.Number > 0 {
		title = b.Title + " " + ui.Name(ctx, v.Called())
	}
	reading, err := h.read(ctx, b, v)
	if err != nil {
		return nil, err
	}
	scripts, papers := []string{"rules.js"}, g.Node(nil)
	if v.Number > 0 {
		if papers, err = h.papers(ctx, b, v); err != nil {
			return nil, err
		}
		scripts = append(scripts, "papers.js")
	}
	return h.desk.Page(ctx, ui.View{Title: title, InKorean: true, Section: rule.DeskPath, Styles: []string{"rules.css"}, Scripts: scripts, Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, bookPath(b.Slug)), ui.T(ctx, "모든 버전", "All versions"), "button small quiet")),
		g.If(v.Number > 0, el.P(el.Class("meta"), badge(ctx, v))),
		h.outdated(ctx, b, v),
		el.Form(el.ID("rule"), el.Class("form"), el.Method("post"), g.Attr("novalidate"), desk.Told(told{b.Slug, v.Number, v.Version, v.Base}),
			facts(ctx, v),
			el.Div(el.Class("lawyer"),
				ui.NewForm(ctx).Area(ui.Field{Name: "source", Label: ui.T(ctx, "전체 글", "The whole text"), Value: v.Source, Limit: rule.MostSource, Depends: true, More: []g.Node{ui.Korean(ctx), g.Attr("spellcheck", "false")},
					Hint: ui.T(ctx, "제1장 총칙, 제1조(목적), ①, 1., 가., 부칙 <2026. 3. 1.>, [별표 1], [별지 제1호서식]처럼 줄 처음에 씁니다. 나머지 줄은 앞줄에 이어집니다. 폐지할 때는 비워 둡니다.", "Lines begin with 제1장, 제1조(…), ①, 1., 가., 부칙 <…>, [별표 1] or [별지 제1호서식]. Every other line continues the one before. Leave it empty for a repeal.")}),
				el.Section(el.Aria("labelledby", "read-as"), el.H2(el.ID("read-as"), g.Text(ui.T(ctx, "이렇게 읽습니다", "Read as"))), el.Div(el.ID("reading"), el.Aria("live", "polite"), reading)),
			),
			el.Div(el.Class("save-bar"), el.P(el.ID("saved"), el.Class("hint"), el.Role("status"), g.Text(ui.T(ctx, "초안은 총학생회에만 보입니다. 공고하면 누구나 봅니다.", "Only the council sees a draft. Once announced, everybody does."))), ui.Button(ui.T(ctx, "저장", "Save"), el.ID("save"))),
		),
		papers,
		g.Iff(v.Number > 0 && auth.From(ctx).May(auth.Enact, b.Unit), func() g.Node { return promulgation(ctx, b, v) }),
	}}), nil
}

// outdated says that another version was promulgated since a draft was begun.
func (h handlers) outdated(ctx context.Context, b rule.Shelved, v rule.Version) g.Node {
	last := rule.Version{}
	for _, old := range b.Versions {
		if old.Order > last.Order {
			last = old
		}
	}
	if last.Number == v.Base || v.Number == 0 {
		return nil
	}
	name := ui.Name(ctx, last.Called())
	return el.Div(el.Class("notice-box wrong"),
		el.P(g.Text(ui.T(ctx, "그사이 "+ui.Joined(name, "가")+" 공포되었습니다. 아래 글은 그 전 글을 고친 것입니다. 대비표에서 사라지는 곳이 없는지 보고 나서 바탕을 바꾸세요.", name+" was promulgated meanwhile, and this text changes the one before it. See in the comparison that nothing of it is lost, then change what it is based on."))),
		el.P(el.Label(el.Class("radio"), el.Input(el.Type("checkbox"), el.ID("rebase"), el.Value(strconv.FormatInt(last.Number, 10))), g.Text(" "+ui.T(ctx, ui.Joined(name, "를")+" 바탕으로 합니다", "Based on "+name)))),
	)
}

// facts is everything about a version but its text.
func facts(ctx context.Context, v rule.Version) g.Node {
	f := ui.NewForm(ctx)
	kinds := []ui.Choice{}
	for _, a := range rule.Acts() {
		kinds = append(kinds, ui.Choice{Value: string(a), Label: ui.Name(ctx, a.Label())})
	}
	amendment := ""
	if v.Amendment > 0 {
		amendment = strconv.FormatInt(v.Amendment, 10)
	}
	overrides := []string{}
	for _, o := range v.Overrides {
		overrides = append(overrides, rule.Called(o.Article)+" "+o.EffectiveOn)
	}
	return g.Group{
		el.Div(el.Class("two"),
			f.Select(ui.Field{Name: "kind", Label: ui.T(ctx, "구분", "Kind"), Value: v.Kind}, kinds...),
			f.Input(ui.Field{Name: "amendment", Label: ui.T(ctx, "몇 차 개정", "Which amendment"), Value: amendment, Type: "number", Depends: true, Hint: ui.T(ctx, "개정할 때는 꼭 씁니다.", "Needed for an amendment."), More: []g.Node{el.Min("1"), el.Max("999")}}),
			f.Input(ui.Field{Name: "decidedOn", Label: ui.T(ctx, "의결한 날", "Decided on"), Value: v.DecidedOn, Type: "date", Optional: true}),
			f.Input(ui.Field{Name: "effectiveOn", Label: ui.T(ctx, "시행하는 날", "In force from"), Value: v.EffectiveOn, Type: "date", Optional: true}),
			f.Input(desk.Moment(ctx, "announcedAt", problem.Text{KO: "공고할 때", EN: "Announced at"}, problem.Text{KO: "이때부터 누구나 대비표를 봅니다. 한국 시각입니다.", EN: "From then on everybody sees what changes. Korean time."}, v.AnnouncedAt)),
		),
		f.Area(ui.Field{Name: "reason", Label: ui.T(ctx, "제안 이유", "Reason"), Value: v.Reason, Limit: rule.MostReason, Optional: true, More: []g.Node{ui.Korean(ctx), el.Rows("3")}}),
		f.Area(ui.Field{
			Name: "overrides", Label: ui.T(ctx, "조문마다 다른 시행일", "Articles with a day of their own"), Value: strings.Join(overrides, "\n"), Optional: true, More: []g.Node{el.Rows("2"), ui.Korean(ctx)},
			Hint: ui.T(ctx, "부칙에 따로 정한 조문만, 한 줄에 하나씩: 제12조 2026-09-01", "Only those that the 부칙 names, one a line: 제12조 2026-09-01"),
		}),
	}
}

// promulgation makes a draft final.
func promulgation(ctx context.Context, b rule.Shelved, v rule.Version) g.Node {
	name := b.Title + " " + ui.Name(ctx, v.Called())
	return el.Section(el.Class("group"), el.Aria("labelledby", "promulgation"), el.H2(el.ID("promulgation"), g.Text(ui.T(ctx, "공포", "Promulgation"))),
		el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "공포하면 글과 날짜를 고칠 수 없고, 잘못은 ‘정정’으로만 바로잡습니다. 저장한 글과 날짜 그대로 공포합니다. 파일은 나중에도 더할 수 있습니다.", "Once promulgated, text and days cannot be changed, and mistakes are put right by a correction alone. It is promulgated as it was saved. Files can be added later."))),
		el.Form(el.ID("promulgate"), el.Class("form"), g.Attr("novalidate"), desk.Action("POST", "/v1/rules/"+b.Slug+"/versions/"+strconv.FormatInt(v.Number, 10)+"/promulgate", v.Version),
			el.Data("next", desk.At(ctx, bookPath(b.Slug))), desk.Said(ui.T(ctx, name+": 공포했습니다.", name+": promulgated.")),
			el.Data("confirm", ui.T(ctx, name+": 공포하면 글과 날짜를 고칠 수 없습니다. 공포할까요?", name+": once promulgated, its text and days cannot be changed. Promulgate it?")),
			ui.NewForm(ctx).Input(ui.Field{Name: "promulgatedOn", Label: ui.T(ctx, "공포한 날", "Promulgated on"), Value: rule.Today(ctx), Type: "date"}),
			el.Div(ui.Button(ui.T(ctx, "공포하기", "Promulgate"))),
		),
	)
}

type move struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type readingRequest struct {
	Slug   string `path:"slug"`
	Kind   string `json:"kind"`
	Base   int64  `json:"base,omitempty"`
	Source string `json:"source"`
	Moves  []move `json:"moves,omitempty"`
}

// reading is how a text that is not saved is read.
func (h handlers) reading(ctx context.Context, r *readingRequest) (*desk.Fragment, error) {
	b, _, err := h.shelf(ctx, r.Slug)
	if err != nil {
		return nil, err
	}
	var f check.Fields
	v := rule.Version{Base: r.Base, Draft: rule.Draft{Kind: r.Kind, Source: f.OptionalText("source", r.Source, rule.MostSource)}}
	if len(r.Moves) > rule.MostArticles {
		f.Add("moves", "too-many", fmt.Sprintf("%d개까지입니다.", rule.MostArticles), fmt.Sprintf("At most %d.", rule.MostArticles))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	for _, m := range r.Moves {
		v.Moves = append(v.Moves, rule.Move(m))
	}
	node, err := h.read(ctx, b, v)
	if err != nil {
		return nil, err
	}
	return &desk.Fragment{Node: node}, nil
}

// read is the tree of a text, or the line where it fails; what may be a mistake; moves to confirm;
// and what it would change.
func (h handlers) read(ctx context.Context, b rule.Shelved, v rule.Version) (g.Node, error) {
	base := rule.Text{}
	if old, there := b.Version(v.Base); there {
		var err error
		if base, err = h.rules.Text(ctx, b, old); err != nil {
			return nil, err
		}
	}
	if rule.Act(v.Kind) == rule.Repeal {
		return el.P(g.Text(ui.T(ctx, fmt.Sprintf("조문 %d개가 모두 없어집니다.", len(base.Articles())), "The text ends: "+english.Many(len(base.Articles()), "article")+"."))), nil
	}
	if strings.TrimSpace(v.Source) == "" {
		return el.P(el.Class("hint"), g.Text(ui.T(ctx, "왼쪽에 글을 붙여 넣으면 조문별로 나뉘어 보입니다.", "Paste a text on the left to see it by articles."))), nil
	}
	text, warnings, wrong := rule.Parse(v.Source)
	if wrong != nil {
		return failing(ctx, v.Source, wrong), nil
	}
	keyed, err := rule.DraftText(base, v.Draft)
	if err != nil {
		return nil, err
	}
	changes := rule.Compare(base, keyed)
	return g.Group{
		el.P(el.Class("hint"), g.Text(counted(ctx, text))),
		g.If(len(warnings) > 0, el.Div(el.Class("notice-box"), el.P(g.Text(ui.T(ctx, "확인해 보세요", "Have a look"))), el.Ul(g.Map(warnings, func(w rule.Warning) g.Node {
			return el.Li(g.Text(ui.T(ctx, fmt.Sprintf("%d번째 줄: %s", w.Line, w.Text.KO), fmt.Sprintf("Line %d: %s", w.Line, w.Text.EN))))
		})))),
		moves(ctx, rule.Proposals(base, text, v.Moves), v.Moves),
		tree(ctx, text),
		g.Iff(v.Base > 0, func() g.Node {
			return el.Details(el.Class("fold changes"), el.Summary(g.Text(ui.T(ctx, fmt.Sprintf("대비표 미리보기: 바뀌는 조문 %d개", len(changes)), "What changes: "+english.Many(len(changes), "article")))),
				el.Div(ui.Legend(ctx), ui.Comparison(ctx, ui.T(ctx, "현행", "Now"), ui.T(ctx, "개정안", "Draft"), h.differences(ctx, changes))))
		}),
	}, nil
}

// around is how many lines stand around the failing one.
const around = 2

// failing shows where a text fails.
func failing(ctx context.Context, source string, wrong *rule.Wrong) g.Node {
	lines := strings.Split(source, "\n")
	shown := []g.Node{}
	for n := max(1, wrong.Line-around); n <= min(len(lines), wrong.Line+around); n++ {
		shown = append(shown, el.Li(g.If(n == wrong.Line, el.Class("here")), el.Span(el.Class("no"), g.Text(strconv.Itoa(n))), el.Span(ui.Korean(ctx), g.Text(lines[n-1]))))
	}
	said := wrong.Problem().Text
	return g.Group{
		el.P(el.Class("wrong"), el.ID("failing"), el.Data("line", strconv.Itoa(wrong.Line)), g.Text(ui.T(ctx, said.KO, said.EN))),
		el.Ul(el.Class("failing"), g.Group(shown)),
	}
}

// moves asks about articles that seem to have another number, and keeps those that were confirmed.
func moves(ctx context.Context, proposed, given []rule.Move) g.Node {
	if len(proposed)+len(given) == 0 {
		return nil
	}
	box := func(m rule.Move, ticked bool) g.Node {
		return el.Li(el.Label(el.Class("radio"), el.Input(el.Type("checkbox"), el.Data("from", m.From), el.Data("to", m.To), g.If(ticked, el.Checked())),
			g.Text(" "+ui.T(ctx, ui.Joined(rule.Called(m.From), "가")+" "+ui.Joined(rule.Called(m.To), "가")+" 되었습니다", rule.Called(m.From)+" became "+rule.Called(m.To)))))
	}
	return el.FieldSet(el.Class("group"), el.ID("moves"), el.Legend(g.Text(ui.T(ctx, "번호가 바뀐 조문", "Articles with another number"))),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "맞는 것에 표시하면 조문의 역사가 이어집니다.", "Tick what is right: the article's history goes on."))),
		el.Ul(g.Map(given, func(m rule.Move) g.Node { return box(m, true) }), g.Map(proposed, func(m rule.Move) g.Node { return box(m, false) })))
}

// tree is a text by its parts.
func tree(ctx context.Context, t rule.Text) g.Node {
	return el.Div(el.Class("tree"), el.TabIndex("0"), el.Role("region"), el.Aria("label", ui.T(ctx, "읽은 조문", "The articles as they were read")), el.Ul(ui.Korean(ctx), g.Map(t.Nodes, func(n rule.Node) g.Node {
		if n.Heading != nil {
			return el.Li(el.Class("part"), g.Text(n.Heading.String()))
		}
		a := n.Article
		return g.Group{
			el.Li(el.B(g.Text(a.Title())), g.If(a.Text != "", g.Text(" "+short(a.Text)))),
			g.Map(a.Items, func(i rule.Item) g.Node {
				return el.Li(el.Class(fmt.Sprintf("r%d", i.Rank)), g.Text(i.Mark+" "+short(i.Text)))
			}),
		}
	})))
}

// short is the beginning of a text.
func short(s string) string {
	return english.Truncate(s, 60)
}

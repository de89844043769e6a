package console

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type auditRequest struct {
	Actor   string `query:"actor"`   // a part of a name, a mail address, or a member's id
	Subject string `query:"subject"` // id
	Action  string `query:"action"`
	Only    string `query:"only"` // one of the tabs, where there is no action; all without it
	From    string `query:"from"` // a day in Seoul, as 2026-03-02
	To      string `query:"to"`   // the last day that counts
	Cursor  string `query:"cursor"`
}

func (h handlers) audit(ctx context.Context, r *auditRequest) (*ui.Answer, error) {
	q, known, err := h.query(ctx, r)
	if err != nil {
		return nil, err
	}
	kind := "console/audit?" + strings.Join([]string{r.Actor, r.Subject, r.Action, r.Only, r.From, r.To}, "&")
	page, err := cursor.Read(h.cursors, kind, r.Cursor, desk.OnPage, func(behind cursor.Moment, limit int) ([]audit.Record, error) {
		if q.Before = behind; !known {
			return nil, nil
		}
		return h.log.List(ctx, q, limit)
	}, audit.Record.Place)
	if err != nil {
		return nil, err
	}
	records := page.Items
	told, err := h.told(ctx, records)
	if err != nil {
		return nil, err
	}
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "기록", "Log"), Section: audit.DeskPath, Main: []g.Node{
		desk.HeadingOf(ui.T(ctx, "기록", "Log"), ui.T(ctx, "총학생회가 무엇을 했고 누구의 정보를 보았는지 남습니다. 고치거나 지울 수 없습니다.", "What the council did, and whose data it read. It cannot be changed.")),
		h.auditFilters(ctx, r),
		auditTabs(ctx, r),
		g.Iff(len(records) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "조건에 맞는 기록이 없습니다.", "No records were found."))
		}),
		told,
		desk.Pager(ctx, page.NextCursor, audit.DeskPath, "actor", r.Actor, "subject", r.Subject, "action", r.Action, "only", r.Only, "from", r.From, "to", r.To),
	}}), nil
}

// The tabs of the log.
const (
	onlyPersonal = "personal" // whose data was read
	onlySignIns  = "sign-in"
)

// auditTabs are what is looked for most, each among who and when of the form.
func auditTabs(ctx context.Context, r *auditRequest) g.Node {
	tab := func(only, ko, en string) ui.Tab {
		return ui.Tab{Label: ui.T(ctx, ko, en), Href: desk.At(ctx, audit.DeskPath, "actor", r.Actor, "subject", r.Subject, "only", only, "from", r.From, "to", r.To), Here: r.Action == "" && r.Only == only}
	}
	return ui.Tabs(ctx, ui.T(ctx, "기록의 종류", "Kinds of records"), tab("", "모두", "All"), tab(onlyPersonal, "개인정보 열람", "Personal data read"), tab(onlySignIns, "로그인", "Sign-ins"))
}

// mostNamed are the most members of one name whose doings are shown together.
const mostNamed = 20

// query reads what is looked for. Known is false for a name or an address that nobody has.
func (h handlers) query(ctx context.Context, r *auditRequest) (q audit.Query, known bool, err error) {
	var f check.Fields
	actor := f.OptionalLine("actor", r.Actor, 254)
	q = audit.Query{Subject: f.OptionalLine("subject", r.Subject, 64), Actions: h.alike(f.OptionalLine("action", r.Action, 200))}
	if r.Only != "" && f.OneOf("only", r.Only, onlyPersonal, onlySignIns) != "" && r.Action == "" {
		q.Actions = h.of(r.Only)
	}
	q.From, q.Until = day(&f, "from", r.From, 0), day(&f, "to", r.To, 1)
	if err := f.Err(); err != nil || actor == "" {
		return q, true, err
	}
	q.Actors, err = h.actors(ctx, actor)
	return q, len(q.Actors) > 0, err
}

// actors are the ids of who is looked for: by an id, a mail address, or a part of a name.
func (h handlers) actors(ctx context.Context, actor string) ([]string, error) {
	if check.ID(actor) {
		return []string{actor}, nil
	}
	search := member.Search{Name: actor}
	if strings.Contains(actor, "@") {
		search = member.Search{Email: credential.Address(actor)}
	}
	if err := search.Allowed(ctx); err != nil {
		return nil, err
	}
	found, err := h.members.Find(ctx, search, mostNamed+1)
	if err != nil {
		return nil, err
	}
	if len(found) > mostNamed {
		return nil, problem.WrongField("actor", "too-many", "이런 이름의 회원이 너무 많습니다. 이름을 더 길게 적어 주세요.", "Too many members have such a name. Write more of it.")
	}
	ids := []string{}
	for _, m := range found {
		ids = append(ids, m.ID)
	}
	return ids, nil
}

// alike are the actions of the same words: what is done by a page and by the API is one thing to who reads the log.
func (h handlers) alike(action string) []string {
	if action == "" {
		return nil
	}
	words, list := h.catalogue.Words(action), []string{}
	for _, a := range h.catalogue.Acts {
		if a.Words == words {
			list = append(list, a.Action)
		}
	}
	if len(list) == 0 {
		return []string{action}
	}
	return list
}

// of are the actions of a tab.
func (h handlers) of(only string) []string {
	if only == onlySignIns {
		return []string{function.SignIn}
	}
	list := []string{}
	for _, a := range h.catalogue.Acts {
		if a.Personal {
			list = append(list, a.Action)
		}
	}
	return list
}

// day is the beginning of a day in Seoul, some days later; nil for none.
func day(f *check.Fields, name, value string, later int) *time.Time {
	if value == "" {
		return nil
	}
	t, err := time.ParseInLocation(time.DateOnly, value, clock.Seoul)
	if err != nil {
		f.Add(name, "not-a-day", "날짜가 아닙니다.", "Not a day.")
		return nil
	}
	t = t.AddDate(0, 0, later)
	return f.Time(name, &t)
}

func (h handlers) auditFilters(ctx context.Context, r *auditRequest) g.Node {
	f := ui.NewForm(ctx)
	choices := []ui.Choice{{Label: ui.T(ctx, "모든 일", "Everything")}}
	listed := map[problem.Text]bool{}
	for _, a := range h.catalogue.Acts {
		if !listed[a.Words] {
			choices = append(choices, ui.Choice{Value: h.alike(a.Action)[0], Label: ui.T(ctx, a.Words.KO, a.Words.EN)})
			listed[a.Words] = true
		}
	}
	return el.Form(el.Class("filters"), el.Method("get"), el.Action(desk.At(ctx, audit.DeskPath)), el.Role("search"),
		f.Input(ui.Field{Name: "actor", Label: ui.T(ctx, "누가(이름의 한 부분이나 이메일)", "Who (a part of the name, or mail)"), Value: r.Actor, Type: "text", Limit: 254, Optional: true}),
		f.Select(ui.Field{Name: "action", Label: ui.T(ctx, "무엇을", "What"), Value: r.Action, Optional: true}, choices...),
		f.Input(ui.Field{Name: "from", Label: ui.T(ctx, "언제부터", "From"), Value: r.From, Type: "date", Optional: true}),
		f.Input(ui.Field{Name: "to", Label: ui.T(ctx, "언제까지", "To"), Value: r.To, Type: "date", Optional: true}),
		g.Iff(r.Subject != "", func() g.Node {
			return f.Input(ui.Field{Name: "subject", Label: ui.T(ctx, "대상(번호)", "Subject (id)"), Value: r.Subject, Limit: 64, Optional: true})
		}),
		ui.Button(ui.T(ctx, "찾기", "Find")),
	)
}

// told are records as sentences, by days of Seoul, the newest first.
func (h handlers) told(ctx context.Context, records []audit.Record) (g.Node, error) {
	ids := []string{}
	for _, v := range records {
		if v.Subject != "" && !slices.Contains(ids, v.Subject) {
			ids = append(ids, v.Subject)
		}
	}
	kinds, err := h.log.Kinds(ctx, ids, h.catalogue.Kinds)
	if err != nil {
		return nil, err
	}
	days, personal := []g.Node{}, h.of(onlyPersonal)
	for day, then := range ui.Runs(records, func(v audit.Record) string { return ui.Day(ctx, v.At) }) {
		said := g.Text(day)
		if near := ui.NearDay(ctx, then[0].At); near == ui.T(ctx, "오늘", "Today") || near == ui.T(ctx, "어제", "Yesterday") {
			said = g.Group{g.Text(near + " "), el.Small(g.Text(day))}
		}
		days = append(days, el.Section(el.Class("log"), el.H2(said), el.Ol(g.Map(then, func(v audit.Record) g.Node {
			return el.Li(
				ui.Time(v.At, v.At.In(clock.Seoul).Format("15:04")),
				initial(v),
				el.Div(
					el.P(g.Group(h.sentence(ctx, v, kinds[v.Subject])), g.Iff(slices.Contains(personal, v.Action), func() g.Node {
						return g.Group{g.Text(" "), ui.State(ui.Half, ui.T(ctx, "개인정보 열람", "Personal data"))}
					})),
					h.details(ctx, v),
				),
			)
		}))))
	}
	return g.Group(days), nil
}

// initial is the first letter of who did it, so that the eye finds them; who cannot see it hears the name.
func initial(v audit.Record) g.Node {
	first, _ := utf8.DecodeRuneInString(v.ActorName)
	if v.Actor == "" || v.ActorName == "" {
		return el.Span(el.Class("initial none"), el.Aria("hidden", "true"), g.Text("–"))
	}
	return el.Span(el.Class("initial"), el.Aria("hidden", "true"), g.Text(string(first)))
}

// sentence is who did what, with the name of what it was done to and a link to it: it is of a kind of things or a member,
// or "" where it is neither any more.
func (h handlers) sentence(ctx context.Context, v audit.Record, kind string) []g.Node {
	actor, honorific := desk.Link(desk.At(ctx, member.DeskPath+"/"+v.Actor), v.ActorName, "actor"), " 님이 "
	if v.Actor == "" { // what a function does by itself
		actor, honorific = g.Text(ui.T(ctx, "홈페이지가", "The site")), " 스스로 "
	}
	words := h.catalogue.Words(v.Action)
	var subject g.Node
	name := subjectText(v)
	switch of := (thing.Ref{Kind: kind, ID: v.Subject}); {
	case v.SubjectName == "" && kind == "": // a session, or what is gone and had no name
	case kind == audit.Member:
		subject = desk.Link(desk.At(ctx, member.DeskPath+"/"+v.Subject), name, "")
	case of.Desk() != "":
		subject = desk.Link(desk.At(ctx, of.Desk()), name, "")
	default:
		subject = el.Span(g.Text(name))
	}
	about := []g.Node{}
	if path := revised(v, thing.Ref{Kind: kind, ID: v.Subject}); path != "" {
		about = append(about, g.Text(" "), desk.Link(desk.At(ctx, path), ui.T(ctx, "바뀐 내용", "What changed"), "quiet-link"))
	}
	if subject != nil && v.Subject != v.Actor {
		about = append(about, g.Text(" "), desk.Link(desk.At(ctx, audit.DeskPath, "subject", v.Subject), ui.T(ctx, "관련 기록", "Related records"), "quiet-link"))
	}
	if ui.T(ctx, "", "en") == "en" {
		said := []g.Node{actor, g.Text(" " + lower(words.EN))}
		if subject != nil {
			said = append(said, g.Text(": "), subject)
		}
		return append(append(said, g.Text(".")), about...)
	}
	said := []g.Node{actor, g.Text(honorific)}
	past := text.Past(words.KO)
	switch noun, rest, takes := object(past); {
	case subject == nil:
		said = append(said, g.Text(past))
	case takes:
		said = append(said, g.Text(noun+" ‘"), subject, g.Text("’"+text.Joiner+text.Particle(name, "를")+rest))
	default:
		said = append(said, g.Text(past+": "), subject)
	}
	return append(append(said, g.Text(".")), about...)
}

// object is the kind of things that something was done to, where a sentence begins with it, and what follows its particle.
func object(sentence string) (noun, rest string, takes bool) {
	for _, k := range thing.Kinds() {
		for _, particle := range []string{"를 ", "을 "} {
			if rest, begins := strings.CutPrefix(sentence, k.Label.KO+particle); begins {
				return k.Label.KO, " " + rest, true
			}
		}
	}
	return "", "", false
}

// lower is a sentence's beginning within another.
func lower(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}

// subjectText is what something was done to, as it was called then, or the beginning of its id.
func subjectText(v audit.Record) string {
	if v.SubjectName != "" {
		return v.SubjectName
	}
	return v.Subject[:min(8, len(v.Subject))]
}

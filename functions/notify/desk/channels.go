// Package desk is where the council says who is told what is new.
package desk

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/channel"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// channels are the pages of channels and what they need.
type channels struct {
	desk     desk.Desk
	channels channel.Store
	sender   channel.Sender
	keeper   delivery.Keeper
	things   thing.Store
}

// ChannelEntries are those of the console's menu.
func ChannelEntries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "알림 채널", EN: "Channels"}, Path: channel.DeskPath, Order: 78, Action: auth.Operate, Group: function.Manage}}
}

// ChannelRoutes are the console's pages of channels.
func ChannelRoutes(d function.Deps, store channel.Store, sender channel.Sender, keeper delivery.Keeper) []function.Route {
	h := channels{desk: desk.New(d), channels: store, sender: sender, keeper: keeper, things: thing.Store{DB: d.DB}}
	operate := function.May(auth.Operate)
	const all, one = channel.DeskPath, channel.DeskPath + "/{id}"
	return h.desk.Pages(
		function.Route{Method: "GET", Path: all, Access: operate, Do: function.Do(h.list), Doc: "Channels, and how each fares."},
		function.Route{Method: "GET", Path: all + "/new", Access: operate, Proof: true, Do: function.Do(h.compose), Doc: "The form in which the address of a channel is pasted."},
		function.Route{Method: "POST", Path: all + "/new", Words: problem.Text{KO: "알림 채널을 등록함", EN: "Added a channel"}, Access: operate, Proof: true, Alone: true, Do: function.Do(h.add), Doc: "Adds a channel, and shows a webhook's secret this once."},
		function.Route{Method: "GET", Path: one, Access: operate, Proof: true, Do: function.Do(h.edit), Doc: "A channel in its form."},
		function.Route{Method: "POST", Path: one, Words: problem.Text{KO: "알림 채널을 고침", EN: "Edited a channel"}, Access: operate, Proof: true, Alone: true, Do: function.Do(h.save), Doc: "Saves a channel."},
		function.Route{Method: "POST", Path: one + "/test", Words: problem.Text{KO: "알림 채널에 시험 메시지를 보냄", EN: "Sent a channel a test"}, Access: operate, Alone: true, Limit: function.Outward, Do: function.Do(h.try), Doc: "Sends a test, and says in words what became of it."},
		function.Route{Method: "POST", Path: one + "/rotate", Words: problem.Text{KO: "웹훅의 서명 키를 바꿈", EN: "Made another secret for a webhook"}, Access: operate, Proof: true, Alone: true, Do: function.Do(h.rotate), Doc: "Makes another secret for a webhook, and shows it this once."},
	)
}

func at(ctx context.Context, id string) string { return desk.At(ctx, channel.DeskPath+"/"+id) }

type listRequest struct{}

func (h channels) list(ctx context.Context, _ *listRequest) (*ui.Answer, error) {
	list, err := h.channels.List(ctx)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "알림 채널", "Channels")
	add := desk.Link(at(ctx, "new"), ui.T(ctx, "채널 등록", "Add a channel"), "button")
	return h.desk.Page(ctx, ui.View{Title: title, Section: channel.DeskPath, Main: []g.Node{
		desk.Heading(title, g.If(len(list) > 0, add)),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "새 소식을 Discord와 Slack, 그리고 웹훅을 받는 다른 프로그램에 바로 알립니다. 게시한 것만 알리며, 누구의 개인정보도 보내지 않습니다.", "Discord, Slack and other programs (webhooks) are told at once what is new: only what is published, and nothing about persons."))),
		g.Iff(len(list) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "아직 채널이 없습니다. Discord나 Slack에서 웹훅 주소를 만들어 붙여 넣으면 새 소식이 그 채널에 올라갑니다.", "There are no channels yet. Make a webhook in Discord or Slack and paste its address: what is new appears there."), add)
		}),
		g.Iff(len(list) > 0, func() g.Node {
			return el.Ul(el.Class("rows"), g.Map(list, func(c channel.Channel) g.Node { return h.row(ctx, c) }))
		}),
	}}), nil
}

// kindText is what a kind is called.
func kindText(ctx context.Context, kind string) string {
	switch kind {
	case channel.Discord:
		return "Discord"
	case channel.Slack:
		return "Slack"
	}
	return ui.T(ctx, "웹훅", "Webhook")
}

// leads is what may be shown of the address.
func leads(c channel.Channel) g.Node {
	return g.If(c.Origin != "", el.Span(g.Text(c.Origin+"/…")))
}

// state is how a channel fares.
func state(ctx context.Context, c channel.Channel) g.Node {
	switch {
	case c.Lost():
		return desk.Badge("deleted", ui.T(ctx, "열 수 없음", "Cannot be opened"))
	case c.Paused() && c.Failures > 0:
		return desk.Badge("deleted", ui.T(ctx, "실패해서 멈춤", "Paused after failures"))
	case c.Paused():
		return desk.Badge("draft", ui.T(ctx, "멈춤", "Paused"))
	case c.Failures > 0:
		return desk.Badge("scheduled", ui.T(ctx, strconv.Itoa(c.Failures)+"번 잇달아 실패", "Failed "+text.Many(c.Failures, "time")+" in a row"))
	}
	return desk.Badge("published", ui.T(ctx, "켜짐", "On"))
}

func (h channels) topics(ctx context.Context, c channel.Channel) string {
	labels, rest := []string{}, slices.Clone(c.Topics)
	for _, t := range h.channels.Topics() {
		if c.Wants(t.Name) {
			labels = append(labels, ui.Name(ctx, t.Label))
		}
		rest = slices.DeleteFunc(rest, func(name string) bool { return name == t.Name })
	}
	return strings.Join(append(labels, rest...), ", ") // what is no topic any more goes by its name
}

func (h channels) row(ctx context.Context, c channel.Channel) g.Node {
	return el.Li(el.Class("row"),
		el.Div(el.Class("row-main"),
			desk.Link(at(ctx, c.ID), c.Name, "row-title"),
			el.P(el.Class("meta"), state(ctx, c), el.Span(g.Text(kindText(ctx, c.Kind))), leads(c), el.Span(g.Text(h.topics(ctx, c)))),
			lastly(ctx, c),
		),
		el.Div(el.Class("actions"), trying(ctx, c), turning(ctx, c)),
	)
}

// lastly is what became of the last message.
func lastly(ctx context.Context, c channel.Channel) g.Node {
	o := channel.Outcome{Status: c.Status, Answer: c.Answer}
	switch {
	case c.Answer != "" || c.Status != 0 && !o.Taken():
		return el.P(el.Class("meta"), el.Span(g.Text(ui.T(ctx, "마지막: ", "Last: ")+ui.Name(ctx, o.Words()))))
	case c.SentAt != nil:
		return el.P(el.Class("meta"), el.Span(g.Text(ui.T(ctx, "마지막으로 보냄 ", "Last sent ")), desk.Short(ctx, *c.SentAt)))
	}
	return el.P(el.Class("meta"), el.Span(g.Text(ui.T(ctx, "아직 보낸 것이 없음", "Nothing sent yet"))))
}

// trying sends a test. It works without scripts.
func trying(ctx context.Context, c channel.Channel) g.Node {
	return el.Form(el.Method("post"), el.Action(at(ctx, c.ID+"/test")),
		el.Button(el.Type("submit"), el.Class("button small quiet"), el.Aria("label", ui.T(ctx, c.Name+"에 시험 메시지 보내기", "Send a test to "+c.Name)), g.Text(ui.T(ctx, "시험", "Test"))))
}

// turning pauses and resumes.
func turning(ctx context.Context, c channel.Channel) g.Node {
	path, label, done := "/pause", ui.T(ctx, "멈추기", "Pause"), ui.T(ctx, "채널을 멈췄습니다.", "The channel is paused.")
	if c.Paused() {
		path, label, done = "/resume", ui.T(ctx, "다시 켜기", "Resume"), ui.T(ctx, "채널을 다시 켰습니다.", "The channel is on again.")
	}
	return el.Form(desk.Action("POST", "/v1/admin/channels/"+c.ID+path, 0), desk.Said(done),
		el.Button(el.Type("submit"), el.Class("button small quiet"), el.Aria("label", c.Name+": "+label), g.Text(label)))
}

// typed is what an admin types.
type typed struct {
	Name    string   `form:"name"`
	Address string   `form:"address"`
	Topics  []string `form:"topics"`
}

func (t typed) content() channel.Content {
	return channel.Content{Name: t.Name, Address: t.Address, Topics: t.Topics}
}

type composeRequest struct{}

func (h channels) compose(ctx context.Context, _ *composeRequest) (*ui.Answer, error) {
	all := []string{}
	for _, t := range h.channels.Topics() {
		all = append(all, t.Name)
	}
	return h.adding(ctx, ui.NewForm(ctx), 0, typed{Topics: all}), nil
}

func (h channels) adding(ctx context.Context, f ui.Form, status int, t typed) *ui.Answer {
	title := ui.T(ctx, "채널 등록", "Add a channel")
	return h.desk.Whole(ctx, ui.View{Status: status, Title: title, Section: channel.DeskPath, Class: "reading", Main: []g.Node{
		desk.Heading(title, desk.Link(desk.At(ctx, channel.DeskPath), ui.T(ctx, "모든 채널", "All channels"), "button small quiet")),
		el.Form(el.Class("form"), el.Method("post"), el.Action(at(ctx, "new")), g.Attr("novalidate"),
			f.Summary(),
			f.Input(ui.Field{Name: "name", Label: ui.T(ctx, "이름", "Name"), Value: t.Name, Limit: channel.MostName, Hint: ui.T(ctx, "콘솔에서만 보입니다. 예: 총학 Discord #공지", "Seen in the console alone, as: Discord #notices of the council")}),
			f.Input(address(ctx, t, ui.T(ctx, "붙여 넣으면 어느 서비스인지 알아봅니다. 등록한 뒤에는 다시 보여 드리지 않습니다.", "Which service it is of is recognised. Once saved, it is never shown again."), false)),
			h.choosing(ctx, f, t.Topics),
			el.Div(el.Class("actions"), ui.Button(ui.T(ctx, "등록", "Add"))),
		),
		el.H2(g.Text(ui.T(ctx, "주소는 어디에 있나요?", "Where is the address?"))),
		el.Dl(el.Class("facts"),
			desk.Fact("Discord", g.Text(ui.T(ctx, "채널 편집 > 연동 > 웹후크에서 새로 만들고 ‘웹후크 URL 복사’를 누르세요.", "Edit Channel > Integrations > Webhooks: make one, then press Copy Webhook URL."))),
			desk.Fact("Slack", g.Text(ui.T(ctx, "앱을 하나 만들어 Incoming Webhooks를 켜고, 채널을 고르면 나오는 주소를 복사하세요.", "Make an app, turn Incoming Webhooks on, choose a channel, and copy the address."))),
			desk.Fact(ui.T(ctx, "다른 프로그램", "Other programs"), g.Text(ui.T(ctx, "인터넷에 공개된 https 주소면 됩니다. 메시지는 Standard Webhooks 방식으로 서명합니다.", "Any https address of the public internet. Messages are signed as Standard Webhooks says."))),
		),
	}})
}

func address(ctx context.Context, t typed, hint string, optional bool) ui.Field {
	return ui.Field{Name: "address", Label: ui.T(ctx, "주소", "Address"), Value: t.Address, Type: "url", Hint: hint, Optional: optional, More: []g.Node{g.Attr("spellcheck", "false"), el.Placeholder("https://")}}
}

// choosing are the topics that a channel is told of.
func (h channels) choosing(ctx context.Context, f ui.Form, chosen []string) g.Node {
	offered := slices.Clone(h.channels.Topics())
	for _, name := range chosen {
		if !slices.ContainsFunc(offered, func(t channel.Topic) bool { return t.Name == name }) {
			offered = append(offered, channel.Topic{Name: name, Label: problem.Text{KO: name, EN: name}})
		}
	}
	return f.Choices("topics", ui.T(ctx, "알릴 것", "What it is told of"), chosen, slices.Collect(func(yield func(ui.Choice) bool) {
		for _, t := range offered {
			if !yield(ui.Choice{Value: t.Name, Label: ui.Name(ctx, t.Label)}) {
				return
			}
		}
	})...)
}

type addRequest struct{ typed }

func (h channels) add(ctx context.Context, r *addRequest) (*ui.Answer, error) {
	c, made, err := h.channels.Add(ctx, r.content())
	if err != nil {
		f, status, ok := ui.Refused(ctx, err)
		if !ok {
			return nil, err
		}
		return nil, ui.Again(err, h.adding(ctx, f, status, r.typed))
	}
	Recorded(ctx, c)
	return h.done(ctx, c, ui.T(ctx, "채널을 등록했습니다. 시험 메시지를 보내 제대로 오는지 보세요.", "The channel was added. Send a test to see whether it arrives."), made), nil
}

// Recorded says in the log which channel it was.
func Recorded(ctx context.Context, c channel.Channel) {
	function.Subject(ctx, c.ID)
	function.Detail(ctx, "name", c.Name)
	function.Detail(ctx, "kind", c.Kind)
	function.Detail(ctx, "origin", c.Origin)
}

// done says what was done, with a webhook's secret, which is shown this once.
func (h channels) done(ctx context.Context, c channel.Channel, message, secret string) *ui.Answer {
	return h.desk.Whole(ctx, ui.View{Title: c.Name, Section: channel.DeskPath, Class: "reading", Main: []g.Node{
		desk.Heading(c.Name, desk.Link(desk.At(ctx, channel.DeskPath), ui.T(ctx, "모든 채널", "All channels"), "button small quiet")),
		ui.Announce(message),
		g.Iff(secret != "", func() g.Node {
			return g.Group{
				el.H2(g.Text(ui.T(ctx, "서명 키", "Signing secret"))),
				el.P(g.Text(ui.T(ctx, "지금 한 번만 보여 드립니다. 받는 프로그램의 설정에 옮겨 두세요.", "It is shown this once: put it into the settings of the program that receives."))),
				el.Ul(el.Class("codes"), el.Li(el.Code(g.Text(secret)))),
				g.Iff(c.Changing != nil, func() g.Node {
					return el.P(el.Class("hint"), g.Text(ui.T(ctx, "앞의 키로도 함께 서명합니다: ", "The one before signs as well until ")), desk.Short(ctx, *c.Changing), g.Text(ui.T(ctx, "까지", "")))
				}),
				el.P(el.Class("hint"), g.Text(ui.T(ctx, "메시지마다 webhook-id, webhook-timestamp, webhook-signature 헤더가 붙습니다. standardwebhooks.com의 라이브러리로 확인할 수 있습니다.", "Each message has the headers webhook-id, webhook-timestamp and webhook-signature; the libraries of standardwebhooks.com verify them."))),
			}
		}),
		el.Div(el.Class("actions"), trying(ctx, c)),
	}})
}

type channelRequest struct {
	ID string `path:"id"`
}

func (h channels) edit(ctx context.Context, r *channelRequest) (*ui.Answer, error) {
	c, err := h.channels.Read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.editing(ctx, ui.NewForm(ctx), 0, c, c.Version, typed{Name: c.Name, Topics: c.Topics})
}

func (h channels) editing(ctx context.Context, f ui.Form, status int, c channel.Channel, version int64, t typed) (*ui.Answer, error) {
	told, err := h.told(ctx, c)
	if err != nil {
		return nil, err
	}
	return h.desk.Page(ctx, ui.View{Status: status, Title: c.Name, Section: channel.DeskPath, Class: "reading", Main: []g.Node{
		desk.Heading(c.Name, desk.Link(desk.At(ctx, channel.DeskPath), ui.T(ctx, "모든 채널", "All channels"), "button small quiet")),
		el.P(el.Class("meta"), state(ctx, c), el.Span(g.Text(kindText(ctx, c.Kind))), leads(c)),
		lastly(ctx, c),
		g.Iff(c.Paused(), func() g.Node {
			return el.P(el.Class("notice-box wrong"), g.Text(ui.T(ctx, "멈춘 동안의 새 소식은 이 채널에 가지 않습니다. 시험해 본 뒤 다시 켜 주세요.", "What is new while it is paused never gets there. Send a test, then resume it.")))
		}),
		el.Div(el.Class("actions"), trying(ctx, c), turning(ctx, c)),
		el.Form(el.Class("form"), el.Method("post"), el.Action(at(ctx, c.ID)), g.Attr("novalidate"),
			f.Summary(),
			el.Input(el.Type("hidden"), el.Name("version"), el.Value(strconv.FormatInt(version, 10))),
			f.Input(ui.Field{Name: "name", Label: ui.T(ctx, "이름", "Name"), Value: t.Name, Limit: channel.MostName}),
			f.Input(address(ctx, t, ui.T(ctx, "바꿀 때만 새 주소를 붙여 넣으세요. 지금 주소는 보여 드리지 않습니다.", "Paste a new one to replace it. The present one is not shown."), true)),
			h.choosing(ctx, f, t.Topics),
			el.Div(el.Class("actions"), ui.Button(ui.T(ctx, "저장", "Save"))),
		),
		told,
		g.Iff(c.Kind == channel.Webhook, func() g.Node { return rotating(ctx, c) }),
		el.H2(g.Text(ui.T(ctx, "지우기", "Delete"))),
		el.Form(desk.Action("DELETE", "/v1/admin/channels/"+c.ID, c.Version), el.Data("confirm", ui.T(ctx, "이 채널을 지울까요? 주소도 함께 지워집니다.", "Delete this channel, with its address?")), desk.Said(ui.T(ctx, "채널을 지웠습니다.", "The channel was deleted.")), el.Data("next", desk.At(ctx, channel.DeskPath)),
			el.Button(el.Type("submit"), el.Class("button danger"), g.Text(ui.T(ctx, "채널 지우기", "Delete the channel")))),
	}}), nil
}

// shown is how many messages the page of a channel shows.
const shown = 20

// told are the last messages to a channel, and what became of each.
func (h channels) told(ctx context.Context, c channel.Channel) (g.Node, error) {
	list, err := h.keeper.Log(ctx, c.ID, cursor.Moment{}, shown)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	refs := []thing.Ref{}
	for _, d := range list {
		refs = append(refs, d.Ref)
	}
	things, err := h.things.Readable(ctx, refs...)
	if err != nil {
		return nil, err
	}
	labels := map[string]problem.Text{}
	for _, t := range h.channels.Topics() {
		labels[t.Name] = t.Label
	}
	heading := ui.T(ctx, "보낸 알림", "What it was told")
	return el.Section(el.Class("stack"), el.H2(g.Text(heading)), desk.Table(heading,
		[]g.Node{desk.Column(ctx, "언제", "When"), desk.Column(ctx, "무엇", "What"), desk.Column(ctx, "결과", "Result")},
		g.Map(list, func(d delivery.Delivery) g.Node {
			what := g.Text(ui.Name(ctx, labels[d.Topic]))
			if t, there := things[d.Ref]; there {
				what = el.A(el.Href(ui.Local(ctx, t.Path)), ui.Said(ctx, problem.Text{KO: t.Title, EN: t.TitleEn}))
			}
			return el.Tr(
				el.Td(desk.Short(ctx, d.At)), el.Td(what),
				el.Td(g.Text(ui.Name(ctx, d.Reason())), g.Iff(d.State == delivery.Failed || d.State == delivery.Late, func() g.Node {
					return el.Form(desk.Action("POST", "/v1/admin/channels/"+c.ID+"/deliveries/"+d.ID+"/retry", 0), desk.Said(ui.T(ctx, "다시 보냅니다.", "It is sent again.")),
						el.Button(el.Type("submit"), el.Class("button small quiet"), g.Text(ui.T(ctx, "다시 보내기", "Send again"))))
				})),
			)
		}))), nil
}

func rotating(ctx context.Context, c channel.Channel) g.Node {
	return g.Group{
		el.H2(g.Text(ui.T(ctx, "서명 키", "Signing secret"))),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "새 키를 만들면 24시간 동안은 앞의 키로도 함께 서명합니다. 그사이에 받는 프로그램의 설정을 바꾸세요.", "For 24 hours after another is made, messages are signed with both: change the receiver's settings meanwhile."))),
		g.Iff(c.Changing != nil, func() g.Node {
			return el.P(el.Class("hint"), g.Text(ui.T(ctx, "앞의 키로도 함께 서명합니다: ", "The one before signs as well until ")), desk.Short(ctx, *c.Changing), g.Text(ui.T(ctx, "까지", "")))
		}),
		el.Form(el.Method("post"), el.Action(at(ctx, c.ID+"/rotate")), el.Button(el.Type("submit"), el.Class("button quiet"), g.Text(ui.T(ctx, "새 키 만들기", "Make another")))),
	}
}

type saveRequest struct {
	channelRequest
	typed
	Version int64 `form:"version"`
}

func (h channels) save(ctx context.Context, r *saveRequest) (*function.Redirect, error) {
	c, err := h.channels.Read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	is, err := h.channels.Edit(ctx, r.ID, r.Version, r.content())
	if err != nil {
		f, status, ok := ui.Refused(ctx, err)
		if !ok {
			return nil, err
		}
		again, failed := h.editing(ctx, f, status, c, r.Version, r.typed)
		if failed != nil {
			return nil, failed
		}
		return nil, ui.Again(err, again)
	}
	Recorded(ctx, is)
	return &function.Redirect{Status: http.StatusSeeOther, URL: desk.At(ctx, channel.DeskPath)}, nil
}

func (h channels) try(ctx context.Context, r *channelRequest) (*ui.Answer, error) {
	c, o, err := h.sender.Try(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	Recorded(ctx, c)
	class := "notice-box"
	if !o.Taken() {
		class += " wrong"
	}
	title := ui.T(ctx, "시험 결과", "Result of the test")
	return h.desk.Whole(ctx, ui.View{Title: title, Section: channel.DeskPath, Class: "reading", Main: []g.Node{
		desk.Heading(title+": "+c.Name, desk.Link(desk.At(ctx, channel.DeskPath), ui.T(ctx, "모든 채널", "All channels"), "button small quiet")),
		el.P(el.Class(class), el.Role("status"), g.Text(ui.Name(ctx, o.Words()))),
		g.If(o.Taken(), el.P(g.Text(ui.T(ctx, "그 채널에 ‘시험 메시지입니다’가 보이는지 확인해 주세요.", "See whether the test is there.")))),
		g.If(o.Status != 0 && o.Answer != "", el.P(el.Class("meta"), el.Span(g.Text(ui.T(ctx, "상대의 답: ", "It said: ")), el.Code(g.Text(o.Answer))))),
		el.Div(el.Class("actions"), trying(ctx, c), desk.Link(at(ctx, c.ID), ui.T(ctx, "채널 고치기", "Edit the channel"), "button small quiet")),
	}}), nil
}

func (h channels) rotate(ctx context.Context, r *channelRequest) (*ui.Answer, error) {
	c, made, err := h.channels.Rotate(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	Recorded(ctx, c)
	return h.done(ctx, c, ui.T(ctx, "서명 키를 새로 만들었습니다.", "This is the new signing secret."), made), nil
}

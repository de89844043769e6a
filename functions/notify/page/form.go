package page

import (
	"context"
	"net/http"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// chosen is how the form sends a setting, and settingOf what was sent.
func chosen(name string, how topic.How) string { return name + " " + string(how) }

func settingOf(said string) topic.Setting {
	name, how, _ := strings.Cut(said, " ")
	return topic.Setting{Topic: name, How: topic.How(how)}
}

// Place is a thing as the address of a request names it.
type Place struct {
	Kind string `path:"kind"`
	ID   string `path:"id"`
}

// Ref is the thing.
func (r Place) Ref() thing.Ref { return thing.Ref{Kind: r.Kind, ID: r.ID} }

// small is a page with a sentence and a button.
func (h handlers) small(ctx context.Context, path, title string, main ...g.Node) *ui.Answer {
	return h.frame.Page(ctx, ui.View{Title: title, Path: path, Hidden: true, Class: "narrow", Styles: []string{"site.css"}, Main: append([]g.Node{el.H1(g.Text(title))}, main...)})
}

type askRequest struct {
	Place

	Done string `query:"done"`
}

// ask is where a thing is followed, and what it says once it is: how one hears of it, where that is set, and the way back.
func (h handlers) ask(ctx context.Context, r *askRequest) (*ui.Answer, error) {
	t, err := Followable(ctx, h.things, r.Ref())
	if err != nil {
		return nil, err
	}
	follows, err := h.topics.Follows(ctx, auth.From(ctx).MemberID, r.Ref())
	if err != nil {
		return nil, err
	}
	path := followPath + r.Kind + "/" + r.ID
	button, class, end, settings := ui.T(ctx, "알림 받기", "Follow"), "button", g.Node(nil), g.Node(nil)
	state := el.P(g.Text(ui.T(ctx, "새 일이 생기면 알려 드립니다.", "You hear of what happens to it.")))
	if follows {
		if state, err = h.following(ctx, path); err != nil {
			return nil, err
		}
		button, class, end = ui.T(ctx, "그만 받기", "Stop"), "button quiet", el.Input(el.Type("hidden"), el.Name("end"), el.Value("true"))
		settings = el.Li(el.A(el.Href(ui.Local(ctx, Path)+"#choose"), g.Text(ui.T(ctx, "알림 설정", "Notification settings"))))
	}
	said := ""
	if r.Done == codeFollow && follows || r.Done == codeEnded && !follows {
		said = done(ctx, r.Done)
	}
	back := ui.T(ctx, "보던 글로 돌아가기", "Back to the page")
	return h.small(ctx, path, ui.T(ctx, "이 글의 알림", "Follow this page"),
		ui.Announce(said),
		el.P(el.A(el.Href(ui.Local(ctx, t.Path)), ui.Said(ctx, problem.Text{KO: t.Title, EN: t.TitleEn}))),
		state,
		el.Form(el.Method("post"), el.Action(ui.Local(ctx, path)), end, el.Button(el.Type("submit"), el.Class(class), g.Text(button))),
		el.Ul(el.Class("ways"), el.Li(el.A(el.Href(ui.Local(ctx, t.Path)), g.Text(back))), settings),
	), nil
}

// following says that one follows a thing, how one hears of it, and why no mail comes, where none does. What is put right leads back
// to a path.
func (h handlers) following(ctx context.Context, path string) (g.Node, error) {
	m, err := h.members.Member(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	paused, err := h.queue.Paused(ctx, m.ID, m.Email)
	if err != nil {
		return nil, err
	}
	settings, err := h.topics.Settings(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	how := topic.Off
	for _, s := range settings {
		if s.Topic == topic.Followed {
			how = s.How
		}
	}
	var sentence string
	state := ui.State(ui.Open, ui.T(ctx, "받는 중", "Following"))
	switch how {
	case topic.Now:
		sentence = ui.T(ctx, "새 일이 생기면 바로 이메일로 보내고, 이 홈페이지의 ‘알림’에도 모아 둡니다.", "When something happens to it, you get mail at once, and find it under Notifications on this site.")
	case topic.Daily:
		sentence = ui.T(ctx, "새 일이 생기면 하루 한 번 모아서 이메일로 보내고, 이 홈페이지의 ‘알림’에도 모아 둡니다.", "What happens to it comes in your daily mail, and is under Notifications on this site.")
	default:
		state = ui.State(ui.No, ui.T(ctx, "꺼 둠", "Turned off"))
		sentence = ui.T(ctx, "‘알림을 받기로 한 글’의 알림을 꺼 두어서 아무것도 가지 않습니다. 알림 설정에서 켜 주세요.", "Nothing comes, because notifications of pages that you follow are off. Turn them on in the settings.")
	}
	return g.Group{el.P(state), el.P(g.Text(sentence)), g.If(how != topic.Off, reach(ctx, m, paused, path))}, nil
}

type followRequest struct {
	Place

	End  bool `form:"end"`
	List bool `form:"list"` // asked for in the list of what one follows, and led back there
}

func (h handlers) follow(ctx context.Context, r *followRequest) (*function.Redirect, error) {
	_, err := Followable(ctx, h.things, r.Ref())
	here := &function.Redirect{Status: http.StatusSeeOther, URL: ui.Local(ctx, followPath+r.Kind+"/"+r.ID) + "?done="}
	switch {
	case r.End:
		if r.List || err != nil { // what can no longer be followed has no page here
			here = seeOther(ctx, "")
		}
		here.URL += codeEnded
		return here, h.topics.Unfollow(ctx, auth.From(ctx).MemberID, r.Ref())
	case err != nil:
		return nil, err
	default:
		here.URL += codeFollow
		return here, h.topics.Follow(ctx, auth.From(ctx).MemberID, r.Ref())
	}
}

type askedRequest struct {
	Token string `path:"token"`
}

// what is what a token ends, in words.
func what(ctx context.Context, names []string) string {
	said := []string{}
	for _, name := range names {
		said = append(said, ended(ctx, name))
	}
	return strings.Join(said, ui.T(ctx, ", ", " and "))
}

func ended(ctx context.Context, name string) string {
	switch t, known := topic.Of(name); {
	case known:
		return ui.T(ctx, "‘"+t.Label.KO+"’ 알림", "notifications of “"+t.Label.EN+"”")
	case name == topic.Followed:
		return ui.T(ctx, "내가 고른 글의 알림", "notifications of pages that you follow")
	default:
		return ui.T(ctx, "하루 한 번 모아서 보내는 알림", "daily notifications")
	}
}

func (h handlers) asked(ctx context.Context, r *askedRequest) (*ui.Answer, error) {
	_, names, err := h.topics.Ends(ctx, r.Token)
	if err != nil {
		return nil, err
	}
	path := EndPath + r.Token
	return h.small(ctx, path, ui.T(ctx, "알림 그만 받기", "Stop notifications"),
		el.P(g.Text(ui.T(ctx, what(ctx, names)+"을 더 받지 않을까요? 로그인하지 않아도 됩니다.", "Stop "+what(ctx, names)+"? You need not sign in."))),
		el.Form(el.Method("post"), el.Action(ui.Local(ctx, path)), ui.Button(ui.T(ctx, "그만 받기", "Stop"))),
	), nil
}

type endRequest struct {
	Token string `path:"token"`
	// Body is what a mail program sends, as form or multipart (RFC 8058): the address says it all.
	Body function.Body `body:"application/x-www-form-urlencoded"`
}

func (h handlers) end(ctx context.Context, r *endRequest) (*ui.Answer, error) {
	_, names, err := h.topics.Ends(ctx, r.Token)
	if err != nil {
		return nil, err
	}
	if err := h.topics.Unsubscribe(ctx, r.Token); err != nil {
		return nil, err
	}
	return h.small(ctx, EndPath+r.Token, ui.T(ctx, "그만 보냅니다", "It is stopped"),
		el.P(el.Role("status"), g.Text(ui.T(ctx, what(ctx, names)+"을 더 보내지 않습니다.", "There will be no more "+what(ctx, names)+"."))),
		el.P(el.A(el.Href(ui.Local(ctx, Path)), g.Text(ui.T(ctx, "알림 설정 보기", "See all settings")))),
	), nil
}

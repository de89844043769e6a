package page

import (
	"context"
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

func (h handlers) ask(ctx context.Context, r *Place) (*ui.Answer, error) {
	t, err := Followable(ctx, h.things, r.Ref())
	if err != nil {
		return nil, err
	}
	follows, err := h.topics.Follows(ctx, auth.From(ctx).MemberID, r.Ref())
	if err != nil {
		return nil, err
	}
	path := followPath + r.Kind + "/" + r.ID
	sentence, button, end := ui.T(ctx, "새 일이 생기면 알려 드립니다.", "You hear of what happens to it."), ui.T(ctx, "알림 받기", "Follow"), g.Node(nil)
	if follows {
		sentence, button, end = ui.T(ctx, "이미 알림을 받고 있습니다.", "You follow it already."), ui.T(ctx, "그만 받기", "Stop"), el.Input(el.Type("hidden"), el.Name("end"), el.Value("true"))
	}
	return h.small(ctx, path, ui.T(ctx, "이 글의 알림", "Follow this page"),
		el.P(el.A(el.Href(ui.Local(ctx, t.Path)), ui.Said(ctx, problem.Text{KO: t.Title, EN: t.TitleEn}))),
		el.P(g.Text(sentence)),
		el.Form(el.Method("post"), el.Action(ui.Local(ctx, path)), end, ui.Button(button)),
	), nil
}

type followRequest struct {
	Place

	End bool `form:"end"`
}

func (h handlers) follow(ctx context.Context, r *followRequest) (*function.Redirect, error) {
	if r.End {
		return seeOther(ctx, codeEnded), h.topics.Unfollow(ctx, auth.From(ctx).MemberID, r.Ref())
	}
	if _, err := Followable(ctx, h.things, r.Ref()); err != nil {
		return nil, err
	}
	return seeOther(ctx, codeFollow), h.topics.Follow(ctx, auth.From(ctx).MemberID, r.Ref())
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

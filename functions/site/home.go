package site

import (
	"context"
	"slices"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/touch"
	"github.com/madang-council/madang/shared/ui"
)

// How many of each the main page shows.
const (
	pinnedShown = 5
	newestShown = 8
)

type none struct{}

func (h handlers) home(ctx context.Context, _ *none) (*ui.Answer, error) {
	urgent, thereUrgent := section(ctx, h, "urgent", h.notices.Urgent)
	banners, thereBanners := section(ctx, h, "banners", h.banners.Current)
	pinned, therePinned := section(ctx, h, "pinned", func(ctx context.Context) ([]notice.Summary, error) { return h.notices.Pinned(ctx, pinnedShown) })
	newest, there := section(ctx, h, "newest", func(ctx context.Context) ([]notice.Summary, error) { return h.notices.Newest(ctx, newestShown) })
	changes := []*time.Time{}
	for _, next := range []func(context.Context) (*time.Time, error){h.notices.NextChange, h.banners.NextChange} {
		at, err := next(ctx)
		if err != nil {
			return nil, err
		}
		changes = append(changes, at)
	}
	tags := slices.Concat(notice.PageTags(urgent), notice.PageTags(pinned), notice.PageTags(newest), banner.PageTags(banners))
	description := ui.T(ctx, h.settings.CouncilName+"의 공지와 소식", "Notices and news of "+h.settings.CouncilName)
	return h.frame.Page(ctx, ui.View{Path: homePath, Description: description, Picture: pictureOf(banners), Styles: []string{"site.css"}, Tags: tags, Changes: changes, Partial: !there || !thereUrgent || !thereBanners || !therePinned, Main: []g.Node{
		el.H1(el.Class("hidden"), g.Text(h.settings.CouncilName)),
		urgentBar(ctx, urgent),
		welcome(ctx),
		bannerStrip(ctx, banners),
		el.Div(el.Class("board"),
			g.If(len(pinned) > 0, el.Section(el.Class("pinned"), el.Aria("labelledby", "pinned"),
				el.H2(el.ID("pinned"), g.Text(ui.T(ctx, "고정된 공지", "Pinned"))),
				rows(ctx, pinned, h3, false),
			)),
			el.Section(el.Class("newest"), el.Aria("labelledby", "newest"),
				el.Div(el.Class("title-row"),
					el.H2(el.ID("newest"), g.Text(ui.T(ctx, "새 공지", "Latest notices"))),
					el.A(el.Href(ui.Local(ctx, noticesPath)), g.Text(ui.T(ctx, "공지 모두 보기", "All notices"))),
				),
				newestRows(ctx, newest, there, len(pinned) > 0),
			),
		),
	}}), nil
}

// section reads one part of the page. One that fails is left out and the page not kept, so
// that the last whole one stays.
func section[T any](ctx context.Context, h handlers, name string, read func(context.Context) ([]T, error)) (list []T, there bool) {
	list, err := read(ctx)
	if err != nil {
		h.log.ErrorContext(ctx, "a section of the main page failed", "section", name, "error", err)
		return nil, false
	}
	return list, true
}

func newestRows(ctx context.Context, list []notice.Summary, there, others bool) g.Node {
	switch {
	case !there:
		return empty(ui.T(ctx, "지금은 공지를 불러오지 못했습니다. 잠시 뒤에 새로 고쳐 주세요.", "The notices cannot be shown now. Please reload in a moment."))
	case len(list) == 0 && others:
		return empty(ui.T(ctx, "고정된 공지 말고는 아직 없습니다.", "None but the pinned ones yet."))
	case len(list) == 0:
		return empty(ui.T(ctx, "아직 올라온 공지가 없습니다.", "There are no notices yet."))
	default:
		return rows(ctx, list, h3, true)
	}
}

func empty(text string) g.Node { return el.P(el.Class("empty"), g.Text(text)) }

func urgentBar(ctx context.Context, list []notice.Summary) g.Node {
	if len(list) == 0 {
		return nil
	}
	return el.Section(el.Class("urgent"), el.Aria("label", ui.T(ctx, "긴급 공지", "Urgent")), el.Ul(g.Map(list, func(n notice.Summary) g.Node {
		return el.Li(el.Strong(g.Text(ui.T(ctx, "긴급", "Urgent"))), el.A(el.Href(noticeAt(ctx, n.ID)), korean(ctx), g.Text(n.Title)))
	})))
}

// welcome is a member's own part.
func welcome(ctx context.Context) g.Node {
	p := auth.From(ctx)
	if !p.SignedIn() {
		return nil
	}
	return el.Section(el.Class("welcome"), el.Aria("label", ui.T(ctx, "나", "You")),
		el.P(el.Strong(g.Text(p.Name)), g.Text(ui.T(ctx, "님, 안녕하세요.", ", welcome."))),
		g.If(!p.Verified, el.P(g.Text(ui.T(ctx, "아직 학생 확인을 하지 않았습니다. ", "You have not been verified as a student. ")),
			el.A(el.Href(ui.Local(ctx, verifyPath)), g.Text(ui.T(ctx, "학교 메일로 확인하기", "Verify by school mail"))))),
	)
}

func bannerStrip(ctx context.Context, list []banner.Banner) g.Node {
	shown := []g.Node{}
	for i, b := range list {
		if len(b.Image.Variants) > 0 { // a banner is its picture
			shown = append(shown, el.Li(el.A(el.Href(b.Href), picture(b.Image, b.Alt, "(min-width: 68rem) 33rem, 92vw", i == 0))))
		}
	}
	if len(shown) == 0 {
		return nil
	}
	return el.Section(el.Class("banners"), el.Aria("label", ui.T(ctx, "배너", "Banners")), el.Ul(g.Attr("tabindex", "0"), g.Group(shown)))
}

func pictureOf(list []banner.Banner) string {
	for _, b := range list {
		if len(b.Image.Variants) > 0 {
			return b.Image.URL
		}
	}
	return ""
}

// noticeChanged and bannerChanged have the host render pages again: whatever the event
// says, they say what is stored now.
func noticeChanged(ctx context.Context, _ event.Event) error {
	touch.Tags(ctx, eagerTag)
	return nil
}

func bannerChanged(ctx context.Context, _ event.Event) error {
	touch.Tags(ctx, eagerTag)
	return nil
}

package ui

import (
	"context"
	"net/url"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
)

// Where the site's pages are that every function's pages lead to.
const (
	SignInPath  = "/sign-in"
	MyPath      = "/my"
	VerifyPath  = MyPath + "/verification"
	PrivacyPath = "/privacy"
	ConsolePath = "/console"
)

func (f Frame) document(ctx context.Context, v View) g.Node {
	language := function.RequestFrom(ctx).Language
	return el.Doctype(el.HTML(el.Lang(language),
		el.Head(f.head(ctx, v)...),
		el.Body(
			el.A(el.Class("skip"), el.Href("#main"), g.Text(T(ctx, "본문으로 건너뛰기", "Skip to content"))),
			f.header(ctx, v),
			el.Main(el.ID("main"), class(v.Class), g.Group(v.Main)),
			f.footer(ctx, v),
		),
	))
}

func class(name string) g.Node {
	if name == "" {
		return nil
	}
	return el.Class(name)
}

func (f Frame) head(ctx context.Context, v View) []g.Node {
	title := f.Council
	if v.Title != "" {
		title = v.Title + " · " + f.Council
	}
	nodes := []g.Node{
		el.Meta(el.Charset("utf-8")),
		el.Meta(el.Name("viewport"), el.Content("width=device-width, initial-scale=1")),
		el.TitleEl(g.Text(title)),
		el.Link(el.Rel("stylesheet"), el.Href(f.Assets.URL("ui.css"))),
	}
	for _, name := range v.Styles {
		nodes = append(nodes, el.Link(el.Rel("stylesheet"), el.Href(f.Assets.URL(name))))
	}
	for _, name := range v.Scripts {
		nodes = append(nodes, el.Script(el.Type("module"), el.Src(f.Assets.URL(name))))
	}
	nodes = append(nodes,
		el.Link(el.Rel("icon"), el.Href(f.Assets.URL("icon.svg")), el.Type("image/svg+xml")),
		el.Link(el.Rel("apple-touch-icon"), el.Href(f.Assets.URL("icon-180.png"))),
		el.Meta(el.Name("color-scheme"), el.Content("light dark")),
		el.Meta(el.Name("theme-color"), el.Content("#fbfaf6"), g.Attr("media", "(prefers-color-scheme: light)")),
		el.Meta(el.Name("theme-color"), el.Content("#131614"), g.Attr("media", "(prefers-color-scheme: dark)")),
		el.Meta(el.Name("format-detection"), el.Content("telephone=no")),
	)
	if v.Path == "" || v.Hidden {
		return append(nodes, el.Meta(el.Name("robots"), el.Content("noindex")))
	}
	return append(nodes, f.described(ctx, v)...)
}

// described is what search engines and previews are told about a public page.
func (f Frame) described(ctx context.Context, v View) []g.Node {
	korean, english := f.SiteURL+v.Path, f.SiteURL+function.English(v.Path)
	title := v.Title
	if title == "" {
		title = f.Council
	}
	nodes := []g.Node{
		el.Link(el.Rel("canonical"), el.Href(f.SiteURL+Local(ctx, v.Path))),
		el.Link(el.Rel("manifest"), el.Href(Local(ctx, "/manifest.webmanifest"))),
		property("og:type", "website"),
		property("og:site_name", f.Council),
		property("og:title", title),
		property("og:url", f.SiteURL+Local(ctx, v.Path)),
		property("og:locale", T(ctx, "ko_KR", "en_US")),
	}
	if !f.Korean {
		nodes = append(nodes,
			el.Link(el.Rel("alternate"), g.Attr("hreflang", "ko"), el.Href(korean)),
			el.Link(el.Rel("alternate"), g.Attr("hreflang", "en"), el.Href(english)),
			el.Link(el.Rel("alternate"), g.Attr("hreflang", "x-default"), el.Href(korean)),
		)
	}
	if v.Description != "" {
		nodes = append(nodes, el.Meta(el.Name("description"), el.Content(v.Description)), property("og:description", v.Description))
	}
	picture := v.Picture
	if picture == "" {
		picture = f.Assets.URL("icon-512.png")
	} else {
		nodes = append(nodes, el.Meta(el.Name("twitter:card"), el.Content("summary_large_image")))
	}
	return append(nodes, property("og:image", f.SiteURL+picture))
}

func property(name, content string) g.Node {
	return el.Meta(g.Attr("property", name), el.Content(content))
}

func (f Frame) header(ctx context.Context, v View) g.Node {
	home := f.Home
	if home == "" {
		home = "/"
	}
	return el.Header(el.Class("top"),
		el.Div(el.Class("top-inner"),
			el.A(el.Class("brand"), el.Href(f.local(ctx, home)), mark(), el.Span(g.Text(f.Council))),
			f.menu(ctx, v),
			el.Nav(el.Class("account"), el.Aria("label", T(ctx, "계정과 언어", "Account and language")), el.Ul(el.Class("menu"), g.Group(f.account(ctx, v)))),
		),
	)
}

func (f Frame) menu(ctx context.Context, v View) g.Node {
	if len(f.Nav) == 0 {
		return nil
	}
	return el.Nav(el.Class("main-menu"), el.Aria("label", T(ctx, "주 메뉴", "Main")), el.Ul(el.Class("menu"), g.Map(f.Nav, func(l Link) g.Node {
		return el.Li(el.A(el.Href(f.local(ctx, l.Path)), current(l.Path == v.Section), g.Text(T(ctx, l.Label.KO, l.Label.EN))))
	})))
}

func (f Frame) local(ctx context.Context, path string) string {
	if f.Korean {
		return path
	}
	return Local(ctx, path)
}

func current(yes bool) g.Node {
	if !yes {
		return nil
	}
	return el.Aria("current", "page")
}

// account is who is signed in, and the other language.
func (f Frame) account(ctx context.Context, v View) []g.Node {
	p := auth.From(ctx)
	nodes := []g.Node{}
	if p.SignedIn() {
		if p.Awake().Council() {
			nodes = append(nodes, el.Li(el.A(el.Href(ConsolePath), g.Text(T(ctx, "콘솔", "Console")))))
		}
		nodes = append(nodes, el.Li(el.A(el.Href(f.local(ctx, MyPath)), current(v.Section == MyPath), g.Text(T(ctx, "내 정보", "My page")))))
	} else {
		next := ""
		if v.Path != "" && v.Section != SignInPath {
			next = f.local(ctx, v.Path)
		}
		nodes = append(nodes, el.Li(el.A(el.Href(SignInFor(ctx, next)), current(v.Section == SignInPath), el.Rel("nofollow"), g.Text(T(ctx, "로그인", "Sign in")))))
	}
	if v.Path == "" || f.Korean {
		return nodes
	}
	if function.RequestFrom(ctx).Language == "en" {
		return append(nodes, el.Li(el.A(el.Href(v.Path), el.Lang("ko"), g.Attr("hreflang", "ko"), el.Rel("alternate"), g.Text("한국어"))))
	}
	return append(nodes, el.Li(el.A(el.Href(function.English(v.Path)), el.Lang("en"), g.Attr("hreflang", "en"), el.Rel("alternate"), g.Text("English"))))
}

// SignInFor is the address of the sign-in page that leads to next afterwards.
func SignInFor(ctx context.Context, next string) string {
	path := Local(ctx, SignInPath)
	if next == "" || next == "/" || next == "/en" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

func (f Frame) footer(ctx context.Context, _ View) g.Node {
	return el.Footer(el.Class("bottom"),
		el.Div(el.Class("bottom-inner"),
			el.P(el.Class("colophon"), g.Text(f.Council)),
			g.If(len(f.Footer) > 0, el.Ul(el.Class("menu"), g.Map(f.Footer, func(l Link) g.Node {
				return el.Li(el.A(el.Href(f.local(ctx, l.Path)), g.Text(T(ctx, l.Label.KO, l.Label.EN))))
			}))),
		),
	)
}

// mark is the sign of 마당: its first letter ㅁ, a yard seen from above, with its gate.
func mark() g.Node {
	return g.Raw(`<svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><path d="M19 28h9V4H4v24h8M12 20v8M19 20v8" fill="none" stroke="currentColor" stroke-width="4"/></svg>`)
}

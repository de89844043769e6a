package ui

import (
	"cmp"
	"context"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// Where the site's pages are that every function's pages lead to.
const (
	SignInPath  = "/sign-in"
	MyPath      = "/my"
	VerifyPath  = MyPath + "/verification"
	ProofPath   = MyPath + "/proof"
	PrivacyPath = "/privacy"
	// NotificationsPath is what a member was told of, and what they want to hear.
	NotificationsPath = MyPath + "/notifications"
	// FollowPath asks whether a member wants to hear of a thing: kind and id are behind it, as minute/{id}.
	FollowPath = MyPath + "/follows/"
	// AddressPath confirms or changes a member's mail address.
	AddressPath = MyPath + "/address"
	MenuPath    = "/menu"
	ConsolePath = "/console"
	SearchPath  = "/search"
	// FeedsPath says how to follow the site without an account; the feeds are below it.
	FeedsPath = "/feeds"
	// CalendarPath is where the whole calendar is.
	CalendarPath = "/calendar"
	// SitemapPath is what robots.txt leads search engines to.
	SitemapPath = "/sitemap.xml"
	// OpenSearchPath describes the search for browsers.
	OpenSearchPath = "/opensearch.xml"
)

func (f Frame) document(ctx context.Context, v View, c face.Face, above g.Node) g.Node {
	language := function.RequestFrom(ctx).Language
	return el.Doctype(el.HTML(el.Lang(language),
		el.Head(f.head(ctx, v, c)...),
		el.Body(
			el.A(el.Class("skip"), el.Href("#main"), g.Text(T(ctx, "본문으로 건너뛰기", "Skip to content"))),
			above,
			g.Iff(len(f.Rail) > 0, func() g.Node {
				return el.Div(el.Class("house"), f.rail(ctx, v, c), el.Main(el.ID("main"), class(v.Class), g.Group(v.Main)))
			}),
			g.Iff(len(f.Rail) == 0, func() g.Node {
				return g.Group{
					f.header(ctx, v, c),
					g.If(!v.Walled, wall("thin", nil)),
					el.Main(el.ID("main"), class(v.Class), g.Group(v.Main)),
					wall("", nil),
					f.foot(ctx, v, c),
				}
			}),
		),
	))
}

// Own is the council's own part of a page, for what stands inside of it.
func (f Frame) Own(ctx context.Context) face.Face {
	if f.Face == nil {
		return face.Default(f.Council)
	}
	own, err := f.Face(ctx)
	if err != nil {
		return face.Default(f.Council) // Page finds it, too, and is not kept
	}
	return own
}

// Named is the council's name in the language of the request.
func (f Frame) Named(ctx context.Context) string { return called(ctx, f.Own(ctx)) }

// called is the name of a face.
func called(ctx context.Context, c face.Face) string {
	return face.In(function.RequestFrom(ctx).Language, c.Name, c.NameEN)
}

// wall is the council's pattern, which says nothing; kind is "thin", "deep" or "". A seal stands
// in its middle.
func wall(kind string, seal g.Node) g.Node {
	return el.Div(el.Class(strings.TrimSpace("wall "+kind)), el.Aria("hidden", "true"), g.If(seal != nil, el.Span(el.Class("seal"), seal)))
}

func class(name string) g.Node {
	if name == "" {
		return nil
	}
	return el.Class(name)
}

func (f Frame) head(ctx context.Context, v View, c face.Face) []g.Node {
	name := called(ctx, c)
	title := name
	if v.Title != "" {
		title = v.Title + " · " + name
	}
	nodes := []g.Node{
		el.Meta(el.Charset("utf-8")),
		el.Meta(el.Name("viewport"), el.Content("width=device-width, initial-scale=1")),
		el.TitleEl(g.If(v.InKorean, Korean(ctx)), g.Text(title)),
		el.Link(el.Rel("stylesheet"), el.Href(f.Assets.URL("ui.css"))),
	}
	if hash := c.Hash(); hash != "" {
		nodes = append(nodes, el.Link(el.Rel("stylesheet"), el.Href("/brand/"+hash+"/brand.css")))
	}
	for _, name := range append(slices.Clone(f.Styles), v.Styles...) {
		nodes = append(nodes, el.Link(el.Rel("stylesheet"), el.Href(f.Assets.URL(name))))
	}
	for _, name := range v.Scripts {
		nodes = append(nodes, el.Script(el.Type("module"), el.Src(f.Assets.URL(name))))
	}
	nodes = append(nodes,
		g.If(f.Search == SearchPath, el.Link(el.Rel("search"), el.Type("application/opensearchdescription+xml"), el.Href(f.local(ctx, OpenSearchPath)), el.Title(name))),
		g.If(f.keyed(), el.Script(el.Type("module"), el.Src(f.Assets.URL("header.js")))),
		el.Link(el.Rel("icon"), el.Href(f.Icon(c, "icon.svg")), el.Type("image/svg+xml")),
		el.Link(el.Rel("apple-touch-icon"), el.Href(f.Icon(c, "icon-180.png"))),
		el.Meta(el.Name("color-scheme"), el.Content("light dark")),
		el.Meta(el.Name("theme-color"), el.Content(c.Brand.Light.Field), g.Attr("media", "(prefers-color-scheme: light)")),
		el.Meta(el.Name("theme-color"), el.Content(c.Brand.Dark.Field), g.Attr("media", "(prefers-color-scheme: dark)")),
		el.Meta(el.Name("format-detection"), el.Content("telephone=no")),
	)
	if v.Path == "" || v.Hidden {
		nodes = append(nodes, g.If(v.App, manifest(ctx)))
		return append(nodes, el.Meta(el.Name("robots"), el.Content("noindex")))
	}
	return append(nodes, f.described(ctx, v, c)...)
}

// Icon is the address of one of the council's icons: icon.svg, icon-180.png, icon-512.png.
func (f Frame) Icon(c face.Face, name string) string {
	if hash := c.IconHash(); hash != "" {
		return "/brand/" + hash + "/" + name
	}
	return f.Assets.URL(name)
}

// manifest leads to what the site is as an app.
func manifest(ctx context.Context) g.Node {
	return el.Link(el.Rel("manifest"), el.Href(Local(ctx, "/manifest.webmanifest")))
}

// The limits of what previews show, in characters: what is longer is cut there in the middle of a word.
const (
	previewTitle = 40
	previewText  = 80
)

// AllFeed is the feed of everything, in the place of a kind.
const AllFeed = "all"

// FeedPath is the Korean address of a feed: of a kind of things or AllFeed, in a format as "rss".
func FeedPath(of, format string) string { return FeedsPath + "/" + of + "." + format }

// FeedTitle is what a feed is called that a page of the menu lists the things of; of everything
// where label is empty.
func FeedTitle(ctx context.Context, council string, label problem.Text) string {
	if label == (problem.Text{}) {
		label = problem.Text{KO: "새 소식", EN: "News"}
	}
	return council + " " + T(ctx, label.KO, label.EN)
}

// alternates are the feeds that programs find by a page: that of everything, and of the board that
// it belongs to.
func (f Frame) alternates(ctx context.Context, v View, name string) g.Node {
	if !f.all {
		return nil
	}
	link := func(of string, label problem.Text) g.Node {
		return el.Link(el.Rel("alternate"), el.Type("application/rss+xml"), el.Title(FeedTitle(ctx, name, label)), el.Href(f.local(ctx, FeedPath(of, "rss"))))
	}
	path, _, _ := strings.Cut(v.Path, "?")
	return g.Group{g.Map(f.feeds, func(e function.Entry) g.Node {
		return g.If(path == e.Path || strings.HasPrefix(path, e.Path+"/"), link(e.Feed, e.Label))
	}), link(AllFeed, problem.Text{})}
}

// described is what search engines and previews are told about a public page.
func (f Frame) described(ctx context.Context, v View, c face.Face) []g.Node {
	name := called(ctx, c)
	korean, english := f.SiteURL+v.Path, f.SiteURL+function.English(v.Path)
	title := v.Title
	if title == "" {
		title = name
	}
	nodes := []g.Node{
		el.Link(el.Rel("canonical"), el.Href(f.SiteURL+Local(ctx, v.Path))),
		manifest(ctx),
		property("og:type", "website"),
		property("og:site_name", name),
		property("og:title", text.Truncate(title, previewTitle)),
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
		nodes = append(nodes, el.Meta(el.Name("description"), g.If(v.InKorean, Korean(ctx)), el.Content(v.Description)), property("og:description", text.Truncate(v.Description, previewText)))
	}
	nodes = append(nodes, f.alternates(ctx, v, name))
	picture := v.Picture
	if picture == "" {
		picture = f.Icon(c, "icon-512.png")
	} else {
		nodes = append(nodes, el.Meta(el.Name("twitter:card"), el.Content("summary_large_image")))
	}
	return append(nodes, property("og:image", f.SiteURL+picture))
}

func property(name, content string) g.Node {
	return el.Meta(g.Attr("property", name), el.Content(content))
}

func (f Frame) header(ctx context.Context, v View, c face.Face) g.Node {
	return el.Header(el.Class("top"), el.Div(el.Class("in"),
		el.A(el.Class("brand"), el.Href(f.local(ctx, "/")), brand(ctx, c)),
		f.menu(ctx, v),
		f.find(ctx, v),
		el.Nav(el.Class("who"), el.Aria("label", T(ctx, "계정과 언어", "Account and language")), f.otherLanguage(ctx, v, f.wide()), f.ring(ctx, v), g.Group(f.account(ctx, v, f.wide())), f.onPhones(ctx)),
	))
}

// urgentBar says above every page what everybody has to know now.
func urgentBar(ctx context.Context, notes []function.Note) g.Node {
	if len(notes) == 0 {
		return nil
	}
	return el.Section(el.Class("urgent"), el.Aria("label", T(ctx, "긴급 알림", "Urgent")), g.Map(notes, func(n function.Note) g.Node {
		until := n.Until.In(clock.Seoul)
		return el.Div(el.Class("in"), el.Strong(g.Text(T(ctx, "긴급", "Urgent"))), g.Text(" "), el.A(el.Href(Local(ctx, n.Path)), Said(ctx, n.Title)), g.Text(" "),
			el.Time(el.Class("nb"), el.DateTime(until.Format(time.RFC3339)), g.Text(T(ctx, until.Format("1. 2. 15:04까지"), until.Format("until 2 Jan, 15:04")))))
	}))
}

// bannerLine says above every page what the council has to say to everybody, and whether the
// site is read-only.
func bannerLine(ctx context.Context, flags function.Flags) g.Node {
	if flags.Banner == (problem.Text{}) && !flags.ReadOnly {
		return nil
	}
	return el.Section(el.Class("bulletin"), el.Aria("label", T(ctx, "안내", "Announcement")), el.Div(el.Class("in"),
		g.If(flags.Banner != (problem.Text{}), el.P(Said(ctx, flags.Banner))),
		g.If(flags.ReadOnly, el.P(g.Text(T(ctx, "지금은 점검 중이라 읽기만 할 수 있어요. 로그인과 탈퇴는 그대로 됩니다.", "The site is under maintenance: it can only be read for now. Signing in and leaving still work.")))),
	))
}

// brand is mark, name and line.
func brand(ctx context.Context, c face.Face) g.Node {
	line := c.Line
	if function.RequestFrom(ctx).Language == "en" {
		line = c.LineEN
	}
	return g.Group{Mark(c), el.Span(el.B(g.Text(called(ctx, c))), g.If(line != "", el.Span(g.Text(line))))}
}

// wide is the class of what a phone shows on the menu's page.
func (f Frame) wide() string {
	if len(f.Groups) == 0 {
		return ""
	}
	return "wide"
}

// rail is the console's header: whose console it is, its menu in groups, and the ways out of it. On phones the menu lies above
// the page once its button is pressed; browsers that do not know how show it whole.
func (f Frame) rail(ctx context.Context, v View, c face.Face) g.Node {
	const id = "rail-menu"
	return el.Header(el.Class("rail"), el.Div(el.Class("rail-in"),
		el.Div(el.Class("rail-top"),
			el.A(el.Class("brand"), el.Href(f.local(ctx, f.Home)), Mark(c), el.Span(el.B(g.Text(called(ctx, c))), el.Span(g.Text(T(ctx, "콘솔", "Console"))))),
			el.Button(el.Type("button"), el.Class("rail-open"), g.Attr("popovertarget", id), Icon("menu"), g.Text(T(ctx, "메뉴", "Menu"))),
		),
		wall("thin", nil),
		el.Div(el.ID(id), el.Class("rail-menu"), g.Attr("popover"),
			el.Button(el.Type("button"), el.Class("rail-close"), g.Attr("popovertarget", id), g.Attr("popovertargetaction", "hide"), g.Text(T(ctx, "닫기", "Close"))),
			el.Nav(el.Class("rail-nav"), el.Aria("label", T(ctx, "주 메뉴", "Main")), g.Map(f.Rail, func(group Group) g.Node {
				label := T(ctx, group.Label.KO, group.Label.EN)
				return g.Group{g.If(label != "", el.H2(g.Text(label))), el.Ul(g.Map(group.Entries, func(l Link) g.Node {
					return el.Li(el.A(el.Href(f.local(ctx, l.Path)), el.Data("entry", l.Path), current(l.Path == v.Section), el.Span(g.Text(T(ctx, l.Label.KO, l.Label.EN)))))
				}))}
			})),
			el.Nav(el.Class("rail-nav"), el.Aria("label", T(ctx, "계정과 언어", "Account and language")),
				g.If(auth.From(ctx).Name != "", el.H2(g.Text(T(ctx, auth.From(ctx).Name+" 님", auth.From(ctx).Name)))),
				el.Ul(
					g.Map(f.Footer, func(l Link) g.Node {
						return el.Li(el.A(el.Href(f.local(ctx, l.Path)), g.Text(T(ctx, l.Label.KO, l.Label.EN))))
					}),
					el.Li(el.A(el.Href(f.local(ctx, MyPath)), g.Text(T(ctx, "내 정보", "My page")))),
					g.Iff(here(ctx, v) != "" && !f.Korean, func() g.Node { return el.Li(f.otherLanguage(ctx, v, "")) }),
				)),
		),
	))
}

// menu is the site's: groups that open, one at a time.
func (f Frame) menu(ctx context.Context, v View) g.Node {
	if len(f.Groups) == 0 {
		return nil
	}
	return el.Nav(el.Class("groups"), el.Aria("label", T(ctx, "주 메뉴", "Main")), g.Map(f.Groups, func(group Group) g.Node {
		here := slices.ContainsFunc(group.Entries, func(l Link) bool { return l.Path == v.Section })
		return el.Details(el.Name("menu"),
			el.Summary(g.If(here, el.Class("here")), g.Text(T(ctx, group.Label.KO, group.Label.EN))),
			el.Div(el.Class("entries"), g.Map(group.Entries, func(l Link) g.Node {
				return el.A(el.Href(f.local(ctx, l.Path)), current(l.Path == v.Section), g.Text(T(ctx, l.Label.KO, l.Label.EN)), hint(ctx, l))
			})),
		)
	}))
}

// Menu is the menu as a page: what the header of a phone has no room for, then every group.
func (f Frame) Menu(ctx context.Context, title string) []g.Node {
	f, _, _ = f.at(ctx) // Page finds what is not known
	view := View{Path: MenuPath}
	entry := func(link g.Node) g.Node { return el.Li(link) }
	sections := []g.Node{f.Seek(ctx, T(ctx, "무엇을 찾으세요?", "What are you looking for?")), el.Nav(el.Aria("label", T(ctx, "내 계정과 언어", "My account and language")), el.H2(g.Text(T(ctx, "계정과 언어", "Account and language"))), el.Ul(
		g.Map(f.account(ctx, view, ""), entry), entry(f.otherLanguage(ctx, view, "")),
	))}
	for _, group := range f.Groups {
		label := T(ctx, group.Label.KO, group.Label.EN)
		sections = append(sections, el.Nav(el.Aria("label", T(ctx, "메뉴: ", "Menu: ")+label), el.H2(g.Text(label)), el.Ul(g.Map(group.Entries, func(l Link) g.Node {
			return el.Li(el.A(el.Href(f.local(ctx, l.Path)), g.Text(T(ctx, l.Label.KO, l.Label.EN)), hint(ctx, l)))
		}))))
	}
	return []g.Node{el.H1(g.Text(title)), el.Div(el.Class("menu-page"), g.Group(sections))}
}

// hint is half a line about what one can do behind a link.
func hint(ctx context.Context, l Link) g.Node {
	text := T(ctx, l.Hint.KO, l.Hint.EN)
	return g.If(text != "", el.Span(g.Text(text)))
}

// keyed says whether the header has what keys lead to: a search field or a menu (header.js).
func (f Frame) keyed() bool { return f.Search != "" || len(f.Groups) > 0 }

// find is the header's search field.
func (f Frame) find(ctx context.Context, v View) g.Node {
	path, _, _ := strings.Cut(v.Path, "?")
	if f.Search == "" || v.Walled || path == f.Search { // they have a larger field of their own
		return nil
	}
	label := T(ctx, "홈페이지에서 찾기", "Search the site")
	return el.Form(el.Class("find"), el.Role("search"), el.Aria("label", label), el.Action(f.local(ctx, f.Search)),
		el.Label(el.Class("hidden"), el.For("find"), g.Text(label)), Icon("find"),
		el.Input(el.ID("find"), el.Type("search"), el.Name("q"), el.MaxLength("100"), el.Placeholder(T(ctx, "찾기", "Search")), g.Attr("enterkeyhint", "search")),
	)
}

// Seek is the large search field of the main page and of what was not found; nil where nothing
// can be searched. Its label says what it finds.
func (f Frame) Seek(ctx context.Context, label string) g.Node {
	f, _, _ = f.at(ctx) // Page finds what is not known
	if f.Search == "" {
		return nil
	}
	return el.Form(el.Class("seek"), el.Role("search"), el.Aria("label", label), el.Action(f.local(ctx, f.Search)),
		el.Label(el.Class("hidden"), el.For("seek"), g.Text(label)),
		el.Input(el.ID("seek"), el.Type("search"), el.Name("q"), el.MaxLength("100"), el.Placeholder(label), g.Attr("enterkeyhint", "search")),
		el.Button(el.Type("submit"), Icon("find"), el.Span(el.Class("hidden"), g.Text(T(ctx, "찾기", "Search")))),
	)
}

// onPhones are the ways to search and menu where the header has no room for them.
func (f Frame) onPhones(ctx context.Context) g.Node {
	if len(f.Groups) == 0 {
		return nil
	}
	return g.Group{
		g.If(f.Search != "", el.A(el.Class("seek-link"), el.Href(f.local(ctx, f.Search)), Icon("find"), el.Span(el.Class("hidden"), g.Text(T(ctx, "찾기", "Search"))))),
		el.A(el.Class("menu"), el.Href(f.local(ctx, MenuPath)), Icon("menu"), g.Text(T(ctx, "메뉴", "Menu"))),
	}
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

// account are the links of who is signed in, or to become so, each with a class.
func (f Frame) account(ctx context.Context, v View, name string) []g.Node {
	p := auth.From(ctx)
	if !p.SignedIn() {
		next := ""
		if at := here(ctx, v); v.Section != SignInPath && !v.Lost {
			next = at
		}
		return []g.Node{el.A(class(name), el.Href(SignInFor(ctx, next)), current(v.Section == SignInPath), el.Rel("nofollow"), Icon("person"), g.Text(T(ctx, "로그인", "Sign in")))}
	}
	nodes := []g.Node{}
	if p.Awake().MaySomewhere(auth.Write) { // as the console's first page asks
		nodes = append(nodes, el.A(class(name), el.Href(ConsolePath), g.Text(T(ctx, "콘솔", "Console"))))
	}
	return append(nodes, el.A(class(name), el.Href(f.local(ctx, MyPath)), current(v.Section == MyPath), Icon("person"), g.Text(T(ctx, "내 정보", "My page"))))
}

// ring is the bell of a member, with how much they have not read. Where that is not known it has no number.
func (f Frame) ring(ctx context.Context, v View) g.Node {
	if !f.bell || v.Status >= http.StatusInternalServerError || !auth.From(ctx).SignedIn() { // then the database may be away
		return nil
	}
	unread, err := f.Unread(ctx)
	if err != nil {
		unread = 0
	}
	count := strconv.Itoa(unread)
	if unread > function.Notified {
		count = strconv.Itoa(function.Notified) + "+"
	}
	said := T(ctx, "알림", "Notifications")
	if unread > 0 {
		said = T(ctx, "읽지 않은 알림 "+count+"건", count+" unread notifications")
	}
	return el.A(el.Class("bell"), el.Href(f.local(ctx, NotificationsPath)), current(v.Section == NotificationsPath), Icon("bell"),
		el.Span(el.Class("hidden"), g.Text(said)), g.If(unread > 0, el.Span(el.Class("unread"), el.Aria("hidden", "true"), g.Text(count))))
}

// Notifies says whether members are told anything: there is the function, and it is not switched off.
func (f Frame) Notifies(ctx context.Context) bool {
	f, _, _ = f.at(ctx) // Page finds what is not known
	return f.bell
}

// Follow leads to where a reader has themselves told of what happens to a thing; nil where nobody is told anything.
func (f Frame) Follow(ctx context.Context, kind, id string) g.Node {
	if !f.Notifies(ctx) {
		return nil
	}
	return el.A(el.Class("button small quiet"), el.Href(f.local(ctx, FollowPath+kind+"/"+id)), el.Rel("nofollow"), Icon("bell"), g.Text(T(ctx, "알림 받기", "Follow")))
}

// here is the address of a page in the language of the request: its own, or for what has none,
// as a refusal, the one that was asked for; "" where there is neither.
func here(ctx context.Context, v View) string {
	if v.Path != "" {
		return Local(ctx, v.Path)
	}
	return function.RequestFrom(ctx).Address
}

// otherLanguage leads to the same in the other language.
func (f Frame) otherLanguage(ctx context.Context, v View, name string) g.Node {
	at := here(ctx, v)
	if at == "" || f.Korean {
		return nil
	}
	path, query, asked := strings.Cut(at, "?")
	if asked {
		query = "?" + query
	}
	if function.RequestFrom(ctx).Language == "en" {
		return el.A(class(name), el.Href(function.Korean(path)+query), el.Lang("ko"), g.Attr("hreflang", "ko"), el.Rel("alternate"), g.Text("한국어"))
	}
	return el.A(class(name), el.Href(function.English(path)+query), el.Lang("en"), g.Attr("hreflang", "en"), el.Rel("alternate"), g.Text("English"))
}

// SignInFor is the address of the sign-in page that leads to next afterwards.
func SignInFor(ctx context.Context, next string) string {
	path := Local(ctx, SignInPath)
	if next == "" || next == "/" || next == "/en" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

func (f Frame) foot(ctx context.Context, v View, c face.Face) g.Node {
	return el.Footer(el.Class("foot"), el.Div(el.Class("in"),
		el.Div(el.Span(el.Class("brand"), brand(ctx, c)), contacts(ctx, c.Foot)),
		g.If(len(f.Groups) > 0, el.Nav(el.Aria("label", T(ctx, "전체 메뉴", "All pages")), g.Map(f.Groups, func(group Group) g.Node {
			return el.Section(el.H2(g.Text(T(ctx, group.Label.KO, group.Label.EN))), el.Ul(g.Map(group.Entries, func(l Link) g.Node {
				return el.Li(el.A(el.Href(f.local(ctx, l.Path)), g.Text(T(ctx, l.Label.KO, l.Label.EN))))
			})))
		}))),
		el.Div(el.Class("legal"),
			g.Map(f.Footer, func(l Link) g.Node {
				link := el.A(el.Href(f.local(ctx, l.Path)), g.Text(T(ctx, l.Label.KO, l.Label.EN)))
				if l.Path == PrivacyPath { // as the law has it: easily told from the others
					return el.B(link)
				}
				return link
			}),
			f.otherLanguage(ctx, v, ""),
			el.Span(g.Text(T(ctx, "마당으로 만들었습니다", "Made with Madang"))),
		),
	))
}

// contacts is how the council is reached.
func contacts(ctx context.Context, foot face.Foot) g.Node {
	rows := []g.Node{}
	add := func(ko, en string, value g.Node, there bool) {
		if there {
			rows = append(rows, el.Dt(g.Text(T(ctx, ko, en))), el.Dd(Korean(ctx), value))
		}
	}
	add("사무실", "Office", g.Text(foot.Office), foot.Office != "")
	add("여는 시간", "Hours", g.Text(foot.Hours), foot.Hours != "")
	add("전화", "Phone", g.Text(foot.Phone), foot.Phone != "")
	add("이메일", "Mail", el.A(el.Href("mailto:"+foot.Email), g.Text(foot.Email)), foot.Email != "")
	add("인스타그램", "Instagram", el.A(el.Href("https://www.instagram.com/"+url.PathEscape(foot.Instagram)), g.Text("@"+foot.Instagram)), foot.Instagram != "")
	channel := g.Text(foot.KakaoTalk)
	if strings.HasPrefix(foot.KakaoTalk, "https://") {
		channel = el.A(el.Href(foot.KakaoTalk), g.Text(strings.TrimPrefix(foot.KakaoTalk, "https://")))
	}
	add("카카오톡", "KakaoTalk", channel, foot.KakaoTalk != "")
	if len(rows) == 0 {
		return nil
	}
	return el.Dl(rows...)
}

// Officer is who answers for personal data and how they are reached: whom the council names, else whom the environment
// does, else its president.
func Officer(ctx context.Context, c face.Face, named function.Privacy) string {
	language := function.RequestFrom(ctx).Language
	name, contact := face.In(language, c.Officer.Name, c.Officer.NameEN), c.Officer.Contact
	if name == "" {
		name = cmp.Or(named.Officer, T(ctx, c.Name+" 회장", "The president of "+face.In("en", c.Name, c.NameEN)))
		contact = cmp.Or(contact, named.Contact) // of the one whom the council replaced it says nothing
	}
	if contact = cmp.Or(contact, c.Foot.Email, c.Foot.Phone, c.Foot.Office); contact != "" { // the council's own, where the officer has none
		name += " · " + contact
	}
	return name
}

// Mark is a council's mark: its own, or the first syllable of its name, cut out of a stone.
func Mark(c face.Face) g.Node {
	const open = `<svg class="mark" viewBox="0 0 40 40" aria-hidden="true">`
	if c.Mark != "" {
		return g.Raw(open + c.Mark + `</svg>`)
	}
	first, _ := utf8.DecodeRuneInString(c.Name)
	return g.Raw(open + `<path class="stone" d="M0 0h40v40H0z"/><text class="cut" x="20" y="29" text-anchor="middle" font-size="25">` + html.EscapeString(string(first)) + `</text></svg>`)
}

// icons are drawn on 24 by 24 with a line of 2.
var icons = map[string]string{
	"find":   `<circle cx="11" cy="11" r="7"/><path d="m20 20-4-4"/>`,
	"person": `<circle cx="12" cy="8" r="4"/><path d="M4 21c1-5 4-7 8-7s7 2 8 7"/>`,
	"bell":   `<path d="M6 16v-5a6 6 0 0 1 12 0v5l2 2H4z"/><path d="M10 21h4"/>`,
	"menu":   `<path d="M3 6h18M3 12h18M3 18h18"/>`,
	"before": `<path d="m14 5-7 7 7 7"/>`,
	"after":  `<path d="m10 5 7 7-7 7"/>`,
}

// Icon is a sign beside a word, or with a hidden one: find, person, bell, menu, before, after.
func Icon(name string) g.Node {
	return g.Raw(`<svg class="ic" viewBox="0 0 24 24" aria-hidden="true">` + icons[name] + `</svg>`)
}

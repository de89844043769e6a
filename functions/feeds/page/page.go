// Package page tells readers how to follow the site without an account.
package page

import (
	"context"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// Entries are those of the site's menu.
func Entries() []function.Entry {
	return []function.Entry{{
		Label: problem.Text{KO: "구독", EN: "Feeds"}, Path: ui.FeedsPath, Order: 90, Group: function.News,
		Hint: problem.Text{KO: "가입하지 않고 새 글을 받아 보는 주소", EN: "Addresses by which you hear of what is new, without an account"},
	}}
}

// handlers are the page and what it needs.
type handlers struct {
	frame  ui.Frame
	things thing.Store
	menu   []function.Entry
	names  function.Names
	flags  func(context.Context) (function.Flags, error)
}

// Routes are the page. Guests get it from the edge.
func Routes(d function.Deps) []function.Route {
	h := handlers{frame: ui.Site(d), things: thing.Store{DB: d.DB}, menu: d.Catalogue.Menu, names: d.Settings.Names, flags: d.FlagsOf}
	shown := &function.Page{}
	for _, k := range thing.Kinds() {
		shown.Tags = append(shown.Tags, k.Name)
	}
	return h.frame.Pages(
		function.Route{Method: "GET", Path: ui.FeedsPath, Access: function.Anyone, Page: shown, Do: function.Do(h.read), Doc: "What a feed is, and the addresses of all, by board and unit."},
	)
}

type none struct{}

func (h handlers) read(ctx context.Context, _ *none) (*ui.Answer, error) {
	flags, err := h.flags(ctx)
	if err != nil {
		return nil, err
	}
	boards, kinds := []function.Entry{}, []string{}
	for _, e := range flags.Running(h.menu) {
		if _, known := thing.KindOf(e.Feed); known {
			boards, kinds = append(boards, e), append(kinds, e.Feed)
		}
	}
	units, err := h.things.PublicUnits(ctx, kinds...)
	if err != nil {
		return nil, err
	}
	next, err := h.things.NextPublic(ctx, kinds...)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "구독", "Feeds")
	main := []g.Node{
		el.H1(g.Text(title)),
		el.P(g.Text(ui.T(ctx, "가입하지 않아도 새 글을 받아 볼 수 있어요. 아래 주소를 복사해 RSS 리더에 넣어 주세요. 누가 받아 보는지는 저희도 알 수 없어요.",
			"You can follow what is new without an account. Copy an address below into a feed reader. We do not know who follows."))),
		el.H2(g.Text(ui.T(ctx, "게시판별 주소", "By board"))),
		h.addresses(ctx, ui.AllFeed, ui.T(ctx, "전체", "Everything"), false, ""),
		g.Map(boards, func(e function.Entry) g.Node {
			return h.addresses(ctx, e.Feed, ui.T(ctx, e.Label.KO, e.Label.EN), false, "")
		}),
	}
	if len(units) > 1 {
		main = append(main, el.H2(g.Text(ui.T(ctx, "단위별 주소", "By unit"))), g.Map(units, func(unit string) g.Node {
			name := h.names.Unit(unit)
			return h.addresses(ctx, ui.AllFeed, ui.Name(ctx, name), name.EN == "", unit)
		}))
	}
	main = append(main, el.P(el.Class("sm soft"), el.Role("status"), el.Data("shared", "")))
	return h.frame.Page(ctx, ui.View{
		Title: title, Path: ui.FeedsPath, Section: ui.FeedsPath, Class: "reading following", Styles: []string{"site.css"}, Scripts: []string{"share.js"},
		Description: ui.T(ctx, "가입하지 않고 새 글을 받아 보는 RSS, Atom, JSON Feed 주소", "RSS, Atom and JSON Feed addresses of what is new"),
		Changes:     []*time.Time{next}, Main: main,
	}), nil
}

// formats are the ends of addresses of feeds, with what people call what is behind them.
var formats = [][2]string{{"rss", "RSS"}, {"atom", "Atom"}, {"json", "JSON Feed"}}

// addresses are those of a feed in each format, to be copied. A label of a unit may be Korean
// whatever the page is in.
func (h handlers) addresses(ctx context.Context, of, label string, korean bool, unit string) g.Node {
	return g.Group{
		el.H3(g.If(korean, ui.Korean(ctx)), g.Text(label)),
		el.Ul(el.Class("addresses"), g.Map(formats, func(f [2]string) g.Node {
			address := h.frame.SiteURL + ui.Local(ctx, ui.Query(ui.FeedPath(of, f[0]), "unit", unit))
			return el.Li(
				el.B(g.Text(f[1])),
				el.A(el.Href(address), el.Code(g.Text(address))),
				el.Button(el.Type("button"), el.Class("button quiet small"), el.Data("share", "copy"), el.Data("address", address), el.Data("done", ui.T(ctx, "주소를 복사했어요", "Copied")), g.Attr("hidden"),
					g.Text(ui.T(ctx, "복사", "Copy")), el.Span(el.Class("hidden"), g.Text(": "+label+" "+f[1]))),
			)
		})),
	}
}

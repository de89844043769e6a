// Package desk is what the pages of the console look like: where the council works in a
// browser. Its pages show what is stored; what changes goes from the browser through the API,
// or through a page's own route where it has to work without scripts, by the same rules as for
// everybody (docs/decisions/0020).
//
// A resource has its pages of the console in a folder desk of its own; their frame, menu,
// widgets, styles and scripts are these.
package desk

import (
	"context"
	"embed"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
)

//go:embed assets/*.js assets/*.css
var modules embed.FS

// Root is where the console is; in English under /en.
const Root = ui.ConsolePath

// OnPage is how many entries a list of the console shows at once.
const OnPage = 30

// Desk is the frame of the console's pages.
type Desk struct {
	frame   ui.Frame
	site    ui.Frame // for whom the console has nothing
	entries []function.Entry
	units   []string
	names   function.Names
}

// assets are those of the console. Each process reads them once, however many functions it builds.
var assets = sync.OnceValue(func() *ui.Assets { return ui.NewAssets(Root+"/assets", modules) })

// New is the console's frame for a function.
func New(d function.Deps) Desk {
	return Desk{
		site: ui.Site(d),
		frame: ui.Frame{
			Council: d.Settings.CouncilName, SiteURL: d.Settings.SiteURL, Storage: d.Storage.PublicEndpoint, Home: Root, Urgent: d.Urgent, Face: ui.Faces(d),
			Flags: d.Flags, Entries: slices.Concat(d.Catalogue.Menu, d.Catalogue.Desk),
			Assets: assets(), Styles: []string{"console.css"},
			Footer: []ui.Link{{Label: problem.Text{KO: "홈페이지 보기", EN: "Visit the site"}, Path: "/"}},
		},
		entries: d.Catalogue.Desk, units: d.Settings.Units, names: d.Settings.Names,
	}
}

// Pages marks routes as pages of the console.
func (d Desk) Pages(routes ...function.Route) []function.Route {
	for i := range routes {
		routes[i].HTML, routes[i].Refuse = true, d.refuse
	}
	return routes
}

// AssetsRoute serves the console's styles and scripts.
func (d Desk) AssetsRoute() function.Route { return d.frame.AssetsRoute() }

// framed is the frame with the menu of who asks: what one may not open is not offered.
func (d Desk) framed(ctx context.Context) ui.Frame {
	f := d.frame
	for _, name := range append([]function.Group{""}, function.DeskGroups()...) {
		group := ui.Group{}
		if name != "" {
			group.Label = name.Label()
		}
		for _, e := range d.entries {
			if e.Group == name && e.Offered(auth.From(ctx)) {
				group.Entries = append(group.Entries, ui.Link{Label: e.Label, Path: e.Path})
			}
		}
		if len(group.Entries) > 0 {
			f.Rail = append(f.Rail, group)
		}
	}
	return f
}

// Page is a page of the console: with its style, its scripts, and the place where they say
// what happened.
func (d Desk) Page(ctx context.Context, v ui.View) *ui.Answer {
	v.Main = append([]g.Node{
		el.NoScript(el.P(el.Class("notice-box wrong"), g.Text(ui.T(ctx, "콘솔에서 무엇을 바꾸려면 자바스크립트가 필요합니다.", "To change anything here, the console needs JavaScript.")))),
	}, v.Main...)
	return d.Whole(ctx, v)
}

// Whole is a page of the console whose forms work without scripts.
func (d Desk) Whole(ctx context.Context, v ui.View) *ui.Answer {
	v.Scripts = append(v.Scripts, "actions.js", "waiting.js")
	v.Class = strings.TrimSpace("console " + v.Class)
	v.Main = append([]g.Node{
		el.Div(el.ID("status"), el.Class("status-line"), el.Role("status"), el.Aria("live", "polite")),
	}, v.Main...)
	return d.framed(ctx).Page(ctx, v)
}

// refuse shows a refusal among the console's menu, or among the site's to whom it has none for.
func (d Desk) refuse(ctx context.Context, p *problem.Error, status int) function.Writer {
	if f := d.framed(ctx); len(f.Rail) > 0 {
		return f.Refuse(ctx, p, status)
	}
	return d.site.Refuse(ctx, p, status)
}

// Units are the units in which the caller may do something, and one that is kept.
func (d Desk) Units(ctx context.Context, a auth.Action, kept string) []ui.Choice {
	list := []ui.Choice{}
	seen := false
	for _, u := range d.units {
		if auth.From(ctx).May(a, u) {
			list = append(list, ui.Choice{Value: u, Label: d.Unit(ctx, u)})
			seen = seen || u == kept
		}
	}
	if kept != "" && !seen {
		list = append(list, ui.Choice{Value: kept, Label: d.Unit(ctx, kept)})
	}
	return list
}

// Unit is what a unit is called on the page.
func (d Desk) Unit(ctx context.Context, unit string) string { return ui.Name(ctx, d.names.Unit(unit)) }

// Fragment is a part of a page, for a script that puts it there.
type Fragment struct{ Node g.Node }

// WriteResponse writes the markup.
func (f Fragment) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	var b strings.Builder
	if err := f.Node.Render(&b); err != nil {
		return err //nolint:wrapcheck // the host says where it failed
	}
	_, err := io.WriteString(w, text.Straight(b.String()))
	return err //nolint:wrapcheck // the host says where it failed
}

// At is an address of the console in the language of the request, with a query of pairs of
// names and values.
func At(ctx context.Context, path string, query ...string) string {
	return ui.Query(ui.Local(ctx, path), query...)
}

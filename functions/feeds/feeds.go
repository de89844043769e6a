// Package feeds tells programs what is new: feeds that people subscribe to without an account, and
// the sitemap of search engines. It reads the index of things alone.
package feeds

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/madang-council/madang/functions/feeds/page"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/ui"
)

// handlers are the operations and what they need.
type handlers struct {
	things thing.Store
	faces  face.Store
	menu   []function.Entry
	names  function.Names
	site   string // its address, without a slash at the end
	secret []byte // what ids of feeds are made of
	flags  func(context.Context) (function.Flags, error)
}

// Function makes feeds and sitemaps. All are pages, which the edge gives to programs that ask
// every few minutes.
var Function = function.Spec{
	Name:  "feeds",
	Doc:   "구독: RSS, Atom and JSON feeds of what is published, by board, unit and tag, and the sitemap.",
	Needs: []function.Need{function.Database},
	Menu:  page.Entries(),
	New: func(d function.Deps) function.Parts {
		h := handlers{
			things: thing.Store{DB: d.DB}, faces: face.Store{DB: d.DB, Name: d.Settings.CouncilName}, menu: d.Catalogue.Menu, names: d.Settings.Names,
			site: d.Settings.SiteURL, secret: d.Key.Derive("feeds"), flags: d.FlagsOf,
		}
		feed := &function.Page{ForAll: true, Tags: []string{face.Tag}, Query: []string{"tag", "unit"}}
		site := &function.Page{ForAll: true, Tags: kinds()}
		return function.Parts{Routes: slices.Concat(page.Routes(d), ui.Site(d).Pages(
			function.Route{Method: "GET", Path: ui.FeedsPath + "/{file}", Access: function.Anyone, Page: feed, Do: function.Do(h.feed), Doc: "The newest 30 of a board or of everything, as rss, atom or json; by unit and tag."},
			function.Route{Method: "GET", Path: ui.SitemapPath, Access: function.Anyone, Neutral: true, Page: site, Do: function.Do(h.sitemap), Doc: "Every page for search engines in both languages, or where the parts of that are."},
			function.Route{Method: "GET", Path: partPath + "{file}", Access: function.Anyone, Neutral: true, Page: site, Do: function.Do(h.part), Doc: "A part of the sitemap."},
		))}
	},
}

// kinds are the names of all kinds of things.
func kinds() []string {
	names := []string{}
	for _, k := range thing.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// document is a file for programs as an answer, with what it shows as a page.
type document struct {
	kind    string
	body    []byte
	tags    []string
	changes *time.Time
}

// PageTags are the kinds of what it tells.
func (d *document) PageTags() []string { return d.tags }

// PageChanges is when something comes out or goes by itself.
func (d *document) PageChanges() []*time.Time { return []*time.Time{d.changes} }

// WriteResponse writes the file; what is in it loads nothing.
func (d *document) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", d.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(d.body)))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	_, err := w.Write(d.body)
	return err //nolint:wrapcheck // the host says where it failed
}

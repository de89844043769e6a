// Package page is where readers search.
package page

import (
	"context"
	"log/slog"

	"github.com/madang-council/madang/shared/council/search"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// handlers are the pages and what they need.
type handlers struct {
	frame   ui.Frame
	search  search.Store
	cursors *cursor.Codec
	names   function.Names
	faces   face.Store
	closed  func(context.Context) []string
	menu    func(context.Context) []function.Entry
	log     *slog.Logger
}

// Entries are those of the site's menu: of no group, since the field in the header leads there.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "검색", EN: "Search"}, Path: search.Path, Order: 1, Search: true}}
}

// running is the menu without what is switched off.
func running(d function.Deps) func(context.Context) []function.Entry {
	return func(ctx context.Context) []function.Entry {
		flags, err := d.FlagsOf(ctx)
		if err != nil {
			return d.Catalogue.Menu // as Closed
		}
		return flags.Running(d.Catalogue.Menu)
	}
}

// Routes are the page of search, which is never kept, and what browsers read to search from their address bar.
func Routes(d function.Deps) []function.Route {
	h := handlers{
		frame: ui.Site(d), search: search.Store{DB: d.DB, Key: d.Key}, cursors: cursor.New(d.Key.Derive("cursor")), names: d.Settings.Names,
		faces: face.Store{DB: d.DB, Name: d.Settings.CouncilName}, closed: thing.Closed(d.Off), menu: running(d), log: d.Log,
	}
	described := &function.Page{ForAll: true, Tags: []string{face.Tag}}
	return h.frame.Pages(
		function.Route{Method: "GET", Path: search.Path, Access: function.Anyone, Limit: function.Searching, Do: function.Do(h.find), Doc: "What the reader may read that has every word, by kind."},
		function.Route{Method: "GET", Path: ui.OpenSearchPath, Access: function.Anyone, Page: described, Do: function.Do(h.describe), Doc: "The search as an OpenSearch description, by which browsers offer it."},
	)
}

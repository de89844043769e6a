// Package page is where readers find archives, and see what is missing.
package page

import (
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// handlers are the pages and what they need.
type handlers struct {
	frame    ui.Frame
	archives archive.Reader
	bundles  archive.Bundles
	cursors  *cursor.Codec
	units    []string
	names    function.Names
}

// Entries are those of the site's menu.
func Entries() []function.Entry {
	return []function.Entry{{
		Label: problem.Text{KO: "자료집", EN: "Archives"}, Path: archive.ListPath, Order: 80, Group: function.Council, Feed: archive.Kind,
		Hint: problem.Text{KO: "예산, 결산, 감사 자료와 아직 내지 않은 것", EN: "Budgets, settlements, audits, and what is missing"},
	}}
}

// bundlesPath is where a year is asked for as one file.
const bundlesPath = archive.ListPath + "/bundles"

// Routes are the site's pages of archives. Guests get them from the edge.
func Routes(d function.Deps, bundles archive.Bundles) []function.Route {
	h := handlers{
		frame: ui.Site(d), archives: archive.NewReader(d.DB), bundles: bundles, cursors: cursor.New(d.Key.Derive("cursor")), units: d.Settings.Units, names: d.Settings.Names,
	}
	list := &function.Page{Tags: []string{archive.Kind}, Query: []string{"category", "cursor", "unit", "year"}, Bypass: []string{"q"}, Eager: true}
	one := &function.Page{Tags: []string{archive.Ref("{id}").Tag(), archive.Kind}}
	return h.frame.Pages(
		function.Route{Method: "GET", Path: archive.ListPath, Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "What units submitted for a year in a category and what they did not, and the latest archives."},
		function.Route{Method: "GET", Path: archive.ListPath + "/{id}", Access: function.Anyone, Page: one, Do: function.Do(h.read), Doc: "An archive with its files, its settlement and its corrections."},
		function.Route{Method: "GET", Path: archive.ListPath + "/{id}/table.csv", Access: function.Anyone, Do: function.Do(h.table), Doc: "The settlement of an archive as CSV."},
		function.Route{Method: "POST", Path: bundlesPath, Words: problem.Text{KO: "한 해 자료를 묶음(홈페이지)", EN: "Had a year of archives bundled (site)"}, Access: function.Anyone, Do: function.Do(h.ask), Doc: "Has a year made one ZIP."},
		function.Route{Method: "GET", Path: bundlesPath + "/{id}", Access: function.Anyone, Do: function.Do(h.bundle), Doc: "How far a year's ZIP is, and where it is downloaded."},
	)
}

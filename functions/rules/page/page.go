// Package page is where readers find the rules.
package page

import (
	"context"

	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// handlers are the pages and what they need.
type handlers struct {
	frame       ui.Frame
	rules       rule.Reader
	names       function.Names
	differences func(context.Context, []rule.Change) []ui.Difference
}

// Entries are those of the site's menu.
func Entries() []function.Entry {
	return []function.Entry{{
		Label: problem.Text{KO: "회칙", EN: "Rules"}, Path: rule.ListPath, Order: 60, Group: function.Council, Feed: rule.AmendmentKind,
		Hint: problem.Text{KO: "지금 회칙과 고친 역사", EN: "The rules of today and of any day"},
	}}
}

// Routes are the site's pages of rules. Guests get them from the edge. Differences are what a comparison shows of changes.
func Routes(d function.Deps, differences func(context.Context, []rule.Change) []ui.Difference) []function.Route {
	h := handlers{frame: ui.Site(d), rules: rule.NewReader(d.DB), names: d.Settings.Names, differences: differences}
	list := &function.Page{Tags: []string{rule.Kind}, Eager: true}
	page := func(query ...string) *function.Page {
		return &function.Page{Tags: []string{rule.Tag("{slug}")}, Query: query}
	}
	book := page("at")
	book.Eager = true
	return h.frame.Pages(
		function.Route{Method: "GET", Path: rule.ListPath, Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "All rulebooks, each below the one that it stands under."},
		function.Route{Method: "GET", Path: rule.ListPath + "/{slug}", Access: function.Anyone, Page: book, Do: function.Do(h.read), Doc: "The text of a day with its contents."},
		function.Route{Method: "GET", Path: rule.ListPath + "/{slug}/versions/{number}", Access: function.Anyone, Page: page(), Do: function.Do(h.version), Doc: "A version as it was written, with its reason."},
		function.Route{Method: "GET", Path: rule.ListPath + "/{slug}/compare", Access: function.Anyone, Page: page("from", "to"), Do: function.Do(h.compare), Doc: "What changed between two versions or days, side by side."},
		function.Route{Method: "GET", Path: rule.ListPath + "/{slug}/compare.csv", Access: function.Anyone, Do: function.Do(h.table), Doc: "The same comparison as CSV."},
		function.Route{Method: "GET", Path: rule.ListPath + "/{slug}/{article}", Access: function.Anyone, Page: page("at"), Do: function.Do(h.article), Doc: "An article as it reads on a day, and how it changed; the address stays."},
	)
}

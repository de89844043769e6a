// Package about is what the council says of itself.
package about

import (
	"slices"

	"github.com/madang-council/madang/functions/about/desk"
	"github.com/madang-council/madang/functions/about/page"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/about"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// handlers are the operations and what they need.
type handlers struct{ abouts about.Writer }

// Function shows and changes what the council says of itself.
var Function = function.Spec{
	Name:  "about",
	Doc:   "소개: what the council says of itself, its organisation chart, pledges with their progress, the councils before it.",
	Needs: []function.Need{function.Database},
	Menu:  page.Entries(),
	Desk:  desk.Entries(),
	Seed:  seed,
	New: func(d function.Deps) function.Parts {
		h := handlers{abouts: about.NewWriter(d.DB)}
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/about", Access: function.Anyone, Page: &function.Page{Tags: []string{about.Kind}}, Do: function.Do(h.read), Doc: "What the council says of itself, with its version."},
			{Method: "PUT", Path: "/v1/about", Words: problem.Text{KO: "학생회 소개를 고침", EN: "Edited what the council says of itself"}, Access: function.May(auth.Arrange), Do: function.Do(h.write), Doc: "Replaces it whole: what is left out is emptied."},
		}, page.Routes(d), desk.Routes(d))}
	},
}

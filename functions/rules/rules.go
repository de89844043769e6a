// Package rules is the council's rules (회칙).
package rules

import (
	"slices"

	"github.com/madang-council/madang/functions/rules/desk"
	"github.com/madang-council/madang/functions/rules/page"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// Function keeps rulebooks, their versions through time, and shows the text of any day and what changed.
var Function = function.Spec{
	Name:  "rules",
	Doc:   "회칙: the text of any day by article, versions from draft to repeal, 신구조문대비표 between any two.",
	Needs: []function.Need{function.Database},
	Menu:  page.Entries(),
	Desk:  desk.Entries(),
	Seed:  seed,
	New: func(d function.Deps) function.Parts {
		h := handlers{rules: rule.NewWriter(d.DB, d.Outbox, d.Settings.SiteURL), units: d.Settings.Units, names: d.Settings.Names}
		write, enact := function.May(auth.Write), function.May(auth.Enact)
		book := []string{rule.Tag("{slug}")}
		wrong := rule.Codes()
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/rules", Access: function.Anyone, Page: &function.Page{Tags: []string{rule.Kind}, Eager: true}, Do: function.Do(h.list), Doc: "All rulebooks, by their titles."},
			{Method: "POST", Path: "/v1/rules", Words: problem.Text{KO: "회칙을 등록함", EN: "Added a rulebook"}, Access: write, Status: 201, Do: function.Do(h.add), Doc: "Adds a rulebook; nobody else sees it before one of its versions is announced or promulgated.",
				Refuses: function.Refusals{problem.Conflict: {"slug-taken", "too-many"}}},
			{Method: "GET", Path: "/v1/rules/{slug}", Access: function.Anyone, Page: &function.Page{Tags: book, Query: []string{"at"}}, Do: function.Do(h.read), Doc: "A rulebook's text of a day; today's without at.",
				Refuses: function.Refusals{problem.NotFound: {"not-in-force"}}},
			{Method: "PUT", Path: "/v1/rules/{slug}", Words: problem.Text{KO: "회칙의 정보를 고침", EN: "Edited a rulebook"}, Access: write, Do: function.Do(h.edit), Doc: "Replaces what is said of a rulebook, not its text."},
			{Method: "DELETE", Path: "/v1/rules/{slug}", Words: problem.Text{KO: "공포한 적 없는 회칙을 지움", EN: "Deleted a rulebook that was never promulgated"}, Access: write, Do: function.Do(h.remove), Doc: "Deletes a rulebook of which nothing was promulgated.",
				Refuses: function.Refusals{problem.Conflict: {"promulgated"}}},
			{Method: "GET", Path: "/v1/rules/{slug}/articles/{number}", Access: function.Anyone, Page: &function.Page{Tags: book, Query: []string{"at"}}, Do: function.Do(h.article), Doc: "An article of a day by its number, as 12의2, and how it changed.",
				Refuses: function.Refusals{problem.NotFound: {"not-in-force"}}},
			{Method: "GET", Path: "/v1/rules/{slug}/versions", Access: function.Anyone, Page: &function.Page{Tags: book}, Do: function.Do(h.versions), Doc: "The versions of a rulebook, the last begun first; for editors of its unit with drafts."},
			{Method: "POST", Path: "/v1/rules/{slug}/versions", Words: problem.Text{KO: "회칙 개정안을 씀", EN: "Drafted a version of the rules"}, Access: write, Status: 201, Do: function.Do(h.begin), Doc: "Keeps a draft of a version.",
				Refuses: function.Refusals{problem.Conflict: {"too-many"}, problem.Invalid: wrong}},
			{Method: "GET", Path: "/v1/rules/{slug}/versions/{number}", Access: function.Anyone, Page: &function.Page{Tags: book}, Do: function.Do(h.version), Doc: "A version with its text in its notation."},
			{Method: "PUT", Path: "/v1/rules/{slug}/versions/{number}", Words: problem.Text{KO: "회칙 개정안을 고침", EN: "Edited a draft of the rules"}, Access: write, Do: function.Do(h.rewrite), Doc: "Replaces a draft whole, until it is promulgated.",
				Refuses: function.Refusals{problem.Conflict: {"promulgated"}, problem.Invalid: wrong}},
			{Method: "DELETE", Path: "/v1/rules/{slug}/versions/{number}", Words: problem.Text{KO: "회칙 개정안을 지움", EN: "Deleted a draft of the rules"}, Access: write, Do: function.Do(h.discard), Doc: "Deletes a draft; its number is never another version's.",
				Refuses: function.Refusals{problem.Conflict: {"promulgated"}}},
			{Method: "PUT", Path: "/v1/rules/{slug}/versions/{number}/papers", Words: problem.Text{KO: "회칙 개정의 파일과 회의록을 이음", EN: "Kept files and minutes with a version of the rules"}, Access: write, Do: function.Do(h.keep), Doc: "Replaces the files of a version, as its signed original, and the meeting that decided it. Of a promulgated one files are added alone.",
				Refuses: function.Refusals{problem.Conflict: {"files-stay"}}},
			{Method: "POST", Path: "/v1/rules/{slug}/versions/{number}/promulgate", Words: problem.Text{KO: "회칙을 공포함", EN: "Promulgated a version of the rules"}, Access: enact, Do: function.Do(h.promulgate), Doc: "Makes a version final: its text and days change no more. Files and the meeting can still be added, and a correction is a version of its own.",
				Refuses: function.Refusals{problem.Conflict: {"promulgated", "overlap", "base-outdated"}, problem.Invalid: wrong}},
			{Method: "GET", Path: "/v1/rules/{slug}/compare", Access: function.Anyone, Page: &function.Page{Tags: book, Query: []string{"from", "to"}}, Do: function.Do(h.compare), Doc: "What changed from one version, or day, to another, article by article.",
				Refuses: function.Refusals{problem.NotFound: {"not-in-force"}}},
		}, page.Routes(d, differences), desk.Routes(d, differences))}
	},
}

// handlers are the operations and what they need.
type handlers struct {
	rules rule.Writer
	units []string
	names function.Names
}

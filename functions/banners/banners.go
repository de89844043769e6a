// Package banners is the pictures on the main page that lead somewhere.
package banners

import (
	"log/slog"
	"slices"

	"github.com/madang-council/madang/functions/banners/desk"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// handlers are the operations and what they need.
type handlers struct {
	banners banner.Writer
	units   []string
	log     *slog.Logger
}

// Function shows, writes and orders banners and counts who follows them.
var Function = function.Spec{
	Name:  "banners",
	Doc:   "Banners: image, alt text, link, from, until, order; clicks counted once per visitor and day.",
	Needs: []function.Need{function.Database},
	Desk:  desk.Entries(),
	Seed:  seed,
	New: func(d function.Deps) function.Parts {
		h := handlers{banners: banner.NewWriter(d.DB, d.Outbox), units: d.Settings.Units, log: d.Log}
		write := function.May(auth.Write)
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/banners", Access: function.Anyone, Page: &function.Page{Tags: []string{banner.Kind}, Eager: true}, Do: function.Do(h.list), Doc: "Banners in force, in their order."},
			{Method: "POST", Path: "/v1/banners", Words: problem.Text{KO: "배너를 만듦", EN: "Made a banner"}, Access: write, Do: function.Do(h.write), Status: 201, Doc: "Puts a banner behind the others.",
				Refuses: function.Refusals{problem.Conflict: {"too-many-banners"}}},
			{Method: "PUT", Path: "/v1/banners/order", Words: problem.Text{KO: "배너 순서를 바꿈", EN: "Put banners in order"}, Access: function.May(auth.Arrange), Do: function.Do(h.arrange), Doc: "Puts all banners in order.",
				Refuses: function.Refusals{problem.Conflict: {"banners-changed"}}},
			{Method: "PUT", Path: "/v1/banners/{id}", Words: problem.Text{KO: "배너를 고침", EN: "Edited a banner"}, Access: write, Do: function.Do(h.edit), Doc: "Replaces a banner whole: what is left out is emptied."},
			{Method: "DELETE", Path: "/v1/banners/{id}", Words: problem.Text{KO: "배너를 지움", EN: "Deleted a banner"}, Access: write, Do: function.Do(h.remove), Doc: "Deletes a banner and its counts."},
			{Method: "GET", Path: "/v1/banners/{id}/click", Access: function.Anyone, Do: function.Do(h.click), Doc: "Leads to the banner's link and counts the visitor once a day."},
			{Method: "GET", Path: "/v1/admin/banners", Access: write, Do: function.Do(h.manage), Doc: "All banners of the units that the caller writes for, in their order."},
			{Method: "GET", Path: "/v1/admin/banners/{id}/clicks", Access: write, Do: function.Do(h.clicks), Doc: "How often a banner was followed, by day."},
		}, desk.Routes(d))}
	},
}

// Package home is the main page: what a visitor sees first, as a page and as JSON. (A
// package that is imported cannot be named main; the function is.)
package home

import (
	"context"
	"slices"

	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
	"github.com/madang-council/madang/shared/ui"
)

// Function is the main page. Guests get it from the edge; a change of what it shows is
// an event, on which it is rendered again at once.
var Function = function.Spec{
	Name:  "main",
	Label: problem.Text{KO: "메인 페이지", EN: "Main page"},
	Core:  true,
	Doc:   "The main page: urgent bar, what is due now, banners, notices, what is coming up, minutes, pledges; for members their own part.",
	Needs: []function.Need{function.Database},
	New: func(d function.Deps) function.Parts {
		h := handlers{frame: ui.Site(d), names: d.Settings.Names, sections: sections(d.DB, d.Settings.Names), flags: d.FlagsOf, unread: d.Unread, log: d.Log}
		page := &function.Page{Tags: tagsOf(h.sections), Eager: true}
		// The host renders the pages again: whatever an event says, they say what is stored now.
		render := func(ctx context.Context, _ event.Event) error {
			touch.Also(ctx, page.Tags...)
			return nil
		}
		on := []function.Subscription{}
		for _, t := range eventsOf(h.sections) {
			on = append(on, function.Subscription{Type: t, Doc: "Renders the main page again.", Do: render})
		}
		return function.Parts{
			Routes: slices.Concat(h.frame.Pages(
				function.Route{Method: "GET", Path: "/", Access: function.Anyone, Page: page, Do: function.Do(h.page), Doc: "Main page: urgent, what is due now, banners, notices, what is coming up, minutes, pledges; for members their own part."},
			), []function.Route{
				{Method: "GET", Path: "/v1/main", Access: function.Anyone, Page: page, Do: function.Do(h.read), Doc: "Everything that the main page shows; sections that fail are null and named in degraded."},
			}),
			Consumes: cloudevent.Consume(on...),
		}
	},
}

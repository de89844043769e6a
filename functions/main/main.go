// Package home is the main page: what a visitor sees first. (A package that is imported
// cannot be named main; the function is.)
package home

import (
	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
)

// Function is the main page. Guests get it from the edge; a change of what it shows is
// an event, on which it is rendered again at once.
var Function = function.Spec{
	Name:  "main",
	Doc:   "The main page: urgent bar, banners, pinned and newest notices; for members their own part.",
	Needs: []function.Need{function.Database},
	New: func(d function.Deps) function.Parts {
		h := handlers{notices: notice.NewReader(d.DB), banners: banner.NewReader(d.DB), log: d.Log}
		return function.Parts{
			Routes: []function.Route{
				{Method: "GET", Path: "/v1/main", Access: function.Anyone, Doc: "Everything that the main page shows; sections that fail are null and named in degraded.", Do: function.Do(h.read), Page: &function.Page{Tags: []string{notice.Kind, banner.Kind, eagerTag}, Eager: true}},
			},
			Consumes: cloudevent.Consume(
				function.Subscription{Type: notice.Changed, Doc: "Renders the main page again.", Do: render},
				function.Subscription{Type: banner.Changed, Doc: "Renders the main page again.", Do: render},
			),
		}
	},
}

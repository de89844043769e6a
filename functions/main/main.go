// Package home is the main page: what a visitor sees first, as a page and as JSON. (A
// package that is imported cannot be named main; the function is.)
package home

import (
	"context"
	"slices"

	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/touch"
	"github.com/madang-council/madang/shared/ui"
)

// Function is the main page. Guests get it from the edge; a change of what it shows is
// an event, on which it is rendered again at once.
var Function = function.Spec{
	Name:  "main",
	Doc:   "The main page: urgent bar, banners, pinned and newest notices; for members their own part.",
	Needs: []function.Need{function.Database},
	New: func(d function.Deps) function.Parts {
		h := handlers{frame: ui.Site(d), council: d.Settings.CouncilName, sections: sections(d.DB), log: d.Log}
		page := &function.Page{Tags: []string{notice.Kind, banner.Kind, eagerTag}, Eager: true}
		return function.Parts{
			Routes: slices.Concat(h.frame.Pages(
				function.Route{Method: "GET", Path: "/", Access: function.Anyone, Page: page, Do: function.Do(h.page), Doc: "Main page: urgent, banners, pinned and newest notices; for members their own part."},
			), []function.Route{
				{Method: "GET", Path: "/v1/main", Access: function.Anyone, Page: page, Do: function.Do(h.read), Doc: "Everything that the main page shows; sections that fail are null and named in degraded."},
			}),
			Consumes: cloudevent.Consume(
				function.Subscription{Type: notice.Changed, Doc: "Renders the main page again.", Do: render},
				function.Subscription{Type: banner.Changed, Doc: "Renders the main page again.", Do: render},
			),
		}
	},
}

// eagerTag is touched by the events of what the page shows: it is rendered anew at once.
const eagerTag = "main"

// render has the host render the page again: whatever the event says, the page says what
// is stored now.
func render(ctx context.Context, _ event.Event) error {
	touch.Tags(ctx, eagerTag)
	return nil
}

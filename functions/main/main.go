// Package home is the main page: what a visitor sees first, as a page and as JSON. (A
// package that is imported cannot be named main; the function is.)
package home

import (
	"context"
	"slices"

	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/council/about"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/council/notice"
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
		page := &function.Page{Tags: append([]string{notice.Kind, banner.Kind, about.Kind}, shown()...), Eager: true}
		return function.Parts{
			Routes: slices.Concat(h.frame.Pages(
				function.Route{Method: "GET", Path: "/", Access: function.Anyone, Page: page, Do: function.Do(h.page), Doc: "Main page: urgent, what is due now, banners, notices, what is coming up, minutes, pledges; for members their own part."},
			), []function.Route{
				{Method: "GET", Path: "/v1/main", Access: function.Anyone, Page: page, Do: function.Do(h.read), Doc: "Everything that the main page shows; sections that fail are null and named in degraded."},
			}),
			Consumes: cloudevent.Consume(
				function.Subscription{Type: notice.Changed, Doc: "Renders the main page again.", Do: render},
				function.Subscription{Type: banner.Changed, Doc: "Renders the main page again.", Do: render},
				function.Subscription{Type: minute.Published, Doc: "Renders the main page again.", Do: render},
			),
		}
	},
}

// render has the host render the page again: whatever the event says, the page says what
// is stored now.
func render(ctx context.Context, _ event.Event) error {
	touch.Also(ctx, notice.Kind, banner.Kind, minute.Kind)
	return nil
}

// Package page is where readers find minutes.
package page

import (
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// handlers are the pages and what they need.
type handlers struct {
	frame   ui.Frame
	minutes minute.Reader
	cursors *cursor.Codec
	names   function.Names
}

// Entries are those of the site's menu.
func Entries() []function.Entry {
	return []function.Entry{{
		Label: problem.Text{KO: "회의록", EN: "Minutes"}, Path: minute.ListPath, Order: 30, Group: function.News, Feed: minute.Kind,
		Hint: problem.Text{KO: "회의 일정과 의결사항, 회의록", EN: "Meetings, what they decided, and their minutes"},
	}}
}

// Routes are the site's pages of minutes. Guests get them from the edge.
func Routes(d function.Deps) []function.Route {
	h := handlers{frame: ui.Site(d), minutes: minute.NewReader(d.DB), cursors: cursor.New(d.Key.Derive("cursor")), names: d.Settings.Names}
	list := &function.Page{Tags: []string{minute.Kind}, Query: []string{"body", "cursor", "month", "state"}, Eager: true}
	one := &function.Page{Tags: []string{minute.Ref("{id}").Tag(), minute.BodiesTag}, Eager: true}
	return h.frame.Pages(
		function.Route{Method: "GET", Path: minute.ListPath, Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "Meetings by body, the latest first, with what they decided and their deadlines."},
		function.Route{Method: "GET", Path: minute.ListPath + "/{id}", Access: function.Anyone, Page: one, Do: function.Do(h.read), Doc: "What is published of a meeting: decisions before the text."},
	)
}

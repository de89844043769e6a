// Package page is where readers find notices.
package page

import (
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// handlers are the pages and what they need.
type handlers struct {
	frame    ui.Frame
	notices  notice.Reader
	previews notice.Previews
	cursors  *cursor.Codec
	units    []string
	names    function.Names
}

// Entries are those of the site's menu.
func Entries() []function.Entry {
	return []function.Entry{{
		Label: problem.Text{KO: "공지", EN: "Notices"}, Path: notice.ListPath, Order: 10, Group: function.News, Search: true, Feed: notice.Kind,
		Hint: problem.Text{KO: "총학생회와 각 단위의 공지", EN: "What the council and its units announce"},
	}}
}

// Routes are the site's pages of notices. Guests get them from the edge.
func Routes(d function.Deps) []function.Route {
	notices := notice.NewReader(d.DB)
	h := handlers{
		frame: ui.Site(d), notices: notices, previews: notice.NewPreviews(notices, d.Key), cursors: cursor.New(d.Key.Derive("cursor")),
		units: d.Settings.Units, names: d.Settings.Names,
	}
	list := &function.Page{Tags: []string{notice.Kind}, Query: []string{"and", "cursor", "tag", "unit"}, Bypass: []string{"q"}, Eager: true}
	return h.frame.Pages(
		function.Route{Method: "GET", Path: notice.ListPath, Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "Published notices, by unit, tag or a part of the title."},
		function.Route{Method: "GET", Path: notice.ListPath + "/{id}", Access: function.Anyone, Page: &function.Page{Tags: []string{notice.Tag("{id}"), notice.Kind}, Eager: true}, Do: function.Do(h.read), Doc: "A notice with its pictures and files."},
		function.Route{Method: "GET", Path: notice.PreviewPath + "{token}", Access: function.Anyone, Do: function.Do(h.preview), Doc: "A notice as it would look, by a link that works for an hour."},
	)
}

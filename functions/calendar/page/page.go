// Package page is where readers see the calendar, and where their calendars read it.
package page

import (
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// handlers are the pages and what they need.
type handlers struct {
	frame ui.Frame
	book  calendar.Book
	faces face.Store
	units []string
	names function.Names
}

// Entries are those of the site's menu.
func Entries() []function.Entry {
	return []function.Entry{{
		Label: problem.Text{KO: "일정", EN: "Calendar"}, Path: calendar.ListPath, Order: 20, Group: function.News,
		Hint: problem.Text{KO: "학생회와 학교의 일정, 내 캘린더로", EN: "Dates of the council and the school, in your own calendar"},
	}}
}

// filePath is where calendars are subscribed to.
const filePath = calendar.ListPath + ".ics"

// onePath is where an event is taken along.
func onePath(id string) string { return calendar.Path(id) + "/event.ics" }

// Routes are the site's pages of the calendar. Guests, and the calendars that ask every hour, get them from the edge.
func Routes(d function.Deps, book calendar.Book) []function.Route {
	h := handlers{frame: ui.Site(d), book: book, faces: face.Store{DB: d.DB, Name: d.Settings.CouncilName}, units: d.Settings.Units, names: d.Settings.Names}
	tags := append(calendar.Tags(), policy.Tag(calendar.PolicyName), policy.SiteTag)
	list := &function.Page{Tags: tags, Query: []string{"category", "month", "unit"}, Eager: true}
	file := &function.Page{ForAll: true, Tags: append(tags, face.Tag), Query: []string{"category", "unit"}}
	one := []string{calendar.Ref("{id}").Tag()}
	return h.frame.Pages(
		function.Route{Method: "GET", Path: calendar.ListPath, Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "A month of events and of all else that has a date, and how to have it in one's own calendar."},
		function.Route{Method: "GET", Path: calendar.ListPath + "/{id}", Access: function.Anyone, Page: &function.Page{Tags: append(one, policy.Tag(calendar.PolicyName))}, Do: function.Do(h.read), Doc: "An event."},
		function.Route{Method: "GET", Path: filePath, Access: function.Anyone, Page: file, Do: function.Do(h.file), Doc: "The calendar as iCalendar, from 90 days ago to 400 days ahead; by category and unit."},
		function.Route{Method: "GET", Path: onePath("{id}"), Access: function.Anyone, Page: &function.Page{ForAll: true, Tags: append(one, face.Tag)}, Do: function.Do(h.one), Doc: "An event as iCalendar."},
	)
}

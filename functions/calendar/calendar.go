// Package calendar is the council's calendar (일정), with what else has a date.
package calendar

import (
	"context"
	"slices"

	"github.com/madang-council/madang/functions/calendar/desk"
	"github.com/madang-council/madang/functions/calendar/page"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// Function keeps events and shows them beside the dates of all other things, to people and to their calendars.
var Function = function.Spec{
	Name:  "calendar",
	Doc:   "일정: events of the council and the school beside the dates of minutes, rules and all else; subscribed to as iCalendar, imported from .ics and CSV.",
	Needs: []function.Need{function.Database},
	Menu:  page.Entries(),
	Desk:  desk.Entries(),
	Seed:  seed,
	Details: []function.Named{
		{Name: "events", Label: problem.Text{KO: "일정", EN: "Events"}},
		{Name: "new", Label: problem.Text{KO: "새 일정", EN: "New"}},
		{Name: "changed", Label: problem.Text{KO: "바뀐 일정", EN: "Changed"}},
		{Name: "same", Label: problem.Text{KO: "그대로인 일정", EN: "Same"}},
		{Name: "deleted", Label: problem.Text{KO: "여기서 지웠던 일정", EN: "Deleted here before"}},
		{Name: "removed", Label: problem.Text{KO: "빠진 일정", EN: "Removed"}},
		{Name: "another", Label: problem.Text{KO: "다른 단위의 일정", EN: "Another unit's"}},
	},
	New: func(d function.Deps) function.Parts {
		events := calendar.NewWriter(d.DB, d.Outbox, d.Settings.SiteURL)
		book := calendar.NewBook(events.Reader, d.Settings.SiteURL, func(ctx context.Context) (func(string) bool, error) {
			flags, err := d.FlagsOf(ctx)
			return flags.Runs, err
		})
		h := handlers{events: events, book: book, cursors: cursor.New(d.Key.Derive("cursor")), units: d.Settings.Units, names: d.Settings.Names, site: d.Settings.SiteURL}
		write := function.May(auth.Write)
		const one = "/v1/calendar/{id}"
		list := &function.Page{Tags: append(calendar.Tags(), policy.Tag(calendar.PolicyName), policy.SiteTag), Query: []string{"category", "from", "to", "unit"}}
		imports := function.Refusals{problem.Conflict: {"changed-meanwhile"}, problem.Malformed: {"malformed-form"}, problem.UnsupportedMedia: {"unsupported-media-type"}}
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/calendar", Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "What is on any of some days, at most 366 and those of this month unless told: events, and the dates of all else that everybody may read.",
				Refuses: function.Refusals{problem.Invalid: {"too-many-events"}}},
			{Method: "GET", Path: one, Access: function.Anyone, Page: &function.Page{Tags: []string{calendar.Ref("{id}").Tag()}}, Do: function.Do(h.read), Doc: "An event with its text."},
			{Method: "POST", Path: "/v1/calendar", Words: problem.Text{KO: "일정을 씀", EN: "Wrote an event"}, Access: write, Status: 201, Do: function.Do(h.write), Doc: "Writes an event, or one for each week or month up to a day."},
			{Method: "PUT", Path: one, Words: problem.Text{KO: "일정을 고침", EN: "Edited an event"}, Access: write, Do: function.Do(h.edit), Doc: "Replaces an event whole; with reach=later also those of its series that start later."},
			{Method: "DELETE", Path: one, Words: problem.Text{KO: "일정을 지움", EN: "Deleted an event"}, Access: write, Do: function.Do(h.remove), Doc: "Hides an event from everybody, with reach=later also those of its series that start later; an admin can restore each for 30 days."},
			{Method: "GET", Path: "/v1/admin/calendar", Access: write, Do: function.Do(h.manage), Doc: "Events of the units that the caller writes for, the latest first."},
			{Method: "POST", Path: "/v1/admin/calendar/{id}/restore", Words: problem.Text{KO: "지운 일정을 되살림", EN: "Restored an event"}, Access: function.May(auth.Restore), Do: function.Do(h.restore), Doc: "Restores a deleted event as it was."},
			{Method: "POST", Path: "/v1/admin/calendar/imports", Words: problem.Text{KO: "일정을 가져옴", EN: "Imported events"}, Access: write, Do: function.Do(h.bring), Largest: formBytes, Doc: "Imports events from an iCalendar or CSV, all or none; what was imported before is changed, and what a series has no more is deleted.",
				Refuses: imports},
			{Method: "POST", Path: "/v1/admin/calendar/imports/preview", Access: write, ReadOnly: true, Do: function.Do(h.weigh), Doc: "What importing the same form would do, and what is wrong in which line.",
				Refuses: function.Refusals{problem.Malformed: {"body-incomplete", "malformed-form"}, problem.TooLarge: {"body-too-large"}, problem.UnsupportedMedia: {"unsupported-media-type"}}},
		}, page.Routes(d, book), desk.Routes(d, book))}
	},
}

// handlers are the operations and what they need.
type handlers struct {
	events  calendar.Writer
	book    calendar.Book
	cursors *cursor.Codec
	units   []string
	names   function.Names
	site    string // its address, without a slash at the end
}

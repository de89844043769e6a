// Package minutes is the minutes (회의록) of the council's bodies.
package minutes

import (
	"slices"

	"github.com/madang-council/madang/functions/minutes/desk"
	"github.com/madang-council/madang/functions/minutes/page"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
)

// Function lists, reads, writes and publishes minutes in three steps.
var Function = function.Spec{
	Name:  "minutes",
	Doc:   "회의록: meetings of the council's bodies, published in three steps with a deadline that everybody sees; withheld parts, corrections, bodies.",
	Needs: []function.Need{function.Database},
	Menu:  page.Entries(),
	Desk:  desk.Entries(),
	Seed:  seed,
	New: func(d function.Deps) function.Parts {
		h := handlers{
			minutes: minute.NewWriter(d.DB, d.Outbox, d.Key.Box(minute.Purpose), d.Settings.SiteURL), members: member.Store{DB: d.DB, LeaveGrace: d.Settings.LeaveGrace},
			cursors: cursor.New(d.Key.Derive("cursor")), units: d.Settings.Units, names: d.Settings.Names,
		}
		write, extend, unseal, restore, operate := function.May(auth.Write), function.May(auth.Moderate), function.May(auth.Unseal), function.May(auth.Restore), function.May(auth.Operate)
		list := &function.Page{Tags: []string{minute.Kind}, Query: []string{"body", "cursor", "state", "year"}, Bypass: []string{"size"}, Eager: true}
		bodies := &function.Page{Tags: []string{minute.BodiesTag}}
		one := &function.Page{Tags: []string{minute.Ref("{id}").Tag(), minute.BodiesTag}, Eager: true}
		round := function.Refusals{problem.Conflict: {"round-taken"}}
		edited := function.Refusals{problem.Conflict: {"round-taken", "readers-would-see"}}
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/minutes", Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "Meetings that readers see something of, the latest first."},
			{Method: "POST", Path: "/v1/minutes", Words: problem.Text{KO: "회의록을 만듦", EN: "Began minutes"}, Access: write, Status: 201, Do: function.Do(h.write), Refuses: function.Refusals{problem.Conflict: {"round-taken", "not-held-yet"}}, Doc: "Begins the minutes of a meeting, as a draft unless a step is published at once."},
			{Method: "GET", Path: "/v1/minutes/bodies", Access: function.Anyone, Page: bodies, Do: function.Do(h.bodies), Doc: "The bodies of the council that meet."},
			{Method: "GET", Path: "/v1/minutes/{id}", Access: function.Anyone, Page: one, Do: function.Do(h.read), Doc: "What is published of a meeting; for editors of its unit, all of it."},
			{Method: "PUT", Path: "/v1/minutes/{id}", Words: problem.Text{KO: "회의록을 고침", EN: "Edited minutes"}, Access: write, Do: function.Do(h.edit), Refuses: edited, Doc: "Replaces minutes whole: what is left out is emptied. What readers have seen is corrected with a reason."},
			{Method: "DELETE", Path: "/v1/minutes/{id}", Words: problem.Text{KO: "회의록을 지움", EN: "Deleted minutes"}, Access: write, Do: function.Do(h.remove), Refuses: function.Refusals{problem.Conflict: {"published-stays"}}, Doc: "Hides minutes from everybody; an admin can restore them for 30 days."},
			{Method: "POST", Path: "/v1/minutes/{id}/publish", Words: problem.Text{KO: "회의록을 공개함", EN: "Published minutes"}, Access: write, Do: function.Do(h.publish), Refuses: function.Refusals{problem.Conflict: {"step-backwards", "not-held-yet"}}, Doc: "Publishes a step: announced, decisions or full."},
			{Method: "POST", Path: "/v1/minutes/{id}/extend", Words: problem.Text{KO: "회의록의 공개 기한을 늘림", EN: "Extended the deadline of minutes"}, Access: extend, Do: function.Do(h.extend), Refuses: function.Refusals{problem.Conflict: {"already-done", "deadline-passed", "already-extended"}}, Doc: "Gives more days until minutes have to be published, once, with a reason that readers see."},
			{Method: "GET", Path: "/v1/minutes/{id}/withheld", Words: problem.Text{KO: "회의록의 비공개 부분을 봄(API)", EN: "Read what minutes withhold (API)"}, Access: unseal, Personal: true, Do: function.Do(h.unseal), Doc: "What readers do not see of minutes, and why."},
			{Method: "GET", Path: "/v1/minutes/{id}/revisions", Words: problem.Text{KO: "회의록을 고친 사람을 봄(API)", EN: "Saw who edited minutes (API)"}, Access: write, Personal: true, Do: function.Do(h.revisions), Doc: "What minutes said before, and who wrote it; the latest first."},
			{Method: "GET", Path: "/v1/minutes/{id}/revisions/{number}", Words: problem.Text{KO: "회의록의 한 버전을 봄(API)", EN: "Read a version of minutes (API)"}, Access: write, Personal: true, Do: function.Do(h.revision), Doc: "One revision with its text."},
			{Method: "GET", Path: "/v1/minutes/{id}/revisions/{number}/diff/{to}", Access: write, Do: function.Do(h.compare), Doc: "What changed from one revision to another, by lines and words."},
			{Method: "POST", Path: "/v1/minutes/{id}/revisions/{number}/restore", Words: problem.Text{KO: "회의록을 이전 버전으로 되돌림", EN: "Went back to a version of minutes"}, Access: write, Do: function.Do(h.revert), Refuses: function.Refusals{problem.Conflict: {"round-taken", "readers-would-see", "revision-stripped"}}, Doc: "Makes what a revision says the newest version; files stay."},
			{Method: "GET", Path: "/v1/admin/minutes", Access: write, Do: function.Do(h.manage), Doc: "Minutes of every state of the units that the caller writes for."},
			{Method: "POST", Path: "/v1/admin/minutes/paste", Access: write, ReadOnly: true, Do: function.Do(h.paste), Doc: "The items that a text has: a line as 안건 1. begins one. Nothing is saved."},
			{Method: "POST", Path: "/v1/admin/minutes/{id}/restore", Words: problem.Text{KO: "지운 회의록을 되살림", EN: "Restored minutes"}, Access: restore, Do: function.Do(h.undelete), Refuses: round, Doc: "Restores deleted minutes as they were."},
			{Method: "POST", Path: "/v1/admin/minutes/bodies", Words: problem.Text{KO: "회의 기구를 추가함", EN: "Added a body"}, Access: operate, Status: 201, Do: function.Do(h.addBody), Refuses: function.Refusals{problem.Conflict: {"slug-taken"}}, Doc: "Adds a body that meets."},
			{Method: "PUT", Path: "/v1/admin/minutes/bodies/{slug}", Words: problem.Text{KO: "회의 기구를 고침", EN: "Edited a body"}, Access: operate, Do: function.Do(h.editBody), Doc: "Replaces what is said of a body; meetings that there are keep their deadlines."},
		}, page.Routes(d), desk.Routes(d))}
	},
}

// handlers are the operations and what they need.
type handlers struct {
	minutes minute.Writer
	members member.Store
	cursors *cursor.Codec
	units   []string
	names   function.Names
}

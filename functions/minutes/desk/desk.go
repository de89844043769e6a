// Package desk is where the council works with minutes. Its forms work without scripts; a script
// saves by itself what is written while a meeting runs.
package desk

import (
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk    desk.Desk
	minutes minute.Writer
	members member.Store
	cursors *cursor.Codec
	limits  upload.Limits
}

// bodiesPath is where an admin keeps the bodies.
const bodiesPath = minute.DeskPath + "/bodies"

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "회의록", EN: "Minutes"}, Path: minute.DeskPath, Order: 15, Action: auth.Write, Group: function.News}}
}

// Routes are the console's pages of minutes.
func Routes(d function.Deps) []function.Route {
	h := handlers{
		desk: desk.New(d), minutes: minute.NewWriter(d.DB, d.Outbox, d.Key.Box(minute.Purpose), d.Settings.SiteURL), members: member.Store{DB: d.DB, LeaveGrace: d.Settings.LeaveGrace},
		cursors: cursor.New(d.Key.Derive("cursor")), limits: upload.Limits(d.Settings.Uploads),
	}
	write, unseal, operate, files := function.May(auth.Write), function.May(auth.Unseal), function.May(auth.Operate), []string{"uploads"}
	one := minute.DeskPath + "/{id}"
	return h.desk.Pages(
		function.Route{Method: "GET", Path: minute.DeskPath, Access: write, Do: function.Do(h.list), Doc: "Meetings of every state, with how many days there are."},
		function.Route{Method: "GET", Path: minute.DeskPath + "/new", Access: write, Do: function.Do(h.compose), Doc: "The form that begins minutes."},
		function.Route{Method: "POST", Path: minute.DeskPath + "/new", Words: problem.Text{KO: "회의록을 만듦", EN: "Began minutes"}, Access: write, Do: function.Do(h.begin), Doc: "Begins minutes."},
		function.Route{Method: "GET", Path: bodiesPath, Access: operate, Do: function.Do(h.bodies), Doc: "The bodies that meet."},
		function.Route{Method: "GET", Path: one, Access: write, Wakes: files, Do: function.Do(h.edit), Doc: "Minutes in their form."},
		function.Route{Method: "POST", Path: one, Words: problem.Text{KO: "회의록을 고침", EN: "Edited minutes"}, Access: write, Do: function.Do(h.save), Doc: "Saves minutes."},
		function.Route{Method: "POST", Path: one + "/draft", Words: problem.Text{KO: "회의록을 고침(자동 저장)", EN: "Edited minutes (autosaved)"}, Access: write, Do: function.Do(h.draft), Doc: "Saves what changes nothing that readers see, for the script that does so every 20 s."},
		function.Route{Method: "POST", Path: one + "/publish", Words: problem.Text{KO: "회의록을 공개함", EN: "Published minutes"}, Access: write, Do: function.Do(h.publish), Doc: "Saves minutes and publishes a step."},
		function.Route{Method: "POST", Path: one + "/paste", Access: write, ReadOnly: true, Do: function.Do(h.paste), Doc: "Shows the form with the items of a text that was pasted, or with one moved, not saved."},
		function.Route{Method: "GET", Path: one + "/revisions", Words: problem.Text{KO: "회의록을 고친 사람을 봄", EN: "Saw who edited minutes"}, Access: write, Personal: true, Do: function.Do(h.revisions), Doc: "What minutes said before, side by side with what they say."},
		function.Route{Method: "GET", Path: one + "/withheld", Words: problem.Text{KO: "회의록의 비공개 부분을 봄", EN: "Read what minutes withhold"}, Access: unseal, Personal: true, Do: function.Do(h.unseal), Doc: "What readers do not see of minutes."},
	)
}

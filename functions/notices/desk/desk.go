// Package desk is where the council writes notices.
package desk

import (
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/notice"
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
	notices notice.Writer
	members member.Store
	cursors *cursor.Codec
	limits  upload.Limits
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "공지", EN: "Notices"}, Path: notice.DeskPath, Order: 10, Action: auth.Write, Group: function.News}}
}

// Routes are the console's pages of notices.
func Routes(d function.Deps, notices notice.Writer) []function.Route {
	h := handlers{
		desk: desk.New(d), notices: notices, members: member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace},
		cursors: cursor.New(d.Key.Derive("cursor")), limits: upload.Limits(d.Settings.Uploads),
	}
	write, pictures := function.May(auth.Write), []string{"uploads"} // who writes drops some
	const review = notice.DeskPath + "/{id}/review"
	reads := problem.Text{KO: "공지의 검토를 봄", EN: "Read the review of a notice"}
	return h.desk.Pages(
		function.Route{Method: "GET", Path: notice.DeskPath, Access: write, Do: function.Do(h.list), Doc: "Notices of every state, searched and filtered."},
		function.Route{Method: "GET", Path: notice.DeskPath + "/new", Access: write, Wakes: pictures, Do: function.Do(h.compose), Doc: "An empty editor."},
		function.Route{Method: "GET", Path: notice.TemplatesPath, Access: function.May(auth.Arrange), Do: function.Do(h.templates), Doc: "The texts that notices can begin with, in a form."},
		function.Route{Method: "GET", Path: notice.DeskPath + "/import", Access: function.May(auth.Import), Do: function.Do(h.importing), Doc: "Brings notices along from files."},
		function.Route{Method: "GET", Path: notice.DeskPath + "/{id}", Words: reads, Access: write, Personal: true, Wakes: pictures, Do: function.Do(h.edit), Doc: "A notice in the editor, with what colleagues said of it."},
		function.Route{Method: "GET", Path: review, Words: reads, Access: write, Personal: true, Do: function.Do(h.review), Doc: "A notice as readers will see it, and what colleagues say of it."},
		function.Route{Method: "POST", Path: review, Words: problem.Text{KO: "공지의 검토를 요청함", EN: "Asked for a review of a notice"}, Access: write, Do: function.Do(h.ask), Doc: "Asks a colleague, or all, for a review."},
		function.Route{Method: "POST", Path: review + "/withdraw", Words: problem.Text{KO: "공지의 검토 요청을 취소함", EN: "Withdrew a request for review"}, Access: write, Do: function.Do(h.withdraw), Doc: "Withdraws the request."},
		function.Route{Method: "POST", Path: review + "/comments", Words: problem.Text{KO: "공지의 검토에 의견을 씀", EN: "Commented on a notice in review"}, Access: write, Do: function.Do(h.comment), Doc: "Says something about a version."},
		function.Route{Method: "POST", Path: review + "/decision", Words: problem.Text{KO: "공지의 검토를 결정함", EN: "Decided on the review of a notice"}, Access: write, Do: function.Do(h.decide), Doc: "Approves a version, or asks for changes of it."},
		function.Route{Method: "POST", Path: notice.DeskPath + "/{id}/differences", Access: write, ReadOnly: true, Do: function.Do(h.differences), Doc: "How a text that is not saved differs from the stored notice, as a part of a page."},
		function.Route{Method: "GET", Path: notice.DeskPath + "/{id}/revisions", Words: problem.Text{KO: "공지를 고친 사람을 봄", EN: "Saw who edited a notice"}, Access: write, Personal: true, Do: function.Do(h.revisions), Doc: "What a notice said before, side by side with what it says."},
	)
}

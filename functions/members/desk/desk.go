// Package desk is where admins find members and give roles.
package desk

import (
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk    desk.Desk
	members member.Store
	cursors *cursor.Codec
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "회원", EN: "Members"}, Path: member.DeskPath, Order: 50, Action: auth.Appoint, Group: function.Manage}}
}

// Routes are the console's pages of members.
func Routes(d function.Deps) []function.Route {
	h := handlers{
		desk: desk.New(d), members: member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace}, cursors: cursor.New(d.Key.Derive("cursor")),
	}
	appoint := function.May(auth.Appoint)
	return h.desk.Pages(
		function.Route{Method: "GET", Path: member.DeskPath, Words: problem.Text{KO: "회원을 찾음", EN: "Looked for members"}, Access: appoint, Personal: true, Do: function.Do(h.find), Doc: "Finds members by address or by a part of the name."},
		function.Route{Method: "GET", Path: rosterPath, Access: function.May(auth.Verify), Do: function.Do(h.roster), Doc: "Where the roster is replaced: what would change is shown before."},
		function.Route{Method: "GET", Path: rolesPath, Words: problem.Text{KO: "역할을 맡은 사람을 봄", EN: "Read who holds which role"}, Access: appoint, Personal: true, Do: function.Do(h.roles), Doc: "Who holds which role until when."},
		function.Route{Method: "GET", Path: member.DeskPath + "/{id}", Words: problem.Text{KO: "회원 정보를 봄", EN: "Viewed a member's data"}, Access: appoint, Personal: true, Do: function.Do(h.member), Doc: "A member with their roles."},
	)
}

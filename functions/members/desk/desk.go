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
	return []function.Entry{{Label: problem.Text{KO: "회원", EN: "Members"}, Path: member.DeskPath, Order: 50, Role: auth.Admin}}
}

// Routes are the console's pages of members.
func Routes(d function.Deps) []function.Route {
	h := handlers{
		desk: desk.New(d), members: member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace}, cursors: cursor.New(d.Key.Derive("cursor")),
	}
	admin := function.Holder(auth.Admin)
	return h.desk.Pages(
		function.Route{Method: "GET", Path: member.DeskPath, Words: problem.Text{KO: "회원을 찾음", EN: "Looked for members"}, Access: admin, Personal: true, Do: function.Do(h.find), Doc: "Finds members by address or by how the name begins."},
		function.Route{Method: "GET", Path: member.DeskPath + "/{id}", Words: problem.Text{KO: "회원 정보를 봄", EN: "Read a member"}, Access: admin, Personal: true, Do: function.Do(h.member), Doc: "A member with their roles."},
	)
}

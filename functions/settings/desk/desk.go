// Package desk is where the council sets how its site looks.
package desk

import (
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk  desk.Desk
	faces face.Store
	named function.Privacy // whom the environment names
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "설정", EN: "Settings"}, Path: face.DeskPath, Order: 80, Action: auth.Operate, Group: function.Manage}}
}

// Routes are the console's pages of settings.
func Routes(d function.Deps) []function.Route {
	h := handlers{desk: desk.New(d), faces: face.Store{DB: d.DB, Name: d.Settings.CouncilName}, named: d.Settings.Privacy}
	return h.desk.Pages(
		function.Route{Method: "GET", Path: face.DeskPath, Access: function.May(auth.Operate), Do: function.Do(h.face), Doc: "Name, mark, colour, pattern, slogan, foot and privacy officer of the site, with what they would look like."},
	)
}

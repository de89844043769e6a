// Package desk is where admins see how everything runs and what it costs.
package desk

import (
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/bill"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk      desk.Desk
	running   bill.Store
	catalogue function.Catalogue
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "운영", EN: "Operations"}, Path: bill.DeskPath, Order: 70, Action: auth.Operate, Group: function.Manage}}
}

// Routes are the console's pages of operations.
func Routes(d function.Deps) []function.Route {
	h := handlers{desk: desk.New(d), running: bill.Store{DB: d.DB}, catalogue: d.Catalogue}
	return h.desk.Pages(
		function.Route{Method: "GET", Path: bill.DeskPath, Access: function.May(auth.Operate), Do: function.Do(h.operations), Doc: "How everything is, what needs somebody, and what each function costs a month."},
	)
}

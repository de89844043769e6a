// Package operations says how the product runs and what it costs.
package operations

import (
	"slices"

	"github.com/madang-council/madang/functions/operations/desk"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/bill"
)

// Function shows admins what the watch has seen. It asks nobody but the database.
var Function = function.Spec{
	Name:  "operations",
	Doc:   "For admins: how everything is, what is paid a month, and what each function takes of it.",
	Needs: []function.Need{function.Database},
	Desk:  desk.Entries(),
	New: func(d function.Deps) function.Parts {
		h := handlers{store: bill.Store{DB: d.DB}}
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/admin/cost", Access: function.May(auth.Operate), Do: function.Do(h.cost), Doc: "What is paid in a month whether anybody visits or not, and what of it functions took."},
			{Method: "GET", Path: "/v1/admin/health", Access: function.May(auth.Operate), Do: function.Do(h.health), Doc: "How everything is, and what needs somebody."},
		}, desk.Routes(d))}
	},
}

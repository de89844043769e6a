// Package desk is where admins see events that no consumer took.
package desk

import (
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/deadletter"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk      desk.Desk
	letters   deadletter.Store
	cursors   *cursor.Codec
	catalogue function.Catalogue
}

// Routes are the console's pages of dead letters: the page of operations leads there.
func Routes(d function.Deps) []function.Route {
	h := handlers{desk: desk.New(d), letters: deadletter.Store{DB: d.DB}, cursors: cursor.New(d.Key.Derive("cursor")), catalogue: d.Catalogue}
	return h.desk.Pages(
		function.Route{Method: "GET", Path: deadletter.DeskPath, Access: function.May(auth.Operate), Do: function.Do(h.list), Doc: "Events that a consumer never took, to be delivered again."},
	)
}

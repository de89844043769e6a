// Package desk is where the council sees and changes its own numbers and switches.
package desk

import (
	"slices"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk     desk.Desk
	policies policy.Store
	members  member.Store
	cursors  *cursor.Codec
	domains  func() []policy.Domain
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "운영 기준", EN: "Policies"}, Path: policy.DeskPath, Order: 82, Action: auth.Operate, Group: function.Manage}}
}

// Routes are the console's pages of policies, of all domains.
func Routes(d function.Deps, domains func(function.Catalogue) []policy.Domain) []function.Route {
	h := handlers{
		desk: desk.New(d), policies: policy.Store{DB: d.DB}, members: member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace},
		cursors: cursor.New(d.Key.Derive("cursor")), domains: func() []policy.Domain { return domains(d.Catalogue) },
	}
	operate := function.May(auth.Operate)
	return h.desk.Pages(
		function.Route{Method: "GET", Path: policy.DeskPath, Access: operate, Do: function.Do(h.list), Doc: "The domains of which the council decides something."},
		function.Route{Method: "GET", Path: policy.DeskPath + "/{domain}", Words: problem.Text{KO: "운영 기준을 바꾼 사람을 봄", EN: "Saw who changed policies"}, Access: operate, Personal: true, Do: function.Do(h.domain), Doc: "What is in force of a domain, who set it and when, what begins later, and what was before; with ?change= where one of it is changed, now or from a time on."},
	)
}

// find is one of the domains; false where there is none of the name.
func (h handlers) find(name string) (policy.Domain, bool) {
	list := h.domains()
	i := slices.IndexFunc(list, func(d policy.Domain) bool { return d.Name == name })
	if i < 0 {
		return policy.Domain{}, false
	}
	return list[i], true
}

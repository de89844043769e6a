// Package policies is where the council changes its own numbers and switches, without an operator.
package policies

import (
	"slices"

	"github.com/madang-council/madang/functions/policies/desk"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/policies"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
)

// handlers are the operations and what they need.
type handlers struct {
	policies  policy.Store
	members   member.Store
	cursors   *cursor.Codec
	catalogue function.Catalogue
}

// Function shows and sets what the council decides by itself.
var Function = function.Spec{
	Name:    "policies",
	Core:    true,
	Doc:     "What the council decides without an operator: numbers of each domain from a time on, and switches of the whole site.",
	Needs:   []function.Need{function.Database},
	Desk:    desk.Entries(),
	Details: details(),
	New: func(d function.Deps) function.Parts {
		h := handlers{
			policies: policy.Store{DB: d.DB}, members: member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace},
			cursors: cursor.New(d.Key.Derive("cursor")), catalogue: d.Catalogue,
		}
		operate := function.May(auth.Operate)
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/admin/policies", Access: operate, Do: function.Do(h.list), Doc: "The domains of which the council decides something."},
			{Method: "GET", Path: "/v1/admin/policies/{domain}", Access: operate, Do: function.Do(h.read), Doc: "What is in force of a domain, its defaults and bounds, and what begins later."},
			{Method: "PUT", Path: "/v1/admin/policies/{domain}", Always: true, Words: problem.Text{KO: "운영 기준을 바꿈", EN: "Changed a policy"}, Access: operate, Do: function.Do(h.set), Doc: "Sets what is named from a time on; the rest stays. What has begun already keeps the numbers that it began with.",
				Refuses: function.Refusals{problem.Conflict: {"too-many-changes"}}},
			{Method: "DELETE", Path: "/v1/admin/policies/{domain}/{name}", Always: true, Words: problem.Text{KO: "예약한 운영 기준을 취소함", EN: "Took a scheduled policy back"}, Access: operate, Do: function.Do(h.cancel), Doc: "Takes a change back that has not begun."},
			{Method: "GET", Path: "/v1/admin/policies/{domain}/history", Words: problem.Text{KO: "운영 기준을 바꾼 사람을 봄(API)", EN: "Saw who changed policies (API)"}, Access: operate, Personal: true, Do: function.Do(h.history), Doc: "What was set of a domain, by whom and from when on; what begins last first."},
		}, desk.Routes(d, policies.All))}
	},
}

// details are what the log calls what is set: each policy, and from when on.
func details() []function.Named {
	named := []function.Named{}
	for _, d := range policies.All(function.Catalogue{}) {
		for _, i := range d.Items {
			named = append(named, function.Named{Name: i.Name, Label: i.Label})
		}
	}
	return append(named, function.Named{Name: "from", Label: problem.Text{KO: "적용 시작", EN: "From"}})
}

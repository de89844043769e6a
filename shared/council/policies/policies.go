// Package policies is the one list of what the council decides by itself.
package policies

import (
	"slices"

	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/function"
)

// All are all that the council decides by itself, in the order of the menu: no domain links another. They are made anew for each request, since each holds
// the values that it reads.
func All(c function.Catalogue) []policy.Domain {
	site := policy.Site{Functions: []policy.Option{}}
	for _, f := range c.Functions {
		site.Functions = append(site.Functions, policy.Option{Name: f.Name, Label: f.Label})
	}
	return []policy.Domain{
		site.Policies(),
		policy.Of[notice.Policy](),
		policy.Of[minute.Policy](),
		policy.Of[archive.Policy](),
		policy.Of[calendar.Policy](),
		policy.Of[delivery.Policy](),
	}
}

// Of is one of them.
func Of(c function.Catalogue, name string) (policy.Domain, bool) {
	list := All(c)
	i := slices.IndexFunc(list, func(d policy.Domain) bool { return d.Name == name })
	if i < 0 {
		return policy.Domain{}, false
	}
	return list[i], true
}

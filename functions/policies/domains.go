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
	"github.com/madang-council/madang/shared/problem"
)

// Domains are all that the council decides by itself, in the order of the menu. This is the one
// list of them: no domain links another. They are made anew for each request, since each holds
// the values that it reads.
func Domains(c function.Catalogue) []policy.Domain {
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

// details are what the log calls what is set: each policy, and from when on.
func details() []function.Named {
	named := []function.Named{}
	for _, d := range Domains(function.Catalogue{}) {
		for _, i := range d.Items {
			named = append(named, function.Named{Name: i.Name, Label: i.Label})
		}
	}
	return append(named, function.Named{Name: "from", Label: problem.Text{KO: "적용 시작", EN: "From"}})
}

// domain is one of them.
func domain(c function.Catalogue, name string) (policy.Domain, bool) {
	list := Domains(c)
	i := slices.IndexFunc(list, func(d policy.Domain) bool { return d.Name == name })
	if i < 0 {
		return policy.Domain{}, false
	}
	return list[i], true
}

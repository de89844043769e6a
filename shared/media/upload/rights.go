package upload

import (
	"context"
	"slices"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/thing"
)

// Readable are those of uploads that the caller sees by their addresses, as ids: their owner, and
// who reads what their purpose is for. A proof is seen by who decides on it. One that follows what
// uses it (Purpose.Follows) is seen by who reads one of these things now, whoever owns it.
func (s Store) Readable(ctx context.Context, list ...Upload) (map[string]bool, error) {
	may, following := map[string]bool{}, []string{}
	for _, u := range list {
		may[u.ID] = u.shown(auth.From(ctx))
		if p, _ := PurposeOf(u.Purpose); p.Follows {
			following = append(following, u.ID)
		}
	}
	uses, err := s.UsesOf(ctx, following...)
	if err != nil {
		return nil, err
	}
	things, err := thing.Store{DB: s.DB}.Readable(ctx, refsOf(uses)...)
	if err != nil {
		return nil, err
	}
	for id, list := range uses {
		may[id] = slices.ContainsFunc(list, func(u Use) bool { _, readable := things[u.Thing()]; return readable })
	}
	return may, nil
}

// shown says whether who sees an upload whatever uses it.
func (u Upload) shown(who auth.Principal) bool {
	p, known := PurposeOf(u.Purpose)
	return u.owned(who) || known && p.shows(who)
}

// MayRemove says whether who deletes an upload that nothing uses.
func (u Upload) MayRemove(who auth.Principal) bool {
	p, known := PurposeOf(u.Purpose)
	return u.owned(who) || known && who.May(p.Removes, "")
}

// MayDescribe says whether who may say what a picture shows, that is used in some units. Its
// owner may, as long as the owner may upload the like; and who writes for each of the units,
// so that nobody changes another unit's page by using its picture too. What is private, its
// owner alone describes. For one that nothing
// uses, or that a unit uses which is not known, that is who writes for the whole council.
func (u Upload) MayDescribe(who auth.Principal, units []string) bool {
	if p, known := PurposeOf(u.Purpose); u.owned(who) && known && p.Allows(who) {
		return true
	}
	if len(units) == 0 {
		units = []string{""}
	}
	return !u.Private() && u.shown(who) && !slices.ContainsFunc(units, func(unit string) bool { return !who.May(auth.Write, unit) })
}

// Reads says whether who, shown the upload, is shown what somebody else has handed in as their own, a proof above all: its
// name alone says who it is of. What the council uploads is the council's.
func (u Upload) Reads(who auth.Principal) bool {
	p, known := PurposeOf(u.Purpose)
	return !(known && p.Council) && !u.owned(who)
}

func (u Upload) owned(who auth.Principal) bool { return who.SignedIn() && u.MemberID == who.MemberID }

// UnitsOf are the units whose things use uploads, by the uploads' ids; "" is the unit of a
// thing that is not in the index, as of one that was deleted.
func (s Store) UnitsOf(ctx context.Context, ids ...string) (map[string][]string, error) {
	uses, err := s.UsesOf(ctx, ids...)
	if err != nil {
		return nil, err
	}
	known, err := thing.Store{DB: s.DB}.Units(ctx, refsOf(uses)...)
	if err != nil {
		return nil, err
	}
	units := map[string][]string{}
	for id, list := range uses {
		for _, u := range list {
			units[id] = append(units[id], known[u.Thing()])
		}
	}
	return units, nil
}

func refsOf(uses map[string][]Use) []thing.Ref {
	refs := []thing.Ref{}
	for _, list := range uses {
		for _, u := range list {
			refs = append(refs, u.Thing())
		}
	}
	return refs
}

package auth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
)

var (
	june = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	july = june.AddDate(0, 1, 0)
)

func holder(grants ...auth.Grant) auth.Principal {
	return auth.Principal{MemberID: "m", Verified: true, Grants: grants}
}

// Every action has one rule, and each role for a unit ends at it.
func TestMay(t *testing.T) {
	seen := map[auth.Action]bool{}
	for _, rule := range auth.Rules() {
		if seen[rule.Action] || len(rule.Roles) == 0 {
			t.Errorf("%s has two rules, or nobody", rule.Action)
		}
		seen[rule.Action] = true
		if (auth.Principal{}).MaySomewhere(rule.Action) || holder().May(rule.Action, "총학") {
			t.Errorf("%s needs no role", rule.Action)
		}
		for _, role := range auth.Roles() {
			has := slices.Contains(rule.Roles, role)
			whole, unit := holder(auth.Grant{Role: role}), holder(auth.Grant{Role: role, Unit: "총학"})
			for _, c := range []struct {
				what string
				got  bool
				want bool
			}{
				{"whole in all", whole.May(rule.Action, ""), has},
				{"whole in a unit", whole.May(rule.Action, "총학"), has},
				{"whole somewhere", whole.MaySomewhere(rule.Action), has},
				{"unit in all", unit.May(rule.Action, ""), false},
				{"unit in its own", unit.May(rule.Action, "총학"), has && !rule.Whole},
				{"unit in another", unit.May(rule.Action, "동연"), false},
				{"unit somewhere", unit.MaySomewhere(rule.Action), has && !rule.Whole},
			} {
				if c.got != c.want {
					t.Errorf("%s, %s, %s: %v", rule.Action, role, c.what, c.got)
				}
			}
		}
	}
	if holder(auth.Grant{Role: auth.Admin}).MaySomewhere("rule") {
		t.Error("an action without a rule is allowed")
	}
}

func TestMayUntil(t *testing.T) {
	for what, c := range map[string]struct {
		grants []auth.Grant
		unit   string
		end    time.Time
		may    bool
	}{
		"nobody":             {nil, "총학", time.Time{}, false},
		"another unit":       {[]auth.Grant{{Role: auth.Admin, Unit: "동연", Until: june}}, "총학", time.Time{}, false},
		"a term":             {[]auth.Grant{{Role: auth.Admin, Unit: "총학", Until: june}}, "총학", june, true},
		"the longer term":    {[]auth.Grant{{Role: auth.Admin, Unit: "총학", Until: june}, {Role: auth.Admin, Until: july}}, "총학", july, true},
		"no end":             {[]auth.Grant{{Role: auth.Admin, Unit: "총학", Until: june}, {Role: auth.Admin}}, "총학", time.Time{}, true},
		"not by that role":   {[]auth.Grant{{Role: auth.Editor, Unit: "총학"}, {Role: auth.Admin, Unit: "총학", Until: june}}, "총학", june, true},
		"a unit for the all": {[]auth.Grant{{Role: auth.Admin, Unit: "총학"}}, "", time.Time{}, false},
	} {
		if end, may := holder(c.grants...).MayUntil(auth.Appoint, c.unit); may != c.may || !end.Equal(c.end) {
			t.Errorf("%s: %v %v", what, end, may)
		}
	}
}

func TestMayIn(t *testing.T) {
	units, whole := holder(auth.Grant{Role: auth.Editor, Unit: "총학"}, auth.Grant{Role: auth.Admin, Unit: "동연"}, auth.Grant{Role: auth.Moderator, Unit: "감사"}).MayIn(auth.Write)
	if whole || !slices.Equal(units, []string{"총학", "동연"}) {
		t.Errorf("%v %v", units, whole)
	}
	if units, whole := holder(auth.Grant{Role: auth.Editor, Unit: "총학"}, auth.Grant{Role: auth.Admin}).MayIn(auth.Write); !whole || units != nil {
		t.Errorf("of all: %v %v", units, whole)
	}
}

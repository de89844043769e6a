package auth

import (
	"slices"
	"strings"
	"time"
)

// Action is something that a role allows.
type Action string

// All that roles allow. What everybody may do, a member or a student, is no action, nor what
// one may do with what is one's own.
const (
	Consult   Action = "consult"   // reads what only the council reads, and uploads files for it
	Write     Action = "write"     // reads, writes, edits and deletes what the unit publishes, and describes its pictures
	Arrange   Action = "arrange"   // writes and puts in order what all units share
	Enact     Action = "enact"     // makes a version of the rules final
	Restore   Action = "restore"   // sees and brings back what was deleted
	Import    Action = "import"    // brings along what was published elsewhere, with its date
	Waive     Action = "waive"     // publishes what is urgent without the approval that the council asks for
	Unseal    Action = "unseal"    // reads what minutes of the unit withhold from readers
	Moderate  Action = "moderate"  // reads what was hidden, and decides on it
	Appoint   Action = "appoint"   // finds a member by address, gives roles and takes them away
	Verify    Action = "verify"    // reads proofs of being a student, decides on them, keeps the roster
	Supervise Action = "supervise" // looks through all members, suspends, removes second factors, deletes others' files
	Audit     Action = "audit"     // reads the log
	Operate   Action = "operate"   // dead letters, health, cost, sweeping
)

// Rule says who may do something.
type Rule struct {
	Action Action
	Roles  []Role
	// Whole actions concern the whole council: a role for one unit does not do.
	Whole bool
}

// String is who, for documents.
func (r Rule) String() string {
	names := []string{}
	for _, role := range r.Roles {
		names = append(names, string(role))
	}
	who := strings.Join(names, " or ")
	if r.Whole {
		return who + " of the whole council"
	}
	return who + " of a unit"
}

// Rules are those of all actions: what is not here, no role allows.
func Rules() []Rule {
	return []Rule{
		{Action: Consult, Roles: []Role{Editor, Moderator, Admin}},
		{Action: Write, Roles: []Role{Editor, Admin}},
		{Action: Arrange, Roles: []Role{Editor, Admin}, Whole: true},
		{Action: Enact, Roles: []Role{Admin}},
		{Action: Restore, Roles: []Role{Admin}},
		{Action: Import, Roles: []Role{Admin}, Whole: true},
		{Action: Waive, Roles: []Role{Admin}, Whole: true},
		{Action: Unseal, Roles: []Role{Admin}},
		{Action: Moderate, Roles: []Role{Moderator, Admin}},
		{Action: Appoint, Roles: []Role{Admin}},
		{Action: Verify, Roles: []Role{Admin}, Whole: true},
		{Action: Supervise, Roles: []Role{Admin}, Whole: true},
		{Action: Audit, Roles: []Role{Admin}, Whole: true},
		{Action: Operate, Roles: []Role{Admin}, Whole: true},
	}
}

// RuleOf is the rule of an action; one that there is not, nobody may.
func RuleOf(a Action) Rule {
	i := slices.IndexFunc(Rules(), func(r Rule) bool { return r.Action == a })
	if i < 0 {
		return Rule{Action: a, Whole: true}
	}
	return Rules()[i]
}

// May is the question that everything asks: whether p may do something in a unit, "" for the
// whole council. A role for the whole council is one for each unit.
func (p Principal) May(a Action, unit string) bool {
	_, may := p.MayUntil(a, unit)
	return may
}

// MayUntil is May with the end of the term in which p may; zero for no end.
func (p Principal) MayUntil(a Action, unit string) (end time.Time, may bool) {
	for _, g := range p.allowing(a) {
		if g.Unit != "" && g.Unit != unit {
			continue
		}
		if g.Until.IsZero() {
			return time.Time{}, true
		}
		may = true
		if g.Until.After(end) {
			end = g.Until
		}
	}
	return end, may
}

// MayIn are the units in which p may do something; whole says that it is every unit.
func (p Principal) MayIn(a Action) (units []string, whole bool) {
	for _, g := range p.allowing(a) {
		if g.Unit == "" {
			return nil, true
		}
		units = append(units, g.Unit)
	}
	return units, false
}

// MaySomewhere says whether there is a unit in which p may do something, or for a Whole
// action whether p may. It lets in and offers; what is done there is asked by unit.
func (p Principal) MaySomewhere(a Action) bool { return len(p.allowing(a)) > 0 }

// allowing are the grants that allow an action, in their unit or in all.
func (p Principal) allowing(a Action) []Grant {
	rule, list := RuleOf(a), []Grant{}
	for _, g := range p.Grants {
		if slices.Contains(rule.Roles, g.Role) && (g.Unit == "" || !rule.Whole) {
			list = append(list, g)
		}
	}
	return list
}

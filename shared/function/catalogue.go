package function

import (
	"cmp"
	"slices"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

// Entry is an entry of a menu: the site's, or the console's.
type Entry struct {
	Function string // whose it is (Catalogued)
	Label    problem.Text
	Path     string // Korean
	Order    int    // smaller first; functions leave room between theirs
	// Group is where the menu has the entry; without one, the site's leaves it out and the console's has it above its groups.
	Group Group
	Hint  problem.Text // half a line about what one can do there, under the entry; or empty
	// Search says that the page there takes ?q= and finds by it: the first entry that says so is
	// where the search field of every page leads.
	Search bool
	// Feed is the kind of things that the page lists and that a feed tells of; "" for none.
	Feed string
	// Action is what one must be allowed, somewhere, to be offered the entry; "" offers it to
	// everybody. It is no more than an offer: the route says who may.
	Action auth.Action
	// Members says that the page is of who is signed in: others are not offered it. It is in no
	// Group, since the site's menu is the same for everybody.
	Members bool
}

// Group is a part of a menu.
type Group string

// The groups, in the order in which they stand.
const (
	News     Group = "news"      // 소식
	TakePart Group = "take-part" // 참여
	Use      Group = "use"       // 이용
	Council  Group = "council"   // 학생회
	Manage   Group = "manage"    // 관리, of the console alone
)

// Groups are the parts of the site's menu in their order.
func Groups() []Group { return []Group{News, TakePart, Use, Council} }

// DeskGroups are the parts of the console's menu in their order.
func DeskGroups() []Group { return append(Groups(), Manage) }

// Label is what the menu calls a group.
func (g Group) Label() problem.Text {
	switch g {
	case News:
		return problem.Text{KO: "소식", EN: "News"}
	case TakePart:
		return problem.Text{KO: "참여", EN: "Take part"}
	case Use:
		return problem.Text{KO: "이용", EN: "Services"}
	case Manage:
		return problem.Text{KO: "관리", EN: "Manage"}
	default:
		return problem.Text{KO: "학생회", EN: "Council"}
	}
}

// Offered says whether p is shown the entry.
func (e Entry) Offered(p auth.Principal) bool {
	return (!e.Members || p.SignedIn()) && (e.Action == "" || p.MaySomewhere(e.Action))
}

// Act is something that the log records, as people say it.
type Act struct {
	Action string // as Route.Action, "sign in", or what a function does by itself (Spec.Acts)
	Words  problem.Text
	// Personal says that somebody else's personal data was read (Route.Personal).
	Personal bool
}

// Catalogue is what functions know of each other: menus and the words of the log. A
// deployed function is given a generated one, so that it links none of the others.
type Catalogue struct {
	Menu []Entry // of the site
	Desk []Entry // of the console
	Acts []Act   // by function
	// Details are what records say beside their sentence, by function; of a name that several have the first.
	Details []Named
	// Functions are those that the council can switch off.
	Functions []Named
	// Names are what people call all of them (Called).
	Names []Named
	// Keeps are what is kept of people, for the privacy policy.
	Keeps []person.Notice
	// Kinds are those of things, for the log, which says what they are called.
	Kinds []string
}

// Named is a function and what people call it.
type Named struct {
	Name  string
	Label problem.Text
}

// switchable is what the council knows a function by that it can switch off: its entry in a menu.
// Nobody knows one without, and of one without routes there is nothing to switch.
func switchable(s Spec, routes []Route) (Named, bool) {
	entries := slices.Concat(s.Menu, s.Desk)
	if s.Core || len(entries) == 0 {
		return Named{}, false
	}
	return called(s), slices.ContainsFunc(routes, func(r Route) bool { return !r.Internal && !r.Always })
}

// called is what people call a function.
func called(s Spec) Named {
	label := s.Label
	if entries := slices.Concat(s.Menu, s.Desk); label == (problem.Text{}) && len(entries) > 0 {
		label = entries[0].Label
	}
	return Named{Name: s.Name, Label: label}
}

// Called is what people call a function, or its name where nobody has another.
func (c Catalogue) Called(name string) problem.Text {
	i := slices.IndexFunc(c.Names, func(n Named) bool { return n.Name == name && n.Label != (problem.Text{}) })
	if i < 0 {
		return problem.Text{KO: name, EN: name}
	}
	return c.Names[i].Label
}

// own are a function's entries, said to be its own.
func own(name string, entries []Entry) []Entry {
	entries = slices.Clone(entries)
	for i := range entries {
		entries[i].Function = name
	}
	return entries
}

// Catalogued is the catalogue of some functions.
func Catalogued(specs ...Spec) Catalogue {
	c := Catalogue{Acts: []Act{{Action: SignIn, Words: problem.Text{KO: "로그인함", EN: "Signed in"}}}}
	for _, s := range specs {
		c.Menu, c.Desk = append(c.Menu, own(s.Name, s.Menu)...), append(c.Desk, own(s.Name, s.Desk)...)
		c.Names = append(c.Names, called(s))
		routes := s.New(Deps{}).Routes
		if n, can := switchable(s, routes); can {
			c.Functions = append(c.Functions, n)
		}
		for _, r := range routes {
			if r.Words != (problem.Text{}) {
				c.Acts = append(c.Acts, Act{Action: r.Action(), Words: r.Words, Personal: r.Personal})
			}
		}
		c.Acts = append(c.Acts, s.Acts...)
		for _, d := range s.Details {
			if !slices.ContainsFunc(c.Details, func(there Named) bool { return there.Name == d.Name }) {
				c.Details = append(c.Details, d)
			}
		}
	}
	byOrder := func(a, b Entry) int { return cmp.Compare(a.Order, b.Order) }
	slices.SortStableFunc(c.Menu, byOrder)
	slices.SortStableFunc(c.Desk, byOrder)
	return c
}

// SignIn is the action of signing in, which shared/identity/credential records.
const SignIn = "sign in"

// Words are those of an action, or what is recorded where nobody has words for it any more.
func (c Catalogue) Words(action string) problem.Text {
	i := slices.IndexFunc(c.Acts, func(a Act) bool { return a.Action == action })
	if i < 0 {
		return problem.Text{KO: action, EN: action}
	}
	return c.Acts[i].Words
}

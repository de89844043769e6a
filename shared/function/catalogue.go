package function

import (
	"cmp"
	"slices"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/problem"
)

// Entry is an entry of a menu: the site's, or the console's.
type Entry struct {
	Label problem.Text
	Path  string // Korean
	Order int    // smaller first; functions leave room between theirs
	// Role is what one must hold to be offered the entry, for any unit, or with Whole for
	// the whole council; "" offers it to everybody. It is no more than an offer: the route
	// says who may.
	Role  auth.Role
	Whole bool
}

// Offered says whether p is shown the entry.
func (e Entry) Offered(p auth.Principal) bool {
	switch {
	case e.Role == "":
		return true
	case e.Whole:
		return p.May(e.Role, "")
	default:
		return p.Has(e.Role)
	}
}

// Act is something that the log records, as people say it.
type Act struct {
	Action string // as Route.Action, or "sign in"
	Words  problem.Text
}

// Catalogue is what functions know of each other: menus and the words of the log. A
// deployed function is given a generated one, so that it links none of the others.
type Catalogue struct {
	Menu []Entry // of the site
	Desk []Entry // of the console
	Acts []Act   // by function
}

// Catalogued is the catalogue of some functions.
func Catalogued(specs ...Spec) Catalogue {
	c := Catalogue{Acts: []Act{{Action: SignIn, Words: problem.Text{KO: "로그인함", EN: "Signed in"}}}}
	for _, s := range specs {
		c.Menu, c.Desk = append(c.Menu, s.Menu...), append(c.Desk, s.Desk...)
		for _, r := range s.New(Deps{}).Routes {
			if r.Words != (problem.Text{}) {
				c.Acts = append(c.Acts, Act{Action: r.Action(), Words: r.Words})
			}
		}
	}
	byOrder := func(a, b Entry) int { return cmp.Compare(a.Order, b.Order) }
	slices.SortStableFunc(c.Menu, byOrder)
	slices.SortStableFunc(c.Desk, byOrder)
	return c
}

// SignIn is the action of signing in, which shared/identity/session records.
const SignIn = "sign in"

// Words are those of an action, or what is recorded where nobody has words for it any more.
func (c Catalogue) Words(action string) problem.Text {
	i := slices.IndexFunc(c.Acts, func(a Act) bool { return a.Action == action })
	if i < 0 {
		return problem.Text{KO: action, EN: action}
	}
	return c.Acts[i].Words
}

package functions_test

import (
	"net/http"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// The log says in words what the council did: every route that leaves a record has them,
// and no other, since nobody would ever read those.
func TestRoutesHaveWords(t *testing.T) {
	member := auth.Principal{MemberID: "m", Verified: true}
	for _, spec := range functions.All() {
		for _, r := range spec.New(function.Deps{}).Routes {
			anyMember := r.Access.Allows(member)
			recorded := r.Personal || r.Method != http.MethodGet && !r.ReadOnly && !r.Internal
			switch none := r.Words == (problem.Text{}); {
			case none && recorded && (r.Personal || !anyMember):
				t.Errorf("%s leaves a record in the log: give its route in functions/%s Words", r.Action(), spec.Name)
			case !none && (r.Words.KO == "" || r.Words.EN == ""):
				t.Errorf("%s needs its words in both languages: Words of its route in functions/%s", r.Action(), spec.Name)
			case !none && !recorded:
				t.Errorf("%s leaves no record: take the Words off its route in functions/%s", r.Action(), spec.Name)
			}
		}
	}
}

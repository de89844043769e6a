package functions_test

import (
	"net/http"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/console"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
)

// The console's log says in words what the council did: everything that the log can hold,
// and nothing that there is not.
func TestActionsHaveWords(t *testing.T) {
	words := map[string]bool{}
	for _, a := range console.Actions() {
		words[a.Action] = false
	}
	member := auth.Principal{MemberID: "m", Verified: true}
	for _, spec := range functions.All() {
		for _, r := range spec.New(function.Deps{}).Routes {
			action := r.Method + " " + r.Path
			if r.HTML && function.LanguageOf(r.Path) == "en" {
				continue
			}
			if _, known := words[action]; known {
				words[action] = true
				continue
			}
			if council := !r.Access.Allows(member); r.Personal || council && r.Method != http.MethodGet && !r.ReadOnly && !r.Internal {
				t.Errorf("%s has no words in console.Actions", action)
			}
		}
	}
	for action, found := range words {
		if !found && action != "sign in" {
			t.Errorf("%s is no route any more", action)
		}
	}
}

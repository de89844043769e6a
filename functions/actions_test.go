package functions_test

import (
	"net/http"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// The log says in words what the council did: every route that leaves a record has them,
// and no other, since nobody would ever read those.
func TestRoutesHaveWords(t *testing.T) {
	for _, spec := range functions.All() {
		for _, r := range spec.New(function.Deps{}).Routes {
			recorded := r.Personal || r.Method != http.MethodGet && !r.ReadOnly && !r.Internal && !r.Private
			switch none := r.Words == (problem.Text{}); {
			case none && recorded:
				t.Errorf("%s leaves a record in the log: give its route in functions/%s Words", r.Action(), spec.Name)
			case !none && (r.Words.KO == "" || r.Words.EN == ""):
				t.Errorf("%s needs its words in both languages: Words of its route in functions/%s", r.Action(), spec.Name)
			case !none && text.Past(r.Words.KO) == r.Words.KO:
				t.Errorf("%s: the log makes a sentence of %q: give its route in functions/%s Words that end in a noun made of a verb, as 공지를 고침", r.Action(), r.Words.KO, spec.Name)
			case !none && !recorded:
				t.Errorf("%s leaves no record: take the Words off its route in functions/%s", r.Action(), spec.Name)
			}
		}
	}
}

// privateActs are what members of the council do as persons (function.Route.Private), each
// with what makes a repeat harmless.
var privateActs = map[string]string{
	"POST /v1/notifications/read":           "what is read stays read",
	"PUT /v1/notifications/settings":        "the last settings count",
	"DELETE /v1/notifications/pause":        "mail goes to an address or not",
	"PUT /v1/follows/{kind}/{id}":           "one follows a thing once: the row is unique",
	"DELETE /v1/follows/{kind}/{id}":        "nobody follows it any more",
	"POST /my/notifications":                "the last settings count",
	"POST /my/notifications/read":           "what is read stays read",
	"POST /my/notifications/mail":           "mail goes to an address or not",
	"POST /my/follows/{kind}/{id}":          "one follows a thing once: the row is unique",
	"POST /v1/notifications/devices":        "a browser is one device: the row is unique",
	"DELETE /v1/notifications/devices/{id}": "it is off already",
	"POST /my/notifications/devices":        "a browser is one device: the row is unique",
	"POST /my/notifications/devices/{id}":   "it is off already",
	"POST /unsubscribe/{token}":             "what ended stays ended",
}

// Nothing that the council does for itself is private, and no private act is recorded.
func TestPrivateActs(t *testing.T) {
	found := map[string]bool{}
	for _, spec := range functions.All() {
		for _, r := range spec.New(function.Deps{}).Routes {
			if !r.Private {
				continue
			}
			found[r.Action()] = true
			if privateActs[r.Action()] == "" {
				t.Errorf("%s of functions/%s is private: add it to privateActs in functions/actions_test.go with what makes a repeat harmless, or take Private from its route", r.Action(), spec.Name)
			}
			if r.Method == http.MethodGet || r.ReadOnly || r.Personal || !r.Access.Allows(auth.Principal{MemberID: "m", Verified: true}) {
				t.Errorf("%s of functions/%s is no act of a person: take Private from its route", r.Action(), spec.Name)
			}
		}
	}
	for action := range privateActs {
		if !found[action] {
			t.Errorf("%s is not private: take it from privateActs in functions/actions_test.go", action)
		}
	}
}

package host

import (
	"net/http"
	"slices"
	"strings"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// Idempotent says whether a route heeds Idempotency-Key.
func Idempotent(route function.Route) bool {
	return route.Method == http.MethodPost && !route.Alone && !route.ReadOnly && !route.Private
}

// Refusals are the problems that a route of the API can answer: those of its handler
// (Route.Refuses) and those that follow from its shape, since the host gives them or every
// handler of that shape does. What the edge answers by itself is not among them.
func Refusals(route function.Route) function.Refusals {
	all := function.Refusals{}
	add := func(k problem.Kind, codes ...string) { all[k] = append(all[k], codes...) }
	add(problem.Unauthenticated, "session-ended") // what came with the request is no longer good, even where nothing is needed
	add(problem.TooMany, "too-many-requests")
	add(problem.Internal, "internal")
	add(problem.Unavailable, "temporarily-unavailable")
	member := auth.Principal{MemberID: "m"}
	admin := auth.Principal{MemberID: "m", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}}
	switch {
	case route.Access.Allows(auth.Principal{}):
	case route.Access.Allows(member):
		add(problem.Unauthenticated, "sign-in-required")
	default:
		add(problem.Unauthenticated, "sign-in-required")
		add(problem.Forbidden, "not-allowed")
		if route.Access.Allows(admin) && !route.Access.Allows(admin.Rest(auth.Admin)) {
			add(problem.Forbidden, "second-factor-required")
		}
	}
	if route.Proof {
		add(problem.Forbidden, "proof-required")
	}
	if strings.Contains(route.Path, "{") {
		add(problem.NotFound, "not-found")
	}
	writes := route.Method != http.MethodGet
	if writes {
		add(problem.Forbidden, "cross-origin")
	}
	if writes && !route.Unread() { // a body, if only to refuse it
		add(problem.Malformed, "body-incomplete")
		add(problem.RequestTimeout, "request-timeout")
		add(problem.TooLarge, "body-too-large")
	}
	reads := writes && !route.Do.Takes(function.Stream)
	if reads {
		add(problem.Malformed, "malformed-json")
		add(problem.UnsupportedMedia, "unsupported-media-type")
	}
	if route.Do.Takes(function.InJSON) {
		add(problem.Malformed, "body-missing")
	}
	if reads || len(route.Do.Inputs) > 0 {
		add(problem.Invalid, "invalid-input")
	}
	if Idempotent(route) {
		add(problem.Malformed, "idempotency-key-too-long")
		add(problem.Invalid, "idempotency-key-reused")
	}
	if slices.ContainsFunc(route.Do.Inputs, func(f function.Input) bool { return f.In == function.InHeader && f.Name == "If-Match" }) {
		add(problem.PreconditionFailed, "version-stale")
		add(problem.PreconditionRequired, "if-match-required")
	}
	if route.Switched {
		add(problem.NotFound, "not-found")
	}
	if route.Writes() {
		add(problem.Unavailable, "read-only")
	}
	for k, codes := range route.Refuses {
		add(k, codes...)
	}
	for k := range all {
		slices.Sort(all[k])
		all[k] = slices.Compact(all[k])
	}
	return all
}

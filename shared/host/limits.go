package host

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/limit"
	"github.com/madang-council/madang/shared/problem"
)

// Requests are counted twice: by the address that they come from, before anything is looked
// up, so that whatever comes is counted; then by who asks, member or visitor, and for what.

// campusTimes is how much wider the buckets of an address in CAMPUS_NETWORKS are: a campus of
// 10 000 has a handful of addresses, a dormitory's floor of 100 has one.
const campusTimes = 100

// wrongTokenCost is what a token that is nobody's takes from its address, in requests: ten of
// them a second are looked up, where a hundred requests are answered.
const wrongTokenCost = 10

// addressRule is the bucket of one address, for all functions together: 100 requests a second
// are a tenth of what one pod answers (docs/measurements.md), and as much as a dormitory or a
// carrier's gateway sends past the pages that the edge answers by itself.
func addressRule(campus bool) limit.Rule {
	return wider(limit.Rule{Rate: 6000, Burst: 2000, Per: time.Minute}, campus)
}

func wider(r limit.Rule, campus bool) limit.Rule {
	if campus {
		return r.Times(campusTimes)
	}
	return r
}

// addressBucket is the name of the bucket of an address, by its hash.
func addressBucket(origin string) string { return "address:" + origin }

// counted refuses what an address sends beyond its bucket. What never comes from outside, the
// broker's events and Kubernetes' questions, is not counted.
func (h *Host) counted(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if p := r.URL.Path; h.limiter == nil || p == EventsPath || p == "/livez" || p == "/readyz" {
			return next(c)
		}
		ctx := r.Context()
		from := function.RequestFrom(ctx)
		v := h.limiter.Allow(ctx, addressBucket(from.Origin), addressRule(from.Campus), true, h.now())
		if v.Local {
			h.metrics.localLimit(h.spec.Name)
		}
		if v.Allowed {
			return next(c)
		}
		h.echo.Router().Find(r.Method, r.URL.EscapedPath(), c) // whose refusals are pages, and whose they are counted as
		if route, ok := h.routes[r.Method+" "+c.Path()]; ok {
			c.Set(routeKey, route)
			if route.HTML {
				from.Language = function.LanguageOf(r.URL.Path)
			}
		}
		return problem.TooOften(v.RetryAfter)
	}
}

// chargeWrongToken counts a token that is nobody's.
func (h *Host) chargeWrongToken(ctx context.Context) {
	if from := function.RequestFrom(ctx); h.limiter != nil {
		h.limiter.Charge(ctx, addressBucket(from.Origin), addressRule(from.Campus), wrongTokenCost, h.now())
	}
}

// bucket is where a request is counted besides its address.
type bucket struct {
	name     string
	rule     limit.Rule
	strict   bool // counted in the process while Redis is away
	failures bool // only what turns out wrong counts
}

// bucketOf is the bucket of one member or one visitor; and where a member proves who they are, or
// does what that is for, of one session, so that who got hold of another cannot keep them from
// ending it. A list that is asked for words is counted as a search, with the searches of all
// other resources. Visitors who guess at secrets are counted by their failures, since a lecture
// hall that signs in at once is one address; what guards an account is its own delays
// (shared/identity/attempt).
func bucketOf(ctx context.Context, route function.Route, r *http.Request) bucket {
	kind := route.Limit
	if kind == "" {
		kind = function.Writing
		if isSafe(route.Method) || route.ReadOnly {
			kind = function.Reading
		}
	}
	if kind == function.Reading && route.Searches() && r.URL.Query().Get(function.Words) != "" {
		kind = function.Searching
	}
	b := bucket{rule: ruleOf(kind), strict: kind != function.Reading}
	if p := auth.From(ctx); p.SignedIn() {
		b.name = string(kind) + ":" + p.MemberID
		if kind == function.SigningIn || route.Proof {
			b.name += ":" + p.SessionID
		}
		return b
	}
	from := function.RequestFrom(ctx)
	b.name, b.rule = string(kind)+":"+from.Origin, wider(b.rule, from.Campus)
	b.failures = kind == function.SigningIn
	return b
}

// ruleOf is the bucket of one member or one visitor, in requests a minute and at once. A
// dormitory shares one address, so a visitor's are wide; secrets are protected by delays of
// their own (shared/identity/attempt).
func ruleOf(l function.Limit) limit.Rule {
	switch l {
	case function.SigningIn, function.Outward:
		return limit.Rule{Rate: 30, Burst: 20, Per: time.Minute} // a seminar errs at once, then somebody every 2 s
	case function.Writing:
		return limit.Rule{Rate: 60, Burst: 60, Per: time.Minute} // one a second: nobody writes faster by hand
	case function.Searching:
		return limit.Rule{Rate: 30, Burst: 30, Per: time.Minute} // one every 2 s: nobody reads what was found faster
	case function.Uploading:
		return limit.Rule{Rate: 600, Burst: 200, Per: time.Minute} // a folder of pictures at once, each with start, parts and completion
	default:
		return limit.Rule{Rate: 1200, Burst: 300, Per: time.Minute} // 20 a second, of what the edge does not answer by itself
	}
}

func (h *Host) limit(ctx context.Context, k *call) error {
	if h.limiter == nil {
		return nil
	}
	b := bucketOf(ctx, k.route, k.echo.Request())
	ask := h.limiter.Allow
	if b.failures {
		ask = h.limiter.Room
	}
	if v := ask(ctx, b.name, b.rule, b.strict, h.now()); !v.Allowed {
		return problem.TooOften(v.RetryAfter)
	}
	return nil
}

// charge counts what turned out to be a wrong guess.
func (h *Host) charge(ctx context.Context, k *call, err error) {
	if h.limiter == nil || err == nil {
		return
	}
	if b := bucketOf(ctx, k.route, k.echo.Request()); b.failures && wrongGuess(err) {
		h.limiter.Charge(ctx, b.name, b.rule, 1, h.now())
	}
}

// wrongGuess says whether a refusal says that what was tried is not so.
func wrongGuess(err error) bool {
	p := problem.Find(err)
	if p == nil {
		return false
	}
	switch p.Kind {
	case problem.Unauthenticated, problem.Forbidden, problem.NotFound, problem.Gone:
		return true
	}
	return false
}

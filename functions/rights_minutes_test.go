package functions_test

import (
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/functiontest"
)

// meets is the body of a unit that meets.
func (c *council) meets(unit string) string {
	return c.once("body of "+unit, func() string {
		slug := map[string]string{unitA: "a", unitB: "b"}[unit]
		c.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/minutes/bodies", As: c.boss.Token, Body: map[string]any{"slug": slug, "name": "위원회", "unit": unit}})
		return slug
	})
}

// meeting is what a secretary writes of a meeting of a unit.
func (c *council) meeting(unit string) map[string]any {
	return map[string]any{"body": c.meets(unit), "kind": "regular", "heldAt": c.Now().Add(-time.Hour)}
}

// minutes are those of a unit, published up to a step or, "", not.
func (c *council) minutes(unit, step string) string {
	return c.once(fmt.Sprint("minutes ", unit, step), func() string {
		body := c.meeting(unit)
		body["publish"] = step
		return functiontest.JSON[struct{ ID string }](c.Do(functiontest.Request{Method: "POST", Path: "/v1/minutes", As: c.boss.Token, Body: body}).Want(201)).ID
	})
}

// goneMinutes were deleted.
func (c *council) goneMinutes(unit string) string {
	return c.once("gone minutes "+unit, func() string {
		id := functiontest.JSON[struct{ ID string }](c.Do(functiontest.Request{Method: "POST", Path: "/v1/minutes", As: c.boss.Token, Body: c.meeting(unit)}).Want(201)).ID
		c.Do(functiontest.Request{Method: "DELETE", Path: "/v1/minutes/" + id, As: c.boss.Token, Header: map[string]string{"If-Match": "*"}}).Want(204)
		return id
	})
}

// minuteQuestions are what the operations of minutes are asked.
func minuteQuestions() map[string][]question {
	type who = functiontest.Account
	asked := func(body func(c *council, unit string) any, passes string, more ...string) []question {
		list := []question{}
		for _, unit := range []string{unitA, unitB} {
			for _, step := range []string{"", "announced"} {
				about := map[string]string{unitA: "of A", unitB: "of B"}[unit]
				if step == "" {
					about = "draft " + about
				}
				list = append(list, question{about: about, passes: passes, send: func(c *council, _ who) sending {
					s := sending{params: append([]string{c.minutes(unit, step)}, more...)}
					if body != nil {
						s.body = body(c, unit)
					}
					return s
				}})
			}
		}
		return list
	}
	fixed := func(b map[string]any) func(*council, string) any { return func(*council, string) any { return b } }
	meeting := func(c *council, unit string) any { return c.meeting(unit) }
	form := func(passes string) []question {
		list := asked(nil, passes)
		for i, q := range list {
			list[i].send = func(c *council, w who) sending {
				s := q.send(c, w)
				s.body, s.media = fmt.Sprintf("version=%d&body=none", 1+i%2), "application/x-www-form-urlencoded" // publishing counts it up
				return s
			}
		}
		return list
	}
	of := func(b func(c *council, unit string) any) []question {
		list := []question{}
		for about, unit := range map[string]string{"of A": unitA, "of B": unitB} {
			list = append(list, question{about: about, send: func(c *council, _ who) sending { return sending{body: b(c, unit)} }})
		}
		return list
	}
	body := map[string]any{"name": "위원회", "unit": unitA}
	return map[string][]question{
		"POST /v1/minutes":                                  of(meeting),
		"GET /v1/minutes/{id}":                              asked(nil, ""),
		"PUT /v1/minutes/{id}":                              asked(meeting, ""),
		"DELETE /v1/minutes/{id}":                           asked(nil, ""),
		"POST /v1/minutes/{id}/publish":                     asked(fixed(map[string]any{"step": "full"}), ""),
		"POST /v1/minutes/{id}/extend":                      asked(fixed(map[string]any{"days": 1, "reason": "사유"}), ""),
		"GET /v1/minutes/{id}/withheld":                     asked(nil, ""),
		"GET /v1/minutes/{id}/revisions":                    asked(nil, ""),
		"GET /v1/minutes/{id}/revisions/{number}":           asked(nil, "", "1"),
		"GET /v1/minutes/{id}/revisions/{number}/diff/{to}": asked(nil, "", "1", "1"),
		"POST /v1/minutes/{id}/revisions/{number}/restore":  asked(fixed(map[string]any{}), "", "1"),
		"GET /v1/admin/minutes":                             {{}, {about: "deleted", send: plain(sending{query: "?state=deleted"})}},
		"POST /v1/admin/minutes/paste":                      {{send: plain(sending{body: map[string]any{"text": "안건 1. 글"}})}},
		"POST /v1/admin/minutes/{id}/restore":               {object("of A", func(c *council, _ who) string { return c.goneMinutes(unitA) }, nil), object("of B", func(c *council, _ who) string { return c.goneMinutes(unitB) }, nil)},
		"POST /v1/admin/minutes/bodies": {{passes: "slug-taken", send: func(c *council, _ who) sending {
			return sending{body: map[string]any{"slug": c.meets(unitA), "name": "위원회", "unit": unitA}}
		}}},
		"PUT /v1/admin/minutes/bodies/{slug}": {{send: func(c *council, _ who) sending { return sending{params: []string{c.meets(unitA)}, body: body} }}},
		"GET /minutes/{id}":                   asked(nil, ""),
		"GET /console/minutes":                {{}, {about: "deleted", send: plain(sending{query: "?state=deleted"})}},
		"POST /console/minutes/new":           {{passes: "invalid-input", send: plain(sending{body: "body=none&kind=regular", media: "application/x-www-form-urlencoded"})}},
		"GET /console/minutes/{id}":           asked(nil, ""),
		"POST /console/minutes/{id}":          form("invalid-input"),
		"POST /console/minutes/{id}/draft":    form("invalid-input"),
		"POST /console/minutes/{id}/publish":  form("invalid-input"),
		"POST /console/minutes/{id}/paste":    form(""),
		"GET /console/minutes/{id}/revisions": asked(nil, ""),
		"GET /console/minutes/{id}/withheld":  asked(nil, ""),
	}
}

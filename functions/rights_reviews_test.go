package functions_test

import (
	"net/http"

	"github.com/madang-council/madang/shared/functiontest"
)

// inReview is a draft of a unit whose review somebody asked for, or where they may not, the boss.
func (c *council) inReview(unit string, who functiontest.Account) string {
	id := c.notice(unit, false)
	ask := functiontest.Request{Method: http.MethodPost, Path: "/v1/notices/" + id + "/review", As: who.Token, Body: map[string]any{}, Header: map[string]string{"If-Match": "*"}}
	if c.Do(ask).Status >= http.StatusBadRequest {
		ask.As = c.boss.Token
		c.Do(ask)
	}
	clear(c.made) // one request each
	return id
}

// reviewQuestions are what the operations of reviews are asked: of drafts in review, which the boss asked for.
func reviewQuestions() map[string][]question {
	type who = functiontest.Account
	const form = "application/x-www-form-urlencoded"
	drafts := func(body any, media string) []question {
		list := []question{}
		for _, of := range []struct{ about, unit string }{{"draft of A", unitA}, {"draft of B", unitB}} {
			list = append(list, question{about: of.about, send: func(c *council, _ who) sending {
				return sending{params: []string{c.notice(of.unit, false)}, body: body, media: media}
			}})
		}
		return list
	}
	reviews := func(body any, media string) []question {
		list := []question{}
		for _, of := range []struct{ about, unit string }{{"of A", unitA}, {"of B", unitB}} {
			list = append(list, question{about: of.about, send: func(c *council, _ who) sending {
				return sending{params: []string{c.inReview(of.unit, c.boss)}, body: body, media: media}
			}})
		}
		return list
	}
	own := func(body any, media string) question {
		return question{about: "one's own of A", send: func(c *council, w who) sending {
			return sending{params: []string{c.inReview(unitA, w)}, body: body, media: media}
		}}
	}
	comment, approval := map[string]any{"text": "의견"}, map[string]any{"decision": "approved"}
	const seen = "version=1&text=%EC%9D%98%EA%B2%AC"
	return map[string][]question{
		"GET /v1/notices/{id}/review":                reviews(nil, ""),
		"POST /v1/notices/{id}/review":               drafts(map[string]any{}, ""),
		"DELETE /v1/notices/{id}/review":             append(reviews(nil, ""), own(nil, "")),
		"POST /v1/notices/{id}/review/comments":      reviews(comment, ""),
		"POST /v1/notices/{id}/review/decision":      reviews(approval, ""),
		"GET /console/notices/{id}/review":           reviews(nil, ""),
		"POST /console/notices/{id}/review":          drafts(seen, form),
		"POST /console/notices/{id}/review/withdraw": append(reviews(seen, form), own(seen, form)),
		"POST /console/notices/{id}/review/comments": reviews(seen, form),
		"POST /console/notices/{id}/review/decision": reviews(seen+"&decision=approved", form),
	}
}

package functions_test

import (
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/functiontest"
)

// notifyQuestions are what the operations of notifications are asked: of one's own, and of minutes
// that readers see or not.
func notifyQuestions() map[string][]question {
	type who = functiontest.Account
	const form = "application/x-www-form-urlencoded"
	minutes := func(body any, media string) []question {
		list := []question{}
		for _, step := range []string{"announced", ""} {
			about := map[string]string{"announced": "of A", "": "draft of A"}[step]
			list = append(list, question{about: about, send: func(c *council, _ who) sending {
				return sending{params: []string{"minute", c.minutes(unitA, step)}, body: body, media: media}
			}})
		}
		return list
	}
	ends := func(body any, media string) []question {
		return []question{{send: func(c *council, w who) sending {
			return sending{params: []string{(topic.Store{Key: c.Deps.Key}).Token(w.ID, "notices")}, body: body, media: media}
		}}}
	}
	return map[string][]question{
		"POST /v1/notifications/read":    body(map[string]any{}, ""),
		"PUT /v1/notifications/settings": body(map[string]any{"settings": []any{}}, ""),
		"DELETE /v1/notifications/pause": {{}},
		"PUT /v1/follows/{kind}/{id}":    minutes(nil, ""),
		"DELETE /v1/follows/{kind}/{id}": minutes(nil, ""),
		"POST /my/notifications":         {{send: plain(sending{body: "how=notices+now", media: form})}},
		"POST /my/notifications/read":    {{send: plain(sending{body: "ids=1", media: form})}},
		"POST /my/notifications/mail":    {{send: plain(sending{body: "", media: form})}},
		"GET /my/follows/{kind}/{id}":    minutes(nil, ""),
		"POST /my/follows/{kind}/{id}":   minutes("end=true", form),
		"GET /unsubscribe/{token}":       ends(nil, ""),
		"POST /unsubscribe/{token}":      ends("", form),
	}
}

package functions_test

import (
	"fmt"
	"net/http"
	"net/url"

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
		"POST /v1/notifications/devices": {{send: func(c *council, _ who) sending { return sending{body: c.browser()} }}},
		"DELETE /v1/notifications/devices/{id}": {
			{about: "own", send: func(c *council, w who) sending { return sending{params: []string{c.deviceOf(w)}} }},
			{about: "another's", send: func(c *council, _ who) sending { return sending{params: []string{c.deviceOf(c.boss)}} }},
		},
		"POST /my/notifications/devices": {{send: func(c *council, _ who) sending {
			return sending{body: url.Values{"endpoint": {c.endpoint()}, "p256dh": {examplePublic}, "auth": {exampleSecret}}.Encode(), media: form}
		}}},
		"POST /my/notifications/devices/{id}": {{about: "own", send: func(c *council, w who) sending {
			return sending{params: []string{c.deviceOf(w)}, body: "", media: form}
		}}},
		"GET /my/follows/{kind}/{id}":  minutes(nil, ""),
		"POST /my/follows/{kind}/{id}": minutes("end=true", form),
		"GET /unsubscribe/{token}":     ends(nil, ""),
		"POST /unsubscribe/{token}":    ends("", form),
	}
}

// endpoint is the address of a browser that nobody has yet: a number, so that no name server is asked.
func (c *council) endpoint() string {
	c.addresses++
	return fmt.Sprintf("https://93.184.215.14/push/%d", c.addresses)
}

// browser is what one says of itself, with the example's keys of RFC 8291.
func (c *council) browser() map[string]any {
	return map[string]any{"endpoint": c.endpoint(), "keys": map[string]string{"p256dh": examplePublic, "auth": exampleSecret}}
}

const (
	examplePublic = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	exampleSecret = "BTBZMqHH6r4Tts7J_aSIgg"
)

// deviceOf is a device of somebody; for who may not have one it is another's.
func (c *council) deviceOf(as functiontest.Account) string {
	if as.Token == "" {
		as = c.boss
	}
	r := c.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/devices", As: as.Token, Body: c.browser()})
	if r.Status != http.StatusCreated {
		r = c.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/devices", As: c.boss.Token, Body: c.browser()}).Want(http.StatusCreated)
	}
	return functiontest.JSON[struct{ ID string }](r).ID
}

package functions_test

import (
	"fmt"
	"net/url"

	"github.com/madang-council/madang/shared/functiontest"
)

// freeAddress is the address of a channel that there is not yet.
func (c *council) freeAddress() string {
	c.addresses++
	return fmt.Sprintf("https://discord.com/api/webhooks/%018d/abcdefghijklmnopqrstuvwxyz", c.addresses)
}

// channel is one that is told what is new.
func (c *council) channel() string {
	return c.once("channel", func() string {
		body := map[string]any{"name": "소식", "address": c.freeAddress(), "topics": []string{"notices"}}
		return functiontest.JSON[struct{ ID string }](c.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/channels", As: c.boss.Token, Body: body}).Want(201)).ID
	})
}

// channelQuestions are what the operations of channels are asked. A test finds no name in tests,
// and only webhooks have a secret: both are past the question who may.
func channelQuestions() map[string][]question {
	type who = functiontest.Account
	one := func(b any, passes string) []question {
		return []question{{passes: passes, send: func(c *council, _ who) sending { return sending{params: []string{c.channel()}, body: b} }}}
	}
	return map[string][]question{
		"POST /v1/admin/channels": {{send: func(c *council, _ who) sending {
			return sending{body: map[string]any{"name": "소식", "address": c.freeAddress(), "topics": []string{"rules"}}}
		}}},
		"GET /v1/admin/channels/{id}":            one(nil, ""),
		"PUT /v1/admin/channels/{id}":            one(map[string]any{"name": "다른 이름", "topics": []string{"rules"}}, ""),
		"DELETE /v1/admin/channels/{id}":         one(nil, ""),
		"POST /v1/admin/channels/{id}/test":      one(map[string]any{}, ""),
		"POST /v1/admin/channels/{id}/rotate":    one(map[string]any{}, "channel-has-no-secret"),
		"POST /v1/admin/channels/{id}/pause":     one(map[string]any{}, ""),
		"POST /v1/admin/channels/{id}/resume":    one(map[string]any{}, ""),
		"GET /v1/admin/channels/{id}/deliveries": one(nil, ""),
		"POST /v1/admin/channels/{id}/deliveries/{delivery}/retry": {{passes: "not-found", send: func(c *council, _ who) sending {
			return sending{params: []string{c.channel(), "none"}, body: map[string]any{}}
		}}},
		"GET /console/channels/{id}": one(nil, ""),
		"POST /console/channels/new": {{send: func(c *council, _ who) sending {
			return sending{body: url.Values{"name": {"소식"}, "address": {c.freeAddress()}, "topics": {"rules"}}}
		}}},
		"POST /console/channels/{id}": {{send: func(c *council, _ who) sending {
			id := c.channel()
			version := functiontest.JSON[struct{ Version int64 }](c.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/channels/" + id, As: c.boss.Token}).Want(200)).Version
			return sending{params: []string{id}, body: url.Values{"name": {"이름"}, "topics": {"rules"}, "version": {fmt.Sprint(version)}}}
		}}},
		"POST /console/channels/{id}/test":   one(url.Values{}, ""),
		"POST /console/channels/{id}/rotate": one(url.Values{}, "channel-has-no-secret"),
	}
}

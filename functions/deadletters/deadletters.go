// Package deadletters is the events that a consumer never took.
package deadletters

import (
	"context"
	"slices"

	"github.com/madang-council/madang/functions/deadletters/desk"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/deadletter"
	"github.com/madang-council/madang/shared/problem"
)

type handlers struct {
	letters deadletter.Replayer
	cursors *cursor.Codec
}

// Function keeps what the broker gave up. It sleeps unless something is wrong.
var Function = function.Spec{
	Name:  "deadletters",
	Label: problem.Text{KO: "다시 전하기", EN: "Redelivery"},
	Doc:   "Events that a consumer never took, however often the broker tried: kept, listed, delivered again.",
	Needs: []function.Need{function.Database},
	New: func(d function.Deps) function.Parts {
		h := handlers{letters: deadletter.NewReplayer(d.DB, d.Outbox), cursors: cursor.New(d.Key.Derive("cursor"))}
		operate := function.May(auth.Operate)
		return function.Parts{
			Routes: slices.Concat([]function.Route{
				{Method: "GET", Path: "/v1/admin/dead-letters", Access: operate, Do: function.Do(h.list), Doc: "Events that a consumer never took, the newest first."},
				{Method: "POST", Path: "/v1/admin/dead-letters/replay", Words: problem.Text{KO: "전하지 못한 일을 모두 다시 전함", EN: "Delivered dead letters again"}, Access: operate, Do: function.Do(h.replayAll), Doc: "Delivers up to 100 again, the oldest first; what is not taken comes back."},
				{Method: "GET", Path: "/v1/admin/dead-letters/{id}", Access: operate, Do: function.Do(h.read), Doc: "One with its data and the consumer's last answer."},
				{Method: "DELETE", Path: "/v1/admin/dead-letters/{id}", Words: problem.Text{KO: "전하지 못한 일을 지움", EN: "Dismissed a dead letter"}, Access: operate, Do: function.Do(h.dismiss), Doc: "Deletes one that needs no further delivery."},
				{Method: "POST", Path: "/v1/admin/dead-letters/{id}/replay", Words: problem.Text{KO: "전하지 못한 일을 다시 전함", EN: "Delivered a dead letter again"}, Access: operate, Do: function.Do(h.replay), Doc: "Delivers one again to all who consume its type."},
			}, desk.Routes(d)),
			Consumes: cloudevent.Consume(
				function.Subscription{Type: function.Undelivered, Doc: "Keeps the event.", Do: h.keep},
			),
		}
	},
}

func (h handlers) keep(ctx context.Context, e event.Event) error {
	return h.letters.Keep(ctx, e)
}

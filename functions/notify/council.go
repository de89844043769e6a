package notify

import (
	"context"
	"net/http"

	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/channel"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/problem"
)

// council are the council's channels, as the queue asks for them.
type council struct {
	store  channel.Store
	sender channel.Sender
}

func openCouncil(d function.Deps) council {
	store := channel.NewStore(d.DB, d.Key, outside.New(d.Settings.Outside), channelTopics())
	return council{store, channel.NewSender(store, d.Settings.SiteURL, d.Settings.CouncilName)}
}

// channelTopics are what channels can be told of: all topics but those of the council's work.
func channelTopics() []channel.Topic {
	list := []channel.Topic{}
	for _, t := range topic.All() {
		if t.Desk == "" {
			list = append(list, channel.Topic{Name: t.Name, Label: t.Label})
		}
	}
	return list
}

// For are the channels that want a topic.
func (c council) For(ctx context.Context, name string) ([]delivery.Channel, error) {
	found, err := c.store.For(ctx, name)
	list := []delivery.Channel{}
	for _, one := range found {
		list = append(list, delivery.Channel{ID: one.ID, Kind: one.Kind})
	}
	return list, err
}

// Send sends to one, whose readers are told the kind as people call it. A channel that was deleted meanwhile takes
// nothing any more.
func (c council) Send(ctx context.Context, id string, m delivery.Message) (delivery.Outcome, error) {
	if kind, known := thing.KindOf(m.Kind); known {
		m.Kind = kind.Label.KO
	}
	o, err := c.sender.Send(ctx, id, channel.Message(m))
	if p := problem.Find(err); p != nil && p.Kind == problem.NotFound {
		return delivery.Outcome{Status: http.StatusGone, Uncalled: true}, nil
	}
	return delivery.Outcome{Status: o.Status, Answer: o.Answer, Again: o.Again, After: o.After, Uncalled: o.Uncalled}, err
}

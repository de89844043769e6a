package notify

import (
	"context"
	"slices"
	"time"

	"github.com/madang-council/madang/functions/notify/desk"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/channel"
	"github.com/madang-council/madang/shared/problem"
)

// channelActs are what is done with channels that nobody does.
func channelActs() []function.Act {
	return []function.Act{{Action: channel.PausedItself, Words: problem.Text{KO: "잇달아 실패한 알림 채널을 멈춤", EN: "Paused a channel after it failed again and again"}}}
}

// channels are the operations on channels and what they need.
type channels struct {
	channels channel.Store
	sender   channel.Sender
	keeper   delivery.Keeper
	cursors  *cursor.Codec
}

func channelRoutes(d function.Deps, c council) []function.Route {
	h := channels{channels: c.store, sender: c.sender, keeper: delivery.NewKeeper(d.DB, d.Outbox), cursors: cursor.New(d.Key.Derive("cursor"))}
	operate := function.May(auth.Operate)
	const all, one = "/v1/admin/channels", "/v1/admin/channels/{id}"
	return slices.Concat([]function.Route{
		{Method: "GET", Path: all, Access: operate, Do: function.Do(h.list), Doc: "Channels that are told what is new, and the topics that there are."},
		{Method: "POST", Path: all, Words: problem.Text{KO: "알림 채널을 등록함", EN: "Added a channel"}, Access: operate, Proof: true, Alone: true, Status: 201, Do: function.Do(h.add), Doc: "Adds a channel: the address says of which kind it is. A webhook's secret is given this once.",
			Refuses: function.Refusals{problem.Conflict: {"channel-exists", "too-many-channels"}}},
		{Method: "GET", Path: one, Access: operate, Do: function.Do(h.read), Doc: "A channel, and what became of the last message."},
		{Method: "PUT", Path: one, Words: problem.Text{KO: "알림 채널을 고침", EN: "Edited a channel"}, Access: operate, Proof: true, Alone: true, Do: function.Do(h.edit), Doc: "Replaces name and topics, and the address where one is sent: of the same kind, and it begins anew.",
			Refuses: function.Refusals{problem.Conflict: {"channel-exists"}}},
		{Method: "DELETE", Path: one, Words: problem.Text{KO: "알림 채널을 지움", EN: "Deleted a channel"}, Access: operate, Proof: true, Do: function.Do(h.remove), Doc: "Deletes a channel with its address and secrets."},
		{Method: "POST", Path: one + "/test", Words: problem.Text{KO: "알림 채널에 시험 메시지를 보냄", EN: "Sent a channel a test"}, Access: operate, Alone: true, Limit: function.Outward, Do: function.Do(h.try), Doc: "Tells a channel, paused or not, that this is a test. What it answers is the answer, with 200, whatever it is."},
		{Method: "POST", Path: one + "/rotate", Words: problem.Text{KO: "웹훅의 서명 키를 바꿈", EN: "Made another secret for a webhook"}, Access: operate, Proof: true, Alone: true, Do: function.Do(h.rotate), Doc: "Makes another secret for a webhook, given this once; for 24 hours the one before signs beside it.",
			Refuses: function.Refusals{problem.Conflict: {"channel-has-no-secret"}, problem.PreconditionFailed: {"version-stale"}}},
		{Method: "POST", Path: one + "/pause", Words: problem.Text{KO: "알림 채널을 멈춤", EN: "Paused a channel"}, Access: operate, Proof: true, Do: function.Do(h.pause), Doc: "Tells a channel nothing from now on."},
		{Method: "POST", Path: one + "/resume", Words: problem.Text{KO: "알림 채널을 다시 켬", EN: "Resumed a channel"}, Access: operate, Proof: true, Do: function.Do(h.resume), Doc: "Tells a paused channel again, as if nothing had failed."},
		{Method: "GET", Path: one + "/deliveries", Access: operate, Do: function.Do(h.deliveries), Doc: "What a channel was told, or was to be told, in the last 90 days, the newest first."},
		{Method: "POST", Path: one + "/deliveries/{delivery}/retry", Words: problem.Text{KO: "알림을 다시 보냄", EN: "Sent a message again"}, Access: operate, Do: function.Do(h.retry), Doc: "Sends a message again that was given up, as if it were new.",
			Refuses: function.Refusals{problem.Conflict: {"not-failed"}}},
	}, desk.ChannelRoutes(d, h.channels, h.sender, h.keeper))
}

// channelEntry is a channel.
type channelEntry struct {
	ID       string      `json:"id"`
	Kind     string      `json:"kind" enum:"discord,slack,webhook"`
	Name     string      `json:"name"`
	Origin   string      `json:"origin" description:"Scheme and host of the address; the rest is a secret and never shown again."`
	Topics   []string    `json:"topics"`
	PausedAt *time.Time  `json:"pausedAt"`
	Failures int         `json:"failures" description:"In a row. 4 pause it, if the first was 2 hours ago."`
	SentAt   *time.Time  `json:"sentAt" description:"When a message was taken last."`
	Last     lastOutcome `json:"last"`
	Both     *time.Time  `json:"bothUntil" description:"Until when messages are signed with the secret before as well."`
	Version  int64       `json:"version"`
	Created  time.Time   `json:"createdAt"`
	Updated  time.Time   `json:"updatedAt"`
}

// lastOutcome is what became of the last message.
type lastOutcome struct {
	Status int    `json:"status" description:"Of HTTP; 0 where nothing was sent yet, or nothing was answered."`
	Answer string `json:"answer" description:"The beginning of what was answered, or why there was none, as no-such-name; empty where it was taken."`
}

// ETag is its version.
func (e *channelEntry) ETag() int64 { return e.Version }

func showChannel(c channel.Channel) channelEntry {
	return channelEntry{
		ID: c.ID, Kind: c.Kind, Name: c.Name, Origin: c.Origin, Topics: c.Topics, PausedAt: c.PausedAt, Failures: c.Failures, SentAt: c.SentAt, Last: lastOutcome{Status: c.Status, Answer: c.Answer},
		Both: c.Changing, Version: c.Version, Created: c.CreatedAt, Updated: c.UpdatedAt,
	}
}

// withSecret is a channel whose secret is given this once.
type withSecret struct {
	channelEntry
	Secret string `json:"secret,omitempty" description:"Of a webhook (Standard Webhooks, whsec_…). It cannot be read again."`
}

type channelsRequest struct{}

type topicEntry struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

type channelsResponse struct {
	Items  []channelEntry `json:"items"`
	Topics []topicEntry   `json:"topics"`
}

func (h channels) list(ctx context.Context, _ *channelsRequest) (*channelsResponse, error) {
	list, err := h.channels.List(ctx)
	r := channelsResponse{Items: []channelEntry{}, Topics: []topicEntry{}}
	for _, c := range list {
		r.Items = append(r.Items, showChannel(c))
	}
	for _, t := range h.channels.Topics() {
		r.Topics = append(r.Topics, topicEntry{Name: t.Name, Label: t.Label.In(function.RequestFrom(ctx).Language)})
	}
	return &r, err
}

type channelRequest struct {
	ID string `path:"id"`
}

func (h channels) read(ctx context.Context, r *channelRequest) (*channelEntry, error) {
	c, err := h.channels.Read(ctx, r.ID)
	return shown(c, err)
}

func shown(c channel.Channel, err error) (*channelEntry, error) {
	if err != nil {
		return nil, err
	}
	e := showChannel(c)
	return &e, nil
}

type addChannelRequest struct {
	Name    string   `json:"name" description:"At most 60 characters."`
	Address string   `json:"address" description:"https, of the public internet: of a webhook of Discord or Slack, or of a program."`
	Topics  []string `json:"topics" description:"Names of topics, at least one."`
}

func (h channels) add(ctx context.Context, r *addChannelRequest) (*withSecret, error) {
	c, made, err := h.channels.Add(ctx, channel.Content(*r))
	if err != nil {
		return nil, err
	}
	desk.Recorded(ctx, c)
	return &withSecret{channelEntry: showChannel(c), Secret: made}, nil
}

// channelEdition is a channel as the caller read it.
type channelEdition struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

func (h channels) version(ctx context.Context, e channelEdition) (int64, error) {
	return function.Match(e.IfMatch, func() (int64, error) {
		c, err := h.channels.Read(ctx, e.ID)
		return c.Version, err
	})
}

type editChannelRequest struct {
	channelEdition
	Name    string   `json:"name" description:"At most 60 characters."`
	Address string   `json:"address,omitempty" description:"Absent: as it is."`
	Topics  []string `json:"topics" description:"Names of topics, at least one."`
}

func (h channels) edit(ctx context.Context, r *editChannelRequest) (*channelEntry, error) {
	version, err := h.version(ctx, r.channelEdition)
	if err != nil {
		return nil, err
	}
	c, err := h.channels.Edit(ctx, r.ID, version, channel.Content{Name: r.Name, Address: r.Address, Topics: r.Topics})
	if err == nil {
		desk.Recorded(ctx, c)
	}
	return shown(c, err)
}

func (h channels) remove(ctx context.Context, r *channelEdition) (*function.None, error) {
	version, err := h.version(ctx, *r)
	if err != nil {
		return nil, err
	}
	was, err := h.channels.Delete(ctx, r.ID, version)
	if err != nil {
		return nil, err
	}
	desk.Recorded(ctx, was)
	return &function.None{}, nil
}

func (h channels) pause(ctx context.Context, r *channelRequest) (*channelEntry, error) {
	c, err := h.channels.Pause(ctx, r.ID)
	desk.Recorded(ctx, c)
	return shown(c, err)
}

func (h channels) resume(ctx context.Context, r *channelRequest) (*channelEntry, error) {
	c, err := h.channels.Resume(ctx, r.ID)
	desk.Recorded(ctx, c)
	return shown(c, err)
}

func (h channels) rotate(ctx context.Context, r *channelRequest) (*withSecret, error) {
	c, made, err := h.channels.Rotate(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	desk.Recorded(ctx, c)
	return &withSecret{channelEntry: showChannel(c), Secret: made}, nil
}

// tried is what became of a test.
type tried struct {
	Taken  bool   `json:"taken"`
	Status int    `json:"status" description:"Of HTTP; 0 where nothing was answered."`
	Answer string `json:"answer" description:"At most 256 bytes of what was answered, or why there was none; empty where it was taken."`
	Said   string `json:"said" description:"What became of it, in words."`
	Again  bool   `json:"again" description:"The same message may be taken later."`
	After  int    `json:"afterSeconds" description:"Not before; 0 where the receiver said nothing."`
}

func (h channels) try(ctx context.Context, r *channelRequest) (*tried, error) {
	c, o, err := h.sender.Try(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	desk.Recorded(ctx, c)
	return &tried{
		Taken: o.Taken(), Status: o.Status, Answer: o.Answer, Said: o.Words().In(function.RequestFrom(ctx).Language), Again: o.Again, After: int((o.After + time.Second - 1) / time.Second),
	}, nil
}

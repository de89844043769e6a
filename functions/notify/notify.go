// Package notify tells people what happened: by mail, on their devices, in a list on the site, and in the
// council's channels. It knows no domain: what there is to tell are topics, and what is said of a thing is its row in the index.
package notify

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/madang-council/madang/functions/notify/desk"
	"github.com/madang-council/madang/functions/notify/page"
	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/inbox"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/mail/smtp"
	"github.com/madang-council/madang/shared/problem"
)

// handlers are the operations and what they need.
type handlers struct {
	queue   delivery.Queue
	topics  topic.Store
	inbox   inbox.Store
	things  thing.Store
	members member.Store
	cursors *cursor.Codec
	flags   func(context.Context) (function.Flags, error)
	log     *slog.Logger
	count   function.Count
	pause   func(context.Context, time.Duration) error
}

// timeout is the longest that a run may take: budget to begin sending, delivery.Most to end it, then a minute until the next.
const (
	timeout = 5 * time.Minute
	budget  = timeout - time.Minute - delivery.Most - margin
	margin  = 10 * time.Second // for all else
)

// Function tells people what happened.
var Function = function.Spec{
	Name:  name,
	Doc:   "알림: tells members what happened, at once or once a day, by mail, on their devices and in a list; each chooses what, and one click ends it. Tells the council's channels of Discord and Slack, and webhooks.",
	Needs: []function.Need{function.Database},
	Scale: function.Scale{Timeout: timeout},
	Mail:  smtp.Open,
	Seed:  seed,
	Menu:  page.Entries(),
	Desk:  desk.ChannelEntries(),
	Acts:  channelActs(),
	Details: []function.Named{
		{Name: "name", Label: problem.Text{KO: "이름", EN: "Name"}},
		{Name: "kind", Label: problem.Text{KO: "종류", EN: "Kind"}},
		{Name: "origin", Label: problem.Text{KO: "주소", EN: "Address"}},
		{Name: "status", Label: problem.Text{KO: "응답 코드", EN: "Status"}},
		{Name: "answer", Label: problem.Text{KO: "응답", EN: "Answer"}},
	},
	New: func(d function.Deps) function.Parts { return whole(d, wait) },
}

// whole is the function with the channels that the council has.
func whole(d function.Deps, pause func(context.Context, time.Duration) error) function.Parts {
	c := openCouncil(d)
	p := parts(d, c, pause)
	p.Routes = append(p.Routes, channelRoutes(d, c)...)
	return p
}

// parts are the function with the council's channels, and how it waits.
func parts(d function.Deps, channels delivery.Channels, pause func(context.Context, time.Duration) error) function.Parts {
	closed := thing.Closed(d.Off)
	members := member.Store{DB: d.DB, LeaveGrace: d.Settings.LeaveGrace}
	push := openPusher(d)
	queue := delivery.NewQueue(delivery.Wiring{
		DB: d.DB, Outbox: d.Outbox, Key: d.Key, Members: members, Channels: channels, Devices: push, Wait: pause, SiteURL: d.Settings.SiteURL, Closed: closed,
		Mailer: mailer{sender: d.Mail, faces: face.Store{DB: d.DB, Name: d.Settings.CouncilName}, site: d.Settings.SiteURL},
	})
	h := handlers{
		queue: queue, topics: topic.Store{DB: d.DB, Key: d.Key}, inbox: inbox.Store{DB: d.DB, Closed: closed}, things: thing.Store{DB: d.DB}, members: members,
		cursors: cursor.New(d.Key.Derive("cursor")), flags: d.FlagsOf, log: d.Log, count: d.Count, pause: pause,
	}
	follows := function.Refusals{problem.Conflict: {"too-many-follows", "not-followable"}}
	return function.Parts{
		Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/notifications", Access: function.SignedIn, Do: function.Do(h.list), Doc: "What the caller was told of in the last 90 days and may read now, the newest first."},
			{Method: "POST", Path: "/v1/notifications/read", Access: function.SignedIn, Private: true, Do: function.Do(h.read), Doc: "Marks some as read, or all up to a time."},
			{Method: "GET", Path: "/v1/notifications/settings", Access: function.SignedIn, Do: function.Do(h.settings), Doc: "How the caller hears of each topic, and whether mail reaches them."},
			{Method: "PUT", Path: "/v1/notifications/settings", Access: function.SignedIn, Private: true, Do: function.Do(h.set), Doc: "Sets how the caller hears of some topics: now, digest or off. The others stay."},
			{Method: "DELETE", Path: "/v1/notifications/pause", Access: function.SignedIn, Private: true, Do: function.Do(h.resume), Doc: "Sends mail again to an address that it came back from."},
			{Method: "GET", Path: "/v1/follows", Access: function.SignedIn, Do: function.Do(h.follows), Doc: "What the caller follows and may read now, the newest first."},
			{Method: "PUT", Path: "/v1/follows/{kind}/{id}", Access: function.SignedIn, Private: true, Do: function.Do(h.follow), Refuses: follows, Doc: "Follows a thing: the caller hears of what happens to it."},
			{Method: "DELETE", Path: "/v1/follows/{kind}/{id}", Access: function.SignedIn, Private: true, Do: function.Do(h.unfollow), Doc: "Ends following a thing."},
		}, deviceRoutes(push), page.Routes(d, page.Stores{Topics: h.topics, Inbox: h.inbox, Queue: queue, Members: members, Devices: push.devices, Key: push.key})),
		Consumes: cloudevent.Consume(append(h.told(), function.Subscription{Type: delivery.More, Doc: "Sends what waits, some at a time.", Do: h.more})...),
	}
}

// Package delivery brings what happened to people and channels, each message once.
//
// The consumer of an event makes a row for each recipient in its unit of work (Take); afterwards
// they are sent, some at a time (Run). Whoever sends first writes until when nobody else is to try, and
// commits that; then it sends, and then it writes what was answered. So a message is sent twice only where
// the other side's yes does not come to stand in the row: it was not said in the time that a server has, it was lost on the way, the
// process ended before it was written, or the database was away for longer than it is tried. It is sent then under the same id.
// Whether somebody may read a thing, and still wants to hear of it, is asked at the moment of sending.
//
// Nobody is awake in between: each run leads to the next by an event (More), and what was lost on
// the way sweep finds (Chores).
package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
)

// More is the event that something waits to be sent. Its data is MoreEvent.
const More = "kr.madang.delivery.more.v1"

// MoreEvent is the data of More. Each run of a chain records the next turn, so that an event which
// comes twice leads to one next. No two chains have one name: what one of them recorded would keep the other from being woken.
type MoreEvent struct {
	Chain string `json:"chain"`
	Turn  int64  `json:"turn"`
}

// swept begins the names of chains that sweep woke.
const swept = "sweep-"

// Continues says whether a chain has another run behind one. One of sweep's ends where others, who go on, sent all that the minute
// allows: sweep wakes a chain whenever something waits, also while it is being sent.
func (e MoreEvent) Continues(ran Ran) bool {
	return ran.More && (!ran.idle() || !strings.HasPrefix(e.Chain, swept))
}

// The channels.
const (
	Mail    = "mail"
	Push    = "push" // to devices of members (Web Push)
	Discord = "discord"
	Slack   = "slack"
	Webhook = "webhook"
)

// kinds are all channels. Programs have no quiet hours. Devices are last: whoever is a member says where they are, and servers that
// never answer keep nobody else waiting.
var kinds = []string{Mail, Discord, Slack, Webhook, Push}

// The times of deliveries.
const (
	// Kept is how long a row stays.
	Kept = 90 * 24 * time.Hour
	// Fresh is how old a message may be when it is sent; what is older is in the list on the site alone.
	Fresh = 48 * time.Hour
	// lease is how long nobody else tries what somebody sends: longer than a request can live (Knative
	// allows 600 s).
	lease = 15 * time.Minute
	// perRun is to how many recipients a run sends on one channel.
	perRun = 50
	// calling is how long one message may take to be sent, beyond which it counts as not answered: longer than any other side is given
	// (10 s, a mail server that once more to be connected and once to say who it is).
	calling = time.Minute
	// Most is how long a run may take to end what it has begun.
	Most = calling + writings*writing + (writings-1)*recovery + writing
	// window is in which time Policy.PerMinute counts.
	window = time.Minute
	// putOff is how long a message waits whose channel is not to be called now.
	putOff = time.Hour
	// silence is after how many recipients in a row that one server did not answer for a run asks it for no more: it would wait for each.
	silence = 3
)

// gaps are how long after a try without success the next one is: in all at 0, 5, 30 min, 2, 6 and 24 h.
var gaps = []time.Duration{5 * time.Minute, 25 * time.Minute, 90 * time.Minute, 4 * time.Hour, 18 * time.Hour}

// State is where a delivery stands.
type State string

// The states. Only Waiting is one that ends.
const (
	Waiting     State = "waiting"
	Sent        State = "sent"
	Failed      State = "failed"      // refused for good, or never taken
	Late        State = "late"        // older than Fresh when it could be sent
	Withheld    State = "withheld"    // the recipient may not read the thing, or nobody
	Unwanted    State = "unwanted"    // the recipient ended it, or left
	Unreachable State = "unreachable" // there is no confirmed address, or it bounces, or the device is gone
)

// Outcome is what became of a message.
type Outcome struct {
	Status int           // what the other side answered, SMTP's or HTTP's; 2xx took it; 0 for no answer
	Answer string        // its text, at most 256 bytes
	Again  bool          // it may be taken later
	After  time.Duration // not before: what the other side asked for
	Gone   bool          // there is nobody at this address, or no such device
	Host   string        // the server that was asked, where recipients of a channel have different ones
	// Uncalled says that nobody was asked, as where a channel is paused: it is no try, and no receiver that kept silent.
	Uncalled bool
}

// mostAnswer is how much of an answer is kept, in bytes.
const mostAnswer = 256

// Item is something that a member is told of.
type Item struct {
	Topic topic.Topic
	Thing thing.Thing
	URL   string // of its page, in Korean
	At    time.Time

	why topic.Setting // by which the member hears of it
}

// Letter is a mail to a member.
type Letter struct {
	ID     string // of the delivery: the same whenever it is sent again
	To     string
	Items  []Item // one, or in a digest several
	Digest bool
	Why    []string // what it follows from (topic.Ending): topics' names, topic.Followed, topic.Digest
	Ends   string   // the token of the link that ends all of this (topic.Store.Token)
}

// Mailer sends letters. An error is ours: the letter is tried again.
type Mailer interface {
	Mail(ctx context.Context, l Letter) (Outcome, error)
}

// Note is a message to a device of a member.
type Note struct {
	ID       string // of the delivery: the same whenever it is sent again
	DeviceID string
	MemberID string // whose it must be, still
	Items    []Item // one, or in a digest several
	Digest   bool
	Until    time.Time // from then on it is no news
	// Silent are servers that are not asked again in this run: what is for them is Uncalled, and waits.
	Silent []string
}

// Devices are the browsers of members that show what is new.
type Devices interface {
	// Of are the ids of members' devices, by member.
	Of(ctx context.Context, memberIDs ...string) (map[string][]string, error)
	// Push sends to one; an error is ours, and the message is tried again. One that is not the member's any more
	// is Gone and Uncalled.
	Push(ctx context.Context, n Note) (Outcome, error)
}

// Channel is one of the council's: a room of Discord or Slack, or a program.
type Channel struct{ ID, Kind string }

// Message is what a channel is sent.
type Message struct {
	ID                            string // of the delivery, for ever the same; all else is what the thing says when it is sent
	Topic, Kind, Title, Line, URL string // Kind as thing.Kind.Name
	At                            time.Time
}

// Channels are the council's.
type Channels interface {
	// For are those that want a topic and are not paused.
	For(ctx context.Context, topic string) ([]Channel, error)
	// Send sends to one; an error is ours, and the message is tried again.
	Send(ctx context.Context, channelID string, m Message) (Outcome, error)
}

// None are no channels.
type None struct{}

// For is none.
func (None) For(context.Context, string) ([]Channel, error) { return nil, nil }

// Send sends nothing: there is no channel.
func (None) Send(context.Context, string, Message) (Outcome, error) {
	return Outcome{Uncalled: true}, nil
}

// hash is an id that follows from what it is made of.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write([]byte(p + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Package channel is where the council's news goes by itself: channels of Discord and Slack, and
// webhooks of programs. It keeps their addresses sealed, makes a message of each kind, calls the
// address and keeps count of what was not taken.
package channel

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/problem"
)

// DeskPath is where the council works with channels.
const DeskPath = "/console/channels"

// Kinds of channels.
const (
	Discord = "discord"
	Slack   = "slack"
	Webhook = "webhook"
)

// Limits.
const (
	MostName = 60 // characters
	Most     = 20 // channels: each is called for every message
	// Tries is how many failures in a row pause a channel, if the first of them is Outage ago: so often is a message tried
	// in two hours, and however many of them wait in a shorter time, they do not pause it.
	Tries  = 4
	Outage = 2 * time.Hour
	// Overlap is for how long the secret before is signed with as well, so that receivers change
	// without losing a message.
	Overlap = 24 * time.Hour
)

// Topic is something that channels can be told of.
type Topic struct {
	Name  string // as "notices"
	Label problem.Text
}

// Channel is one, without what is secret about it.
type Channel struct {
	ID        string
	Kind      string // Discord, Slack or Webhook
	Name      string
	Origin    string // of its address, as https://discord.com: the rest is never shown again
	Topics    []string
	PausedAt  *time.Time // nil while it is told
	Failures  int        // in a row
	FailedAt  *time.Time // when the first of them was
	SentAt    *time.Time // when a message was taken last
	Status    int        // of what was answered last; 0 for none
	Answer    string     // its first bytes, or an outside.Reason; "" where it was taken
	Changing  *time.Time // until when the secret before is signed with as well; nil for one secret or none
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Lost is the Answer of a channel whose address or secrets cannot be opened, as after SECRET_KEY was
// changed: it is told nothing, and can only be deleted.
const Lost = "cannot-be-opened"

// Lost says whether what is sealed of it cannot be opened.
func (c Channel) Lost() bool { return c.Answer == Lost && c.Status == 0 }

func errLost() error {
	t := Said(Lost)
	return problem.WrongField("address", Lost, t.KO, t.EN)
}

// Paused says whether it is told nothing.
func (c Channel) Paused() bool { return c.PausedAt != nil }

// Wants says whether it is told of a topic.
func (c Channel) Wants(topic string) bool { return slices.Contains(c.Topics, topic) }

// Content is what an admin decides about a channel.
type Content struct {
	Name    string
	Address string // "" to keep the one that there is
	Topics  []string
}

// Check normalises what an admin decided and refuses what breaks a rule. Offered are the topics
// that there are, was those that the channel has: a topic that is gone may stay. A new channel
// needs its address.
func (c Content) Check(offered []Topic, was *Channel) (Content, *Target, error) {
	var f check.Fields
	c.Name = f.Line("name", c.Name, MostName)
	var to *Target
	if c.Address != "" || was == nil {
		to = target(&f, c.Address)
	}
	if to != nil && was != nil && to.Kind != was.Kind {
		f.Add("address", "other-kind", "다른 서비스의 주소입니다. 새 채널로 등록해 주세요.", "It is of another service: add it as a new channel.")
	}
	topics := []string{}
	for i, name := range c.Topics {
		known := slices.ContainsFunc(offered, func(t Topic) bool { return t.Name == name }) || was != nil && was.Wants(name)
		if !known {
			f.Add(fmt.Sprintf("topics[%d]", i), "unknown", "없는 주제입니다.", "There is no such topic.")
		} else if !slices.Contains(topics, name) {
			topics = append(topics, name)
		}
	}
	if len(c.Topics) == 0 {
		f.Add("topics", "required", "알릴 주제를 하나 이상 고르세요.", "Choose at least one topic.")
	}
	slices.Sort(topics)
	c.Topics = topics
	return c, to, f.Err()
}

// Target is where a channel's messages go.
type Target struct {
	Kind    string
	Address outside.Address
}

// Paths of the addresses that Discord and Slack give out.
var (
	discordHosts = []string{"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"}
	discordPath  = regexp.MustCompile(`^/api(?:/v[0-9]{1,2})?/webhooks/[0-9]{15,22}/[A-Za-z0-9_-]{20,200}(\?.*)?$`)
	slackHosts   = []string{"hooks.slack.com", "hooks.slack-gov.com"}
	slackPath    = regexp.MustCompile(`^/services/[A-Z0-9]{1,20}/[A-Z0-9]{1,20}/[A-Za-z0-9]{10,60}$`)
)

// target reads an address, and recognises of which kind it is.
func target(f *check.Fields, text string) *Target {
	if text == "" {
		f.Required("address")
		return nil
	}
	a, err := outside.Parse(text)
	if err != nil {
		refused(f, err)
		return nil
	}
	t := Target{Kind: Webhook, Address: a}
	switch {
	case slices.Contains(discordHosts, a.Host()):
		t.Kind = Discord
	case slices.Contains(slackHosts, a.Host()):
		t.Kind = Slack
	default:
		return &t
	}
	if t.Kind == Slack && !slackPath.MatchString(a.Path()) || t.Kind == Discord && !ofDiscord(a.Path()) || a.Origin() != "https://"+a.Host() {
		f.Add("address", "not-a-webhook", "웹후크 주소가 아닙니다. Discord는 채널 편집 > 연동 > 웹후크에서, Slack은 앱의 Incoming Webhooks에서 복사해 주세요.",
			"It is not the address of a webhook. Copy it in Discord from Edit Channel > Integrations > Webhooks, in Slack from Incoming Webhooks of the app.")
		return nil
	}
	return &t
}

// ofDiscord says whether a path is one of Discord's webhooks, perhaps into a thread.
func ofDiscord(path string) bool {
	parts := discordPath.FindStringSubmatch(path)
	if parts == nil {
		return false
	}
	if parts[1] == "" {
		return true
	}
	query, err := url.ParseQuery(parts[1][1:])
	return err == nil && len(query) == 1 && len(query["thread_id"]) == 1 && thread.MatchString(query.Get("thread_id"))
}

var thread = regexp.MustCompile(`^[0-9]{15,22}$`)

// refused says why an address is not taken.
func refused(f *check.Fields, err error) {
	reason := outside.ReasonOf(err)
	t := Said(string(reason))
	f.Add("address", string(reason), t.KO, t.EN)
}

// Said is why an address was not called, in words: of an outside.Reason.
func Said(reason string) problem.Text {
	switch outside.Reason(reason) {
	case Lost:
		return problem.Text{KO: "저장한 주소를 열 수 없습니다. 이 채널을 지우고 새로 등록해 주세요.", EN: "What was saved cannot be opened: delete this channel and add it anew."}
	case outside.Malformed:
		return problem.Text{KO: "https://로 시작하는 주소를 그대로 붙여 넣어 주세요.", EN: "Paste the whole address, which begins with https://."}
	case outside.NotPublic:
		return problem.Text{KO: "인터넷에 공개된 https 주소가 아닙니다. 내부망이나 이 서버를 가리키는 주소는 쓸 수 없습니다.", EN: "It is no https address of the public internet: what leads to a private network or to this server is not called."}
	case outside.NoPort:
		return problem.Text{KO: "포트는 443만 쓸 수 있습니다.", EN: "Only port 443 is called."}
	case outside.NoName:
		return problem.Text{KO: "이런 이름의 서버를 찾을 수 없습니다.", EN: "There is no server of this name."}
	case outside.TooSlow:
		return problem.Text{KO: "상대가 제때 답하지 않았습니다.", EN: "It did not answer in time."}
	case outside.Certificate:
		return problem.Text{KO: "상대의 인증서가 그 이름의 것이 아닙니다.", EN: "Its certificate is not of this name."}
	case outside.NoAnswer:
		return problem.Text{KO: "상대에게 연결하지 못했습니다.", EN: "No connection could be made."}
	}
	return problem.Text{KO: reason, EN: reason}
}

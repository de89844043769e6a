package channel

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/madang-council/madang/shared/text"
)

// Message is what a channel is told: what the page says when it is sent, so that one that is sent again may say it in other words.
type Message struct {
	ID    string // of the delivery, the same for ever: receivers know by it what they have
	Topic string // as Topic.Name
	Kind  string // as people say it, as 공지
	Title string
	Line  string // or ""
	URL   string // of the site, or a path of it
	At    time.Time
}

// Sender is who messages are from: the address of the site without a slash at its end, and the
// name of the council.
type sender struct{ site, council string }

func (s sender) link(m Message) string {
	if strings.HasPrefix(m.URL, "/") {
		return s.site + m.URL
	}
	return m.URL
}

// Limits of Discord's fields (docs.discord.com, Message: Embed Limits) and of Slack's (docs.slack.dev,
// Block Kit), in characters. Neither says what it counts; UTF-16 counts the most of each text.
const (
	discordTitle = 256
	discordText  = 1024
	discordLine  = 256 // author and footer
	slackHeader  = 150
	slackText    = 1024 // of 3 000
	slackLink    = 2000
	slackPlain   = 500
)

// units is how long a text is in UTF-16.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// fit is a text as it is written for a channel, cut so that what is written is no longer than a
// limit. What it is never begins or ends in the middle of a character or of an escape.
func fit(s string, limit int, write func(string) string) string {
	for n := min(text.Count(s), limit); n > 0; {
		written := write(text.Truncate(s, n))
		over := units(written) - limit
		if over <= 0 {
			return written
		}
		n -= max(1, over/longestEscape)
	}
	return ""
}

// longestEscape is how many characters one becomes at most: & is &amp;.
const longestEscape = 5

// oneLine is a text without line breaks, which would begin a heading, a list or a quotation.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// discordMarks are the characters that mean something in Discord's Markdown: a backslash before
// one leaves it as it is (a backslash goes before any sign of ASCII).
const discordMarks = "\\`*_~|>#+-[]()<:@&.!="

func forDiscord(s string) string {
	var out strings.Builder
	for _, r := range s {
		if strings.ContainsRune(discordMarks, r) {
			_ = out.WriteByte('\\')
		}
		_, _ = out.WriteRune(r)
	}
	return out.String()
}

// forSlack is a text in which nothing is a link, a mention or an entity.
func forSlack(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func plain(s string) string { return s }

// linkForSlack is an address as it stands in <…|…>.
func linkForSlack(address string) string {
	return strings.NewReplacer("&", "&amp;", "<", "%3C", ">", "%3E", "|", "%7C").Replace(address)
}

type (
	discordNamed struct {
		Text string `json:"text,omitempty"`
		Name string `json:"name,omitempty"`
	}
	discordEmbed struct {
		Author      *discordNamed `json:"author,omitempty"`
		Title       string        `json:"title"`
		Description string        `json:"description,omitempty"`
		URL         string        `json:"url,omitempty"`
		Timestamp   string        `json:"timestamp"`
		Footer      *discordNamed `json:"footer,omitempty"`
	}
	discordMessage struct {
		Embeds   []discordEmbed `json:"embeds"`
		Mentions struct {
			Parse []string `json:"parse"`
		} `json:"allowed_mentions"`
	}
)

// title is what a message is called, of one without a title its kind.
func (m Message) title() string {
	if t := oneLine(m.Title); !text.Blank(t) {
		return t
	}
	if k := oneLine(m.Kind); !text.Blank(k) {
		return k
	}
	return "알림"
}

// discord is a message of Discord: one embed. Nobody is mentioned, whatever stands in it.
func (s sender) discord(m Message) ([]byte, error) {
	e := discordEmbed{
		Title: fit(m.title(), discordTitle, forDiscord), Description: fit(oneLine(m.Line), discordText, forDiscord), URL: s.link(m), Timestamp: m.At.UTC().Format(time.RFC3339),
	}
	if kind := fit(oneLine(m.Kind), discordLine, plain); kind != "" {
		e.Author = &discordNamed{Name: kind}
	}
	if council := fit(oneLine(s.council), discordLine, plain); council != "" {
		e.Footer = &discordNamed{Text: council}
	}
	d := discordMessage{Embeds: []discordEmbed{e}}
	d.Mentions.Parse = []string{}
	return encoded(d)
}

type (
	slackSaid struct {
		Type  string `json:"type"`
		Text  string `json:"text"`
		Emoji *bool  `json:"emoji,omitempty"`
	}
	slackBlock struct {
		Type     string      `json:"type"`
		Text     *slackSaid  `json:"text,omitempty"`
		Elements []slackSaid `json:"elements,omitempty"`
	}
	slackMessage struct {
		Text   string       `json:"text"` // for notifications and screen readers
		Blocks []slackBlock `json:"blocks"`
	}
)

// slack is a message of Slack: title, line and a link, of which only the link is markup.
func (s sender) slack(m Message) ([]byte, error) {
	literal := false
	said := func(t string) *slackSaid { return &slackSaid{Type: "plain_text", Text: t, Emoji: &literal} }
	blocks := []slackBlock{{Type: "header", Text: said(fit(m.title(), slackHeader, forSlack))}}
	if line := fit(oneLine(m.Line), slackText, forSlack); line != "" {
		blocks = append(blocks, slackBlock{Type: "section", Text: said(line)})
	}
	below := []slackSaid{}
	if link := linkForSlack(s.link(m)); link != "" && len(link) <= slackLink {
		below = append(below, slackSaid{Type: "mrkdwn", Text: "<" + link + "|홈페이지에서 보기>"})
	}
	if from := fit(strings.Trim(oneLine(m.Kind+" · "+s.council), " ·"), slackHeader, forSlack); from != "" {
		below = append(below, *said(from))
	}
	if len(below) > 0 {
		blocks = append(blocks, slackBlock{Type: "context", Elements: below})
	}
	return encoded(slackMessage{Text: fit(strings.Trim(oneLine(m.Kind+": "+m.title()), " :"), slackPlain, forSlack), Blocks: blocks})
}

// webhook is a message for programs, in the form that Standard Webhooks recommends.
func (s sender) webhook(m Message) ([]byte, error) {
	type data struct {
		Kind  string `json:"kind"`
		Title string `json:"title"`
		Line  string `json:"line"`
		URL   string `json:"url"`
	}
	return encoded(struct {
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      data   `json:"data"`
	}{m.Topic, m.At.UTC().Format(time.RFC3339), data{Kind: m.Kind, Title: m.Title, Line: m.Line, URL: s.link(m)}})
}

func encoded(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	return raw, nil
}

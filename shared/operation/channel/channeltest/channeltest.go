// Package channeltest stands in for Discord, Slack and receivers of webhooks: a server behind their
// names that holds what it is sent to the documented limits, and answers as a test wants.
package channeltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/outside/outsidetest"
)

// Addresses that the stand takes.
const (
	Discord = "https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-0123456789abcd"
	Slack   = "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijABCDEFGHIJ1234" //nolint:gosec // of nobody
	Webhook = "https://hooks.madang.ac.kr/council?key=a%2Fb"
)

// Request is what somebody was sent.
type Request struct {
	Host   string
	URI    string
	Header http.Header
	Body   []byte
}

// Answer is what is answered; the zero value is that of who takes it.
type Answer struct {
	Status int
	Header map[string]string
	Body   string
}

// Stand is the server.
type Stand struct {
	t       testing.TB
	mu      sync.Mutex
	got     []Request
	script  func(Request) Answer
	where   func(host string) ([]netip.Addr, error)
	options outside.Options
}

// Open begins a stand that takes everything, until the test ends.
func Open(t testing.TB) *Stand {
	t.Helper()
	s := &Stand{t: t}
	s.Script(nil)
	s.Names(nil)
	s.options = outsidetest.Serve(t, s, s.lookUp, "discord.com", "canary.discord.com", "hooks.slack.com", "hooks.madang.ac.kr", "*.hooks.madang.ac.kr")
	return s
}

// Options lead all names to the stand, behind what is judged of an address.
func (s *Stand) Options() outside.Options { return s.options }

// Script says what is answered from now on; nil for who takes everything that is right.
func (s *Stand) Script(answer func(Request) Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer == nil {
		answer = func(Request) Answer { return Answer{} }
	}
	s.script = answer
}

// Names says where names lead from now on; nil for a public address that is the stand's.
func (s *Stand) Names(where func(host string) ([]netip.Addr, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if where == nil {
		where = func(string) ([]netip.Addr, error) { return []netip.Addr{outsidetest.Server}, nil }
	}
	s.where = where
}

func (s *Stand) lookUp(host string) ([]netip.Addr, error) {
	s.mu.Lock()
	where := s.where
	s.mu.Unlock()
	return where(host)
}

// Take is what came since it was called last.
func (s *Stand) Take() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

// ServeHTTP holds a message to the limits of who gets it, and answers.
func (s *Stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Errorf("a body that breaks off: %v", err)
	}
	asked := Request{Host: r.Host, URI: r.RequestURI, Header: r.Header, Body: body}
	s.mu.Lock()
	s.got = append(s.got, asked)
	answer := s.script(asked)
	s.mu.Unlock()
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || !json.Valid(body) {
		s.t.Errorf("%s %s of %s: %s", r.Method, r.RequestURI, r.Header.Get("Content-Type"), body)
	}
	usual, wrong := Answer{Status: http.StatusNoContent}, []string{}
	switch {
	case strings.HasSuffix(r.Host, "discord.com"):
		usual, wrong = Answer{Status: http.StatusOK, Body: `{"id":"1"}`}, DiscordWrong(body)
		if r.URL.Query().Get("wait") != "true" {
			wrong = append(wrong, "does not wait for what becomes of it")
		}
	case r.Host == "hooks.slack.com":
		usual, wrong = Answer{Status: http.StatusOK, Body: "ok"}, SlackWrong(body)
	}
	for _, what := range wrong {
		s.t.Errorf("%s: %s: %s", r.Host, what, body)
	}
	if answer.Status == 0 {
		answer = usual
	}
	for name, value := range answer.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(answer.Status)
	_, _ = io.WriteString(w, answer.Body)
}

// wrongs collects what is against a limit.
type wrongs []string

func (w *wrongs) hold(fits bool, format string, args ...any) {
	if !fits {
		*w = append(*w, fmt.Sprintf(format, args...))
	}
}

func (w *wrongs) length(name, text string, least, most int) {
	n := len(utf16.Encode([]rune(text)))
	w.hold(n >= least && n <= most && strings.TrimSpace(text) != "" || n == 0 && least == 0, "%s has %d characters, not %d to %d", name, n, least, most)
}

func strictly(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func ofTheWeb(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(address) <= 2048
}

// DiscordWrong is what Discord would refuse of a message to a webhook, or do that is not wanted
// (docs.discord.com: Execute Webhook, Embed Limits, Allowed Mentions).
func DiscordWrong(body []byte) []string {
	var w wrongs
	var m struct {
		Content string `json:"content"`
		Embeds  []struct {
			Author      struct{ Name, URL string }
			Title       string
			Description string
			URL         string
			Timestamp   string
			Footer      struct{ Text string }
			Fields      []struct{ Name, Value string }
		}
		Mentions *struct{ Parse *[]string } `json:"allowed_mentions"`
	}
	if err := strictly(body, &m); err != nil {
		return []string{err.Error()}
	}
	w.length("content", m.Content, 0, 2000)
	w.hold(m.Mentions != nil && m.Mentions.Parse != nil && len(*m.Mentions.Parse) == 0, "somebody may be mentioned")
	w.hold(m.Content != "" || len(m.Embeds) > 0, "it is empty")
	w.hold(len(m.Embeds) <= 10, "%d embeds", len(m.Embeds))
	all := ""
	for _, e := range m.Embeds {
		w.length("title", e.Title, 1, 256)
		w.length("description", e.Description, 0, 1024)
		w.length("author", e.Author.Name, 0, 256)
		w.length("footer", e.Footer.Text, 0, 2048)
		w.hold(len(e.Fields) <= 25, "%d fields", len(e.Fields))
		for _, f := range e.Fields {
			w.length("name", f.Name, 1, 256)
			w.length("value", f.Value, 1, 1024)
			all += f.Name + f.Value
		}
		w.hold(e.URL == "" || ofTheWeb(e.URL), "url %s", e.URL)
		_, err := time.Parse(time.RFC3339, e.Timestamp)
		w.hold(e.Timestamp == "" || err == nil, "timestamp %s", e.Timestamp)
		all += e.Title + e.Description + e.Author.Name + e.Footer.Text
	}
	w.hold(len(utf16.Encode([]rune(all))) <= 6000, "it is too long in all")
	return w
}

// slackLink is the one form of < and > in Slack's markup that is ours.
var slackLink = regexp.MustCompile(`^<https?://[^<>|\s]+\|[^<>|]+>$`)

// entities are the only ones that Slack knows.
var entities = regexp.MustCompile(`&(amp|lt|gt);`)

// SlackWrong is what Slack would refuse of a message, or read as markup (docs.slack.dev: Block Kit,
// Formatting message text, Escaping text).
func SlackWrong(body []byte) []string {
	var w wrongs
	type said struct {
		Type  string
		Text  string
		Emoji *bool
	}
	var m struct {
		Text   string
		Blocks []struct {
			Type     string
			Text     *said
			Elements []said
		}
	}
	if err := strictly(body, &m); err != nil {
		return []string{err.Error()}
	}
	escaped := func(text string) {
		rest := entities.ReplaceAllString(text, "")
		w.hold(!strings.ContainsAny(rest, "&<>"), "%q is not escaped", text)
	}
	w.length("text", m.Text, 1, 4000)
	escaped(m.Text)
	w.hold(len(m.Blocks) >= 1 && len(m.Blocks) <= 50, "%d blocks", len(m.Blocks))
	for _, b := range m.Blocks {
		texts := b.Elements
		switch b.Type {
		case "header":
			w.hold(b.Text != nil && b.Text.Type == "plain_text" && b.Elements == nil, "a header is plain text")
		case "section":
			w.hold(b.Text != nil && b.Elements == nil, "a section has a text")
		case "context":
			w.hold(b.Text == nil && len(b.Elements) >= 1 && len(b.Elements) <= 10, "%d elements", len(b.Elements))
		default:
			w.hold(false, "a block of type %s", b.Type)
		}
		if b.Text != nil {
			texts = append(slices.Clone(texts), *b.Text)
		}
		for _, t := range texts {
			most := 3000
			if b.Type == "header" {
				most = 150
			}
			w.length(b.Type, t.Text, 1, most)
			switch {
			case t.Type == "plain_text":
				escaped(t.Text)
			case t.Type == "mrkdwn":
				w.hold(slackLink.MatchString(t.Text) && t.Emoji == nil, "markup that is no link: %q", t.Text)
			default:
				w.hold(false, "a text of type %s", t.Type)
			}
		}
	}
	return w
}

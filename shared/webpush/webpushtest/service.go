package webpushtest

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/outside/outsidetest"
)

// Message is what a push service took, or refused.
type Message struct {
	Endpoint string // where it was sent
	Header   http.Header
	Body     []byte
	TTL      int // seconds
	Sender   Sender
}

// Answer is what a push service answers; the zero value takes the message.
type Answer struct {
	Status int
	Header map[string]string
	Body   string
}

// Service stands in for all push services: a server behind their names that looks at what is sent as RFC 8030, 8188
// and 8292 say, and answers as a test wants.
type Service struct {
	t       testing.TB
	mu      sync.Mutex
	got     []Message
	script  func(Message) Answer
	where   func(host string) []netip.Addr
	options outside.Options
}

// Serve begins one that takes everything, until the test ends.
func Serve(t testing.TB) *Service {
	t.Helper()
	s := &Service{t: t}
	s.Script(nil)
	s.Names(nil)
	s.options = outsidetest.Serve(t, s, func(host string) ([]netip.Addr, error) { return s.lookUp(host), nil }, "fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com")
	return s
}

// Options lead all names to the service, behind what is judged of an address.
func (s *Service) Options() outside.Options { return s.options }

// Script says what is answered from now on; nil for who takes everything.
func (s *Service) Script(answer func(Message) Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer == nil {
		answer = func(Message) Answer { return Answer{} }
	}
	s.script = answer
}

// Names says where names lead from now on; nil for a public address that is the service's.
func (s *Service) Names(where func(host string) []netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if where == nil {
		where = func(string) []netip.Addr { return []netip.Addr{outsidetest.Server} }
	}
	s.where = where
}

func (s *Service) lookUp(host string) []netip.Addr {
	s.mu.Lock()
	where := s.where
	s.mu.Unlock()
	return where(host)
}

// Take is what came since it was called last.
func (s *Service) Take() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

var (
	topics    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)
	urgencies = regexp.MustCompile(`^(very-low|low|normal|high)$`)
)

// ServeHTTP looks at a message, and answers.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Errorf("a body that breaks off: %v", err)
	}
	m := Message{Endpoint: "https://" + r.Host + r.RequestURI, Header: r.Header, Body: body}
	m.TTL, err = strconv.Atoi(r.Header.Get("TTL"))
	hold := func(fits bool, format string, args ...any) {
		if !fits {
			s.t.Errorf("%s: %s", r.Host, fmt.Sprintf(format, args...))
		}
	}
	hold(err == nil && m.TTL >= 0 && m.TTL <= 30*24*3600, "a TTL of %q", r.Header.Get("TTL"))
	hold(r.Method == http.MethodPost && r.Header.Get("Content-Encoding") == "aes128gcm", "%s, encoded as %q", r.Method, r.Header.Get("Content-Encoding"))
	hold(topics.MatchString(r.Header.Get("Topic")), "a topic of %q", r.Header.Get("Topic"))
	hold(urgencies.MatchString(r.Header.Get("Urgency")), "an urgency of %q", r.Header.Get("Urgency"))
	hold(len(body) <= 4096, "%d bytes", len(body))
	m.Sender, err = Verify(r.Header.Get("Authorization"))
	hold(err == nil, "%v", err)
	hold(m.Sender.Audience == "https://"+r.Host, "for %s", m.Sender.Audience)
	hold(strings.HasPrefix(m.Sender.Subject, "https://") || strings.HasPrefix(m.Sender.Subject, "mailto:"), "of %s", m.Sender.Subject)
	s.mu.Lock()
	s.got = append(s.got, m)
	script := s.script
	s.mu.Unlock()
	answer := script(m) // it may hang
	for name, value := range answer.Header {
		w.Header().Set(name, value)
	}
	if answer.Status == 0 {
		answer.Status = http.StatusCreated
	}
	w.WriteHeader(answer.Status)
	_, _ = io.WriteString(w, answer.Body)
}

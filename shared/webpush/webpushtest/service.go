package webpushtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/outside"
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
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(s)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	s.options = outside.Options{
		Roots: roots,
		Names: func(_ context.Context, host string) ([]netip.Addr, error) { return s.lookUp(host), nil },
		Connect: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			if !outside.Public(to.Addr()) {
				t.Errorf("a connection to %s", to)
			}
			return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
		},
	}
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
		where = func(string) []netip.Addr { return []netip.Addr{netip.MustParseAddr("93.184.215.14")} }
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

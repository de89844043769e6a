package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// receivers takes what webhooks are told, for all stories: at MADANG_HOOKS, an address of this
// machine that an environment reaches and is allowed to (site.outsideNetworks and
// site.outsidePorts), or on this machine alone for local hosts.
var receivers *standIn

type standIn struct {
	at   *net.TCPAddr
	mu   sync.Mutex
	told map[string][]telling // by path
}

// telling is one request of a webhook, as Standard Webhooks has them.
type telling struct {
	id, at, signatures string
	body               []byte
}

func openReceivers(address string) *standIn {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		panic(err)
	}
	at, _ := listener.Addr().(*net.TCPAddr)
	s := &standIn{at: at, told: map[string][]telling{}}
	go func() {
		panic(http.Serve(listener, s)) //nolint:gosec // it lives as long as the tests do
	}()
	return s
}

// ServeHTTP takes whatever comes.
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told[r.URL.Path] = append(s.told[r.URL.Path], telling{r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), r.Header.Get("webhook-signature"), body})
	w.WriteHeader(http.StatusNoContent)
}

// of are the messages that a path was told, each id once, that have a text, and how often one
// of them was not signed with a secret.
func (s *standIn) of(path, text, secret string) (messages int, forged int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := map[string]bool{}
	for _, t := range s.told[path] {
		if !strings.Contains(string(t.body), text) {
			continue
		}
		ids[t.id] = true
		if !t.signed(secret) || !json.Valid(t.body) {
			forged++
		}
	}
	return len(ids), forged
}

// signed checks a signature as the standard says, by nothing of ours.
func (t telling) signed(secret string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(t.id + "." + t.at + "." + string(t.body)))
	return strings.Contains(t.signatures+" ", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))+" ")
}

// within says whether something holds soon: within minutes on a cluster, where sweep comes when
// its schedule says so; a local host is told to sweep.
func (s *teller) within(ts *testscript.TestScript, holds func() bool) bool {
	patience, pause := 30*time.Second, 500*time.Millisecond
	if s.environment != nil {
		patience, pause = 7*time.Minute, 2*time.Second
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pause) {
		if holds() {
			return true
		}
		s.sweep(ts)
	}
	return holds()
}

// sweep has a local host sweep, as it does every five minutes.
func (s *teller) sweep(ts *testscript.TestScript) {
	if s.environment != nil {
		return
	}
	actor, last := s.actor, s.last
	s.as(ts, "admin")
	s.send(ts, http.MethodPost, "/v1/admin/sweep", "application/json", []byte(`{}`), nil)
	s.actor, s.last = actor, last
}

// tells waits until a path was told of a text by exactly one message, and looks once more a
// little later.
func (s *teller) tells(ts *testscript.TestScript, path, text, secret string) {
	if !s.within(ts, func() bool { n, _ := receivers.of(path, text, secret); return n > 0 }) {
		ts.Fatalf("%s was not told of %s", path, text)
	}
	s.sweep(ts)
	time.Sleep(2 * time.Second)
	if n, forged := receivers.of(path, text, secret); n != 1 || forged > 0 {
		ts.Fatalf("%s was told %d times of %s; %d were not signed as they should be", path, n, text, forged)
	}
}

var oneClick = regexp.MustCompile(`/unsubscribe/[A-Za-z0-9_.~-]+`)

// letters are the mails to an address that have a text.
func (s *teller) letters(ts *testscript.TestScript, address, text string) []string {
	mail := postOffice.text()
	if postOffice == nil {
		actor, last := s.actor, s.last
		s.send(ts, http.MethodGet, "/_dev/mail", "", nil, http.Header{"Accept": {"*/*"}})
		mail = string(s.last.body)
		s.actor, s.last = actor, last
	}
	found := []string{}
	for _, letter := range strings.Split(mail, "\nTo: ")[1:] {
		to, body, _ := strings.Cut(letter, "\n")
		if strings.Trim(strings.TrimSpace(to), "<>") == address && strings.Contains(body, text) {
			found = append(found, body)
		}
	}
	return found
}

// mailed waits until exactly one mail with a text came to an address, and is where a click
// ends such mails.
func (s *teller) mailed(ts *testscript.TestScript, address, text string) string {
	if !s.within(ts, func() bool { return len(s.letters(ts, address, text)) > 0 }) {
		ts.Fatalf("%s got no mail of %s", address, text)
	}
	s.sweep(ts)
	time.Sleep(2 * time.Second)
	got := s.letters(ts, address, text)
	link := oneClick.FindString(got[0])
	if len(got) != 1 || link == "" {
		ts.Fatalf("%s got %d mails of %s:\n%s", address, len(got), text, strings.Join(got, "\n---\n"))
	}
	return link
}

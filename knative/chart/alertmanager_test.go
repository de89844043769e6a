package chart_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	corev1 "k8s.io/api/core/v1"

	"github.com/madang-council/madang/shared/clock"
)

// alertmanager is the program of Debian's package or of the official archive. Without it the
// test is skipped with the reason, or fails where CI=true.
func alertmanager(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"alertmanager", "prometheus-alertmanager"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("CI must test who is told: there is no alertmanager")
	}
	t.Skip("not tested with Alertmanager (Debian: prometheus-alertmanager)")
	return ""
}

// letter is a mail as it arrived.
type letter struct{ from, to, account, subject, text string }

// letters takes mail of one account.
type letters chan letter

func (l letters) NewSession(*smtp.Conn) (smtp.Session, error) { return &letterSession{to: l}, nil }

type letterSession struct {
	to letters
	letter
}

func (s *letterSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *letterSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, word string) error {
		s.account = user + ":" + word
		return nil
	}), nil
}
func (s *letterSession) Reset()        {}
func (s *letterSession) Logout() error { return nil }
func (s *letterSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}
func (s *letterSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.letter.to = to
	return nil
}
func (s *letterSession) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	if s.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return err
	}
	text, err := io.ReadAll(m.Body)
	s.text = string(text)
	s.to <- s.letter
	return err
}

// An alert that fires is a mail in Korean and a message in Discord, by a real Alertmanager
// with the configuration that the chart makes; and when it is over, that is told, too.
func TestAlertsAreTold(t *testing.T) {
	program := alertmanager(t)
	box := make(letters, 8)
	server := smtp.NewServer(box)
	server.Domain, server.AllowInsecureAuth = "stand-in", true
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { _ = server.Close() })
	posted := make(chan string, 8)
	discord := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posted <- r.URL.Path + " " + string(body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer discord.Close()
	r := mustRender(t, production, set("secrets.smtpUrl", "smtp://teller:word@"+listener.Addr().String()+"?tls=none"),
		set("secrets.alertDiscordUrl", discord.URL+"/api/webhooks/1/token"), set("monitoring.alertmanager.mail", []any{"watch@example.ac.kr"}))
	configuration := of[corev1.Secret](r)["Secret/alertmanager"].StringData["alertmanager.yml"]
	// As the chart has it, but without its patience.
	configuration = strings.NewReplacer("group_wait: 30s", "group_wait: 1ms", "group_wait: 10s", "group_wait: 1ms", "group_interval: 5m", "group_interval: 100ms").Replace(configuration)
	dir := t.TempDir()
	at := free(t)
	var log bytes.Buffer
	command := exec.CommandContext(t.Context(), program, "--config.file="+write(t, filepath.Join(dir, "alertmanager.yml"), configuration), "--storage.path="+dir,
		"--web.listen-address="+at, "--cluster.listen-address=")
	command.Stderr = &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	until(t, func() error { return get("http://" + at + "/-/ready") })

	summary, started := "홈페이지가 답하지 않습니다.", time.Now().Add(-time.Minute)
	tell := func(ends time.Time) {
		t.Helper()
		alert := map[string]any{"labels": map[string]string{"alertname": "SiteDown", "severity": "page"}, "annotations": map[string]string{"summary": summary, "runbook": "docs/operating.md#sitedown"},
			"startsAt": started, "endsAt": ends}
		body, err := json.Marshal([]any{alert})
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.Post("http://"+at+"/api/v2/alerts", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatal(response.Status)
		}
	}
	check := func(begins string) {
		t.Helper()
		select {
		case l := <-box:
			if l.to != "watch@example.ac.kr" || l.account != "teller:word" || l.from != "no-reply@example.ac.kr" || !strings.Contains(l.subject, begins+summary) || !strings.HasPrefix(l.subject, "[마당대학교 총학생회] ") {
				t.Errorf("%+v", l)
			}
		case <-time.After(time.Minute):
			t.Fatal("no mail")
		}
		select {
		case m := <-posted:
			if !strings.HasPrefix(m, "/api/webhooks/1/token ") || !strings.Contains(m, begins+summary) || !strings.Contains(m, started.In(clock.Seoul).Format("2006-01-02 15:04")) || !strings.Contains(m, "docs/operating.md#sitedown") || !strings.Contains(m, "https://madang.example.ac.kr/console/operations") {
				t.Error(m)
			}
		case <-time.After(time.Minute):
			t.Fatal("no message")
		}
	}
	tell(time.Now().Add(time.Hour))
	check("")
	tell(time.Now().Add(-time.Second))
	check("해결: ")
}

// Whom nobody could tell is refused, and a password that would be read wrongly.
func TestAlertmanagerRefuses(t *testing.T) {
	for name, url := range map[string]string{"secrets.smtpUrl": "smtp://user:p%40ss@mail.example.ac.kr:587"} {
		if _, err := render(t, production, set(name, url)); err == nil || !strings.Contains(err.Error(), "another password") {
			t.Errorf("%s: %v", url, err)
		}
		if _, err := render(t, production, set(name, url), set("monitoring.alertmanager.own", false)); err != nil {
			t.Error(err)
		}
	}
	if _, err := render(t, production, set("images.alertmanager", "")); err == nil {
		t.Error("without an image")
	}
}

func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func get(address string) error {
	response, err := http.Get(address)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", response.Status)
	}
	return nil
}

func until(t *testing.T, ready func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = ready(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

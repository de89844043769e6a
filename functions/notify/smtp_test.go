package notify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/mail/smtp"
)

// program finds one of Debian's programs. Without it the test is skipped with the reason, or fails where CI=true.
func program(t *testing.T, name, of string) string {
	t.Helper()
	for _, at := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(at); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("there is no %s: install %s", name, of)
	}
	t.Skipf("there is no %s: install %s", name, of)
	return ""
}

// exim starts a mail server and returns its address and the folder of its mailbox.
func exim(t *testing.T) (port, mailbox string) {
	t.Helper()
	server := program(t, "exim4", "exim4-daemon-light")
	dir, err := os.MkdirTemp("", "exim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	_ = listener.Close()
	conf, err := os.ReadFile("testdata/exim.conf")
	if err != nil {
		t.Fatal(err)
	}
	owner := ""
	if os.Getuid() != 0 { // else it would become a user of its own, which only root can
		owner = fmt.Sprintf("exim_user = %d\nexim_group = %d\nunknown_login = tester", os.Getuid(), os.Getgid())
	}
	conf = []byte(strings.NewReplacer("DIR", dir, "PORT", port, "OWNER", owner).Replace(string(conf)))
	if err := os.WriteFile(filepath.Join(dir, "conf"), conf, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{dir, filepath.Join(dir, "spool"), filepath.Join(dir, "mail")} {
		_ = os.Mkdir(folder, 0o755)
		if err := os.Chmod(folder, 0o777); err != nil { //nolint:gosec // the server's own user writes there
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	daemon := exec.CommandContext(t.Context(), server, "-C", filepath.Join(dir, "conf"), "-bdf")
	daemon.Stdout, daemon.Stderr = &said, &said
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })
	for n := 0; ; n++ {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = conn.Close()
			return port, filepath.Join(dir, "mail", "new")
		}
		if n == 300 {
			log, _ := os.ReadFile(filepath.Join(dir, "mainlog"))
			t.Fatalf("exim4 does not answer: %v\n%s%s", err, said.String(), log)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// received is a mail as Python's library reads it.
type received struct {
	To, Subject, From, ID, Ends, Post, Auto, Type, Text, HTML string
	Defects                                                   []string
	Longest                                                   int
}

// mails waits for as many mails as there are to come, and reads them.
func mails(t *testing.T, mailbox string, n int) []received {
	t.Helper()
	python := program(t, "python3", "python3")
	var files []string
	for tries := 0; len(files) < n; tries++ {
		if tries == 300 {
			log, _ := os.ReadFile(filepath.Join(mailbox, "..", "..", "mainlog"))
			t.Fatalf("%d mails, want %d\n%s", len(files), n, log)
		}
		time.Sleep(100 * time.Millisecond)
		files, _ = filepath.Glob(filepath.Join(mailbox, "*"))
	}
	out, err := exec.CommandContext(t.Context(), python, append([]string{"testdata/read.py"}, files...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	list := []received{}
	for line := range strings.Lines(string(out)) {
		var m received
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err, line)
		}
		list = append(list, m)
	}
	return list
}

// A real mail server takes the mails, and another program reads them back: Korean in headers and texts, who ends them and how. Who is not there
// any more is paused, a full mailbox is tried again.
func TestAMailServer(t *testing.T) {
	port, mailbox := exim(t)
	w := open(t)
	sender, err := smtp.Open("smtp://127.0.0.1:"+port+"?tls=none", `"마당대학교 총학생회" <notify@example.ac.kr>`)
	if err != nil {
		t.Fatal(err)
	}
	w.Deps.Mail = sender
	member := w.Member(functiontest.Member{Email: "member@example.ac.kr"})
	gone, full := w.Member(functiontest.Member{Email: "gone@example.ac.kr"}), w.Member(functiontest.Member{Email: "full@example.ac.kr"})
	for _, m := range []functiontest.Account{member, gone, full} {
		w.choose(m.Token, "notices", "now")
	}
	const title = "2026학년도 2학기 총학생회비 납부와 환불에 관한 안내, “<b>&🙂” 그리고 아주 긴 제목"
	w.write(w.Editor(), map[string]any{"title": title, "publishAt": w.Now()})
	w.deliver(2)
	got := mails(t, mailbox, 1)
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	m := got[0]
	if m.To != member.Email || m.Subject != "[마당대학교 총학생회] "+title || !strings.Contains(m.From, "마당대학교 총학생회") || m.Type != "multipart/alternative" || m.Auto != "auto-generated" {
		t.Errorf("%+v", m)
	}
	if !strings.Contains(m.Text, title) || !strings.Contains(m.HTML, "“&lt;b&gt;&amp;🙂”") || !strings.HasSuffix(m.ID, "@council.madang.ac.kr>") {
		t.Errorf("%+v", m)
	}
	if len(m.Defects) > 0 || m.Longest > 998 { // RFC 5322, 2.1.1
		t.Errorf("defects %v, longest line %d", m.Defects, m.Longest)
	}
	link, err := url.Parse(strings.Trim(m.Ends, "<>"))
	if err != nil || link.Scheme != "https" || m.Post != "List-Unsubscribe=One-Click" {
		t.Fatalf("%v %+v", err, m)
	}
	w.Do(functiontest.Request{Method: "POST", Path: link.Path, Body: url.Values{"List-Unsubscribe": {"One-Click"}}}).Want(200)
	if w.settings(member.Token)["notices"] != "off" {
		t.Error("the link of the mail ends nothing")
	}
	pausedOf := func(as string) string {
		return string(w.Do(functiontest.Request{Method: "GET", Path: "/v1/notifications/settings", As: as}).Want(200).Body)
	}
	if got := pausedOf(gone.Token); !strings.Contains(got, "no such user here") || strings.Contains(pausedOf(full.Token), "paused") || strings.Contains(pausedOf(member.Token), "paused") {
		t.Errorf("gone: %s, full: %s", got, pausedOf(full.Token))
	}
	if _, err := w.DB.Exec(w.Context(), `UPDATE members SET email = 'other@example.ac.kr' WHERE id = $1`, full.ID); err != nil {
		t.Fatal(err)
	}
	w.Wait(6 * time.Minute)
	w.sweep()
	if got := mails(t, mailbox, 2); len(got) != 2 {
		t.Errorf("%+v", got)
	}
}

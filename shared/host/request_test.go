package host_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/host"
)

// origin is where the audit log says that an admin's write came from.
func origin(t *testing.T, app *functiontest.App, admin, forwarded string) string {
	t.Helper()
	app.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/things", As: admin, Body: `{"name":"a"}`, From: forwarded}).Want(201)
	list, err := database.All(app.Context(), app.DB, database.Value[string], `SELECT origin FROM audit ORDER BY at DESC, id DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// What a client writes into X-Forwarded-For itself never counts, and addresses are kept
// only as a hash that changes with the day in Seoul.
func TestClientAddress(t *testing.T) {
	app := functiontest.New(t, sample)
	admin := app.Admin()
	app.At(time.Date(2026, 3, 2, 23, 59, 59, 0, clock.Seoul))
	same := origin(t, app, admin, "203.0.113.9")
	for _, spoofed := range []string{"198.51.100.1, 203.0.113.9", "garbage,203.0.113.9", "203.0.113.8 ,  203.0.113.9", "::ffff:203.0.113.9"} {
		if got := origin(t, app, admin, spoofed); got != same {
			t.Errorf("%q is another origin", spoofed)
		}
	}
	if origin(t, app, admin, "203.0.113.8") == same {
		t.Error("another address is the same origin")
	}
	if strings.Contains(same, "203") && strings.Contains(same, "113") {
		t.Errorf("the origin looks like an address: %s", same)
	}
	app.Wait(time.Second)
	if origin(t, app, admin, "203.0.113.9") == same {
		t.Error("the hash did not change at midnight in Seoul")
	}
}

func TestRateLimit(t *testing.T) {
	app := functiontest.New(t, sample)
	member := app.Member(functiontest.Member{}).Token
	post := func() functiontest.Response {
		return app.Do(functiontest.Request{Method: "POST", Path: "/v1/things", As: member, Body: `{"name":"a"}`})
	}
	allowed := 0
	r := post()
	for ; r.Status == 201 && allowed < 600; r = post() { // one more each second that the burst takes
		allowed++
	}
	if r.Problem(429, "too-many-requests"); allowed < 60 {
		t.Errorf("%d requests were allowed at once", allowed)
	}
	if r.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", r.Header.Get("Retry-After"))
	}
	app.Do(functiontest.Request{Method: "GET", Path: "/v1/things", As: member}).Want(200)
	app.Do(functiontest.Request{Method: "POST", Path: "/v1/things", As: app.Member(functiontest.Member{}).Token, Body: `{"name":"a"}`}).Want(201)
}

// Roles hold from the first to the last instant of their term, without any timer.
func TestTerm(t *testing.T) {
	app := functiontest.New(t, sample)
	until := functiontest.Start.Add(time.Hour)
	admin := app.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Admin, Until: until}}}).Token
	post := func() functiontest.Response {
		return app.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/things", As: admin, Body: `{"name":"a"}`})
	}
	app.At(until.Add(-time.Millisecond))
	post().Want(201)
	app.At(until)
	post().Problem(403, "not-allowed")
}

func TestSecondFactor(t *testing.T) {
	app := functiontest.New(t, sample, functiontest.WithSettings(func(s *function.Settings) { s.AdminNeedsTOTP = true }))
	account := app.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Admin}}})
	post := func() functiontest.Response {
		return app.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/things", As: account.Token, Body: `{"name":"a"}`})
	}
	post().Problem(403, "second-factor-required")
	if _, err := app.DB.Exec(app.Context(), `UPDATE sessions SET totp_at = 1 WHERE id = $1`, account.Session); err != nil {
		t.Fatal(err)
	}
	post().Want(201)
}

// A session ends at once when it is revoked, expires, or its member is suspended.
func TestSessionEnds(t *testing.T) {
	for what, change := range map[string]string{
		"revoked":    `UPDATE sessions SET revoked_at = 1`,
		"expired":    `UPDATE sessions SET until_at = 1`,
		"suspended":  `UPDATE members SET suspended_at = 1`,
		"anonymised": `UPDATE members SET anonymised_at = 1`,
	} {
		app := functiontest.New(t, sample)
		token := app.Member(functiontest.Member{}).Token
		app.Do(functiontest.Request{Method: "POST", Path: "/v1/things", As: token, Body: `{"name":"a"}`}).Want(201)
		if _, err := app.DB.Exec(app.Context(), change); err != nil {
			t.Fatal(err)
		}
		if r := app.Do(functiontest.Request{Method: "POST", Path: "/v1/things", As: token, Body: `{"name":"a"}`}); r.Code() != "session-ended" {
			t.Errorf("%s: %d %s", what, r.Status, r.Body)
		}
	}
}

// Nothing that a caller sends as a secret or a body is written to the log.
func TestLogHoldsNoSecrets(t *testing.T) {
	app := functiontest.New(t, sample)
	member := app.Member(functiontest.Member{}).Token
	app.Do(functiontest.Request{Method: "POST", Path: "/v1/things?token=secret-in-query", As: member, Body: `{"name":"본문비밀"}`, Header: map[string]string{"Cookie": "a=secret-in-cookie"}}).Want(201)
	for _, secret := range []string{member, "본문비밀", "secret-in-query", "secret-in-cookie", "203.0.113.7"} {
		if strings.Contains(app.Log.String(), secret) {
			t.Errorf("the log has %q: %s", secret, app.Log)
		}
	}
	if !strings.Contains(app.Log.String(), `"route":"/v1/things"`) || !strings.Contains(app.Log.String(), `"requestId"`) || !strings.Contains(app.Log.String(), `"traceId"`) {
		t.Errorf("the log lacks what it is for: %s", app.Log)
	}
}

// Who asked, from where, and by which code it was refused, is in the log's line of a request.
func TestLogSaysWho(t *testing.T) {
	app := functiontest.New(t, sample)
	account := app.Member(functiontest.Member{})
	for _, row := range []struct {
		path, as, body string
		code, member   string
	}{
		{"/v1/admin/things", account.Token, `{"name":"a"}`, "not-allowed", account.ID},
		{"/v1/things", account.Token, `{"name":""}`, "invalid-input", account.ID},
		{"/v1/things", account.Token, `{"name":"a"}`, "", account.ID},
		{"/v1/things", "", `{"name":"a"}`, "sign-in-required", ""},
		{"/v1/things", "forged", `{"name":"a"}`, "session-ended", ""},
		{"/v1/panic", "", "", "internal", ""},
	} {
		app.Log.Reset()
		r := app.Do(functiontest.Request{Method: "POST", Path: row.path, As: row.as, Body: row.body})
		var said struct{ Time, Code, Member, Origin, RequestID string }
		for line := range strings.Lines(app.Log.String()) {
			if strings.Contains(line, `"msg":"request"`) {
				if err := json.Unmarshal([]byte(line), &said); err != nil {
					t.Fatal(err)
				}
			}
		}
		if said.Code != row.code || said.Member != row.member || len(said.Origin) != 32 || said.RequestID == "" {
			t.Errorf("%s as %q: %+v", row.path, row.as, said)
		}
		if _, offset, _ := strings.Cut(said.Time, "T"); !strings.ContainsAny(offset, "Z+-") {
			t.Errorf("a time without its offset: %s", said.Time)
		}
		if row.code == "internal" && (strings.Contains(string(r.Body), "이런") || strings.Contains(string(r.Body), ".go") || !strings.Contains(app.Log.String(), "panic: 이런")) {
			t.Errorf("what went wrong is the log's and not the caller's: %s\n%s", r.Body, app.Log)
		}
	}
}

// Whatever is logged is one line: nobody makes up another.
func TestLogIsLines(t *testing.T) {
	var b strings.Builder
	const made = "a\n{\"msg\":\"made up\"}\r\n\u2028\x00\x1b[2J"
	host.NewLog(&b, slog.LevelDebug).Warn(made, made, made, "error", errors.New(made), "data", []byte(made))
	if line, rest, _ := strings.Cut(b.String(), "\n"); rest != "" || !json.Valid([]byte(line)) || strings.ContainsAny(line, "\r\x00\x1b") {
		t.Errorf("%q", b.String())
	}
	app := functiontest.New(t, sample)
	app.Do(functiontest.Request{Method: "POST", Path: "/v1/things/%0A%7B%22msg%22%3A%22made%20up%22%7D", Body: "{", Header: map[string]string{"User-Agent": "a{\"msg\":\"made up\"}", "X-Request-Id": "{\"msg\"}"}})
	for line := range strings.Lines(app.Log.String()) {
		if !json.Valid([]byte(line)) || strings.Contains(line, "made up") {
			t.Errorf("%q", line)
		}
	}
}

package host_test

import (
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
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

func TestLanguage(t *testing.T) {
	for accept, want := range map[string]string{"": "ko", "en": "en", "en-US,en;q=0.9,ko;q=0.8": "en", "ko-KR,ko;q=0.9,en;q=0.8": "ko", "fr, en;q=0.5": "en", "fr": "ko", "*": "ko"} {
		if got := function.Language(accept); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
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

package auth_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	fn "github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/password"
)

const secretWord = "수박을 좋아하는 고양이 7마리"

type tokens struct {
	SessionID        string    `json:"sessionId"`
	AccessToken      string    `json:"accessToken"`
	AccessExpiresAt  time.Time `json:"accessExpiresAt"`
	RefreshToken     string    `json:"refreshToken"`
	RefreshExpiresAt time.Time `json:"refreshExpiresAt"`
	Member           struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Verified bool   `json:"verified"`
		Roles    []struct {
			Role string `json:"role"`
		} `json:"roles"`
	} `json:"member"`
}

// joined makes an account with a password.
func joined(t *testing.T, app *functiontest.App, email string) {
	t.Helper()
	hash, err := password.NewHasher(2).Hash(t.Context(), secretWord)
	if err != nil {
		t.Fatal(err)
	}
	members := member.Store{DB: app.DB, Key: app.Deps.Key, LeaveGrace: app.Deps.Settings.LeaveGrace}
	if _, made, err := members.SignUp(app.Context(), member.New{Profile: member.Profile{Name: "김마당"}, Email: email, Password: hash, Consent: member.Consent{Version: "1", Privacy: true}}); err != nil || !made {
		t.Fatal(made, err)
	}
}

// client calls a function the way its tests read best.
type client struct {
	app     *functiontest.App
	as      string
	cookies map[string]string
	header  map[string]string
	from    string
}

func (c client) do(method, path string, body any) functiontest.Response {
	header := map[string]string{}
	for name, value := range c.header {
		header[name] = value
	}
	pairs := []string{}
	for name, value := range c.cookies {
		pairs = append(pairs, name+"="+value)
	}
	if len(pairs) > 0 {
		header["Cookie"] = strings.Join(pairs, "; ")
	}
	return c.app.Do(functiontest.Request{Method: method, Path: path, As: c.as, Body: body, Header: header, From: c.from})
}

func (c client) signIn(email, word string, more ...string) functiontest.Response {
	body := map[string]any{"email": email, "password": word}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	return c.do("POST", "/v1/auth/sessions", body)
}

// cookiesOf are the cookies of an answer, by name.
func cookiesOf(r functiontest.Response) map[string]*http.Cookie {
	list := map[string]*http.Cookie{}
	for _, c := range (&http.Response{Header: r.Header}).Cookies() {
		list[c.Name] = c
	}
	return list
}

func TestSignIn(t *testing.T) {
	app := functiontest.New(t, fn.Function)
	joined(t, app, "kim@example.com")
	c := client{app: app}
	got := functiontest.JSON[tokens](c.signIn(" Kim@Example.com ", secretWord, "device", "도서관").Want(201))
	if got.Member.Name != "김마당" || got.Member.Verified || !got.AccessExpiresAt.Equal(app.Now().Add(15*time.Minute)) || !got.RefreshExpiresAt.Equal(app.Now().AddDate(0, 0, 30)) {
		t.Errorf("%+v", got)
	}
	in := client{app: app, as: got.AccessToken}
	body := string(in.do("GET", "/v1/auth/sessions", nil).Want(200).Body)
	want := `{"items":[{"id":"` + got.SessionID + `","device":"도서관","current":true,"createdAt":"2026-03-02T12:00:00+09:00","refreshedAt":"2026-03-02T12:00:00+09:00","expiresAt":"2026-04-01T12:00:00+09:00"}]}` + "\n"
	if body != want {
		t.Errorf("sessions:\n%s\nwant\n%s", body, want)
	}
	app.Wait(15 * time.Minute)
	in.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
	again := functiontest.JSON[tokens](c.do("POST", "/v1/auth/sessions/refresh", map[string]string{"refreshToken": got.RefreshToken}).Want(200))
	in.as = again.AccessToken
	in.do("DELETE", "/v1/auth/sessions/current", nil).Want(204)
	in.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
	c.do("POST", "/v1/auth/sessions/refresh", map[string]string{"refreshToken": again.RefreshToken}).Problem(401, "session-ended")
}

func TestRefusedInput(t *testing.T) {
	app := functiontest.New(t, fn.Function)
	member := app.Member(functiontest.Member{}).Token
	long := strings.Repeat("가", 400)
	for _, row := range []struct {
		method, path, as, body string
		status                 int
		code, fields           string
	}{
		{"POST", "/v1/auth/sessions", "", `{`, 400, "malformed-json", ""},
		{"POST", "/v1/auth/sessions", "", ``, 400, "body-missing", ""},
		{"POST", "/v1/auth/sessions", "", `{}`, 422, "invalid-input", "email:required password:required"},
		{"POST", "/v1/auth/sessions", "", `{"email":1,"password":"x"}`, 422, "invalid-input", "email:wrong-type"},
		{"POST", "/v1/auth/sessions", "", `{"email":"a@b.kr","password":"x","role":"admin"}`, 422, "invalid-input", "role:unknown-field"},
		{"POST", "/v1/auth/sessions", "", `{"email":"a@b.kr","password":"` + long + `"}`, 422, "invalid-input", "password:too-long"},
		{"POST", "/v1/auth/sessions", "", `{"email":"` + long + `","password":"x","device":"` + long + `","delivery":"mail"}`, 422, "invalid-input", "email:too-long device:too-long delivery:not-one-of"},
		{"POST", "/v1/auth/sessions", "", `{"email":"` + strings.Repeat("a", 1<<20) + `"}`, 413, "body-too-large", ""},
		{"POST", "/v1/auth/sessions/refresh", "", `{}`, 401, "session-ended", ""},
		{"POST", "/v1/auth/sessions/refresh", "", `{"refreshToken":"가"}`, 401, "session-ended", ""},
		{"GET", "/v1/auth/sessions", "", ``, 401, "sign-in-required", ""},
		{"DELETE", "/v1/auth/sessions", "", ``, 401, "sign-in-required", ""},
		{"DELETE", "/v1/auth/sessions/x", member, ``, 404, "not-found", ""},
		{"DELETE", "/v1/auth/sessions/0197b0d0-0000-7000-8000-000000000000", member, ``, 404, "not-found", ""},
		{"POST", "/v1/auth/password", "", `{"new":"x"}`, 401, "sign-in-required", ""},
		{"POST", "/v1/auth/password", member, `{"new":"x"}`, 422, "invalid-input", "new:password-too-short"},
		{"POST", "/v1/auth/password/forgotten", "", `{"email":"x"}`, 422, "invalid-input", "email:not-an-email"},
		{"POST", "/v1/auth/password/reset", "", `{"token":"x","password":"x"}`, 410, "reset-ended", ""},
		{"GET", "/v1/auth/second-factor", "", ``, 401, "sign-in-required", ""},
		{"POST", "/v1/auth/second-factor", "", `{}`, 401, "sign-in-required", ""},
		{"POST", "/v1/auth/second-factor/confirm", member, `{"code":"123456"}`, 409, "second-factor-off", ""},
		{"POST", "/v1/auth/second-factor/verify", member, `{"code":"123456"}`, 409, "second-factor-off", ""},
		{"DELETE", "/v1/auth/second-factor", member, `{"code":"123456"}`, 409, "second-factor-off", ""},
	} {
		var body any = row.body
		if row.body == "" {
			body = nil
		}
		r := app.Do(functiontest.Request{Method: row.method, Path: row.path, As: row.as, Body: body})
		if r.Status != row.status || r.Code() != row.code || strings.Join(r.Fields(), " ") != row.fields {
			t.Errorf("%s %s %.60s: %d %s %v", row.method, row.path, row.body, r.Status, r.Code(), r.Fields())
		}
	}
}

func TestCookies(t *testing.T) {
	app := functiontest.New(t, fn.Function)
	joined(t, app, "kim@example.com")
	c := client{app: app}
	c.header = map[string]string{"Sec-Fetch-Site": "cross-site"}
	c.signIn("kim@example.com", secretWord, "delivery", "cookie").Problem(403, "cross-origin")
	c.header = map[string]string{"Sec-Fetch-Site": "same-origin"}
	r := c.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201)
	if got := functiontest.JSON[tokens](r); got.AccessToken != "" || got.RefreshToken != "" {
		t.Errorf("tokens in the body: %s", r.Body)
	}
	set := cookiesOf(r)
	for _, name := range []string{auth.AccessCookie, auth.RefreshCookie, "__Host-madang-browser"} {
		k := set[name]
		if k == nil || !k.Secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" {
			t.Errorf("%s: %v", name, k)
		}
	}
	if set[auth.AccessCookie].MaxAge != 15*60 || set[auth.RefreshCookie].MaxAge != 30*24*3600 {
		t.Errorf("ages: %v", set)
	}
	c.cookies = map[string]string{auth.AccessCookie: set[auth.AccessCookie].Value, auth.RefreshCookie: set[auth.RefreshCookie].Value}
	c.do("GET", "/v1/auth/sessions", nil).Want(200)
	c.header = map[string]string{"Sec-Fetch-Site": "cross-site"}
	c.do("DELETE", "/v1/auth/sessions/current", nil).Problem(403, "cross-origin")
	app.Wait(16 * time.Minute)
	delete(c.cookies, auth.AccessCookie) // as a browser does
	c.do("POST", "/v1/auth/sessions/refresh", `{}`).Problem(403, "cross-origin")
	c.do("DELETE", "/v1/auth/sessions/current", nil).Problem(403, "cross-origin")
	c.header = map[string]string{"Origin": "https://evil.example"}
	c.do("POST", "/v1/auth/sessions/refresh", `{}`).Problem(403, "cross-origin")
	c.header = map[string]string{"Sec-Fetch-Site": "same-origin"}
	r = c.do("POST", "/v1/auth/sessions/refresh", `{}`).Want(200)
	if got := functiontest.JSON[tokens](r); got.AccessToken != "" {
		t.Errorf("tokens in the body: %s", r.Body)
	}
	set = cookiesOf(r)
	c.cookies = map[string]string{auth.RefreshCookie: set[auth.RefreshCookie].Value}
	out := cookiesOf(c.do("DELETE", "/v1/auth/sessions/current", nil).Want(204))
	if out[auth.AccessCookie].MaxAge != -1 || out[auth.RefreshCookie].MaxAge != -1 {
		t.Errorf("cookies after signing out: %v", out)
	}
	c.do("POST", "/v1/auth/sessions/refresh", `{}`).Problem(401, "session-ended")
}

func TestGuessing(t *testing.T) {
	app := functiontest.New(t, fn.Function)
	joined(t, app, "kim@example.com")
	owner := client{app: app, from: "198.51.100.1"}
	known := cookiesOf(owner.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201))["__Host-madang-browser"].Value
	for _, email := range []string{"nobody@example.com", "kim@example.com"} { // the same answers for both
		attacker := func(i int) client { return client{app: app, from: "203.0.113." + strconv.Itoa(i+1)} }
		for i := range 5 {
			attacker(i).signIn(email, "wrong").Problem(401, "sign-in-failed")
		}
		for i, delay := range []string{"30", "60", "120", "240", "480", "900", "900"} {
			r := attacker(10+i).signIn(email, secretWord).Problem(429, "too-many-failures")
			if got := r.Header.Get("Retry-After"); got != delay {
				t.Errorf("%s: Retry-After %s, want %s", email, got, delay)
			}
			seconds, _ := strconv.Atoi(delay)
			app.Wait(time.Duration(seconds)*time.Second - time.Millisecond)
			attacker(20+i).signIn(email, "wrong").Problem(429, "too-many-failures")
			app.Wait(time.Millisecond)
			attacker(30+i).signIn(email, "wrong").Problem(401, "sign-in-failed")
		}
	}
	// The owner's browser is let in all the same, and a new one is not.
	owner.signIn("kim@example.com", secretWord).Problem(429, "too-many-failures")
	owner.cookies = map[string]string{"__Host-madang-browser": known}
	owner.signIn("kim@example.com", secretWord).Want(201)
	for range 5 {
		owner.signIn("kim@example.com", "wrong").Problem(401, "sign-in-failed")
	}
	owner.signIn("kim@example.com", secretWord).Problem(429, "too-many-failures")
	// The browser is known to one account alone.
	owner.signIn("nobody@example.com", "x").Problem(401, "sign-in-failed")
	app.Wait(24 * time.Hour)
	owner.cookies = nil
	owner.signIn("kim@example.com", secretWord).Want(201)
}

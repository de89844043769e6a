package auth_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	fn "github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
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
	hash, err := password.NewHasher(2).Trial(true).Hash(t.Context(), secretWord)
	if err != nil {
		t.Fatal(err)
	}
	signedUp(t, app, email, hash)
}

// signedUp makes an account with a password that is hashed already.
func signedUp(t *testing.T, app *functiontest.App, email, hash string) {
	t.Helper()
	members := member.Store{DB: app.DB, Key: app.Deps.Key, LeaveGrace: app.Deps.Settings.LeaveGrace}
	if _, made, err := members.SignUp(app.Context(), member.New{Profile: member.Profile{Name: "김마당"}, Email: email, Password: hash, Confirmed: true, Consent: member.Consent{Version: "1", Privacy: true}}); err != nil || !made {
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

// renewed is the answer to a change of how one signs in; the client goes on with the new tokens
// and the old ones are good for nothing.
func (c *client) renewed(r functiontest.Response) (answer struct {
	RecoveryCodes []string
	AccessToken   string
	Session       struct{ AccessToken string }
}) {
	answer = functiontest.JSON[struct {
		RecoveryCodes []string
		AccessToken   string
		Session       struct{ AccessToken string }
	}](r.Want(200))
	c.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
	c.as = answer.AccessToken + answer.Session.AccessToken
	c.do("GET", "/v1/auth/sessions", nil).Want(200)
	return answer
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
		{"DELETE", "/v1/auth/second-factor", member, `{}`, 409, "second-factor-off", ""},
		{"POST", "/v1/auth/proof", member, `{"password":"x"}`, 403, "sign-in-again", ""},
		{"POST", "/v1/auth/email", member, `{"email":"x"}`, 422, "invalid-input", "email:not-an-email"},
		{"POST", "/v1/auth/email/confirm", member, `{"code":"123456"}`, 410, "code-ended", ""},
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
	// Signing in anew in the same browser, and proving who one is, leave no token of before.
	c.keep(r)
	before := maps.Clone(c.cookies)
	c.keep(c.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201))
	client{app: app, cookies: map[string]string{auth.AccessCookie: before[auth.AccessCookie]}}.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
	if n := len(functiontest.JSON[struct{ Items []any }](c.do("GET", "/v1/auth/sessions", nil).Want(200)).Items); n != 1 {
		t.Errorf("%d sessions of one browser", n)
	}
	before = maps.Clone(c.cookies)
	r = c.do("POST", "/v1/auth/proof", map[string]string{"password": secretWord}).Want(200)
	c.keep(r)
	client{app: app, cookies: map[string]string{auth.AccessCookie: before[auth.AccessCookie]}}.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
	c.do("GET", "/v1/auth/sessions", nil).Want(200)
	set = cookiesOf(r)
	c.cookies = map[string]string{auth.RefreshCookie: set[auth.RefreshCookie].Value}
	signedOut := c.do("DELETE", "/v1/auth/sessions/current", nil).Want(204)
	out := cookiesOf(signedOut)
	if out[auth.AccessCookie].MaxAge != -1 || out[auth.RefreshCookie].MaxAge != -1 {
		t.Errorf("cookies after signing out: %v", out)
	}
	if got := signedOut.Header.Get("Clear-Site-Data"); got != `"storage"` {
		t.Errorf("what pages keep in the browser stays: %q", got)
	}
	c.do("POST", "/v1/auth/sessions/refresh", `{}`).Problem(401, "session-ended")
}

// Each try to sign in is in the log, with what became of it, and who came in; never with what
// was typed.
func TestSignInsAreLogged(t *testing.T) {
	app := functiontest.New(t, fn.Function)
	joined(t, app, "kim@example.com")
	c := client{app: app, from: "203.0.113.1"}
	said := func() string {
		line := app.Log.String()
		app.Log.Reset()
		for _, secret := range []string{"kim@example.com", "nobody@example.com", secretWord, "wrong", "203.0.113.1"} {
			if strings.Contains(line, secret) {
				t.Errorf("the log has %q: %s", secret, line)
			}
		}
		return line
	}
	said()
	for _, email := range []string{"nobody@example.com", "kim@example.com"} {
		c.signIn(email, "wrong").Problem(401, "sign-in-failed")
		if line := said(); !strings.Contains(line, `"route":"/v1/auth/sessions"`) || !strings.Contains(line, `"code":"sign-in-failed"`) || !strings.Contains(line, `"origin":"`) {
			t.Error(line)
		}
	}
	for range 4 {
		c.signIn("kim@example.com", "wrong")
	}
	said()
	c.signIn("kim@example.com", secretWord).Problem(429, "too-many-failures")
	if line := said(); !strings.Contains(line, `"code":"too-many-failures"`) {
		t.Error(line)
	}
	c.from = "203.0.113.2"
	for _, delivery := range []string{"token", "cookie"} {
		id := functiontest.JSON[tokens](c.signIn("kim@example.com", secretWord, "delivery", delivery).Want(201)).Member.ID
		if line := said(); !strings.Contains(line, `"member":"`+id+`"`) || strings.Contains(line, `"code"`) {
			t.Error(line)
		}
	}
}

// A delay binds who guesses: five failures of one address delay what it tries at that account,
// whether somebody has it or not, and nobody else.
func TestGuessing(t *testing.T) {
	app := functiontest.New(t, fn.Function, functiontest.WithSettings(func(s *function.Settings) {
		s.CampusNetworks = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")} // whose buckets for all of an address are not met here
	}))
	joined(t, app, "kim@example.com")
	owner := client{app: app, from: "198.51.100.1"}
	known := cookiesOf(owner.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201))["__Host-madang-browser"].Value
	attacker := client{app: app, from: "203.0.113.1"}
	for _, email := range []string{"nobody@example.com", "kim@example.com"} { // the same answers for both
		for range 5 {
			attacker.signIn(email, "wrong").Problem(401, "sign-in-failed")
		}
		for _, delay := range []string{"30", "60", "120", "240", "480", "900", "900"} {
			r := attacker.signIn(email, secretWord).Problem(429, "too-many-failures")
			if got := r.Header.Get("Retry-After"); got != delay {
				t.Errorf("%s: Retry-After %s, want %s", email, got, delay)
			}
			seconds, _ := strconv.Atoi(delay)
			app.Wait(time.Duration(seconds)*time.Second - time.Millisecond)
			attacker.signIn(email, "wrong").Problem(429, "too-many-failures")
			app.Wait(time.Millisecond)
			attacker.signIn(email, "wrong").Problem(401, "sign-in-failed")
		}
	}
	attacker.signIn("kim@example.com", secretWord).Problem(429, "too-many-failures")
	// A browser that is new, at another address: let in, and the guesser is as delayed as before.
	fresh := client{app: app, from: "198.51.100.2"}
	fresh.signIn("kim@example.com", "wrong").Problem(401, "sign-in-failed")
	fresh.signIn("kim@example.com", secretWord).Want(201)
	attacker.signIn("kim@example.com", secretWord).Problem(429, "too-many-failures")
	// One that the account knows has failures of its own, and is known to one account.
	owner.cookies = map[string]string{"__Host-madang-browser": known}
	owner.signIn("kim@example.com", secretWord).Want(201)
	for range 5 {
		owner.signIn("kim@example.com", "wrong").Problem(401, "sign-in-failed")
	}
	owner.signIn("kim@example.com", secretWord).Problem(429, "too-many-failures")
	owner.signIn("nobody@example.com", "x").Problem(401, "sign-in-failed")
	app.Wait(24 * time.Hour)
	owner.cookies = nil
	owner.signIn("kim@example.com", secretWord).Want(201)
}

// Whoever had the password once may have had any number of browsers known to the account. While it is
// the password they have as many failures together as an account's browsers have, and none of their
// own from the moment on in which it is replaced: they are strangers. The browser in which it was
// replaced is known.
func TestBrowsersOfAnOldPassword(t *testing.T) {
	const chosen = "참외가 더 맛있는 여름 9시"
	for name, replace := range map[string]func(app *functiontest.App, owner *client){
		"nothing": func(*functiontest.App, *client) {},
		"changed": func(_ *functiontest.App, owner *client) {
			owner.keep(owner.do("POST", "/v1/auth/password", map[string]string{"new": chosen}).Want(200))
		},
		"reset": func(app *functiontest.App, owner *client) {
			app.Mail.Take()
			owner.do("POST", "/v1/auth/password/forgotten", map[string]string{"email": "kim@example.com"}).Want(202)
			_, token, _ := strings.Cut(app.Mail.Take()[0].Text, "/password#")
			owner.keep(owner.do("POST", "/v1/auth/password/reset", map[string]string{"token": strings.Fields(token)[0], "password": chosen}).Want(204))
		},
	} {
		t.Run(name, func(t *testing.T) {
			app := functiontest.New(t, fn.Function)
			joined(t, app, "kim@example.com")
			owner := &client{app: app, from: "198.51.100.1", cookies: map[string]string{}}
			owner.keep(owner.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201))
			browsers := []client{}
			for i := range 12 {
				c := client{app: app, from: fmt.Sprintf("203.0.113.%d", i+1)}
				c.cookies = map[string]string{cookie.Browser: cookiesOf(c.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201))[cookie.Browser].Value}
				browsers = append(browsers, c)
			}
			replace(app, owner)
			compared := func(guessers []client, from func(i int) string) (n int) {
				for i := range 10 * len(guessers) {
					c := guessers[i%len(guessers)]
					c.from = from(i)
					if c.signIn("kim@example.com", "wrong").Status == 401 {
						n++
					}
				}
				return n
			}
			apart := compared(browsers, func(i int) string { return fmt.Sprintf("203.0.113.%d", 100+i) })
			if want := map[string]int{"nothing": 50, "changed": 100, "reset": 100}[name]; apart != want {
				t.Errorf("%d guesses of 12 browsers at many addresses were compared, want %d", apart, want)
			}
			if name == "nothing" {
				return
			}
			app.Wait(24 * time.Hour)
			if at := compared(browsers, func(int) string { return "203.0.113.99" }); at != 5 {
				t.Errorf("%d guesses of 12 browsers at one address were compared, want 5", at)
			}
			compared(browsers, func(i int) string { return fmt.Sprintf("203.0.113.%d", 100+i) })
			stranger := client{app: app, from: "198.51.100.2"}
			stranger.signIn("kim@example.com", chosen).Problem(429, "too-many-failures")
			owner.signIn("kim@example.com", chosen).Want(201)
		})
	}
}

// From however many addresses somebody guesses, an account bears a hundred failures a day and
// then one in a quarter of an hour. Its owner comes in by a browser that it knows, and by the
// link of a forgotten password, which makes the browser known.
func TestGuessingFromEverywhere(t *testing.T) {
	app := functiontest.New(t, fn.Function)
	joined(t, app, "kim@example.com")
	attacker := func(i int) client { return client{app: app, from: fmt.Sprintf("203.0.%d.%d", i/200, i%200+1)} }
	failed := 0
	for i := range 200 {
		if attacker(i).signIn("kim@example.com", "wrong").Status == 401 {
			failed++
		}
	}
	if failed != 100 {
		t.Errorf("%d of 200 guesses were compared, want 100", failed)
	}
	owner := client{app: app, from: "198.51.100.1", cookies: map[string]string{}}
	owner.signIn("kim@example.com", secretWord).Problem(429, "too-many-failures")
	owner.do("POST", "/v1/auth/password/forgotten", map[string]string{"email": "kim@example.com"}).Want(202)
	_, token, _ := strings.Cut(app.Mail.Take()[0].Text, "/password#")
	owner.keep(owner.do("POST", "/v1/auth/password/reset", map[string]string{"token": strings.Fields(token)[0], "password": "참외가 더 맛있는 여름 9시"}).Want(204))
	for i := range 200 {
		attacker(i).signIn("kim@example.com", "wrong")
	}
	owner.signIn("kim@example.com", "참외가 더 맛있는 여름 9시").Want(201)
	stranger := client{app: app, from: "198.51.100.2"}
	stranger.signIn("kim@example.com", "참외가 더 맛있는 여름 9시").Problem(429, "too-many-failures")
}

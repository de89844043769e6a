package auth_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	fn "github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/oidc/oidctest"
	"github.com/madang-council/madang/shared/identity/totp"
)

const flowCookie = "__Host-madang-oidc"

// elsewhere is a function with one issuer, "kakao", and a browser.
func elsewhere(t *testing.T, options ...functiontest.Option) (*functiontest.App, *oidctest.Issuer, client) {
	t.Helper()
	var app *functiontest.App
	issuer := oidctest.New(t, func() time.Time { return app.Now() })
	options = append(options, functiontest.WithSettings(func(s *function.Settings) {
		s.Issuers = []function.Issuer{{Name: "kakao", URL: issuer.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Scopes: []string{"profile"}}}
	}))
	app = functiontest.New(t, fn.Function, options...)
	return app, issuer, client{app: app, cookies: map[string]string{}}
}

// begin goes to the issuer and agrees there.
func (c client) begin(t *testing.T, issuer *oidctest.Issuer, query string) url.Values {
	t.Helper()
	r := c.do("GET", "/v1/auth/oidc/kakao?"+query, nil).Want(302)
	c.keep(r)
	return issuer.Agree(t, r.Header.Get("Location"))
}

// keep does with cookies what a browser does.
func (c client) keep(r functiontest.Response) {
	for name, k := range cookiesOf(r) {
		if k.MaxAge < 0 {
			delete(c.cookies, name)
		} else {
			c.cookies[name] = k.Value
		}
	}
}

func (c client) back(q url.Values) functiontest.Response {
	r := c.do("GET", "/v1/auth/oidc/kakao/callback?"+q.Encode(), nil)
	c.keep(r)
	return r
}

// link begins to link an account of the issuer, and agrees there.
func (c client) link(t *testing.T, issuer *oidctest.Issuer) url.Values {
	t.Helper()
	r := c.do("POST", "/v1/auth/oidc/kakao/link", `{}`).Want(200)
	c.keep(r)
	return issuer.Agree(t, functiontest.JSON[struct{ URL string }](r).URL)
}

// agreed is the consent to today's policy.
var agreed = map[string]any{"policyVersion": "2026-03-01", "privacy": true}

// agrees makes an account for whom the issuer has just identified.
func (c client) agrees(t *testing.T) {
	t.Helper()
	c.keep(c.do("POST", "/v1/auth/oidc/sign-up", agreed).Want(200))
}

// joins is somebody new, whom the issuer identifies and who then agrees to the policy.
func (c client) joins(t *testing.T, issuer *oidctest.Issuer) {
	t.Helper()
	c.location(t, c.back(c.begin(t, issuer, "")), "/?error=consent-required")
	c.agrees(t)
}

func (c client) location(t *testing.T, r functiontest.Response, want string) {
	t.Helper()
	if got := r.Want(303).Header.Get("Location"); got != want {
		t.Fatalf("Location %s, want %s", got, want)
	}
}

func TestOIDC(t *testing.T) {
	for _, options := range [][]functiontest.Option{nil, {functiontest.OnPostgres}} {
		app, issuer, c := elsewhere(t, options...)
		if body := string(c.do("GET", "/v1/auth/oidc", nil).Want(200).Body); body != `{"items":["kakao"]}`+"\n" || issuer.Asked() != 0 {
			t.Errorf("%s after %d requests to the issuer", body, issuer.Asked())
		}
		for i, algorithm := range []string{"RS256", "ES256"} {
			issuer.Algorithm = algorithm
			issuer.Claims = map[string]any{"sub": algorithm, "email": "Kim" + algorithm + "@example.com", "email_verified": true, "nickname": "김 마당"}
			c.location(t, c.back(c.begin(t, issuer, "return=/notices%3Fpage%3D2")), "/notices?error=consent-required&page=2")
			c.agrees(t)
			c.location(t, c.back(c.begin(t, issuer, "return=/notices")), "/notices") // made, then found again
			got := functiontest.JSON[tokens](c.do("POST", "/v1/auth/sessions/refresh", `{}`).Want(200))
			if got.Member.Name != "김 마당" || got.Member.Verified {
				t.Errorf("%+v", got)
			}
			members, err := app.DB.Exec(app.Context(), `UPDATE members SET unit = '' WHERE email = $1`, strings.ToLower("Kim"+algorithm+"@example.com"))
			if err != nil || members != 1 {
				t.Errorf("%d: %d members, %v", i, members, err)
			}
		}
	}
}

func TestOIDCForged(t *testing.T) {
	for name, lie := range map[string]func(*oidctest.Issuer, url.Values){
		"wrong nonce":    func(i *oidctest.Issuer, _ url.Values) { i.Claims["nonce"] = "another" },
		"wrong audience": func(i *oidctest.Issuer, _ url.Values) { i.Claims["aud"] = "another" },
		"another party":  func(i *oidctest.Issuer, _ url.Values) { i.Claims["azp"] = "another" },
		"wrong issuer":   func(i *oidctest.Issuer, _ url.Values) { i.Claims["iss"] = "https://evil.example" },
		"expired":        func(i *oidctest.Issuer, _ url.Values) { i.Claims["exp"] = i.Now().Add(-time.Second).Unix() },
		"no subject":     func(i *oidctest.Issuer, _ url.Values) { i.Claims["sub"] = "" },
		"alg none":       func(i *oidctest.Issuer, _ url.Values) { i.Algorithm = "none" },
		"alg HS256":      func(i *oidctest.Issuer, _ url.Values) { i.Algorithm = "HS256" },
		"another code":   func(_ *oidctest.Issuer, q url.Values) { q.Set("code", "x") },
	} {
		t.Run(name, func(t *testing.T) {
			_, issuer, c := elsewhere(t)
			issuer.Claims["sub"] = "1"
			c.joins(t, issuer) // somebody who has an account
			c.cookies = map[string]string{}
			q := c.begin(t, issuer, "return=/a")
			lie(issuer, q)
			c.location(t, c.back(q), "/a?error=oidc-failed")
			if c.cookies[auth.AccessCookie] != "" {
				t.Error("signed in all the same")
			}
		})
	}
}

func TestOIDCFlow(t *testing.T) {
	app, issuer, c := elsewhere(t)
	issuer.Claims["sub"] = "1"
	c.do("GET", "/v1/auth/oidc/none", nil).Problem(404, "not-found")
	for _, path := range []string{"//evil.example", "/\\evil.example", "https://evil.example", "evil", "/\t/evil.example", "/" + strings.Repeat("a", 500)} {
		c.do("GET", "/v1/auth/oidc/kakao?return="+url.QueryEscape(path), nil).Problem(422, "invalid-input")
	}
	c.do("POST", "/v1/auth/oidc/kakao/link", `{}`).Problem(401, "sign-in-required")
	c.do("DELETE", "/v1/auth/oidc/kakao", `{}`).Problem(401, "sign-in-required")

	c.back(url.Values{"code": {"x"}, "state": {"x"}}).Problem(400, "oidc-flow-ended") // no cookie
	c.joins(t, issuer)
	q := c.begin(t, issuer, "")
	forged := url.Values{"code": q["code"], "state": {"forged"}}
	c.back(forged).Problem(400, "oidc-flow-ended")
	c.back(url.Values{"code": q["code"]}).Problem(400, "oidc-flow-ended")
	other := client{app: app, cookies: map[string]string{flowCookie: c.cookies[flowCookie] + "x"}}
	other.back(q).Problem(400, "oidc-flow-ended")
	old := c.cookies[flowCookie]
	c.location(t, c.back(q), "/")
	c.back(q).Problem(400, "oidc-flow-ended") // the browser has forgotten the flow
	c.cookies[flowCookie] = old
	c.location(t, c.back(q), "/?error=oidc-failed") // the issuer refuses a used code

	q = c.begin(t, issuer, "")
	app.Wait(10 * time.Minute)
	c.back(q).Problem(400, "oidc-flow-ended")
	q = c.begin(t, issuer, "return=/a")
	c.location(t, c.back(url.Values{"error": {"access_denied"}, "state": q["state"]}), "/a?error=oidc-refused")
	q = c.begin(t, issuer, "return=/a")
	issuer.Down = true
	c.location(t, c.back(q), "/a?error=temporarily-unavailable")
	if r := c.do("GET", "/v1/auth/oidc/kakao", nil); r.Status != 503 || r.Header.Get("Retry-After") == "" {
		t.Errorf("an issuer that is away: %d %s", r.Status, r.Body)
	}
}

func TestOIDCTakenAddress(t *testing.T) {
	app, issuer, c := elsewhere(t)
	joined(t, app, "kim@example.com")
	issuer.Claims = map[string]any{"sub": "1", "email": "kim@example.com", "email_verified": "true"}
	c.location(t, c.back(c.begin(t, issuer, "")), "/?error=consent-required")
	c.do("POST", "/v1/auth/oidc/sign-up", agreed).Problem(409, "email-taken")
	issuer.Claims["email_verified"] = false // says nothing: another account, without an address
	c.joins(t, issuer)

	c.keep(c.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201))
	c.location(t, c.back(c.link(t, issuer)), "/?error=issuer-linked")
	issuer.Claims["sub"] = "2"
	q := c.link(t, issuer)
	stranger := client{app: app, cookies: map[string]string{flowCookie: c.cookies[flowCookie]}}
	stranger.location(t, stranger.back(q), "/?error=sign-in-required")
	c.location(t, c.back(c.link(t, issuer)), "/")
	fresh := client{app: app, cookies: map[string]string{}}
	fresh.location(t, fresh.back(fresh.begin(t, issuer, "")), "/")
	if got := functiontest.JSON[tokens](fresh.do("POST", "/v1/auth/sessions/refresh", `{}`).Want(200)); got.Member.Name != "김마당" {
		t.Errorf("%+v", got)
	}
	c.keep(c.do("DELETE", "/v1/auth/oidc/kakao", `{}`).Want(200))
	c.do("DELETE", "/v1/auth/oidc/kakao", `{}`).Problem(404, "not-found")
	issuer.Claims["sub"] = "1"
	fresh.location(t, fresh.back(fresh.begin(t, issuer, "")), "/")
	fresh.do("DELETE", "/v1/auth/oidc/kakao", `{}`).Problem(409, "last-way-in")
}

func TestOIDCSecondFactorAndLeaving(t *testing.T) {
	app, issuer, c := elsewhere(t)
	issuer.Claims["sub"] = "1"
	c.joins(t, issuer)
	app.Wait(10*time.Minute - time.Millisecond)
	e := functiontest.JSON[struct{ Secret string }](c.do("POST", "/v1/auth/second-factor", `{}`).Want(201))
	code := func() string {
		s, err := totp.Code(e.Secret, app.Now())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	r := c.do("POST", "/v1/auth/sessions/refresh", `{}`).Want(200)
	c.keep(r)
	id := functiontest.JSON[tokens](r).Member.ID
	app.Wait(time.Millisecond)
	c.do("POST", "/v1/auth/second-factor/confirm", map[string]string{"code": code()}).Problem(403, "proof-required")
	c.do("POST", "/v1/auth/proof", `{}`).Problem(403, "sign-in-again")
	c.cookies = map[string]string{}
	c.location(t, c.back(c.begin(t, issuer, "")), "/") // with the issuer once more
	c.keep(c.do("POST", "/v1/auth/second-factor/confirm", map[string]string{"code": code()}).Want(200))
	c.do("GET", "/v1/auth/sessions", nil).Want(200)

	c.cookies = map[string]string{}
	c.location(t, c.back(c.begin(t, issuer, "return=/a")), "/a?error=second-factor-code-required")
	if c.cookies[auth.AccessCookie] != "" {
		t.Error("signed in without the second factor")
	}
	c.do("GET", "/v1/auth/oidc/kakao/callback?state=&code=x", nil).Problem(400, "oidc-flow-ended")
	c.do("POST", "/v1/auth/oidc/second-factor", `{"code":"000000x"}`).Problem(403, "code-wrong")
	c.do("POST", "/v1/auth/oidc/second-factor", map[string]string{"code": code()}).Problem(403, "code-wrong") // used before
	app.Wait(time.Minute)
	c.keep(c.do("POST", "/v1/auth/oidc/second-factor", map[string]string{"code": code()}).Want(200))
	c.do("GET", "/v1/auth/sessions", nil).Want(200)
	c.do("POST", "/v1/auth/oidc/second-factor", map[string]string{"code": code()}).Problem(400, "oidc-flow-ended")

	store := member.Store{DB: app.DB, Key: app.Deps.Key, LeaveGrace: app.Deps.Settings.LeaveGrace}
	if _, err := store.Leave(app.Context(), id); err != nil {
		t.Fatal(err)
	}
	app.Wait(time.Minute)
	c.cookies = map[string]string{}
	c.location(t, c.back(c.begin(t, issuer, "")), "/?error=member-leaving")
	c.do("POST", "/v1/auth/oidc/second-factor", map[string]string{"code": code()}).Problem(400, "oidc-flow-ended")
	c.do("POST", "/v1/auth/oidc/return", `{}`).Problem(401, "second-factor-code-required")
	c.do("POST", "/v1/auth/oidc/return", `{"code":"000000x"}`).Problem(403, "code-wrong")
	c.do("POST", "/v1/auth/oidc/return", map[string]string{"code": code()}).Want(200)
	if _, err := store.Leave(app.Context(), id); err != nil {
		t.Fatal(err)
	}
	app.Wait(7 * 24 * time.Hour)
	c.cookies = map[string]string{}
	c.do("POST", "/v1/auth/oidc/return", `{}`).Problem(400, "oidc-flow-ended")
	c.joins(t, issuer) // somebody new
	if got := functiontest.JSON[tokens](c.do("POST", "/v1/auth/sessions/refresh", `{}`).Want(200)); got.Member.ID == id {
		t.Error("an account that has gone came back")
	}
}

// Who has an issuer, a second factor and no password comes in whatever is guessed in a session that somebody got hold of, or
// at another address by who has the issuer's account: of either an account bears five codes, and of all addresses a hundred.
func TestHalfASignInIsTheOwners(t *testing.T) {
	app, issuer, c := elsewhere(t)
	issuer.Claims["sub"] = "1"
	c.joins(t, issuer)
	e := functiontest.JSON[struct{ Secret string }](c.do("POST", "/v1/auth/second-factor", `{}`).Want(201))
	code := func() map[string]string {
		app.Wait(30 * time.Second)
		s, err := totp.Code(e.Secret, app.Now())
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"code": s}
	}
	c.keep(c.do("POST", "/v1/auth/second-factor/confirm", code()).Want(200))
	halfway := func(from string) client {
		t.Helper()
		h := client{app: app, from: from, cookies: map[string]string{}}
		h.location(t, h.back(h.begin(t, issuer, "")), "/?error=second-factor-code-required")
		return h
	}
	for range 5 {
		c.do("POST", "/v1/auth/proof", `{"code":"000000x"}`).Problem(403, "code-wrong")
	}
	c.do("POST", "/v1/auth/proof", `{"code":"000000x"}`).Problem(429, "too-many-failures")
	compared := 0
	for i := range 30 {
		guesser := halfway(fmt.Sprintf("203.0.113.%d", i+1))
		for range 6 {
			if guesser.do("POST", "/v1/auth/oidc/second-factor", `{"code":"000000x"}`).Status == 403 {
				compared++
			}
		}
		if i == 10 {
			halfway("198.51.100.1").do("POST", "/v1/auth/oidc/second-factor", code()).Want(200)
			compared = 0
		}
	}
	if compared != 19*5 {
		t.Errorf("%d guesses of 19 addresses were compared, want 95", compared)
	}
	for i := range 10 {
		guesser := halfway(fmt.Sprintf("192.0.2.%d", i+1))
		for range 5 {
			if guesser.do("POST", "/v1/auth/oidc/second-factor", `{"code":"000000x"}`).Status == 403 {
				compared++
			}
		}
	}
	if compared != 100 {
		t.Errorf("%d guesses of all addresses were compared, want 100", compared)
	}
}

// A link that somebody follows says nothing for them, whatever its query is: no account is made, no
// consent given, no leaving undone. That takes the site's own page, in the browser that the issuer
// sent back, within the time of a flow, and the policy of today.
func TestAFollowedLinkConsentsToNothing(t *testing.T) {
	for _, options := range [][]functiontest.Option{nil, {functiontest.OnPostgres}} {
		app, issuer, c := elsewhere(t, options...)
		issuer.Claims["sub"] = "new"
		count := func(query string) int {
			t.Helper()
			n, err := database.One(app.Context(), app.DB, database.Value[int], query)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		written := func() string {
			return strconv.Itoa(count(`SELECT COUNT(*) FROM members`)) + " " + strconv.Itoa(count(`SELECT COUNT(*) FROM consents`)) + " " + strconv.Itoa(count(`SELECT COUNT(*) FROM members WHERE leaving_at IS NULL`))
		}
		const said = "consent=2026-03-01&policyVersion=2026-03-01&privacy=true&comeBack=true&comesBack=true&purpose=come-back"
		c.location(t, c.back(c.begin(t, issuer, said)), "/?error=consent-required")
		if got := written(); got != "0 0 0" {
			t.Errorf("members, consents and members who do not leave after a link: %s", got)
		}
		foreign := client{app: app, cookies: c.cookies, header: map[string]string{"Sec-Fetch-Site": "cross-site"}}
		foreign.do("POST", "/v1/auth/oidc/sign-up", agreed).Problem(403, "cross-origin")
		client{app: app}.do("POST", "/v1/auth/oidc/sign-up", agreed).Problem(400, "oidc-flow-ended")
		for _, body := range []map[string]any{{"policyVersion": "2026-03-01", "privacy": false}, {"policyVersion": "2025-01-01", "privacy": true}} {
			c.do("POST", "/v1/auth/oidc/sign-up", body).Problem(422, "invalid-input")
		}
		late := client{app: app, cookies: maps.Clone(c.cookies)}
		c.agrees(t)
		if got := written(); got != "1 1 1" {
			t.Errorf("members, consents and members who do not leave after agreeing: %s", got)
		}
		app.Wait(10 * time.Minute)
		late.do("POST", "/v1/auth/oidc/sign-up", agreed).Problem(400, "oidc-flow-ended")

		if _, err := app.DB.Exec(app.Context(), `UPDATE members SET leaving_at = $1`, clock.Millis(app.Now())); err != nil {
			t.Fatal(err)
		}
		c.cookies = map[string]string{}
		c.location(t, c.back(c.begin(t, issuer, said)), "/?error=member-leaving")
		if got := written(); got != "1 1 0" {
			t.Errorf("members, consents and members who do not leave after a link of who leaves: %s", got)
		}
		c.do("POST", "/v1/auth/oidc/sign-up", agreed).Problem(400, "oidc-flow-ended") // waits for something else
		foreign = client{app: app, cookies: c.cookies, header: map[string]string{"Sec-Fetch-Site": "cross-site"}}
		foreign.do("POST", "/v1/auth/oidc/return", `{}`).Problem(403, "cross-origin")
		c.keep(c.do("POST", "/v1/auth/oidc/return", `{}`).Want(200))
		c.do("GET", "/v1/auth/sessions", nil).Want(200)
		if got := written(); got != "1 1 1" {
			t.Errorf("members, consents and members who do not leave after coming back: %s", got)
		}
	}
}

// Nobody's way to sign in is added or taken away by a link that they follow, by another
// site's form, or by who only has their session: whatever a GET is asked for, it links nothing,
// and POST and DELETE want the site's own page and a fresh proof.
func TestLinkingIsProved(t *testing.T) {
	app, issuer, c := elsewhere(t)
	joined(t, app, "kim@example.com")
	issuer.Claims["sub"] = "thief"
	c.keep(c.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201))
	linked := func() bool {
		n, err := database.One(app.Context(), app.DB, database.Value[int64], `SELECT COUNT(*) FROM oidc_links l JOIN members m ON m.id = l.member_id WHERE m.email = $1`, "kim@example.com")
		if err != nil {
			t.Fatal(err)
		}
		return n > 0
	}
	for _, query := range []string{"link=true", "link=true&password=" + url.QueryEscape(secretWord), "purpose=link"} {
		visitor := client{app: app, cookies: maps.Clone(c.cookies)}
		visitor.back(visitor.begin(t, issuer, query))
		if linked() {
			t.Fatalf("a GET with %s linked an account", query)
		}
	}
	app.Wait(10 * time.Minute)
	for _, o := range []struct{ method, path string }{{"POST", "/v1/auth/oidc/kakao/link"}, {"DELETE", "/v1/auth/oidc/kakao"}} {
		foreign := client{app: app, cookies: c.cookies, header: map[string]string{"Sec-Fetch-Site": "cross-site"}}
		foreign.do(o.method, o.path, `{}`).Problem(403, "cross-origin")
		c.do(o.method, o.path, `{}`).Problem(403, "proof-required")
		c.do("POST", "/v1/auth/proof", map[string]string{"password": "남의 비밀번호"}).Problem(403, "password-wrong")
		c.do(o.method, o.path, `{}`).Problem(403, "proof-required")
	}
	c.keep(c.do("POST", "/v1/auth/proof", map[string]string{"password": secretWord}).Want(200))
	c.do("POST", "/v1/auth/oidc/none/link", `{}`).Problem(404, "not-found")
	before := maps.Clone(c.cookies)
	c.location(t, c.back(c.link(t, issuer)), "/")
	if !linked() {
		t.Error("the password did not do")
	}
	old := client{app: app, cookies: before}
	old.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
	if mail := app.Mail.Take(); len(mail) != 1 || mail[0].To != "kim@example.com" || !strings.Contains(mail[0].Text, "연결했습니다") {
		t.Errorf("the member is not told: %+v", mail)
	}
	// The other sessions end with it where that is wanted, and only where something was linked.
	c.keep(c.do("DELETE", "/v1/auth/oidc/kakao", `{}`).Want(200))
	there := client{app: app, cookies: map[string]string{}}
	there.keep(there.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201))
	for _, others := range []string{`{}`, `{"endOthers":true}`} {
		there.do("GET", "/v1/auth/sessions", nil).Want(200)
		r := c.do("POST", "/v1/auth/oidc/kakao/link", others).Want(200)
		c.keep(r)
		c.location(t, c.back(issuer.Agree(t, functiontest.JSON[struct{ URL string }](r).URL)), "/")
		c.do("GET", "/v1/auth/sessions", nil).Want(200)
		if others == `{}` {
			c.keep(c.do("DELETE", "/v1/auth/oidc/kakao", `{}`).Want(200))
		}
	}
	there.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
	app.Mail.Take()
	// Who comes back from the issuer when the proof is stale has linked nothing.
	issuer.Claims["sub"] = "second"
	c.keep(c.do("DELETE", "/v1/auth/oidc/kakao", `{}`).Want(200))
	app.Wait(5 * time.Minute)
	q := c.link(t, issuer)
	app.Wait(5 * time.Minute)
	c.location(t, c.back(q), "/?error=proof-required")
	if linked() {
		t.Error("a stale proof linked an account")
	}

	// A member whom only an issuer knows has nothing to prove by but signing in again. An issuer
	// proves nothing of an account with a password: it may be signed in in a browser at hand.
	issuer.Claims["sub"] = "other"
	other := client{app: app, cookies: map[string]string{}}
	other.joins(t, issuer)
	other.do("POST", "/v1/auth/oidc/kakao/link", `{}`).Want(200)
	app.Wait(10 * time.Minute)
	other.do("POST", "/v1/auth/oidc/kakao/link", `{}`).Problem(403, "proof-required")
	other.do("POST", "/v1/auth/proof", `{}`).Problem(403, "sign-in-again")
	other.location(t, other.back(other.begin(t, issuer, "")), "/")
	other.keep(other.do("POST", "/v1/auth/password", map[string]string{"new": secretWord}).Want(200))
	app.Wait(10 * time.Minute)
	other.location(t, other.back(other.begin(t, issuer, "")), "/")
	other.do("DELETE", "/v1/auth/oidc/kakao", `{}`).Problem(403, "proof-required")
	other.keep(other.do("POST", "/v1/auth/proof", map[string]string{"password": secretWord}).Want(200))
	// A password opens nothing where there is no address to sign in with.
	other.do("DELETE", "/v1/auth/oidc/kakao", `{}`).Problem(409, "last-way-in")
	other.do("POST", "/v1/auth/email", map[string]string{"email": "other@example.com"}).Want(202)
	sent := app.Mail.Take()
	other.keep(other.do("POST", "/v1/auth/email/confirm", map[string]string{"code": regexp.MustCompile(`\d{6}`).FindString(sent[len(sent)-1].Text)}).Want(200))
	other.do("DELETE", "/v1/auth/oidc/kakao", `{}`).Want(200)
	other.signIn("other@example.com", secretWord).Want(201)
}

// While the site is read-only somebody who comes back from an issuer gets no account and no link, though both are written
// where a page is read; who has an account signs in.
func TestOIDCReadOnly(t *testing.T) {
	app, issuer, c := elsewhere(t)
	joined(t, app, "kim@example.com")
	issuer.Claims = map[string]any{"sub": "old", "email": "old@example.com", "email_verified": true}
	c.joins(t, issuer)
	member := client{app: app, cookies: map[string]string{}}
	member.keep(member.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201))
	issuer.Claims["sub"] = "new"
	linking := member.link(t, issuer) // begun before
	count := func() string {
		t.Helper()
		counts := []string{}
		for _, table := range []string{"members", "oidc_links"} {
			n, err := database.One(app.Context(), app.DB, database.Value[int], `SELECT COUNT(*) FROM `+table)
			if err != nil {
				t.Fatal(err)
			}
			counts = append(counts, table+" "+strconv.Itoa(n))
		}
		return strings.Join(counts, ", ")
	}
	before := count()
	app.Wait(time.Second)
	if _, err := (policy.Store{DB: app.DB}).Set(app.Context(), policy.Of[policy.Site](), policy.First, policy.Change{Values: map[string]json.RawMessage{"readOnly": json.RawMessage("true")}}); err != nil {
		t.Fatal(err)
	}
	member.do("POST", "/v1/auth/oidc/kakao/link", `{}`).Problem(503, "read-only")
	member.location(t, member.back(linking), "/?error=read-only")
	stranger := client{app: app, cookies: map[string]string{}}
	stranger.location(t, stranger.back(stranger.begin(t, issuer, "")), "/?error=consent-required")
	stranger.do("POST", "/v1/auth/oidc/sign-up", agreed).Problem(503, "read-only")
	issuer.Claims["sub"] = "old"
	c.location(t, c.back(c.begin(t, issuer, "")), "/")
	if after := count(); after != before {
		t.Errorf("written is %s, before %s", after, before)
	}
}

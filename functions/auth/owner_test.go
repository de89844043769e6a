package auth_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	fn "github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/oidc/oidctest"
	"github.com/madang-council/madang/shared/identity/totp"
)

// maker is who made an account under another's address, with what they have of it.
type maker struct {
	t         *testing.T
	app       *functiontest.App
	issuer    *oidctest.Issuer
	browser   client // signed in
	halfway   client // whose password was right
	sessions  []tokens
	passwords []string
	secret    string
	recovery  []string
	mailCode  string
	refused   bool // a way was, since the address is not confirmed
}

// asks is an answer of the API to what would add something, nil where it is refused since the
// address is not confirmed.
func (m *maker) asks(method, path string, body any) *functiontest.Response {
	m.t.Helper()
	r := m.browser.do(method, path, body)
	if r.Status == 403 && r.Code() == "address-unconfirmed" {
		m.refused = true
		return nil
	}
	if r.Status >= 300 {
		m.t.Fatalf("%s %s: %d %s", method, path, r.Status, r.Body)
	}
	m.browser.keep(r)
	return &r
}

func (m *maker) code() string {
	m.t.Helper()
	m.app.Wait(30 * time.Second)
	code, err := totp.Code(m.secret, m.app.Now())
	if err != nil {
		m.t.Fatal(err)
	}
	return code
}

func (m *maker) enrols() bool {
	r := m.asks("POST", "/v1/auth/second-factor", `{}`)
	if r != nil {
		m.secret = functiontest.JSON[struct{ Secret string }](*r).Secret
	}
	return r != nil
}

func (m *maker) turnsOn() bool {
	if !m.enrols() {
		return false
	}
	r := m.asks("POST", "/v1/auth/second-factor/confirm", map[string]string{"code": m.code()})
	m.recovery = functiontest.JSON[struct{ RecoveryCodes []string }](*r).RecoveryCodes
	return true
}

func (m *maker) links() bool {
	r := m.asks("POST", "/v1/auth/oidc/kakao/link", `{}`)
	if r != nil {
		answer := m.browser.back(m.issuer.Agree(m.t, functiontest.JSON[struct{ URL string }](*r).URL))
		m.browser.location(m.t, answer, "/")
	}
	return r != nil
}

// left is what the maker of an account does with each operation that could leave something in
// it; "" and no func where it leaves nothing, with the reason. A new operation is added here.
var left = map[string]struct {
	why string
	do  func(*maker)
}{
	"POST /v1/auth/sessions": {do: func(m *maker) {
		m.sessions = append(m.sessions, functiontest.JSON[tokens](client{app: m.app}.signIn("victim@example.com", secretWord).Want(201)))
	}},
	"POST /v1/auth/sessions/refresh": {do: func(m *maker) {
		first := functiontest.JSON[tokens](client{app: m.app}.signIn("victim@example.com", secretWord).Want(201))
		m.sessions = append(m.sessions, functiontest.JSON[tokens](client{app: m.app}.do("POST", "/v1/auth/sessions/refresh", map[string]string{"refreshToken": first.RefreshToken}).Want(200)))
	}},
	"POST /v1/auth/proof": {do: func(m *maker) { m.asks("POST", "/v1/auth/proof", map[string]string{"password": secretWord}) }},
	"POST /v1/auth/email": {do: func(m *maker) {
		m.app.Mail.Take()
		m.asks("POST", "/v1/auth/email", map[string]string{"email": "maker@example.com"})
		_, rest, _ := strings.Cut(m.app.Mail.Take()[0].Text, ": ")
		m.mailCode = rest[:6]
	}},
	"POST /v1/auth/email/confirm": {why: "the account is then the maker's own, at an address that they read"},
	"POST /v1/auth/password": {do: func(m *maker) {
		m.passwords = append(m.passwords, "노란 별 아래 여덟 마리")
		m.asks("POST", "/v1/auth/password", map[string]string{"new": m.passwords[1]})
	}},
	"POST /v1/auth/password/forgotten":    {why: "the link goes to the owner of the address"},
	"POST /v1/auth/password/reset":        {why: "is what the owner does"},
	"POST /v1/auth/second-factor":         {do: func(m *maker) { m.enrols() }},
	"POST /v1/auth/second-factor/confirm": {do: func(m *maker) { m.turnsOn() }},
	"POST /v1/auth/second-factor/verify":  {why: "says something of a session, which ends"},
	"POST /v1/auth/second-factor/recovery-codes": {do: func(m *maker) {
		if m.turnsOn() {
			r := m.asks("POST", "/v1/auth/second-factor/recovery-codes", `{}`)
			m.recovery = functiontest.JSON[struct{ RecoveryCodes []string }](*r).RecoveryCodes
		}
	}},
	"POST /v1/auth/oidc/{issuer}/link": {do: func(m *maker) { m.links() }},
	"POST /v1/auth/oidc/second-factor": {do: func(m *maker) { // halfway, where a code is all that lacks
		if m.links() && m.turnsOn() {
			m.halfway.location(m.t, m.halfway.back(m.halfway.begin(m.t, m.issuer, "")), "/?error=second-factor-code-required")
		}
	}},
	"POST /v1/auth/oidc/sign-up":       {why: "makes another account"},
	"POST /v1/auth/oidc/return":        {why: "is a sign-in by a link"},
	"DELETE /v1/auth/sessions/current": {why: "ends"},
	"DELETE /v1/auth/sessions/{id}":    {why: "ends"},
	"DELETE /v1/auth/sessions":         {why: "ends"},
	"DELETE /v1/auth/second-factor":    {why: "ends"},
	"DELETE /v1/auth/oidc/{issuer}":    {why: "ends"},
}

// isOut fails where the maker gets in by anything that they have.
func (m *maker) isOut() {
	m.t.Helper()
	in := func(c client) bool { return c.do("GET", "/v1/auth/sessions", nil).Status == 200 }
	tries := []string{""}
	if m.secret != "" {
		tries = append(tries, m.code())
	}
	tries = append(tries, m.recovery...)
	if in(m.browser) {
		m.t.Error("the maker is signed in")
	}
	for _, s := range m.sessions {
		if in(client{app: m.app, as: s.AccessToken}) || m.browser.do("POST", "/v1/auth/sessions/refresh", map[string]string{"refreshToken": s.RefreshToken}).Status == 200 {
			m.t.Error("a session of the maker's goes on")
		}
	}
	for i, word := range m.passwords {
		guesser := client{app: m.app, from: "203.0.113." + string(rune('1'+i))}
		if r := guesser.signIn("victim@example.com", word); r.Code() != "sign-in-failed" {
			m.t.Errorf("the maker's password: %d %s", r.Status, r.Code())
		}
	}
	for _, code := range tries {
		if code != "" && m.halfway.cookies[flowCookie] != "" && m.halfway.do("POST", "/v1/auth/oidc/second-factor", map[string]string{"code": code}).Status == 200 {
			m.t.Error("what was half of a sign-in is one")
		}
	}
	elsewhere := client{app: m.app, cookies: map[string]string{}}
	elsewhere.location(m.t, elsewhere.back(elsewhere.begin(m.t, m.issuer, "")), "/?error=consent-required") // nobody's yet
	if m.mailCode != "" && m.browser.do("POST", "/v1/auth/email/confirm", map[string]string{"code": m.mailCode}).Status < 300 {
		m.t.Error("the maker takes the account to another address")
	}
}

// Somebody makes an account under another's address and leaves in it what they can. From the
// moment on in which its owner resets the password nothing of that lets them in, and the owner is
// asked for nothing but the password; as well in an account of a release that let ways be added
// before the address was confirmed.
func TestWhoMadeAnAccountIsOut(t *testing.T) {
	operations := []string{}
	for _, r := range fn.Function.Build(function.Deps{}).Routes {
		if name := r.Method + " " + r.Path; r.Method != http.MethodGet {
			operations = append(operations, name)
			if row, there := left[name]; !there || (row.do == nil) == (row.why == "") {
				t.Errorf("%s: say in left what it could leave in an account, or why nothing", name)
			}
		}
	}
	for name, row := range left {
		if !slices.Contains(operations, name) {
			t.Errorf("there is no %s", name)
		}
		for _, before := range []bool{false, true} {
			if row.do == nil {
				continue
			}
			label := name + ", today"
			if before {
				label = name + ", of an earlier release"
			}
			engines := map[string][]functiontest.Option{"SQLite": nil}
			if name == "POST /v1/auth/oidc/second-factor" { // which leaves the most
				engines["PostgreSQL"] = []functiontest.Option{functiontest.OnPostgres}
			}
			for engine, options := range engines {
				t.Run(label+", "+engine, func(t *testing.T) {
					app, issuer, browser := elsewhere(t, options...)
					confirmed := func(sql string) {
						if _, err := app.DB.Exec(app.Context(), `UPDATE members SET email_confirmed_at = `+sql); err != nil {
							t.Fatal(err)
						}
					}
					issuer.Claims["sub"] = "maker"
					joined(t, app, "victim@example.com")
					confirmed("NULL")
					m := &maker{t: t, app: app, issuer: issuer, browser: browser, halfway: client{app: app, cookies: map[string]string{}}, passwords: []string{secretWord}}
					m.browser.keep(m.browser.signIn("victim@example.com", secretWord, "delivery", "cookie").Want(201))
					if before {
						confirmed("1")
					}
					row.do(m)
					if adds := strings.Contains(name, "second-factor") || strings.Contains(name, "link"); m.refused != (adds && !before) {
						t.Errorf("refused: %v", m.refused)
					}
					if before {
						confirmed("NULL")
					}

					const chosen = "참외가 더 맛있는 여름 9시"
					owner := client{app: app, cookies: map[string]string{}, from: "198.51.100.1"}
					app.Mail.Take()
					owner.do("POST", "/v1/auth/password/forgotten", map[string]string{"email": "victim@example.com"}).Want(202)
					_, rest, _ := strings.Cut(app.Mail.Take()[0].Text, "/password#")
					owner.do("POST", "/v1/auth/password/reset", map[string]string{"token": strings.Fields(rest)[0], "password": chosen}).Want(204)
					m.isOut()
					owner.keep(owner.signIn("victim@example.com", chosen, "delivery", "cookie").Want(201))
					// The owner's own ways are theirs alone, too.
					e := functiontest.JSON[struct{ Secret string }](owner.do("POST", "/v1/auth/second-factor", `{}`).Want(201))
					first, err := totp.Code(e.Secret, app.Now())
					if err != nil {
						t.Fatal(err)
					}
					owner.keep(owner.do("POST", "/v1/auth/second-factor/confirm", map[string]string{"code": first}).Want(200))
					m.isOut()
					if owner.cookies[auth.AccessCookie] == "" {
						t.Error("the owner is out")
					}
				})
			}
		}
	}
}

// Half of a sign-in is half of one while the account's password and second factor are what they
// were: it ends when either is replaced or turned off.
func TestHalfOfASignInEnds(t *testing.T) {
	for name, meanwhile := range map[string]func(*maker){
		"another password": func(m *maker) {
			m.asks("POST", "/v1/auth/password", map[string]string{"new": "노란 별 아래 여덟 마리"})
		},
		"no second factor": func(m *maker) { m.asks("DELETE", "/v1/auth/second-factor", `{}`) },
		"nothing":          func(*maker) {},
	} {
		t.Run(name, func(t *testing.T) {
			app, issuer, browser := elsewhere(t)
			issuer.Claims["sub"] = "kim"
			joined(t, app, "kim@example.com")
			m := &maker{t: t, app: app, issuer: issuer, browser: browser, halfway: client{app: app, cookies: map[string]string{}}}
			m.browser.keep(m.browser.signIn("kim@example.com", secretWord, "delivery", "cookie").Want(201))
			m.links()
			m.turnsOn()
			m.halfway.back(m.halfway.begin(t, issuer, ""))
			meanwhile(m)
			r := m.halfway.do("POST", "/v1/auth/oidc/second-factor", map[string]string{"code": m.code()})
			if (r.Status == 200) != (name == "nothing") {
				t.Errorf("%d %s", r.Status, r.Code())
			}
		})
	}
}

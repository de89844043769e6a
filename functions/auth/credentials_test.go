package auth_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	fn "github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/totp"
)

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, app *functiontest.App)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, functiontest.New(t, fn.Function)) })
	t.Run("postgres", func(t *testing.T) { test(t, functiontest.New(t, fn.Function, functiontest.OnPostgres)) })
}

func TestRotation(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		joined(t, app, "kim@example.com")
		c := client{app: app}
		refresh := func(token string) functiontest.Response {
			return c.do("POST", "/v1/auth/sessions/refresh", map[string]string{"refreshToken": token})
		}
		first := functiontest.JSON[tokens](c.signIn("kim@example.com", secretWord).Want(201))
		second := refresh(first.RefreshToken).Want(200)
		app.Wait(29 * time.Second)
		if lost := refresh(first.RefreshToken).Want(200); string(lost.Body) != string(second.Body) {
			t.Errorf("a lost answer is not the same again:\n%s\n%s", second.Body, lost.Body)
		}
		third := functiontest.JSON[tokens](refresh(functiontest.JSON[tokens](second).RefreshToken).Want(200))
		client{app: app, as: third.AccessToken}.do("GET", "/v1/auth/sessions", nil).Want(200)
		refresh(first.RefreshToken).Problem(401, "session-ended") // its successor was used: a thief, even now
		refresh(third.RefreshToken).Problem(401, "session-ended")
		client{app: app, as: third.AccessToken}.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")

		first = functiontest.JSON[tokens](c.signIn("kim@example.com", secretWord).Want(201))
		next := functiontest.JSON[tokens](refresh(first.RefreshToken).Want(200))
		app.Wait(30 * time.Second)
		refresh(first.RefreshToken).Problem(401, "session-ended")
		refresh(next.RefreshToken).Problem(401, "session-ended")

		next = functiontest.JSON[tokens](c.signIn("kim@example.com", secretWord).Want(201))
		for range 6 { // a month each, half a year in all
			app.Wait(30*24*time.Hour - time.Second)
			if r := refresh(next.RefreshToken); r.Status == 200 {
				next = functiontest.JSON[tokens](r)
			}
		}
		app.Wait(6 * time.Second)
		refresh(next.RefreshToken).Problem(401, "session-ended")
	})
}

func TestParallelRefresh(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		joined(t, app, "kim@example.com")
		c := client{app: app}
		first := functiontest.JSON[tokens](c.signIn("kim@example.com", secretWord).Want(201))
		answers := make(chan string, 50)
		var wait sync.WaitGroup
		for i := range 50 {
			wait.Go(func() {
				r := client{app: app, from: fmt.Sprintf("203.0.113.%d", i)}.do("POST", "/v1/auth/sessions/refresh", map[string]string{"refreshToken": first.RefreshToken})
				answers <- string(r.Body)
			})
		}
		wait.Wait()
		close(answers)
		different := map[string]bool{}
		for a := range answers {
			different[a] = true
		}
		if len(different) != 1 {
			t.Errorf("%d different answers: %v", len(different), different)
		}
		got := functiontest.JSON[struct{ Items []any }](client{app: app, as: functiontest.JSON[tokens](c.do("POST", "/v1/auth/sessions/refresh", map[string]string{"refreshToken": first.RefreshToken}).Want(200)).AccessToken}.do("GET", "/v1/auth/sessions", nil).Want(200))
		if len(got.Items) != 1 {
			t.Errorf("%d sessions", len(got.Items))
		}
	})
}

func TestParallelGuesses(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		joined(t, app, "kim@example.com")
		var wait sync.WaitGroup
		codes := make(chan string, 50)
		for range 50 {
			wait.Go(func() {
				codes <- client{app: app, from: "203.0.113.1"}.signIn("kim@example.com", "wrong").Code()
			})
		}
		wait.Wait()
		close(codes)
		count := map[string]int{}
		for code := range codes {
			count[code]++
		}
		if count["sign-in-failed"] != 5 || count["too-many-failures"] != 45 {
			t.Errorf("%v", count)
		}
	})
}

func TestSecondFactor(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		joined(t, app, "kim@example.com")
		guest := client{app: app}
		in := client{app: app, as: functiontest.JSON[tokens](guest.signIn("kim@example.com", secretWord).Want(201)).AccessToken}
		app.Wait(10 * time.Minute)
		in.do("POST", "/v1/auth/second-factor", `{}`).Problem(403, "proof-required")
		in.do("POST", "/v1/auth/proof", `{"password":"wrong"}`).Problem(403, "password-wrong")
		in.renewed(in.do("POST", "/v1/auth/proof", map[string]string{"password": secretWord}))
		e := functiontest.JSON[struct {
			Secret, URI string
			QR          struct{ Path string }
		}](in.do("POST", "/v1/auth/second-factor", `{}`).Want(201))
		if !strings.HasPrefix(e.URI, "otpauth://totp/") || !strings.Contains(e.URI, e.Secret) || !strings.HasPrefix(e.QR.Path, "M4 4h7v1h-7z") {
			t.Errorf("%+v", e)
		}
		without := client{app: app, as: functiontest.JSON[tokens](guest.signIn("kim@example.com", secretWord).Want(201)).AccessToken} // not confirmed yet
		code := func() string {
			s, err := totp.Code(e.Secret, app.Now())
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		in.do("POST", "/v1/auth/second-factor/confirm", `{"code":"x"}`).Problem(403, "code-wrong")
		recovery := in.renewed(in.do("POST", "/v1/auth/second-factor/confirm", map[string]string{"code": code()})).RecoveryCodes
		in.do("POST", "/v1/auth/second-factor", `{}`).Problem(409, "second-factor-on")
		if body := string(in.do("GET", "/v1/auth/second-factor", nil).Want(200).Body); body != `{"on":true,"recoveryCodes":10}`+"\n" {
			t.Errorf("%s", body)
		}
		for range 10 { // a right password without a code is no failure
			guest.signIn("kim@example.com", secretWord).Problem(401, "second-factor-code-required")
		}
		guest.signIn("kim@example.com", "wrong").Problem(401, "sign-in-failed")
		guest.signIn("kim@example.com", secretWord, "code", code()).Problem(401, "sign-in-failed") // used to confirm
		app.Wait(30 * time.Second)
		without.do("POST", "/v1/auth/second-factor/verify", `{"code":"x"}`).Problem(403, "code-wrong")
		without.renewed(without.do("POST", "/v1/auth/second-factor/verify", map[string]string{"code": recovery[0]}))
		guest.signIn("kim@example.com", secretWord, "code", code()).Want(201)
		guest.signIn("kim@example.com", secretWord, "code", code()).Problem(401, "sign-in-failed")
		guest.signIn("kim@example.com", secretWord, "code", strings.ToUpper(recovery[3])).Want(201)
		guest.signIn("kim@example.com", secretWord, "code", recovery[3]).Problem(401, "sign-in-failed")

		app.Wait(10 * time.Minute)
		guest.do("POST", "/v1/auth/second-factor/recovery-codes", `{}`).Problem(401, "sign-in-required")
		in.as = functiontest.JSON[tokens](guest.signIn("kim@example.com", secretWord, "code", recovery[5]).Want(201)).AccessToken
		app.Wait(10 * time.Minute)
		for _, o := range [][2]string{{"POST", "/v1/auth/second-factor/recovery-codes"}, {"DELETE", "/v1/auth/second-factor"}} {
			in.do(o[0], o[1], `{}`).Problem(403, "proof-required")
		}
		prove := func(word, code string) functiontest.Response {
			return in.do("POST", "/v1/auth/proof", map[string]string{"password": word, "code": code})
		}
		prove("", code()).Problem(403, "password-wrong")
		prove(secretWord, "").Problem(403, "code-wrong")
		prove(secretWord, "000000x").Problem(403, "code-wrong")
		in.do("DELETE", "/v1/auth/second-factor", `{}`).Problem(403, "proof-required")
		in.renewed(prove(secretWord, code()))
		fresh := in.renewed(in.do("POST", "/v1/auth/second-factor/recovery-codes", `{}`)).RecoveryCodes
		if body := string(in.do("GET", "/v1/auth/second-factor", nil).Want(200).Body); len(fresh) != 10 || body != `{"on":true,"recoveryCodes":10}`+"\n" {
			t.Errorf("%v %s", fresh, body)
		}
		guest.signIn("kim@example.com", secretWord, "code", recovery[4]).Problem(401, "sign-in-failed")
		guest.signIn("kim@example.com", secretWord, "code", fresh[4]).Want(201)
		app.Wait(10 * time.Minute)
		in.renewed(prove(secretWord, fresh[5]))
		other := client{app: app, as: functiontest.JSON[tokens](guest.signIn("kim@example.com", secretWord, "code", fresh[6]).Want(201)).AccessToken}
		in.renewed(in.do("DELETE", "/v1/auth/second-factor", `{"endOthers":true}`))
		other.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
		guest.signIn("kim@example.com", secretWord).Want(201)
		in.do("POST", "/v1/auth/second-factor/recovery-codes", `{}`).Problem(409, "second-factor-off")
	})
}

func TestPasswords(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		const chosen = "참외가 더 맛있는 여름 9시"
		joined(t, app, "kim@example.com")
		guest := client{app: app}
		in := client{app: app, as: functiontest.JSON[tokens](guest.signIn("kim@example.com", secretWord).Want(201)).AccessToken}
		other := client{app: app, as: functiontest.JSON[tokens](guest.signIn("kim@example.com", secretWord).Want(201)).AccessToken}
		in.do("POST", "/v1/auth/password", map[string]string{"new": "password1"}).Problem(422, "invalid-input")
		in.renewed(in.do("POST", "/v1/auth/password", map[string]string{"new": chosen}))
		app.Mail.Take()
		in.do("GET", "/v1/auth/sessions", nil).Want(200)
		other.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
		guest.signIn("kim@example.com", secretWord).Problem(401, "sign-in-failed")
		guest.signIn("kim@example.com", chosen).Want(201)

		// Forgotten: the same answer for both addresses, and a message to each.
		token := ""
		for _, email := range []string{"nobody@example.com", "kim@example.com"} {
			body := string(guest.do("POST", "/v1/auth/password/forgotten", map[string]string{"email": email}).Want(202).Body)
			mail := app.Mail.Take()
			if body != `{"sent":true}`+"\n" || len(mail) != 1 || mail[0].To != email {
				t.Errorf("%s %+v", body, mail)
			}
			_, rest, _ := strings.Cut(mail[0].Text, "/password#")
			token, _, _ = strings.Cut(rest, "\n")
		}
		reset := func(token, word string) functiontest.Response {
			return guest.do("POST", "/v1/auth/password/reset", map[string]string{"token": token, "password": word})
		}
		for range 6 {
			guest.signIn("kim@example.com", "wrong")
		}
		guest.signIn("kim@example.com", chosen).Problem(429, "too-many-failures")
		reset(token, "short").Problem(422, "invalid-input")
		app.Wait(30*time.Minute - time.Millisecond)
		reset(token, secretWord).Want(204)
		if mail := app.Mail.Take(); len(mail) != 1 || !strings.Contains(mail[0].Text, "비밀번호를 다시 정했습니다") {
			t.Errorf("%+v", mail)
		}
		reset(token, secretWord).Problem(410, "reset-ended")
		in.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
		guest.signIn("kim@example.com", secretWord).Want(201)
		guest.do("POST", "/v1/auth/password/forgotten", map[string]string{"email": "kim@example.com"}).Want(202)
		_, rest, _ := strings.Cut(app.Mail.Take()[0].Text, "/password#")
		token, _, _ = strings.Cut(rest, "\n")
		app.Wait(30 * time.Minute)
		guest.from = "203.0.113.9" // the host's own limit is another test's
		reset(token, chosen).Problem(410, "reset-ended")
		for range 5 {
			guest.do("POST", "/v1/auth/password/forgotten", map[string]string{"email": "kim@example.com"}).Want(202)
		}
		if n := len(app.Mail.Take()); n != 3 {
			t.Errorf("%d messages, want 3 and then a delay", n)
		}
	})
}

// A forgotten password is set by a link; the second factor is asked for as before.
func TestAResetKeepsTheSecondFactor(t *testing.T) {
	const chosen = "참외가 더 맛있는 여름 9시"
	app := functiontest.New(t, fn.Function)
	joined(t, app, "kim@example.com")
	guest := client{app: app}
	in := client{app: app, as: functiontest.JSON[tokens](guest.signIn("kim@example.com", secretWord).Want(201)).AccessToken}
	e := functiontest.JSON[struct{ Secret string }](in.do("POST", "/v1/auth/second-factor", `{}`).Want(201))
	code := func() string {
		s, err := totp.Code(e.Secret, app.Now())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	in.renewed(in.do("POST", "/v1/auth/second-factor/confirm", map[string]string{"code": code()}))
	app.Mail.Take()
	guest.do("POST", "/v1/auth/password/forgotten", map[string]string{"email": "kim@example.com"}).Want(202)
	_, token, _ := strings.Cut(app.Mail.Take()[0].Text, "/password#")
	r := guest.do("POST", "/v1/auth/password/reset", map[string]string{"token": strings.Fields(token)[0], "password": chosen}).Want(204)
	if cookies := cookiesOf(r); cookies[auth.AccessCookie] != nil || cookies[auth.RefreshCookie] != nil {
		t.Errorf("a link signs in: %v", cookies)
	}
	in.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
	guest.signIn("kim@example.com", chosen).Problem(401, "second-factor-code-required")
	guest.signIn("kim@example.com", chosen, "code", "000000x").Problem(401, "sign-in-failed")
	app.Wait(30 * time.Second)
	guest.signIn("kim@example.com", chosen, "code", code()).Want(201)
}

// A password is good until its owner changes it.
func TestPasswordsDoNotExpire(t *testing.T) {
	app := functiontest.New(t, fn.Function)
	joined(t, app, "kim@example.com")
	app.Wait(5 * 365 * 24 * time.Hour)
	client{app: app}.signIn("kim@example.com", secretWord).Want(201)
}

// Whatever strangers ask for, and from however many addresses, whoever owns an address and asks
// for a link has one in the mailbox that works; and the mailbox gets no more than there are
// quarters of an hour, beside the ten of a day that are free.
func TestAResetReachesItsOwner(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		app := functiontest.New(t, fn.Function, functiontest.WithSettings(func(s *function.Settings) {
			s.CampusNetworks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} // the host's buckets are another test's
		}))
		signedUp(t, app, "kim@example.com", "")
		began, sent := app.Now(), []time.Time{}
		ask := func(from string) {
			client{app: app, from: from}.do("POST", "/v1/auth/password/forgotten", map[string]string{"email": "kim@example.com"}).Want(202)
			for range app.Mail.Take() {
				sent = append(sent, app.Now())
			}
		}
		for range rapid.IntRange(1, 12).Draw(r, "turns") {
			for range rapid.IntRange(0, 15).Draw(r, "strangers") {
				ask(fmt.Sprintf("203.0.113.%d", rapid.IntRange(1, 9).Draw(r, "stranger")))
				app.Wait(time.Duration(rapid.IntRange(0, 600).Draw(r, "seconds")) * time.Second)
			}
			ask("198.51.100.1")
			if len(sent) == 0 || !app.Now().Before(sent[len(sent)-1].Add(credential.ResetLife)) {
				r.Fatalf("the owner asks at %s and the mailbox has %v", app.Now(), sent)
			}
		}
		if most := 10 + int(app.Now().Sub(began)/(15*time.Minute)) + 5; len(sent) > most { // five delays are shorter
			r.Fatalf("%d messages in %s", len(sent), app.Now().Sub(began))
		}
	})
}

// Who signs up with somebody's address, or has codes sent to it, uses up nothing of a reset.
func TestMessagesAreCountedByPurpose(t *testing.T) {
	app := functiontest.New(t, fn.Function)
	signedUp(t, app, "kim@example.com", "")
	stranger := client{app: app, as: app.Member(functiontest.Member{}).Token}
	for range 10 {
		stranger.do("POST", "/v1/auth/email", map[string]string{"email": "kim@example.com"})
	}
	app.Mail.Take()
	owner := client{app: app, from: "198.51.100.1"}
	owner.do("POST", "/v1/auth/password/forgotten", map[string]string{"email": "kim@example.com"}).Want(202)
	if n := len(app.Mail.Take()); n != 1 {
		t.Errorf("%d messages", n)
	}
	own := client{app: app, as: app.Member(functiontest.Member{}).Token}
	own.do("POST", "/v1/auth/email", map[string]string{"email": "kim@example.com"}).Want(202)
}

func TestCouncilsSignInsAreRecorded(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		joined(t, app, "kim@example.com")
		c := client{app: app}
		id := functiontest.JSON[tokens](c.signIn("kim@example.com", secretWord).Want(201)).Member.ID
		if got := app.Audited(); len(got) != 0 {
			t.Errorf("a member's sign-in is recorded: %v", got)
		}
		accounts := member.Store{DB: app.DB}
		if err := accounts.VerifyByAdmin(app.Context(), id, "20260001"); err != nil {
			t.Fatal(err)
		}
		giver := auth.Principal{MemberID: app.Member(functiontest.Member{}).ID, Grants: []auth.Grant{{Role: auth.Admin}}}
		if err := accounts.Grant(auth.With(app.Context(), giver), id, auth.Grant{Role: auth.Editor}); err != nil {
			t.Fatal(err)
		}
		got := functiontest.JSON[tokens](c.signIn("kim@example.com", secretWord).Want(201))
		if len(got.Member.Roles) != 1 || got.Member.Roles[0].Role != "editor" {
			t.Errorf("%+v", got.Member)
		}
		if got := app.Audited(); len(got) != 1 || got[0] != "sign in" {
			t.Errorf("audit: %v", got)
		}
	})
}

// What somebody guesses in a session that they got hold of delays nothing in the owner's. All sessions of an account
// together are bounded, and signing in anew, which is a proof, is not.
func TestAStolenSessionDelaysNobody(t *testing.T) {
	app := functiontest.New(t, fn.Function)
	joined(t, app, "kim@example.com")
	session := func() client {
		t.Helper()
		return client{app: app, as: functiontest.JSON[tokens](client{app: app}.signIn("kim@example.com", secretWord).Want(201)).AccessToken}
	}
	prove := func(c client, word string) functiontest.Response {
		return c.do("POST", "/v1/auth/proof", map[string]string{"password": word})
	}
	stolen, owner := session(), session()
	for range 5 {
		prove(stolen, "wrong").Problem(403, "password-wrong")
	}
	prove(stolen, secretWord).Problem(429, "too-many-failures")
	for range 30 { // whatever comes so fast
		prove(stolen, "wrong")
	}
	owner.renewed(prove(owner, secretWord))
	compared := 0
	for range 30 {
		c := session()
		for range 6 {
			if prove(c, "wrong").Status == 403 {
				compared++
			}
		}
	}
	if compared != 100 {
		t.Errorf("%d guesses in 30 sessions were compared, want 100", compared)
	}
	prove(owner, secretWord).Problem(429, "too-many-failures")
	session().do("DELETE", "/v1/auth/sessions", nil).Want(204)
	stolen.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
}

package auth_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	fn "github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/member"
)

// slow is a hash that takes as long to verify as any.
func slow(word string) string {
	const passes, memory = 10, 64 << 10 // the most that password.Verify takes
	salt := []byte("sixteen  letters")
	hash := argon2.IDKey([]byte(word), salt, passes, memory, 1, 32)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, memory, passes, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}

// A sign-in takes as long as its password takes to be verified. What ends sessions meanwhile ends the one that it is about
// to begin: whoever knows the old password is out.
func TestNoSessionOutlivesWhatEndsSessions(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, app *functiontest.App, token string){
		"a reset": func(_ *testing.T, app *functiontest.App, token string) {
			client{app: app}.do("POST", "/v1/auth/password/reset", map[string]string{"token": token, "password": "노란 별 아래 여덟 마리"}).Want(204)
		},
		"a suspension": func(t *testing.T, app *functiontest.App, _ string) {
			t.Helper()
			members := member.Store{DB: app.DB, Key: app.Deps.Key, LeaveGrace: app.Deps.Settings.LeaveGrace}
			id, err := database.One(app.Context(), app.DB, database.Value[string], `SELECT id FROM members`)
			if err != nil {
				t.Fatal(err)
			}
			if err := members.Suspend(app.Context(), id); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			app := functiontest.New(t, fn.Function)
			signedUp(t, app, "kim@example.com", slow(secretWord))
			client{app: app}.do("POST", "/v1/auth/password/forgotten", map[string]string{"email": "kim@example.com"}).Want(202)
			_, token, _ := strings.Cut(app.Mail.Take()[0].Text, "/password#")
			got := make(chan functiontest.Response)
			go func() { got <- client{app: app, from: "198.51.100.9"}.signIn("kim@example.com", secretWord) }()
			time.Sleep(200 * time.Millisecond) // the sign-in has read the account, and verifies
			end(t, app, strings.Fields(token)[0])
			r := <-got
			if r.Status >= 300 {
				return
			}
			tokens := functiontest.JSON[struct{ AccessToken string }](r)
			client{app: app, as: tokens.AccessToken}.do("GET", "/v1/auth/sessions", nil).Problem(401, "session-ended")
		})
	}
}

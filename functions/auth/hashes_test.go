package auth_test

import (
	"strings"
	"testing"

	fn "github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/functiontest"
)

// Other tests hash by little work. Whoever signs in to a function as it is deployed has the hash of a deployed one from then on.
func TestDeployedFunctionsHashByTheWholeWork(t *testing.T) {
	app := functiontest.New(t, fn.Function)
	app.Deps.Trial = false
	joined(t, app, "kim@example.com")
	for _, want := range []string{"$argon2id$v=19$m=8,t=1,p=1$", "$argon2id$v=19$m=19456,t=2,p=1$", "$argon2id$v=19$m=19456,t=2,p=1$"} {
		stored, err := database.One(app.Context(), app.DB, database.Value[string], `SELECT password FROM members`)
		if err != nil || !strings.HasPrefix(stored, want) {
			t.Fatalf("%.40s, want %s: %v", stored, want, err)
		}
		client{app: app}.signIn("kim@example.com", secretWord).Want(201)
		client{app: app}.signIn("kim@example.com", "another").Problem(401, "sign-in-failed")
	}
}

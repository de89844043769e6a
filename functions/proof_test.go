package functions_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/functiontest"
)

// proved are the operations that ask for a fresh proof: whatever adds or removes a way to sign
// in, ending where one is signed in elsewhere, suspending, leaving, giving and taking roles, and where the
// council's news goes.
var proved = []string{
	"DELETE /v1/admin/channels/{id}",
	"DELETE /v1/admin/members/{id}/roles/{role}",
	"DELETE /v1/admin/members/{id}/second-factor",
	"DELETE /v1/auth/oidc/{issuer}",
	"DELETE /v1/auth/second-factor",
	"DELETE /v1/auth/sessions",
	"DELETE /v1/auth/sessions/{id}",
	"DELETE /v1/members/me",
	"GET /console/channels/new",
	"GET /console/channels/{id}",
	"GET /my/address",
	"GET /my/issuers/{issuer}",
	"GET /my/leave",
	"GET /my/password",
	"GET /my/sessions",
	"POST /console/channels/new",
	"POST /console/channels/{id}",
	"POST /console/channels/{id}/rotate",
	"POST /my/address",
	"POST /my/address/code",
	"POST /my/issuers/{issuer}",
	"POST /my/issuers/{issuer}/remove",
	"POST /my/leave",
	"POST /my/password",
	"POST /my/second-factor",
	"POST /my/second-factor/confirm",
	"POST /my/second-factor/recovery-codes",
	"POST /my/second-factor/remove",
	"POST /my/sessions",
	"POST /my/sessions/{id}",
	"POST /v1/admin/channels",
	"POST /v1/admin/channels/{id}/pause",
	"POST /v1/admin/channels/{id}/resume",
	"POST /v1/admin/channels/{id}/rotate",
	"POST /v1/admin/members/{id}/suspend",
	"POST /v1/auth/email",
	"POST /v1/auth/email/confirm",
	"POST /v1/auth/oidc/{issuer}/link",
	"POST /v1/auth/password",
	"POST /v1/auth/second-factor",
	"POST /v1/auth/second-factor/confirm",
	"POST /v1/auth/second-factor/recovery-codes",
	"PUT /v1/admin/channels/{id}",
	"PUT /v1/admin/members/{id}/roles/{role}",
}

// Each of them is refused to a session whose proof is stale, before anything of the request
// counts: an API says so, a page leads to the form that asks and back. And none is started by
// another site.
func TestProof(t *testing.T) {
	found := map[string]bool{}
	for _, spec := range functions.All() {
		app := functiontest.New(t, spec)
		admin := app.Admin()
		if _, err := app.DB.Exec(app.Context(), `UPDATE sessions SET proved_at = proved_at - $1`, auth.ProofLife.Milliseconds()); err != nil {
			t.Fatal(err)
		}
		for _, r := range spec.Build(app.Deps).Routes {
			if !r.Proof {
				continue
			}
			form := "/my/proof"
			if english, is := strings.CutPrefix(r.Path, "/en/"); is && r.HTML {
				form = "/en" + form
				found[r.Method+" /"+english] = true
			}
			name := r.Method + " " + r.Path
			if form == "/my/proof" {
				found[name] = true
			}
			path := strings.NewReplacer("{id}", "0197b0d0-0000-7000-8000-000000000000", "{issuer}", "kakao").Replace(r.Path)
			ask := functiontest.Request{Method: r.Method, Path: path, As: admin, Header: map[string]string{"Sec-Fetch-Site": "same-origin"}}
			switch {
			case !r.HTML:
				ask.Body = `{}`
				app.Do(ask).Problem(403, "proof-required")
			case r.Method == http.MethodGet:
				if got, want := app.Do(ask).Want(303).Header.Get("Location"), form+"?next="+url.QueryEscape(path); got != want {
					t.Errorf("%s leads to %s, want %s", name, got, want)
				}
			default:
				ask.Body = url.Values{}
				if got := app.Do(ask).Want(303).Header.Get("Location"); got != form {
					t.Errorf("%s leads to %s", name, got)
				}
			}
			if r.Method != http.MethodGet {
				ask.Header["Sec-Fetch-Site"], ask.As, ask.Cookies = "cross-site", "", map[string]string{auth.AccessCookie: admin}
				app.Do(ask).Problem(403, "cross-origin")
			}
		}
	}
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, proved) {
		t.Errorf("operations that ask for a proof are\n%s\nwant\n%s\nmend Proof of the route, or proved in functions/proof_test.go", strings.Join(got, "\n"), strings.Join(proved, "\n"))
	}
}

// What changes how a member signs in is called by account.Ways alone, where a proof is asked
// for, the session renewed and the member told.
func TestWaysToSignInChangeInOnePlace(t *testing.T) {
	changes := []string{"Prove", "Change", "Enrol", "ConfirmEnrolment", "NewRecoveryCodes", "RemoveSecond", "ForgetSecond", "Link", "Unlink", "ConfirmAddress", "Reset", "Renew"}
	stores := []string{"credentials", "Credentials", "members", "Members", "sessions", "Sessions"}
	for _, root := range []string{"../functions", "../shared", "../knative"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || filepath.ToSlash(filepath.Dir(path)) == "../shared/identity/account" {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, is := n.(*ast.SelectorExpr)
				if !is || !slices.Contains(changes, call.Sel.Name) {
					return true
				}
				if of, is := call.X.(*ast.SelectorExpr); is && slices.Contains(stores, of.Sel.Name) {
					t.Errorf("%s calls %s.%s: ways to sign in change through account.Ways alone; call it", path, of.Sel.Name, call.Sel.Name)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/knative/seed"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/password"
	"github.com/madang-council/madang/shared/ui"
)

// firstSignIn is the admin's, kept in the data folder so that every start can print it.
// It is no longer right once the admin has changed the password.
type firstSignIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// welcome makes the admin where there is none, and with it a small council unless it is to be empty.
func welcome(ctx context.Context, b *backends, address string, f flags) (firstSignIn, error) {
	path := filepath.Join(f.data, "first-sign-in.json")
	first := firstSignIn{Email: "admin@madang.ac.kr", Password: "(changed, or made before this folder)"}
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &first); err != nil {
			return first, fmt.Errorf("%s: %w", path, err)
		}
		return first, nil
	case !errors.Is(err, fs.ErrNotExist):
		return first, fmt.Errorf("first sign-in: %w", err)
	}
	made := firstSignIn{Email: first.Email, Password: newPassword()}
	hash, err := password.NewHasher(1).Hash(ctx, made.Password)
	if err != nil {
		return first, fmt.Errorf("first sign-in: %w", err)
	}
	created, err := account.Accounts{Members: member.Store{DB: b.db}, Credentials: credential.Store{DB: b.db}}.EnsureAdmin(clock.With(ctx, time.Now()), made.Email, hash, "총학생회 관리자")
	if err != nil || !created {
		return first, err
	}
	text, err = json.Marshal(made) //nolint:gosec // G117: the file is how one signs in on this laptop, readable by its owner only
	if err != nil {
		return first, fmt.Errorf("first sign-in: %w", err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil { // before what may fail: the admin is there already
		return first, fmt.Errorf("first sign-in: %w", err)
	}
	if f.empty {
		return made, nil
	}
	if err := seed.Council(ctx, functions.All(), address, made.Email, made.Password); err != nil {
		return first, fmt.Errorf("seed: %w", err)
	}
	return made, nil
}

// newPassword is 80 random bits that can be read and typed.
func newPassword() string {
	t := rand.Text()
	return t[0:4] + "-" + t[4:8] + "-" + t[8:12] + "-" + t[12:16]
}

// greet says where everything is and what to try first, in at most a dozen lines.
func greet(w io.Writer, address, data string, names []string, first firstSignIn) error {
	_, err := fmt.Fprintf(w, `
Madang 마당  %[1]s

  sign in  %[1]s%[2]s  as  %[3]s / %[4]s
  mailbox  %[1]s/_dev/mail  has what Madang sends: nothing leaves this computer
  data     %[5]s (%[6]s); -reset begins anew

  try      write a notice at %[1]s/console/notices/new and look at the main page,
           or follow "Try it" in README.md by curl
  more     -routes lists every address, -log shows what happens, -h all flags; Ctrl+C ends it

`, address, ui.SignInPath, first.Email, first.Password, data, strings.Join(names, ", "))
	if err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	return nil
}

// list says every public address, and who may call it.
func list(w io.Writer, specs []function.Spec) error {
	var b strings.Builder
	for _, spec := range specs {
		fmt.Fprintf(&b, "%s  %s\n", spec.Name, spec.Doc)
		for _, r := range spec.Build(function.Deps{}).Routes {
			if !r.Internal {
				fmt.Fprintf(&b, "  %-6s %-52s %s\n", r.Method, r.Path, r.Access)
			}
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("list: %w", err)
	}
	return nil
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/knative/seed"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/password"
)

// firstSignIn is the admin's, kept in the data folder so that every start can print it.
// It is no longer right once the admin has changed the password.
type firstSignIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// welcome makes the admin and a small council where there are none.
func welcome(ctx context.Context, b *backends, address, data string) (firstSignIn, error) {
	path := filepath.Join(data, "first-sign-in.json")
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
	created, err := member.Store{DB: b.db}.EnsureAdmin(clock.With(ctx, time.Now()), made.Email, hash, "총학생회 관리자")
	if err != nil || !created {
		return first, err
	}
	if err := seed.Council(ctx, functions.All(), address, made.Email, made.Password); err != nil {
		return first, fmt.Errorf("seed: %w", err)
	}
	text, err = json.Marshal(made) //nolint:gosec // G117: the file is how one signs in on this laptop, readable by its owner only
	if err != nil {
		return first, fmt.Errorf("first sign-in: %w", err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return first, fmt.Errorf("first sign-in: %w", err)
	}
	return made, nil
}

// newPassword is 80 random bits that can be read and typed.
func newPassword() string {
	t := rand.Text()
	return t[0:4] + "-" + t[4:8] + "-" + t[8:12] + "-" + t[12:16]
}

// Command migrate brings the database of DATABASE_URL up to this release's schema. It is
// the job that runs before a rollout. With -admin it also makes the first admin where
// there is none, with the password of ADMIN_PASSWORD.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/migrate"
	"github.com/madang-council/madang/shared/database/postgres"
	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/password"
)

func main() {
	admin := flag.String("admin", "", "mail address of the first admin")
	wait := flag.Duration("wait", 0, "how long to wait for a database that is only starting")
	flag.Parse()
	if err := run(*admin, *wait); err != nil {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

func run(admin string, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute+wait)
	defer cancel()
	db, err := postgres.Open(os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := ready(ctx, db, wait); err != nil {
		return err
	}
	applied, err := migrate.Up(ctx, db)
	if err != nil {
		return err
	}
	fmt.Printf("%d files applied %v\n", len(applied), applied)
	if admin == "" {
		return nil
	}
	return welcome(ctx, db, admin, os.Getenv("ADMIN_PASSWORD"))
}

// ready waits until the database answers.
func ready(ctx context.Context, db *database.DB, wait time.Duration) error {
	for end := time.Now().Add(wait); ; time.Sleep(500 * time.Millisecond) {
		err := db.Ping(ctx)
		if err == nil || time.Now().After(end) {
			return err
		}
	}
}

// welcome makes the first admin.
func welcome(ctx context.Context, db *database.DB, email, word string) error {
	if word == "" {
		return errors.New("ADMIN_PASSWORD is empty")
	}
	hash, err := password.NewHasher(1).Hash(ctx, word)
	if err != nil {
		return err
	}
	made, err := account.Accounts{Members: member.Store{DB: db}, Credentials: credential.Store{DB: db}}.EnsureAdmin(clock.With(ctx, time.Now()), email, hash, "총학생회 관리자")
	if err == nil && made {
		fmt.Printf("made the first admin, %s\n", email)
	}
	return err
}

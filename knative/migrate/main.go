// Command migrate brings the database of DATABASE_URL up to this release's schema. It is
// the job that runs before a rollout.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/madang-council/madang/shared/database/migrate"
	"github.com/madang-council/madang/shared/database/postgres"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	db, err := postgres.Open(os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	applied, err := migrate.Up(ctx, db)
	if err != nil {
		return err
	}
	fmt.Printf("%d files applied %v\n", len(applied), applied)
	return nil
}

// Package migrate brings a database's schema up to this release. It runs in the
// migration job before a rollout, in the local host and in tests; functions never link it.
//
// Each file works with the release before it and after it (expand, then contract in a
// later release), because both serve while a rollout is under way. It is called by date and
// owner, as 20261201_minutes.sql, so that branches which add one each never collide. They
// are merged in any order: a file that is older than what a database has is applied too.
package migrate

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/madang-council/madang/shared/database"
)

//go:embed files/*.sql
var files embed.FS

// Up applies what is missing and returns the names of what it applied. Two jobs at the
// same time are safe: on PostgreSQL the second waits for the first.
func Up(ctx context.Context, db *database.DB) ([]string, error) {
	provider, err := provider(db.Pool(), db.Dialect())
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	names := make([]string, len(results))
	for i, r := range results {
		names[i] = r.Source.Path
	}
	return names, nil
}

func provider(pool *sql.DB, dialect database.Dialect) (*goose.Provider, error) {
	dir, err := fs.Sub(files, "files")
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	if dialect == database.SQLite {
		return goose.NewProvider(goose.DialectSQLite3, pool, dir, goose.WithAllowOutofOrder(true))
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return goose.NewProvider(goose.DialectPostgres, pool, dir, goose.WithAllowOutofOrder(true), goose.WithSessionLocker(locker))
}

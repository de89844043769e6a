// Package migrate brings a database's schema up to this release. It runs in the
// migration job before a rollout, in the local host and in tests; functions never link it.
//
// Each file works with the release before it and after it (expand, then contract in a
// later release), because both serve while a rollout is under way. It is called by minute
// and owner, as 202612011430_minutes.sql, so that branches which add one each never collide. They
// are merged in any order: a file that is older than what a database has is applied too.
package migrate

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"

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

// Sums are a SHA-256 sum of what each file does, by its name: of its lines without comments
// and without what stands around them.
func Sums() (map[string]string, error) {
	names, err := fs.Glob(files, "files/*.sql")
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	sums := map[string]string{}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("migrate: %w", err)
		}
		sums[path.Base(name)] = sum(string(content))
	}
	return sums, nil
}

func sum(file string) string {
	hash := sha256.New()
	for line := range strings.Lines(file) {
		if code, _, _ := strings.Cut(line, "--"); strings.TrimSpace(code) != "" {
			_, _ = fmt.Fprintln(hash, strings.TrimSpace(code))
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
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

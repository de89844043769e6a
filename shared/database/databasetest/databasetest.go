// Package databasetest gives tests a database of their own with the newest schema.
package databasetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/migrate"
	"github.com/madang-council/madang/shared/database/postgres"
	"github.com/madang-council/madang/shared/database/sqlite"
)

// template is a migrated SQLite file, made once for each test process.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "madang-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "template.db")
	db, err := sqlite.Fleeting(path)
	if err != nil {
		return nil, err
	}
	if _, err := migrate.Up(context.Background(), db); err != nil {
		return nil, err
	}
	if _, err := db.Pool().Exec(`PRAGMA journal_mode = DELETE`); err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// SQLite is a fresh SQLite database.
func SQLite(t testing.TB) *database.DB {
	t.Helper()
	content, err := template()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Fleeting(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Postgres is a fresh database beside the one that DATABASE_URL names, whose role may make databases.
// Without DATABASE_URL the test is skipped with the reason, or fails where CI=true.
func Postgres(t testing.TB) *database.DB { return Traced(t, nil) }

// Traced is Postgres, and tells a tracer of each statement that is sent.
func Traced(t testing.TB, tracer pgx.QueryTracer) *database.DB {
	t.Helper()
	address := os.Getenv("DATABASE_URL")
	if address == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("DATABASE_URL is not set: CI must test PostgreSQL")
		}
		t.Skip("DATABASE_URL is not set: not tested on PostgreSQL")
	}
	admin, err := postgres.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	ctx := context.Background()
	name := "madang_test_" + strings.ToLower(rand.Text())
	if err := copyTemplate(ctx, admin, address, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(ctx, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	address, err = named(address, name)
	if err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if tracer == nil {
		return db
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	config.Tracer = tracer
	traced := database.New(stdlib.OpenDB(*config), database.Postgres)
	t.Cleanup(func() { _ = traced.Close() })
	return traced
}

// templateLock is the advisory lock under which a template is made, in the database of DATABASE_URL.
const templateLock = 5284301

// copyTemplate makes a database with the newest schema. The migrations are run once for all processes of all
// packages, into a template whose name says which they are; those of other migrations are dropped then. A copy takes
// a sixth of what migrating does.
func copyTemplate(ctx context.Context, admin *database.DB, address, name string) error {
	sums, err := migrate.Sums()
	if err != nil {
		return err
	}
	whole := sha256.New()
	for _, file := range slices.Sorted(maps.Keys(sums)) {
		whole.Write([]byte(file + " " + sums[file] + "\n"))
	}
	template := templates + hex.EncodeToString(whole.Sum(nil)[:8])
	for {
		_, err := admin.Exec(ctx, `CREATE DATABASE `+name+` TEMPLATE `+template)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "3D000" { // invalid_catalog_name: no such template
			return err
		}
		if err := makeTemplate(ctx, admin, address, template); err != nil { // or another process has dropped it for its own
			return err
		}
	}
}

// templates is how the name of a template begins.
const templates = "madang_template_"

func makeTemplate(ctx context.Context, admin *database.DB, address, template string) error {
	conn, err := admin.Pool().Conn(ctx) // a lock is a session's
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, templateLock); err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, templateLock) }()

	rows, err := conn.QueryContext(ctx, `SELECT datname FROM pg_database WHERE datname LIKE $1`, templates+"%")
	if err != nil {
		return err
	}
	var others []string
	for rows.Next() {
		var other string
		if err := rows.Scan(&other); err != nil {
			return err
		}
		others = append(others, other)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if slices.Contains(others, template) { // made by who held the lock before
		return nil
	}
	for _, other := range others {
		if _, err := conn.ExecContext(ctx, `DROP DATABASE IF EXISTS `+other+` WITH (FORCE)`); err != nil {
			return err
		}
	}
	building := templates + strings.ToLower(rand.Text()) // until it is whole, nobody takes it for the template
	if _, err := conn.ExecContext(ctx, `CREATE DATABASE `+building); err != nil {
		return err
	}
	if address, err = named(address, building); err != nil {
		return err
	}
	db, err := postgres.Open(address)
	if err != nil {
		return err
	}
	_, err = migrate.Up(ctx, db)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `ALTER DATABASE `+building+` RENAME TO `+template)
	return err
}

// named is the address of another database of the same server.
func named(address, name string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// Each runs a test on SQLite and on PostgreSQL.
func Each(t *testing.T, test func(t *testing.T, db *database.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// rounds is how often LastPlace tries: one alone may happen to be in order.
const rounds = 10

// LastPlace has several ask for the last place of a limit at once, some times over. Take is given a number of its own each time, and says
// whether it got one; free makes one place free again. Each time exactly one gets it.
func LastPlace(t *testing.T, take func(n int) (bool, error), free func()) {
	t.Helper()
	for round := range rounds {
		var wg sync.WaitGroup
		var got atomic.Int64
		begin := make(chan struct{})
		for i := range postgres.Connections {
			wg.Go(func() {
				<-begin
				is, err := take(round*postgres.Connections + i)
				if err != nil {
					t.Error(err)
				}
				if is {
					got.Add(1)
				}
			})
		}
		close(begin)
		wg.Wait()
		if got.Load() != 1 {
			t.Fatalf("%d got the last place", got.Load())
		}
		free()
	}
}

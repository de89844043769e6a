// Package databasetest gives tests a database of their own with the newest schema.
package databasetest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
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
	db, err := sqlite.Open(path)
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
	db, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Postgres is a fresh schema in the database that DATABASE_URL names. Without it the
// test is skipped with the reason, or fails where CI=true.
func Postgres(t testing.TB) *database.DB { return Traced(t, nil) }

// Traced is Postgres, and tells a tracer of each statement that is sent once the schema is
// there.
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
	schema := "test_" + strings.ToLower(rand.Text())
	ctx := context.Background()
	if _, err := admin.Exec(ctx, `CREATE SCHEMA `+schema); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	db, err := postgres.Open(u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = db.Close()
		if _, err := admin.Exec(ctx, `DROP SCHEMA `+schema+` CASCADE`); err != nil {
			t.Error(err)
		}
		_ = admin.Close()
	})
	if _, err := migrate.Up(ctx, db); err != nil {
		t.Fatal(err)
	}
	if tracer == nil {
		return db
	}
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		t.Fatal(err)
	}
	config.Tracer = tracer
	traced := database.New(stdlib.OpenDB(*config), database.Postgres)
	t.Cleanup(func() { _ = traced.Close() })
	return traced
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

// Package database is the system of record: one SQL text for PostgreSQL (every deployed
// environment) and SQLite (a laptop), with placeholders $1, $2.
//
// Times are BIGINT milliseconds (shared/clock), ids are text made by the program, and
// uniqueness and stock are constraints. A request that writes runs in one Unit: every
// statement made with its context is part of one transaction, which the host commits
// when the handler succeeded. Stores never mention transactions.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Dialect names the engine.
type Dialect string

// The engines.
const (
	Postgres Dialect = "postgres"
	SQLite   Dialect = "sqlite"
)

// ErrNoRow is returned by One when nothing matches.
var ErrNoRow = errors.New("database: no row")

// DB is a lazily connected database: opening does no I/O.
type DB struct {
	pool    *sql.DB
	dialect Dialect
}

// New wraps a pool; the packages postgres and sqlite make one.
func New(pool *sql.DB, dialect Dialect) *DB { return &DB{pool: pool, dialect: dialect} }

// Dialect is the engine behind d.
func (d *DB) Dialect() Dialect { return d.dialect }

// Pool is the pool itself, for migrations and backups.
func (d *DB) Pool() *sql.DB { return d.pool }

// Close closes the pool.
func (d *DB) Close() error { return d.pool.Close() }

// Ping says whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return translate(d.pool.PingContext(ctx)) }

type executor interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (d *DB) executor(ctx context.Context) (executor, error) {
	if u := UnitOf(ctx); u != nil {
		return u.begin()
	}
	return d.pool, nil
}

// Exec runs a statement and returns how many rows it changed.
func (d *DB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	e, err := d.executor(ctx)
	if err != nil {
		return 0, err
	}
	r, err := e.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, translate(err)
	}
	n, err := r.RowsAffected()
	return n, translate(err)
}

// Row is what a scan function reads from.
type Row interface{ Scan(dest ...any) error }

// All reads every row. Where a connection had ended before it was asked, what only reads is asked of another one.
func All[T any](ctx context.Context, d *DB, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	e, err := d.executor(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := e.QueryContext(ctx, query, args...)
	for try := 1; err != nil; try++ {
		if err = translate(err); !isLost(err) || try == tries || UnitOf(ctx) != nil || !reads(query) {
			return nil, err
		}
		rows, err = e.QueryContext(ctx, query, args...)
	}
	defer func() { _ = rows.Close() }()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		list = append(list, v)
	}
	return list, translate(rows.Err())
}

// reads says whether a statement changes nothing, so that it may be asked again when nobody knows whether it was done.
func reads(query string) bool { return strings.HasPrefix(strings.TrimSpace(query), "SELECT ") }

// One reads the first row, or returns ErrNoRow.
func One[T any](ctx context.Context, d *DB, scan func(Row) (T, error), query string, args ...any) (T, error) {
	list, err := All(ctx, d, scan, query, args...)
	if err != nil {
		var zero T
		return zero, err
	}
	if len(list) == 0 {
		var zero T
		return zero, ErrNoRow
	}
	return list[0], nil
}

// Value scans one column, for counts and existence.
func Value[T any](r Row) (T, error) {
	var v T
	err := r.Scan(&v)
	return v, err
}

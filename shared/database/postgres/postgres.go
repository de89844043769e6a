// Package postgres opens PostgreSQL, the system of record of every deployed environment.
package postgres

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/madang-council/madang/shared/database"
)

// Pool sizes of one function's process. PostgreSQL allows 100 connections by default; 4
// leave room for 20 processes at once.
const (
	maxOpen     = 4
	maxIdle     = 2                // between requests one serves them and one what follows a commit
	maxIdleTime = 30 * time.Second // half of the chart's functions.window, so that a pod that is about to sleep holds none
)

// connectTime is how long a connection may take: Linux sends what was lost again after 1 s
// and after 3 s, so one loss is survived, and what is away is noticed before a reader goes.
const connectTime = 3 * time.Second

// Open prepares a pool for a URL such as postgres://user:password@host/name. It does no
// I/O. An environment that fails to answer within 3 seconds counts as away.
func Open(url string) (*database.DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	config.RuntimeParams["timezone"] = "UTC"
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(maxOpen)
	pool.SetMaxIdleConns(maxIdle)
	pool.SetConnMaxIdleTime(maxIdleTime)
	return database.New(pool, database.Postgres), nil
}

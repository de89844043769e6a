// Package postgres opens PostgreSQL, the system of record of every deployed environment.
package postgres

import (
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/dial"
)

// Connections is how many one process takes at most. The chart adds them up over all pods that
// its quota admits, and is refused where PostgreSQL would take fewer (docs/decisions/0060).
const Connections = 4

// What a process keeps of them.
const (
	maxIdle     = Connections      // a busy process that closes one opens it again at once, which takes PostgreSQL a process
	maxIdleTime = 30 * time.Second // half of the chart's functions.window, so that a pod that is about to sleep holds none
)

// connectTime is how long a connection may take: Linux sends what was lost again after 1 s
// and after 3 s, so one loss is survived, and what is away is noticed before a reader goes.
const connectTime = 3 * time.Second

// statements is how many statements a connection keeps prepared: a function has some dozens.
// pgx makes room for 512, twice, with every connection.
const statements = 128

// Open prepares a pool for a URL such as postgres://user:password@host/name. It does no
// I/O. An environment that fails to answer within 3 seconds counts as away. A statement may
// take as long as it takes, as those of migrations and backups do.
func Open(url string) (*database.DB, error) { return Within(url, 0) }

// Within is Open for who serves requests: PostgreSQL ends a statement that takes longer, its
// waiting for locks included, also where whoever asked is gone; the caller gets problem.Away.
func Within(url string, longest time.Duration) (*database.DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	config.DialFunc = pgconn.DialFunc(dial.First(config.ConnectTimeout, dial.Direct()))
	going := new(departure)
	config.OnPgError = going.heard(config.OnPgError)
	config.StatementCacheCapacity = min(config.StatementCacheCapacity, statements)
	config.DescriptionCacheCapacity = min(config.DescriptionCacheCapacity, statements)
	config.RuntimeParams["timezone"] = "UTC"
	if longest > 0 {
		config.RuntimeParams["statement_timeout"] = strconv.FormatInt(longest.Milliseconds(), 10)
	}
	pool := sql.OpenDB(connector{stdlib.GetConnector(*config), going})
	pool.SetMaxOpenConns(Connections)
	pool.SetMaxIdleConns(maxIdle)
	pool.SetConnMaxIdleTime(maxIdleTime)
	return database.New(pool, database.Postgres), nil
}

// Package sqlite opens SQLite, the embedded default on a laptop and in tests. No
// function's binary links it.
package sqlite

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/madang-council/madang/shared/database"
)

// Open opens the file at path, or makes it. Writers queue for at most 10 seconds, as they
// would for a row lock of PostgreSQL, and readers never wait for them.
func Open(path string) (*database.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	options := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: absolute}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	pool.SetMaxOpenConns(8)
	return database.New(pool, database.SQLite), nil
}

// Package sqlite opens SQLite, the embedded default on a laptop and in tests. No
// function's binary links it.
package sqlite

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"modernc.org/sqlite" // and the driver "sqlite"

	"github.com/madang-council/madang/shared/database"
)

// byBytes gives SQLite the collation that PostgreSQL calls "C", so that one text of a statement
// sorts by bytes in both. The driver has it for the whole process.
var byBytes = sync.OnceValue(func() error { return sqlite.RegisterCollationUtf8("C", strings.Compare) })

// cache is how much of a file a connection keeps, 64 MiB and not more than it has read. With SQLite's own 2 MB a search for a
// word that 5 000 things have took 40 ms of the 46 ms that it took for reading pages again (docs/decisions/0094).
const cache = "cache_size(-65536)"

// Open opens the file at path, or makes it. Writers queue for at most 10 seconds, as they
// would for a row lock of PostgreSQL, and readers never wait for them.
func Open(path string) (*database.DB, error) { return open(path, "FULL") }

// Fleeting opens a file that is of no use once the machine stops, as a test's: what is written waits for no disk.
func Fleeting(path string) (*database.DB, error) { return open(path, "OFF") }

func open(path, synchronous string) (*database.DB, error) {
	if err := byBytes(); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	options := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + synchronous + ")", "foreign_keys(1)", cache,
	}}
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: absolute}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	pool.SetMaxOpenConns(8)
	return database.New(pool, database.SQLite), nil
}

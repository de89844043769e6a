package database

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
)

// FirstVersion is the version of a document that nobody has written: it has no row.
const FirstVersion = 1

// Versions are those of a document of which there is one: a table with version, saved_at and value, in which each is kept as
// it was saved, as JSON. The newest counts.
type Versions struct {
	DB    *DB
	Table string
}

// Newest reads the newest version into a value, and when it was saved. Before anything was written it is FirstVersion, and
// the value stays as it is.
func (v Versions) Newest(ctx context.Context, into any) (version int64, saved time.Time, err error) {
	type row struct {
		version, saved int64
		value          string
	}
	newest, err := One(ctx, v.DB, func(r Row) (row, error) {
		var n row
		err := r.Scan(&n.version, &n.saved, &n.value)
		return n, err
	}, `SELECT version, saved_at, value FROM `+v.Table+` ORDER BY version DESC LIMIT 1`)
	if errors.Is(err, ErrNoRow) {
		return FirstVersion, time.Time{}, nil
	}
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("%s: %w", v.Table, err)
	}
	if err := json.Unmarshal([]byte(newest.value), into); err != nil {
		return 0, time.Time{}, fmt.Errorf("%s: version %d: %w", v.Table, newest.version, err)
	}
	return newest.version, clock.FromMillis(newest.saved), nil
}

// Succeed makes a value the successor of a version, saved at a time. Of several successors of one version the first wins; the
// others fail with problem.Stale.
func (v Versions) Succeed(ctx context.Context, version int64, value any, at time.Time) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s: %w", v.Table, err)
	}
	n, err := v.DB.Exec(ctx, `INSERT INTO `+v.Table+` (version, saved_at, value) SELECT $1, $2, $3 WHERE (SELECT COALESCE(MAX(version), $4) FROM `+v.Table+`) = $5 ON CONFLICT (version) DO NOTHING`,
		version+1, clock.Millis(at), string(text), FirstVersion, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	return err
}

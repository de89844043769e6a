package bill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
)

// DeskPath is where the council sees how everything runs.
const DeskPath = "/console/operations"

// Store keeps usage and facts.
type Store struct{ DB *database.DB }

const addUsage = `INSERT INTO usage_days (day, function, watched_ms, awake_ms, pod_ms, cost, starts, wakes, form_wakes, readied, ready_ms, warm_saves, warm_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (day, function) DO UPDATE SET
	watched_ms = usage_days.watched_ms + excluded.watched_ms, awake_ms = usage_days.awake_ms + excluded.awake_ms, pod_ms = usage_days.pod_ms + excluded.pod_ms,
	cost = usage_days.cost + excluded.cost, starts = usage_days.starts + excluded.starts, wakes = usage_days.wakes + excluded.wakes,
	form_wakes = usage_days.form_wakes + excluded.form_wakes, readied = usage_days.readied + excluded.readied, ready_ms = usage_days.ready_ms + excluded.ready_ms,
	warm_saves = usage_days.warm_saves + excluded.warm_saves, warm_ms = usage_days.warm_ms + excluded.warm_ms`

// Add adds what was used, all of it or nothing.
func (s Store) Add(ctx context.Context, list []Usage) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		for _, u := range list {
			if _, err := s.DB.Exec(ctx, addUsage, u.Day, u.Function, u.Watched, u.Awake, u.Pods, u.Cost, u.Starts, u.Wakes, u.FormWakes, u.Readied, u.ReadyTime, u.WarmSaves, u.WarmTime); err != nil {
				return fmt.Errorf("usage: %w", err)
			}
		}
		return nil
	})
}

// Bill is the bill of the month that a time is in.
func (s Store) Bill(ctx context.Context, month time.Time) (Bill, error) {
	days, err := database.All(ctx, s.DB, func(r database.Row) (Usage, error) {
		var u Usage
		err := r.Scan(&u.Day, &u.Function, &u.Watched, &u.Awake, &u.Pods, &u.Cost, &u.Starts, &u.Wakes, &u.FormWakes, &u.Readied, &u.ReadyTime, &u.WarmSaves, &u.WarmTime)
		return u, err
	}, `SELECT day, function, watched_ms, awake_ms, pod_ms, cost, starts, wakes, form_wakes, readied, ready_ms, warm_saves, warm_ms FROM usage_days WHERE day >= $1 AND day <= $2 ORDER BY day, function`,
		month.In(clock.Seoul).Format("2006-01")+"-01", month.In(clock.Seoul).Format("2006-01")+"-31")
	if err != nil {
		return Bill{}, err
	}
	var p Price
	if _, err := s.fact(ctx, "price", &p); err != nil {
		return Bill{}, err
	}
	return MakeBill(month, clock.Now(ctx), days, p), nil
}

// SetPrice says what nodes cost from now on. What was used before keeps its price.
func (s Store) SetPrice(ctx context.Context, p Price) error { return s.setFact(ctx, "price", p) }

// SetHealth says how everything is.
func (s Store) SetHealth(ctx context.Context, h Health) error { return s.setFact(ctx, "health", h) }

// SetBackup says that the database was saved just now.
func (s Store) SetBackup(ctx context.Context) error { return s.setFact(ctx, "backup", "") }

// Health is how everything was when somebody looked last.
func (s Store) Health(ctx context.Context) (Health, error) {
	h := Health{Functions: []FunctionHealth{}, Alerts: []Alert{}, WarmUp: WarmUpHealth{Functions: []string{}}}
	if _, err := s.fact(ctx, "health", &h); err != nil {
		return Health{}, err
	}
	h.Stale = clock.Now(ctx).Sub(h.At) > Stale
	return h, nil
}

// fact reads a fact into v, which stays as it is where there is none.
func (s Store) fact(ctx context.Context, name string, v any) (*time.Time, error) {
	type fact struct {
		at    int64
		value string
	}
	f, err := database.One(ctx, s.DB, func(r database.Row) (fact, error) {
		var f fact
		err := r.Scan(&f.at, &f.value)
		return f, err
	}, `SELECT at, value FROM operation_facts WHERE name = $1`, name)
	if errors.Is(err, database.ErrNoRow) {
		return nil, nil //nolint:nilnil // there is no such fact, which is no error
	}
	if err != nil {
		return nil, err
	}
	if v != nil && f.value != "" {
		if err := json.Unmarshal([]byte(f.value), v); err != nil {
			return nil, fmt.Errorf("fact %s: %w", name, err)
		}
	}
	at := clock.FromMillis(f.at)
	return &at, nil
}

func (s Store) setFact(ctx context.Context, name string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("fact %s: %w", name, err)
	}
	_, err = s.DB.Exec(ctx, `INSERT INTO operation_facts (name, at, value) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET at = excluded.at, value = excluded.value`,
		name, clock.Millis(clock.Now(ctx)), string(value))
	return err
}

// Look fills in what the database knows: about itself, files, events and the last backup.
func (s Store) Look(ctx context.Context, h *Health) error {
	var d DatabaseHealth
	var err error
	if s.DB.Dialect() == database.Postgres {
		d, err = database.One(ctx, s.DB, func(r database.Row) (DatabaseHealth, error) {
			d := DatabaseHealth{Reachable: true}
			err := r.Scan(&d.Bytes, &d.Connections, &d.MaxConnections)
			return d, err
		}, `SELECT pg_database_size(current_database()), (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), current_setting('max_connections')::int`)
	} else {
		d, err = database.One(ctx, s.DB, func(r database.Row) (DatabaseHealth, error) {
			d := DatabaseHealth{Reachable: true, Connections: 1}
			err := r.Scan(&d.Bytes)
			return d, err
		}, `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`)
	}
	if err != nil {
		return err
	}
	d.LimitBytes = h.Database.LimitBytes
	h.Database = d
	stored, err := database.One(ctx, s.DB, func(r database.Row) (StorageHealth, error) {
		var f StorageHealth
		err := r.Scan(&f.Files, &f.Bytes, &f.Unfinished)
		return f, err
	}, `SELECT COUNT(completed_at), CAST(COALESCE(SUM(CASE WHEN completed_at IS NULL THEN 0 ELSE size + share END), 0) + (SELECT COALESCE(SUM(size), 0) FROM upload_variants) AS BIGINT),
		COUNT(*) - COUNT(completed_at) FROM uploads WHERE deleted_at IS NULL AND refused_at IS NULL`)
	if err != nil {
		return err
	}
	stored.LimitBytes = h.Storage.LimitBytes
	h.Storage = stored
	h.Events, err = database.One(ctx, s.DB, func(r database.Row) (EventsHealth, error) {
		var e EventsHealth
		var oldest *int64
		err := r.Scan(&e.Unsent, &oldest, &e.Dead)
		e.OldestUnsent = clock.FromMillisOf(oldest)
		return e, err
	}, `SELECT COUNT(*), MIN(created_at), (SELECT COUNT(*) FROM dead_letters) FROM outbox WHERE sent_at IS NULL`)
	if err != nil {
		return err
	}
	h.Backup.At, err = s.fact(ctx, "backup", nil)
	return err
}

// warmedUp is the fact of how long functions were kept awake on a day.
type warmedUp struct {
	Day  string `json:"day"`
	Used int64  `json:"used"` // milliseconds
}

// WarmedUp is how long functions were kept awake ahead of publications on a day.
func (s Store) WarmedUp(ctx context.Context, day string) (time.Duration, error) {
	var w warmedUp
	if _, err := s.fact(ctx, "warm-up", &w); err != nil || w.Day != day {
		return 0, err
	}
	return time.Duration(w.Used) * time.Millisecond, nil
}

// SetWarmedUp keeps that.
func (s Store) SetWarmedUp(ctx context.Context, day string, used time.Duration) error {
	return s.setFact(ctx, "warm-up", warmedUp{day, used.Milliseconds()})
}

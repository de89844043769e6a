package database_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/database/migrate"
	"github.com/madang-council/madang/shared/database/postgres"
	"github.com/madang-council/madang/shared/problem"
)

func insertMember(ctx context.Context, db *database.DB, id, email string) error {
	_, err := db.Exec(ctx, `INSERT INTO members (id, email, name, unit, password, verified_by, totp_secret, totp_step, version, created_at, updated_at)
		VALUES ($1, $2, '', '', '', '', '', 0, 1, 1, 1)`, id, email)
	return err
}

func count(t *testing.T, db *database.DB) int64 {
	t.Helper()
	n, err := database.One(context.Background(), db, database.Value[int64], `SELECT COUNT(*) FROM members`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestUnit(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		failed := errors.New("no")
		hooks := 0
		work := func(fail error) error {
			return db.Atomic(ctx, func(ctx context.Context) error {
				database.AfterCommit(ctx, func(context.Context) {
					hooks++
					if count(t, db) != 1 {
						t.Error("the hook ran before the commit")
					}
				})
				if err := insertMember(ctx, db, "a", "a@x.kr"); err != nil {
					return err
				}
				inner := db.Atomic(ctx, func(ctx context.Context) error { // joins
					_, err := db.Exec(ctx, `UPDATE members SET name = 'b' WHERE id = 'a'`)
					return err
				})
				return errors.Join(inner, fail)
			})
		}
		if err := work(failed); !errors.Is(err, failed) || count(t, db) != 0 || hooks != 0 {
			t.Fatalf("a failed unit left something: %v, %d rows, %d hooks", err, count(t, db), hooks)
		}
		if err := work(nil); err != nil || count(t, db) != 1 || hooks != 1 {
			t.Fatalf("%v, %d rows, %d hooks", err, count(t, db), hooks)
		}
		if err := work(nil); !database.IsUnique(err, "members") {
			t.Fatalf("a repeated id: %v", err)
		}
		inner, unit := db.Begin(ctx)
		if err := insertMember(inner, db, "b", "b@x.kr"); err != nil {
			t.Fatal(err)
		}
		unit.Rollback()
		if err := insertMember(inner, db, "c", "c@x.kr"); err == nil {
			t.Error("a statement after the end of its unit was accepted")
		}
		if count(t, db) != 1 {
			t.Error("a rolled back row is there")
		}
	})
}

func TestIsUnique(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		if err := insertMember(ctx, db, "a", "a@x.kr"); err != nil {
			t.Fatal(err)
		}
		err := insertMember(ctx, db, "b", "a@x.kr")
		for _, c := range []struct {
			table   string
			columns []string
			want    bool
		}{{"members", nil, true}, {"members", []string{"email"}, true}, {"members", []string{"student_key"}, false}, {"sessions", []string{"email"}, false}} {
			if got := database.IsUnique(err, c.table, c.columns...); got != c.want {
				t.Errorf("%s %v: %v, want %v (%v)", c.table, c.columns, got, c.want, err)
			}
		}
		if database.IsUnique(insertMember(ctx, db, "", "x"), "members") || database.IsUnique(nil, "members") {
			t.Error("no violation is one")
		}
	})
}

// Of 50 who write the same unique thing at once exactly one wins, on either engine.
func TestParallelWriters(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		var won, lost atomic.Int32
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				err := db.Atomic(context.Background(), func(ctx context.Context) error {
					return insertMember(ctx, db, fmt.Sprint("id", i), "same@x.kr")
				})
				switch {
				case err == nil:
					won.Add(1)
				case database.IsUnique(err, "members", "email"):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 || lost.Load() != 49 {
			t.Errorf("%d won, %d lost", won.Load(), lost.Load())
		}
	})
}

// Read, change, write by 50 at once loses no update when the version guards it.
func TestAtomicRetries(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		if err := insertMember(context.Background(), db, "a", "a@x.kr"); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				err := db.Atomic(context.Background(), func(ctx context.Context) error {
					_, err := db.Exec(ctx, `UPDATE members SET version = version + 1 WHERE id = 'a'`)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		v, err := database.One(context.Background(), db, database.Value[int64], `SELECT version FROM members`)
		if err != nil || v != 51 {
			t.Errorf("version %d, %v", v, err)
		}
	})
}

func TestAway(t *testing.T) {
	db, err := postgres.Open("postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	if p := problem.Find(insertMember(context.Background(), db, "a", "a")); p == nil || p.Kind != problem.Unavailable || p.RetryAfter == 0 {
		t.Errorf("a database that is away: %v", p)
	}
}

// While the password is changed, a process that has the one before is not at fault: what it is asked is answered
// later.
func TestOtherPassword(t *testing.T) {
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listening.Close() })
	go func() {
		for {
			c, err := listening.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1024)) // who wants in
			said := "SFATAL\x00C28P01\x00Mpassword authentication failed\x00\x00"
			_, _ = c.Write(append(binary.BigEndian.AppendUint32([]byte("E"), uint32(4+len(said))), said...))
			_ = c.Close()
		}
	}()
	db, err := postgres.Open("postgres://nobody:before@" + listening.Addr().String() + "/none?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	if p := problem.Find(insertMember(t.Context(), db, "a", "a")); p == nil || p.Kind != problem.Unavailable || p.RetryAfter == 0 {
		t.Errorf("a database that has another password: %v", p)
	}
}

// ending is a database whose connections a test can end, as a server does that shuts down.
type ending struct {
	*database.DB
	t     *testing.T
	admin *database.DB // of another one of the server
	name  string
}

func open(t *testing.T) ending {
	t.Helper()
	db := databasetest.Postgres(t)
	name, err := database.One(t.Context(), db, database.Value[string], `SELECT current_database()`)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := postgres.Open(os.Getenv("DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	if _, err := db.Exec(t.Context(), `INSERT INTO chores (name, served_at) VALUES ('counted', 0)`); err != nil {
		t.Fatal(err)
	}
	return ending{db, t, admin, name}
}

// end ends every connection, and returns when they are.
func (d ending) end() {
	d.t.Helper()
	for left := 1; left > 0; {
		var err error
		if left, err = database.One(context.Background(), d.admin, database.Value[int], `SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1`, d.name); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d ending) count(ctx context.Context) error {
	_, err := d.Exec(ctx, `UPDATE chores SET served_at = served_at + 1 WHERE name = 'counted'`)
	return err
}

func (d ending) counted() int {
	d.t.Helper()
	n, err := database.One(d.t.Context(), d.DB, database.Value[int], `SELECT served_at FROM chores WHERE name = 'counted'`)
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// A unit of work whose connection ends before its commit is asked for runs again, and is done once.
func TestUnitsOutliveTheirConnection(t *testing.T) {
	d := open(t)
	runs := 0
	if err := d.Atomic(t.Context(), func(ctx context.Context) error {
		runs++
		if err := d.count(ctx); err != nil || runs > 1 {
			return err
		}
		d.end()
		return d.count(ctx)
	}); err != nil || runs != 2 || d.counted() != 1 {
		t.Errorf("%d runs, %d counted: %v", runs, d.counted(), err)
	}
}

// A commit whose connection ends is asked for once: nobody knows whether it was done.
func TestCommitsAreAskedForOnce(t *testing.T) {
	d := open(t)
	runs := 0
	err := d.Atomic(t.Context(), func(ctx context.Context) error {
		runs++
		database.UnitOf(ctx).Around(database.Around{Before: func(context.Context) { d.end() }, After: func(context.Context, error) {}})
		return d.count(ctx)
	})
	if p := problem.Find(err); runs != 1 || p == nil || p.Kind != problem.Unavailable || p.RetryAfter == 0 {
		t.Errorf("%d runs: %v", runs, err)
	}
}

// However many connections of a process ended, what reads finds another one.
func TestReadersOutliveTheirConnections(t *testing.T) {
	d := open(t)
	for range 20 {
		var group sync.WaitGroup
		for range postgres.Connections {
			group.Go(func() {
				if _, err := database.One(t.Context(), d.DB, database.Value[string], `SELECT CAST(pg_sleep(0.1) AS TEXT)`); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		d.end()
		if n := d.counted(); n != 0 {
			t.Fatalf("%d counted", n)
		}
	}
}

// A statement that takes longer than it may is ended by PostgreSQL, which says so to the caller as something to be tried
// again; without a limit it takes as long as it takes.
func TestStatementsEnd(t *testing.T) {
	databasetest.Postgres(t) // says why there is no server
	for _, longest := range []time.Duration{0, 100 * time.Millisecond} {
		db, err := postgres.Within(os.Getenv("DATABASE_URL"), longest)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		_, err = database.One(t.Context(), db, database.Value[string], `SELECT CAST(pg_sleep(CASE WHEN $1 > 0 THEN 3600 ELSE 0.2 END) AS TEXT)`, int64(longest))
		if p := problem.Find(err); (longest > 0) != (p != nil && p.Kind == problem.Unavailable && p.RetryAfter > 0) {
			t.Errorf("within %s: %v", longest, err)
		}
	}
}

func TestMigrateTwice(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		applied, err := migrate.Up(context.Background(), db)
		if err != nil || len(applied) != 0 {
			t.Errorf("a second run applied %v, %v", applied, err)
		}
	})
}

// A unit of work outlives the context of its first statement, as one with a shorter time.
func TestUnitOutlivesItsFirstStatement(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		err := db.Atomic(t.Context(), func(ctx context.Context) error {
			short, cancel := context.WithCancel(ctx)
			_, err := db.Exec(short, `INSERT INTO chores (name, served_at) VALUES ('first', 1)`)
			cancel()
			if err == nil {
				_, err = db.Exec(ctx, `INSERT INTO chores (name, served_at) VALUES ('second', 1)`)
			}
			return err
		})
		n, counting := database.One(t.Context(), db, database.Value[int], `SELECT COUNT(*) FROM chores WHERE name IN ('first', 'second')`)
		if err != nil || counting != nil || n != 2 {
			t.Errorf("%d rows, %v %v", n, err, counting)
		}
	})
}

// However many count at once before they write, none of those who are alone goes beyond the limit, and other names do not wait.
func TestAlone(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		const limit, writers = 3, 4 // as many as a process has connections
		var wg sync.WaitGroup
		var refused atomic.Int64
		for i := range limit * writers {
			wg.Go(func() {
				if err := db.Atomic(ctx, func(ctx context.Context) error {
					if err := db.Alone(ctx, "members"); err != nil {
						return err
					}
					n, err := database.One(ctx, db, database.Value[int], `SELECT COUNT(*) FROM members`)
					if err != nil || n >= limit {
						refused.Add(1)
						return err
					}
					return insertMember(ctx, db, fmt.Sprint(i), fmt.Sprintf("%d@x.kr", i))
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := count(t, db); n != limit || refused.Load() != limit*(writers-1) {
			t.Errorf("%d of %d, %d refused", n, limit, refused.Load())
		}
		if err := db.Alone(ctx, "members"); err == nil {
			t.Error("who is in no unit of work is not alone")
		}
		if db.Dialect() == database.SQLite {
			return
		}
		if err := db.Atomic(ctx, func(inner context.Context) error {
			if err := db.Alone(inner, "one"); err != nil {
				return err
			}
			return db.Atomic(ctx, func(other context.Context) error { return db.Alone(other, "another") })
		}); err != nil {
			t.Error(err)
		}
	})
}

package database

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// Unit is a unit of work: one transaction, begun at its first statement, so that slow
// work before it (hashing a password, asking the object storage) holds no lock.
type Unit struct {
	open   func() (*sql.Tx, error) // with the context of the unit: that of its first statement may end before it
	mu     sync.Mutex
	tx     *sql.Tx
	done   bool
	around []Around
	after  []func(context.Context)
}

// Around is what somebody else must be told of a unit of work that writes.
type Around struct {
	Before func(ctx context.Context)            // before the commit, outside the unit
	After  func(ctx context.Context, err error) // after it, whether it is known to have succeeded or not
}

type unitKey struct{}

// UnitOf is the unit of work in ctx, nil for none.
func UnitOf(ctx context.Context) *Unit {
	u, _ := ctx.Value(unitKey{}).(*Unit)
	return u
}

// Around adds what is to be told of the unit. It is told of no unit that is rolled back
// before its commit.
func (u *Unit) Around(a Around) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.around = append(u.around, a)
}

// Begin is a context whose statements belong to one unit of work. The caller must end it
// with Commit or Rollback.
func (d *DB) Begin(ctx context.Context) (context.Context, *Unit) {
	u := &Unit{open: func() (*sql.Tx, error) { return d.pool.BeginTx(ctx, nil) }}
	return context.WithValue(ctx, unitKey{}, u), u
}

// Outside is a context whose statements are not part of the unit of work in ctx.
func Outside(ctx context.Context) context.Context {
	return context.WithValue(ctx, unitKey{}, (*Unit)(nil))
}

func (u *Unit) begin() (*sql.Tx, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.done {
		return nil, errors.New("database: the unit of work has ended")
	}
	if u.tx == nil {
		tx, err := u.open()
		if err != nil {
			return nil, translate(err)
		}
		u.tx = tx
	}
	return u.tx, nil
}

// Commit commits and then runs what AfterCommit collected, with a context outside the unit.
// What is Around the unit is told before and directly after.
func (u *Unit) Commit(ctx context.Context) error {
	u.mu.Lock()
	u.done = true
	tx, around, after := u.tx, u.around, u.after
	u.mu.Unlock()
	for _, a := range around {
		a.Before(Outside(ctx))
	}
	var err error
	if tx != nil {
		err = unsure(translate(tx.Commit()))
	}
	for _, a := range around {
		a.After(Outside(ctx), err)
	}
	if err != nil {
		return err
	}
	for _, f := range after {
		f(Outside(ctx))
	}
	return nil
}

// Rollback undoes the unit; after Commit it does nothing.
func (u *Unit) Rollback() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.done && u.tx != nil {
		_ = u.tx.Rollback()
	}
	u.done = true
}

// AfterCommit runs f once the unit in ctx is committed, or at once where there is none.
// f cannot fail the request: what it does must be repeated by sweep if it is lost.
func AfterCommit(ctx context.Context, f func(context.Context)) {
	u := UnitOf(ctx)
	if u == nil {
		f(ctx)
		return
	}
	u.mu.Lock()
	u.after = append(u.after, f)
	u.mu.Unlock()
}

// tries is how often Atomic runs a function that lost against a concurrent writer, or its connection. One of
// several always wins, so that as many at once as a process has connections (package
// postgres) all get through; and after as many that had ended comes a new one.
const tries = 5

// Atomic runs f in a unit of work: the one in ctx, or a new one that is committed when f
// returns nil. A new one is tried again when the database says that it lost against a
// concurrent writer, and when its connection ended before the commit was asked for, so f may run more than once.
func (d *DB) Atomic(ctx context.Context, f func(context.Context) error) error {
	if UnitOf(ctx) != nil {
		return f(ctx)
	}
	var err error
	for range tries {
		if err = d.once(ctx, f); !IsRetryable(err) && !isLost(err) {
			return err
		}
	}
	return err
}

func (d *DB) once(ctx context.Context, f func(context.Context) error) error {
	inner, u := d.Begin(ctx)
	defer u.Rollback()
	if err := f(inner); err != nil {
		return err
	}
	return u.Commit(ctx)
}

// Alone has the unit of work in ctx wait until no other is there that said the same name, and others wait for it until its end: for
// what is counted before it is written, which a constraint cannot keep within a limit. What it reads afterwards is what those
// before it left.
func (d *DB) Alone(ctx context.Context, name string) error {
	if UnitOf(ctx) == nil {
		return errors.New("database: alone outside of a unit of work")
	}
	if d.dialect == SQLite { // where a unit of work is alone from its first statement on (package sqlite)
		return nil
	}
	_, err := d.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, name)
	return err
}

// Each does something about each of some rows, each in a unit of work of its own, until it fails, and returns how many rows it
// was done about: do says about how many, as 0 where another was faster.
func (d *DB) Each(ctx context.Context, ids []string, do func(ctx context.Context, id string) (int64, error)) (int, error) {
	done := 0
	for _, id := range ids {
		var n int64
		if err := d.Atomic(ctx, func(ctx context.Context) (err error) {
			n, err = do(ctx, id)
			return err
		}); err != nil {
			return done, err
		}
		done += int(n)
	}
	return done, nil
}

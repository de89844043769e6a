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
	db    *DB
	mu    sync.Mutex
	tx    *sql.Tx
	done  bool
	after []func(context.Context)
}

type unitKey struct{}

func unitOf(ctx context.Context) *Unit {
	u, _ := ctx.Value(unitKey{}).(*Unit)
	return u
}

// Begin is a context whose statements belong to one unit of work. The caller must end it
// with Commit or Rollback.
func (d *DB) Begin(ctx context.Context) (context.Context, *Unit) {
	u := &Unit{db: d}
	return context.WithValue(ctx, unitKey{}, u), u
}

// Outside is a context whose statements are not part of the unit of work in ctx.
func Outside(ctx context.Context) context.Context {
	return context.WithValue(ctx, unitKey{}, (*Unit)(nil))
}

func (u *Unit) begin(ctx context.Context) (*sql.Tx, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.done {
		return nil, errors.New("database: the unit of work has ended")
	}
	if u.tx == nil {
		tx, err := u.db.pool.BeginTx(ctx, nil)
		if err != nil {
			return nil, translate(err)
		}
		u.tx = tx
	}
	return u.tx, nil
}

// Commit commits and then runs what AfterCommit collected, with a context outside the unit.
func (u *Unit) Commit(ctx context.Context) error {
	u.mu.Lock()
	u.done = true
	tx, after := u.tx, u.after
	u.mu.Unlock()
	if tx != nil {
		if err := tx.Commit(); err != nil {
			return translate(err)
		}
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
	u := unitOf(ctx)
	if u == nil {
		f(ctx)
		return
	}
	u.mu.Lock()
	u.after = append(u.after, f)
	u.mu.Unlock()
}

// tries is how often Atomic runs a function that lost against a concurrent writer. One of
// several always wins, so that as many at once as a process has connections (package
// postgres) all get through.
const tries = 4

// Atomic runs f in a unit of work: the one in ctx, or a new one that is committed when f
// returns nil. A new one is tried again when the database says that it lost against a
// concurrent writer, so f may run more than once.
func (d *DB) Atomic(ctx context.Context, f func(context.Context) error) error {
	if unitOf(ctx) != nil {
		return f(ctx)
	}
	var err error
	for range tries {
		if err = d.once(ctx, f); !IsRetryable(err) {
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

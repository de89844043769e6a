package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A database that says that it goes is waited for: it is restarted, or another takes its place while its node is
// drained. So is one that a process has not met yet, which may have begun in the middle of that. One that falls
// silent is away at once (docs/decisions/0109).
const (
	patience = 15 * time.Second // from the first word of it; a switchover of CloudNativePG took 4 to 12 s (docs/measurements.md)
	pause    = 100 * time.Millisecond
)

// departure is what a process knows of the database's going.
type departure struct {
	outage atomic.Pointer[outage] // nil while it is there, as far as anybody knows
	met    atomic.Bool            // there was a connection
}

// outage is one time for which it is not there.
type outage struct {
	long atomic.Bool // it did not come back in time
}

// leaves says whether a server's error is its word to a connection that it goes: it shuts down (57P01), or restarts after
// another process crashed (57P02).
func leaves(err *pgconn.PgError) bool { return err.Code == "57P01" || err.Code == "57P02" }

// comes says whether it is its word at the door: nobody is taken for now (57P03).
func comes(err *pgconn.PgError) bool { return err.Code == "57P03" }

// heard is what a connection does about an error of the server's, which is also listened to. Each connection is told once
// that the server leaves, so that an outage of which nobody noticed the end is over then, and a new one begins.
func (d *departure) heard(then pgconn.PgErrorHandler) pgconn.PgErrorHandler {
	return func(c *pgconn.PgConn, err *pgconn.PgError) bool {
		if leaves(err) {
			if o := d.outage.Load(); o != nil && o.long.Load() {
				d.outage.CompareAndSwap(o, nil)
			}
			d.begin()
		}
		return then(c, err)
	}
}

// begin has an outage begin, where there is none.
func (d *departure) begin() {
	if o := new(outage); d.outage.CompareAndSwap(nil, o) {
		time.AfterFunc(patience, func() { o.long.Store(true) })
	}
}

// awaited says whether who was not served may be when the database is back.
func (d *departure) awaited(err error) bool {
	var said *pgconn.PgError
	switch told := errors.As(err, &said); {
	case told && !leaves(said) && !comes(said): // it is there, and refuses
		return false
	case told, !d.met.Load():
		d.begin()
	}
	o := d.outage.Load()
	return o != nil && !o.long.Load()
}

// connector opens connections, again and again while the database is awaited.
type connector struct {
	driver.Connector
	going *departure
}

// Connect is a connection, or why there is none.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	for {
		conn, err := c.Connector.Connect(ctx)
		if err == nil {
			c.going.outage.Store(nil)
			c.going.met.Store(true)
			return conn, nil
		}
		if !c.going.awaited(err) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
	}
}

package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/madang-council/madang/shared/problem"
)

// The drivers' errors, by their methods, so that no driver is linked here.
type (
	sqlStateError interface{ SQLState() string } // pgconn.PgError
	sqliteError   interface {                    // modernc.org/sqlite.Error
		error
		Code() int
	}
)

// SQLite's result codes (sqlite.org/rescode.html).
const (
	sqliteBusy             = 5
	sqliteLocked           = 6
	sqliteConstraintUnique = 2067
	sqliteConstraintKey    = 1555
)

// IsUnique says whether a unique constraint refused the statement. With columns, only
// the constraint on exactly those: unique constraints and indexes are named
// <table>_<column>[_<column>]_unique or PostgreSQL's <table>_pkey.
func IsUnique(err error, table string, columns ...string) bool {
	var state sqlStateError
	if errors.As(err, &state) {
		if state.SQLState() != "23505" {
			return false
		}
		return len(columns) == 0 || strings.Contains(err.Error(), table+"_"+strings.Join(columns, "_")+"_unique")
	}
	var lite sqliteError
	if !errors.As(err, &lite) || lite.Code() != sqliteConstraintUnique && lite.Code() != sqliteConstraintKey {
		return false
	}
	if len(columns) == 0 {
		return strings.Contains(lite.Error(), table+".") || strings.Contains(lite.Error(), table+"_")
	}
	return strings.Contains(lite.Error(), ": "+table+"."+strings.Join(columns, ", "+table+".")+" (")
}

// IsRetryable says whether the statement lost against a concurrent writer and may win
// when the whole unit of work runs again.
func IsRetryable(err error) bool {
	var state sqlStateError
	if errors.As(err, &state) {
		return state.SQLState() == "40001" || state.SQLState() == "40P01" // serialization failure, deadlock
	}
	var lite sqliteError
	return errors.As(err, &lite) && (lite.Code()&0xff == sqliteBusy || lite.Code()&0xff == sqliteLocked)
}

// lost is an error of a connection that ended, and with it all that was not committed.
type lost struct{ error }

func (l lost) Unwrap() error { return l.error }

// isLost says whether the unit of work was lost with its connection before anything of it was committed, and may run again.
func isLost(err error) bool {
	var l lost
	return errors.As(err, &l)
}

// unsure is an error of a commit: with its connection nobody knows whether it was done, so that nothing runs again.
func unsure(err error) error {
	if isLost(err) {
		return problem.Away(errors.New(err.Error()))
	}
	return err
}

// refused is how pgx says that there was no connection, whatever the reason.
const refused = "failed to connect"

// ended says whether a connection that there was ended: the server closed it, with a word or without.
func ended(err error) bool {
	if strings.Contains(err.Error(), refused) {
		return false
	}
	var state sqlStateError
	if errors.As(err, &state) {
		s := state.SQLState()
		return s == "08003" || s == "08006" || strings.HasPrefix(s, "57P")
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ETIMEDOUT) || strings.Contains(err.Error(), "conn closed")
}

// translate turns "the database cannot be reached" and "it takes too long" into a problem that the caller may
// retry; everything else stays as it is.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return err
	case ended(err):
		return problem.Away(lost{fmt.Errorf("database: %w", err)})
	case isAway(err):
		return problem.Away(fmt.Errorf("database: %w", err))
	default:
		return fmt.Errorf("database: %w", err)
	}
}

// isAway says whether the database cannot be reached, or takes too long, where no connection ended.
func isAway(err error) bool {
	var state sqlStateError
	if errors.As(err, &state) {
		s := state.SQLState()
		// 08: connection exceptions; 28P01: it has another password already, or not yet; 53: out of connections, memory or
		// disk; 57P: shut down or starting up; 57014: it took too long (postgres.Within).
		return s == "28P01" || strings.HasPrefix(s, "08") || strings.HasPrefix(s, "53") || strings.HasPrefix(s, "57P") || s == "57014"
	}
	var network net.Error
	return errors.Is(err, net.ErrClosed) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) ||
		strings.Contains(err.Error(), refused) || strings.Contains(err.Error(), "database is closed")
}

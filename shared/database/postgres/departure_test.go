package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// server is one that refuses everybody until a time, with an error of its own.
type server struct {
	driver.Connector
	back   time.Time
	err    error
	opened int
}

func (s *server) Connect(context.Context) (driver.Conn, error) {
	s.opened++
	if time.Now().Before(s.back) {
		return nil, s.err
	}
	return nil, nil
}

func told(code string) *pgconn.PgError { return &pgconn.PgError{Severity: "FATAL", Code: code} }

// hears has one of its connections be told something by the server, and says whether the connection stays open.
func (c connector) hears(code string) bool {
	return c.going.heard(func(*pgconn.PgConn, *pgconn.PgError) bool { return false })(nil, told(code))
}

// A connection that was idle hears late of an outage that is over, and others are open, so that nobody connects. The next
// outage is waited for all the same; and who hears of it late does not prolong it.
func TestLateWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{back: time.Now(), err: syscall.ECONNREFUSED}
		c := connector{s, new(departure)}
		for range 3 {
			c.hears("57P01")
			if _, err := c.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.hears("57P01")
			time.Sleep(time.Hour)
		}
		s.back = time.Now().Add(8 * time.Second)
		c.hears("57P01")
		if _, err := c.Connect(t.Context()); err != nil {
			t.Error("the next outage is not waited for: ", err)
		}
		c.hears("57P01")
		began := time.Now()
		s.back = began.Add(time.Hour)
		go func() {
			time.Sleep(patience / 2)
			c.hears("57P01")
		}()
		if _, err := c.Connect(t.Context()); err == nil || time.Since(began).Truncate(time.Second) != patience {
			t.Errorf("waited %v: %v", time.Since(began), err)
		}
		s.err = told("57P03") // comes up for hours
		before := s.opened
		if _, err := c.Connect(t.Context()); err == nil || s.opened != before+1 {
			t.Errorf("asked %d times of who is long awaited: %v", s.opened-before, err)
		}
	})
}

// A database is waited for once it said that it goes, or while a process has not met it yet, for as long as a switchover may
// take, and no other one.
func TestDepartures(t *testing.T) {
	refused := &pgconn.ConnectError{}
	for name, row := range map[string]struct {
		met    bool
		said   string        // to a connection, before
		err    error         // to those who come
		away   time.Duration // from the word on
		waited time.Duration
		served bool
	}{
		"a switchover":                           {true, "57P01", refused, 8 * time.Second, 8 * time.Second, true},
		"a restart after a crash":                {true, "57P02", refused, 3 * time.Second, 3 * time.Second, true},
		"it shuts down, and says so at the door": {true, "", told("57P03"), 5 * time.Second, 5 * time.Second, true},
		"it goes, and nobody comes":              {true, "57P01", refused, time.Hour, patience, false},
		"a process that begins meanwhile":        {false, "", refused, 8 * time.Second, 8 * time.Second, true},
		"a process that begins during an outage": {false, "", refused, time.Hour, patience, false},
		"it fell silent":                         {true, "", syscall.ECONNREFUSED, 8 * time.Second, 0, false},
		"another error":                          {true, "42601", refused, 8 * time.Second, 0, false},
		"a password that is wrong":               {false, "", told("28P01"), 8 * time.Second, 0, false},
		"a password that is wrong afterwards":    {true, "57P01", told("28P01"), 8 * time.Second, 0, false},
		"it is there":                            {true, "", nil, 0, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{back: time.Now(), err: row.err}
				c := connector{s, new(departure)}
				if _, err := c.Connect(t.Context()); row.met && err != nil {
					t.Fatal(err)
				}
				c.going.met.Store(row.met)
				if row.said != "" && c.hears(row.said) {
					t.Error("what was done about the error is done no more")
				}
				s.back = time.Now().Add(row.away)
				began := time.Now()
				_, err := c.Connect(t.Context())
				if waited := time.Since(began).Truncate(time.Second); (err == nil) != row.served || waited != row.waited {
					t.Errorf("waited %v: %v", waited, err)
				}
				if row.served || row.waited == 0 {
					return
				}
				before := s.opened // once it did not come, nobody waits any more
				if _, err := c.Connect(t.Context()); err == nil || s.opened != before+1 {
					t.Errorf("asked %d times afterwards: %v", s.opened-before, err)
				}
				s.back = time.Now()
				if _, err := c.Connect(t.Context()); err != nil { // and when it is back, it may go again
					t.Error(err)
				}
				c.hears("57P01")
				s.back = time.Now().Add(time.Second)
				if _, err := c.Connect(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Who goes away is not kept waiting.
func TestWhoGoesWhileItIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connector{&server{back: time.Now().Add(time.Hour), err: syscall.ECONNREFUSED}, new(departure)}
		c.hears("57P01")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := c.Connect(ctx); !errors.Is(err, syscall.ECONNREFUSED) || time.Since(began) != time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

package dial_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/dial"
)

// server refuses some connections and takes the others, and counts.
type server struct {
	refuses, asked int
	by             error
}

func (s *server) dial(context.Context, string, string) (net.Conn, error) {
	s.asked++
	if s.asked <= s.refuses {
		return nil, &net.OpError{Op: "dial", Err: s.by}
	}
	here, there := net.Pipe()
	_ = there.Close()
	return here, nil
}

func ask(t *testing.T, open dial.Func) error {
	t.Helper()
	c, err := open(t.Context(), "tcp", "postgres:5432")
	if (c == nil) != (err != nil) {
		t.Fatalf("%v, %v", c, err)
	}
	return err
}

// The first connection is waited for; after it whoever refuses is away at once.
func TestFirst(t *testing.T) {
	for _, reason := range []error{syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EACCES, syscall.EPERM} {
		s := &server{refuses: 3, by: reason}
		open := dial.First(time.Minute, s.dial)
		if err := ask(t, open); err != nil || s.asked != 4 {
			t.Errorf("%v: %v after %d tries", reason, err, s.asked)
		}
		s.asked, s.refuses = 0, 1
		if err := ask(t, open); !errors.Is(err, reason) || s.asked != 1 {
			t.Errorf("%v again: %v after %d tries", reason, err, s.asked)
		}
	}
}

// Who refuses for all of the time that there is, is away, for every caller from then on.
func TestGivenUp(t *testing.T) {
	s := &server{refuses: 1 << 20, by: syscall.ECONNREFUSED}
	open := dial.First(100*time.Millisecond, s.dial)
	if err := ask(t, open); !errors.Is(err, syscall.ECONNREFUSED) || s.asked < 2 {
		t.Errorf("%v after %d tries", err, s.asked)
	}
	s.asked = 0
	if err := ask(t, open); !errors.Is(err, syscall.ECONNREFUSED) || s.asked != 1 {
		t.Errorf("%v after %d tries", err, s.asked)
	}
}

// Who goes away while the first connection is refused says nothing to those who come after.
func TestWhoGoesAway(t *testing.T) {
	s := &server{refuses: 1 << 20, by: syscall.ECONNREFUSED}
	open := dial.First(time.Minute, s.dial)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if c, err := open(gone, "tcp", "postgres:5432"); c != nil || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, %v", c, err)
	}
	s.refuses = s.asked + 2
	if err := ask(t, open); err != nil {
		t.Errorf("the next one is not waited for: %v", err)
	}
}

// What is no refusal is told at once: a name that there is not, a time that is over.
func TestOthers(t *testing.T) {
	s := &server{refuses: 1 << 20, by: &net.DNSError{Err: "no such host", IsNotFound: true}}
	if err := ask(t, dial.First(time.Minute, s.dial)); err == nil || s.asked != 1 {
		t.Errorf("%v after %d tries", err, s.asked)
	}
}

package dial_test

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/madang-council/madang/shared/dial"
)

// A connection ends some seconds after the other side fell silent, whether something is sent or waited for. That it does is
// seen where a node loses its power (knative/e2e, TestNodeDies).
func TestSilence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c, err := dial.Direct()(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	option := map[int]int{unix.TCP_USER_TIMEOUT: 0, unix.TCP_KEEPIDLE: 0, unix.TCP_KEEPINTVL: 0, unix.TCP_KEEPCNT: 0}
	if e := raw.Control(func(fd uintptr) {
		for o := range option {
			if option[o], err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, o); err != nil {
				return
			}
		}
	}); e != nil || err != nil {
		t.Fatal(e, err)
	}
	sent := time.Duration(option[unix.TCP_USER_TIMEOUT]) * time.Millisecond
	waited := time.Duration(option[unix.TCP_KEEPIDLE]+option[unix.TCP_KEEPINTVL]*option[unix.TCP_KEEPCNT]) * time.Second
	socket := filepath.Join(t.TempDir(), "s")
	if l, err = net.Listen("unix", socket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if c, err := dial.Direct()(t.Context(), "unix", socket); err != nil { // a database beside it
		t.Error(err)
	} else {
		_ = c.Close()
	}
	if sent <= 0 || sent > 10*time.Second || waited <= 0 || waited > 15*time.Second {
		t.Errorf("silence is noticed after %v, and after %v while nothing is sent", sent, waited)
	}
}

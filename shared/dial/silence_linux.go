package dial

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// unheard has a connection end when nothing of what was sent arrives (tcp(7), TCP_USER_TIMEOUT).
func unheard(network, _ string, c syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var err error
	if e := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(silence.Milliseconds()))
	}); e != nil {
		return e
	}
	return err
}

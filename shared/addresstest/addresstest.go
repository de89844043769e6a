// Package addresstest gives tests addresses for programs that must be told where to listen.
package addresstest

import (
	"fmt"
	"syscall"
	"testing"
)

// Address is an address of this machine for a program of the test to listen at. Until the
// test ends its port is given to nobody else who asks for any: a socket stays bound to it
// that does not listen, beside which a server may that binds with SO_REUSEADDR, as Nginx
// and Go's do.
func Address(t testing.TB) string {
	t.Helper()
	s, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(s) })
	if err := syscall.SetsockoptInt(s, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(s, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(s)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
}

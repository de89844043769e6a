//go:build !linux

package dial

import "syscall"

// unheard is what the system does by itself: a laptop's database is on it.
func unheard(string, string, syscall.RawConn) error { return nil }

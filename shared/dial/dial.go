// Package dial opens the first connection of a process with patience. A pod that has just been
// made is let through by a cluster's network policies a moment later than its program begins, and
// until then everything that it calls refuses it. A function that begins when it is called would
// answer its first caller with that.
package dial

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// Func opens a connection, as net.Dialer's DialContext.
type Func func(ctx context.Context, network, address string) (net.Conn, error)

// pause is between two tries, in which a network layer may have come as far.
const pause = 25 * time.Millisecond

// First is dial, but that what refuses the first connection is tried again for some time, within the
// context's. Once one was opened, or was not in all that time, whoever refuses is away, and is said
// to be at once.
func First(patience time.Duration, dial Func) Func {
	var over atomic.Bool
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		within, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		for {
			c, err := dial(within, network, address)
			if over.Load() || !refused(err) {
				over.Store(over.Load() || err == nil)
				return c, err
			}
			select {
			case <-within.Done():
				if ctx.Err() == nil { // who went away before has not waited for all of it
					over.Store(true)
				}
				return nil, err
			case <-time.After(pause):
			}
		}
	}
}

// refused says whether nobody let a connection through: policies reject it, or the address is not
// known yet where the pod is.
func refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM)
}

// Package cache connects to Redis, which holds only what may be lost: pages and limits.
package cache

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/madang-council/madang/shared/dial"
)

// patience is how long Redis may take. It answers within a millisecond from the same
// cluster; what takes 300 times as long is away, and pages and limits do without it.
const patience = 300 * time.Millisecond

// poolSize is how many connections one process has: a third of the requests that a pod takes
// at once (function.Scale), since each holds one for no more than a millisecond.
const poolSize = 16

// buffer is how much a connection reads and writes at once, in bytes. go-redis' own 32 KiB each
// way would be a MiB for a pool; what is longer, as the bodies of pages are, passes it by.
const buffer = 4 << 10

// protocol is RESP2: with RESP3, go-redis looks for messages that nobody asked for before every
// answer, which nobody here subscribes to and which takes a twentieth of a function's time.
const protocol = 2

// Open prepares a client for a URL such as redis://:password@host:6379/0. It does no
// I/O. A Redis that is away is noticed within 300 ms and not waited for: go-redis' own
// defaults would try for 1.7 s.
func Open(address string) (*redis.Client, error) { return Patient(address, patience) }

// Patient is Open for who waits longer before Redis counts as away: a test on a machine that
// does much else, where nobody waits for a page.
func Patient(address string, patience time.Duration) (*redis.Client, error) {
	options, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.DialTimeout = patience
	options.Dialer = dial.First(patience, redis.NewDialer(options))
	options.ReadTimeout = patience
	options.WriteTimeout = patience
	options.PoolTimeout = patience
	options.PoolSize = poolSize
	options.ReadBufferSize = buffer
	options.WriteBufferSize = buffer
	options.Protocol = protocol
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(options), nil
}

// Silence stops go-redis from writing lines of its own to standard error; every failure
// is returned to the caller anyway. It sets a global of go-redis: call it once, early.
func Silence() { redis.SetLogger(silent{}) }

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

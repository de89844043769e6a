// Package limit counts requests in token buckets: in Redis, so that all pods of a
// function count together, and in the process while Redis is away.
package limit

import (
	"context"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

// Rule is a bucket: Burst requests at once, refilled at Rate in each Per.
type Rule struct {
	Rate, Burst int
	Per         time.Duration
}

// Verdict is the answer to one request.
type Verdict struct {
	Allowed    bool
	RetryAfter time.Duration // how long until a request is allowed; 0 if it is
	Local      bool          // counted in this process, because Redis is away
}

// Limiter counts. The zero value is not usable; see New.
type Limiter struct {
	shared *redis_rate.Limiter
	prefix string
	local  local
}

// New counts in Redis under a prefix.
func New(client *redis.Client, prefix string) *Limiter {
	return &Limiter{shared: redis_rate.NewLimiter(client), prefix: prefix + "l:", local: local{buckets: map[string]bucket{}}}
}

// patience is how long Redis may take to count, as in package cache: a request that would
// wait longer is let through or counted here.
const patience = 300 * time.Millisecond

// Allow counts a request of who against a rule. While Redis is away it counts in this
// process if strict, and lets the request pass otherwise.
func (l *Limiter) Allow(ctx context.Context, who string, r Rule, strict bool, now time.Time) Verdict {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	result, err := l.shared.Allow(ctx, l.prefix+who, r.shared())
	if err == nil {
		return Verdict{Allowed: result.Allowed > 0, RetryAfter: max(0, result.RetryAfter)}
	}
	if !strict {
		return Verdict{Allowed: true, Local: true}
	}
	return l.local.allow(who, r, now)
}

// Room says whether a request of who would be allowed, and counts nothing: what it turns out
// to cost is charged afterwards. It is strict as Allow is.
func (l *Limiter) Room(ctx context.Context, who string, r Rule, strict bool, now time.Time) Verdict {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	result, err := l.shared.AllowN(ctx, l.prefix+who, r.shared(), 0)
	switch {
	case err == nil && result.Remaining > 0:
		return Verdict{Allowed: true}
	case err == nil:
		return Verdict{RetryAfter: max(r.perToken(), result.RetryAfter)}
	case !strict:
		return Verdict{Allowed: true, Local: true}
	}
	return l.local.room(who, r, now)
}

// Charge takes n more requests from the bucket of who, or what is left in it.
func (l *Limiter) Charge(ctx context.Context, who string, r Rule, n int, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := l.shared.AllowAtMost(ctx, l.prefix+who, r.shared(), n); err != nil {
		l.local.charge(who, r, n, now)
	}
}

// Times is a rule of n times as many requests.
func (r Rule) Times(n int) Rule { return Rule{Rate: r.Rate * n, Burst: r.Burst * n, Per: r.Per} }

func (r Rule) shared() redis_rate.Limit {
	return redis_rate.Limit{Rate: r.Rate, Burst: r.Burst, Period: r.Per}
}

// perToken is how long the bucket takes to have room for one request more.
func (r Rule) perToken() time.Duration { return r.Per / time.Duration(r.Rate) }

// local is the fall-back: at most a few thousand buckets, forgotten when they are full again.
type local struct {
	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// most is how many visitors the fall-back tells apart; at 100 bytes each, 1 MB.
const most = 10_000

func (l *local) allow(who string, r Rule, now time.Time) Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.filled(who, r, now)
	v := b.verdict(r)
	if v.Allowed {
		b.tokens--
	}
	l.buckets[who] = b
	return v
}

func (l *local) room(who string, r Rule, now time.Time) Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.filled(who, r, now).verdict(r)
}

func (l *local) charge(who string, r Rule, n int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.filled(who, r, now)
	b.tokens = max(0, b.tokens-float64(n))
	l.buckets[who] = b
}

// filled is a bucket with what has come into it until now.
func (l *local) filled(who string, r Rule, now time.Time) bucket {
	b, known := l.buckets[who]
	if !known {
		if len(l.buckets) >= most {
			clear(l.buckets)
		}
		b = bucket{tokens: float64(r.Burst), at: now}
	}
	b.tokens = min(float64(r.Burst), b.tokens+float64(now.Sub(b.at))/float64(r.perToken()))
	b.at = now
	return b
}

func (b bucket) verdict(r Rule) Verdict {
	if b.tokens < 1 {
		return Verdict{Local: true, RetryAfter: time.Duration((1 - b.tokens) * float64(r.perToken()))}
	}
	return Verdict{Allowed: true, Local: true}
}

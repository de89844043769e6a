package limit_test

import (
	"context"
	"crypto/rand"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/cache/cachetest"
	"github.com/madang-council/madang/shared/limit"
)

var rule = limit.Rule{Rate: 60, Burst: 3, Per: time.Minute}

func TestShared(t *testing.T) {
	cachetest.Each(t, func(t *testing.T, client *redis.Client) {
		l := limit.New(client, "test:"+rand.Text()+":")
		now := time.Now()
		for i := range 3 {
			if v := l.Allow(context.Background(), "a", rule, true, now); !v.Allowed || v.Local {
				t.Fatalf("request %d: %+v", i, v)
			}
		}
		if v := l.Allow(context.Background(), "a", rule, true, now); v.Allowed || v.RetryAfter <= 0 || v.RetryAfter > time.Second {
			t.Errorf("beyond the burst: %+v", v)
		}
		if v := l.Allow(context.Background(), "b", rule, true, now); !v.Allowed {
			t.Errorf("somebody else: %+v", v)
		}
	})
}

func TestRedisAway(t *testing.T) {
	server, client := cachetest.Embedded(t)
	server.Close()
	l := limit.New(client, "")
	now := time.Now()
	for range 10 {
		if v := l.Allow(context.Background(), "a", rule, false, now); !v.Allowed || !v.Local {
			t.Fatalf("a read: %+v", v)
		}
	}
	for range 3 {
		if v := l.Allow(context.Background(), "a", rule, true, now); !v.Allowed || !v.Local {
			t.Fatalf("a write: %+v", v)
		}
	}
	if v := l.Allow(context.Background(), "a", rule, true, now); v.Allowed || v.RetryAfter != time.Second {
		t.Errorf("beyond the burst: %+v", v)
	}
	if v := l.Allow(context.Background(), "a", rule, true, now.Add(time.Second)); !v.Allowed {
		t.Errorf("a second later: %+v", v)
	}
}

// counting is a limiter whose Redis is away, and a context in which it is known to be at once.
func counting(t *testing.T) (*limit.Limiter, context.Context) {
	t.Helper()
	server, client := cachetest.Embedded(t)
	server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return limit.New(client, ""), ctx
}

// Half of the time of a token is half a token, and however long nobody asks, no more than the
// burst is allowed at once.
func TestRefill(t *testing.T) {
	l, ctx := counting(t)
	start := time.UnixMilli(1_772_000_000_000)
	for i, c := range []struct {
		after   time.Duration
		allowed bool
		retry   time.Duration
	}{
		{0, true, 0},
		{0, true, 0},
		{0, true, 0},
		{0, false, time.Second},
		{500 * time.Millisecond, false, 500 * time.Millisecond},
		{750 * time.Millisecond, false, 250 * time.Millisecond},
		{time.Second, true, 0},
		{time.Second, false, time.Second},
		{time.Hour, true, 0},
		{time.Hour, true, 0},
		{time.Hour, true, 0},
		{time.Hour, false, time.Second},
	} {
		want := limit.Verdict{Allowed: c.allowed, RetryAfter: c.retry, Local: true}
		if v := l.Allow(ctx, "a", rule, true, start.Add(c.after)); v != want {
			t.Errorf("request %d: %+v, want %+v", i, v, want)
		}
	}
	if v := l.Allow(ctx, "b", rule, true, start); !v.Allowed {
		t.Errorf("somebody else: %+v", v)
	}
}

// Who waits for as long as the answer says is allowed, who comes earlier is not.
func TestRetryAfter(t *testing.T) {
	l, ctx := counting(t)
	visitor := 0
	rapid.Check(t, func(r *rapid.T) {
		visitor++
		who := strconv.Itoa(visitor)
		rule := limit.Rule{Rate: rapid.IntRange(1, 600).Draw(r, "rate"), Burst: rapid.IntRange(1, 20).Draw(r, "burst"), Per: time.Minute}
		now := time.UnixMilli(1_772_000_000_000)
		for range 40 {
			v := l.Allow(ctx, who, rule, true, now)
			if v.Allowed {
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(rule.Per)/int64(rule.Rate)).Draw(r, "wait")))
				continue
			}
			if v.RetryAfter > rule.Per/time.Duration(rule.Rate) {
				r.Fatalf("longer than a token takes: %+v", v)
			}
			now = now.Add(v.RetryAfter / 2)
			if early := l.Allow(ctx, who, rule, true, now); early.Allowed && v.RetryAfter > time.Millisecond {
				r.Fatalf("after half of %v: %+v", v.RetryAfter, early)
			}
			now = now.Add(v.RetryAfter - v.RetryAfter/2 + time.Microsecond) // of rounding
			if late := l.Allow(ctx, who, rule, true, now); !late.Allowed {
				r.Fatalf("after %v: %+v", v.RetryAfter, late)
			}
		}
	})
}

// As many visitors as fit are told apart; one more, and all of them begin again.
func TestMostVisitors(t *testing.T) {
	const most = 10_000
	l, ctx := counting(t)
	once, now := limit.Rule{Rate: 1, Burst: 1, Per: time.Hour}, time.UnixMilli(1_772_000_000_000)
	allowed := func(visitor int) bool { return l.Allow(ctx, strconv.Itoa(visitor), once, true, now).Allowed }
	for i := range most {
		if !allowed(i) {
			t.Fatalf("visitor %d is taken for another", i)
		}
	}
	if allowed(0) || allowed(most-1) {
		t.Error("one that is known is forgotten")
	}
	if !allowed(most) || !allowed(0) {
		t.Error("nobody is forgotten")
	}
}

// What a request costs may be known only afterwards: Room counts nothing, Charge takes what
// there is, with Redis and without.
func TestCharged(t *testing.T) {
	try := func(t *testing.T, client *redis.Client, local bool) {
		l := limit.New(client, "test:"+rand.Text()+":")
		now := time.Now()
		for range 10 {
			if v := l.Room(context.Background(), "a", rule, true, now); !v.Allowed || v.Local != local {
				t.Fatalf("nothing is charged: %+v", v)
			}
		}
		l.Charge(context.Background(), "a", rule, 2, now)
		if v := l.Room(context.Background(), "a", rule, true, now); !v.Allowed {
			t.Errorf("two of three: %+v", v)
		}
		l.Charge(context.Background(), "a", rule, 20, now)
		if v := l.Room(context.Background(), "a", rule, true, now); v.Allowed || v.RetryAfter <= 0 || v.RetryAfter > time.Second {
			t.Errorf("more than there was: %+v", v)
		}
		if v := l.Allow(context.Background(), "a", rule, true, now); v.Allowed {
			t.Errorf("more than there was: %+v", v)
		}
		if v := l.Room(context.Background(), "b", rule, true, now); !v.Allowed {
			t.Errorf("somebody else: %+v", v)
		}
	}
	cachetest.Each(t, func(t *testing.T, client *redis.Client) { try(t, client, false) })
	t.Run("away", func(t *testing.T) {
		server, client := cachetest.Embedded(t)
		server.Close()
		try(t, client, true)
		if v := limit.New(client, "").Room(context.Background(), "a", rule, false, time.Now()); !v.Allowed || !v.Local {
			t.Errorf("a read: %+v", v)
		}
	})
}

// A rule of n times as many allows n bursts at once, and refills n times as fast.
func TestTimes(t *testing.T) {
	l, ctx := counting(t)
	now, many := time.Now(), rule.Times(3)
	for i := range 3 * rule.Burst {
		if v := l.Allow(ctx, "a", many, true, now); !v.Allowed {
			t.Fatalf("request %d: %+v", i, v)
		}
	}
	if v := l.Allow(ctx, "a", many, true, now); v.Allowed || v.RetryAfter != rule.Per/time.Duration(3*rule.Rate) {
		t.Errorf("beyond three bursts: %+v", v)
	}
}

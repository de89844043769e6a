package limit_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

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

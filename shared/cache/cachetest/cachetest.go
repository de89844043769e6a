// Package cachetest gives tests a Redis of their own.
package cachetest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/madang-council/madang/shared/cache"
)

// Embedded is a fresh embedded Redis and a client of it.
func Embedded(t testing.TB) (*miniredis.Miniredis, *redis.Client) {
	t.Helper()
	server := miniredis.RunT(t)
	return server, connect(t, "redis://"+server.Addr())
}

// Real is a client of the Redis that REDIS_URL names, emptied. Without it the test is
// skipped with the reason, or fails where CI=true.
func Real(t testing.TB) *redis.Client {
	t.Helper()
	address := os.Getenv("REDIS_URL")
	if address == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("REDIS_URL is not set: CI must test Redis")
		}
		t.Skip("REDIS_URL is not set: not tested on a real Redis")
	}
	return connect(t, address)
}

// Each runs a test on the embedded Redis and on a real one. Use keys of the test's own
// prefix: a real one is shared.
func Each(t *testing.T, test func(t *testing.T, client *redis.Client)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { _, c := Embedded(t); test(t, c) })
	t.Run("redis", func(t *testing.T) { test(t, Real(t)) })
}

func connect(t testing.TB, address string) *redis.Client {
	t.Helper()
	cache.Silence()
	client, err := cache.Patient(address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		t.Fatalf("Redis does not answer: %v", err)
	}
	return client
}

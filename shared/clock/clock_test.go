package clock_test

import (
	"context"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/clock"
)

// A request has one time until it asks for the present; what is asked as of a time stays there.
func TestCurrent(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)
	now := noon
	ctx := clock.Running(context.Background(), func() time.Time { return now })
	for n := range 3 {
		now = noon.Add(time.Duration(n+1) * time.Minute)
		later := clock.Current(ctx)
		if !clock.Now(ctx).Equal(noon) || !clock.Now(later).Equal(now) || !clock.Now(clock.Current(later)).Equal(now) {
			t.Errorf("at %v: the request's time is %v, the present %v", now, clock.Now(ctx), clock.Now(later))
		}
		if asOf := clock.Current(clock.With(later, noon)); !clock.Now(asOf).Equal(noon) {
			t.Errorf("as of noon it is %v", clock.Now(asOf))
		}
	}
}

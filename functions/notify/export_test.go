package notify

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/function"
)

// With is the function with channels, and with another way to wait.
func With(channels delivery.Channels, pause func(context.Context, time.Duration) error) function.Spec {
	spec := Function
	spec.New = func(d function.Deps) function.Parts { return parts(d, channels, pause) }
	return spec
}

// Wired is the function as it is, but for how it waits.
func Wired(paused *[]time.Duration) function.Spec {
	spec := Function
	spec.New = func(d function.Deps) function.Parts {
		return whole(d, func(_ context.Context, t time.Duration) error {
			*paused = append(*paused, t)
			return nil
		})
	}
	return spec
}

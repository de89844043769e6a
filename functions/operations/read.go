package operations

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/operation"
)

type handlers struct{ store operation.Store }

type costRequest struct {
	Month string `query:"month" description:"As 2026-03; this month without it."`
}

func (h handlers) cost(ctx context.Context, r *costRequest) (*operation.Bill, error) {
	month := clock.Now(ctx)
	if r.Month != "" {
		var err error
		if month, err = time.ParseInLocation("2006-01", r.Month, clock.Seoul); err != nil {
			var f check.Fields
			f.Add("month", "malformed", "2026-03과 같은 달이어야 합니다.", "Must be a month, as 2026-03.")
			return nil, f.Err()
		}
	}
	bill, err := h.store.Bill(ctx, month)
	return &bill, err
}

func (h handlers) health(ctx context.Context, _ *struct{}) (*operation.Health, error) {
	health, err := h.store.Health(ctx)
	return &health, err
}

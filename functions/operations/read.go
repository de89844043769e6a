package operations

import (
	"context"

	"github.com/madang-council/madang/shared/operation/bill"
)

type handlers struct{ store bill.Store }

type costRequest struct {
	Month string `query:"month" description:"As 2026-03; this month without it."`
}

func (h handlers) cost(ctx context.Context, r *costRequest) (*bill.Bill, error) {
	month, err := bill.Month(ctx, r.Month)
	if err != nil {
		return nil, err
	}
	bill, err := h.store.Bill(ctx, month)
	return &bill, err
}

func (h handlers) health(ctx context.Context, _ *struct{}) (*bill.Health, error) {
	health, err := h.store.Health(ctx)
	return &health, err
}

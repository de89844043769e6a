package banners

import (
	"context"

	"github.com/madang-council/madang/shared/function"
)

func (h handlers) remove(ctx context.Context, r *edition) (*function.None, error) {
	version, err := h.version(ctx, *r)
	if err != nil {
		return nil, err
	}
	if _, err := h.banners.Delete(ctx, r.ID, version); err != nil {
		return nil, err
	}
	return &function.None{}, nil
}

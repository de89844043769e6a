package banners

import (
	"context"

	"github.com/madang-council/madang/shared/function"
)

type removeRequest struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

func (h handlers) remove(ctx context.Context, r *removeRequest) (*function.None, error) {
	version, err := versionOf(r.ID, r.IfMatch)
	if err != nil {
		return nil, err
	}
	if _, err := h.banners.Delete(ctx, r.ID, version); err != nil {
		return nil, err
	}
	return &function.None{}, nil
}

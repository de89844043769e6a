package banners

import (
	"context"

	"github.com/madang-council/madang/shared/function"
)

type arrangeRequest struct {
	IDs []string `json:"ids"` // every banner once, also those that are not in force
}

func (h handlers) arrange(ctx context.Context, r *arrangeRequest) (*manageResponse, error) {
	if err := h.banners.Arrange(ctx, r.IDs); err != nil {
		return nil, err
	}
	function.Touch(ctx, "banners")
	return h.manage(ctx, &manageRequest{})
}

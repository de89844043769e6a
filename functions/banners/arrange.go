package banners

import (
	"context"
)

type arrangeRequest struct {
	IDs []string `json:"ids"` // every banner once, also those that are not in force
}

func (h handlers) arrange(ctx context.Context, r *arrangeRequest) (*manageResponse, error) {
	if err := h.banners.Arrange(ctx, r.IDs); err != nil {
		return nil, err
	}
	return h.manage(ctx, &manageRequest{})
}

package banners

import (
	"context"

	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
)

type listRequest struct{}

type listResponse struct {
	Items []banner.Banner `json:"items"`
}

func (h handlers) list(ctx context.Context, _ *listRequest) (*listResponse, error) {
	items, err := h.banners.Current(ctx)
	if err != nil {
		return nil, err
	}
	next, err := h.banners.NextChange(ctx)
	if err != nil {
		return nil, err
	}
	function.ChangesAt(ctx, next)
	for _, b := range items {
		function.Tag(ctx, upload.Tag(b.Image.ID))
	}
	return &listResponse{Items: items}, nil
}

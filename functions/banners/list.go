package banners

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/council/banner"
)

type listRequest struct{}

type listResponse struct {
	Items []banner.Banner `json:"items"`

	changes *time.Time
}

// PageTags are those of the pictures.
func (r *listResponse) PageTags() []string { return banner.PageTags(r.Items) }

// PageChanges is when a banner begins or ends.
func (r *listResponse) PageChanges() []*time.Time { return []*time.Time{r.changes} }

func (h handlers) list(ctx context.Context, _ *listRequest) (*listResponse, error) {
	items, err := h.banners.Current(ctx)
	if err != nil {
		return nil, err
	}
	next, err := h.banners.NextChange(ctx)
	if err != nil {
		return nil, err
	}
	return &listResponse{Items: items, changes: next}, nil
}

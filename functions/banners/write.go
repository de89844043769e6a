package banners

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/function"
)

type writeRequest struct {
	Unit  string     `json:"unit"`
	Image string     `json:"image"`          // id of a completed upload, an image
	Alt   string     `json:"alt"`            // at most 200 characters
	Link  string     `json:"link"`           // https, or a path of the site
	From  *time.Time `json:"from,omitempty"` // absent: at once
	Until *time.Time `json:"until,omitempty"`
}

func (h handlers) write(ctx context.Context, r *writeRequest) (*entry, error) {
	b, err := h.banners.Add(ctx, banner.Content(*r), h.units)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, b.ID)
	e := show(b)
	return &e, nil
}

package banners

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/function"
)

type writeRequest struct {
	Unit  string        `json:"unit"`
	Image string        `json:"image" description:"Id of a completed upload, an image."`
	Alt   string        `json:"alt" description:"At most 200 characters."`
	Link  string        `json:"link" description:"https, or a path of the site."`
	Focus *banner.Focus `json:"focus,omitempty" description:"What of the picture is always seen where it is cropped, in per cent from the left and the top; absent: its middle."`
	From  *time.Time    `json:"from,omitempty" description:"Absent: at once."`
	Until *time.Time    `json:"until,omitempty" description:"As it was, now or later."`
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

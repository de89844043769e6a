package banners

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type editRequest struct {
	ID      string     `path:"id"`
	IfMatch string     `header:"If-Match"`
	Unit    string     `json:"unit"`
	Image   string     `json:"image"`
	Alt     string     `json:"alt"`
	Link    string     `json:"link"`
	From    *time.Time `json:"from,omitempty"`
	Until   *time.Time `json:"until,omitempty"` // as it was, now or later
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*entry, error) {
	version, err := versionOf(r.ID, r.IfMatch)
	if err != nil {
		return nil, err
	}
	_, is, err := h.banners.Edit(ctx, r.ID, version, banner.Content{
		Unit: r.Unit, Image: r.Image, Alt: r.Alt, Link: r.Link, From: r.From, Until: r.Until,
	}, h.units)
	if err != nil {
		return nil, err
	}
	e := show(is)
	return &e, nil
}

// versionOf is the version that an edit of a banner was made from.
func versionOf(id, ifMatch string) (int64, error) {
	if !check.ID(id) {
		return 0, problem.Absent()
	}
	return function.Match(ifMatch)
}

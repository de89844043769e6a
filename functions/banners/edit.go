package banners

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// edition is a banner as the caller read it.
type edition struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

// version is the one that was read.
func (h handlers) version(ctx context.Context, e edition) (int64, error) {
	if !check.ID(e.ID) {
		return 0, problem.Absent()
	}
	return function.Match(e.IfMatch, func() (int64, error) {
		b, err := h.banners.Read(ctx, e.ID)
		return b.Version, err
	})
}

// editRequest replaces all of a banner; its until is as it was, now or later.
type editRequest struct {
	edition
	writeRequest
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*entry, error) {
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	_, is, err := h.banners.Edit(ctx, r.ID, version, banner.Content(r.writeRequest), h.units)
	if err != nil {
		return nil, err
	}
	e := show(is)
	return &e, nil
}

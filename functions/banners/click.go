package banners

import (
	"context"
	"net/http"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type clickRequest struct {
	ID string `path:"id"`
}

// counting is how long a visitor waits for being counted.
const counting = time.Second

func (h handlers) click(ctx context.Context, r *clickRequest) (*function.Redirect, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	link, err := h.banners.Follow(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	answer := &function.Redirect{Status: http.StatusFound, URL: link}
	if function.RequestFrom(ctx).Head {
		return answer, nil
	}
	waiting, cancel := context.WithTimeout(ctx, counting)
	defer cancel()
	if err := h.banners.Count(waiting, r.ID, function.RequestFrom(ctx).Origin); err != nil {
		h.log.WarnContext(ctx, "a click is not counted", "banner", r.ID, "error", err)
	}
	return answer, nil
}

type clicksRequest struct {
	ID string `path:"id"`
}

type clicksResponse struct {
	Items []banner.Day `json:"items"` // the latest first; days without a click are left out
}

func (h handlers) clicks(ctx context.Context, r *clicksRequest) (*clicksResponse, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	if _, err := h.banners.Writable(ctx, r.ID); err != nil {
		return nil, err
	}
	items, err := h.banners.Clicks(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return &clicksResponse{Items: items}, nil
}

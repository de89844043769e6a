package uploads

import (
	"context"

	"github.com/madang-council/madang/functions/uploads/desk"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type fileRequest struct {
	ID string `path:"id"`
}

func (h handlers) file(ctx context.Context, r *fileRequest) (*function.Redirect, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	u, err := h.files.Visible(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	desk.AboutOwners(ctx, u)
	url, err := h.files.Link(ctx, u)
	if err != nil {
		return nil, err
	}
	return &function.Redirect{Status: 302, URL: url}, nil
}

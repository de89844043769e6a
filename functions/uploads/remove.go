package uploads

import (
	"context"

	"github.com/madang-council/madang/functions/uploads/desk"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type removeRequest struct {
	ID string `path:"id"`
}

func (h handlers) remove(ctx context.Context, r *removeRequest) (*function.None, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	u, err := h.files.Remove(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	desk.AboutOwners(ctx, u)
	return &function.None{}, nil
}

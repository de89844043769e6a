package uploads

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/problem"
)

type completeRequest struct {
	ID string `path:"id"`
}

func (h handlers) complete(ctx context.Context, r *completeRequest) (*uploadResponse, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	u, err := h.files.Complete(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.respond(ctx, u)
}

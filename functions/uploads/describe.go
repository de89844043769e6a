package uploads

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/problem"
)

type describeRequest struct {
	ID  string `path:"id"`
	Alt string `json:"alt,omitempty" description:"At most 200 characters; empty for none."`
}

func (h handlers) describe(ctx context.Context, r *describeRequest) (*uploadResponse, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	u, err := h.files.Describe(ctx, r.ID, r.Alt)
	if err != nil {
		return nil, err
	}
	return h.respond(ctx, u)
}

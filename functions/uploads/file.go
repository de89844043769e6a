package uploads

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
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
	aboutOwner(ctx, u)
	url, err := h.files.Link(ctx, u)
	if err != nil {
		return nil, err
	}
	return &function.Redirect{Status: 302, URL: url}, nil
}

// aboutOwner notes that somebody else handles what a member handed in as their own, a proof above
// all; what the council uploads is the council's.
func aboutOwner(ctx context.Context, u upload.Upload) {
	if p, known := upload.PurposeOf(u.Purpose); known && !p.Council && u.MemberID != auth.From(ctx).MemberID {
		function.About(ctx, u.MemberID)
	}
}

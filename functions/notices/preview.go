package notices

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/problem"
)

type shareRequest struct {
	ID string `path:"id"`
}

type shareResponse struct {
	URL       string    `json:"url"` // of a page; whoever has it may read the notice
	ExpiresAt time.Time `json:"expiresAt"`
}

func (h handlers) share(ctx context.Context, r *shareRequest) (*shareResponse, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	n, err := h.notices.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	token, until := h.previews.Token(ctx, n)
	return &shareResponse{URL: h.site + notice.PreviewPath + token, ExpiresAt: until}, nil
}

type previewRequest struct {
	Token string `path:"token"`
}

func (h handlers) preview(ctx context.Context, r *previewRequest) (*preview, error) {
	n, _, err := h.previews.Read(ctx, r.Token)
	if err != nil {
		return nil, err
	}
	return &preview{h.show(ctx, n)}, nil
}

// preview is a notice in its newest version, whatever its state.
type preview struct{ article }

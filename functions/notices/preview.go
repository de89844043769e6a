package notices

import (
	"context"
	"errors"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// previewLife is how long a preview link works.
const previewLife = time.Hour

type shareRequest struct {
	ID string `path:"id"`
}

type shareResponse struct {
	URL       string    `json:"url"` // whoever has it may read the notice
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
	expires := clock.Now(ctx).Add(previewLife).Truncate(time.Second) // links count in seconds
	return &shareResponse{URL: h.site + "/v1/notices/previews/" + h.links.Sign(n.ID, expires), ExpiresAt: expires}, nil
}

type previewRequest struct {
	Token string `path:"token"`
}

func (h handlers) preview(ctx context.Context, r *previewRequest) (*preview, error) {
	id, err := h.links.Verify(r.Token, clock.Now(ctx))
	switch {
	case errors.Is(err, secret.ErrExpired):
		return nil, problem.New(problem.Gone, "preview-expired", "미리 보기 링크의 시간이 지났습니다.", "The preview link has expired.")
	case err != nil:
		return nil, problem.Absent().Because(err)
	}
	n, err := h.notices.Current(ctx, id)
	if err != nil {
		return nil, err
	}
	return &preview{show(ctx, n)}, nil
}

// preview is a notice in its newest version, whatever its state.
type preview struct{ article }

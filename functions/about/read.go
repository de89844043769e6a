package about

import (
	"context"

	"github.com/madang-council/madang/shared/council/about"
)

type readRequest struct{}

type readResponse struct {
	about.Content
	Version int64 `json:"version"`
}

// ETag is the version, for If-Match.
func (r readResponse) ETag() int64 { return r.Version }

func (h handlers) read(ctx context.Context, _ *readRequest) (*readResponse, error) {
	v, err := h.abouts.Read(ctx)
	if err != nil {
		return nil, err
	}
	return &readResponse{Content: v.Content, Version: v.Version}, nil
}

package notices

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/secret"
)

// handlers are the operations and what they need.
type handlers struct {
	notices notice.Store
	members member.Store
	cursors *cursor.Codec
	links   secret.Signer // signs previews
	site    string
	units   []string
}

type listRequest struct {
	Cursor string `query:"cursor"`
	Size   *int64 `query:"size"`
	Tag    string `query:"tag"`
	Unit   string `query:"unit"`
	Q      string `query:"q"`
}

type listResponse struct {
	Items      []notice.Summary `json:"items"`
	NextCursor string           `json:"nextCursor,omitempty"`
}

func (h handlers) list(ctx context.Context, r *listRequest) (*listResponse, error) {
	f, size, err := narrow(r.Tag, r.Unit, r.Q, r.Size)
	if err != nil {
		return nil, err
	}
	items, after, err := h.notices.Page(ctx, f, h.cursors, r.Cursor, size)
	if err != nil {
		return nil, err
	}
	next, err := h.notices.NextChange(ctx)
	if err != nil {
		return nil, err
	}
	function.ChangesAt(ctx, next)
	response := &listResponse{Items: items, NextCursor: after}
	for _, s := range response.Items {
		if s.Image != "" {
			function.Tag(ctx, upload.Tag(s.Image))
		}
	}
	return response, nil
}

// narrow reads what both lists have in common: the filter and the size, 20 unless given.
func narrow(tag, unit, q string, size *int64) (notice.Filter, int, error) {
	var c check.Fields
	f := notice.Narrowed(&c, tag, unit, q)
	n := int64(20)
	if size != nil {
		n = c.Number("size", *size, 1, 100)
	}
	return f, int(n), c.Err()
}

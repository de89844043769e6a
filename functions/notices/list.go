package notices

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/secret"
)

// handlers are the operations and what they need.
type handlers struct {
	notices notice.Writer
	members member.Store
	cursors *cursor.Codec
	links   secret.Signer // signs previews
	site    string
	units   []string
}

// listRequest is also what the list of those who write is narrowed by.
type listRequest struct {
	cursor.Asked
	Tag  string `query:"tag"`
	Unit string `query:"unit"`
	Q    string `query:"q" description:"Part of the title."`
}

type listResponse struct {
	cursor.Page[notice.Summary]

	changes *time.Time
}

// PageTags are those of the pictures.
func (r *listResponse) PageTags() []string { return notice.PageTags(r.Items) }

// PageChanges is when the list changes by itself.
func (r *listResponse) PageChanges() []*time.Time { return []*time.Time{r.changes} }

func (h handlers) list(ctx context.Context, r *listRequest) (*listResponse, error) {
	f, size, err := r.narrow()
	if err != nil {
		return nil, err
	}
	page, err := h.notices.Page(ctx, f, h.cursors, r.Cursor, size)
	if err != nil {
		return nil, err
	}
	next, err := h.notices.NextChange(ctx)
	if err != nil {
		return nil, err
	}
	return &listResponse{Page: page, changes: next}, nil
}

// narrow reads the filter and the size.
func (r *listRequest) narrow() (notice.Filter, int, error) {
	var c check.Fields
	f, size := notice.Narrowed(&c, r.Tag, r.Unit, r.Q), cursor.Size(&c, r.Size)
	return f, size, c.Err()
}

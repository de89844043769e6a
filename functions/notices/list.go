package notices

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/operation/audit"
)

// handlers are the operations and what they need.
type handlers struct {
	notices  notice.Writer
	members  member.Store
	log      audit.Store
	cursors  *cursor.Codec
	previews notice.Previews
	uploads  upload.Store
	site     string
	units    []string
	names    function.Names
}

// listRequest is also what the list of those who write is narrowed by.
type listRequest struct {
	cursor.Asked
	Tag  string `query:"tag"`
	Unit string `query:"unit"`
	Q    string `query:"q" description:"Words of the title, the tags or the text, in any order; also initial consonants of the title or a tag."`
}

type listResponse struct {
	cursor.Page[notice.Summary]

	Count *int `json:"count,omitempty" description:"How many were found in all, where q was given: at most 500, which stands for more too."`

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
	for i := range page.Items {
		page.Items[i] = page.Items[i].Named(h.names, function.RequestFrom(ctx).Language)
	}
	next, err := h.notices.NextChange(ctx)
	if err != nil {
		return nil, err
	}
	answer := &listResponse{Page: page, changes: next}
	if f.Words != "" {
		count, err := h.notices.Count(ctx, f, notice.MostCounted)
		if err != nil {
			return nil, err
		}
		answer.Count = &count
	}
	return answer, nil
}

// narrow reads the filter and the size.
func (r *listRequest) narrow() (notice.Filter, int, error) {
	var c check.Fields
	f, size := notice.Narrowed(&c, r.Tag, r.Unit, r.Q), cursor.Size(&c, r.Size)
	r.Tag, r.Unit = f.Tag, f.Unit
	return f, size, c.Err()
}

package uploads

import (
	"context"
	"strconv"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/upload"
	"github.com/madang-council/madang/shared/problem"
)

type listRequest struct {
	Cursor string `query:"cursor"`
	Size   *int64 `query:"size"` // 1 to 100; 20 if absent
	All    bool   `query:"all"`  // everybody's, for the council
}

type listResponse struct {
	Items      []uploadResponse `json:"items"`
	NextCursor string           `json:"nextCursor,omitempty"`
}

func (h handlers) list(ctx context.Context, r *listRequest) (*listResponse, error) {
	who := auth.From(ctx)
	if r.All && !who.Council() {
		return nil, problem.NotAllowed()
	}
	size, before, err := h.page(ctx, r)
	if err != nil {
		return nil, err
	}
	filter := upload.Filter{Member: who.MemberID, Before: before}
	if r.All {
		filter.Member, filter.Private = "", who.Has(auth.Moderator)
	}
	list, err := h.files.List(ctx, filter, size+1)
	if err != nil {
		return nil, err
	}
	a := &listResponse{Items: []uploadResponse{}}
	if len(list) > size {
		list = list[:size]
		a.NextCursor = h.cursors.Encode(kind(ctx, r.All), list[size-1].ID)
	}
	return a, h.fill(ctx, a, list)
}

// kind binds a cursor to its list: a member's own, or everybody's.
func kind(ctx context.Context, all bool) string {
	return "uploads?all=" + strconv.FormatBool(all) + "&member=" + auth.From(ctx).MemberID
}

func (h handlers) page(ctx context.Context, r *listRequest) (size int, before string, err error) {
	var f check.Fields
	size = 20
	if r.Size != nil {
		size = int(f.Number("size", *r.Size, 1, 100))
	}
	if r.Cursor != "" && h.cursors.Decode(kind(ctx, r.All), r.Cursor, &before) != nil {
		f.Add("cursor", "forged-cursor", "이 목록의 커서가 아닙니다.", "Not a cursor of this list.")
	}
	return size, before, f.Err()
}

func (h handlers) fill(ctx context.Context, a *listResponse, list []upload.Upload) error {
	ids := []string{}
	for _, u := range list {
		ids = append(ids, u.ID)
	}
	files, err := h.files.Files(ctx, ids...)
	if err != nil {
		return err
	}
	for _, u := range list {
		item := responseOf(u, files[u.ID].Variants)
		item.State = u.State(ctx)
		a.Items = append(a.Items, item)
	}
	return nil
}

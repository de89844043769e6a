package uploads

import (
	"context"
	"net/url"
	"strconv"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

type listRequest struct {
	Cursor string `query:"cursor"`
	Size   *int64 `query:"size"` // 1 to 100; 20 if absent
	All    bool   `query:"all"`  // everybody's, for the council
	Q      string `query:"q"`    // part of the name
	Kind   string `query:"kind"` // image or document; both if absent
	Unused bool   `query:"unused"`
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
	filter, size, err := h.narrow(ctx, r)
	if err != nil {
		return nil, err
	}
	filter.Member = who.MemberID
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
		a.NextCursor = h.cursors.Encode(key(ctx, r), list[size-1].ID)
	}
	return a, h.fill(ctx, a, list)
}

// key binds a cursor to its list: a member's own or everybody's, and what it is narrowed to.
func key(ctx context.Context, r *listRequest) string {
	return "uploads?member=" + auth.From(ctx).MemberID + "&" + url.Values{
		"all": {strconv.FormatBool(r.All)}, "q": {r.Q}, "kind": {r.Kind}, "unused": {strconv.FormatBool(r.Unused)},
	}.Encode()
}

// narrow reads which uploads are wanted: 20 unless told.
func (h handlers) narrow(ctx context.Context, r *listRequest) (upload.Filter, int, error) {
	var f check.Fields
	filter, size := upload.Filter{Name: f.OptionalLine("q", r.Q, 100), Unused: r.Unused}, 20
	if r.Kind != "" {
		filter.Kind = upload.Kind(f.OneOf("kind", r.Kind, string(upload.Images), string(upload.Documents)))
	}
	if r.Size != nil {
		size = int(f.Number("size", *r.Size, 1, 100))
	}
	if r.Cursor != "" && h.cursors.Decode(key(ctx, r), r.Cursor, &filter.Before) != nil {
		f.Add("cursor", "forged-cursor", "이 목록의 커서가 아닙니다.", "Not a cursor of this list.")
	}
	return filter, size, f.Err()
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

package uploads

import (
	"context"
	"net/url"
	"strconv"

	"github.com/madang-council/madang/functions/uploads/desk"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

type listRequest struct {
	cursor.Asked
	All    bool   `query:"all" description:"Everybody's, for the council."`
	Q      string `query:"q" description:"Part of the name."`
	Kind   string `query:"kind" description:"image or document; both without it."`
	Unused bool   `query:"unused" description:"Only what nothing uses."`
}

func (h handlers) list(ctx context.Context, r *listRequest) (*cursor.Page[uploadResponse], error) {
	who := auth.From(ctx)
	if r.All && !who.MaySomewhere(auth.Consult) {
		return nil, problem.NotAllowed()
	}
	filter, size, err := narrow(r)
	if err != nil {
		return nil, err
	}
	filter.Member = who.MemberID
	if r.All {
		filter.Member, filter.Private = "", true
	}
	page, err := cursor.Read(h.cursors, key(ctx, r), r.Cursor, size, func(before string, limit int) ([]upload.Upload, error) {
		filter.Before = before
		return h.files.List(ctx, filter, limit)
	}, func(u upload.Upload) string { return u.ID })
	if err != nil {
		return nil, err
	}
	desk.ReadOwners(ctx, page.Items...)
	return h.shown(ctx, page)
}

// key binds a cursor to its list: a member's own or everybody's, and what it is narrowed to.
func key(ctx context.Context, r *listRequest) string {
	return "uploads?member=" + auth.From(ctx).MemberID + "&" + url.Values{
		"all": {strconv.FormatBool(r.All)}, "q": {r.Q}, "kind": {r.Kind}, "unused": {strconv.FormatBool(r.Unused)},
	}.Encode()
}

// narrow reads which uploads are wanted, and how many.
func narrow(r *listRequest) (upload.Filter, int, error) {
	var f check.Fields
	filter, size := upload.Filter{Name: f.OptionalLine("q", r.Q, 100), Unused: r.Unused}, cursor.Size(&f, r.Size)
	if r.Kind != "" {
		filter.Kind = upload.Kind(f.OneOf("kind", r.Kind, string(upload.Images), string(upload.Documents)))
	}
	return filter, size, f.Err()
}

// shown is a page of uploads with the addresses of their pictures.
func (h handlers) shown(ctx context.Context, page cursor.Page[upload.Upload]) (*cursor.Page[uploadResponse], error) {
	ids := []string{}
	for _, u := range page.Items {
		ids = append(ids, u.ID)
	}
	files, err := h.files.Files(ctx, ids...)
	if err != nil {
		return nil, err
	}
	shown := cursor.Map(page, func(u upload.Upload) uploadResponse {
		item := responseOf(u, files[u.ID].Variants)
		item.State = u.State(ctx)
		return item
	})
	return &shown, nil
}

package archives

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/problem"
)

type manageRequest struct {
	listRequest
	State string `query:"state" description:"All unless given; deleted is for admins."`
}

func (h handlers) manage(ctx context.Context, r *manageRequest) (*cursor.Page[summary], error) {
	f, size, err := r.narrow()
	if err != nil {
		return nil, err
	}
	state := archive.State(r.State)
	if state != "" {
		var c check.Fields
		c.OneOf("state", r.State, string(archive.Draft), string(archive.Published), string(archive.Deleted))
		if err := c.Err(); err != nil {
			return nil, err
		}
	}
	if state == archive.Deleted && !auth.From(ctx).MaySomewhere(auth.Restore) {
		return nil, problem.NotAllowed()
	}
	found, err := h.archives.Managed(ctx, f, state, h.cursors, r.Cursor, size)
	if err != nil {
		return nil, err
	}
	page := cursor.Map(found, func(v archive.Archive) summary { return h.summarised(ctx, v) })
	return &page, nil
}

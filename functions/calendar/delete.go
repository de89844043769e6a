package calendar

import (
	"cmp"
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
)

type removeRequest struct {
	edition
	Reach string `query:"reach" description:"one, or later: those of its series that start later too. one unless given."`
}

func (h handlers) remove(ctx context.Context, r *removeRequest) (*function.None, error) {
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	count, err := h.events.Delete(ctx, r.ID, version, cmp.Or(calendar.Reach(r.Reach), calendar.One))
	if err != nil {
		return nil, err
	}
	function.Detail(ctx, "events", count)
	return &function.None{}, nil
}

func (h handlers) restore(ctx context.Context, r *edition) (*whole, error) {
	version, err := h.version(ctx, *r)
	if err != nil {
		return nil, err
	}
	e, err := h.events.Restore(ctx, r.ID, version)
	if err != nil {
		return nil, err
	}
	return h.show(ctx, e), nil
}

type manageRequest struct {
	cursor.Asked
	State string `query:"state" description:"there, or deleted: those that the caller can restore. there unless given."`
}

func (h handlers) manage(ctx context.Context, r *manageRequest) (*cursor.Page[whole], error) {
	var c check.Fields
	size := cursor.Size(&c, r.Size)
	state := c.OneOf("state", cmp.Or(r.State, "there"), "there", "deleted")
	if err := c.Err(); err != nil {
		return nil, err
	}
	found, err := h.events.Managed(ctx, state == "deleted", h.cursors, r.Cursor, size)
	if err != nil {
		return nil, err
	}
	page := cursor.Map(found, func(e calendar.Event) whole { return *h.show(ctx, e) })
	return &page, nil
}

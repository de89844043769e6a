package minutes

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/problem"
)

type listRequest struct {
	cursor.Asked
	Body  string `query:"body" description:"The slug of a body."`
	Year  *int64 `query:"year" description:"Of the meeting, in Seoul."`
	State string `query:"state" description:"announced, decisions, full or overdue."`
}

type listResponse struct {
	cursor.Page[head]

	Rate minute.Rate `json:"rate" description:"Of the year, or of all time, and of the body: how many were due or published in full, and how many of these in time."`

	changes *time.Time
}

// PageChanges is when clocks say something else.
func (r *listResponse) PageChanges() []*time.Time { return []*time.Time{r.changes} }

func (h handlers) list(ctx context.Context, r *listRequest) (*listResponse, error) {
	var c check.Fields
	f, size := minute.Narrowed(&c, r.Body, r.Year, r.State), cursor.Size(&c, r.Size)
	if err := c.Err(); err != nil {
		return nil, err
	}
	page, err := h.minutes.Page(ctx, f, h.cursors, r.Cursor, size)
	if err != nil {
		return nil, err
	}
	rate, err := h.minutes.Rate(ctx, f)
	if err != nil {
		return nil, err
	}
	return &listResponse{Page: cursor.Map(page, func(m minute.Minute) head { return headOf(ctx, m) }), Rate: rate, changes: new(clock.Tomorrow(ctx))}, nil
}

type manageRequest struct {
	cursor.Asked
	Body    string `query:"body"`
	Year    *int64 `query:"year"`
	State   string `query:"state" description:"draft, announced, decisions, full, overdue, or for admins deleted."`
	Overdue bool   `query:"overdue" description:"Only what is overdue."`
}

// entry is a meeting in the list of those who write.
type entry struct {
	head

	DeletedAt *time.Time `json:"deletedAt,omitempty"`
	Version   int64      `json:"version"`
	UpdatedAt time.Time  `json:"updatedAt"`
}

func (h handlers) manage(ctx context.Context, r *manageRequest) (*cursor.Page[entry], error) {
	var c check.Fields
	f, size := minute.Narrowed(&c, r.Body, r.Year, r.State, string(minute.Draft), string(minute.Deleted)), cursor.Size(&c, r.Size)
	if err := c.Err(); err != nil {
		return nil, err
	}
	f.Late = f.Late || r.Overdue
	if f.Step == minute.Deleted && !auth.From(ctx).MaySomewhere(auth.Restore) {
		return nil, problem.NotAllowed()
	}
	page, err := cursor.Read(h.cursors, "admin/minutes?"+f.Key(), r.Cursor, size, func(behind cursor.Moment, limit int) ([]minute.Minute, error) {
		return h.minutes.Managed(ctx, f, behind, limit)
	}, minute.Minute.Position)
	if err != nil {
		return nil, err
	}
	entries := cursor.Map(page, func(m minute.Minute) entry {
		return entry{head: headOf(ctx, m), DeletedAt: m.DeletedAt, Version: m.Version, UpdatedAt: m.UpdatedAt}
	})
	return &entries, nil
}

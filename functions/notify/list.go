package notify

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/inbox"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
)

type listRequest struct {
	cursor.Asked
}

type entry struct {
	ID      string     `json:"id"`
	Topic   string     `json:"topic"`
	Kind    string     `json:"kind" description:"Of the thing."`
	ThingID string     `json:"thingId"`
	Title   string     `json:"title" description:"As the thing has it now."`
	TitleEn string     `json:"titleEn,omitempty"`
	Line    string     `json:"line"`
	Path    string     `json:"path" description:"Of its page, in Korean."`
	At      time.Time  `json:"at" description:"When it happened."`
	ReadAt  *time.Time `json:"readAt,omitempty"`
}

type listResponse struct {
	cursor.Page[entry]

	Unread int `json:"unread" description:"How many are not read; 100 for more than 99."`
}

func (h handlers) list(ctx context.Context, r *listRequest) (*listResponse, error) {
	var f check.Fields
	size := cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	who := auth.From(ctx).MemberID
	found, err := cursor.Read(h.cursors, "notifications?"+who, r.Cursor, size, func(behind cursor.Moment, limit int) ([]inbox.Entry, error) {
		return h.inbox.List(ctx, who, behind, limit)
	}, inbox.Entry.Moment)
	if err != nil {
		return nil, err
	}
	unread, err := h.inbox.Unread(ctx, who)
	return &listResponse{Unread: len(unread), Page: cursor.Map(found, func(e inbox.Entry) entry {
		return entry{e.ID, e.Topic, e.Ref.Kind, e.Ref.ID, e.Thing.Title, e.Thing.TitleEn, e.Thing.Line, e.Thing.Path, e.At, e.ReadAt}
	})}, err
}

// mostRead is how many are marked by their ids at once: a page of the list.
const mostRead = 100

type readRequest struct {
	IDs   []string   `json:"ids,omitempty" description:"Of those that were read, at most 100; all up to a time without it."`
	Until *time.Time `json:"until,omitempty" description:"Up to which time; up to now without it."`
}

func (h handlers) read(ctx context.Context, r *readRequest) (*function.None, error) {
	var f check.Fields
	if len(r.IDs) > mostRead {
		f.Add("ids", "too-many", "한 번에 100개까지 표시할 수 있습니다.", "At most 100 at once.")
	}
	until := f.Time("until", r.Until)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if until == nil {
		now := clock.Now(ctx)
		until = &now
	}
	return &function.None{}, h.inbox.Read(ctx, auth.From(ctx).MemberID, *until, r.IDs...)
}

package calendar

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type readRequest struct {
	ID string `path:"id"`
}

// whole is an event.
type whole struct {
	summary
	Text      string     `json:"text"`
	MapURL    string     `json:"mapUrl,omitempty"`
	URL       string     `json:"url,omitempty"`
	Series    string     `json:"series,omitempty" description:"That of those that were made with it."`
	UID       string     `json:"uid" description:"In calendars, for ever."`
	State     string     `json:"state" enum:"there,deleted"`
	DeletedAt *time.Time `json:"deletedAt,omitempty"`
	CreatedAt time.Time  `json:"createdAt"`
	UpdatedAt time.Time  `json:"updatedAt"`
}

// ETag is the version, for If-Match.
func (w whole) ETag() int64 { return w.Version }

func (h handlers) read(ctx context.Context, r *readRequest) (*whole, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	e, err := h.events.Read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.show(ctx, e), nil
}

func (h handlers) show(ctx context.Context, e calendar.Event) *whole {
	w := &whole{summary: h.summarised(ctx, e.Entry()), Text: e.Text, MapURL: e.MapURL, URL: e.URL, Series: e.Series, UID: e.UID, State: "there", DeletedAt: e.DeletedAt, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt}
	w.Cancelled = e.Cancelled
	if e.DeletedAt != nil {
		w.State = "deleted"
	}
	return w
}

// edition is an event as the caller read it.
type edition struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

// version is the one that was read; with "*", the newest one.
func (h handlers) version(ctx context.Context, e edition) (int64, error) {
	if !check.ID(e.ID) {
		return 0, problem.Absent()
	}
	return function.Match(e.IfMatch, func() (int64, error) { return h.events.Version(ctx, e.ID) })
}

package notices

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type editRequest struct {
	ID          string     `path:"id"`
	IfMatch     string     `header:"If-Match"`
	Unit        string     `json:"unit"`
	Title       string     `json:"title"`
	Body        string     `json:"body,omitempty"`
	Tags        []string   `json:"tags,omitempty"`
	Attachments []string   `json:"attachments,omitempty"`
	PublishAt   *time.Time `json:"publishAt,omitempty"` // as it was, now or later; absent: a draft again
	UnpublishAt *time.Time `json:"unpublishAt,omitempty"`
	PinnedUntil *time.Time `json:"pinnedUntil,omitempty"`
	UrgentUntil *time.Time `json:"urgentUntil,omitempty"`
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*article, error) {
	version, err := versionOf(r.ID, r.IfMatch)
	if err != nil {
		return nil, err
	}
	_, is, err := h.notices.Edit(ctx, r.ID, version, notice.Content{
		Unit: r.Unit, Title: r.Title, Body: r.Body, Tags: r.Tags, Attachments: r.Attachments,
		PublishAt: r.PublishAt, UnpublishAt: r.UnpublishAt, PinnedUntil: r.PinnedUntil, UrgentUntil: r.UrgentUntil,
	}, h.units)
	if err != nil {
		return nil, err
	}
	a := show(ctx, is)
	return &a, nil
}

// versionOf is the version that an edit of a notice was made from.
func versionOf(id, ifMatch string) (int64, error) {
	if !check.ID(id) {
		return 0, problem.Absent()
	}
	return function.Match(ifMatch)
}

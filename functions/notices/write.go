package notices

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
)

type writeRequest struct {
	Unit        string     `json:"unit"`
	Title       string     `json:"title"`                 // 1 to 200 characters
	Body        string     `json:"body,omitempty"`        // Markdown, at most 100,000 characters
	Tags        []string   `json:"tags,omitempty"`        // at most 10 of at most 20 characters
	Attachments []string   `json:"attachments,omitempty"` // ids of completed uploads, at most 10
	PublishAt   *time.Time `json:"publishAt,omitempty"`   // absent: a draft; not past by more than a minute
	UnpublishAt *time.Time `json:"unpublishAt,omitempty"`
	PinnedUntil *time.Time `json:"pinnedUntil,omitempty"`
	UrgentUntil *time.Time `json:"urgentUntil,omitempty"`
}

// written is a new notice with its address.
type written struct{ article }

// Location is the address of the notice.
func (w written) Location() string { return "/v1/notices/" + w.ID }

func (h handlers) write(ctx context.Context, r *writeRequest) (*written, error) {
	n, err := h.notices.Add(ctx, notice.Content(*r), h.units)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, n.ID)
	return &written{show(ctx, n)}, nil
}

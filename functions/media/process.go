package media

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

type handlers struct{ files upload.Depot }

// process trusts the row, not the event: what it says may be old.
func (h handlers) process(ctx context.Context, e event.Event) error {
	if !check.ID(e.Subject) {
		return problem.Absent()
	}
	_, err := h.files.Process(ctx, e.Subject)
	return err
}

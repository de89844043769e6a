package notices

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
)

// edition is a notice as the caller read it.
type edition struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

// version is the one that was read.
func (h handlers) version(ctx context.Context, e edition) (int64, error) {
	if !check.ID(e.ID) {
		return 0, problem.Absent()
	}
	return function.Match(e.IfMatch, func() (int64, error) {
		return h.notices.Version(ctx, e.ID)
	})
}

// editRequest replaces all of a notice: its publishAt is as it was, now or later, or
// absent for a draft again.
type editRequest struct {
	edition
	writeRequest
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*article, error) {
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	_, is, err := h.notices.Edit(ctx, r.ID, version, notice.Content(r.writeRequest), h.units)
	if err != nil {
		return nil, err
	}
	function.Detail(ctx, audit.Version, is.Version)
	a := h.show(ctx, is)
	return &a, h.out(ctx, is)
}

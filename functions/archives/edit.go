package archives

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// edition is an archive as the caller read it.
type edition struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

// version is the one that was read; with "*", the newest one.
func (h handlers) version(ctx context.Context, e edition) (int64, error) {
	if !check.ID(e.ID) {
		return 0, problem.Absent()
	}
	return function.Match(e.IfMatch, func() (int64, error) { return h.archives.Version(ctx, e.ID) })
}

type editRequest struct {
	edition
	writeRequest
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*whole, error) {
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	c, a := r.content()
	v, err := h.archives.Edit(ctx, r.ID, version, c, a, h.units)
	if err != nil {
		return nil, err
	}
	return h.show(ctx, v)
}

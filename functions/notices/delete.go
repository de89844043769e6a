package notices

import (
	"context"

	"github.com/madang-council/madang/shared/function"
)

func (h handlers) remove(ctx context.Context, r *edition) (*function.None, error) {
	version, err := h.version(ctx, *r)
	if err != nil {
		return nil, err
	}
	if _, err := h.notices.Delete(ctx, r.ID, version); err != nil {
		return nil, err
	}
	return &function.None{}, nil
}

func (h handlers) undelete(ctx context.Context, r *edition) (*article, error) {
	version, err := h.version(ctx, *r)
	if err != nil {
		return nil, err
	}
	n, err := h.notices.Undelete(ctx, r.ID, version)
	if err != nil {
		return nil, err
	}
	a := h.show(ctx, n)
	return &a, h.out(ctx, n)
}

package archives

import (
	"context"

	"github.com/madang-council/madang/shared/function"
)

func (h handlers) remove(ctx context.Context, r *edition) (*function.None, error) {
	version, err := h.version(ctx, *r)
	if err != nil {
		return nil, err
	}
	if err := h.archives.Delete(ctx, r.ID, version); err != nil {
		return nil, err
	}
	return &function.None{}, nil
}

func (h handlers) restore(ctx context.Context, r *edition) (*whole, error) {
	version, err := h.version(ctx, *r)
	if err != nil {
		return nil, err
	}
	v, err := h.archives.Restore(ctx, r.ID, version)
	if err != nil {
		return nil, err
	}
	return h.show(ctx, v)
}

package notices

import (
	"context"

	"github.com/madang-council/madang/shared/function"
)

type removeRequest struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

func (h handlers) remove(ctx context.Context, r *removeRequest) (*function.None, error) {
	version, err := versionOf(r.ID, r.IfMatch)
	if err != nil {
		return nil, err
	}
	if _, err := h.notices.Delete(ctx, r.ID, version); err != nil {
		return nil, err
	}
	return &function.None{}, nil
}

type undeleteRequest struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

func (h handlers) undelete(ctx context.Context, r *undeleteRequest) (*article, error) {
	version, err := versionOf(r.ID, r.IfMatch)
	if err != nil {
		return nil, err
	}
	n, err := h.notices.Undelete(ctx, r.ID, version)
	if err != nil {
		return nil, err
	}
	a := show(ctx, n)
	return &a, nil
}

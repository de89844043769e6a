package settings

import (
	"context"

	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/face/colour"
	"github.com/madang-council/madang/shared/function"
)

type writeRequest struct {
	IfMatch string `header:"If-Match"`
	content
}

func (h handlers) write(ctx context.Context, r *writeRequest) (*faceResponse, error) {
	version, err := function.Match(r.IfMatch, func() (int64, error) {
		_, version, err := h.faces.Read(ctx)
		return version, err
	})
	if err != nil {
		return nil, err
	}
	f, err := face.Check(r.face(), colour.Brand)
	if err != nil {
		return nil, err
	}
	version, err = h.faces.Set(ctx, version, f)
	if err != nil {
		return nil, err
	}
	return show(f, version), nil
}

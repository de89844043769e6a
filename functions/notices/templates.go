package notices

import (
	"context"

	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
)

type templatesRequest struct{}

type templatesResponse struct {
	Templates []notice.Template `json:"templates"`
	Version   int64             `json:"version"`
}

// ETag is the version, for If-Match.
func (r templatesResponse) ETag() int64 { return r.Version }

func (h handlers) templates(ctx context.Context, _ *templatesRequest) (*templatesResponse, error) {
	v, err := h.notices.Templates(ctx)
	if err != nil {
		return nil, err
	}
	return &templatesResponse{Templates: v.List, Version: v.Version}, nil
}

type setTemplatesRequest struct {
	IfMatch   string            `header:"If-Match"`
	Templates []notice.Template `json:"templates" description:"At most 20, in their order."`
}

func (h handlers) setTemplates(ctx context.Context, r *setTemplatesRequest) (*templatesResponse, error) {
	version, err := function.Match(r.IfMatch, func() (int64, error) {
		v, err := h.notices.Templates(ctx)
		return v.Version, err
	})
	if err != nil {
		return nil, err
	}
	v, err := h.notices.SetTemplates(ctx, version, r.Templates)
	if err != nil {
		return nil, err
	}
	return &templatesResponse{Templates: v.List, Version: v.Version}, nil
}

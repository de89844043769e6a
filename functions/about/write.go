package about

import (
	"context"

	"github.com/madang-council/madang/shared/council/about"
	"github.com/madang-council/madang/shared/function"
)

type writeRequest struct {
	IfMatch string `header:"If-Match"`

	Body     string          `json:"body,omitempty" description:"Markdown, at most 10 000 characters."`
	BodyEN   string          `json:"bodyEn,omitempty" description:"The same in English."`
	Offices  []about.Office  `json:"offices,omitempty" description:"In the order of the chart: each below the nearest before it that is less deep."`
	Pledges  []about.Pledge  `json:"pledges,omitempty"`
	Councils []about.Council `json:"councils,omitempty" description:"Those before this one, the latest first."`
}

func (r writeRequest) content() about.Content {
	return about.Content{Body: r.Body, BodyEN: r.BodyEN, Offices: r.Offices, Pledges: r.Pledges, Councils: r.Councils}
}

func (h handlers) write(ctx context.Context, r *writeRequest) (*readResponse, error) {
	version, err := function.Match(r.IfMatch, func() (int64, error) {
		v, err := h.abouts.Read(ctx)
		return v.Version, err
	})
	if err != nil {
		return nil, err
	}
	v, err := h.abouts.Set(ctx, version, r.content())
	if err != nil {
		return nil, err
	}
	return &readResponse{Content: v.Content, Version: v.Version}, nil
}

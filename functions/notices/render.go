package notices

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/media/markdown"
)

type renderRequest struct {
	Body string `json:"body,omitempty" description:"Markdown, at most 100,000 characters."`
}

type renderResponse struct {
	HTML string `json:"html"` // sanitised
}

// render makes HTML of a text as saving it would.
func (h handlers) render(_ context.Context, r *renderRequest) (*renderResponse, error) {
	var f check.Fields
	body := f.OptionalText("body", r.Body, notice.MostBody)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return &renderResponse{HTML: markdown.Render(body)}, nil
}

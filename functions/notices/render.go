package notices

import (
	"context"
	"maps"
	"slices"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/media/markdown"
	"github.com/madang-council/madang/shared/media/upload"
)

type renderRequest struct {
	Body string `json:"body,omitempty" description:"Markdown, at most 100,000 characters."`
}

type renderResponse struct {
	HTML string `json:"html"` // sanitised
}

// render makes HTML of a text as saving it would.
func (h handlers) render(ctx context.Context, r *renderRequest) (*renderResponse, error) {
	var f check.Fields
	body := f.OptionalText("body", r.Body, notice.MostBody)
	if err := f.Err(); err != nil {
		return nil, err
	}
	html, err := h.rendered(ctx, body)
	if err != nil {
		return nil, err
	}
	return &renderResponse{HTML: html}, nil
}

// rendered is a text with those of its pictures that the caller may see.
func (h handlers) rendered(ctx context.Context, body string) (string, error) {
	ids := markdown.Pictures(body)
	seen, err := h.uploads.Seen(ctx, ids[:min(len(ids), notice.MostAttachments)]...)
	if err != nil {
		return "", err
	}
	html, _ := upload.Place(markdown.Render(body), slices.Collect(maps.Values(seen)))
	return html, nil
}

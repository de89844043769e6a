package search

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/thing"
)

// mostSuggested is how many titles a box below a field has room for.
const mostSuggested = 8

type suggestRequest struct {
	Q string `query:"q" description:"As of the search."`
}

type suggestion struct {
	Kind  string `json:"kind"`
	Title string `json:"title"`
	Path  string `json:"path"`
}

type suggestResponse struct {
	Items []suggestion `json:"items"`
}

func (h handlers) suggest(ctx context.Context, r *suggestRequest) (*suggestResponse, error) {
	var f check.Fields
	q := thing.Ask(&f, "q", r.Q)
	if err := f.Err(); err != nil {
		return nil, err
	}
	list, err := h.search.Suggest(ctx, q, thing.Narrow{Closed: h.closed(ctx)}, mostSuggested)
	if err != nil {
		return nil, err
	}
	answer := &suggestResponse{Items: []suggestion{}}
	for _, t := range list {
		answer.Items = append(answer.Items, suggestion{Kind: t.Kind, Title: t.Title, Path: t.Path})
	}
	return answer, nil
}

package search

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/search"
	"github.com/madang-council/madang/shared/cursor"
)

type reindexResponse struct {
	Waiting int `json:"waiting" description:"How many things wait to be indexed anew."`
}

func (h handlers) reindex(ctx context.Context, _ *struct{}) (*reindexResponse, error) {
	waiting, err := h.search.Renew(ctx)
	if err != nil {
		return nil, err
	}
	return &reindexResponse{Waiting: waiting}, nil
}

type missingRequest struct{ cursor.Asked }

func (h handlers) missing(ctx context.Context, r *missingRequest) (*cursor.Page[search.Miss], error) {
	var f check.Fields
	size := cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	page, err := cursor.Read(h.cursors, "search-misses", r.Cursor, size, func(behind search.Place, limit int) ([]search.Miss, error) {
		return h.search.Misses(ctx, behind, limit)
	}, search.Miss.Place)
	if err != nil {
		return nil, err
	}
	return &page, nil
}

package deadletters

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
)

// most is how many letters one request replays: each is published before it is answered.
const most = 100

type replayRequest struct {
	ID string `path:"id"`
}

func (h handlers) replay(ctx context.Context, r *replayRequest) (*function.None, error) {
	return &function.None{}, h.letters.Replay(ctx, r.ID)
}

type replayAllRequest struct {
	Type string `json:"type,omitempty" description:"Only of this type."`
}

type replayAllResponse struct {
	Replayed int `json:"replayed"`
	Left     int `json:"left" description:"How many there still are, of every type."`
}

func (h handlers) replayAll(ctx context.Context, r *replayAllRequest) (*replayAllResponse, error) {
	var f check.Fields
	kind := f.OptionalLine("type", r.Type, 200)
	if err := f.Err(); err != nil {
		return nil, err
	}
	n, err := h.letters.ReplayAll(ctx, kind, most)
	if err != nil {
		return nil, err
	}
	left, err := h.letters.Count(ctx)
	if err != nil {
		return nil, err
	}
	return &replayAllResponse{Replayed: n, Left: left}, nil
}

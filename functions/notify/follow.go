package notify

import (
	"context"
	"time"

	"github.com/madang-council/madang/functions/notify/page"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
)

type followed struct {
	Kind  string    `json:"kind"`
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Path  string    `json:"path"`
	Since time.Time `json:"since"`
}

type followsResponse struct {
	Items []followed `json:"items" description:"At most 200."`
}

func (h handlers) follows(ctx context.Context, _ *none) (*followsResponse, error) {
	list, things, err := page.Followed(ctx, h.topics, h.things)
	if err != nil {
		return nil, err
	}
	r := &followsResponse{Items: []followed{}}
	for _, f := range list {
		t := things[f.Ref]
		r.Items = append(r.Items, followed{f.Ref.Kind, f.Ref.ID, t.Title, t.Path, f.Since})
	}
	return r, nil
}

func (h handlers) follow(ctx context.Context, r *page.Place) (*function.None, error) {
	if _, err := page.Followable(ctx, h.things, r.Ref()); err != nil {
		return nil, err
	}
	return &function.None{}, h.topics.Follow(ctx, auth.From(ctx).MemberID, r.Ref())
}

func (h handlers) unfollow(ctx context.Context, r *page.Place) (*function.None, error) {
	return &function.None{}, h.topics.Unfollow(ctx, auth.From(ctx).MemberID, r.Ref())
}

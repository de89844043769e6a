package deadletters

import (
	"context"

	"github.com/madang-council/madang/shared/function"
)

type dismissRequest struct {
	ID string `path:"id"`
}

func (h handlers) dismiss(ctx context.Context, r *dismissRequest) (*function.None, error) {
	return &function.None{}, h.letters.Dismiss(ctx, r.ID)
}

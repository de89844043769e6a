package archives

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type bundleRequest struct {
	Year int `json:"year"`
}

// bundleResponse is a bundle as who may have it sees it.
type bundleResponse struct {
	ID        string              `json:"id"`
	Year      int                 `json:"year"`
	State     archive.BundleState `json:"state" enum:"making,ready,failed"`
	Done      int64               `json:"done"`          // bytes that are there
	Size      int64               `json:"size"`          // bytes of the whole; 0 while nobody knows
	URL       string              `json:"url,omitempty"` // once it is ready
	URLUntil  *time.Time          `json:"urlUntil,omitempty" description:"Until when the address works."`
	ExpiresAt time.Time           `json:"expiresAt" description:"Until when it is kept, unless somebody asks for it again."`
}

// asked is a bundle that was asked for, with its address.
type asked struct{ bundleResponse }

// Location is the address of the bundle.
func (a asked) Location() string { return "/v1/archives/bundles/" + a.ID }

func (h handlers) bundle(ctx context.Context, r *bundleRequest) (*asked, error) {
	b, err := h.bundles.Ask(ctx, r.Year)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, b.ID)
	return &asked{bundleOf(b)}, nil
}

func bundleOf(b archive.Bundle) bundleResponse {
	return bundleResponse{ID: b.ID, Year: b.Year, State: b.State, Done: b.Done, Size: b.Size, ExpiresAt: b.ExpiresAt}
}

type bundledRequest struct {
	ID string `path:"id"`
}

func (h handlers) bundled(ctx context.Context, r *bundledRequest) (*bundleResponse, error) {
	if !isHash(r.ID) {
		return nil, problem.Absent()
	}
	b, err := h.bundles.Bundle(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	answer := bundleOf(b)
	if answer.URL, err = h.bundles.Link(ctx, b); err != nil {
		return nil, err
	}
	if answer.URL != "" {
		until := clock.Now(ctx).Add(archive.LinkLife)
		answer.URLUntil = &until
	}
	return &answer, nil
}

// isHash says whether a text has the form of a bundle's id.
func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32 && hex.EncodeToString(b) == s
}

// makeBundle goes on with a bundle, one at a time. It trusts the row, not the event: what that says may
// be old.
func (h handlers) makeBundle(ctx context.Context, e event.Event) error {
	if !isHash(e.Subject) {
		return problem.Absent()
	}
	select {
	case h.making <- struct{}{}:
		defer func() { <-h.making }()
	case <-ctx.Done():
		return problem.Away(ctx.Err())
	}
	return h.bundles.Make(ctx, e.Subject)
}

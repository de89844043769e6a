package home

import (
	"context"
	"log/slog"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
)

type handlers struct {
	notices notice.Store
	banners banner.Store
	log     *slog.Logger
}

// How many of each the main page shows.
const (
	pinnedShown = 5
	newestShown = 10
)

type readRequest struct{}

type readResponse struct {
	Urgent   *[]notice.Summary `json:"urgent"`
	Banners  *[]banner.Banner  `json:"banners"`
	Pinned   *[]notice.Summary `json:"pinned"`
	Newest   *[]notice.Summary `json:"newest"`
	You      *you              `json:"you,omitempty"`
	Degraded []string          `json:"degraded"`
}

// you is the caller's own part; guests have none.
type you struct {
	Name     string      `json:"name"`
	Unit     string      `json:"unit"`
	Verified bool        `json:"verified"`
	Roles    []auth.Role `json:"roles"`
}

func (h handlers) read(ctx context.Context, _ *readRequest) (*readResponse, error) {
	r := &readResponse{Degraded: []string{}, You: youOf(auth.From(ctx))}
	r.Urgent = section(ctx, h, r, "urgent", h.notices.Urgent)
	r.Banners = section(ctx, h, r, "banners", h.banners.Current)
	r.Pinned = section(ctx, h, r, "pinned", func(ctx context.Context) ([]notice.Summary, error) { return h.notices.Pinned(ctx, pinnedShown) })
	r.Newest = section(ctx, h, r, "newest", func(ctx context.Context) ([]notice.Summary, error) { return h.notices.Newest(ctx, newestShown) })
	for _, next := range []func(context.Context) (*time.Time, error){h.notices.NextChange, h.banners.NextChange} {
		at, err := next(ctx)
		if err != nil {
			return nil, err
		}
		function.ChangesAt(ctx, at)
	}
	tagPictures(ctx, r)
	return r, nil
}

// tagPictures has the page rendered again once the variants of a picture on it are made.
func tagPictures(ctx context.Context, r *readResponse) {
	for _, list := range []*[]notice.Summary{r.Urgent, r.Pinned, r.Newest} {
		if list == nil {
			continue
		}
		for _, n := range *list {
			if n.Image != "" {
				function.Tag(ctx, upload.Tag(n.Image))
			}
		}
	}
	if r.Banners != nil {
		for _, b := range *r.Banners {
			function.Tag(ctx, upload.Tag(b.Image.ID))
		}
	}
}

// section reads one part of the page. One that fails is null and named in degraded; the
// others are shown.
func section[T any](ctx context.Context, h handlers, r *readResponse, name string, read func(context.Context) ([]T, error)) *[]T {
	list, err := read(ctx)
	if err != nil {
		h.log.ErrorContext(ctx, "a section of the main page failed", "section", name, "error", err)
		r.Degraded = append(r.Degraded, name)
		function.Partial(ctx)
		return nil
	}
	return &list
}

func youOf(p auth.Principal) *you {
	if !p.SignedIn() {
		return nil
	}
	y := &you{Name: p.Name, Unit: p.Unit, Verified: p.Verified, Roles: []auth.Role{}}
	for _, g := range p.Grants {
		y.Roles = append(y.Roles, g.Role)
	}
	return y
}

// render has the host render the page again: whatever the event says, the page says what
// is stored now.
func render(ctx context.Context, _ event.Event) error {
	function.Touch(ctx, "main")
	return nil
}

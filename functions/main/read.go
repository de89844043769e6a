package home

import (
	"context"
	"log/slog"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/touch"
)

type handlers struct {
	notices notice.Reader
	banners banner.Reader
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

	changes []*time.Time
}

// eagerTag is touched by the events of what the page shows: it is rendered anew at once.
const eagerTag = "main"

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
		r.changes = append(r.changes, at)
	}
	return r, nil
}

// PageTags are those of the pictures.
func (r *readResponse) PageTags() []string {
	tags := []string{}
	for _, list := range []*[]notice.Summary{r.Urgent, r.Pinned, r.Newest} {
		if list == nil {
			continue
		}
		tags = append(tags, notice.PageTags(*list)...)
	}
	if r.Banners != nil {
		tags = append(tags, banner.PageTags(*r.Banners)...)
	}
	return tags
}

// PageChanges are when one of the sections changes by itself.
func (r *readResponse) PageChanges() []*time.Time { return r.changes }

// PageIncomplete says whether a section failed.
func (r *readResponse) PageIncomplete() bool { return len(r.Degraded) > 0 }

// section reads one part of the page. One that fails is null and named in degraded; the
// others are shown.
func section[T any](ctx context.Context, h handlers, r *readResponse, name string, read func(context.Context) ([]T, error)) *[]T {
	list, err := read(ctx)
	if err != nil {
		h.log.ErrorContext(ctx, "a section of the main page failed", "section", name, "error", err)
		r.Degraded = append(r.Degraded, name)
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
	touch.Tags(ctx, eagerTag)
	return nil
}

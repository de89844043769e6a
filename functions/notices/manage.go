package notices

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/problem"
)

type manageRequest struct {
	listRequest
	State string `query:"state" description:"All unless given; deleted is for admins."`
}

// entry is a notice in the list of those who write.
type entry struct {
	ID        string       `json:"id"`
	Title     string       `json:"title"`
	Excerpt   string       `json:"excerpt"`
	TitleEn   string       `json:"titleEn,omitempty"`
	ExcerptEn string       `json:"excerptEn,omitempty"`
	Unit      string       `json:"unit"`
	Tags      []string     `json:"tags"`
	State     notice.State `json:"state"`
	notice.Times
	DeletedAt   *time.Time `json:"deletedAt,omitempty"`
	Imported    bool       `json:"imported,omitempty"`
	Attachments int        `json:"attachments"` // how many
	Review      string     `json:"review,omitempty" enum:"asked,changes,changed,approved,outdated,withdrawn" description:"How its review stands; absent where none was asked for."`
	Version     int64      `json:"version"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
}

func (h handlers) manage(ctx context.Context, r *manageRequest) (*cursor.Page[entry], error) {
	f, size, err := r.narrow()
	if err != nil {
		return nil, err
	}
	state, err := stateOf(ctx, r.State)
	if err != nil {
		return nil, err
	}
	page, err := cursor.Read(h.cursors, "admin/notices/"+string(state)+"?"+f.Key(), r.Cursor, size, func(after string, limit int) ([]notice.Notice, error) {
		return h.notices.Managed(ctx, f, state, after, limit)
	}, func(n notice.Notice) string { return n.ID })
	if err != nil {
		return nil, err
	}
	reviews, err := h.notices.Reviews(ctx, page.Items...)
	if err != nil {
		return nil, err
	}
	now := clock.Now(ctx)
	entries := cursor.Map(page, func(n notice.Notice) entry {
		e := entryOf(n, now)
		if r, asked := reviews[n.ID]; asked {
			e.Review = string(r.Standing())
		}
		return e
	})
	return &entries, nil
}

func stateOf(ctx context.Context, s string) (notice.State, error) {
	if s == "" || s == "all" {
		return "", nil
	}
	var f check.Fields
	f.OneOf("state", s, "all", string(notice.Draft), string(notice.Scheduled), string(notice.Published), string(notice.Archived), string(notice.Deleted))
	if err := f.Err(); err != nil {
		return "", err
	}
	if s == string(notice.Deleted) && !auth.From(ctx).MaySomewhere(auth.Restore) {
		return "", problem.NotAllowed()
	}
	return notice.State(s), nil
}

func entryOf(n notice.Notice, now time.Time) entry {
	e := entry{
		ID: n.ID, Title: n.Title, Excerpt: n.Excerpt, TitleEn: n.TitleEn, ExcerptEn: n.ExcerptEn, Imported: n.ImportedAt != nil, Unit: n.Unit, Tags: n.Tags, State: n.State(now),
		Times: n.Times, DeletedAt: n.DeletedAt,
		Attachments: len(n.Attachments), Version: n.Version, CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt,
	}
	if n.DeletedAt != nil {
		e.State = notice.Deleted
	}
	return e
}

package notices

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

type readRequest struct {
	ID string `path:"id"`
}

// article is a whole notice. Its author is its unit: no person is named in public.
type article struct {
	ID        string       `json:"id"`
	Title     string       `json:"title"`
	Body      *string      `json:"body,omitempty"` // Markdown, for editors of the unit
	HTML      string       `json:"html"`           // sanitised
	Excerpt   string       `json:"excerpt"`
	TitleEn   string       `json:"titleEn,omitempty" description:"Absent where the notice is only in Korean."`
	BodyEn    *string      `json:"bodyEn,omitempty"` // Markdown, for editors of the unit
	HTMLEn    string       `json:"htmlEn,omitempty"` // sanitised
	ExcerptEn string       `json:"excerptEn,omitempty"`
	Unit      string       `json:"unit"`
	UnitName  string       `json:"unitName" description:"In the language of the request."`
	Tags      []string     `json:"tags"`
	TagNames  []string     `json:"tagNames" description:"Those of tags, in the language of the request."`
	State     notice.State `json:"state"`
	notice.Times
	Pinned      bool          `json:"pinned"`
	Urgent      bool          `json:"urgent"`
	Imported    bool          `json:"imported,omitempty" description:"Brought along from elsewhere, with its date."`
	Attachments []upload.File `json:"attachments"`
	Version     int64         `json:"version"`
	CreatedAt   time.Time     `json:"createdAt"`
	UpdatedAt   time.Time     `json:"updatedAt"`

	tags    []string
	changes []*time.Time
}

// PageTags are those of the pictures and files.
func (a article) PageTags() []string { return a.tags }

// PageChanges are when the notice begins or ends, and its pin and urgency.
func (a article) PageChanges() []*time.Time { return a.changes }

// ETag is the version, for If-Match.
func (a article) ETag() int64 { return a.Version }

func (h handlers) read(ctx context.Context, r *readRequest) (*article, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	n, err := h.notices.Read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	a := h.show(ctx, n)
	return &a, nil
}

// show is a notice as the caller sees it.
func (h handlers) show(ctx context.Context, n notice.Notice) article {
	now := clock.Now(ctx)
	a := article{
		ID: n.ID, Title: n.Title, HTML: n.HTML, Excerpt: n.Excerpt, TitleEn: n.TitleEn, HTMLEn: n.HTMLEn, ExcerptEn: n.ExcerptEn, Imported: n.ImportedAt != nil, Unit: n.Unit, Tags: n.Tags, State: n.State(now),
		Times: n.Times, Pinned: n.Pinned(now), Urgent: n.Urgent(now),
		Attachments: n.Attachments, Version: n.Version, CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt,
		tags: n.PageTags(), changes: n.Changes(now),
	}
	if notice.Writes(ctx, n.Unit) {
		a.Body, a.BodyEn = &n.Body, &n.BodyEn
	}
	a.UnitName, a.TagNames = notice.Name(h.names, n.Unit, n.Tags, function.RequestFrom(ctx).Language)
	return a
}

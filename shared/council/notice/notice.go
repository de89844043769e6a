// Package notice is the council's notices (공지): what may be written, who sees what when,
// and how they are kept.
//
// Whether a notice is a draft, scheduled, published or archived is never stored: it
// follows from its times and the time of reading, so that nothing has to run at
// midnight for the answer at midnight to be right.
package notice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// State is what a notice is at a time.
type State string

// The states. Guests and members see published notices only.
const (
	Draft     State = "draft"     // without publishAt
	Scheduled State = "scheduled" // publishAt is yet to come
	Published State = "published"
	Archived  State = "archived" // unpublishAt has passed
)

// The limits of a notice, in characters and pieces.
const (
	MostTitle       = 200
	MostBody        = 100_000
	MostTags        = 10
	MostTag         = 20
	MostAttachments = 20 // with the pictures in the text
)

// ExcerptLength is in characters: two lines of a list on a phone.
const ExcerptLength = 120

// skew is how far behind a caller's clock may be: a time that is past by no more means now.
// Who means now need not know the time (Content.PublishNow). A clock that is off by 20 ppm, as a
// quartz may be, and that nobody sets loses that in a year.
const skew = 10 * time.Minute

// Kept is how long a deleted notice can be restored.
const Kept = 30 * 24 * time.Hour

// Content is what an editor writes.
type Content struct {
	Unit        string
	Title       string
	Body        string // Markdown
	TitleEn     string // "" where the notice is only in Korean
	BodyEn      string // Markdown; needs TitleEn
	Tags        []string
	Attachments []string // ids of uploads, in their order
	Times
	PublishNow bool // at the time at which it is kept; without PublishAt
}

// Times are when a notice is published and taken down, and until when it is pinned and urgent; nil where it is not.
type Times struct {
	PublishAt   *time.Time `json:"publishAt,omitempty" description:"Absent: a draft. Whoever sets it: not past by more than ten minutes, unless it is as it was."`
	UnpublishAt *time.Time `json:"unpublishAt,omitempty"`
	PinnedUntil *time.Time `json:"pinnedUntil,omitempty"`
	UrgentUntil *time.Time `json:"urgentUntil,omitempty"`
}

// Notice is a stored notice. Bodies and HTML are empty where it was read for a list.
type Notice struct {
	ID        string
	Unit      string
	Title     string
	Excerpt   string
	Body      string
	HTML      string
	TitleEn   string // "" where it is only in Korean
	ExcerptEn string
	BodyEn    string
	HTMLEn    string
	Tags      []string
	Times
	DeletedAt   *time.Time
	Version     int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ImportedAt  *time.Time // of one that was brought along from elsewhere
	Attachments []upload.File
	made        struct{ html, english string } // as it is stored, without the sizes of pictures
	Waived      bool                           // it came out just now without the approval that the council asks for, since it is urgent
	InText      []string                       // those of the attachments that stand in the text; empty where it was read for a list
}

// State is what n is at a time. A time that is reached counts as passed.
func (n Notice) State(now time.Time) State {
	switch {
	case n.PublishAt == nil:
		return Draft
	case reached(n.UnpublishAt, now):
		return Archived
	case n.PublishAt.After(now):
		return Scheduled
	default:
		return Published
	}
}

// Public says whether everybody may read n at a time.
func (n Notice) Public(now time.Time) bool { return n.DeletedAt == nil && n.State(now) == Published }

// Pinned says whether n stands above the others at a time.
func (n Notice) Pinned(now time.Time) bool { return n.PinnedUntil != nil && n.PinnedUntil.After(now) }

// Urgent says whether n belongs into the urgent bar at a time.
func (n Notice) Urgent(now time.Time) bool { return n.UrgentUntil != nil && n.UrgentUntil.After(now) }

// Changes are the times after now at which what is said about n alone changes by itself.
func (n Notice) Changes(now time.Time) []*time.Time {
	return slices.DeleteFunc([]*time.Time{n.PublishAt, n.UnpublishAt, n.PinnedUntil, n.UrgentUntil}, func(t *time.Time) bool {
		return t == nil || !t.After(now)
	})
}

// Moment is the time that matters of n in its state: of its publication, its end, its last
// edit, its deletion.
func (n Notice) Moment(now time.Time) time.Time {
	switch state := n.State(now); {
	case n.DeletedAt != nil:
		return *n.DeletedAt
	case state == Draft:
		return n.UpdatedAt
	case state == Archived:
		return *n.UnpublishAt
	default:
		return *n.PublishAt
	}
}

func reached(t *time.Time, now time.Time) bool { return t != nil && !t.After(now) }

// Thumbnail is the small form of a notice's first attachment, where that is an image.
type Thumbnail struct {
	URL    string `json:"url"`
	Width  int    `json:"width"` // pixels
	Height int    `json:"height"`
}

// Size is where it is and how large.
func (t Thumbnail) Size() (url string, width, height int) { return t.URL, t.Width, t.Height }

// Summary is a published notice in a list. It says nothing about who wrote it.
type Summary struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Excerpt     string     `json:"excerpt"` // plain text, at most 120 characters
	TitleEn     string     `json:"titleEn,omitempty"`
	ExcerptEn   string     `json:"excerptEn,omitempty"`
	Unit        string     `json:"unit"`
	UnitName    string     `json:"unitName" description:"In the language of the request."`
	Tags        []string   `json:"tags"`
	TagNames    []string   `json:"tagNames" description:"Those of tags, in the language of the request."`
	PublishAt   time.Time  `json:"publishAt"`
	Pinned      bool       `json:"pinned"`
	Urgent      bool       `json:"urgent"`
	PinnedUntil *time.Time `json:"pinnedUntil,omitempty"`
	UrgentUntil *time.Time `json:"urgentUntil,omitempty"`
	Imported    bool       `json:"imported,omitempty" description:"Brought along from elsewhere, with its date."`
	Thumbnail   *Thumbnail `json:"thumbnail,omitempty"`

	// Image is the upload that the thumbnail is or will be made of, or "": a page with
	// the summary carries upload.Tag of it.
	Image string `json:"-"`
}

// Row is what a list shows of a notice, with the fields of ui.Row.
type Row struct {
	Path     string
	Title    problem.Text
	Line     problem.Text
	Unit     problem.Text
	At       time.Time
	Tags     []problem.Text
	TagPath  string
	Pinned   bool
	Urgent   bool
	Imported bool
	Image    interface {
		Size() (url string, width, height int)
	}
}

// Names say what a unit or a tag is called; without English where none is known.
type Names interface {
	Unit(unit string) problem.Text
	Tag(tag string) problem.Text
}

// Named is s with the names of its unit and tags in a language.
func (s Summary) Named(names Names, language string) Summary {
	s.UnitName, s.TagNames = Name(names, s.Unit, s.Tags, language)
	return s
}

// Name says what a unit and tags are called in a language.
func Name(names Names, unit string, tags []string, language string) (unitName string, tagNames []string) {
	tagNames = []string{}
	for _, t := range tags {
		tagNames = append(tagNames, names.Tag(t).Name(language))
	}
	return names.Unit(unit).Name(language), tagNames
}

// Row is s in a list.
func (s Summary) Row(names Names) Row {
	r := Row{
		Path: Path(s.ID), Title: problem.Text{KO: s.Title, EN: s.TitleEn}, Line: problem.Text{KO: s.Excerpt, EN: s.ExcerptEn}, Unit: names.Unit(s.Unit), At: s.PublishAt,
		TagPath: ListPath, Pinned: s.Pinned, Urgent: s.Urgent, Imported: s.Imported,
	}
	for _, t := range s.Tags {
		r.Tags = append(r.Tags, names.Tag(t))
	}
	if s.Thumbnail != nil {
		r.Image = s.Thumbnail
	}
	return r
}

// PageTags are those of the picture, whose sizes appear some seconds after it.
func (s Summary) PageTags() []string {
	if s.Image == "" {
		return nil
	}
	return []string{upload.Tag(s.Image)}
}

// PageTags are those of the pictures and files of n.
func (n Notice) PageTags() []string {
	return upload.Tags(n.Attachments)
}

// PageTags are those of what stands in a list.
func PageTags(list []Summary) []string {
	tags := []string{}
	for _, s := range list {
		tags = append(tags, s.PageTags()...)
	}
	return tags
}

// summary is n, which is published, at a time.
func (n Notice) summary(now time.Time) Summary {
	s := Summary{
		ID: n.ID, Title: n.Title, Excerpt: n.Excerpt, TitleEn: n.TitleEn, ExcerptEn: n.ExcerptEn, Unit: n.Unit, Tags: n.Tags, PublishAt: *n.PublishAt, Imported: n.ImportedAt != nil,
		Pinned: n.Pinned(now), Urgent: n.Urgent(now), PinnedUntil: n.PinnedUntil, UrgentUntil: n.UrgentUntil,
	}
	if len(n.Attachments) > 0 && strings.HasPrefix(n.Attachments[0].Type, "image/") {
		s.Image = n.Attachments[0].ID
		if v := n.Attachments[0].Variants; len(v) > 0 {
			s.Thumbnail = &Thumbnail{URL: v[0].URL, Width: v[0].Width, Height: v[0].Height}
		}
	}
	return s
}

// Check normalises what an editor wrote and refuses what breaks a rule. Was is the
// notice that is edited, nil for a new one: its unit and its times may stay as they are
// although they could not be given anew.
func (c Content) Check(now time.Time, was *Notice, units []string) (Content, error) {
	if was == nil {
		was = &Notice{}
	}
	var f check.Fields
	if c.Unit != was.Unit || c.Unit == "" {
		c.Unit = f.Named("unit", c.Unit, units...)
	}
	c.Title = f.Line("title", c.Title, MostTitle)
	c.Body = f.OptionalText("body", c.Body, MostBody)
	c.TitleEn = f.OptionalLine("titleEn", c.TitleEn, MostTitle)
	c.BodyEn = f.OptionalText("bodyEn", c.BodyEn, MostBody)
	if c.BodyEn != "" && c.TitleEn == "" {
		f.Add("titleEn", "required", "영어 내용이 있으면 영어 제목도 필요합니다.", "An English text needs an English title.")
	}
	c.Tags = checkTags(&f, c.Tags)
	if len(c.Attachments) > MostAttachments {
		f.Add("attachments", "too-many", fmt.Sprintf("%d개까지 붙일 수 있습니다.", MostAttachments), fmt.Sprintf("At most %d.", MostAttachments))
	}
	if c.PublishNow && c.PublishAt != nil {
		f.Add("publishNow", "now-or-at", "바로 게시하거나 시각을 정하거나, 하나만 고르세요.", "Publish now or at a time, not both.")
	}
	if c.PublishNow {
		c.PublishNow, c.PublishAt = false, &now
	}
	c.PublishAt = checkTime(&f, "publishAt", "publish-at-in-the-past", c.PublishAt, was.PublishAt, now)
	c.UnpublishAt = checkTime(&f, "unpublishAt", "unpublish-at-in-the-past", c.UnpublishAt, was.UnpublishAt, now)
	c.PinnedUntil = checkTime(&f, "pinnedUntil", "pinned-until-in-the-past", c.PinnedUntil, was.PinnedUntil, now)
	c.UrgentUntil = checkTime(&f, "urgentUntil", "urgent-until-in-the-past", c.UrgentUntil, was.UrgentUntil, now)
	if c.PublishAt != nil && c.UnpublishAt != nil && !c.UnpublishAt.After(*c.PublishAt) {
		f.Add("unpublishAt", "not-after-publish-at", "게시하는 시각보다 늦어야 합니다.", "It must be later than publishAt.")
	}
	return c, f.Err()
}

// checkTime reads a time that must not be past unless it was there before.
func checkTime(f *check.Fields, name, code string, value, was *time.Time, now time.Time) *time.Time {
	value = f.Time(name, value)
	if value == nil {
		return nil
	}
	t := clock.FromMillis(clock.Millis(*value)) // what the database keeps
	switch {
	case was != nil && t.Equal(*was), !t.Before(now):
		return &t
	case now.Sub(t) <= skew:
		return &now
	default:
		f.Add(name, code, "이미 지난 시각입니다.", "The time is past.")
		return nil
	}
}

func checkTags(f *check.Fields, tags []string) []string {
	clean, seen := []string{}, []string{}
	if len(tags) > MostTags {
		f.Add("tags", "too-many", fmt.Sprintf("%d개까지 쓸 수 있습니다.", MostTags), fmt.Sprintf("At most %d.", MostTags))
		return clean
	}
	for i, t := range tags {
		name := fmt.Sprintf("tags[%d]", i)
		t = f.Line(name, t, MostTag)
		if t != "" && slices.Contains(seen, text.Squeeze(t)) {
			f.Add(name, "repeated", "같은 태그가 두 번 있습니다.", "The tag is given twice.")
		}
		clean, seen = append(clean, t), append(seen, text.Squeeze(t))
	}
	return clean
}

// rendering counts up whenever what Markup makes of the same text changes:
// stored HTML of an older number is made again when it is read.
const rendering = 2

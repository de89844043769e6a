package minutes

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/due"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/markdown"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

type readRequest struct {
	ID string `path:"id"`
}

// deadline is until when minutes are to be published in full, and how they stand to it.
type deadline struct {
	At         time.Time    `json:"at" description:"The midnight that ends the last day."`
	FirstAt    time.Time    `json:"firstAt" description:"Before it was extended."`
	ExtendedAt *time.Time   `json:"extendedAt,omitempty"`
	Reason     string       `json:"reason,omitempty" description:"Of the extension."`
	Standing   due.Standing `json:"standing" description:"open, overdue, in-time or done-late."`
	Days       int          `json:"days" description:"Days that are left, 0 on the last; below 0 by how many it is or was late."`
	Word       string       `json:"word" description:"What is said of it, in the language of the request."`
}

// head is what lists and answers say of a meeting.
type head struct {
	ID          string         `json:"id"`
	Body        string         `json:"body"`
	BodyName    string         `json:"bodyName" description:"In the language of the request, where it has a name in it."`
	Unit        string         `json:"unit"`
	Title       string         `json:"title"`
	TitleEn     string         `json:"titleEn,omitempty"`
	Year        int64          `json:"year,omitempty" description:"By which rounds are counted."`
	Round       int64          `json:"round,omitempty"`
	Kind        string         `json:"kind"`
	HeldAt      time.Time      `json:"heldAt"`
	Place       string         `json:"place,omitempty"`
	State       minute.Step    `json:"state" description:"draft, announced, decisions or full."`
	Due         deadline       `json:"due"`
	Decisions   []minute.Tally `json:"decisions"`
	AnnouncedAt *time.Time     `json:"announcedAt,omitempty"`
	DecisionsAt *time.Time     `json:"decisionsAt,omitempty"`
	FullAt      *time.Time     `json:"fullAt,omitempty"`
}

// part is a part of a text as readers see it: either what it says, or how much is withheld and why.
type part struct {
	HTML     string `json:"html,omitempty"`     // sanitised
	Withheld string `json:"withheld,omitempty"` // the reason
	Lines    int    `json:"lines,omitempty"`    // that are withheld
}

// agenda is an item as it is shown.
type agenda struct {
	minute.Item

	Parts []part `json:"parts" description:"Its text, once it is published in full."`
}

// amendment is a version of rules.
type amendment struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Path  string `json:"path"`
}

// record is what the caller sees of a meeting.
type record struct {
	head

	Chair       string              `json:"chair,omitempty"`
	Enrolled    *int64              `json:"enrolled,omitempty"`
	Present     *int64              `json:"present,omitempty"`
	Attendees   string              `json:"attendees,omitempty"`
	Items       []agenda            `json:"items"`
	Text        string              `json:"text,omitempty"` // for editors of the unit
	Parts       []part              `json:"parts"`
	Attachments []upload.File       `json:"attachments"`
	Corrections []minute.Correction `json:"corrections" description:"Of what readers had seen, the latest first."`
	Amendments  []amendment         `json:"amendments" description:"Versions of rules that the meeting decided, or that its items name, as far as the caller may read them."`
	Version     int64               `json:"version" description:"For readers, that of what they see."`

	tags    []string
	changes []*time.Time
}

// PageTags are those of the files.
func (r record) PageTags() []string { return r.tags }

// PageChanges are when its clock says something else.
func (r record) PageChanges() []*time.Time { return r.changes }

// ETag is the version, for If-Match.
func (r record) ETag() int64 { return r.Version }

func (h handlers) read(ctx context.Context, r *readRequest) (*record, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	m, err := h.minutes.Read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	a := show(ctx, m)
	list, next, err := h.minutes.Amendments(ctx, m)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		a.Amendments = append(a.Amendments, amendment{t.ID, t.Title, t.Path})
	}
	a.changes = append(a.changes, next)
	return &a, nil
}

// headOf is what a list says of m as the caller sees it.
func headOf(ctx context.Context, m minute.Minute) head {
	now, language, title := clock.Now(ctx), function.RequestFrom(ctx).Language, m.Title()
	return head{
		ID: m.ID, Body: m.Body.Slug, BodyName: problem.Text{KO: m.Body.Name, EN: m.Body.NameEn}.Name(language), Unit: m.Unit, Title: title.KO, TitleEn: title.EN,
		Year: m.Year, Round: m.Round, Kind: m.Kind, HeldAt: m.HeldAt, Place: m.Place, State: m.Step(now),
		Due: deadline{
			At: m.Due.At, FirstAt: m.Due.First, ExtendedAt: m.Due.Extended, Reason: m.Due.Reason,
			Standing: m.Standing(now), Days: m.Due.Days(now, m.FullAt), Word: m.Due.Word(now, m.FullAt, minute.InTime()).In(language),
		},
		Decisions: m.Tallies(), AnnouncedAt: m.AnnouncedAt, DecisionsAt: m.DecisionsAt, FullAt: m.FullAt,
	}
}

// show is m, as the store gave it to the caller.
func show(ctx context.Context, m minute.Minute) record {
	now := clock.Now(ctx)
	r := record{
		head: headOf(ctx, m), Chair: m.Chair, Enrolled: m.Enrolled, Present: m.Present, Attendees: m.Attendees, Items: []agenda{}, Amendments: []amendment{}, Parts: parts(m.Text),
		Attachments: append([]upload.File{}, m.Attachments...), Corrections: append([]minute.Correction{}, m.Corrections...), Version: m.ShownVersion,
		changes: []*time.Time{m.Due.Changes(now, m.FullAt)},
	}
	writes := minute.Writes(ctx, m.Unit)
	if writes {
		r.Text, r.Version = m.Text, m.Version
	}
	for _, item := range m.Items {
		a := agenda{Item: item, Parts: parts(item.Text)}
		if !writes {
			a.Text = ""
		}
		r.Items = append(r.Items, a)
	}
	r.tags = append(r.tags, upload.Tags(m.Attachments)...)
	return r
}

func parts(src string) []part {
	list := []part{}
	for _, p := range minute.Parts(src) {
		if p.Reason != "" {
			list = append(list, part{Withheld: p.Reason, Lines: p.Lines})
			continue
		}
		list = append(list, part{HTML: markdown.Render(p.Text)})
	}
	return list
}

package rules

import (
	"context"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

type versionsRequest struct {
	Slug string `path:"slug"`
}

type versionsResponse struct {
	Items []head `json:"items"`

	changes []*time.Time
}

// PageChanges are when versions are announced and begin.
func (r *versionsResponse) PageChanges() []*time.Time { return r.changes }

func (h handlers) versions(ctx context.Context, r *versionsRequest) (*versionsResponse, error) {
	shelf, changes, err := h.rules.Shelf(ctx, r.Slug)
	if err != nil {
		return nil, err
	}
	answer := &versionsResponse{Items: []head{}, changes: changes}
	for _, v := range shelf.Versions {
		answer.Items = append(answer.Items, headOf(ctx, v))
	}
	return answer, nil
}

// move says that an article of the version before has another number in the new one.
type move struct {
	From string `json:"from" description:"As 12의2."`
	To   string `json:"to"`
}

// override says that an article begins, or ends, on a day of its own.
type override struct {
	Article     string `json:"article" description:"As 12의2."`
	EffectiveOn string `json:"effectiveOn"`
}

// warning is something that may be a mistake.
type warning struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// draftRequest is all of a draft. What is left out is emptied.
type draftRequest struct {
	Base        int64      `json:"base,omitempty" description:"The number of the version that it changes; without it the one promulgated last, or the one it has."`
	Kind        string     `json:"kind" description:"enactment, amendment, revision, repeal or correction."`
	Amendment   int64      `json:"amendment,omitempty" description:"1 to 999: which amendment or revision it is."`
	Reason      string     `json:"reason,omitempty" description:"At most 2,000 characters."`
	DecidedOn   string     `json:"decidedOn,omitempty"`
	AnnouncedAt *time.Time `json:"announcedAt,omitempty" description:"From when on everybody may read it; a draft without."`
	AnnounceNow bool       `json:"announceNow,omitempty"`
	EffectiveOn string     `json:"effectiveOn,omitempty"`
	Source      string     `json:"source,omitempty" description:"The whole text in its notation, at most 200,000 characters; of a repeal none."`
	Moves       []move     `json:"moves,omitempty" description:"Articles with another number than before."`
	Overrides   []override `json:"overrides,omitempty" description:"Articles with a day of their own."`
}

func (r draftRequest) draft() rule.Draft {
	d := rule.Draft{Kind: r.Kind, Amendment: r.Amendment, Reason: r.Reason, DecidedOn: r.DecidedOn, AnnouncedAt: r.AnnouncedAt, AnnounceNow: r.AnnounceNow, EffectiveOn: r.EffectiveOn, Source: r.Source}
	for _, m := range r.Moves {
		d.Moves = append(d.Moves, rule.Move(m))
	}
	for _, o := range r.Overrides {
		d.Overrides = append(d.Overrides, rule.Override(o))
	}
	return d
}

// version is a version with its text.
type version struct {
	head

	Reason    string     `json:"reason"`
	Source    string     `json:"source"`
	Moves     []move     `json:"moves"`
	Overrides []override `json:"overrides"`
	Warnings  []warning  `json:"warnings" description:"What may be a mistake in the text of a draft."`
	papers

	slug    string
	tags    []string
	changes []*time.Time
}

// Location is the address of the version.
func (v *version) Location() string {
	return "/v1/rules/" + v.slug + "/versions/" + strconv.FormatInt(v.Number, 10)
}

// ETag is the version of the draft, for If-Match.
func (v *version) ETag() int64 { return v.Version }

// PageTags are those of its files and of what it is related to.
func (v *version) PageTags() []string { return v.tags }

// PageChanges are when it is announced and begins.
func (v *version) PageChanges() []*time.Time { return v.changes }

// whole is a version with what belongs to it, and the times at which that changes by itself.
func (h handlers) whole(ctx context.Context, slug string, v rule.Version, changes ...*time.Time) (*version, error) {
	answer := versionOf(ctx, slug, v)
	meetings, next, err := h.rules.Meetings(ctx, v)
	if err != nil {
		return nil, err
	}
	notices, then, err := h.rules.Notices(ctx, v)
	if err != nil {
		return nil, err
	}
	files, err := h.rules.Files(ctx, v)
	if err != nil {
		return nil, err
	}
	answer.papers = papers{Files: files, Meeting: v.Meeting, Minutes: relatedOf(ctx, meetings), Notices: relatedOf(ctx, notices)}
	answer.tags, answer.changes = append(upload.Tags(files), rule.AmendmentRef(v.ID).Tag()), append(changes, next, then)
	return answer, nil
}

func relatedOf(ctx context.Context, list []thing.Thing) []related {
	shown := []related{}
	for _, t := range list {
		shown = append(shown, related{ID: t.ID, Title: said(ctx, problem.Text{KO: t.Title, EN: t.TitleEn}), Path: t.Path})
	}
	return shown
}

func versionOf(ctx context.Context, slug string, v rule.Version) *version {
	answer := &version{head: headOf(ctx, v), Reason: v.Reason, Source: v.Source, Moves: []move{}, Overrides: []override{}, Warnings: []warning{}, slug: slug}
	for _, m := range v.Moves {
		answer.Moves = append(answer.Moves, move(m))
	}
	for _, o := range v.Overrides {
		answer.Overrides = append(answer.Overrides, override(o))
	}
	if v.PromulgatedOn == "" {
		_, warnings, _ := rule.Parse(v.Source)
		for _, w := range warnings {
			answer.Warnings = append(answer.Warnings, warning{w.Line, said(ctx, w.Text)})
		}
	}
	return answer
}

// place is a version of a rulebook.
type place struct {
	Slug   string `path:"slug"`
	Number string `path:"number"`
}

func (p place) number() (int64, error) {
	n, err := strconv.ParseInt(p.Number, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != p.Number {
		return 0, problem.Absent()
	}
	return n, nil
}

func (h handlers) version(ctx context.Context, r *place) (*version, error) {
	number, err := r.number()
	if err != nil {
		return nil, err
	}
	shelf, v, err := h.rules.Version(ctx, r.Slug, number)
	if err != nil {
		return nil, err
	}
	return h.whole(ctx, r.Slug, v, shelf.Changes(v.CreatedAt)...)
}

// written is a version that was written, as it is read now.
func (h handlers) written(ctx context.Context, slug string, v rule.Version) (*version, error) {
	_, is, err := h.rules.Version(ctx, slug, v.Number)
	if err != nil {
		return nil, err
	}
	return h.whole(ctx, slug, is)
}

type beginRequest struct {
	versionsRequest
	draftRequest
}

func (h handlers) begin(ctx context.Context, r *beginRequest) (*version, error) {
	v, err := h.rules.Begin(ctx, r.Slug, r.Base, r.draft())
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, v.ID)
	return h.written(ctx, r.Slug, v)
}

// read is a draft as the caller read it.
type read struct {
	place

	IfMatch string `header:"If-Match"`
}

// matched is the number and the version that was read; with "*", the newest one.
func (h handlers) matched(ctx context.Context, r read) (number, version int64, err error) {
	if number, err = r.number(); err != nil {
		return 0, 0, err
	}
	version, err = function.Match(r.IfMatch, func() (int64, error) {
		_, v, err := h.rules.Version(ctx, r.Slug, number)
		return v.Version, err
	})
	return number, version, err
}

type rewriteRequest struct {
	read
	draftRequest
}

func (h handlers) rewrite(ctx context.Context, r *rewriteRequest) (*version, error) {
	number, was, err := h.matched(ctx, r.read)
	if err != nil {
		return nil, err
	}
	v, err := h.rules.Rewrite(ctx, r.Slug, number, was, r.Base, r.draft())
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, v.ID)
	return h.written(ctx, r.Slug, v)
}

func (h handlers) discard(ctx context.Context, r *read) (*function.None, error) {
	number, was, err := h.matched(ctx, *r)
	if err != nil {
		return nil, err
	}
	if err := h.rules.Discard(ctx, r.Slug, number, was); err != nil {
		return nil, err
	}
	return &function.None{}, nil
}

type promulgateRequest struct {
	read

	PromulgatedOn string `json:"promulgatedOn" description:"Today, or a day that has passed."`
}

func (h handlers) promulgate(ctx context.Context, r *promulgateRequest) (*version, error) {
	number, was, err := h.matched(ctx, r.read)
	if err != nil {
		return nil, err
	}
	v, err := h.rules.Promulgate(ctx, r.Slug, number, was, r.PromulgatedOn)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, v.ID)
	return h.written(ctx, r.Slug, v)
}

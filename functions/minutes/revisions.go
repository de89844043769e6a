package minutes

import (
	"context"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/revision"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
)

type unsealResponse struct {
	Items []minute.Withheld `json:"items"`
}

func (h handlers) unseal(ctx context.Context, r *readRequest) (*unsealResponse, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	list, err := h.minutes.Unseal(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return &unsealResponse{Items: append([]minute.Withheld{}, list...)}, nil
}

type revisionsRequest struct {
	cursor.Asked
	ID string `path:"id"`
}

// version is one version of minutes.
type version struct {
	Number   int64     `json:"number"`
	Editor   string    `json:"editor" description:"The name of who wrote it."`
	At       time.Time `json:"at"`
	Draft    bool      `json:"draft,omitempty" description:"Saved by itself."`
	Reason   string    `json:"reason,omitempty" description:"Of a correction of what readers had seen."`
	Stripped bool      `json:"stripped,omitempty" description:"Its texts went when a part of them was withheld."`
}

// revisionResponse is one revision with what it says.
type revisionResponse struct {
	version
	writeRequest
}

func (h handlers) versionOf(names map[string]string, v minute.Revision) version {
	return version{Number: v.Number, Editor: names[v.Editor], At: v.At, Draft: v.Draft, Reason: v.Reason, Stripped: v.Stripped}
}

func (h handlers) revisions(ctx context.Context, r *revisionsRequest) (*cursor.Page[version], error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	var f check.Fields
	size := cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	page, err := cursor.Read(h.cursors, "minutes/"+r.ID+"/revisions", r.Cursor, size, func(before int64, limit int) ([]minute.Revision, error) {
		return h.minutes.Revisions(ctx, r.ID, before, limit)
	}, func(v minute.Revision) int64 { return v.Number })
	if err != nil {
		return nil, err
	}
	editors := []string{}
	for _, v := range page.Items {
		editors = append(editors, v.Editor)
	}
	names, err := h.members.Names(ctx, editors...)
	if err != nil {
		return nil, err
	}
	list := cursor.Map(page, func(v minute.Revision) version { return h.versionOf(names, v) })
	return &list, nil
}

type revisionRequest struct {
	ID     string `path:"id"`
	Number string `path:"number"`
}

// numbered is the number of a revision in an address; one that is none is absent.
func numbered(id, number string) (int64, error) {
	n, err := strconv.ParseInt(number, 10, 64)
	if !check.ID(id) || err != nil || n < 1 || strconv.FormatInt(n, 10) != number {
		return 0, problem.Absent()
	}
	return n, nil
}

func (h handlers) revision(ctx context.Context, r *revisionRequest) (*revisionResponse, error) {
	number, err := numbered(r.ID, r.Number)
	if err != nil {
		return nil, err
	}
	v, err := h.minutes.Revision(ctx, r.ID, number)
	if err != nil {
		return nil, err
	}
	names, err := h.members.Names(ctx, v.Editor)
	if err != nil {
		return nil, err
	}
	return &revisionResponse{version: h.versionOf(names, v), writeRequest: writeRequest(v.Content)}, nil
}

type compareRequest struct {
	ID     string `path:"id"`
	Number string `path:"number"`
	To     string `path:"to"`
}

type compareResponse struct {
	Hunks []hunk `json:"hunks" description:"Where they differ; none where they are the same."`
}

type hunk struct {
	Lines []line `json:"lines"`
}

type line struct {
	Kind     revision.Kind `json:"kind"`
	Text     string        `json:"text"`
	Segments []segment     `json:"segments,omitempty"`
}

type segment struct {
	Changed bool   `json:"changed"`
	Text    string `json:"text"`
}

func (h handlers) compare(ctx context.Context, r *compareRequest) (*compareResponse, error) {
	from, err := numbered(r.ID, r.Number)
	if err != nil {
		return nil, err
	}
	to, err := numbered(r.ID, r.To)
	if err != nil {
		return nil, err
	}
	hunks, err := h.minutes.Compare(ctx, r.ID, from, to)
	if err != nil {
		return nil, err
	}
	answer := compareResponse{Hunks: []hunk{}}
	for _, u := range hunks {
		lines := []line{}
		for _, l := range u.Lines {
			shown := line{Kind: l.Kind, Text: l.Text}
			for _, s := range l.Segments {
				shown.Segments = append(shown.Segments, segment(s))
			}
			lines = append(lines, shown)
		}
		answer.Hunks = append(answer.Hunks, hunk{lines})
	}
	return &answer, nil
}

type revertRequest struct {
	edition
	Number string `path:"number"`
	Reason string `json:"reason,omitempty" description:"As of an edit."`
}

func (h handlers) revert(ctx context.Context, r *revertRequest) (*record, error) {
	number, err := numbered(r.ID, r.Number)
	if err != nil {
		return nil, err
	}
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	_, is, err := h.minutes.Revert(ctx, r.ID, minute.Edition{Version: version, Reason: r.Reason}, number)
	if err != nil {
		return nil, err
	}
	function.Detail(ctx, audit.Version, is.Version)
	a := show(ctx, is)
	return &a, nil
}

type bodiesResponse struct {
	Items []minute.Body `json:"items"`
}

func (h handlers) bodies(ctx context.Context, _ *struct{}) (*bodiesResponse, error) {
	list, err := h.minutes.Bodies(ctx)
	if err != nil {
		return nil, err
	}
	return &bodiesResponse{Items: append([]minute.Body{}, list...)}, nil
}

// bodyContent is what an admin says of a body.
type bodyContent struct {
	Name        string `json:"name" description:"1 to 60 characters."`
	NameEn      string `json:"nameEn,omitempty" description:"At most 80 characters."`
	Unit        string `json:"unit" description:"Whose editors write its minutes."`
	PublishDays *int64 `json:"publishDays,omitempty" description:"0 to 60; 7 without it."`
	Numbered    bool   `json:"numbered,omitempty" description:"Whether its meetings have rounds."`
	PerYear     bool   `json:"perYear,omitempty" description:"Whether rounds begin again each year."`
	Names       bool   `json:"names,omitempty" description:"Whether its rule has who was there named."`
	Order       int64  `json:"order,omitempty" description:"Its place among the others, 0 to 1,000."`
}

func (c bodyContent) body(slug string) minute.Body {
	days := int64(minute.PublishDays)
	if c.PublishDays != nil {
		days = *c.PublishDays
	}
	bounded := func(n int64) int { return int(min(max(n, -1), 1<<20)) } // what is refused stays refused
	return minute.Body{
		Slug: slug, Name: c.Name, NameEn: c.NameEn, Unit: c.Unit, PublishDays: bounded(days), Numbered: c.Numbered, PerYear: c.PerYear, Names: c.Names, Order: bounded(c.Order),
	}
}

type addBodyRequest struct {
	bodyContent
	Slug string `json:"slug" description:"In addresses: small letters, digits and -, at most 40."`
}

// body is one, with its version.
type body struct{ minute.Body }

// ETag is the version, for If-Match.
func (b body) ETag() int64 { return b.Version }

func (h handlers) addBody(ctx context.Context, r *addBodyRequest) (*body, error) {
	b, err := h.minutes.AddBody(ctx, r.body(r.Slug), h.units)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, b.Slug)
	return &body{b}, nil
}

type editBodyRequest struct {
	bodyContent
	Slug    string `path:"slug"`
	IfMatch string `header:"If-Match"`
}

func (h handlers) editBody(ctx context.Context, r *editBodyRequest) (*body, error) {
	version, err := function.Match(r.IfMatch, func() (int64, error) {
		b, err := h.minutes.BodyOf(ctx, r.Slug)
		return b.Version, err
	})
	if err != nil {
		return nil, err
	}
	b, err := h.minutes.EditBody(ctx, version, r.body(r.Slug), h.units)
	if err != nil {
		return nil, err
	}
	return &body{b}, nil
}

package notices

import (
	"context"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
)

type revisionsRequest struct {
	cursor.Asked
	ID string `path:"id"`
}

// revisionEntry is a revision without its text.
type revisionEntry struct {
	Number  int64     `json:"number"` // the version that it was
	Editor  editor    `json:"editor"`
	At      time.Time `json:"at"`
	Unit    string    `json:"unit"`
	Title   string    `json:"title"`
	TitleEn string    `json:"titleEn,omitempty"`
	Tags    []string  `json:"tags"`
	notice.Times
}

// editor is who made a revision.
type editor struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (h handlers) revisions(ctx context.Context, r *revisionsRequest) (*cursor.Page[revisionEntry], error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	var f check.Fields
	size := cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	page, err := cursor.Read(h.cursors, "notices/"+r.ID+"/revisions", r.Cursor, size, func(before int64, limit int) ([]notice.Revision, error) {
		return h.notices.Revisions(ctx, r.ID, before, limit)
	}, func(v notice.Revision) int64 { return v.Number })
	if err != nil {
		return nil, err
	}
	entries, err := h.entries(ctx, page.Items...)
	return &cursor.Page[revisionEntry]{Items: entries, NextCursor: page.NextCursor}, err
}

// entries are revisions with the names of who made them.
func (h handlers) entries(ctx context.Context, list ...notice.Revision) ([]revisionEntry, error) {
	ids := []string{}
	for _, v := range list {
		ids = append(ids, v.Editor)
	}
	names, err := h.members.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	entries := []revisionEntry{}
	for _, v := range list {
		entries = append(entries, revisionEntry{
			Number: v.Number, Editor: editor{ID: v.Editor, Name: names[v.Editor]}, At: v.At, Unit: v.Unit, Title: v.Title, TitleEn: v.TitleEn, Tags: v.Tags,
			Times: v.Times,
		})
	}
	return entries, nil
}

type revisionRequest struct {
	ID     string `path:"id"`
	Number string `path:"number"`
}

type revisionResponse struct {
	revisionEntry
	Body   string `json:"body"` // Markdown
	HTML   string `json:"html"` // sanitised
	BodyEn string `json:"bodyEn,omitempty"`
	HTMLEn string `json:"htmlEn,omitempty"`
}

func (h handlers) revision(ctx context.Context, r *revisionRequest) (*revisionResponse, error) {
	number, ok := numberOf(r.Number)
	if !check.ID(r.ID) || !ok {
		return nil, problem.Absent()
	}
	v, err := h.notices.Revision(ctx, r.ID, number)
	if err != nil {
		return nil, err
	}
	entries, err := h.entries(ctx, v)
	if err != nil {
		return nil, err
	}
	html, err := h.rendered(ctx, v.Body)
	if err != nil {
		return nil, err
	}
	english, err := h.rendered(ctx, v.BodyEn)
	if err != nil {
		return nil, err
	}
	return &revisionResponse{revisionEntry: entries[0], Body: v.Body, HTML: html, BodyEn: v.BodyEn, HTMLEn: english}, nil
}

// numberOf reads a revision's number: digits without leading zeros.
func numberOf(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

type revertRequest struct {
	edition
	Number string `path:"number"`
}

func (h handlers) revert(ctx context.Context, r *revertRequest) (*article, error) {
	number, ok := numberOf(r.Number)
	if !ok {
		return nil, problem.Absent()
	}
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	_, is, err := h.notices.Revert(ctx, r.ID, version, number)
	if err != nil {
		return nil, err
	}
	function.Detail(ctx, audit.Version, is.Version)
	a := h.show(ctx, is)
	return &a, h.out(ctx, is)
}

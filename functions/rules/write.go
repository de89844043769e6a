package rules

import (
	"context"

	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type writeRequest struct {
	Unit   string `json:"unit"`
	Title  string `json:"title" description:"1 to 100 characters."`
	Body   string `json:"body,omitempty" description:"Who decides on it; at most 60 characters."`
	Parent string `json:"parent,omitempty" description:"The slug of the rulebook that it stands under."`
}

type addRequest struct {
	Slug string `json:"slug" description:"Lower-case letters, digits and hyphens, at most 40: its name in addresses, for good."`
	writeRequest
}

// book is a rulebook that was written.
type book struct{ entry }

// Location is the address of the rulebook.
func (b book) Location() string { return "/v1/rules/" + b.Slug }

// ETag is the version, for If-Match.
func (b book) ETag() int64 { return b.entry.Version }

func (h handlers) add(ctx context.Context, r *addRequest) (*book, error) {
	b, err := h.rules.Add(ctx, r.Slug, rule.Content(r.writeRequest), h.units)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, b.ID)
	return &book{h.show(ctx, rule.Shelved{Book: b})}, nil
}

// edition is a rulebook as the caller read it.
type edition struct {
	Slug    string `path:"slug"`
	IfMatch string `header:"If-Match"`
}

// version is the one that was read; with "*", the newest one.
func (h handlers) versionOf(ctx context.Context, e edition) (int64, error) {
	if !rule.Slug(e.Slug) {
		return 0, problem.Absent()
	}
	return function.Match(e.IfMatch, func() (int64, error) {
		s, _, err := h.rules.Shelf(ctx, e.Slug)
		return s.Book.Version, err
	})
}

type editRequest struct {
	edition
	writeRequest
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*book, error) {
	version, err := h.versionOf(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	b, err := h.rules.Edit(ctx, r.Slug, version, rule.Content(r.writeRequest), h.units)
	if err != nil {
		return nil, err
	}
	s, _, err := h.rules.Shelf(ctx, b.Slug)
	if err != nil {
		return nil, err
	}
	return &book{h.show(ctx, s)}, nil
}

func (h handlers) remove(ctx context.Context, r *edition) (*function.None, error) {
	version, err := h.versionOf(ctx, *r)
	if err != nil {
		return nil, err
	}
	if err := h.rules.Delete(ctx, r.Slug, version); err != nil {
		return nil, err
	}
	return &function.None{}, nil
}

package notice

import (
	"context"
	"net/url"

	"github.com/madang-council/madang/shared/cursor"
)

// Page is a page of List.
func (s Reader) Page(ctx context.Context, f Filter, c *cursor.Codec, token string, size int) (cursor.Page[Summary], error) {
	return cursor.Read(c, f.list(), token, size, func(after Position, limit int) ([]Summary, error) {
		return s.List(ctx, f, after, limit)
	}, Summary.At)
}

// Numbered is a page of List with where it stands in the list.
type Numbered struct {
	cursor.Page[Summary]

	Before   int    // how many notices stand before it; -1 where they are MostCounted or more
	Previous string // cursor of the page before; "" for the first
}

// Numbered is Page for who reads the list by pages.
func (s Reader) Numbered(ctx context.Context, f Filter, c *cursor.Codec, token string, size int) (Numbered, error) {
	var before []Position
	page, err := cursor.Read(c, f.list(), token, size, func(after Position, limit int) ([]Summary, error) {
		var err error
		if before, err = s.before(ctx, f, after); err != nil {
			return nil, err
		}
		return s.List(ctx, f, after, limit)
	}, Summary.At)
	n := Numbered{Page: page, Before: len(before)}
	switch {
	case n.Before >= MostCounted:
		n.Before = -1
	case n.Before > size:
		n.Previous = cursor.Behind(c, f.list(), before[n.Before-size-1])
	}
	return n, err
}

// list names the list that f leaves, for its cursors.
func (f Filter) list() string { return "notices?" + f.Key() }

// Key is f as one text.
func (f Filter) Key() string {
	key := url.Values{"tag": {f.Tag}, "unit": {f.Unit}, "q": {f.Words}}
	if f.Also != "" {
		key.Set("and", f.Also)
	}
	return key.Encode()
}

package notice

import (
	"context"
	"net/url"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cursor"
)

// Page is a part of List behind the place that a cursor names ("" for the start), and the
// cursor of the next part, "" where there is none.
func (s Reader) Page(ctx context.Context, f Filter, c *cursor.Codec, token string, size int) (list []Summary, next string, err error) {
	after, err := f.position(c, token)
	if err != nil {
		return nil, "", err
	}
	if list, err = s.List(ctx, f, after, size+1); err != nil || len(list) <= size {
		return list, "", err
	}
	return list[:size], f.cursor(c, list[size-1].At()), nil
}

// cursor writes a place in the list of published notices that f narrows.
func (f Filter) cursor(c *cursor.Codec, p Position) string {
	pinned := int64(0)
	if p.Pinned {
		pinned = 1
	}
	return c.Encode(f.list(), pinned, p.PublishAt, p.ID)
}

// position reads what cursor wrote, nil for "". A cursor of another list is refused.
func (f Filter) position(c *cursor.Codec, token string) (*Position, error) {
	if token == "" {
		return nil, nil
	}
	var pinned int64
	var p Position
	if err := c.Decode(f.list(), token, &pinned, &p.PublishAt, &p.ID); err != nil {
		return nil, ErrCursor()
	}
	p.Pinned = pinned == 1
	return &p, nil
}

// list binds cursors to the filter.
func (f Filter) list() string { return "notices?" + f.Key() }

// Key is f as one text.
func (f Filter) Key() string {
	return url.Values{"tag": {f.Tag}, "unit": {f.Unit}, "q": {f.Title}}.Encode()
}

// ErrCursor is the answer to a cursor that is none of this list.
func ErrCursor() error {
	var f check.Fields
	f.Add("cursor", "forged", "이 목록의 커서가 아닙니다.", "Not a cursor of this list.")
	return f.Err()
}

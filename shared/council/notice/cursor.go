package notice

import (
	"net/url"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cursor"
)

// Cursor writes a place in the list of published notices that f narrows.
func (f Filter) Cursor(c *cursor.Codec, p Position) string {
	pinned := int64(0)
	if p.Pinned {
		pinned = 1
	}
	return c.Encode(f.list(), pinned, p.PublishAt, p.ID)
}

// Position reads what Cursor wrote, nil for "". A cursor of another list is refused.
func (f Filter) Position(c *cursor.Codec, token string) (*Position, error) {
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

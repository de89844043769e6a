package notice

import (
	"context"
	"net/url"

	"github.com/madang-council/madang/shared/cursor"
)

// Page is a page of List.
func (s Reader) Page(ctx context.Context, f Filter, c *cursor.Codec, token string, size int) (cursor.Page[Summary], error) {
	return cursor.Read(c, "notices?"+f.Key(), token, size, func(after Position, limit int) ([]Summary, error) {
		return s.List(ctx, f, after, limit)
	}, Summary.At)
}

// Key is f as one text.
func (f Filter) Key() string {
	return url.Values{"tag": {f.Tag}, "unit": {f.Unit}, "q": {f.Words}}.Encode()
}

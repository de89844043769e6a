package cursor

import (
	"fmt"
	"reflect"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/problem"
)

// How many entries a page of a list of the API has. 20 fill a screen; 100 keep an answer of
// the longest entries, notices with their excerpts, below 100 KiB.
const (
	usual = 20
	most  = 100
)

// Page is a part of a list. As an answer it is {"items": […], "nextCursor": "…"}.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"nextCursor,omitempty" description:"Of the next page; absent on the last."`
}

// PageEmpty says that the part has nothing in it (function.Empty).
func (p Page[T]) PageEmpty() bool { return len(p.Items) == 0 }

// Asked is what a request for a page says; requests for lists embed it.
type Asked struct {
	Cursor string `query:"cursor" description:"nextCursor of the page before; the first page without it."`
	Size   *int64 `query:"size" description:"1 to 100; 20 without it."`
}

// Moment is the place of an entry in a list by time, whose ids tell entries of one
// millisecond apart.
type Moment struct {
	At int64 // milliseconds
	ID string
}

// Size is the number of entries that somebody asked for: 1 to 100, or 20 where nil.
func Size(f *check.Fields, asked *int64) int {
	if asked == nil {
		return usual
	}
	return int(f.Number("size", *asked, 1, most))
}

// Read reads the page of size entries behind the place that token names ("" for the start).
//
// Name binds cursors to the list, its order and its filter, as Codec.Encode has it. Read is
// called once, for the entries behind a place (its zero value for the start) and one more
// than size, which shows that there is another page. A place is a string, an int64, or a
// struct with nothing but exported fields of these and bool: what the list is ordered by.
//
// A token that is none of this list is a problem with the field "cursor" and the code
// "forged", and ErrForged to errors.Is: a page at such an address is absent (package host).
func Read[T, P any](c *Codec, name, token string, size int, read func(behind P, limit int) ([]T, error), place func(T) P) (Page[T], error) {
	var behind P
	if token != "" {
		if err := c.Decode(name, token, parts(&behind)...); err != nil {
			return Page[T]{}, forged(err)
		}
	}
	items, err := read(behind, size+1)
	if err != nil {
		return Page[T]{}, err
	}
	page := Page[T]{Items: append([]T{}, items[:min(size, len(items))]...)}
	if len(items) > size {
		page.NextCursor = Behind(c, name, place(items[size-1]))
	}
	return page, nil
}

// Behind is the token of the page behind a place, which Read takes for the same name.
func Behind[P any](c *Codec, name string, place P) string {
	values := parts(&place)
	for i, v := range values {
		values[i] = reflect.ValueOf(v).Elem().Interface()
	}
	return c.Encode(name, values...)
}

// Map is the page with each entry as show makes it.
func Map[T, U any](p Page[T], show func(T) U) Page[U] {
	shown := Page[U]{Items: make([]U, 0, len(p.Items)), NextCursor: p.NextCursor}
	for _, item := range p.Items {
		shown.Items = append(shown.Items, show(item))
	}
	return shown
}

func forged(cause error) error {
	return problem.WrongField("cursor", "forged", "이 목록의 커서가 아닙니다.", "Not a cursor of this list.").Because(cause)
}

// parts are pointers to what a place consists of.
func parts(place any) []any {
	v := reflect.ValueOf(place).Elem()
	if v.Kind() != reflect.Struct {
		return []any{place}
	}
	list := []any{}
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			panic(fmt.Sprintf("cursor: %s has a field that is not exported", v.Type()))
		}
		list = append(list, v.Field(i).Addr().Interface())
	}
	return list
}

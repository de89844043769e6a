package function

import (
	"fmt"
	"reflect"
	"strings"
)

// Source is where a field of a request comes from: the struct tag that names it.
type Source string

// Where fields come from.
const (
	InPath   Source = "path"
	InQuery  Source = "query"
	InHeader Source = "header"
	InJSON   Source = "json"
	InForm   Source = "form"
	Stream   Source = "body" // a field of type Body: the whole body as it was sent; the tag is its media type
)

// Input is a field of a request as it is bound.
type Input struct {
	In       Source
	Name     string // as the caller writes it; of a stream its media type
	Type     reflect.Type
	Index    []int // for reflect.Value.FieldByIndex
	Optional bool  // of a JSON field: it has omitempty
}

// Inputs are the fields of a request type, those of embedded structs as if they stood in it.
// An error is a mistake in the type: two fields of one name, whatever the depth, since
// nobody could say which is meant; a field that nothing could be written to; a type that
// does not follow from text; a pointer of a JSON body without omitempty, which would be
// promised as always given.
func Inputs(request reflect.Type) ([]Input, error) {
	list, err := inputs(request, nil)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, f := range list {
		what := string(f.In) + " " + f.Name
		if f.In == Stream {
			what = string(Stream)
		}
		if seen[what] {
			return nil, fmt.Errorf("two fields are %s %q", f.In, f.Name)
		}
		seen[what] = true
	}
	switch {
	case seen[string(Stream)] && (has(list, InJSON) || has(list, InForm)):
		return nil, fmt.Errorf("a stream leaves nothing for other fields of the body")
	case has(list, InJSON) && has(list, InForm):
		return nil, fmt.Errorf("a body is JSON or a form, not both")
	}
	return list, nil
}

func has(list []Input, in Source) bool {
	for _, f := range list {
		if f.In == in {
			return true
		}
	}
	return false
}

func inputs(t reflect.Type, above []int) ([]Input, error) {
	list := []Input{}
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int{}, above...), i)
		tagged, err := tags(f, index)
		if err != nil {
			return nil, err
		}
		switch {
		case len(tagged) > 0:
			list = append(list, tagged...)
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			inner, err := inputs(f.Type, index)
			if err != nil {
				return nil, err
			}
			list = append(list, inner...)
		case f.Anonymous && f.Type.Kind() == reflect.Pointer:
			return nil, fmt.Errorf("%s is embedded by a pointer: embed the struct", f.Name)
		}
	}
	return list, nil
}

// tags are the sources that one field names.
func tags(f reflect.StructField, index []int) ([]Input, error) {
	if f.Type == reflect.TypeFor[Body]() {
		media := f.Tag.Get(string(Stream))
		if media == "" {
			return nil, fmt.Errorf("%s has no media type: write body:\"text/csv\"", f.Name)
		}
		return []Input{{In: Stream, Name: media, Type: f.Type, Index: index}}, nil
	}
	list := []Input{}
	for _, in := range []Source{InPath, InQuery, InHeader, InJSON, InForm} {
		name, options, _ := strings.Cut(f.Tag.Get(string(in)), ",")
		if name == "" || in == InJSON && name == "-" {
			continue
		}
		input := Input{In: in, Name: name, Type: f.Type, Index: index, Optional: in == InJSON && strings.Contains(options, "omit")}
		switch {
		case !f.IsExported():
			return nil, fmt.Errorf("%s has a name for callers, but nothing can be written to it: export it", f.Name)
		case in != InJSON && !fromText(f.Type):
			return nil, fmt.Errorf("%s is a %s, which does not come from text: string, int, int64, bool, a pointer to one, or []string", f.Name, f.Type)
		case in == InJSON && f.Type.Kind() == reflect.Pointer && !input.Optional:
			return nil, fmt.Errorf("%s may be nil: write json:%q", f.Name, name+",omitempty")
		}
		list = append(list, input)
	}
	return list, nil
}

// fromText says whether the host makes a value of the type from text.
func fromText(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Int, reflect.Int64, reflect.Bool:
		return true
	case reflect.Pointer:
		return t.Elem().Kind() != reflect.Pointer && fromText(t.Elem())
	case reflect.Slice:
		return t == reflect.TypeFor[[]string]()
	default:
		return false
	}
}

package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// bodyLimit is the largest body, in bytes, where its route does not say: the longest text
// that is taken, 100,000 characters of Markdown, fits even with each as \uXXXX.
const bodyLimit = 1 << 20

// binder fills a request of an operation from the HTTP request: body first, then query,
// header, path.
func (h *Host) binder(c echo.Context, o function.Operation) func(any) error {
	return func(target any) error {
		v := reflect.ValueOf(target).Elem()
		var wrong []problem.Field
		if err := bindBody(c.Request(), o, v, &wrong); err != nil {
			return err
		}
		bindValues(o, v, function.InQuery, func(name string) []string { return c.QueryParams()[name] }, &wrong)
		bindValues(o, v, function.InHeader, func(name string) []string { return joined(c.Request().Header.Values(name)) }, &wrong)
		bindValues(o, v, function.InPath, func(name string) []string { return []string{c.Param(name)} }, &wrong)
		if len(wrong) > 0 {
			return problem.Wrong(wrong...)
		}
		if checked, ok := target.(function.Validated); ok {
			return checked.Validate()
		}
		return nil
	}
}

// joined are the lines of a header as one (RFC 9110 5.3).
func joined(lines []string) []string {
	if len(lines) > 1 {
		return []string{strings.Join(lines, ", ")}
	}
	return lines
}

// fields are those of v that come from a source, by their names.
func fields(o function.Operation, v reflect.Value, in function.Source) map[string]reflect.Value {
	found := map[string]reflect.Value{}
	for _, f := range o.Inputs {
		if f.In == in {
			found[f.Name] = v.FieldByIndex(f.Index)
		}
	}
	return found
}

func bindBody(r *http.Request, o function.Operation, v reflect.Value, wrong *[]problem.Field) error {
	for _, stream := range fields(o, v, function.Stream) {
		stream.Set(reflect.ValueOf(function.Body{Reader: r.Body, ContentType: r.Header.Get("Content-Type"), Size: r.ContentLength}))
		return nil
	}
	if isSafe(r.Method) {
		return nil
	}
	body, err := readBody(r, bodyLimit)
	if err != nil {
		return err
	}
	if o.Takes(function.InForm) {
		return bindForm(r, body, fields(o, v, function.InForm), wrong)
	}
	if len(body) == 0 {
		if o.Takes(function.InJSON) {
			return problem.Unreadable("body-missing", "JSON 본문이 필요합니다.", "A JSON body is required.")
		}
		return nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return problem.New(problem.UnsupportedMedia, "unsupported-media-type", "본문은 application/json이어야 합니다.", "The body must be application/json.")
	}
	return bindJSON(body, fields(o, v, function.InJSON), wrong)
}

// bindForm reads what an HTML form sends, whose names must be those of the fields, each
// once unless the field is a list. Lines end with \n, as in JSON, not \r\n.
func bindForm(r *http.Request, body []byte, fields map[string]reflect.Value, wrong *[]problem.Field) error {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); len(body) > 0 && (err != nil || media != "application/x-www-form-urlencoded") {
		return problem.New(problem.UnsupportedMedia, "unsupported-media-type", "본문은 application/x-www-form-urlencoded여야 합니다.", "The body must be application/x-www-form-urlencoded.")
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return problem.Unreadable("malformed-form", "양식을 읽을 수 없습니다.", "The form cannot be read.").Because(err)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		field, known := fields[name]
		list := values[name]
		for i := range list {
			list[i] = strings.ReplaceAll(list[i], "\r\n", "\n")
		}
		switch {
		case !known:
			*wrong = append(*wrong, wrongField(shorten(strings.ToValidUTF8(name, "�")), "unknown-field", "모르는 항목입니다.", "Unknown field."))
		case len(list) > 1 && field.Kind() != reflect.Slice:
			*wrong = append(*wrong, wrongField(name, "repeated-field", "두 번 쓰였습니다.", "It is given twice."))
		case list[0] == "" && len(list) == 1: // an empty box is as good as none
		case field.Kind() == reflect.Bool && list[0] == "on": // a ticked box without a value of its own
			field.SetBool(true)
		case !setField(field, list):
			*wrong = append(*wrong, wrongField(name, "wrong-type", "값의 형식이 맞지 않습니다.", "The value has the wrong form."))
		}
	}
	return nil
}

// readBody reads a body of at most most bytes whole.
func readBody(r *http.Request, most int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, most))
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, problem.TooSlow()):
		return nil, err
	case errors.As(err, &large):
		mib := strconv.FormatFloat(float64(most)/(1<<20), 'g', 3, 64) + " MiB"
		return nil, problem.New(problem.TooLarge, "body-too-large", "본문이 "+mib+"보다 큽니다.", "The body is larger than "+mib+".")
	case err != nil:
		return nil, problem.Unreadable("body-incomplete", "본문을 끝까지 읽지 못했습니다.", "The body could not be read to its end.").Because(err)
	}
	return body, nil
}

// bindJSON reads one JSON object whose names must be those of the fields, each once.
func bindJSON(body []byte, fields map[string]reflect.Value, wrong *[]problem.Field) error {
	malformed := problem.Unreadable("malformed-json", "JSON 객체를 읽을 수 없습니다.", "The body is not a JSON object.")
	if !utf8.Valid(body) {
		return malformed
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return malformed.Because(err)
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return malformed.Because(err)
		}
		name, _ := t.(string)
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return malformed.Because(err)
		}
		field, known := fields[name]
		switch {
		case !known:
			*wrong = append(*wrong, wrongField(shorten(name), "unknown-field", "모르는 항목입니다.", "Unknown field."))
		case seen[name]:
			*wrong = append(*wrong, wrongField(name, "repeated-field", "두 번 쓰였습니다.", "It is given twice."))
		default:
			seen[name] = true
			if err := decodeField(raw, field); err != nil {
				*wrong = append(*wrong, jsonField(name, err))
			}
		}
	}
	if _, err := d.Token(); err != nil {
		return malformed.Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed
	}
	return nil
}

func decodeField(raw json.RawMessage, field reflect.Value) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(field.Addr().Interface()); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

func jsonField(name string, err error) problem.Field {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		if kind.Field != "" {
			name += "." + kind.Field
		}
		if k := kind.Type.Kind(); strings.HasPrefix(kind.Value, "number") && k >= reflect.Int && k <= reflect.Float64 {
			return wrongField(name, "out-of-range", "입력할 수 없는 수입니다.", "The number is out of range.")
		}
	}
	return wrongField(name, "wrong-type", "값의 형식이 맞지 않습니다.", "The value has the wrong type or form.")
}

func wrongField(name, code, ko, en string) problem.Field {
	return problem.Field{Name: name, Code: code, Message: problem.Text{KO: ko, EN: en}}
}

// shorten keeps a name that the caller made up from filling the answer.
func shorten(s string) string {
	return text.Truncate(s, 64)
}

// bindValues fills the fields that come from a source of text. Absent values leave the
// zero value.
func bindValues(o function.Operation, v reflect.Value, in function.Source, values func(string) []string, wrong *[]problem.Field) {
	for _, f := range o.Inputs {
		if f.In != in {
			continue
		}
		list := values(f.Name)
		if len(list) == 0 || list[0] == "" && len(list) == 1 {
			continue
		}
		if !setField(v.FieldByIndex(f.Index), list) {
			*wrong = append(*wrong, wrongField(f.Name, "wrong-type", "값의 형식이 맞지 않습니다.", "The value has the wrong form."))
		}
	}
}

// setField writes text into a field of one of the types that function.Inputs admits.
func setField(field reflect.Value, list []string) bool {
	switch field.Kind() {
	case reflect.String:
		if !utf8.ValidString(list[0]) {
			return false
		}
		field.SetString(list[0])
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(list[0], 10, 64)
		if err != nil {
			return false
		}
		field.SetInt(n)
	case reflect.Bool:
		b, err := strconv.ParseBool(list[0])
		if err != nil {
			return false
		}
		field.SetBool(b)
	case reflect.Pointer:
		inner := reflect.New(field.Type().Elem())
		if !setField(inner.Elem(), list) {
			return false
		}
		field.Set(inner)
	case reflect.Slice:
		for _, value := range list {
			if !utf8.ValidString(value) {
				return false
			}
		}
		field.Set(reflect.ValueOf(list))
	default:
		return false
	}
	return true
}

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
)

// bodyLimit is the largest JSON body, in bytes.
const bodyLimit = 1 << 20

// binder fills a request from the HTTP request: body first, then query, header, path, so
// that a body can never overwrite what the path says.
func (h *Host) binder(c echo.Context) func(any) error {
	return func(target any) error {
		v := reflect.ValueOf(target).Elem()
		var wrong []problem.Field
		if err := bindBody(c.Request(), v, &wrong); err != nil {
			return err
		}
		bindValues(v, "query", func(name string) []string { return c.QueryParams()[name] }, &wrong)
		bindValues(v, "header", func(name string) []string { return c.Request().Header.Values(name) }, &wrong)
		bindValues(v, "path", func(name string) []string { return []string{c.Param(name)} }, &wrong)
		if len(wrong) > 0 {
			return problem.Wrong(wrong...)
		}
		if checked, ok := target.(function.Validated); ok {
			return checked.Validate()
		}
		return nil
	}
}

func bindBody(r *http.Request, v reflect.Value, wrong *[]problem.Field) error {
	fields, form := map[string]reflect.Value{}, map[string]reflect.Value{}
	for i := range v.NumField() {
		if v.Field(i).Type() == reflect.TypeFor[function.Body]() {
			v.Field(i).Set(reflect.ValueOf(function.Body{Reader: r.Body, ContentType: r.Header.Get("Content-Type"), Size: r.ContentLength}))
			return nil
		}
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = v.Field(i)
		}
		if name := v.Type().Field(i).Tag.Get("form"); name != "" {
			form[name] = v.Field(i)
		}
	}
	if isSafe(r.Method) {
		return nil
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	if len(form) > 0 {
		return bindForm(r, body, form, wrong)
	}
	if len(body) == 0 {
		if len(fields) > 0 {
			return problem.Unreadable("body-missing", "JSON 본문이 필요합니다.", "A JSON body is required.")
		}
		return nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return problem.New(problem.UnsupportedMedia, "unsupported-media-type", "본문은 application/json이어야 합니다.", "The body must be application/json.")
	}
	return bindJSON(body, fields, wrong)
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

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, bodyLimit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, problem.New(problem.TooLarge, "body-too-large", "본문이 1 MiB보다 큽니다.", "The body is larger than 1 MiB.")
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
			return wrongField(name, "out-of-range", "다룰 수 없는 수입니다.", "The number is out of range.")
		}
	}
	return wrongField(name, "wrong-type", "값의 형식이 맞지 않습니다.", "The value has the wrong type or form.")
}

func wrongField(name, code, ko, en string) problem.Field {
	return problem.Field{Name: name, Code: code, Message: problem.Text{KO: ko, EN: en}}
}

// shorten keeps a name that the caller made up from filling the answer.
func shorten(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return s
}

// bindValues fills the fields with a tag from text values. Fields are string, int, int64
// or bool, or a slice of strings; absent values leave the zero value.
func bindValues(v reflect.Value, tag string, values func(string) []string, wrong *[]problem.Field) {
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get(tag)
		if name == "" {
			continue
		}
		list := values(name)
		if len(list) == 0 || list[0] == "" && len(list) == 1 {
			continue
		}
		if !setField(v.Field(i), list) {
			*wrong = append(*wrong, wrongField(name, "wrong-type", "값의 형식이 맞지 않습니다.", "The value has the wrong form."))
		}
	}
}

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

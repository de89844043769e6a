// Package check reads fields of input: it normalises them and collects what is wrong, so
// that the caller learns everything at once.
package check

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// Fields collects what is wrong. The zero value is ready.
type Fields struct{ wrong []problem.Field }

// Add says that a field is wrong.
func (f *Fields) Add(name, code, ko, en string) {
	f.wrong = append(f.wrong, problem.Field{Name: name, Code: code, Message: problem.Text{KO: ko, EN: en}})
}

// Err is a problem of kind Invalid with every wrong field, or nil.
func (f *Fields) Err() error {
	if len(f.wrong) == 0 {
		return nil
	}
	return problem.Wrong(f.wrong...)
}

// Line reads one line of at most limit characters that must not be blank.
func (f *Fields) Line(name, value string, limit int) string {
	return f.read(name, value, 1, limit, false)
}

// OptionalLine is Line that may be blank; blank becomes "".
func (f *Fields) OptionalLine(name, value string, limit int) string {
	return f.read(name, value, 0, limit, false)
}

// Text reads text of several lines of at most limit characters that must not be blank.
func (f *Fields) Text(name, value string, limit int) string {
	return f.read(name, value, 1, limit, true)
}

// OptionalText is Text that may be blank; blank becomes "".
func (f *Fields) OptionalText(name, value string, limit int) string {
	return f.read(name, value, 0, limit, true)
}

func (f *Fields) read(name, value string, least, limit int, multiline bool) string {
	clean, err := text.Clean(value, multiline)
	var refused *text.Refused
	switch {
	case errors.As(err, &refused):
		f.Add(name, refused.Code, "쓸 수 없는 문자가 있습니다.", "It has characters that are not allowed.")
		return ""
	case text.Blank(clean):
		if least > 0 {
			f.Required(name)
		}
		return ""
	case text.Count(clean) > limit:
		f.Add(name, "too-long", fmt.Sprintf("%d자까지 쓸 수 있습니다.", limit), fmt.Sprintf("At most %d characters.", limit))
	}
	return clean
}

// Required says that a field is missing or blank.
func (f *Fields) Required(name string) {
	f.Add(name, "required", "필요한 값입니다.", "It is required.")
}

// OneOf reads a value of a fixed set.
func (f *Fields) OneOf(name, value string, allowed ...string) string {
	if !slices.Contains(allowed, value) {
		list := strings.Join(allowed, ", ")
		f.Add(name, "not-one-of", "다음 중 하나여야 합니다: "+list, "One of: "+list)
	}
	return value
}

// Number reads a whole number between two bounds.
func (f *Fields) Number(name string, value, least, most int64) int64 {
	if value < least || value > most {
		f.Add(name, "out-of-range", fmt.Sprintf("%d부터 %d까지입니다.", least, most), fmt.Sprintf("From %d to %d.", least, most))
	}
	return value
}

// Email reads an address: lower case, at most 254 characters (RFC 5321), no display name.
func (f *Fields) Email(name, value string) string {
	clean := strings.ToLower(f.Line(name, value, 254))
	if clean == "" {
		return ""
	}
	a, err := mail.ParseAddress(clean)
	if err != nil || a.Name != "" || a.Address != clean || strings.ContainsAny(clean, " \"<>") || !strings.Contains(clean[strings.LastIndex(clean, "@")+1:], ".") {
		f.Add(name, "not-an-email", "전자우편 주소가 아닙니다.", "Not a mail address.")
		return ""
	}
	return clean
}

// Link reads an https address, or a path of the site itself. Everything else, such as
// javascript: and data:, is refused.
func (f *Fields) Link(name, value string) string {
	clean := f.Line(name, value, 2000)
	if clean == "" {
		return ""
	}
	u, err := url.Parse(clean)
	inside := err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && strings.HasPrefix(clean, "/") && !strings.HasPrefix(clean, "//") && !strings.Contains(clean, `\`)
	outside := err == nil && u.Scheme == "https" && u.Host != "" && u.Hostname() != "" && u.User == nil && !strings.Contains(clean, `\`)
	if !inside && !outside {
		f.Add(name, "not-a-link", "https 주소나 이 누리집의 경로(/로 시작)만 쓸 수 있습니다.", "Only an https address or a path of this site.")
		return ""
	}
	return clean
}

// Earliest and Latest bound every time that is stored: later ones do not fit the
// four-digit years of RFC 3339, and nothing of the council is older.
var (
	Earliest = time.Date(1945, 1, 1, 0, 0, 0, 0, time.UTC)
	Latest   = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Time reads a time that may be absent.
func (f *Fields) Time(name string, value *time.Time) *time.Time {
	if value != nil && (value.Before(Earliest) || value.After(Latest)) {
		f.Add(name, "out-of-range", "다룰 수 없는 시각입니다.", "The time is out of range.")
		return nil
	}
	return value
}

// ID says whether a text has the form of an id. Something else cannot exist: answer 404.
func ID(s string) bool {
	if len(s) != 36 {
		return false
	}
	_, err := uuid.Parse(s)
	return err == nil && s == strings.ToLower(s)
}

// NewID is a new id: UUID version 7, which sorts by the time it was made. A machine
// without randomness is an error.
func NewID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("id: %w", err)
	}
	return id.String(), nil
}

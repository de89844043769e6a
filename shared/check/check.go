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
	"unicode"

	"github.com/google/uuid"

	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/weblink"
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
		t := refusal(refused, multiline)
		f.Add(name, refused.Code, t.KO, t.EN)
		return ""
	case text.Blank(clean):
		if least > 0 {
			f.Required(name)
		}
		return ""
	case text.Count(clean) > limit:
		f.tooLong(name, limit)
	}
	return clean
}

// refusal says which character is refused, and where it is.
func refusal(r *text.Refused, multiline bool) problem.Text {
	ko, en := fmt.Sprintf("%d번째 글자", r.Column), fmt.Sprintf("character %d", r.Column)
	if multiline {
		ko, en = fmt.Sprintf("%d번째 줄 %s", r.Line, ko), fmt.Sprintf("line %d, %s", r.Line, en)
	}
	switch r.Code {
	case text.Newline:
		return problem.Text{KO: "줄을 바꿀 수 없습니다. " + ko + "에서 줄이 바뀝니다.", EN: "It must be one line. A line ends at " + en + "."}
	case text.NotUTF8, text.Damaged:
		return problem.Text{KO: "깨진 글자가 있습니다: " + ko + "(" + r.Name() + ").", EN: "It has a broken character: " + en + " (" + r.Name() + ")."}
	default:
		return problem.Text{KO: "쓸 수 없는 문자가 있습니다: " + ko + "(" + r.Name() + ").", EN: "It has a character that is not allowed: " + en + " (" + r.Name() + ")."}
	}
}

func (f *Fields) tooLong(name string, limit int) {
	f.Add(name, "too-long", fmt.Sprintf("%d자까지 쓸 수 있습니다.", limit), fmt.Sprintf("At most %d characters.", limit))
}

// Required says that a field is missing or blank.
func (f *Fields) Required(name string) {
	f.Add(name, "required", "꼭 입력해 주세요.", "It is required.")
}

// OneOf reads a value of a fixed set.
func (f *Fields) OneOf(name, value string, allowed ...string) string {
	if !slices.Contains(allowed, value) {
		list := strings.Join(allowed, ", ")
		f.Add(name, "not-one-of", "다음 중 하나여야 합니다: "+list, "One of: "+list)
	}
	return value
}

// Named reads the name of one of a fixed set, as people type it, and gives back the one that reads the same (text.Squeeze).
func (f *Fields) Named(name, value string, allowed ...string) string {
	key := text.Squeeze(value)
	for _, a := range allowed {
		if text.Squeeze(a) == key {
			return a
		}
	}
	return f.OneOf(name, value, allowed...)
}

// Number reads a whole number between two bounds.
func (f *Fields) Number(name string, value, least, most int64) int64 {
	if value < least || value > most {
		f.Add(name, "out-of-range", fmt.Sprintf("%d부터 %d까지입니다.", least, most), fmt.Sprintf("From %d to %d.", least, most))
	}
	return value
}

// Email reads an address: lower case, at most 254 characters (RFC 5321), no display name, without what was pasted along and
// cannot be seen.
func (f *Fields) Email(name, value string) string {
	clean := strings.ToLower(f.Line(name, value, 254))
	if !strings.ContainsAny(clean, " \t") {
		clean = text.Visible(clean)
	}
	if clean == "" {
		return ""
	}
	a, err := mail.ParseAddress(clean)
	if err != nil || a.Name != "" || a.Address != clean || strings.ContainsAny(clean, " \"<>") || !strings.Contains(clean[strings.LastIndex(clean, "@")+1:], ".") {
		f.Add(name, "not-an-email", "이메일 주소가 아닙니다.", "Not a mail address.")
		return ""
	}
	return clean
}

// linkLimit is how many characters a link has at most: as many as every browser takes.
const linkLimit = 2000

// Link reads an https address, or a path of the site itself, as people paste it: with Hangul
// and spaces in it. It is given back in ASCII (weblink.ASCII). Everything else, such as
// javascript: and data:, is refused.
func (f *Fields) Link(name, value string) string {
	clean := f.Line(name, value, linkLimit)
	if clean == "" {
		return ""
	}
	written := weblink.ASCII(clean)
	u, err := url.Parse(written)
	inside := err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && strings.HasPrefix(written, "/") && !strings.HasPrefix(written, "//")
	outside := err == nil && u.Scheme == "https" && u.Host != "" && u.Hostname() != "" && u.User == nil
	switch {
	case !inside && !outside, strings.ContainsFunc(clean, misread):
		f.Add(name, "not-a-link", "https 주소나 이 홈페이지의 경로(/로 시작)만 쓸 수 있습니다.", "Only an https address or a path of this site.")
		return ""
	case len(written) > linkLimit && text.Count(clean) <= linkLimit:
		f.tooLong(name, linkLimit)
	}
	return written
}

// misread says whether browsers read another address where r stands in one: they drop
// control characters, and take a backslash for a slash.
func misread(r rune) bool { return r == '\\' || unicode.IsControl(r) }

// Earliest and Latest bound every time that is stored: later ones do not fit the
// four-digit years of RFC 3339, and nothing of the council is older.
var (
	Earliest = time.Date(1945, 1, 1, 0, 0, 0, 0, time.UTC)
	Latest   = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Time reads a time that may be absent. It is UTC's: a zone as +24:00 can be read, and not be written again.
func (f *Fields) Time(name string, value *time.Time) *time.Time {
	if value != nil && (value.Before(Earliest) || value.After(Latest)) {
		f.Add(name, "out-of-range", "입력할 수 없는 시각입니다.", "The time is out of range.")
		return nil
	}
	if value == nil {
		return nil
	}
	utc := value.UTC()
	return &utc
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

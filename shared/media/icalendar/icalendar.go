// Package icalendar is the file format of calendars (RFC 5545): components of properties, one to a content line. It knows
// no events; what their properties mean is said by who reads and writes them.
package icalendar

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/madang-council/madang/shared/problem"
)

// MediaType is that of the format.
const MediaType = "text/calendar; charset=utf-8"

// Component is what stands between BEGIN and END.
type Component struct {
	Name       string // in capitals, as VEVENT
	Line       int    // of BEGIN, the first is 1
	Properties []Property
	Components []Component
}

// Property is a content line.
type Property struct {
	Name   string // in capitals
	Params []Param
	Value  string // as it is written, unfolded; Text and Texts read it
	Line   int    // where it begins, the first is 1
}

// Param is a parameter of a property.
type Param struct {
	Name   string // in capitals
	Values []string
}

// Wrong is something in a file that keeps it from being read.
type Wrong struct {
	Line int // the first is 1
	Code string
	Text problem.Text
}

// First is the first property of a name.
func (c Component) First(name string) (Property, bool) {
	for _, p := range c.Properties {
		if p.Name == name {
			return p, true
		}
	}
	return Property{}, false
}

// Text is the text of the first property of a name, "" without one.
func (c Component) Text(name string) string {
	p, _ := c.First(name)
	return p.Text()
}

// Param is the first value of a parameter, "" without it.
func (p Property) Param(name string) string {
	for _, one := range p.Params {
		if one.Name == name && len(one.Values) > 0 {
			return one.Values[0]
		}
	}
	return ""
}

// Text is the value as a text. Programs write commas with and without a backslash: neither parts anything.
func (p Property) Text() string {
	var b strings.Builder
	for part := range splitTexts(p.Value) {
		b.WriteString(part)
	}
	return b.String()
}

// Texts are the values of a list of texts, parted by commas.
func (p Property) Texts() []string {
	list, b := []string{}, strings.Builder{}
	for part, comma := range splitTexts(p.Value) {
		if comma {
			list = append(list, b.String())
			b.Reset()
			continue
		}
		b.WriteString(part)
	}
	return append(list, b.String())
}

// splitTexts are the pieces of an escaped value without the escapes; with true, the commas between values.
func splitTexts(value string) func(yield func(string, bool) bool) {
	return func(yield func(string, bool) bool) {
		for value != "" {
			at := strings.IndexAny(value, `\,`)
			if at < 0 {
				yield(value, false)
				return
			}
			if at > 0 && !yield(value[:at], false) {
				return
			}
			value = value[at:]
			switch {
			case value[0] == ',':
				if !yield(",", true) {
					return
				}
				value = value[1:]
				continue
			case len(value) == 1: // nothing is escaped
				yield(value, false)
				return
			}
			_, size := utf8.DecodeRuneInString(value[1:])
			said := value[1 : 1+size]
			if said == "n" || said == "N" {
				said = "\n"
			}
			if !yield(said, false) {
				return
			}
			value = value[1+size:]
		}
	}
}

// Escape is a text as a value.
func Escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `;`, `\;`, `,`, `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(s)
}

// The forms of times.
const (
	dateForm  = "20060102"
	timeForm  = "20060102T150405"
	universal = timeForm + "Z"
)

// Date is the day of a time in its zone.
func Date(t time.Time) string { return t.Format(dateForm) }

// UTC is a time as one of UTC.
func UTC(t time.Time) string { return t.UTC().Format(universal) }

// Day reads a DATE, as midnight in a zone.
func Day(value string, zone *time.Location) (time.Time, bool) {
	t, err := time.ParseInLocation(dateForm, value, zone)
	return t, err == nil && len(value) == len(dateForm)
}

// Time reads a DATE-TIME: one that ends with Z is UTC's, another that of a zone.
func Time(value string, zone *time.Location) (time.Time, bool) {
	form := timeForm
	if strings.HasSuffix(value, "Z") {
		form, zone = universal, time.UTC
	}
	if len(value) != len(form) {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(form, value, zone)
	return t, err == nil
}

// Duration reads a DURATION of days and of hours, minutes and seconds. Days are those of the calendar. It is not ok
// where it is below 0 or longer than 10 000 days.
func Duration(value string) (days int, rest time.Duration, ok bool) {
	s, found := strings.CutPrefix(strings.TrimPrefix(value, "+"), "P")
	if !found || s == "" {
		return 0, 0, false
	}
	const most = 10_000 * 24 * 60 * 60 // no number of any unit is larger
	clock, number, digits := false, 0, 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			if number, digits = number*10+int(r-'0'), digits+1; number > most {
				return 0, 0, false
			}
			continue
		case r == 'T' && digits == 0 && !clock:
			clock = true
			continue
		case digits == 0:
			return 0, 0, false
		case r == 'W' && !clock:
			days += 7 * number
		case r == 'D' && !clock:
			days += number
		case r == 'H' && clock:
			rest += time.Duration(number) * time.Hour
		case r == 'M' && clock:
			rest += time.Duration(number) * time.Minute
		case r == 'S' && clock:
			rest += time.Duration(number) * time.Second
		default:
			return 0, 0, false
		}
		number, digits = 0, 0
	}
	return days, rest, digits == 0 && days <= 10_000 && rest <= 10_000*24*time.Hour
}

package icalendar

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/text/charset"
)

// mostDeep is how deep components stand in each other at most: an alarm in an event in a calendar, and some room.
const mostDeep = 8

// mostWrong is how many lines are named that are wrong: more than anybody mends at once.
const mostWrong = 100

// reader is a file under way.
type reader struct {
	open  []Component // the innermost last; the first stands for the file
	wrong []Wrong
	over  bool // nothing else of it is worth a word
}

// Read reads a file. What it returns is a component without a name, in which the calendars of the file are. Lines that are
// none of the format are told, up to 100. Text may be in UTF-8 or CP949.
func Read(file []byte) (Component, []Wrong) {
	r := reader{open: []Component{{}}}
	lines, ok := unfolded(file)
	if !ok {
		return Component{}, []Wrong{{1, "not-a-text", problem.Text{KO: "글자를 읽을 수 없는 파일입니다. UTF-8로 저장해 주세요.", EN: "The file is no text. Save it as UTF-8."}}}
	}
	for _, l := range lines {
		if r.over || len(r.wrong) >= mostWrong {
			break
		}
		r.line(l)
	}
	if len(r.open) > 1 && len(r.wrong) == 0 {
		last := r.open[len(r.open)-1]
		r.refuse(last.Line, "unfinished", last.Name+text.Particle(last.Name, "가")+" 끝나지 않습니다. 파일이 잘렸을 수 있습니다.", last.Name+" has no end: the file may be cut off.")
	}
	if len(r.open[0].Components) == 0 && len(r.wrong) == 0 {
		r.refuse(1, "no-calendar", "iCalendar(.ics) 파일이 아닙니다.", "The file is no iCalendar (.ics).")
	}
	return r.open[0], r.wrong
}

// contentLine is an unfolded line.
type contentLine struct {
	text string
	at   int
}

// unfolded are the lines of a file: one that begins with white space goes on with the one before. Some programs fold in
// the middle of a character, so the bytes are put together before they are read.
func unfolded(file []byte) ([]contentLine, bool) {
	if bytes.HasPrefix(file, []byte("\xff\xfe")) || bytes.HasPrefix(file, []byte("\xfe\xff")) {
		text, _, ok := charset.Table(file)
		if !ok {
			return nil, false
		}
		file = []byte(text)
	}
	joined, places := []byte{}, []int{}
	number := 0
	for physical := range bytes.SplitSeq(file, []byte("\n")) {
		number++
		physical = bytes.TrimSuffix(physical, []byte("\r"))
		switch {
		case len(physical) > 0 && (physical[0] == ' ' || physical[0] == '\t') && len(places) > 0:
			joined = append(joined, physical[1:]...)
		default:
			if len(places) > 0 {
				joined = append(joined, '\n')
			}
			joined, places = append(joined, physical...), append(places, number)
		}
	}
	text, _, ok := charset.Table(joined)
	if !ok {
		return nil, false
	}
	lines := []contentLine{}
	for i, l := range strings.Split(text, "\n") {
		if strings.TrimSpace(l) != "" {
			lines = append(lines, contentLine{l, places[min(i, len(places)-1)]})
		}
	}
	return lines, true
}

func (r *reader) refuse(line int, code, ko, en string) {
	r.wrong = append(r.wrong, Wrong{line, code, problem.Text{KO: ko, EN: en}})
}

var names = regexp.MustCompile(`^[A-Za-z0-9-]{1,60}`)

func (r *reader) line(l contentLine) {
	p, ok := property(l.text)
	p.Line = l.at
	last := &r.open[len(r.open)-1]
	name := strings.ToUpper(strings.TrimSpace(p.Value))
	switch {
	case !ok && len(r.open) == 1:
		r.refuse(l.at, "no-calendar", "iCalendar(.ics) 파일이 아닙니다.", "The file is no iCalendar (.ics).")
		r.over = true
	case !ok:
		r.refuse(l.at, "malformed-line", "‘이름:값’ 꼴이 아닙니다.", "It is no “NAME:value”.")
	case p.Name == "BEGIN" && (names.FindString(name) != name || name == ""):
		r.refuse(l.at, "malformed-line", "BEGIN 뒤에 이름이 없습니다.", "BEGIN names nothing.")
	case p.Name == "BEGIN" && len(r.open) == 1 && name != "VCALENDAR":
		r.refuse(l.at, "no-calendar", "VCALENDAR로 시작해야 합니다.", "It must begin with VCALENDAR.")
		r.open = append(r.open, Component{Name: name, Line: l.at})
	case p.Name == "BEGIN" && len(r.open) > mostDeep:
		r.refuse(l.at, "too-deep", "너무 깊이 들어 있습니다.", "It is nested too deep.")
	case p.Name == "BEGIN":
		r.open = append(r.open, Component{Name: name, Line: l.at})
	case p.Name == "END" && len(r.open) > 1 && last.Name == name:
		closed := *last
		r.open = r.open[:len(r.open)-1]
		parent := &r.open[len(r.open)-1]
		parent.Components = append(parent.Components, closed)
	case p.Name == "END":
		r.refuse(l.at, "malformed-component", fmt.Sprintf("여기서 끝날 수 없습니다: %s", name), fmt.Sprintf("It cannot end here: %s", name))
	case len(r.open) == 1:
		r.refuse(l.at, "no-calendar", "VCALENDAR로 시작해야 합니다.", "It must begin with VCALENDAR.")
	default:
		last.Properties = append(last.Properties, p)
	}
}

// property reads a content line.
func property(line string) (Property, bool) {
	name := names.FindString(line)
	p, rest := Property{Name: strings.ToUpper(name)}, line[len(name):]
	if name == "" {
		return p, false
	}
	for strings.HasPrefix(rest, ";") {
		name := names.FindString(rest[1:])
		var found bool
		if rest, found = strings.CutPrefix(rest[1+len(name):], "="); !found || name == "" {
			return p, false
		}
		param := Param{Name: strings.ToUpper(name)}
		for more := true; more; rest, more = strings.CutPrefix(rest, ",") {
			var value string
			var ok bool
			if value, rest, ok = paramValue(rest); !ok {
				return p, false
			}
			param.Values = append(param.Values, value)
		}
		p.Params = append(p.Params, param)
	}
	value, ok := strings.CutPrefix(rest, ":")
	p.Value = value
	return p, ok
}

// paramValue is the value at the beginning of s, which may be in quotes, and what is behind it.
func paramValue(s string) (value, rest string, ok bool) {
	if quoted, is := strings.CutPrefix(s, `"`); is {
		return strings.Cut(quoted, `"`)
	}
	end := strings.IndexAny(s, ",;:")
	if end < 0 || strings.Contains(s[:end], `"`) {
		return "", s, false
	}
	return s[:end], s[end:], true
}

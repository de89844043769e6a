package logs

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// Line is one line of a container's log.
type Line struct {
	At        time.Time // when the node read it from the container, to the nanosecond
	Again     int       // how many lines of the container came before it at the same nanosecond
	Pod       string
	Container string
	Text      []byte // as Fit leaves it, without its end
}

// NotKept is the message of a line of our own in the stream of a container some of whose lines
// are not here.
const NotKept = "lines were not kept"

// Place is how far a container's log was read: the time of the last line, and how many lines
// of that time were read.
type Place struct {
	At       time.Time `json:"at,omitzero"`
	Lines    int       `json:"lines,omitempty"`
	Restarts int       `json:"restarts,omitempty"` // of the container, which begins a log of its own with each
}

// id is what is the same of a line that was stored twice.
type id struct {
	pod, container string
	at             int64
	again          int
}

func (l Line) id() id { return id{l.Pod, l.Container, l.At.UnixNano(), l.Again} }

// stored is a line of an object: a container's line, which is JSON or some other text, or, at
// the end, the places.
type stored struct {
	At        time.Time        `json:"at,omitzero"`
	Again     int              `json:"again,omitempty"`
	Pod       string           `json:"pod,omitempty"`
	Container string           `json:"container,omitempty"`
	Line      json.RawMessage  `json:"line,omitempty"`
	Text      *string          `json:"text,omitempty"`
	Places    map[string]Place `json:"places,omitempty"`
}

// appendTo writes the line as an object holds it. JSON stays byte for byte what it was.
func (l Line) appendTo(b []byte) []byte {
	b = append(b, `{"at":"`...)
	b = l.At.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	if l.Again > 0 {
		b = append(b, `,"again":`...)
		b = strconv.AppendInt(b, int64(l.Again), 10)
	}
	b = append(b, `,"pod":`...)
	b = strconv.AppendQuote(b, l.Pod) // names of Kubernetes: letters, digits, dots and dashes
	b = append(b, `,"container":`...)
	b = strconv.AppendQuote(b, l.Container)
	if isObject(l.Text) {
		b = append(b, `,"line":`...)
		b = append(b, l.Text...)
	} else {
		text, _ := json.Marshal(string(l.Text)) // a string cannot fail
		b = append(b, `,"text":`...)
		b = append(b, text...)
	}
	return append(b, "}\n"...)
}

func isObject(text []byte) bool { return len(text) > 0 && text[0] == '{' && json.Valid(text) }

// parse reads a container's line of an object.
func parse(text []byte) (Line, bool) {
	var s stored
	if json.Unmarshal(text, &s) != nil || s.Pod == "" {
		return Line{}, false
	}
	l := Line{At: s.At, Again: s.Again, Pod: s.Pod, Container: s.Container, Text: s.Line}
	if s.Text != nil {
		l.Text = []byte(*s.Text)
	}
	return l, true
}

// parsePlaces reads the line of the places; nil: it is another one.
func parsePlaces(text []byte) map[string]Place {
	var s stored
	if !bytes.HasPrefix(text, []byte(`{"places":`)) || json.Unmarshal(text, &s) != nil {
		return nil
	}
	return s.Places
}

package icalendar

import (
	"bytes"
	"unicode/utf8"
)

// mostOctets is how long a line is at most, without its end (RFC 5545, 3.1).
const mostOctets = 75

// Writer writes content lines. The zero value is an empty file.
type Writer struct{ b bytes.Buffer }

// Bytes are what was written.
func (w *Writer) Bytes() []byte { return w.b.Bytes() }

// Begin begins a component.
func (w *Writer) Begin(name string) { w.Value("BEGIN", name) }

// End ends it.
func (w *Writer) End(name string) { w.Value("END", name) }

// Text writes a property with a text.
func (w *Writer) Text(name, text string) { w.Value(name, Escape(text)) }

// Value writes a property whose value stands as it is; name may have parameters behind it, as "DTSTART;VALUE=DATE".
func (w *Writer) Value(name, value string) {
	line, room := name+":"+value, mostOctets
	for len(line) > room {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		w.b.WriteString(line[:cut])
		w.b.WriteString("\r\n ")
		line, room = line[cut:], mostOctets-1
	}
	w.b.WriteString(line)
	w.b.WriteString("\r\n")
}

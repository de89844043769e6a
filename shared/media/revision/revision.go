// Package revision compares two versions of a text by lines and, inside changed lines, by words.
//
// The comparison is Myers' of znkr.io/diff as long as a budget lasts, and its fast one behind it, which bounds the time whatever
// the texts are: BenchmarkWorst of package rule has texts at their limits. The result of a comparison is right in any
// release, but which of several right ones it is may change, so that it is computed when it is shown and never stored.
package revision

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"znkr.io/diff"
)

// Context is how many unchanged lines stand around a change.
const Context = 3

// Kind says what became of a line.
type Kind string

// The kinds of lines.
const (
	Equal  Kind = "equal"  // in both versions
	Delete Kind = "delete" // in the old version only
	Insert Kind = "insert" // in the new version only
)

// Hunk is a place where the versions differ, with up to Context unchanged lines before and after it.
type Hunk struct {
	Lines []Line // in reading order; of what was replaced, the old lines come first
}

// Line is one line of a hunk.
type Line struct {
	Kind     Kind
	Old, New int       // numbers in the versions, from 1; 0 in the version that the line is not in
	Text     string    // without its line end
	Segments []Segment // of a deleted or inserted line, together its Text; nil for an equal or empty line
}

// State says whether l is a line at all, whether both versions have it, and whether the new one alone has.
func (l *Line) State() (there, same, added bool) {
	return l != nil, l != nil && l.Kind == Equal, l != nil && l.Kind == Insert
}

// Words are the parts of l in their order, with whether they differ.
func (l *Line) Words() iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		if l.Kind == Equal {
			yield(l.Text, false)
			return
		}
		for _, s := range l.Segments {
			if !yield(s.Text, s.Changed) {
				return
			}
		}
	}
}

// Segment is a part of a line.
type Segment struct {
	Changed bool
	Text    string // never empty
}

// Row is a line of a side-by-side view. A line that was replaced stands beside what replaced it; nil is an empty cell.
type Row struct {
	Old, New *Line
}

// Lines returns where a and b differ, in order; nil when they are the same. Lines end with LF, and whether the last one does
// makes no difference.
func Lines(a, b string) []Hunk {
	var c Comparison
	var hunks []Hunk
	from, to := split(a), split(b)
	for _, found := range diff.Hunks(from, to, append(c.effort(from, to), diff.Context(Context))...) {
		var hunk Hunk
		var deleted, inserted []Line
		replace := func() {
			c.mark(deleted, inserted)
			hunk.Lines = append(append(hunk.Lines, deleted...), inserted...)
			deleted, inserted = nil, nil
		}
		for _, edit := range found.Edits {
			switch edit.Op {
			case diff.Delete:
				deleted = append(deleted, Line{Kind: Delete, Old: edit.PosX + 1, Text: edit.X})
			case diff.Insert:
				inserted = append(inserted, Line{Kind: Insert, New: edit.PosY + 1, Text: edit.Y})
			case diff.Match:
				replace()
				hunk.Lines = append(hunk.Lines, Line{Kind: Equal, Old: edit.PosX + 1, New: edit.PosY + 1, Text: edit.X})
			}
		}
		replace()
		hunks = append(hunks, hunk)
	}
	return hunks
}

// Rows returns the lines of h side by side: the first deleted line of a change beside the first inserted one, and so on.
func (h Hunk) Rows() []Row {
	var rows []Row
	free := 0 // the first row of the present change whose right cell is empty
	for i := range h.Lines {
		line := &h.Lines[i]
		switch {
		case line.Kind == Delete:
			rows = append(rows, Row{Old: line})
			continue // rows from free on wait for inserted lines
		case line.Kind == Insert && free < len(rows):
			rows[free].New = line
		case line.Kind == Insert:
			rows = append(rows, Row{New: line})
		default:
			rows = append(rows, Row{Old: line, New: line})
			free = len(rows)
			continue
		}
		free++
	}
	return rows
}

// Words returns both texts in segments, those changed that the other has not in the same place.
//
// A word is a run of letters and digits, so that a particle belongs to its noun; every other character stands for itself. When
// less than a third of the texts is common they are changed as a whole, since scattered matches explain nothing.
func (c *Comparison) Words(a, b string) (before, after []Segment) {
	var left, right spans
	common := 0
	from, to := words(a), words(b)
	for _, edit := range diff.Edits(from, to, c.effort(from, to)...) {
		switch edit.Op {
		case diff.Delete:
			left.add(len(edit.X), true)
		case diff.Insert:
			right.add(len(edit.Y), true)
		case diff.Match:
			left.add(len(edit.X), false)
			right.add(len(edit.X), false)
			common += weight(edit.X)
		}
	}
	if 3*common < max(weight(a), weight(b)) {
		return whole(a), whole(b)
	}
	return left.segments(a), right.segments(b)
}

// Comparison compares texts that belong together, as the paragraphs of two versions, and bounds what that costs in all. The
// zero Comparison is ready.
type Comparison struct {
	spent int // of mostThorough
}

// mostThorough is how many pairs of lines or words a comparison may look at to find the shortest differences. A book of rules
// that is written anew takes some millions.
const mostThorough = 50_000_000

// effort spends what a search for the shortest difference of a and b can cost at most: each of what lies between their equal
// beginnings and ends against each. Where that is not left, only what occurs once in both is matched, and what is equal
// around it.
func (c *Comparison) effort(a, b []string) []diff.Option {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	cost := len(a) * len(b)
	if cost > mostThorough-c.spent {
		return []diff.Option{diff.Fast()}
	}
	c.spent += cost
	return nil
}

// spans are the parts of a text by their ends, alternately changed and not.
type spans []span

type span struct {
	end     int // in bytes
	changed bool
}

// add appends size bytes, to the last span when it is of the same sort.
func (s *spans) add(size int, changed bool) {
	last := len(*s) - 1
	switch {
	case last < 0:
		*s = append(*s, span{size, changed})
	case (*s)[last].changed == changed:
		(*s)[last].end += size
	default:
		*s = append(*s, span{(*s)[last].end + size, changed})
	}
}

// segments cuts text into its spans. Changes that only white space parts become one.
func (s spans) segments(text string) []Segment {
	var joined spans
	start := 0
	for i, part := range s {
		between := i > 0 && i < len(s)-1 && strings.TrimSpace(text[start:part.end]) == ""
		joined.add(part.end-start, part.changed || between)
		start = part.end
	}
	var segments []Segment
	start = 0
	for _, part := range joined {
		segments = append(segments, Segment{Changed: part.changed, Text: text[start:part.end]})
		start = part.end
	}
	return segments
}

// mark sets the segments of lines that replace each other, pair by pair; what has no partner is changed as a whole.
func (c *Comparison) mark(deleted, inserted []Line) {
	paired := min(len(deleted), len(inserted))
	for i := range paired {
		deleted[i].Segments, inserted[i].Segments = c.Words(deleted[i].Text, inserted[i].Text)
	}
	for i := paired; i < len(deleted); i++ {
		deleted[i].Segments = whole(deleted[i].Text)
	}
	for i := paired; i < len(inserted); i++ {
		inserted[i].Segments = whole(inserted[i].Text)
	}
}

func whole(s string) []Segment {
	if s == "" {
		return nil
	}
	return []Segment{{Changed: true, Text: s}}
}

// weight is the length of s in characters other than white space.
func weight(s string) int {
	n := 0
	for _, r := range s {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// split returns the lines of s without their ends; none for an empty text.
func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// words returns the words of s and what is between them, together s.
func words(s string) []string {
	var words []string
	for start := 0; start < len(s); {
		end := start
		for end < len(s) {
			r, size := utf8.DecodeRuneInString(s[end:])
			if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) {
				break
			}
			end += size
		}
		if end == start {
			_, size := utf8.DecodeRuneInString(s[start:])
			end += size
		}
		words = append(words, s[start:end])
		start = end
	}
	return words
}

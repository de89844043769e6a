package thing

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/madang-council/madang/shared/text"
)

// Place of a piece in a thing.
const (
	InTitle   = "title"
	InTitleEn = "titleEn"
	InTag     = "tag"
	InText    = "text"
)

// Piece is a title, a tag or a part of the text of a thing, with where the words of a query stand in it. What is cut off at
// its ends is told by "…".
type Piece struct {
	In    string
	Text  string   // as it was written
	Marks [][2]int // bytes of Text, from and before, in order and apart
}

// The size of a part of a text: two lines of a telephone.
const (
	pieceBefore = 30  // characters before the first word
	pieceLength = 120 // characters in all
	mostPieces  = 2   // of a text
)

// Pieces are the titles, the tags and the parts of the text that have words of a query. A word of initials is looked for in
// titles and tags.
func (q Query) Pieces(t Thing) []Piece {
	pieces := []Piece{}
	add := func(in, s string) {
		if p := (Piece{In: in, Text: s, Marks: q.marks(s, true)}); len(p.Marks) > 0 {
			pieces = append(pieces, p)
		}
	}
	add(InTitle, t.Title)
	add(InTitleEn, t.TitleEn)
	for _, tag := range t.Tags {
		add(InTag, tag)
	}
	body := cut(t.Text)
	marks := q.marks(body, false)
	for n := 0; n < mostPieces && len(marks) > 0; n++ {
		var p Piece
		p, marks = excerpt(body, marks)
		pieces = append(pieces, p)
	}
	return pieces
}

// Marked is a text that is shown whole, as a title in another language, with the words of q that it has.
func (q Query) Marked(in, s string) Piece { return Piece{In: in, Text: s, Marks: q.marks(s, true)} }

// excerpt is the part of a text around the first mark, and the marks behind it.
func excerpt(s string, marks [][2]int) (Piece, [][2]int) {
	from := back(s, marks[0][0], pieceBefore)
	to := forward(s, from, pieceLength)
	for _, m := range marks { // a mark is never cut
		if m[0] < to && m[1] > to {
			to = m[1]
		}
	}
	p := Piece{In: InText, Text: strings.Map(oneLine, s[from:to])}
	shift := -from
	if from > 0 {
		p.Text, shift = "…"+p.Text, shift+len("…")
	}
	if to < len(s) {
		p.Text += "…"
	}
	for len(marks) > 0 && marks[0][1] <= to {
		p.Marks = append(p.Marks, [2]int{marks[0][0] + shift, marks[0][1] + shift})
		marks = marks[1:]
	}
	return p, marks
}

// oneLine makes spaces of line breaks, byte for byte.
func oneLine(r rune) rune {
	if r == '\n' || r == '\r' || r == '\t' {
		return ' '
	}
	return r
}

// back is the place n characters before one, at the beginning of a word if there is one near.
func back(s string, at, n int) int {
	from, word := at, -1
	for ; n > 0 && from > 0; n-- {
		from = strings.LastIndexFunc(s[:from], func(rune) bool { return true })
		if from > 0 && s[from-1] == ' ' || from > 0 && s[from-1] == '\n' {
			word = from
		}
	}
	if from > 0 && word >= 0 {
		return word
	}
	for from > 0 && !norm.NFC.PropertiesString(s[from:]).BoundaryBefore() {
		from = strings.LastIndexFunc(s[:from], func(rune) bool { return true })
	}
	return from
}

// forward is the place n characters behind one.
func forward(s string, at, n int) int {
	for i := range s[at:] {
		if n == 0 {
			return at + i
		}
		if n > 1 || norm.NFC.PropertiesString(s[at+i:]).BoundaryBefore() {
			n--
		}
	}
	return len(s)
}

// marks are where the words of q stand in s: the earliest first, and what overlaps or touches as one.
func (q Query) marks(s string, initials bool) [][2]int {
	f := fold(s)
	list := [][2]int{}
	for _, w := range q.words {
		runes := f.runes
		if w.initials {
			if !initials {
				continue
			}
			runes = []rune(text.Choseong(string(f.runes)))
			if len(runes) != len(f.runes) {
				continue
			}
		}
		word := []rune(w.folded)
		for i := 0; i+len(word) <= len(runes); i++ {
			if runes[i] == word[0] && slices.Equal(runes[i:i+len(word)], word) {
				list = append(list, [2]int{f.from[i], f.to[i+len(word)-1]})
				i += len(word) - 1
			}
		}
	}
	slices.SortFunc(list, func(a, b [2]int) int { return a[0] - b[0] })
	joined := list[:0]
	for _, m := range list {
		if n := len(joined); n > 0 && m[0] <= joined[n-1][1] {
			joined[n-1][1] = max(joined[n-1][1], m[1])
		} else {
			joined = append(joined, m)
		}
	}
	return joined
}

// folded is a squeezed text, and for each of its characters the bytes of the original that it comes from.
type folded struct {
	runes    []rune
	from, to []int
}

// fold is text.Squeeze of s, piece by piece: a character with what joins it.
func fold(s string) folded {
	f := folded{runes: make([]rune, 0, len(s)/2), from: make([]int, 0, len(s)/2), to: make([]int, 0, len(s)/2)}
	add := func(from, to int) {
		for _, r := range text.Squeeze(s[from:to]) {
			f.runes, f.from, f.to = append(f.runes, r), append(f.from, from), append(f.to, to)
		}
	}
	begin, end := -1, 0 // of the piece; what cannot be seen behind it is none of it
	for at, r := range s {
		size := len(string(r))
		switch {
		case text.Blank(string(r)):
			continue
		case begin >= 0 && joins(r):
		default:
			if begin >= 0 {
				add(begin, end)
			}
			begin = at
		}
		end = at + size
	}
	if begin >= 0 {
		add(begin, end)
	}
	return f
}

// joins says whether a character may become one with the one before it.
func joins(r rune) bool {
	if r < 0x300 || syllable(r) {
		return false
	}
	return unicode.IsMark(r) || !norm.NFC.PropertiesString(text.Fold(string(r))).BoundaryBefore() || !norm.NFC.PropertiesString(string(r)).BoundaryBefore()
}

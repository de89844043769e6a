package rule

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// scanner goes through a line. It looks at digits, brackets and spaces as if they were narrow, and
// gives back what was written.
type scanner struct {
	written, narrow []rune
	at              int
}

func scan(line string) *scanner {
	written := []rune(line)
	return &scanner{written: written, narrow: narrow(written)}
}

// narrow are characters with wide ASCII and spaces made narrow, one for one.
func narrow(written []rune) []rune {
	list := slices.Clone(written)
	for i, r := range list {
		switch {
		case r >= '！' && r <= '～':
			list[i] = r - '！' + '!'
		case unicode.IsSpace(r):
			list[i] = ' '
		}
	}
	return list
}

// ends says whether nothing is left.
func (s *scanner) ends() bool { return s.at >= len(s.narrow) }

// next is the next character, 0 for none.
func (s *scanner) next() rune {
	if s.ends() {
		return 0
	}
	return s.narrow[s.at]
}

func (s *scanner) skip() { s.at++ }

// rest is what is left, as it was written, without spaces around it.
func (s *scanner) rest() string {
	return strings.TrimSpace(string(s.written[min(s.at, len(s.written)):]))
}

// space skips spaces and says whether there was one.
func (s *scanner) space() bool {
	from := s.at
	for s.next() == ' ' {
		s.skip()
	}
	return s.at > from
}

// spaces skips spaces.
func (s *scanner) spaces() bool {
	s.space()
	return true
}

// word skips a text where it comes next.
func (s *scanner) word(w string) bool {
	for i, r := range []rune(w) {
		if s.at+i >= len(s.narrow) || s.narrow[s.at+i] != r {
			return false
		}
	}
	s.at += len([]rune(w))
	return true
}

// number skips digits, at most four of them, without a zero at the beginning.
func (s *scanner) number() (int, bool) {
	n, from := 0, s.at
	for s.next() >= '0' && s.next() <= '9' {
		n = n*10 + int(s.next()-'0')
		s.skip()
		if s.at-from > 4 {
			return 0, false
		}
	}
	return n, s.at > from && s.narrow[from] != '0'
}

// numbered skips 제12조의2, with spaces in it or without, and says which of the units it names.
func (s *scanner) numbered(units ...string) (place, int, bool) {
	if !s.word("제") {
		return place{}, 0, false
	}
	s.spaces()
	n, ok := s.number()
	if !ok {
		return place{}, 0, false
	}
	s.spaces()
	unit := slices.IndexFunc(units, s.word)
	if unit < 0 {
		return place{}, 0, false
	}
	at := place{n, 0}
	behind := s.at
	s.spaces()
	if s.word("의") {
		s.spaces()
		if sub, numbered := s.number(); numbered {
			return place{n, sub}, unit, true
		}
	}
	s.at = behind
	return at, unit, true
}

// bracket skips one of some pairs of brackets with what is in them, and spaces before it. Found says
// that one opens, closed that it closes, and that round ones inside of it do.
func (s *scanner) bracket(pairs ...string) (inside string, found, closed bool) {
	at := s.at
	for at < len(s.narrow) && s.narrow[at] == ' ' {
		at++
	}
	if at == len(s.narrow) {
		return "", false, false
	}
	i := slices.IndexFunc(pairs, func(p string) bool { return []rune(p)[0] == s.narrow[at] })
	if i < 0 {
		return "", false, false
	}
	open, shut, depth := []rune(pairs[i])[0], []rune(pairs[i])[1], 0
	for end := at; end < len(s.narrow); end++ {
		switch s.narrow[end] {
		case open:
			depth++
		case shut:
			depth--
		}
		if depth == 0 {
			inside = strings.TrimSpace(string(s.written[at+1 : end]))
			s.at = end + 1
			return inside, true, balanced(inside)
		}
	}
	return "", true, false
}

// balanced says whether round and pointed brackets in a text close, so that it can stand in either.
func balanced(s string) bool {
	round, pointed := 0, 0
	for _, r := range narrow([]rune(s)) {
		switch r {
		case '(':
			round++
		case ')':
			round--
		case '<':
			pointed++
		case '>':
			pointed--
		}
		if round < 0 || pointed < 0 {
			return false
		}
	}
	return round == 0 && pointed == 0
}

// mostCircled is the largest number that has a sign in a circle.
const mostCircled = 50

// circled is the number of a sign in a circle, 0 for what is none.
func circled(r rune) int {
	switch {
	case r >= '①' && r <= '⑳':
		return int(r-'①') + 1
	case r >= '㉑' && r <= '㉟':
		return int(r-'㉑') + 21
	case r >= '㊱' && r <= '㊿':
		return int(r-'㊱') + 36
	default:
		return 0
	}
}

// circle is the sign of a number from 1 to 50.
func circle(n int) rune {
	switch {
	case n <= 20:
		return '①' + rune(n-1)
	case n <= 35:
		return '㉑' + rune(n-21)
	default:
		return '㊱' + rune(n-36)
	}
}

// letters are those of 목 in their order.
var letters = []rune("가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호")

// lettered is the number of a 목, 0 for what is none.
func lettered(r rune) int { return slices.Index(letters, r) + 1 }

var (
	date     = regexp.MustCompile(`^\s*[0-9]{1,2}\.`)
	mention  = regexp.MustCompile(`^제\s*([0-9]+\s*)?([조항호목장편절관]|$)`)
	broken   = regexp.MustCompile(`^(부|제\s*([0-9]+\s*([조편장절관]\s*의\s*)?)?)$`) // where the next line would make a number of it
	joinings = []string{"및", "또는", "와", "과", "부터", "내지", "까지", "이나", "혹은", "에", "에서", "중", "의", "은", "는", "을", "를"}
)

// partOfDate says whether what follows a number and a full stop shows that it is no 호: 1.5배, and
// 3. 1.부터, where a date begins a line.
func (s *scanner) partOfDate() bool {
	return s.next() >= '0' && s.next() <= '9' || date.MatchString(string(s.narrow[min(s.at, len(s.narrow)):]))
}

// joins says whether a text goes on a sentence that mentions what stands before it: 및 제13조.
func joins(s string) bool {
	word, _, _ := strings.Cut(string(narrow([]rune(s))), " ")
	return slices.Contains(joinings, word) || strings.HasPrefix(word, ",") || strings.HasPrefix(word, "·") || strings.HasPrefix(word, "ㆍ")
}

// mentions says whether a text begins with a part of the text: 제1항에 따라.
func mentions(s string) bool { return mention.MatchString(string(narrow([]rune(s)))) }

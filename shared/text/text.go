// Package text treats what people type, Korean first: one normal form, one way of counting, one list of refused characters.
//
// Korean has two spellings in Unicode: a syllable as one code point (NFC, what most keyboards send) and as two or three
// conjoining letters (NFD, what macOS puts into file names). Every function here works on NFC, so both are the same text.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// The codes of Refused. They are part of the API's answers and never change.
const (
	// NotUTF8 says that the bytes are no valid UTF-8; a surrogate encoded on its own is one case of it.
	NotUTF8 = "not-utf8"
	// Control says that there is a control character other than a tab or an allowed newline.
	Control = "control-character"
	// Newline says that there is a line break in a text of one line.
	Newline = "newline"
	// Bidi says that there is a character that reorders the text around it, which can make it read as what it is not.
	Bidi = "bidi-control"
	// Noncharacter says that there is a code point that Unicode reserves for never being text.
	Noncharacter = "noncharacter"
	// Damaged says that there is U+FFFD, which decoders put in the place of what they could not read. JSON decoders do so
	// with a lone surrogate, so that this is how one arrives.
	Damaged = "damaged-character"
)

// Refused is the error of Clean.
type Refused struct {
	Code string // one of the package's constants
	At   int    // position in the text as given, in code points from 0; each invalid byte counts as one
}

// Error describes the refusal for a log; it holds nothing of the text itself.
func (r *Refused) Error() string {
	return fmt.Sprintf("text refused: %s at character %d", r.Code, r.At)
}

// NFC returns s in Unicode's normal form C: Hangul letters joined into syllables, accents joined with their letters.
func NFC(s string) string {
	return norm.NFC.String(s)
}

// Count returns the number of characters of s: code points after NFC.
//
// A Hangul syllable counts as one however it was typed, which is what a limit such as "1,000자" means to its readers. An
// emoji made of several code points (a family, a flag) counts as several; counting grapheme clusters would make a limit
// unbounded in bytes, since one cluster may hold any number of code points.
func Count(s string) int {
	return utf8.RuneCountInString(NFC(s))
}

// Clean returns s as it is stored: NFC, without white space, U+200B or U+FEFF at its ends, lines separated by LF.
//
// CRLF, U+2028 and U+2029 become LF. The error is a *Refused for invalid UTF-8, for a control character other than a tab
// (and other than a newline when multiline), for a newline in the middle of a text of one line, for bidirectional overrides
// and isolates, for noncharacters and for U+FFFD. An empty result is no error: see Blank.
func Clean(s string, multiline bool) (string, error) {
	if err := check(s); err != nil {
		return "", err
	}
	lines := s
	if strings.ContainsAny(s, lineEnds) {
		lines = strings.NewReplacer("\r\n", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	}
	lines = strings.TrimFunc(NFC(lines), trimmed)
	if multiline || !strings.Contains(lines, "\n") {
		return lines, nil
	}
	// Positions are told in the text as given, so the break is looked for there, behind what was trimmed.
	start := len(s) - len(strings.TrimLeftFunc(s, trimmed))
	at := start + strings.IndexAny(s[start:], "\n"+lineEnds)
	return "", &Refused{Code: Newline, At: utf8.RuneCountInString(s[:at])}
}

// lineEnds are the characters that end a line, in what people paste, beside LF.
const lineEnds = "\r\u2028\u2029"

// check refuses the characters that no text may hold.
func check(s string) error {
	at := 0
	for i, r := range s {
		if code := refusal(s[i:], r); code != "" {
			return &Refused{Code: code, At: at}
		}
		at++
	}
	return nil
}

// refusal returns the code for which r, the first character of s, is refused, or "".
func refusal(s string, r rune) string {
	switch {
	case r == utf8.RuneError:
		if strings.HasPrefix(s, string(utf8.RuneError)) {
			return Damaged
		}
		return NotUTF8
	case r == '\t', r == '\n', strings.HasPrefix(s, "\r\n"):
		return ""
	case unicode.IsControl(r):
		return Control
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return Bidi
	case r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE:
		return Noncharacter
	}
	return ""
}

func trimmed(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200B' || r == '\uFEFF'
}

// Blank says whether s shows nothing: empty, or only white space, Hangul fillers, zero-width and other invisible characters.
func Blank(s string) bool {
	for _, r := range s {
		if !invisible(r) {
			return false
		}
	}
	return true
}

// invisible lists what a reader cannot see. The fillers and U+2800 are letters and symbols to Unicode, and are what people
// type to get past a check for emptiness.
func invisible(r rune) bool {
	switch r {
	case '\u115F', '\u1160', '\u3164', '\uFFA0', // Hangul fillers
		'\u2800',           // braille pattern without dots
		'\u034F',           // combining grapheme joiner
		'\u17B4', '\u17B5': // Khmer inherent vowels
		return true
	}
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) ||
		unicode.Is(unicode.Variation_Selector, r)
}

// Offsets of Unicode's arithmetic for Hangul (The Unicode Standard, section 3.12).
const (
	firstSyllable     = '가'
	lastSyllable      = '힣'
	syllablesPerStart = 588 // 21 vowels times 28 finals, none included
	firstInitial      = '\u1100'
	lastInitial       = '\u1112'
)

// initials are the 19 initial consonants in the order of the syllables, as the letters that a keyboard types.
const initials = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"

// Choseong returns s with every Hangul syllable replaced by its initial consonant: 회의록 becomes ㅎㅇㄹ.
//
// The consonants are compatibility jamo (U+3131 and on), which is what a keyboard types, so that a query of initials is
// found as it is. Every other character stays.
func Choseong(s string) string {
	letters := []rune(initials)
	return strings.Map(func(r rune) rune {
		switch {
		case r >= firstSyllable && r <= lastSyllable:
			return letters[(r-firstSyllable)/syllablesPerStart]
		case r >= firstInitial && r <= lastInitial:
			return letters[r-firstInitial]
		}
		return r
	}, NFC(s))
}

// Fold returns s for comparing in a search: NFC, full and half width made one, case made one. It is not for showing.
//
// Case folding is by single characters: ẞ and ß are one, "ß" and "ss" are not. Folding twice changes nothing.
func Fold(s string) string {
	s = norm.NFC.String(width.Fold.String(norm.NFC.String(s)))
	// Through the capital, since ſ, ς and U+0345 have the same capital as s, σ and ι, but are small letters already.
	return norm.NFC.String(strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, s))
}

// Squeeze returns Fold of s without what a reader does not see: white space, characters of class Cf, variation selectors,
// fillers. Two texts that look the same but for their spacing squeeze to the same.
func Squeeze(s string) string {
	unseen := func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}
	// Before and after: a filler keeps letters from joining, and folding makes white space of wide spaces.
	return strings.Map(unseen, Fold(strings.Map(unseen, NFC(s))))
}

// Bigrams returns the different pairs of neighbouring characters of s, folded, in the order of their first place.
//
// White space is skipped, since spacing varies in Korean: 정기총회 and 정기 총회 have the same pairs. Any other character that
// is neither letter, mark nor number ends a run, and a run of a single character is given as it is. To index, pass the whole
// text; to look up, pass each word of the query on its own, since words may come in another order.
func Bigrams(s string) []string { return Pairs(Fold(s)) }

// Pairs is Bigrams of a text that was folded before.
func Pairs(folded string) []string {
	var grams []string
	seen := make(map[string]struct{})
	add := func(gram string) {
		if _, ok := seen[gram]; !ok {
			seen[gram] = struct{}{}
			grams = append(grams, gram)
		}
	}
	var previous rune
	length := 0
	end := func() {
		if length == 1 {
			add(string(previous))
		}
		length = 0
	}
	for _, r := range folded {
		switch {
		case unicode.IsSpace(r):
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
			if length > 0 {
				add(string([]rune{previous, r}))
			}
			previous = r
			length++
		default:
			end()
		}
	}
	end()
	return grams
}

// Truncate returns s in NFC with at most n characters as Count counts them; what is cut off is told by a final "…", which is
// one of the n. A mark or a joined emoji is never parted from the character before it. Below 1, n gives "".
func Truncate(s string, n int) string {
	s = NFC(s)
	if n < 1 {
		return ""
	}
	if len(s) <= n {
		return s
	}
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	end := n - 1
	for end > 0 && (attached(runes[end]) || runes[end-1] == zeroWidthJoiner) {
		end--
	}
	return strings.TrimRightFunc(string(runes[:end]), unicode.IsSpace) + "…"
}

const zeroWidthJoiner = '\u200D'

// attached says whether r belongs to the character before it.
func attached(r rune) bool {
	return unicode.IsMark(r) || r == zeroWidthJoiner ||
		r >= 0x1F3FB && r <= 0x1F3FF || // skin tones
		r >= 0xE0020 && r <= 0xE007F // tags of flags
}

// Package text treats what people type, Korean first: one normal form, one way of counting, one list of refused characters.
//
// Korean has two spellings in Unicode: a syllable as one code point (NFC, what most keyboards send) and as two or three
// conjoining letters (NFD, what macOS puts into file names). Every function here works on NFC, so both are the same text.
package text

import (
	"fmt"
	"strconv"
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
	// Noncharacter says that there is a code point that Unicode reserves for never being text.
	Noncharacter = "noncharacter"
	// Damaged says that there is U+FFFD, which decoders put in the place of what they could not read. JSON decoders do so
	// with a lone surrogate, so that this is how one arrives.
	Damaged = "damaged-character"
)

// Refused is the error of Clean.
type Refused struct {
	Code   string // one of the package's constants
	At     int    // position in the text as given, in code points from 0; each invalid byte counts as one
	Char   rune   // what stands there; of NotUTF8 the byte
	Line   int    // that it stands on, from 1
	Column int    // in that line, in code points from 1
}

// Error describes the refusal for a log; it holds nothing of the text itself but the character refused.
func (r *Refused) Error() string {
	return fmt.Sprintf("text refused: %s, %s at line %d, column %d", r.Code, r.Name(), r.Line, r.Column)
}

// Name is how the character is called in print, as U+0007.
func (r *Refused) Name() string {
	if r.Code == NotUTF8 {
		return fmt.Sprintf("0x%02X", r.Char)
	}
	return fmt.Sprintf("U+%04X", r.Char)
}

// NFC returns s in Unicode's normal form C: Hangul letters joined into syllables, accents joined with their letters.
func NFC(s string) string {
	return norm.NFC.String(s)
}

// Many is a number with what it counts, in English: 1 file, 3 files.
func Many(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
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
// What comes along when people paste is mended, not refused. Every other line end (CRLF, CR, VT, FF, NEL, U+2028, U+2029) becomes
// LF in a text of several lines. In a text of one line, LF and CRLF in the middle are refused, and the others are spaces. What
// reorders the text around it is removed: of one line, which stands among others' words, every such control; of a longer text all
// but the three marks that override nothing (see Straight). A text of one line is also without what only says where lines break.
//
// The error is a *Refused for invalid UTF-8, for another control character than a tab and these, for noncharacters and for U+FFFD.
// An empty result is no error: see Blank.
func Clean(s string, multiline bool) (string, error) {
	if err := check(s); err != nil {
		return "", err
	}
	lines := s
	switch {
	case multiline:
		if strings.ContainsAny(s, lineEnds) {
			lines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
		}
		lines = Straight(lines)
	default:
		if strings.ContainsAny(s, lineEnds) {
			lines = strings.NewReplacer("\r\n", "\n", "\r", " ", "\v", " ", "\f", " ", "\u0085", " ", "\u2028", " ", "\u2029", " ").Replace(s)
		}
		lines = strings.ReplaceAll(strings.Map(without(unicode.Bidi_Control), lines), "\u00A0", " ")
		if strings.ContainsAny(lines, nothing) {
			lines = strings.Map(func(r rune) rune {
				if strings.ContainsRune(nothing, r) {
					return -1
				}
				return r
			}, lines)
		}
	}
	lines = strings.TrimFunc(NFC(lines), trimmed)
	if multiline || !strings.Contains(lines, "\n") {
		return lines, nil
	}
	// Positions are told in the text as given, so the break is looked for there, behind what was trimmed.
	start := len(s) - len(strings.TrimLeftFunc(s, func(r rune) bool { return trimmed(r) || unicode.Is(unicode.Bidi_Control, r) }))
	at := start + strings.IndexByte(s[start:], '\n')
	if at > start && s[at-1] == '\r' {
		at--
	}
	return "", refusedAt(s, at, Newline)
}

// nothing are the characters that say where a line may break, and stand for nothing in a text of one line: U+200B, soft
// hyphen, word joiner, U+FEFF.
const nothing = "\u200B\u00AD\u2060\uFEFF"

// Straight returns s without the characters that reorder the text around them, by which "gpj.exe" can be made to read as
// "exe.jpg": bidirectional embeddings, overrides and isolates (UAX #9). Marks of direction stay, which only say on which
// side a sign of punctuation stands.
func Straight(s string) string {
	if !strings.ContainsAny(s, reordering) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(reordering, r) {
			return -1
		}
		return r
	}, s)
}

const reordering = "\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069"

// without is what strings.Map takes to remove the characters of a table.
func without(table *unicode.RangeTable) func(rune) rune {
	return func(r rune) rune {
		if unicode.Is(table, r) {
			return -1
		}
		return r
	}
}

// lineEnds are the characters that end a line, in what people paste, beside LF.
const lineEnds = "\r\v\f\u0085\u2028\u2029"

// check refuses the characters that no text may hold.
func check(s string) error {
	for i, r := range s {
		if code := refusal(s[i:], r); code != "" {
			return refusedAt(s, i, code)
		}
	}
	return nil
}

// refusedAt tells where the character is that begins at a byte of s.
func refusedAt(s string, at int, code string) *Refused {
	r, size := utf8.DecodeRuneInString(s[at:])
	if r == utf8.RuneError && size == 1 {
		r = rune(s[at])
	}
	refused := &Refused{Code: code, At: utf8.RuneCountInString(s[:at]), Char: r, Line: 1}
	before := s[:at]
	for {
		end := strings.IndexAny(before, "\n"+lineEnds)
		if end < 0 {
			break
		}
		_, size := utf8.DecodeRuneInString(before[end:])
		if strings.HasPrefix(before[end:], "\r\n") {
			size = 2
		}
		before = before[end+size:]
		refused.Line++
	}
	refused.Column = utf8.RuneCountInString(before) + 1
	return refused
}

// refusal returns the code for which r, the first character of s, is refused, or "".
func refusal(s string, r rune) string {
	switch {
	case r == utf8.RuneError:
		if strings.HasPrefix(s, string(utf8.RuneError)) {
			return Damaged
		}
		return NotUTF8
	case r == '\t', r == '\n', strings.ContainsRune(lineEnds, r):
		return ""
	case unicode.IsControl(r):
		return Control
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

// Fold returns s for finding it as a part of another text: NFC, full and half width made one, case made one. It is not for showing.
//
// Case folding is by single characters: ẞ and ß are one, "ß" and "ss" are not. Folding twice changes nothing.
func Fold(s string) string {
	s = norm.NFC.String(width.Fold.String(norm.NFC.String(s)))
	// Through the capital, since ſ, ς and U+0345 have the same capital as s, σ and ι, but are small letters already.
	return norm.NFC.String(strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, s))
}

// Visible returns s in NFC without what a reader does not see: white space, characters of class Cf, variation selectors, fillers.
// It is not for showing: joined emoji fall apart.
func Visible(s string) string {
	unseen := func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}
	// What was kept apart may join, and was hidden may be left.
	return NFC(strings.Map(unseen, NFC(s)))
}

// Squeeze returns Fold of Visible of s: two texts that look the same but for their spacing, their case and their width squeeze
// to the same. Everything that compares texts of people compares these: search, names, tags, units, the roster.
func Squeeze(s string) string {
	return Visible(Fold(Visible(s))) // folding makes white space of wide spaces
}

// Code returns what counts of a code or a number as people type it, such as １２３-456 or 2026 1234: the letters and digits of
// Squeeze.
func Code(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, Squeeze(s))
}

// Bigrams returns the different pairs of neighbouring characters of s, squeezed, in the order of their first place.
//
// Spacing varies in Korean: 정기총회 and 정기 총회 have the same pairs. Any character that is neither letter, mark nor number ends
// a run, and a run of a single character is given as it is. To index, pass the whole text; to look up, pass each word of the
// query on its own, since words may come in another order.
func Bigrams(s string) []string { return Pairs(Squeeze(s)) }

// Pairs is Bigrams of a text that was squeezed before.
func Pairs(squeezed string) []string {
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
	for _, r := range squeezed {
		switch {
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

package password

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// The length of a password, in characters after NFC. NIST SP 800-63B asks for at least 8 and for room for 64 or more; the
// upper bound only keeps a request small.
const (
	MinLength = 8
	MaxLength = 128
)

// The codes of Weak. They are part of the API's answers and never change.
const (
	// TooShort says that a password has fewer than MinLength characters.
	TooShort = "password-too-short"
	// TooLong says that a password has more than MaxLength characters.
	TooLong = "password-too-long"
	// BadCharacter says that a password holds a control character or is not valid UTF-8.
	BadCharacter = "password-bad-character"
	// Common says that a password is among the first that somebody would try.
	Common = "password-common"
	// Personal says that a password is mostly made of what is known about its owner.
	Personal = "password-personal"
)

// Weak is the error of Check.
type Weak struct {
	Code string // one of the package's constants
}

// Error names the rule; it holds nothing of the password.
func (w *Weak) Error() string { return "password refused: " + w.Code }

// The lists are sorted, one word a line in lower case. They were put together by hand from
// words, names, teams and walks over the keyboard that are common in Korea and elsewhere. Korean words also stand
// for what they become with the keyboard left in English: 사랑 is tkfkd.
var (
	//go:embed common.txt
	latin string
	//go:embed korean.txt
	korean string
)

// breached are the passwords of at least MinLength characters that were found most often in
// breaches, in lower case and sorted, without those of common.txt: what zxcvbn counted in Mark
// Burnett's ten million (github.com/trustelem/zxcvbn v1.0.1, data/passwords.txt, MIT).
//
//go:embed breached.txt
var breached string

// Check says whether password may be chosen. The error is a *Weak.
//
// There are no rules about kinds of characters, which make passwords alike rather than strong. Refused are: fewer than
// MinLength or more than MaxLength characters; what is known from breaches, in any case; the words of the embedded lists, also with up to six other characters at their
// ends, with digits for letters, or repeated; sequences; numbers as short as dates and telephone numbers; and what leaves
// fewer than MinLength characters when personal (name, mail address, student number) is taken out of it.
func Check(password string, personal ...string) error {
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		return &Weak{Code: BadCharacter}
	}
	password = prepare(password)
	switch length := utf8.RuneCountInString(password); {
	case length < MinLength:
		return &Weak{Code: TooShort}
	case length > MaxLength:
		return &Weak{Code: TooLong}
	}
	folded := fold(password)
	if common(folded) || isBreached(folded) {
		return &Weak{Code: Common}
	}
	if utf8.RuneCountInString(without(folded, personal)) < MinLength {
		return &Weak{Code: Personal}
	}
	return nil
}

func fold(s string) string {
	return norm.NFC.String(strings.ToLower(width.Fold.String(norm.NFC.String(s))))
}

// decoration is how many characters other than letters are looked past at the ends of a word: 1234, 2026!, 123!@#.
const decoration = 6

// longestNumber is how many digits on their own are too few: a date has 8, a telephone number 11.
const longestNumber = 11

// substitutes undoes the digits and signs that stand for letters.
var substitutes = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

func common(s string) bool {
	letter := func(r rune) bool { return !unicode.IsLetter(r) }
	right := strings.TrimRightFunc(s, letter)
	for _, word := range []string{s, right, strings.TrimLeftFunc(s, letter), strings.TrimLeftFunc(right, letter)} {
		if word == "" || utf8.RuneCountInString(s)-utf8.RuneCountInString(word) > decoration {
			continue
		}
		word = unit(word)
		if listed(word) || listed(substitutes.Replace(word)) {
			return true
		}
	}
	runes := []rune(s)
	return len(runes) <= longestNumber && strings.Trim(s, "0123456789") == "" ||
		sequence(runes) || utf8.RuneCountInString(unit(s)) <= 4
}

// listed says whether word is in one of the lists, as it is or as typed keys.
func listed(word string) bool {
	_, ok := words()[keys(word)]
	return ok
}

// isBreached says whether s, in lower case, is a line of breached. The list is searched as it
// is: a process that checks few passwords makes no map of so many.
func isBreached(s string) bool {
	from, to := 0, len(breached)
	for from < to {
		at := from + (to-from)/2
		begin := strings.LastIndexByte(breached[:at], '\n') + 1
		line, _, _ := strings.Cut(breached[begin:], "\n")
		switch {
		case line == s:
			return true
		case line < s:
			from = begin + len(line) + 1
		default:
			to = begin
		}
	}
	return false
}

// words holds both lists, the Korean one as typed keys; it is built at the first use and never changes.
var words = sync.OnceValue(func() map[string]struct{} {
	all := make(map[string]struct{})
	for word := range strings.FieldsSeq(latin + korean) {
		all[keys(word)] = struct{}{}
	}
	return all
})

// unit returns the shortest text of which s is a repetition, s itself when it is none.
func unit(s string) string {
	at := strings.Index((s + s)[1:], s) + 1
	return s[:at]
}

// sequence says whether every character is the next, or the previous, of the one before it: abcdefgh, 87654321.
func sequence(runes []rune) bool {
	step := runes[1] - runes[0]
	if step < -1 || step > 1 {
		return false
	}
	for i := 1; i < len(runes); i++ {
		if runes[i]-runes[i-1] != step {
			return false
		}
	}
	return true
}

// without returns s without the parts of personal, as they are and as typed keys. Parts that say little stay: fewer than three
// characters, or fewer than two syllables.
func without(s string, personal []string) string {
	for _, text := range personal {
		address, _, _ := strings.Cut(fold(text), "@") // the domain is the school's, not the member's
		parts := strings.FieldsFunc(address, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
		for _, part := range append(parts, address) {
			if utf8.RuneCountInString(part) < 2 || len(part) < 3 {
				continue
			}
			s = strings.ReplaceAll(s, part, "")
			s = strings.ReplaceAll(s, keys(part), "")
		}
	}
	return s
}

package password

import "strings"

// The keys of the standard Korean keyboard (두벌식, KS X 5002) in the order of Unicode's letters, without Shift.
const (
	initialKeys = "r r s e e f a q q t t d w w c z x v g"
	medialKeys  = "k o i o j p u p h hk ho hl y n nj np nl b m ml l"
	finalKeys   = " r r rt s sw sg e f fr fa fq ft fx fv fg a q qt t t d w c z x v g"
	letterKeys  = "r r rt s sw sg e e f fr fa fq ft fx fv fg a q q qt t t d w w c z x v g " + medialKeys
)

const (
	firstSyllable    = '가'
	lastSyllable     = '힣'
	firstLetter      = 'ㄱ'
	lastLetter       = 'ㅣ'
	medials          = 21
	finals           = 28
	syllablesPerHead = medials * finals
)

// keys returns the keys by which s is typed on a Korean keyboard, in lower case: 안녕 is dkssud. Other characters stay.
func keys(s string) string {
	if strings.IndexFunc(s, hangul) < 0 {
		return s
	}
	var typed strings.Builder
	for _, r := range s {
		switch {
		case r >= firstSyllable && r <= lastSyllable:
			n := int(r - firstSyllable)
			typed.WriteString(strings.Split(initialKeys, " ")[n/syllablesPerHead])
			typed.WriteString(strings.Split(medialKeys, " ")[n%syllablesPerHead/finals])
			typed.WriteString(strings.Split(finalKeys, " ")[n%finals])
		case hangul(r):
			typed.WriteString(strings.Split(letterKeys, " ")[r-firstLetter])
		default:
			typed.WriteRune(r)
		}
	}
	return typed.String()
}

// hangul says whether r is a syllable or a letter of modern Korean in its composed form.
func hangul(r rune) bool {
	return r >= firstSyllable && r <= lastSyllable || r >= firstLetter && r <= lastLetter
}

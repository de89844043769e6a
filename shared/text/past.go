package text

import "strings"

// What the tails and vowels of Hangul syllables are called here, by their places in Unicode.
const (
	syllables = '가'
	tails     = 28
	vowels    = 21
	tailL     = 8  // ㄹ
	tailLM    = 10 // ㄻ
	tailM     = 16 // ㅁ
	tailSS    = 20 // ㅆ
	vowelA    = 0  // ㅏ
	vowelYA   = 2  // ㅑ
	vowelEO   = 4  // ㅓ
	vowelO    = 8  // ㅗ
	vowelEU   = 18 // ㅡ
)

// fused are the vowels that the last one of a stem and 아 or 어 become together.
var fused = map[rune]rune{0: 0, 1: 1, 4: 4, 5: 5, 6: 6, vowelO: 9, 11: 10, 13: 14, 20: 6}

// Past is what somebody did, said politely: 공지를 고쳤습니다 of the noun by which records name it, 공지를 고침. What stands
// in brackets behind it stays there. A text that does not end in such a noun is given back as it is.
func Past(act string) string {
	said, aside := act, ""
	if i := strings.IndexByte(act, '('); i > 0 && strings.HasSuffix(act, ")") {
		said, aside = act[:i], act[i:]
	}
	letters := []rune(said)
	n := len(letters)
	if n == 0 || letters[n-1] < syllables || letters[n-1] > '힣' {
		return act
	}
	last := letters[n-1] - syllables
	tail, vowel := last%tails, last/tails%vowels
	open := last - tail // the syllable without its tail
	dark := func(v rune) rune {
		if v == vowelA || v == vowelYA || v == vowelO {
			return '았'
		}
		return '었'
	}
	stem := string(letters[:n-1])
	switch {
	case letters[n-1] == '음' && n > 1 && letters[n-2] >= syllables && letters[n-2] <= '힣' && (letters[n-2]-syllables)%tails != 0: // 찾음
		said = stem + string(dark((letters[n-2]-syllables)/tails%vowels))
	case letters[n-1] == '함':
		said = stem + "했"
	case tail == tailLM: // 만듦, 흔듦
		said = stem + string(syllables+open+tailL) + string(dark(vowel))
	case tail != tailM:
		return act
	case vowel == vowelEU: // 씀
		v := rune(vowelEO)
		if dark(before(letters[:n-1])) == '았' {
			v = vowelA
		}
		said = stem + string(syllables+open-vowelEU*tails+v*tails+tailSS)
	default:
		v, fuses := fused[vowel]
		if !fuses { // 쉼
			said = stem + string(syllables+open) + string(dark(vowel))
			break
		}
		said = stem + string(syllables+open-vowel*tails+v*tails+tailSS)
	}
	return said + "습니다" + aside
}

// before is the vowel before a last ㅡ, which decides between 았 and 었; ㅡ itself where it stands alone in its word.
func before(letters []rune) rune {
	if len(letters) == 0 || letters[len(letters)-1] < syllables || letters[len(letters)-1] > '힣' {
		return vowelEU
	}
	return (letters[len(letters)-1] - syllables) / tails % vowels
}

package text

import "strings"

// Joiner holds a word and its particle together on one line (U+2060).
const Joiner = "\u2060"

// particles are the forms of a Korean particle (조사) after a vowel, and after a consonant.
var particles = map[string]string{"는": "은", "가": "이", "를": "을", "로": "으로", "와": "과", "라": "이라"}

// Particle is the form of a particle behind a word, by the word's last sound; it is named by its
// form after a vowel: 는, 가, 를, 로, 와, 라. Digits and Latin letters are read as Koreans read
// them. What has no sound, as a bracket, is passed over; where nothing has one, both forms stand:
// 은(는).
func Particle(word, particle string) string {
	other, known := particles[particle]
	if !known {
		return particle
	}
	closed, liquid, heard := final(word)
	switch {
	case !heard && particle == "로":
		return "(으)로"
	case !heard:
		return other + "(" + particle + ")"
	case closed && !(particle == "로" && liquid):
		return other
	default:
		return particle
	}
}

// final says whether the last sound of a word is a consonant, and whether that is ㄹ, after which
// 로 stays as it is.
func final(word string) (closed, liquid, heard bool) {
	letters := []rune(word)
	for i := len(letters) - 1; i >= 0; i-- {
		r := letters[i]
		switch {
		case r >= '가' && r <= '힣':
			tail := (r - '가') % 28
			return tail != 0, tail == 8, true
		case r >= '0' && r <= '9': // 영 일 이 삼 사 오 육 칠 팔 구
			return strings.ContainsRune("013678", r), strings.ContainsRune("178", r), true
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z': // the names of l, m, n and r end in a consonant
			return strings.ContainsRune("lmnrLMNR", r), strings.ContainsRune("lrLR", r), true
		}
	}
	return false, false, false
}

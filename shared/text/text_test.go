package text_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/madang-council/madang/shared/text"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

const decomposed = "\u1112\u116C\u110B\u1174\u1105\u1169\u11A8" // 회의록 as macOS writes it

func TestMany(t *testing.T) {
	for n, want := range map[int]string{0: "0 files", 1: "1 file", 2: "2 files", 1000: "1000 files"} {
		if got := text.Many(n, "file"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int
	}{
		{"", 0},
		{"회의록", 3},
		{decomposed, 3},
		{"cafe\u0301", 4},
		{"🇰🇷", 2},
		{"가\n나", 3},
	} {
		if got := text.Count(c.in); got != c.want {
			t.Errorf("Count(%q) = %d, want %d", c.in, got, c.want)
		}
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct {
		name      string
		in        string
		multiline bool
		want      string
	}{
		{"empty", "", false, ""},
		{"trims", " \t제목\u3000 ", false, "제목"},
		{"trims a byte order mark", "\uFEFF제목\u200B", false, "제목"},
		{"joins letters", decomposed, false, "회의록"},
		{"keeps a tab", "가\t나", false, "가\t나"},
		{"a newline at the end is no second line", "제목\r\n", false, "제목"},
		{"keeps newlines", "가\n\n나", true, "가\n\n나"},
		{"one kind of newline", "가\r\n나\u2028다\u2029라\r마\v바\f사\u0085아\r\r\n자", true, "가\n나\n다\n라\n마\n바\n사\n아\n\n자"},
		{"where lines break, in one line", "가\u200B나\u00AD다\u2060라\uFEFF마\u00A0바", false, "가나다라마 바"},
		{"where lines break, in more", "가\u200B나\u00AD다\u00A0라", true, "가\u200B나\u00AD다\u00A0라"},
		{"line ends of other programs in one line", "가\r나\v다\f라\u0085마\u2028바\u2029사\r", false, "가 나 다 라 마 바 사"},
		{"joined emoji", "👨\u200D👩\u200D👧 ❤\uFE0F", false, "👨\u200D👩\u200D👧 ❤\uFE0F"},
		{"old Hangul in the private area", "\uE0BC", false, "\uE0BC"},
		{"marks of direction that override nothing", "가\u200E\u200F\u061C나", true, "가\u200E\u200F\u061C나"},
		{"marks of direction among others' words", "\u200E가\u200F\u061C나", false, "가나"},
		{"right-to-left override", "file\u202Egpj.exe\u202C", false, "filegpj.exe"},
		{"isolates and embeddings", "\u2066가\u2067\u2068\u2069나\u202A\u202B\u202D", true, "가나"},
		{"white space behind a control", "\u202A 가 \u202C", false, "가"},
		{"letters that a control kept apart", "\u1112\u202C\u116C", false, "회"},
		{"nothing but controls", "\u202E\u2066", false, ""},
		{"beside what is refused", "가\u2029\u202F\u2065\u206A\uFDCF\uFDF0\uFFFC나", true, "가\n\u202F\u2065\u206A\uFDCF\uFDF0\uFFFC나"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := text.Clean(c.in, c.multiline)
			if err != nil || got != c.want {
				t.Fatalf("Clean(%q) = %q, %v, want %q", c.in, got, err, c.want)
			}
		})
	}
}

func TestCleanRefuses(t *testing.T) {
	for _, c := range []struct {
		name      string
		in        string
		multiline bool
		want      text.Refused
	}{
		{"null", "가\x00", true, text.Refused{Code: text.Control, At: 1}},
		{"escape", "\x1b[31m", true, text.Refused{Code: text.Control, At: 0}},
		{"C1", "\u0086", true, text.Refused{Code: text.Control, At: 0}},
		{"carriage return before CRLF", "가\r\r\n나", false, text.Refused{Code: text.Newline, At: 2}},
		{"delete", "가나\x7f", false, text.Refused{Code: text.Control, At: 2}},
		{"newline in one line", " 가\n나", false, text.Refused{Code: text.Newline, At: 2}},
		{"CRLF in one line", "\n\n가나\r\n다", false, text.Refused{Code: text.Newline, At: 4}},
		{"newline behind a control", "\u202A\n가\n나", false, text.Refused{Code: text.Newline, At: 3}},
		{"broken byte", "가\xff", true, text.Refused{Code: text.NotUTF8, At: 1}},
		{"encoded surrogate", "가\xed\xa0\x80", true, text.Refused{Code: text.NotUTF8, At: 1}},
		{"surrogate after a JSON decoder", "가\uFFFD", true, text.Refused{Code: text.Damaged, At: 1}},
		{"U+FFFE", "\uFFFE", false, text.Refused{Code: text.Noncharacter, At: 0}},
		{"U+FDD0", "\uFDD0", false, text.Refused{Code: text.Noncharacter, At: 0}},
		{"U+FDEF", "\uFDEF", false, text.Refused{Code: text.Noncharacter, At: 0}},
		{"U+1FFFF", "\U0001FFFF", false, text.Refused{Code: text.Noncharacter, At: 0}},
		{"U+10FFFF", "가\U0010FFFF", false, text.Refused{Code: text.Noncharacter, At: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := text.Clean(c.in, c.multiline)
			var refused *text.Refused
			if !errors.As(err, &refused) || refused.Code != c.want.Code || refused.At != c.want.At || got != "" {
				t.Fatalf("Clean(%q) = %q, %v, want %+v", c.in, got, err, c.want)
			}
			if strings.ContainsRune(err.Error(), '가') {
				t.Errorf("the error quotes the text: %v", err)
			}
		})
	}
}

// What is refused is found again: its name, its line and its place there.
func TestRefusedPlaces(t *testing.T) {
	for _, c := range []struct {
		in           string
		multiline    bool
		name         string
		line, column int
	}{
		{"\x00", false, "U+0000", 1, 1},
		{"가나\x07다", false, "U+0007", 1, 3},
		{"첫 줄\n둘째\x1b", true, "U+001B", 2, 3},
		{"가\r\n나\r다\u2028라\x01", true, "U+0001", 4, 2},
		{"가\n\n\xff", true, "0xFF", 3, 1},
		{"가\uFFFD", true, "U+FFFD", 1, 2},
		{"가 나\U0001FFFF", true, "U+1FFFF", 1, 4},
		{"가\n나", false, "U+000A", 1, 2},
		{"가\r\n나", false, "U+000D", 1, 2},
	} {
		_, err := text.Clean(c.in, c.multiline)
		var refused *text.Refused
		if !errors.As(err, &refused) || refused.Name() != c.name || refused.Line != c.line || refused.Column != c.column {
			t.Errorf("Clean(%q): %v, want %s at line %d, column %d", c.in, err, c.name, c.line, c.column)
		}
	}
}

// A code is what was given out, however it is typed.
func TestCode(t *testing.T) {
	for _, typed := range []string{"123456", " 123 456 ", "123-456", "１２３４５６", "１２３ － ４５６", "123\u00a0456\u200b", "1 2 3–4 5 6", "123\u3164456\ufe0f", "123.456"} {
		if got := text.Code(typed); got != "123456" {
			t.Errorf("Code(%q) = %q", typed, got)
		}
	}
	if got := text.Code("ＡBcd-Efgh"); got != "abcdefgh" {
		t.Errorf("letters: %q", got)
	}
}

// What cannot be seen counts nowhere that texts are compared.
func TestUnseen(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		letters := rapid.SliceOfN(rapid.SampledFrom([]string{"총", "회", "가", "Ａ", "b", "ㅎ", "1", "２", "ﾡ", "-"}), 1, 8).Draw(r, "letters")
		dressed := ""
		for _, letter := range letters {
			dressed += rapid.SampledFrom([]string{"", "", "\u00a0", "\u200b", "\u00ad", "\u2060", "\u3164", "\u115f", "\u1160", "\uffa0", "\ufe0f", "\ufe00", "\U000e0100", "\ufeff", "\u200d", "\u3000", " ", "\t"}).Draw(r, "unseen")
			dressed += letter
		}
		plain := strings.Join(letters, "")
		if got, want := text.Squeeze(dressed), text.Squeeze(plain); got != want {
			r.Fatalf("Squeeze(%q) = %q, want %q", dressed, got, want)
		}
		if got, want := text.Bigrams(dressed), text.Bigrams(plain); !reflect.DeepEqual(got, want) {
			r.Fatalf("Bigrams(%q) = %q, want %q", dressed, got, want)
		}
		if got, want := text.Code(dressed), text.Code(plain); got != want {
			r.Fatalf("Code(%q) = %q, want %q", dressed, got, want)
		}
	})
}

func TestBlank(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{"", true},
		{" \t\n\u00A0\u3000\u2003", true},
		{"\u3164", true},
		{"\u115F\u1160\uFFA0", true},
		{"\u200B\u200C\u200D\u2060\uFEFF\u00AD", true},
		{"\u2800", true},
		{"\uFE0F", true},
		{"\x00", true},
		{"\u034F\u17B4\u17B5", true},
		{".", false},
		{" 가 ", false},
		{"ㅋ", false},
		{"\xff", false},
	} {
		if got := text.Blank(c.in); got != c.want {
			t.Errorf("Blank(%q) = %t, want %t", c.in, got, c.want)
		}
	}
}

func TestChoseong(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"회의록", "ㅎㅇㄹ"},
		{decomposed, "ㅎㅇㄹ"},
		{"제3차 총회", "ㅈ3ㅊ ㅊㅎ"},
		{"까따빠싸짜", "ㄲㄸㅃㅆㅉ"},
		{"가힣", "ㄱㅎ"},
		{"ㅎㅇㄹ", "ㅎㅇㄹ"},
		{"\u1112", "ㅎ"},
		{"\u1100", "ㄱ"},
		{"\u10FF\u1113\uABFF\uD7A4", "\u10FF\u1113\uABFF\uD7A4"}, // beside both ranges
		{"abc", "abc"},
	} {
		if got := text.Choseong(c.in); got != c.want {
			t.Errorf("Choseong(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"MADANG", "madang"},
		{"ＭＡＤＡＮＧ１", "madang1"},
		{decomposed, "회의록"},
		{"ｶﾞ", "ガ"},
		{"ﾡ", "ㄱ"},
		{"ſ\u212Aς", "skσ"},
		{"É", "é"},
		{"E\u0301", "é"},
		{"ẞ", "ß"},
	} {
		if got := text.Fold(c.in); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestBigrams(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{" .,", nil},
		{"회", []string{"회"}},
		{"회의록", []string{"회의", "의록"}},
		{"정기 총회", []string{"정기", "기총", "총회"}},
		{"가, 나다", []string{"가", "나다"}},
		{"가가가", []string{"가가"}},
		{"AbＡ", []string{"ab", "ba"}},
	} {
		if got := text.Bigrams(c.in); !reflect.DeepEqual(got, c.want) {
			t.Errorf("Bigrams(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"회의록", 3, "회의록"},
		{"회의록", 2, "회…"},
		{"회의록", 1, "…"},
		{"회의록", 0, ""},
		{"회의록", -1, ""},
		{decomposed, 3, "회의록"},
		{"첫째 둘째", 4, "첫째…"},
		{"a👨\u200D👩\u200D👧b", 4, "a…"},
		{"a👍🏽b", 3, "a…"},
		{"a👍🏻b", 3, "a…"},
		{"a👍🏿b", 3, "a…"},
		{"ab🏺c", 3, "ab…"}, // U+1F3FA and U+1F400 are no tones
		{"ab🐀c", 3, "ab…"},
		{"a🏴\U000E0020b", 3, "a…"},
		{"a🏴\U000E007Fb", 3, "a…"},
		{"ab\U000E001Fc", 3, "ab…"},
		{"ab\U000E0080c", 3, "ab…"},
		{"abx\u0327c", 4, "ab…"}, // no single character for the two
		{"ab\u200Dc", 3, "a…"},
		{"e\u0301tude", 5, "étude"},
		{"", 5, ""},
	} {
		if got := text.Truncate(c.in, c.n); got != c.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

// Of a text that is too long, as much is shown as fits without parting what belongs together,
// and of one that is not, all.
func TestTruncateParts(t *testing.T) {
	letters := []string{"가", "힣", "a", "👍🏽", "👨\u200D👩\u200D👧", "🏴\U000E0067\U000E0062\U000E007F", "❤\uFE0F", "x\u0327"}
	rapid.Check(t, func(r *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(letters), 0, 12).Draw(r, "parts")
		n := rapid.IntRange(-1, 40).Draw(r, "n")
		s, want := strings.Join(parts, ""), ""
		if text.Count(s) <= n {
			want = s
		} else if n > 0 {
			for _, p := range parts {
				if text.Count(want+p)+1 > n {
					break
				}
				want += p
			}
			want += "…"
		}
		if got := text.Truncate(s, n); got != want {
			r.Fatalf("Truncate(%q, %d) = %q, want %q", s, n, got, want)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", decomposed, "가\r\n나", "\u202E", "a\xff", "ｶﾞ\u0345", "👨\u200D👩", "\u2028 "} {
		f.Add(s, true, 3)
		f.Add(s, false, 1)
	}
	f.Fuzz(func(t *testing.T, s string, multiline bool, n int) {
		cleaned, err := text.Clean(s, multiline)
		var refused *text.Refused
		switch {
		case err == nil:
			checkCleaned(t, cleaned, multiline)
		case !errors.As(err, &refused):
			t.Fatalf("Clean: untyped error %v", err)
		case refused.At < 0 || refused.At >= utf8.RuneCountInString(s):
			t.Fatalf("Clean: position %d outside of %q", refused.At, s)
		}
		if once := text.Squeeze(s); text.Squeeze(once) != once {
			t.Fatalf("Squeeze is not stable: %q gives %q", once, text.Squeeze(once))
		}
		if once := text.Fold(s); text.Fold(once) != once {
			t.Fatalf("Fold is not stable: %q gives %q", once, text.Fold(once))
		}
		if cut := text.Truncate(s, n); text.Count(cut) > max(n, 0) {
			t.Fatalf("Truncate(%q, %d) = %q has %d characters", s, n, cut, text.Count(cut))
		}
		for _, gram := range text.Bigrams(s) {
			if length := utf8.RuneCountInString(gram); length < 1 || length > 2 {
				t.Fatalf("Bigrams(%q): %q", s, gram)
			}
		}
		text.Blank(s)
		text.Choseong(s)
	})
}

func checkCleaned(t *testing.T, s string, multiline bool) {
	t.Helper()
	if !utf8.ValidString(s) || !norm.NFC.IsNormalString(s) {
		t.Fatalf("Clean let through %q", s)
	}
	for _, r := range s {
		if unicode.Is(unicode.Bidi_Control, r) && (!multiline || r != '\u200E' && r != '\u200F' && r != '\u061C') {
			t.Fatalf("Clean let through %q in %q", r, s)
		}
		if unicode.IsControl(r) && r != '\t' && (r != '\n' || !multiline) {
			t.Fatalf("Clean let through %q in %q", r, s)
		}
	}
	if again, err := text.Clean(s, multiline); err != nil || again != s {
		t.Fatalf("Clean is not stable: %q gives %q, %v", s, again, err)
	}
}

// What looks the same but for its spacing is found by either.
func TestSqueeze(t *testing.T) {
	for given, want := range map[string]string{
		"정기 총회":                          "정기총회",
		"정\u200b기\u3000총\ufe0f회\n":       "정기총회",
		"\u3164정\u115f기\uffa0":           "정기",
		"\u110c\u1165\u11bc\u1100\u1175": "정기",
		"ＡＢ c":                           "abc",
		"A-B, C!":                        "a-b,c!",
	} {
		if got := text.Squeeze(given); got != want || text.Squeeze(got) != got {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}

func TestParticle(t *testing.T) {
	for _, row := range []struct{ word, particle, want string }{
		{"단수 안내", "를", "를"}, {"축제", "가", "가"}, {"공지", "는", "는"}, {"회칙", "를", "을"}, {"축제 일정", "가", "이"}, {"학생회관", "로", "으로"}, {"서울", "로", "로"}, {"도서관 2층", "와", "과"},
		{"공약 42", "는", "는"}, {"공약 10", "는", "은"}, {"1", "로", "로"}, {"3", "로", "으로"}, {"PDF", "를", "를"}, {"email", "를", "을"}, {"단수 안내 (22–24시)", "를", "를"}, {"%", "는", "은(는)"}, {"%", "로", "(으)로"}, {"회장", "라", "이라"},
	} {
		if got := text.Particle(row.word, row.particle); got != row.want {
			t.Errorf("%s: %s, want %s", row.word, got, row.want)
		}
	}
}

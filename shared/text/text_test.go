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
)

const decomposed = "\u1112\u116C\u110B\u1174\u1105\u1169\u11A8" // 회의록 as macOS writes it

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
		{"one kind of newline", "가\r\n나\u2028다\u2029라", true, "가\n나\n다\n라"},
		{"joined emoji", "👨\u200D👩\u200D👧 ❤\uFE0F", false, "👨\u200D👩\u200D👧 ❤\uFE0F"},
		{"old Hangul in the private area", "\uE0BC", false, "\uE0BC"},
		{"marks of direction that override nothing", "가\u200E나", false, "가\u200E나"},
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
		{"delete", "가나\x7f", false, text.Refused{Code: text.Control, At: 2}},
		{"C1", "\u0085", true, text.Refused{Code: text.Control, At: 0}},
		{"carriage return alone", "가\r나", true, text.Refused{Code: text.Control, At: 1}},
		{"carriage return before CRLF", "가\r\r\n나", true, text.Refused{Code: text.Control, At: 1}},
		{"newline in one line", " 가\n나", false, text.Refused{Code: text.Newline, At: 2}},
		{"CRLF in one line", "\n\n가나\r\n다", false, text.Refused{Code: text.Newline, At: 4}},
		{"line separator in one line", "가\u2028나", false, text.Refused{Code: text.Newline, At: 1}},
		{"broken byte", "가\xff", true, text.Refused{Code: text.NotUTF8, At: 1}},
		{"encoded surrogate", "가\xed\xa0\x80", true, text.Refused{Code: text.NotUTF8, At: 1}},
		{"surrogate after a JSON decoder", "가\uFFFD", true, text.Refused{Code: text.Damaged, At: 1}},
		{"right-to-left override", "file\u202Egpj.exe", false, text.Refused{Code: text.Bidi, At: 4}},
		{"embedding", "\u202A", false, text.Refused{Code: text.Bidi, At: 0}},
		{"isolate", "가\u2066", false, text.Refused{Code: text.Bidi, At: 1}},
		{"end of isolate", "가\u2069", false, text.Refused{Code: text.Bidi, At: 1}},
		{"U+FFFE", "\uFFFE", false, text.Refused{Code: text.Noncharacter, At: 0}},
		{"U+FDD0", "\uFDD0", false, text.Refused{Code: text.Noncharacter, At: 0}},
		{"U+10FFFF", "가\U0010FFFF", false, text.Refused{Code: text.Noncharacter, At: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := text.Clean(c.in, c.multiline)
			var refused *text.Refused
			if !errors.As(err, &refused) || *refused != c.want || got != "" {
				t.Fatalf("Clean(%q) = %q, %v, want %+v", c.in, got, err, c.want)
			}
			if strings.ContainsRune(err.Error(), '가') {
				t.Errorf("the error quotes the text: %v", err)
			}
		})
	}
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
		{"", 5, ""},
	} {
		if got := text.Truncate(c.in, c.n); got != c.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
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

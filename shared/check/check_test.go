package check_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/problem"
)

func codes(f check.Fields) []string {
	list := []string{}
	if p := problem.Find(f.Err()); p != nil {
		for _, w := range p.Fields {
			list = append(list, w.Name+":"+w.Code)
		}
	}
	return list
}

func TestFields(t *testing.T) {
	for _, c := range []struct {
		name string
		read func(*check.Fields) string
		want string
		code []string
	}{
		{"line", func(f *check.Fields) string { return f.Line("t", "  안녕  ", 5) }, "안녕", nil},
		{"decomposed", func(f *check.Fields) string { return f.Line("t", "\u1112\u1161\u11ab", 1) }, "한", nil},
		{"blank", func(f *check.Fields) string { return f.Line("t", " \u3164 ", 5) }, "", []string{"t:required"}},
		{"optional", func(f *check.Fields) string { return f.OptionalLine("t", " ", 5) }, "", nil},
		{"long", func(f *check.Fields) string { return f.Line("t", "가나다라마바", 5) }, "가나다라마바", []string{"t:too-long"}},
		{"newline in a line", func(f *check.Fields) string { return f.Line("t", "가\n나", 5) }, "", []string{"t:newline"}},
		{"newline in a text", func(f *check.Fields) string { return f.Text("t", "가\r\n나", 5) }, "가\n나", nil},
		{"email", func(f *check.Fields) string { return f.Email("t", "Kim@Madang.AC.kr") }, "kim@madang.ac.kr", nil},
		{"email with a name", func(f *check.Fields) string { return f.Email("t", "김 <a@b.kr>") }, "", []string{"t:not-an-email"}},
		{"email without a dot", func(f *check.Fields) string { return f.Email("t", "a@localhost") }, "", []string{"t:not-an-email"}},
		{"two addresses", func(f *check.Fields) string { return f.Email("t", "a@b.kr,c@d.kr") }, "", []string{"t:not-an-email"}},
	} {
		var f check.Fields
		if got := c.read(&f); got != c.want || !slices.Equal(codes(f), append([]string{}, c.code...)) {
			t.Errorf("%s: %q %v, want %q %v", c.name, got, codes(f), c.want, c.code)
		}
	}
}

// What reorders is pasted along, and is part of nothing: a link is the one without it, and judged so.
func TestReorderingIsRemoved(t *testing.T) {
	var f check.Fields
	for got, want := range map[string]string{
		f.Line("a", "\u2066사진\u202egpj.exe\u202c\u2069", 20):      "사진gpj.exe",
		f.OptionalLine("b", "\u200f\u061c\u202e", 5):              "",
		f.Text("c", "가\u200e\n\u202e나", 20):                       "가\u200e\n나",
		f.Email("d", "\u202aA@example.com\u202c"):                 "a@example.com",
		f.Link("e", "https://x.kr/\u202e"):                        "https://x.kr/",
		f.OptionalLine("f", strings.Repeat("\u2066", 500)+"가", 1): "가",
	} {
		if got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
	if err := f.Err(); err != nil {
		t.Error(err)
	}
	if f.Link("l", "java\u202escript:alert(1)"); f.Err() == nil {
		t.Error("a script was accepted")
	}
}

func TestLink(t *testing.T) {
	for good, want := range map[string]string{
		"https://www.madang.ac.kr/notice?id=1#a": "https://www.madang.ac.kr/notice?id=1#a", "/v1/notices": "/v1/notices", "/": "/",
		"https://한글.kr/경로": "https://xn--bj0bj06e.kr/%EA%B2%BD%EB%A1%9C", "/notices?tag=봄 축제": "/notices?tag=%EB%B4%84%20%EC%B6%95%EC%A0%9C",
		" https://example.com/a b.pdf ": "https://example.com/a%20b.pdf", "HTTPS://EXAMPLE.COM/C": "https://example.com/C", "https://example.com/100%": "https://example.com/100%25",
	} {
		var f check.Fields
		if got := f.Link("l", good); got != want || f.Link("l", got) != want || f.Err() != nil {
			t.Errorf("%q: %q %v, want %q", good, got, f.Err(), want)
		}
	}
	for _, bad := range []string{
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "http://x.kr", "//evil.kr", "/\\evil.kr", "\\\\evil.kr", "https:evil.kr", "https:///evil.kr",
		"https://a@evil.kr", "https://good.kr\\@evil.kr", "ftp://x.kr", "vbscript:x", "notices", " ", "java\tscript:x", "https://[::1", strings.Repeat("/a", 1001), "/" + strings.Repeat("가", 300),
		"https://good.kr／@evil.kr", "https://가 나.kr/",
	} {
		var f check.Fields
		if f.Link("l", bad); f.Err() == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzLink(f *testing.F) {
	f.Add("https://x.kr/a?b=c#d")
	f.Add("/\\x")
	f.Fuzz(func(t *testing.T, s string) {
		var fields check.Fields
		got := fields.Link("l", s)
		if fields.Err() != nil {
			return
		}
		if !strings.HasPrefix(got, "https://") && (!strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//")) {
			t.Errorf("%q was accepted as %q", s, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' }) || fields.Link("l", got) != got {
			t.Errorf("%q was accepted as %q", s, got)
		}
	})
}

func TestTimeAndNumber(t *testing.T) {
	var f check.Fields
	old, far := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Time("a", &old)
	f.Time("b", &far)
	f.Time("c", nil)
	f.Number("d", 0, 1, 100)
	f.Number("e", 100, 1, 100)
	f.OneOf("g", "x", "y", "z")
	if want := []string{"a:out-of-range", "b:out-of-range", "d:out-of-range", "g:not-one-of"}; !slices.Equal(codes(f), want) {
		t.Errorf("%v, want %v", codes(f), want)
	}
}

func TestID(t *testing.T) {
	id, err := check.NewID()
	if err != nil || !check.ID(id) {
		t.Errorf("%q %v", id, err)
	}
	for _, bad := range []string{"", "1", strings.ToUpper(id), "{" + id[1:], id + "0", "urn:uuid:" + id, strings.Repeat("가", 12)} {
		if check.ID(bad) {
			t.Errorf("%q is not an id", bad)
		}
	}
}

// A mail address is one address: it ends no header, names no second receiver, and is the same when it is read again.
func FuzzEmail(f *testing.F) {
	for _, s := range []string{"a@example.com", " A@Example.COM ", "\"a b\"@example.com", "a@b", "a@[127.0.0.1]", "가@한글.kr", "a@example.com\r\nBcc: b@example.com", "A <a@example.com>", "a@example.com,b@example.com", "a(c)@example.com", "=?utf-8?q?a?=@example.com", "\u202aa@example.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, given string) {
		var fields check.Fields
		got := fields.Email("email", given)
		if fields.Err() != nil {
			return
		}
		if strings.ContainsAny(got, " \t\r\n<>,\"") || strings.Count(got, "@") < 1 || len([]rune(got)) > 254 {
			t.Fatalf("%q was taken as %q", given, got)
		}
		if again := fields.Email("email", got); again != got || fields.Err() != nil {
			t.Fatalf("%q is %q when it is read again: %v", got, again, fields.Err())
		}
	})
}

// A time that is taken is one that is stored and shown.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"2026-12-01T09:00:00+09:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00+99:99", "1945-01-01T00:00:00+23:59", "10000-01-01T00:00:00Z", "2026-01-01T24:00:00.9999999999Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, given string) {
		var at time.Time
		if at.UnmarshalText([]byte(given)) != nil {
			return
		}
		var fields check.Fields
		got := fields.Time("at", &at)
		if fields.Err() != nil {
			return
		}
		if got == nil || got.UTC().Year() < 1944 || got.UTC().Year() > 9999 {
			t.Fatalf("%q became %v", given, got)
		}
		if _, err := got.MarshalText(); err != nil {
			t.Fatalf("%q cannot be shown: %v", given, err)
		}
	})
}

// A refusal says which character it is about, and where that is.
func TestRefusalsSayWhere(t *testing.T) {
	for _, c := range []struct {
		value     string
		multiline bool
		ko, en    string
	}{
		{"가나\x07다", false, "쓸 수 없는 문자가 있습니다: 3번째 글자(U+0007).", "It has a character that is not allowed: character 3 (U+0007)."},
		{"첫 줄\n둘\x00", true, "쓸 수 없는 문자가 있습니다: 2번째 줄 2번째 글자(U+0000).", "It has a character that is not allowed: line 2, character 2 (U+0000)."},
		{"가\xff", false, "깨진 글자가 있습니다: 2번째 글자(0xFF).", "It has a broken character: character 2 (0xFF)."},
		{"가\n나", false, "줄을 바꿀 수 없습니다. 2번째 글자에서 줄이 바뀝니다.", "It must be one line. A line ends at character 2."},
	} {
		var f check.Fields
		if c.multiline {
			f.Text("t", c.value, 10)
		} else {
			f.Line("t", c.value, 10)
		}
		p := problem.Find(f.Err())
		if p == nil || len(p.Fields) != 1 || p.Fields[0].Message != (problem.Text{KO: c.ko, EN: c.en}) {
			t.Errorf("%q: %+v", c.value, p)
		}
	}
}

// What is pasted along with a text or an address, and cannot be seen, is in nobody's way.
func TestPasted(t *testing.T) {
	var f check.Fields
	for got, want := range map[string]string{
		f.Text("a", "가\v나\f다\u0085라\u2028마\r바", 20):              "가\n나\n다\n라\n마\n바",
		f.Line("b", "가\v나\f다\u0085라\u2028마\r바", 20):              "가 나 다 라 마 바",
		f.Email("c", "\ufeffkim\u200b@madang.ac\u00ad.kr\u00a0"): "kim@madang.ac.kr",
		f.Named("d", "총\u200b 학", "단과대", "총학"):                   "총학",
		f.Named("e", "ＩＴ 대학", "IT대학"):                            "IT대학",
	} {
		if got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
	if err := f.Err(); err != nil {
		t.Error(err)
	}
	if f.Named("u", "감사", "총학"); !slices.Equal(codes(f), []string{"u:not-one-of"}) {
		t.Errorf("%v", codes(f))
	}
}

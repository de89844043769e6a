package charset_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/madang-council/madang/shared/text/charset"
)

func TestKorean(t *testing.T) {
	for _, row := range []struct {
		in, out string
		ok      bool
	}{
		{"", "", true},
		{"plain.txt", "plain.txt", true},
		{"마당.txt", "마당.txt", true},
		{"\xb8\xb6\xb4\xe7.txt", "마당.txt", true},
		{"\x8cc\xb9\xe6\xb0\xa2\xc7\xcf.hwp", "똠방각하.hwp", true}, // beyond EUC-KR
		{"\xeb\xa7\x88\xeb\x8b", "", false},                     // UTF-8, cut off
		{"\xff\xfe", "", false},
		{"\x80", "", false},
	} {
		got, ok := charset.Korean(row.in)
		if ok != row.ok || got != row.out {
			t.Errorf("%q: %q, %v", row.in, got, ok)
		}
		if shown := charset.Shown(row.in); !utf8.ValidString(shown) || row.ok && shown != row.out {
			t.Errorf("%q is shown as %q", row.in, shown)
		}
	}
}

func TestTable(t *testing.T) {
	for _, row := range []struct {
		in, out, name string
		ok            bool
	}{
		{"학번,이름\n", "학번,이름\n", charset.UTF8, true},
		{"\ufeff학번", "학번", charset.UTF8, true},
		{"\xff\xfe\x59\xd5\x88\xbc", "학번", charset.UTF16LE, true},
		{"\xfe\xff\xd5\x59\xbc\x88", "학번", charset.UTF16BE, true},
		{"\xc7\xd0\xb9\xf8", "학번", charset.CP949, true},
		{"\xff\xfe\x00\xd8", "", charset.UTF16LE, false},
		{"\xef\xbb\xbf\xc7\xd0", "\xc7\xd0", charset.UTF8, false},
		{"\xc7", "", charset.CP949, false},
	} {
		got, name, ok := charset.Table([]byte(row.in))
		if ok != row.ok || name != row.name || got != row.out {
			t.Errorf("%q: %q, %s, %v", row.in, got, name, ok)
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, seed := range []string{"", "학번,이름\n", "\xff\xfea", "\xfe\xff", "\xb8\xb6\xb4\xe7", "\x80"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		text, _, ok := charset.Table(b)
		if ok && !utf8.ValidString(text) {
			t.Fatalf("%q is not UTF-8", text)
		}
		if s := charset.Shown(string(b)); !utf8.ValidString(s) || strings.Count(s, "") > len(b)+1 {
			t.Fatalf("%q", s)
		}
	})
}

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

func TestLink(t *testing.T) {
	for _, good := range []string{"https://www.madang.ac.kr/notice?id=1#a", "/v1/notices", "/", "https://한글.kr/경로"} {
		var f check.Fields
		if got := f.Link("l", good); got != good || f.Err() != nil {
			t.Errorf("%q: %q %v", good, got, f.Err())
		}
	}
	for _, bad := range []string{
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "http://x.kr", "//evil.kr", "/\\evil.kr", "\\\\evil.kr", "https:evil.kr", "https:///evil.kr",
		"https://a@evil.kr", "https://good.kr\\@evil.kr", "ftp://x.kr", "vbscript:x", "notices", " ", "java\tscript:x", "https://x.kr/\u202e", "https://[::1", strings.Repeat("/a", 1001),
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

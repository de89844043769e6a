package weblink_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/weblink"
)

func TestASCII(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"/notices?tag=장학&cursor=a#끝", "/notices?tag=%EC%9E%A5%ED%95%99&cursor=a#%EB%81%9D"},
		{"https://한글.kr/경로", "https://xn--bj0bj06e.kr/%EA%B2%BD%EB%A1%9C"},
		{"//한글.한국:8443/가?나=다", "//xn--bj0bj06e.xn--3e0b707e:8443/%EA%B0%80?%EB%82%98=%EB%8B%A4"},
		{"HTTPS://Example.COM/C", "https://example.com/C"},
		{"https://example.com/a b", "https://example.com/a%20b"},
		{"https://example.com/%ED%95%9C%zz100%", "https://example.com/%ED%95%9C%25zz100%25"},
		{"https://[2001:db8::1]:443/가", "https://[2001:db8::1]:443/%EA%B0%80"},
		{"https://example.com?q=가:나", "https://example.com?q=%EA%B0%80:%EB%82%98"},
		{"https://가 나.kr/", "https://%EA%B0%80%20%EB%82%98.kr/"},
		{"https://ａ.kr／x", "https://%EF%BD%81.kr%EF%BC%8Fx"},
		{"https://가@나.kr/", "https://%EA%B0%80@xn--910b.kr/"},
		{`/\evil.example`, "/%5Cevil.example"},
		{"mailto:가@example.com", "mailto:%EA%B0%80@example.com"},
		{"tel:+82-2-123-4567", "tel:+82-2-123-4567"},
		{"가:나", "%EA%B0%80:%EB%82%98"},
		{"a\r\nb\x00", "a%0D%0Ab%00"},
	} {
		if got := weblink.ASCII(c.in); got != c.want {
			t.Errorf("ASCII(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzASCII(f *testing.F) {
	for _, s := range []string{"https://한글.kr:80/경로?질문#끝", "//a@b:1", "http://%zz", "\xff:\x7f", "HTTPS://ẞ.kr", "https://xn--a.kr/", "http://[::1", "a://b\\c:9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := weblink.ASCII(s)
		if strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("ASCII(%q) = %q", s, got)
		}
		if again := weblink.ASCII(got); again != got {
			t.Fatalf("ASCII(%q) = %q, and again %q", s, got, again)
		}
		// What is an address before and after has the same scheme, and no other host.
		before, err := url.Parse(s)
		after, errAfter := url.Parse(got)
		if err == nil && errAfter == nil && (before.Scheme != after.Scheme || (before.Host == "") != (after.Host == "")) {
			t.Fatalf("%q leads elsewhere than %q", got, s)
		}
	})
}

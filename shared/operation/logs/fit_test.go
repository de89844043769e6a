package logs_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/operation/logs"
)

// What may say who somebody is does not stay, what says what happened does.
func TestFit(t *testing.T) {
	for _, row := range []struct{ what, text, want string }{
		{"ours", `{"msg":"request","path":"10.0.0.1","q":"?a=b","at":"12:00:00"}`, `{"msg":"request","path":"10.0.0.1","q":"?a=b","at":"12:00:00"}`},
		{"an address of mail", `{"error":"550 5.1.1 <sori.lee+x@mail.madang.ac.kr>: no such user"}`, `{"error":"550 5.1.1 <***@***>: no such user"}`},
		{"behind an escape", `{"error":"said\nsori@madang.ac.kr\tand \u003csori@madang.ac.kr\u003e"}`, `{"error":"said\n***@***\tand \u003c***@***\u003e"}`},
		{"in Korean", "소리@마당.한국 님", "***@*** 님"},
		{"a module", "panic: x\tgithub.com/labstack/echo/v4@v4.13.3/echo.go:1", "panic: x\tgithub.com/labstack/echo/v4@v4.13.3/echo.go:1"},
		{"an image", "registry.example/madang@sha256:00 pulled", "registry.example/madang@sha256:00 pulled"},
		{"Nginx's error", `2026/11/30 12:00:00 [error] 12#12: *34 limiting requests, excess: 1000.200 by zone "visitor", client: 203.0.113.7, server: , request: "GET /notices?q=secret HTTP/1.1", host: "x"`,
			`2026/11/30 12:00:00 [error] 12#12: *34 limiting requests, excess: 1000.200 by zone "visitor"`},
		{"its PROXY line", `2026/11/30 12:00:00 [error] broken header: "PROXY TCP4 203.0.113.7 10.0.0.1 4711 443" while reading PROXY protocol, client: 203.0.113.7`,
			`2026/11/30 12:00:00 [error] broken header: "PROXY TCP4 *** *** 4711 443" while reading PROXY protocol`},
		{"its Lua", `2026/11/30 12:00:00 [warn] [lua] edge.lua:481: notices was asked for /notices?q=이소리: timeout`, `2026/11/30 12:00:00 [warn] [lua] edge.lua:481: notices was asked for /notices?*** timeout`},
		{"IPv6", "from [2001:db8::7]:443 and fe80::1: refused at 12:00:00, ::1", "from [***]:443 and *** refused at 12:00:00, ***"},
		{"no UTF-8", "a\xffb", "a\uFFFDb"},
	} {
		if got := string(logs.Fit([]byte(row.text))); got != row.want {
			t.Errorf("%s: %s\nwant %s", row.what, got, row.want)
		}
	}
}

// What is too long keeps its beginning and its end.
func TestLongLines(t *testing.T) {
	for _, n := range []int{logs.MaxLine - 1, logs.MaxLine, logs.MaxLine + 1, 1 << 20} {
		text := "begin" + strings.Repeat("x", n-8) + "end"
		got := string(logs.Fit([]byte(text)))
		if len(got) > logs.MaxLine || !strings.HasPrefix(got, "beginx") || !strings.HasSuffix(got, "xend") || (n <= logs.MaxLine) != (got == text) {
			t.Errorf("%d: %d bytes", n, len(got))
		}
	}
}

// Whatever a line is, it fits, and what was JSON of ours still is.
func TestEverythingFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "text")
		fit := logs.Fit(text)
		if !utf8.Valid(fit) || len(fit) > 3*len(text)+3 {
			t.Fatalf("%q becomes %q", text, fit)
		}
		ours, err := json.Marshal(map[string]string{"msg": rapid.StringMatching(`[a-z\n"\\<@. ]{0,40}`).Draw(t, "msg")})
		if err != nil {
			t.Fatal(err)
		}
		if got := logs.Fit(ours); strings.Count(string(ours), `\\`) == 0 && !json.Valid(got) {
			t.Fatalf("%s becomes %s", ours, got)
		}
	})
}

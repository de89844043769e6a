package objects_test

import (
	"mime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/madang-council/madang/shared/objects"
)

func TestAttachment(t *testing.T) {
	for name, want := range map[string]string{
		"plain.txt":           `attachment; filename="plain.txt"; filename*=UTF-8''plain.txt`,
		"한글.pdf":              `attachment; filename="__.pdf"; filename*=UTF-8''%ED%95%9C%EA%B8%80.pdf`,
		"a b.txt":             `attachment; filename="a b.txt"; filename*=UTF-8''a%20b.txt`,
		`q"uote.txt`:          `attachment; filename="q_uote.txt"; filename*=UTF-8''q%22uote.txt`,
		"50%.txt":             `attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt`,
		"../../etc/passwd":    `attachment; filename="passwd"; filename*=UTF-8''passwd`,
		`C:\temp\x.png`:       `attachment; filename="x.png"; filename*=UTF-8''x.png`,
		"a\r\nX-Evil: 1.txt":  `attachment; filename="aX-Evil: 1.txt"; filename*=UTF-8''aX-Evil%3A%201.txt`,
		"cod\u202egpj.exe":    `attachment; filename="codgpj.exe"; filename*=UTF-8''codgpj.exe`,
		"":                    `attachment; filename="file"; filename*=UTF-8''file`,
		"..":                  `attachment; filename="file"; filename*=UTF-8''file`,
		"folder/":             `attachment; filename="file"; filename*=UTF-8''file`,
		"it's (1)*.txt":       `attachment; filename="it's (1)*.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`,
		"bad\xffutf8.txt":     `attachment; filename="bad_utf8.txt"; filename*=UTF-8''bad_utf8.txt`,
		"; filename=evil.exe": `attachment; filename="; filename=evil.exe"; filename*=UTF-8''%3B%20filename%3Devil.exe`,
	} {
		if got := objects.Attachment(name); got != want {
			t.Errorf("%q:\n got %s\nwant %s", name, got, want)
		}
	}
	if got := objects.Inline("x"); !strings.HasPrefix(got, "inline; ") {
		t.Error(got)
	}
}

func FuzzAttachment(f *testing.F) {
	for _, seed := range []string{"한글.pdf", "a\r\nb", `"\`, "\xff", strings.Repeat("가", 300), "a/b", "\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := objects.Attachment(name)
		for _, b := range []byte(got) {
			if b < 0x20 || b > 0x7e {
				t.Fatalf("%q holds byte %x", got, b)
			}
		}
		kind, params, err := mime.ParseMediaType(got)
		if err != nil || kind != "attachment" || params["filename"] == "" || !utf8.ValidString(params["filename"]) {
			t.Fatalf("%q: %v", got, err)
		}
		if len(params["filename"]) > 255 || strings.ContainsAny(params["filename"], "/\\\r\n") {
			t.Fatalf("%q names %q", got, params["filename"])
		}
	})
}

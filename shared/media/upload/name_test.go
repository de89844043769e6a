package upload_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/madang-council/madang/shared/media/upload"
)

func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"회의록.pdf":                         "회의록.pdf",
		norm.NFD.String("회의록.pdf"):        "회의록.pdf",
		"":                                "",
		"..":                              "",
		" . ":                             "",
		"../../etc/passwd":                "passwd",
		`C:\Users\김마당\결산.xlsx`:            "결산.xlsx",
		`\\server\share\a.zip`:            "a.zip",
		"a\x00b\r\nSet-Cookie: x.pdf":     "abSet-Cookie_ x.pdf",
		"photo\u202egpj.exe":              "photogpj.exe",
		"a\u200bb\ufeff.pdf":              "ab.pdf",
		".htaccess":                       "htaccess",
		"a.pdf. . ":                       "a.pdf",
		"CON":                             "_CON",
		"con.pdf":                         "_con.pdf",
		"Lpt1 .pdf":                       "_Lpt1 .pdf",
		"COM¹.zip":                        "_COM¹.zip",
		"COM10.zip":                       "COM10.zip",
		"console.pdf":                     "console.pdf",
		`<a href="x">|?*.pdf`:             "_a href=_x_____.pdf",
		"\xc8\xb8\xc0\xc7\xb7\xcf.pdf":    "ȸ_Ƿ_.pdf",    // 회의록 in EUC-KR
		"\xff\xfe\x00\xd8.pdf":            "__.pdf",      // a lone surrogate in UTF-16
		"a\ud7ff\uffff\ufdd0.pdf":         "a\ud7ff.pdf", // noncharacters
		"🏳️\u200d🌈.png":                   "🏳️🌈.png",
		strings.Repeat("가", 100) + ".pdf": strings.Repeat("가", 83) + ".pdf",
		strings.Repeat("가", 100):          strings.Repeat("가", 85),
		"a." + strings.Repeat("x", 300):   "a." + strings.Repeat("x", 253),
		"a\u3000b.pdf":                    "a b.pdf",
		"ㅤ.pdf":                           "pdf",
	} {
		got := upload.CleanName(name)
		if name == "\xff\xfe\x00\xd8.pdf" && strings.Trim(got, "_") == ".pdf" {
			continue
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"회의록.pdf", "../a", `a\b`, "\u202e", "CON.txt", strings.Repeat("가", 200) + ".hwpx", "\xff.pdf", "ᄀ\u200bᅡ", ". ."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := upload.CleanName(s)
		switch {
		case upload.CleanName(name) != name:
			t.Errorf("%q: cleaned twice is %q, once %q", s, upload.CleanName(name), name)
		case len(name) > 255, !utf8.ValidString(name), !norm.NFC.IsNormalString(name):
			t.Errorf("%q: %q is too long or not NFC", s, name)
		case strings.ContainsAny(name, "/\\<>:\"|?*\x00\r\n"), strings.HasPrefix(name, "."), strings.HasSuffix(name, "."), strings.TrimSpace(name) != name:
			t.Errorf("%q: %q", s, name)
		case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
			t.Errorf("%q: %q has what nobody sees", s, name)
		}
	})
}

func TestIsPublic(t *testing.T) {
	const folder = "/files/prod/post/2026/03/0195f000-0000-7000-8000-000000000000/"
	for path, want := range map[string]bool{
		folder + "1600.jpg":     true,
		folder + "320.jpg":      true,
		folder + "original.pdf": true,
		folder + "original.zip": true,
		folder + "original.jpg": false,
		folder + "original.png": false,
		folder + "original.gif": false,
		folder + "moving.gif":   true,
		folder + "moving.webp":  true,
		folder + "moving.jpg":   false,
		folder + "incoming":     false,
		folder + "1600.jpg/x":   false,
		folder + "1600.jpg\n":   false,
		folder + "480.jpg":      false,
		folder:                  false,
		folder + "../0195f000-0000-7000-8000-000000000000/original.pdf":                 false,
		strings.Replace(folder, "post", "proof", 1) + "original.pdf":                    false,
		strings.Replace(folder, "post", "proof", 1) + "1600.jpg":                        false,
		strings.Replace(folder, "post", "proof", 1) + "moving.gif":                      false,
		"/files/" + folder + "1600.jpg":                                                 false,
		strings.Replace(folder, "0195f000", "0195F000", 1) + "original.pdf":             false,
		"/FILES/prod/post/2026/03/0195f000-0000-7000-8000-000000000000/original.pdf":    false,
		"/files/prod/post/2026/03/0195f000-0000-7000-8000-000000000000/original%2epdf":  false,
		"/files/pr%6fd/post/2026/03/0195f000-0000-7000-8000-000000000000/original.pdf":  false,
		"/files//post/2026/03/0195f000-0000-7000-8000-000000000000/original.pdf":        false,
		"/files/prod/profile/2026/03/0195f000-0000-7000-8000-000000000000/original.pdf": true,
	} {
		if got := upload.IsPublic(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

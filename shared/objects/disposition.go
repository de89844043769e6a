package objects

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Attachment is the Content-Disposition with which a browser saves a file under name (RFC 6266). It always carries the
// name twice: in filename for old clients, with everything but plain ASCII replaced, and in filename* as UTF-8 (RFC
// 8187), which every current browser prefers. Folders and control characters in name are dropped; the result is ASCII.
func Attachment(name string) string { return disposition("attachment", name) }

// Inline is Attachment for content that a browser may show in place.
func Inline(name string) string { return disposition("inline", name) }

func disposition(kind, name string) string {
	name = fileName(name)
	var plain, encoded strings.Builder
	for _, r := range name {
		switch {
		case r > unicode.MaxASCII, r == '"', r == '\\', r == '%':
			plain.WriteByte('_')
		default:
			plain.WriteRune(r)
		}
	}
	const hex = "0123456789ABCDEF"
	for _, b := range []byte(name) {
		if attributeChar(b) {
			encoded.WriteByte(b)
			continue
		}
		encoded.Write([]byte{'%', hex[b>>4], hex[b&15]})
	}
	return kind + `; filename="` + plain.String() + `"; filename*=UTF-8''` + encoded.String()
}

// attributeChar says whether RFC 8187 lets b stand for itself.
func attributeChar(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' ||
		strings.IndexByte("!#$&+-.^_`|~", b) >= 0
}

// fileName is the last segment of name, without characters that are not for the eye, at most 255 bytes.
func fileName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	for len(name) > 255 {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	if strings.Trim(name, ".") == "" {
		return "file"
	}
	return name
}

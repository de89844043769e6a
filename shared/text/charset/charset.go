// Package charset reads text that Korean computers write in other encodings than UTF-8: names in archives and forms, and
// tables that a spreadsheet saved.
package charset

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
)

// Names of encodings, as IANA's registry and Korean programs have them.
const (
	UTF8    = "UTF-8"
	UTF16LE = "UTF-16LE"
	UTF16BE = "UTF-16BE"
	CP949   = "CP949" // EUC-KR and its extension by Microsoft (WHATWG: euc-kr)
)

// Korean is s in UTF-8, if it is UTF-8 or CP949 without an error. A text may be both; then it is UTF-8, which hardly any
// text of another encoding is by accident.
func Korean(s string) (text string, ok bool) {
	if utf8.ValidString(s) {
		return s, true
	}
	return decoded(korean.EUCKR, s)
}

// Shown is s for the eye: Korean, or where it is neither, s with a mark in the place of each byte that means nothing.
func Shown(s string) string {
	if text, ok := Korean(s); ok {
		return text
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// Table is a file of text in UTF-8 without a mark, and the encoding that it was in: by its mark, else UTF-8, else CP949.
// It is not ok where the file is none of these.
func Table(b []byte) (text, name string, ok bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
		return string(b), UTF8, utf8.Valid(b)
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		text, ok = decoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), string(b[2:]))
		return text, UTF16LE, ok
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		text, ok = decoded(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), string(b[2:]))
		return text, UTF16BE, ok
	case utf8.Valid(b):
		return string(b), UTF8, true
	}
	text, ok = decoded(korean.EUCKR, string(b))
	return text, CP949, ok
}

// decoded is s out of an encoding, if every byte of it means something.
func decoded(e encoding.Encoding, s string) (string, bool) {
	text, err := e.NewDecoder().String(s)
	if err != nil || strings.ContainsRune(text, utf8.RuneError) {
		return "", false
	}
	return text, true
}

package upload

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/madang-council/madang/shared/text"
)

// nameLimit is the longest file name in bytes: what ext4, APFS and NTFS hold (NTFS counts
// UTF-16 units, of which there are never more than bytes).
const nameLimit = 255

// CleanName is a file name as it is kept and given back on download: the last segment of
// a path, in NFC, without what no eye sees or no file system takes, at most 255 bytes
// with its extension whole. Cleaning twice changes nothing. It is "" where nothing is left.
func CleanName(name string) string {
	name = text.NFC(strings.ToValidUTF8(name, "_"))
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(printable, name)
	name = text.NFC(trimName(name)) // what was apart may have become neighbours
	if reserved(name) {
		name = "_" + name
	}
	return shortened(name)
}

func printable(r rune) rune {
	switch {
	case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Noncharacter_Code_Point):
		return -1 // bidi overrides are among the format characters (Cf)
	case strings.ContainsRune(`<>:"|?*`, r), r == utf8.RuneError:
		return '_' // refused by Windows
	case unicode.IsSpace(r):
		return ' '
	default:
		return r
	}
}

// trimName drops spaces and dots at the ends: Windows does so silently, and a dot at the
// beginning hides a file elsewhere.
func trimName(name string) string {
	return strings.TrimFunc(name, func(r rune) bool { return r == '.' || unicode.IsSpace(r) || text.Blank(string(r)) })
}

// reserved says whether Windows takes a name for a device, whatever its extension.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, ok := strings.CutPrefix(stem, "COM")
	if !ok {
		port, ok = strings.CutPrefix(stem, "LPT")
	}
	return ok && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

func shortened(name string) string {
	if len(name) <= nameLimit {
		return name
	}
	stem, extension := name, ""
	if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= 16 {
		stem, extension = name[:i], name[i:]
	}
	stem = stem[:nameLimit-len(extension)]
	for !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	if stem = trimName(stem); stem == "" {
		stem = "file"
	}
	return stem + extension
}

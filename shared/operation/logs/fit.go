package logs

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"
)

// MaxLine is how much of a line is kept, in bytes. What is longer loses its middle: its
// beginning says what it is, and its end has the ids of the request.
const MaxLine = 16 << 10

const tail = 1 << 10

var middle = []byte(" … ")

// head is what is kept of the beginning of a line that is too long.
const head = MaxLine - tail - len(" … ")

// hidden stands for what may say who somebody is.
const hidden = "***"

// mail is an address of it. An escaped character of JSON before it is no part of it, and what
// ends in digits is a version of a module.
var mail = regexp.MustCompile(`(\\(?:u[0-9a-fA-F]{4}|.))?[\pL\pN_.%+-]*@(?:[\pL\pN_-]+\.)+\pL{2,}`)

// What lines of others have: addresses of IPv4, what may be one of IPv6, what follows a path.
var (
	four  = regexp.MustCompile(`\d{1,3}(?:\.\d{1,3}){3}`)
	six   = regexp.MustCompile(`[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:]*`)
	query = regexp.MustCompile(`\?[^\s",]+`)
)

// client is where Nginx, in a line of its error log, begins to say whose request it was: an
// address, a path with its query, where they came from.
var client = []byte(", client: ")

// Fit is a line as it is kept: not too long, in UTF-8, and without what may say who somebody
// is. Our own lines, which are JSON, have no addresses, queries or names to begin with; what
// an error of a mail server may say is taken out of them. All other lines are others', and
// lose addresses and queries, too.
func Fit(text []byte) []byte {
	if len(text) > MaxLine {
		text = bytes.Join([][]byte{text[:head], middle, text[len(text)-tail:]}, nil)
	}
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	if bytes.IndexByte(text, '@') >= 0 {
		text = mail.ReplaceAll(text, []byte("${1}"+hidden+"@"+hidden))
	}
	if isObject(text) {
		return text
	}
	if at := bytes.Index(text, client); at >= 0 {
		text = text[:at]
	}
	if bytes.IndexByte(text, '?') >= 0 {
		text = query.ReplaceAll(text, []byte("?"+hidden))
	}
	text = four.ReplaceAll(text, []byte(hidden))
	return six.ReplaceAllFunc(text, func(found []byte) []byte {
		if isAddress(string(found)) {
			return []byte(hidden)
		}
		return found
	})
}

// isAddress says whether a text is an address of IPv6, with a colon of the sentence behind it
// or without. A time of day is none.
func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	if err != nil {
		_, err = netip.ParseAddr(strings.TrimSuffix(text, ":"))
	}
	return err == nil
}

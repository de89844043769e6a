// Package weblink writes web addresses as HTTP and browsers want them: in ASCII.
//
// People type and paste addresses with Hangul and spaces in them. A header must not hold these, and programs read them in
// different ways. What this package writes is one address to all of them.
package weblink

import (
	"strings"

	"golang.org/x/net/idna"
)

// ASCII returns address with its host in punycode (RFC 5891) and lower case, its scheme in lower case, and with everything
// else that may not stand in an address (RFC 3986) as percent-encoded UTF-8. What is encoded already stays. It refuses
// nothing, and done twice it changes nothing: a host that is none is encoded too, which no program takes for a host.
func ASCII(address string) string {
	scheme, rest := cutScheme(address)
	authority, slashes := strings.CutPrefix(rest, "//")
	if !slashes {
		return scheme + encode(rest)
	}
	end := strings.IndexAny(authority, "/?#")
	if end < 0 {
		end = len(authority)
	}
	before, host := "", authority[:end]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		before, host = encode(host[:at])+"@", host[at+1:]
	}
	port := ""
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && strings.Trim(host[colon+1:], "0123456789") == "" {
		host, port = host[:colon], host[colon:]
	}
	return scheme + "//" + before + hostASCII(host) + port + encode(authority[end:])
}

// cutScheme parts a scheme in lower case, with its colon, from the rest; "" where there is none.
func cutScheme(address string) (scheme, rest string) {
	name, rest, found := strings.Cut(address, ":")
	letter := func(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
	other := func(c rune) bool { return !letter(c) && (c < '0' || c > '9') && !strings.ContainsRune("+-.", c) }
	if !found || name == "" || !letter(rune(name[0])) || strings.ContainsFunc(name, other) {
		return "", address
	}
	return strings.ToLower(name) + ":", rest
}

func hostASCII(host string) string {
	if isASCII(host) {
		return lower(encode(host))
	}
	if written, err := idna.Lookup.ToASCII(host); err == nil {
		return written
	}
	return lower(encode(host))
}

// lower is strings.ToLower without the letters of escapes, which are written in capitals.
func lower(host string) string {
	parts := strings.Split(host, "%")
	for i, part := range parts {
		escape := min(2*min(i, 1), len(part))
		parts[i] = strings.ToUpper(part[:escape]) + strings.ToLower(part[escape:])
	}
	return strings.Join(parts, "%")
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' })
}

// encode writes the bytes that no part of an address may hold as %XX, and a percent sign that encodes nothing as %25.
func encode(s string) string {
	const hex = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '%' && !(i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])), c <= ' ', c > '~', strings.IndexByte("\"<>\\^`{|}", c) >= 0:
			out.Write([]byte{'%', hex[c>>4], hex[c&15]})
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

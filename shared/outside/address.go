// Package outside calls addresses that people typed, such as those of webhooks, without reaching
// anything that only this machine or its network can reach (server-side request forgery).
//
// An address is https, of a name that means one thing to every program (Parse). The name is asked
// for once per call; all its addresses must be public (Public), and the connection goes to one of
// those that were judged: a name that means something else a moment later changes nothing. There
// are no redirects, no proxies, no cookies, and an end to the time and the size of an answer.
package outside

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/madang-council/madang/shared/weblink"
)

// AddressLimit is how long an address may be, in bytes: as those of weblink, which browsers take.
const AddressLimit = 2000

// Address is a web address that may be called, in its one spelling.
type Address struct {
	scheme string // https; http only into networks that the operator allows
	host   string // a name in lower case, or an IP address
	port   uint16
	path   string // and query, from the slash on
}

// Host is the name, or the IP address, without the port.
func (a Address) Host() string { return a.host }

// Path is what follows host and port: path and query.
func (a Address) Path() string { return a.path }

// Origin is scheme, host and port, as https://example.com: what may be shown of an address whose
// path is a secret.
func (a Address) Origin() string {
	host := a.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if a.port != usual[a.scheme] {
		host = net.JoinHostPort(a.host, strconv.Itoa(int(a.port)))
	}
	return a.scheme + "://" + host
}

// With is the address with one more pair in its query.
func (a Address) With(name, value string) Address {
	between := "?"
	if strings.Contains(a.path, "?") {
		between = "&"
	}
	a.path += between + url.QueryEscape(name) + "=" + url.QueryEscape(value)
	return a
}

// String is the whole address.
func (a Address) String() string { return a.Origin() + a.path }

// usual are the ports that an address need not name.
var usual = map[string]uint16{"https": 443, "http": 80}

// Parse reads an address as people paste it. It fails with an *Error of Malformed for what is no
// address of the web, and of NotPublic for what names this machine or its network whatever the
// names of the network are.
func Parse(text string) (Address, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > AddressLimit || strings.ContainsFunc(text, misread) {
		return Address{}, because(Malformed, nil)
	}
	written := weblink.ASCII(text)
	if len(written) > AddressLimit {
		return Address{}, because(Malformed, nil)
	}
	u, err := url.Parse(written)
	if err != nil || u.Opaque != "" || u.User != nil || strings.Contains(u.Host, "@") || u.Host == "" || strings.Contains(written, "#") {
		return Address{}, because(Malformed, nil) // the error of url.Parse holds the address, which is a secret
	}
	a := Address{scheme: u.Scheme, host: u.Hostname(), port: usual[u.Scheme], path: u.EscapedPath()}
	if a.port == 0 {
		return Address{}, because(Malformed, nil)
	}
	if u.Port() != "" || strings.HasSuffix(u.Host, ":") {
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || port == 0 || u.Port()[0] == '0' {
			return Address{}, because(Malformed, nil)
		}
		a.port = uint16(port)
	}
	if a.path == "" {
		a.path = "/"
	}
	if u.RawQuery != "" {
		a.path += "?" + u.RawQuery
	}
	return a, hostRule(a.host, strings.Contains(u.Host, "["))
}

// misread says whether programs read another address where r stands in one.
func misread(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' || r == '\u0085' }

// hostRule refuses hosts that some program reads as another.
func hostRule(host string, bracketed bool) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" || ip.Is6() != bracketed || ip.String() != host {
			return because(NotPublic, nil) // fe80::1%eth0, [127.0.0.1], 0:0:0:0:0:0:0:1
		}
		return nil
	}
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	switch {
	case bracketed || len(host) > 253:
		return because(Malformed, nil)
	case numeric(last) || last == "" && len(labels) > 1 && numeric(labels[len(labels)-2]):
		return because(NotPublic, nil) // 2130706433, 0x7f.1, 0177.0.0.1, 127.1: IPv4 to resolvers and browsers (WHATWG URL, ends in a number)
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return because(Malformed, nil)
		}
	}
	if len(labels) == 1 || local[last] || strings.HasSuffix(host, ".home.arpa") {
		return because(NotPublic, nil)
	}
	return nil
}

// numeric says whether the last label of a host makes it an IPv4 address in one of its old forms.
func numeric(label string) bool {
	if hex, is := strings.CutPrefix(label, "0x"); is {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return label != "" && strings.Trim(label, "0123456789") == ""
}

// local are the top-level names that no name server of the internet answers for: special use (RFC
// 6761, 6762, 7686, 9476) and what ICANN keeps for networks of one's own (.internal, 2024).
var local = map[string]bool{
	"localhost": true, "local": true, "internal": true, "intranet": true, "private": true, "corp": true, "home": true, "lan": true, "localdomain": true,
	"test": true, "invalid": true, "example": true, "onion": true, "alt": true, "arpa": true,
}

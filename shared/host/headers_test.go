package host

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// What every request is read for before anything else: its id, its trace, where it comes from and by what.
func FuzzHeaders(f *testing.F) {
	f.Add("0123456789abcdef", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "203.0.113.9, 10.0.0.1", "10.0.0.2:1234", "Mozilla/5.0", "Bearer x", 2)
	f.Add("a\r\nb: c", "00-", "::ffff:1.2.3.4%eth0,,", "@", strings.Repeat("가", 100), "bearer", 0)
	f.Add("", "", "[2001:db8::1]:80, unknown, _x", "", "\u202e\xff", "Basic YTpi", 100)
	f.Fuzz(func(t *testing.T, id, trace, forwarded, remote, agent, authorization string, hops int) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Request-Id": {id}, "Traceparent": {trace}, "X-Forwarded-For": {forwarded, "203.0.113.1"}}}
		for _, c := range requestID(r) + traceparent(r) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				t.Fatalf("%q in what is logged and sent on", c)
			}
		}
		if a := clientAddress(r, max(0, hops%10)); !a.IsValid() || a.Zone() != "" || a.Is4In6() {
			t.Fatalf("%v is no address", a)
		}
		if d := device(agent); len(d) > deviceLimit || !utf8.ValidString(d) || strings.ContainsRune(d, '\u202e') {
			t.Fatalf("%q", d)
		}
		if token, is := bearerOf(authorization); is && len(token) >= len(authorization) {
			t.Fatalf("%q is longer than %q", token, authorization)
		}
	})
}

// A setting that cannot be read ends the program with its name, and none is read as another.
func FuzzSettings(f *testing.F) {
	f.Add("CAMPUS_NETWORKS", "203.0.113.0/24,2001:db8::/32")
	f.Add("CAMPUS_NETWORKS", "203.0.113.0/33")
	f.Add("ORPHAN_AGE", "-24h")
	f.Add("ORPHAN_AGE", "9223372036854775807ns")
	f.Add("PORT", "0x50")
	f.Add("ADMIN_NEEDS_TOTP", "yes")
	f.Add("UNITS", ",,")
	f.Add("UNITS_EN", `{"총학":"Student Council"}`)
	f.Add("TAGS_EN", `["행사"]`)
	f.Add("OIDC_ISSUERS", `[{"name":"a","url":"https://a","clientId":"b","clientSecret":"c","scopes":["d"]}]`)
	f.Add("OIDC_ISSUERS", `{"name":1}`)
	f.Add("SECRET_KEY", strings.Repeat("0a", 32))
	f.Fuzz(func(t *testing.T, name, value string) {
		s, err := ReadSettings(map[string]string{name: value})
		if err != nil {
			return
		}
		for _, n := range s.CampusNetworks {
			if n == (netip.Prefix{}) || !n.IsValid() {
				t.Fatalf("%v is no network", n)
			}
		}
		got, err := s.Function()
		if err == nil && got.OrphanAge != s.OrphanAge {
			t.Fatalf("%v became %v", s.OrphanAge, got.OrphanAge)
		}
		if name != "ORPHAN_AGE" && s.OrphanAge != 24*time.Hour {
			t.Fatalf("%s changed ORPHAN_AGE", name)
		}
		if _, err := s.Key(); err == nil && len(s.SecretKey) < 32 {
			t.Fatalf("%q is a key", s.SecretKey)
		}
	})
}

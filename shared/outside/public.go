package outside

import "net/netip"

// special are the networks inside the public ranges that lead nowhere public: IANA's registries of
// special-purpose addresses, IPv4 and IPv6 (as of 2026-11), with multicast, what is kept for later,
// and every form that has an IPv4 address in it and so may lead to any.
var special = prefixes(
	"0.0.0.0/8",       // this network (RFC 791)
	"10.0.0.0/8",      // private (RFC 1918)
	"100.64.0.0/10",   // shared by carriers (RFC 6598); clouds answer metadata there, too
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local (RFC 3927), metadata of clouds
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments (RFC 6890)
	"192.0.2.0/24",    // documentation (RFC 5737)
	"192.31.196.0/24", // AS112 (RFC 7535)
	"192.52.193.0/24", // AMT (RFC 7450)
	"192.88.99.0/24",  // 6to4 relays (RFC 7526)
	"192.168.0.0/16",  // private
	"192.175.48.0/24", // AS112 (RFC 7534)
	"198.18.0.0/15",   // benchmarks (RFC 2544)
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // kept for later, and the broadcast

	"2001::/23",         // protocol assignments (RFC 2928): Teredo, ORCHID, benchmarks
	"2001:db8::/32",     // documentation (RFC 3849)
	"2002::/16",         // 6to4 (RFC 3056): an IPv4 address in it
	"2620:4f:8000::/48", // AS112
	"3ffe::/16",         // the former 6bone (RFC 3701)
	"3fff::/20",         // documentation (RFC 9637)
)

// global is the part of IPv6 that is given out (RFC 4291, 2.4). Loopback, mapped and compatible
// IPv4, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard, SRv6, unique local, link-local, site-local
// and multicast are outside of it.
var global = netip.MustParsePrefix("2000::/3")

func prefixes(list ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(list))
	for i, p := range list {
		parsed[i] = netip.MustParsePrefix(p)
	}
	return parsed
}

// Public says whether an address is of the public internet, the same for everybody. An IPv4
// address in IPv6's form is none.
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" || a.Is6() && (!global.Contains(a) || isatap(a)) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// isatap says whether the interface part of an IPv6 address holds an IPv4 address for a tunnel
// (RFC 5214): 0:5efe or 200:5efe before it.
func isatap(a netip.Addr) bool {
	b := a.As16()
	return (b[8] == 0 || b[8] == 2) && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

package outside_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/outside/outsidetest"
)

// hosts of addresses that lead into the network of who calls them, or that some program reads
// so, each with what it tries.
var hostile = []string{
	// This machine, by its names.
	"localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "a.localhost", "LocalHost.", "ip6-localhost", "loopback", "broadcasthost", "postgres", "redis", "kubernetes",
	// The network's names.
	"postgres.madang.svc.cluster.local", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local.", "metadata", "metadata.google.internal", "metadata.google.internal.", "metadata.azure.internal",
	"instance-data.ec2.internal", "printer.local", "router.lan", "nas.home", "nas.home.arpa", "wiki.corp", "wiki.intranet", "db.private", "1.0.0.127.in-addr.arpa", "hidden.onion", "a.test", "a.invalid", "a.example",
	// IPv4 as it is written.
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.0.0.53", "127.127.127.127", "127.255.255.254", "169.254.0.1",
	"169.254.169.254", "169.254.170.2", "169.254.169.123", "172.16.0.1", "172.17.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1",
	"192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.254", "255.255.255.255",
	// IPv4 in its old forms: whole, in fewer parts, octal, hexadecimal, mixed, with zeros, with a dot.
	"2130706433", "3232235521", "2852039166", "0", "1", "4294967295", "017700000001", "0x7f000001", "0X7F000001", "0xa9fea9fe", "0x7f.0x0.0x0.0x1", "0x7f.1", "0177.0.0.1", "0177.1", "00000177.0.0.1",
	"127.1", "127.0.1", "10.1", "192.168.1", "169.254.43518", "169.16689662", "0xa9.254.0xa9.254", "0251.0376.0251.0376", "0xa9.0376.43518", "127.000.000.001", "127.0.0.01", "127.0.0.1.", "2130706433.",
	"0x7f.1.", "0.0.0.0.", "10.0.0.256", "256.1.1.1", "1.2.3.4.5", "127.0.0.0x1", "0x", "a.0x", "a.0x1", "a.1", "a.08", "0000127.0.0.1", "127.0.0.1.0", "999999999999999999",
	// IPv4 in letters that become digits, and dots that become dots.
	"１２７.0.0.1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "⑩.0.0.1", "１６９.２５４.１６９.２５４", "0ｘ7f.1", "ｌｏｃａｌｈｏｓｔ", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "local\u00adhost", "local\u200bhost", "loca\u2060lhost", "ʟocalhost",
	// IPv6.
	"[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::2]", "[::127.0.0.1]", "[::7f00:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:169.254.169.254]", "[0:0:0:0:0:ffff:10.0.0.1]",
	"[::ffff:8.8.8.8]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[64:ff9b:1:fffe::10.0.0.1]", "[100::1]", "[100:0:0:1::1]",
	"[2001::1]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[2001:2::1]", "[2001:10::1]", "[2001:20::1]", "[2001:db8::1]", "[2002:7f00:1::]", "[2002:7f00:1::1]", "[2002:a9fe:a9fe::1]", "[2002:808:808::1]", "[2620:4f:8000::1]",
	"[3ffe::1]", "[3fff::1]", "[4000::1]", "[5f00::1]", "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]", "[fdff:ffff::1]", "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%25lo]", "[::1%25lo]", "[fec0::1]", "[ff02::1]", "[ff0e::1]",
	"[2a00:1450::5efe:127.0.0.1]", "[2a00:1450::200:5efe:a00:1]", "[127.0.0.1]", "[8.8.8.8]", "[localhost]", "[::1", "::1", "::1]", "[]", "[2a00:1450:0:0:0:0:0:1]", "[v1.x]", "[::ffff:0x7f.1]",
	// What a name's server says.
	"to-loopback.madang.ac.kr", "to-private.madang.ac.kr", "to-metadata.madang.ac.kr", "to-carrier.madang.ac.kr", "to-local6.madang.ac.kr", "to-mapped.madang.ac.kr", "to-nat64.madang.ac.kr", "to-6to4.madang.ac.kr",
	"to-teredo.madang.ac.kr", "to-linklocal.madang.ac.kr", "to-both.madang.ac.kr", "to-both6.madang.ac.kr", "to-zero.madang.ac.kr", "to-many.madang.ac.kr", "to-nothing.madang.ac.kr",
	"localtest.me", "127.0.0.1.nip.io",
	// Who is named, and what is not a host.
	"hooks.example.com@127.0.0.1", "127.0.0.1@hooks.example.com", "user:pass@hooks.example.com", "hooks.example.com:443@127.0.0.1", "@hooks.example.com", "hooks.example.com%00.localhost", "hooks.example.com%2f@127.0.0.1",
	"%6c%6f%63%61%6c%68%6f%73%74", "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "hooks.example.com\\@127.0.0.1", "127.0.0.1\\.hooks.example.com", "hooks.example.com#@127.0.0.1", "hooks.example.com\t.localhost", "hooks example.com",
	"hooks.example.com.", "hooks..example.com", ".hooks.example.com", "-hooks.example.com", "hooks-.example.com", "ho_oks.example.com", "ho*oks.example.com", "hooks.example.com,127.0.0.1", "", ".", "..", strings.Repeat("a", 64) + ".example.com",
	strings.Repeat("a.", 127) + "example.com", "xn--.example.com\x00",
	// Ports of what else listens there.
	"hooks.example.com:22", "hooks.example.com:25", "hooks.example.com:80", "hooks.example.com:0", "hooks.example.com:5432", "hooks.example.com:6379", "hooks.example.com:65536", "hooks.example.com:0443", "hooks.example.com:", "hooks.example.com:-1", "hooks.example.com:４４３０",
}

// schemes and spellings that are no https address.
var noHTTPS = []string{
	"http://hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "dict://127.0.0.1:11211/", "ldap://127.0.0.1/", "javascript:alert(1)", "data:text/plain,x", "jar:https://a.com!/",
	"//hooks.example.com/", "/v1/admin/sweep", "hooks.example.com/", "https:hooks.example.com", "https:/hooks.example.com", "https:///hooks.example.com", "https://", "", " ", "https://hooks.example.com/\r\nHost: 127.0.0.1", "https://hooks.example.com/a b",
	"https\x00://hooks.example.com", "https://hooks.example.com/\u0085x", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "netdoc:///etc/passwd", "https://hooks.example.com/" + strings.Repeat("a", outside.AddressLimit),
}

var answers = map[string][]string{
	"to-loopback": {"127.0.0.1"}, "to-private": {"10.1.2.3"}, "to-metadata": {"169.254.169.254"}, "to-carrier": {"100.100.100.200"}, "to-local6": {"fd00::1"}, "to-mapped": {"::ffff:10.0.0.1"}, "to-nat64": {"64:ff9b::a00:1"},
	"to-6to4": {"2002:a00:1::1"}, "to-teredo": {"2001:0:4136:e378:8000:63bf:3fff:fdd2"}, "to-linklocal": {"fe80::1"}, "to-both": {"93.184.215.14", "10.0.0.1"}, "to-both6": {"93.184.215.14", "::1"}, "to-zero": {"0.0.0.0"}, "to-nothing": {},
	"localtest": {"127.0.0.1"}, "127": {"127.0.0.1"}, "hooks": {"93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"},
}

// names is a server of names that knows these.
func names(_ context.Context, host string) ([]netip.Addr, error) {
	first, _, _ := strings.Cut(host, ".")
	list := []netip.Addr{}
	if first == "to-many" {
		for i := range 17 {
			list = append(list, netip.AddrFrom4([4]byte{93, 184, 215, byte(i + 1)}))
		}
		return list, nil
	}
	known, is := answers[first]
	if !is {
		return nil, errors.New("no such host")
	}
	for _, a := range known {
		list = append(list, netip.MustParseAddr(a))
	}
	return list, nil
}

// Nothing that leads inside is saved or called: neither its form nor what its name's server says
// lets it through, and no connection is even begun.
func TestHostile(t *testing.T) {
	connected := atomic.Int64{}
	c := outside.New(outside.Options{Names: names, Connect: func(context.Context, netip.AddrPort) (net.Conn, error) {
		connected.Add(1)
		return nil, errors.New("reached")
	}})
	list := append([]string{}, noHTTPS...)
	for _, host := range hostile {
		list = append(list, "https://"+host+"/hook")
	}
	if len(list) < 200 {
		t.Errorf("%d addresses", len(list))
	}
	for _, address := range list {
		a, err := outside.Parse(address)
		if err == nil {
			if err = c.Check(t.Context(), a); err == nil {
				t.Errorf("%q is saved", address)
			}
			if _, called := c.Post(t.Context(), a, nil, nil); called == nil || outside.ReasonOf(called) == outside.NoAnswer {
				t.Errorf("%q is called: %v", address, called)
			}
		}
		if err != nil && outside.ReasonOf(err) == "" {
			t.Errorf("%q: %v", address, err)
		}
		if secret := "/hook"; err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error says %v", address, err)
		}
	}
	if n := connected.Load(); n != 0 {
		t.Errorf("%d connections were begun", n)
	}
}

// What leads inside is refused as such, so that whoever typed it is told.
func TestReasons(t *testing.T) {
	c := outside.New(outside.Options{Names: names})
	for address, want := range map[string]outside.Reason{
		"https://127.0.0.1/": outside.NotPublic, "https://2130706433/": outside.NotPublic, "https://[::1]/": outside.NotPublic, "https://localhost/": outside.NotPublic, "https://to-both.madang.ac.kr/": outside.NotPublic,
		"https://metadata.google.internal/": outside.NotPublic, "http://hooks.example.com/": outside.NotPublic, "https://hooks.example.com:8443/": outside.NoPort, "https://nobody.example.com/": outside.NoName,
		"https://to-nothing.madang.ac.kr/": outside.NoName, "https://a:b@hooks.example.com/": outside.Malformed, "ftp://hooks.example.com/": outside.Malformed, "https://hooks.example.com/": "", "https://[2606:2800:21f:cb07::1]/": "", "https://93.184.215.14/": "",
		"https://마당.hooks.kr/": outside.NoName, "HTTPS://HOOKS.Example.com:443/A?b=C": "",
	} {
		a, err := outside.Parse(address)
		if err == nil {
			err = c.Check(t.Context(), a)
		}
		if got := outside.ReasonOf(err); got != want || (want == "") != (err == nil) {
			t.Errorf("%s: %q %v, want %q", address, got, err, want)
		}
	}
	a, err := outside.Parse(" HTTPS://HOOKS.Example.com:443/A?b=C\n")
	if err != nil || a.String() != "https://hooks.example.com/A?b=C" || a.Origin() != "https://hooks.example.com" || a.Host() != "hooks.example.com" || a.Path() != "/A?b=C" {
		t.Errorf("%v %v", a, err)
	}
}

// stand is a server of TLS behind a public address, for any name.
type stand struct {
	client func(outside.Options) *outside.Client
	reach  func(ctx context.Context) (net.Conn, error) // a connection to it, whatever was judged
}

func open(t *testing.T, h http.Handler) stand {
	t.Helper()
	there := outsidetest.Serve(t, h, nil, "hooks.example.com")
	reach := func(ctx context.Context) (net.Conn, error) {
		return there.Connect(ctx, netip.AddrPortFrom(outsidetest.Server, 443))
	}
	return stand{reach: reach, client: func(o outside.Options) *outside.Client {
		o.Roots = there.Roots
		if o.Names == nil {
			o.Names = names
		}
		if o.Connect == nil {
			o.Connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
				if !outside.Public(to.Addr()) || to.Port() != 443 {
					t.Errorf("connects to %s", to)
				}
				return reach(ctx)
			}
		}
		return outside.New(o)
	}}
}

func post(t *testing.T, c *outside.Client, address string) (outside.Answer, error) {
	t.Helper()
	a, err := outside.Parse(address)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return c.Post(t.Context(), a, map[string]string{"Content-Type": "application/json"}, []byte(`{"a":1}`))
}

// What is sent arrives whole, and of an answer no more is kept than is bounded.
func TestPost(t *testing.T) {
	s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Host != "hooks.example.com" || r.Method != http.MethodPost || string(body) != `{"a":1}` || r.Header.Get("Content-Type") != "application/json" || r.RequestURI != "/a%2Fb?c=%20" {
			t.Errorf("%s %s%s %s", r.Method, r.Host, r.RequestURI, body)
		}
		w.Header().Set("Set-Cookie", "a=b")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
	}))
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("ALL_PROXY", "socks5://127.0.0.1:1")
	got, err := post(t, s.client(outside.Options{}), "https://hooks.example.com/a%2Fb?c=%20")
	if err != nil || got.Status != 202 || len(got.Body) != 4096 {
		t.Errorf("%d %d bytes %v", got.Status, len(got.Body), err)
	}
}

// Whatever a receiver answers, nobody is led on: the redirect itself is the answer.
func TestRedirects(t *testing.T) {
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		asked := atomic.Int64{}
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.Header().Set("Location", "http://169.254.169.254/latest/meta-data/")
			w.Header().Set("Refresh", "0; url=http://127.0.0.1/")
			w.WriteHeader(status)
		}))
		got, err := post(t, s.client(outside.Options{}), "https://hooks.example.com/")
		if err != nil || got.Status != status || asked.Load() != 1 {
			t.Errorf("%d: %d %v, asked %d times", status, got.Status, err, asked.Load())
		}
	}
}

// A name that means something public when it is saved, and something else whenever it is asked
// for again, is refused the moment it does: each call asks once, and connects to what it judged.
func TestRebinding(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		script := rapid.SliceOfN(rapid.SampledFrom([]string{"93.184.215.14", "127.0.0.1", "10.0.0.1", "::1", "169.254.169.254", "fd00::1", "2606:2800:21f:cb07::1"}), 1, 8).Draw(r, "script")
		asked, reached := 0, []netip.Addr{}
		c := outside.New(outside.Options{
			Names: func(context.Context, string) ([]netip.Addr, error) {
				a := netip.MustParseAddr(script[min(asked, len(script)-1)])
				asked++
				return []netip.Addr{a}, nil
			},
			Connect: func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
				reached = append(reached, to.Addr())
				return nil, errors.New("nobody")
			},
		})
		a, err := outside.Parse("https://hooks.example.com/")
		if err != nil {
			r.Fatal(err)
		}
		for range script {
			before, n := asked, len(reached)
			now := netip.MustParseAddr(script[min(asked, len(script)-1)])
			_, err := c.Post(t.Context(), a, nil, nil)
			if asked != before+1 {
				r.Fatalf("asked %d times in one call", asked-before)
			}
			want, public := outside.NotPublic, outside.Public(now)
			if public {
				want = outside.NoAnswer
			}
			if outside.ReasonOf(err) != want || (len(reached) > n) != public || public && reached[n] != now {
				r.Fatalf("%s: %v, reached %v", now, err, reached[n:])
			}
		}
	})
}

// The socket itself refuses what is not public, whatever was judged before.
func TestSocketJudges(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for _, to := range []string{listener.Addr().String(), "[::1]:443", "10.0.0.1:443", "169.254.169.254:443", "0.0.0.0:443"} {
		if _, err := outside.Connect(t.Context(), outside.New(outside.Options{}), netip.MustParseAddrPort(to)); outside.ReasonOf(err) != outside.NotPublic {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// What an operator opens is called, by http and at its port as well, and nothing beside it.
func TestOpened(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(server.Close)
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	c := outside.New(outside.Options{Ports: []uint16{at.Port()}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	if got, err := post(t, c, server.URL+"/hook"); err != nil || got.Status != 204 {
		t.Errorf("%d %v", got.Status, err)
	}
	for _, address := range []string{fmt.Sprintf("http://127.0.0.2:%d/", at.Port()), fmt.Sprintf("http://93.184.215.14:%d/", at.Port()), "https://10.0.0.1/"} {
		if _, err := post(t, c, address); outside.ReasonOf(err) != outside.NotPublic {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := post(t, c, "http://127.0.0.1:9/"); outside.ReasonOf(err) != outside.NoPort {
		t.Errorf("another port: %v", err)
	}
}

// Who is not who the name says is sent nothing.
func TestCertificates(t *testing.T) {
	s := open(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("was sent something") }))
	c := s.client(outside.Options{Names: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
	}})
	if _, err := post(t, c, "https://other.example.com/"); outside.ReasonOf(err) != outside.Certificate {
		t.Errorf("%v", err)
	}
}

// Of several addresses of a name the next is tried where one does not answer.
func TestNextAddress(t *testing.T) {
	s := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	tried := 0
	c := s.client(outside.Options{Connect: func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		if tried++; tried == 1 {
			return nil, errors.New("down")
		}
		return s.reach(ctx)
	}})
	if got, err := post(t, c, "https://hooks.example.com/"); err != nil || got.Status != 200 || tried != 2 {
		t.Errorf("%d %v, tried %d", got.Status, err, tried)
	}
}

// Addresses that never answer take their part of the time that is left, not all of it: whichever of a name's addresses lives has as
// long as each of the others, and so has its answer.
func TestDeadAddresses(t *testing.T) {
	for _, many := range []int{1, 2, 5, 16} {
		synctest.Test(t, func(t *testing.T) {
			list, tried := []netip.Addr{}, []netip.Addr{}
			for i := range many {
				list = append(list, netip.AddrFrom4([4]byte{93, 184, 215, byte(i + 1)}))
			}
			began, part := time.Now(), outside.Most/time.Duration(many+1)
			c := outside.New(outside.Options{
				Names: func(context.Context, string) ([]netip.Addr, error) { return list, nil },
				Connect: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
					if due := began.Add(part * time.Duration(len(tried))); time.Since(due).Abs() > time.Millisecond {
						t.Errorf("%d addresses: %s is tried after %v", many, to, time.Since(began))
					}
					tried = append(tried, to.Addr())
					<-ctx.Done()
					return nil, ctx.Err()
				},
			})
			if _, err := post(t, c, "https://hooks.example.com/"); outside.ReasonOf(err) != outside.NoAnswer && outside.ReasonOf(err) != outside.TooSlow || !slices.Equal(tried, list) {
				t.Errorf("%d addresses: tried %v, %v", many, tried, err)
			}
			if took := time.Since(began); (took - part*time.Duration(many)).Abs() > time.Millisecond {
				t.Errorf("%d addresses: %v", many, took)
			}
		})
	}
}

// A receiver that never answers, and a caller that goes, end the call.
func TestSlow(t *testing.T) {
	left := make(chan struct{})
	s := open(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(left)
	}))
	a, err := outside.Parse("https://hooks.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := s.client(outside.Options{Connect: func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		if deadline, is := ctx.Deadline(); !is || time.Until(deadline) > outside.Most {
			t.Error("the connection has no end")
		}
		defer time.AfterFunc(50*time.Millisecond, cancel)
		return s.reach(ctx)
	}})
	if _, err := c.Post(ctx, a, nil, nil); outside.ReasonOf(err) != outside.TooSlow {
		t.Errorf("%v", err)
	}
	<-left
}

// What is read once is read the same again, and never names more than one host.
func FuzzParse(f *testing.F) {
	for _, host := range hostile {
		f.Add("https://" + host + "/hook")
	}
	for _, address := range append(noHTTPS, "https://hooks.example.com/a?b=c", "https://[2606:2800:21f:cb07::1]:443/", "https://마당.kr/웹훅?가=나") {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := outside.Parse(text)
		if err != nil {
			if outside.ReasonOf(err) == "" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		b, err := outside.Parse(a.String())
		if err != nil || a != b {
			t.Fatalf("%q is %q, and that is %q: %v", text, a, b, err)
		}
		r, err := http.NewRequest(http.MethodPost, a.String(), nil)
		if err != nil || r.URL.Hostname() != a.Host() || r.URL.User != nil || r.URL.RequestURI() != a.Path() {
			t.Fatalf("%q: net/http reads %v %v", a, r, err)
		}
		if ip, err := netip.ParseAddr(a.Host()); err != nil && net.ParseIP(a.Host()) != nil || err == nil && ip.String() != a.Host() {
			t.Fatalf("%q is an address to some", a.Host())
		}
	})
}

// Whatever IPv4 address there is, no form of IPv6 that holds it is public; and what Go's own
// package knows to be special never is.
func TestPublic(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		v4 := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(r, "v4")))
		four := v4.As4()
		for _, prefix := range []string{"::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1:2::", "2002::", "2001::", "2a00:1450::5efe:0:0", "2a00:1450::200:5efe:0:0"} {
			sixteen := netip.MustParseAddr(prefix).As16()
			at := 12
			if prefix == "2002::" {
				at = 2
			}
			copy(sixteen[at:], four[:])
			if a := netip.AddrFrom16(sixteen); outside.Public(a) {
				r.Fatalf("%s is public", a)
			}
		}
		var six [16]byte
		copy(six[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "v6"))
		for _, a := range []netip.Addr{v4, netip.AddrFrom16(six)} {
			is := a.IsPrivate() || a.IsLoopback() || a.IsMulticast() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.Is4In6() || !a.IsGlobalUnicast()
			if is && outside.Public(a) {
				r.Fatalf("%s is public", a)
			}
		}
	})
	for _, a := range []string{"1.1.1.1", "8.8.8.8", "93.184.215.14", "11.0.0.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.1", "169.253.255.255", "192.167.255.255", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1", "2001:200::1", "2001:4860:4860::8888"} {
		if !outside.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is not public", a)
		}
	}
}

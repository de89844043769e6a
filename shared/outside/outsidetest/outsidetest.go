// Package outsidetest stands in for servers of others that are called by the safe way out.
package outsidetest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/madang-council/madang/shared/certificatetest"
	"github.com/madang-council/madang/shared/outside"
)

// Server is where all names are, unless a test says otherwise: a public address.
var Server = netip.MustParseAddr("93.184.215.14")

// Serve has a handler answer for names of hosts, by TLS, until the test ends. The options lead
// whoever calls them there, behind what is judged of an address; where says where names lead. A
// connection to an address that is not public fails the test.
func Serve(t testing.TB, handler http.Handler, where func(host string) ([]netip.Addr, error), names ...string) outside.Options {
	t.Helper()
	certificate, key := certificatetest.New(t, names...)
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	return outside.Options{
		Roots: roots,
		Names: func(_ context.Context, host string) ([]netip.Addr, error) { return where(host) },
		Connect: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			if !outside.Public(to.Addr()) {
				t.Errorf("a connection to %s", to)
			}
			return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
		},
	}
}

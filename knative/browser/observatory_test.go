package browser

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Mozilla's HTTP Observatory gives A+ to the main page and to the sign-in page, of a host
// that is behind TLS as in production.
func TestObservatory(t *testing.T) {
	node := needed(t, "node", "Debian: nodejs")
	needed(t, "testdata/checkers/node_modules/@mdn/mdn-http-observatory/package.json", npmPackages)
	secure := httptest.NewUnstartedServer(nil)
	_, securePort, _ := net.SplitHostPort(secure.Listener.Addr().String())
	site := "https://localhost:" + securePort
	h := startHost(t, "SITE_URL="+site)
	inside, err := url.Parse(h.address)
	if err != nil {
		t.Fatal(err)
	}
	secure.Config.Handler = httputil.NewSingleHostReverseProxy(inside)
	certificate, ca := localhostCertificate(t)
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, site+r.URL.RequestURI(), http.StatusMovedPermanently) //nolint:gosec // to a site of this test
	}))
	t.Cleanup(plain.Close)
	_, plainPort, _ := net.SplitHostPort(plain.Listener.Addr().String())
	for _, path := range []string{"/", "/sign-in"} {
		command := exec.CommandContext(t.Context(), node, "observatory.mjs", "localhost", plainPort, securePort, path)
		command.Dir, command.Env = "testdata/checkers", append(os.Environ(), "NODE_EXTRA_CA_CERTS="+ca, "NODE_OPTIONS=--dns-result-order=ipv4first")
		command.Stderr = os.Stderr
		out, err := command.Output()
		if err != nil {
			t.Fatalf("observatory: %v: %s", err, out)
		}
		var got struct {
			Grade string
			Score int
			Tests []struct {
				Name, Result, Description string
				Pass                      bool
				Modifier                  int
			}
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, test := range got.Tests {
			if !test.Pass {
				t.Errorf("%s: %s (%d): %s", path, test.Result, test.Modifier, test.Description)
			}
		}
		if got.Grade != "A+" {
			t.Errorf("%s: %s", path, got.Grade)
		}
		t.Logf("%s: %s, %d of 100", path, got.Grade, got.Score)
	}
}

// localhostCertificate is one that this test alone trusts, and the path of its authority.
func localhostCertificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, path
}

package browser

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/madang-council/madang/shared/certificatetest"
)

// Mozilla's HTTP Observatory gives A+ to every page: of the site of MADANG_URL where that is
// https, or of a local host that is behind TLS as in production. NODE_EXTRA_CA_CERTS and
// SSL_CERT_FILE name the authority of a site whose certificate is of its own.
func TestObservatory(t *testing.T) {
	t.Parallel()
	needed(t, "testdata/checkers/node_modules/@mdn/mdn-http-observatory/package.json", npmPackages)
	h, ports, env := secured(t)
	type asked struct {
		Path   string `json:"path"`
		Cookie string `json:"cookie"`
	}
	list, cookies, ask := views(t, h), h.signIn(), []asked{}
	for _, v := range list {
		ask = append(ask, asked{Path: v.path, Cookie: v.cookie(cookies)})
	}
	found, grades := answers[struct {
		Path, At, Grade string
		Verified        bool
		Status, Score   int
		Tests           []struct {
			Name, Result, Description string
			Pass                      bool
			Modifier                  int
		}
	}](t, env, ask, "observatory.mjs", ports...), map[string]int{}
	byFunction(t, list, func(t *testing.T, of []view) {
		for _, v := range of {
			got := found[slices.Index(list, v)]
			if got.Path != v.path || got.At != got.Path || !got.Verified {
				t.Errorf("%s was asked for, and %s answered %d (certificate verified: %v)", v, got.At, got.Status, got.Verified)
			}
			for _, test := range got.Tests {
				if !test.Pass {
					t.Errorf("%s: %s (%d): %s", v, test.Result, test.Modifier, test.Description)
				}
			}
			if got.Grade != "A+" {
				t.Errorf("%s: %s", v, got.Grade)
			}
			grades[fmt.Sprintf("%s %d", got.Grade, got.Score)]++
		}
	})
	t.Logf("%d pages: %v", len(list), grades)
}

// secured is a site with TLS, as the observatory's HOST, HTTP-PORT and HTTPS-PORT, and what
// it must know to trust it.
func secured(t *testing.T) (h *localHost, ports, env []string) {
	t.Helper()
	if edge, err := url.Parse(os.Getenv("MADANG_URL")); err == nil && edge.Scheme == "https" {
		return checked(t), []string{edge.Hostname(), "80", cmp.Or(edge.Port(), "443")}, nil
	}
	secure := httptest.NewUnstartedServer(nil)
	_, securePort, _ := net.SplitHostPort(secure.Listener.Addr().String())
	site := "https://localhost:" + securePort
	h = startHost(t, "SITE_URL="+site, "S3_PUBLIC_ENDPOINT=https://storage.localhost") // which no page waits for
	inside, err := url.Parse(h.address)
	if err != nil {
		t.Fatal(err)
	}
	secure.Config.Handler = httputil.NewSingleHostReverseProxy(inside)
	signed, key := certificatetest.New(t, "localhost")
	certificate, err := tls.X509KeyPair(signed, key)
	ca := filepath.Join(t.TempDir(), "authority.pem")
	if err := errors.Join(err, os.WriteFile(ca, signed, 0o600)); err != nil {
		t.Fatal(err)
	}
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, site+r.URL.RequestURI(), http.StatusMovedPermanently) //nolint:gosec // to a site of this test
	}))
	t.Cleanup(plain.Close)
	_, plainPort, _ := net.SplitHostPort(plain.Listener.Addr().String())
	return h, []string{"localhost", plainPort, securePort}, []string{"NODE_EXTRA_CA_CERTS=" + ca, "NODE_OPTIONS=--dns-result-order=ipv4first"}
}

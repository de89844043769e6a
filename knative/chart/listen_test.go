package chart_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	corev1 "k8s.io/api/core/v1"

	"github.com/madang-council/madang/knative/edge/nginxtest"
	"github.com/madang-council/madang/shared/addresstest"
	"github.com/madang-council/madang/shared/certificatetest"
)

// The rendered edge on a real Nginx: TLS, the way from HTTP to HTTPS, and whose address a
// function is told in front of each kind of load balancer.
func TestEdgeListens(t *testing.T) {
	nginxtest.Need(t)
	const visitor = "203.0.113.7"
	trusted := set("edge.trustedProxies", []any{"127.0.0.1/32"})
	secret, plain := set("edge.tls.mode", "secret"), []func(chartutil.Values){set("edge.tls.mode", "none"), set("site.url", "http://madang.example.ac.kr")}
	proxy := set("edge.proxyProtocol", true)
	for _, row := range []struct {
		name      string
		change    []func(chartutil.Values)
		announced string // the line of the PROXY protocol
		forwarded string // X-Forwarded-For
		told      string // to the function; "" means that there is no answer
	}{
		{"nobody in front", nil, "", "", "127.0.0.1"},
		{"nobody in front, a made-up address", nil, "", visitor, "127.0.0.1"},
		{"a balancer that is trusted", []func(chartutil.Values){trusted}, "", visitor, visitor},
		{"a balancer, and an address made up before it", []func(chartutil.Values){trusted}, "", "198.51.100.1, " + visitor, visitor},
		{"PROXY protocol", []func(chartutil.Values){proxy, trusted}, "PROXY TCP4 " + visitor + " 10.0.0.1 4711 443\r\n", "198.51.100.1", visitor},
		{"PROXY protocol that is not spoken", []func(chartutil.Values){proxy, trusted}, "", "", ""},
	} {
		for _, scheme := range []string{"http", "https"} {
			t.Run(row.name+", "+scheme, func(t *testing.T) {
				change, transport := append(slices.Clone(plain), row.change...), ""
				if scheme == "https" {
					change, transport = append([]func(chartutil.Values){secret}, row.change...), "max-age=63072000; includeSubDomains"
				}
				l := listen(t, row.announced, change...)
				l.certify()
				response, err := l.get(scheme, "/v1/members/me", "X-Forwarded-For", row.forwarded)
				if row.told == "" {
					if err == nil {
						t.Errorf("answered %d", response.StatusCode)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if want := row.told + " " + scheme + " members.madang.svc.cluster.local"; string(body) != want {
					t.Errorf("the function was told %q, want %q", body, want)
				}
				page, err := l.get(scheme, "/v1/main")
				if err != nil {
					t.Fatal(err)
				}
				body, _ = io.ReadAll(page.Body)
				_ = page.Body.Close()
				if page.StatusCode != http.StatusOK || string(body) != strings.Repeat("가", 30_000) || page.Header.Get("Cache-Status") != "madang; fwd=uri-miss" {
					t.Errorf("a page that nobody has: %d, %d bytes, %v", page.StatusCode, len(body), page.Header)
				}
				says(t, response, transport, "strict-origin-when-cross-origin")
				says(t, page, "max-age=1", "same-origin")
				if scheme == "http" {
					return
				}
				if response.Proto != "HTTP/2.0" || response.TLS.Version != tls.VersionTLS13 {
					t.Errorf("%s over %x", response.Proto, response.TLS.Version)
				}
				moved, err := l.get("http", "/v1/notices?tag=%EB%B4%84&page=2")
				if err != nil {
					t.Fatal(err)
				}
				_ = moved.Body.Close()
				says(t, moved, transport, "strict-origin-when-cross-origin")
				if at := moved.Header.Get("Location"); moved.StatusCode != http.StatusPermanentRedirect || at != "https://council.example/v1/notices?tag=%EB%B4%84&page=2" {
					t.Errorf("HTTP answers %d %s", moved.StatusCode, at)
				}
				l.client.TLSClientConfig.MaxVersion = tls.VersionTLS12
				for suite, spoken := range map[uint16]bool{
					tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: true,
					tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: false, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: false,
				} {
					l.client.TLSClientConfig.CipherSuites = []uint16{suite}
					answer, err := l.get("https", "/v1/members/me")
					if (err == nil) != spoken {
						t.Errorf("%s: %v", tls.CipherSuiteName(suite), err)
					}
					if err == nil {
						_ = answer.Body.Close()
					}
				}
				l.client.TLSClientConfig.CipherSuites = nil
				l.client.TLSClientConfig.MinVersion, l.client.TLSClientConfig.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
				if _, err := l.get("https", "/v1/members/me"); err == nil {
					t.Error("TLS 1.1 is spoken")
				}
			})
		}
	}
}

// says checks that an answer has each of the edge's headers once: a function's own, or else
// the edge's. "" means that it has none.
func says(t *testing.T, response *http.Response, transport, referrer string) {
	t.Helper()
	for name, want := range map[string]string{
		"Strict-Transport-Security": transport, "Referrer-Policy": referrer, "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
	} {
		if got := response.Header.Values(name); want == "" && len(got) > 0 || want != "" && (len(got) != 1 || got[0] != want) {
			t.Errorf("%s %s has %s %q, want %q", response.Proto, response.Request.URL, name, got, want)
		}
	}
}

// listening is a rendered edge on Nginx.
type listening struct {
	t       *testing.T
	client  *http.Transport
	address map[string]string // by scheme; "redirect" is where a load balancer's port 80 comes in, "acme" where cert-manager does
	dir     string            // what /tmp and /etc/tls are in the pod
}

// listen starts what the chart makes of values, at addresses of this machine.
func listen(t *testing.T, announced string, change ...func(chartutil.Values)) *listening {
	t.Helper()
	return listenTo(t, announced, strings.NewReplacer(), change...)
}

// listenTo is listen with other numbers in the edge's own files.
func listenTo(t *testing.T, announced string, numbers *strings.Replacer, change ...func(chartutil.Values)) *listening {
	t.Helper()
	asked := 0
	functions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/main" { // in chunks, and at the third attempt
			if asked++; asked%3 != 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Referrer-Policy", "same-origin")
			w.Header().Set("Strict-Transport-Security", "max-age=1")
			for range 3 {
				_, _ = io.WriteString(w, strings.Repeat("가", 10_000))
				_ = http.NewResponseController(w).Flush()
			}
			return
		}
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-For")+" "+r.Header.Get("X-Forwarded-Proto")+" "+r.Host)
	}))
	t.Cleanup(functions.Close)
	dir, health := t.TempDir(), addresstest.Address(t)
	l := &listening{t: t, dir: dir, address: map[string]string{"http": addresstest.Address(t), "https": addresstest.Address(t), "redirect": addresstest.Address(t), "acme": addresstest.Address(t)}}
	solver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/acme-challenge/gone" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, "solved for "+r.Host)
	}))
	t.Cleanup(solver.Close)
	files := map[string]string{}
	maps := of[corev1.ConfigMap](mustRender(t, production, change...))
	files["resolver.conf"] = "resolver 127.0.0.1;\n"
	for name, content := range maps["ConfigMap/edge"].Data {
		files[name] = numbers.Replace(strings.ReplaceAll(content, "/tmp/", dir+"/"))
	}
	given, err := chartutil.ReadValuesFile("values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := given.PathValue("knative.gateway")
	if err != nil {
		t.Fatal(err)
	}
	_, solverPort, _ := net.SplitHostPort(strings.TrimPrefix(solver.URL, "http://"))
	here := strings.NewReplacer(
		"listen 8080 ", "listen "+l.address["http"]+" ", "listen 8443 ", "listen "+l.address["https"]+" ", "listen 8081;", "listen "+health+";",
		"listen 8082 ", "listen "+l.address["redirect"]+" ", "listen 8083;", "listen "+l.address["acme"]+";", "set $solver acme-solver.madang.svc.cluster.local;", "set $solver 127.0.0.1;", "http://$solver:8089", "http://$solver:"+solverPort,
		"default /etc/tls;", "default "+dir+";",
		fmt.Sprint("server ", gateway), "server "+strings.TrimPrefix(functions.URL, "http://"), "/tmp/", dir+"/", "daemon off;", "daemon off; master_process off;",
	)
	for name, content := range maps["ConfigMap/edge-site"].Data {
		files[filepath.Join("site", name)] = here.Replace(content)
	}
	files["site/modules.conf"] = nginxtest.LoadLua()
	nginxtest.Start(t, dir, "http://"+health+"/healthz", files,
		"REDIS_HOST=127.0.0.1", "REDIS_PORT=1", "PAGE_PREFIX=p:", "FUNCTION_DOMAIN=.madang.svc.cluster.local", "FUNCTIONS_ADDRESS="+strings.TrimPrefix(functions.URL, "http://"))
	l.client = &http.Transport{
		DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{ServerName: "council.example"},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err == nil {
				_, err = io.WriteString(c, announced)
			}
			return c, err
		},
	}
	return l
}

// certify puts a certificate where the pod has it, and believes no other from now on.
func (l *listening) certify() {
	l.t.Helper()
	signed, key := certificatetest.New(l.t, "council.example")
	for name, content := range map[string][]byte{"tls.crt": signed, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(l.dir, name), content, 0o600); err != nil {
			l.t.Fatal(err)
		}
	}
	l.client.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !l.client.TLSClientConfig.RootCAs.AppendCertsFromPEM(signed) {
		l.t.Fatal("the certificate is not one")
	}
}

// get asks the edge as council.example, with headers as names and values in turn.
func (l *listening) get(scheme, path string, header ...string) (*http.Response, error) {
	l.t.Helper()
	return l.ask(scheme, scheme, path, header...)
}

// ask speaks a protocol to one of the ports.
func (l *listening) ask(protocol, port, path string, header ...string) (*http.Response, error) {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodGet, protocol+"://"+l.address[port]+path, http.NoBody)
	if err != nil {
		l.t.Fatal(err)
	}
	r.Host = "council.example"
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	return l.client.RoundTrip(r)
}

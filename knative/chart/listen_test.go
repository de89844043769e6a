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
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	corev1 "k8s.io/api/core/v1"

	"github.com/madang-council/madang/knative/edge/nginxtest"
)

// The rendered edge on a real Nginx: TLS, the way from HTTP to HTTPS, and whose address a
// function is told in front of each kind of load balancer.
func TestEdgeListens(t *testing.T) {
	nginxtest.Need(t)
	const visitor = "203.0.113.7"
	trusted := set("edge.trustedProxies", []any{"127.0.0.1/32"})
	secret := set("edge.tls.secretName", "madang-tls")
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
				change := row.change
				if scheme == "https" {
					change = append([]func(chartutil.Values){secret}, change...)
				}
				l := listen(t, row.announced, change...)
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
				says(t, response, "max-age=63072000; includeSubDomains", "strict-origin-when-cross-origin")
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
				if at := moved.Header.Get("Location"); moved.StatusCode != http.StatusPermanentRedirect || at != "https://council.example/v1/notices?tag=%EB%B4%84&page=2" {
					t.Errorf("HTTP answers %d %s", moved.StatusCode, at)
				}
				l.client.TLSClientConfig.MinVersion, l.client.TLSClientConfig.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
				if _, err := l.get("https", "/v1/members/me"); err == nil {
					t.Error("TLS 1.1 is spoken")
				}
			})
		}
	}
}

// says checks that an answer has each of the edge's headers once: a function's own, or else
// the edge's.
func says(t *testing.T, response *http.Response, transport, referrer string) {
	t.Helper()
	for name, want := range map[string]string{"Strict-Transport-Security": transport, "Referrer-Policy": referrer, "X-Frame-Options": "DENY"} {
		if got := response.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s %s has %s %q, want %q", response.Proto, response.Request.URL, name, got, want)
		}
	}
}

// listening is a rendered edge on Nginx.
type listening struct {
	t       *testing.T
	client  *http.Transport
	address map[string]string // by scheme
}

// listen starts what the chart makes of values, at addresses of this machine.
func listen(t *testing.T, announced string, change ...func(chartutil.Values)) *listening {
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
	signed, key := nginxtest.Certificate(t, "council.example")
	files, pool := map[string]string{"tls.crt": string(signed), "tls.key": string(key)}, x509.NewCertPool()
	if !pool.AppendCertsFromPEM(signed) {
		t.Fatal("the certificate is not one")
	}
	dir, health := t.TempDir(), nginxtest.FreeAddress(t)
	l := &listening{t: t, address: map[string]string{"http": nginxtest.FreeAddress(t), "https": nginxtest.FreeAddress(t)}}
	maps := of[corev1.ConfigMap](mustRender(t, production, change...))
	files["resolver.conf"] = "resolver 127.0.0.1;\n"
	for name, content := range maps["ConfigMap/edge"].Data {
		files[name] = content
	}
	given, err := chartutil.ReadValuesFile("values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := given.PathValue("knative.gateway")
	if err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer(
		"listen 8080 ", "listen "+l.address["http"]+" ", "listen 8443 ", "listen "+l.address["https"]+" ", "listen 8081;", "listen "+health+";",
		fmt.Sprint("server ", gateway), "server "+strings.TrimPrefix(functions.URL, "http://"), "/etc/tls/", dir+"/", "/tmp/", dir+"/", "daemon off;", "daemon off; master_process off;",
	)
	for name, content := range maps["ConfigMap/edge-site"].Data {
		files[filepath.Join("site", name)] = here.Replace(content)
	}
	files["site/modules.conf"] = nginxtest.LoadLua()
	nginxtest.Start(t, dir, "http://"+health+"/healthz", files,
		"REDIS_HOST=127.0.0.1", "REDIS_PORT=1", "PAGE_PREFIX=p:", "FUNCTION_DOMAIN=.madang.svc.cluster.local", "FUNCTIONS_ADDRESS="+strings.TrimPrefix(functions.URL, "http://"))
	l.client = &http.Transport{
		DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "council.example"},
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

// get asks the edge as council.example, with headers as names and values in turn.
func (l *listening) get(scheme, path string, header ...string) (*http.Response, error) {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodGet, scheme+"://"+l.address[scheme]+path, http.NoBody)
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

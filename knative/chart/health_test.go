package chart_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/madang-council/madang/knative/edge/nginxtest"
)

// A load balancer asks every port of the edge in plain HTTP whether it is well, with and
// without the PROXY protocol, in every way of TLS: 200 alone counts as that. Whoever asks in
// plain HTTP for anything else is led to https. While a replica ends it says so, and serves.
func TestEdgeIsWellOnEveryPort(t *testing.T) {
	nginxtest.Need(t)
	const visitor, announced = "203.0.113.7", "PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n"
	trusted := set("edge.trustedProxies", []any{"127.0.0.1/32"})
	tls := func(mode string) []func(chartutil.Values) {
		return []func(chartutil.Values){set("edge.tls.mode", mode), trusted}
	}
	for _, row := range []struct {
		name      string
		change    []func(chartutil.Values)
		announced string
		ports     []string
		redirects []string          // ports that lead to https when they are asked in plain HTTP
		serves    map[string]string // by port: the protocol in which it serves
	}{
		{"none", append(slices.Clone(unsecure), trusted), "", []string{"http"}, nil, map[string]string{"http": "http"}},
		{"secret", tls("secret"), "", []string{"http", "https"}, []string{"http", "https"}, map[string]string{"https": "https"}},
		{"acme", tls("acme"), "", []string{"http", "https"}, []string{"http", "https"}, map[string]string{"https": "https"}},
		{"balancer", tls("balancer"), "", []string{"redirect", "http"}, []string{"redirect"}, map[string]string{"http": "http"}},
		{"none, PROXY", append(slices.Clone(unsecure), trusted, set("edge.proxyProtocol", true)), announced, []string{"http"}, nil, map[string]string{"http": "http"}},
		{"secret, PROXY", append(tls("secret"), set("edge.proxyProtocol", true)), announced, []string{"http", "https"}, []string{"http", "https"}, map[string]string{"https": "https"}},
		{"acme, PROXY", append(tls("acme"), set("edge.proxyProtocol", true)), announced, []string{"http", "https"}, []string{"http", "https"}, map[string]string{"https": "https"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := listen(t, row.announced, row.change...)
			l.certify()
			answer := func(protocol, port, path string) (status int, location, body string) {
				t.Helper()
				r, err := l.ask(protocol, port, path, "X-Forwarded-For", visitor)
				if err != nil {
					t.Errorf("%s to %s: %v", protocol, port, err)
					return 0, "", ""
				}
				read, _ := io.ReadAll(r.Body)
				_ = r.Body.Close()
				return r.StatusCode, r.Header.Get("Location"), string(read)
			}
			serves := func() {
				t.Helper()
				for port, protocol := range row.serves {
					told := "http"
					if !strings.HasPrefix(row.name, "none") {
						told = "https"
					}
					if status, _, body := answer(protocol, port, "/v1/members/me"); status != http.StatusOK || body != visitor+" "+told+" members.madang.svc.cluster.local" {
						t.Errorf("%s: %d %s", port, status, body)
					}
				}
			}
			well := func(want int) {
				t.Helper()
				for _, port := range row.ports {
					if status, _, _ := answer("http", port, "/healthz"); status != want {
						t.Errorf("%s: the balancer is answered %d, want %d", port, status, want)
					}
				}
			}
			well(http.StatusOK)
			serves()
			for _, port := range row.redirects {
				for _, path := range []string{"/", "/healthz/", "/healthzz", "/v1/notices?tag=%EB%B4%84&page=2", "/healthz?x=1"} {
					if path == "/healthz?x=1" && port != "https" {
						continue // of whose address no more is looked at than the path
					}
					if status, location, _ := answer("http", port, path); status != http.StatusPermanentRedirect || location != "https://council.example"+path {
						t.Errorf("%s: plain HTTP for %s is answered %d %s", port, path, status, location)
					}
				}
			}
			if err := os.WriteFile(filepath.Join(l.dir, "draining"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			well(http.StatusServiceUnavailable)
			serves()
		})
	}
}

// Behind a balancer that speaks the PROXY protocol cert-manager's own look, which does not, finds
// what the ACME server will find, and nothing else.
func TestChallengesWithoutPROXY(t *testing.T) {
	nginxtest.Need(t)
	l := listen(t, "", proxied...)
	for path, want := range map[string]string{"/.well-known/acme-challenge/token": "200 solved for council.example", "/.well-known/acme-challenge/gone": "404", "/": "404", "/v1/members/me": "404"} {
		r, err := l.ask("http", "acme", path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if got := fmt.Sprint(r.StatusCode, " ", string(body)); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
	r := mustRender(t, production, append([]func(chartutil.Values){set("edge.tls.acme.checkIP", "10.96.0.77")}, proxied...)...)
	service, pod := of[corev1.Service](r)["Service/acme-check"], of[appsv1.Deployment](r)["Deployment/edge"].Spec.Template.Spec.Containers[0]
	if service.Spec.ClusterIP != "10.96.0.77" || service.Spec.Ports[0].Port != 80 || !slices.ContainsFunc(pod.Ports, func(p corev1.ContainerPort) bool { return p.Name == service.Spec.Ports[0].TargetPort.StrVal }) {
		t.Errorf("%+v, %+v", service.Spec, pod.Ports)
	}
	for name, change := range map[string][]func(chartutil.Values){"without PROXY": nil, "with a certificate of the operator's": append([]func(chartutil.Values){set("edge.tls.mode", "secret")}, proxied...)} {
		r := mustRender(t, production, change...)
		if r.objects["Service/acme-check"] != nil || strings.Contains(r.text, "8083") {
			t.Errorf("%s: it is there", name)
		}
	}
}

// The first certificate is asked for through an edge that has none, and neither it nor its
// successors need a restart.
func TestFirstCertificateComesThroughTheEdge(t *testing.T) {
	nginxtest.Need(t)
	l := listen(t, "")
	if r, err := l.get("https", "/v1/members/me"); err == nil {
		t.Errorf("answered %d without a certificate", r.StatusCode)
	}
	for path, want := range map[string]string{
		"/.well-known/acme-challenge/token": "200 solved for council.example",
		"/.well-known/acme-challenge/gone":  "404",
		"/.well-known/security.txt":         "308",
	} {
		r, err := l.get("http", path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if got := fmt.Sprint(r.StatusCode, " ", string(body)); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for _, name := range []string{"first", "renewed"} {
		l.certify()
		r, err := l.get("https", "/v1/members/me")
		if err != nil {
			t.Fatalf("the %s certificate: %v", name, err)
		}
		_ = r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Errorf("the %s certificate: %d", name, r.StatusCode)
		}
	}
}

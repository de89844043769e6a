package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// visit asks who is at an address, host:port, by the site's name, and believes the authorities
// of roots alone.
func visit(at string, site *url.URL, roots *x509.CertPool, scheme, path string) (*http.Response, error) {
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, at)
			},
		}}
	response, err := client.Get(scheme + "://" + site.Hostname() + path)
	if err != nil {
		return nil, err
	}
	return response, response.Body.Close()
}

// edges are where the edge's replicas that run take TLS, by their names.
func (e *environment) edges() map[string]string {
	e.Helper()
	pods, err := e.kubernetes.CoreV1().Pods(e.namespace).List(context.Background(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/component=edge"})
	if err != nil {
		e.Fatal(err)
	}
	found := map[string]string{}
	for _, p := range pods.Items {
		for _, c := range p.Spec.Containers {
			for _, port := range c.Ports {
				if port.Name == "https" && p.Status.Phase == corev1.PodRunning {
					found[p.Name] = net.JoinHostPort(p.Status.PodIP, strconv.Itoa(int(port.ContainerPort)))
				}
			}
		}
	}
	if len(found) == 0 {
		e.Fatal("no replica of the edge takes TLS")
	}
	return found
}

// The first certificate comes by ACME through an edge that has none yet; visitors of http
// are led to https, a balancer's checks are answered on both ports; and a renewed certificate
// is used within two minutes by the replicas that run.
func TestCertificate(t *testing.T) {
	e := openEnvironment(t)
	file := os.Getenv("MADANG_ROOTS")
	if file == "" {
		t.Skip("MADANG_ROOTS is not set: a file with the certificates of the authority that the site's ACME server is (.ci/cluster CLUSTER install)")
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		t.Fatalf("%s has no certificate", file)
	}
	site, err := url.Parse(e.target.address)
	if err != nil || site.Scheme != "https" {
		t.Fatalf("MADANG_URL is %s: wanted the site's own, of https", e.target.address)
	}
	service, err := e.kubernetes.CoreV1().Services(e.namespace).Get(t.Context(), "edge", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// shown is the certificate that every replica has, once it is another than before.
	shown := func(before *x509.Certificate) *x509.Certificate {
		var last *x509.Certificate
		for name, at := range e.edges() {
			for deadline := time.Now().Add(10 * time.Minute); ; time.Sleep(time.Second) {
				response, err := visit(at, site, roots, "https", "/healthz")
				if err == nil && response.StatusCode == http.StatusOK {
					if last = response.TLS.PeerCertificates[0]; before == nil || last.SerialNumber.Cmp(before.SerialNumber) != 0 {
						break
					}
				}
				if time.Now().After(deadline) {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
		return last
	}
	began := time.Now()
	first := shown(nil)
	t.Logf("every replica shows a certificate for %s by %s, until %s; asked for during %v", site.Hostname(), first.Issuer, first.NotAfter.Format(time.DateOnly), time.Since(began).Round(time.Second))
	if !slices.Contains(first.DNSNames, site.Hostname()) {
		t.Errorf("it is for %v", first.DNSNames)
	}
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/": http.StatusPermanentRedirect, "/notices?page=2": http.StatusPermanentRedirect, "/.well-known/acme-challenge/nobody-asked": http.StatusNotFound} {
		response, err := visit(net.JoinHostPort(service.Spec.ClusterIP, "80"), site, roots, "http", path)
		switch {
		case err != nil:
			t.Errorf("http %s: %v", path, err)
		case response.StatusCode == http.StatusServiceUnavailable && strings.HasPrefix(path, "/.well-known/"): // cert-manager's answerer runs while it is asked
		case response.StatusCode != want:
			t.Errorf("http %s: %d, wanted %d", path, response.StatusCode, want)
		case want == http.StatusPermanentRedirect && response.Header.Get("Location") != "https://"+site.Hostname()+path:
			t.Errorf("http %s leads to %s", path, response.Header.Get("Location"))
		}
	}
	response, err := visit(net.JoinHostPort(service.Spec.ClusterIP, "443"), site, roots, "https", "/")
	if err != nil || response.StatusCode != http.StatusOK || response.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("https /: %v %v", response, err)
	}

	before := e.edges()
	secret := "madang-tls"
	if err := e.kubernetes.CoreV1().Secrets(e.namespace).Delete(t.Context(), secret, metav1.DeleteOptions{}); err != nil { // cert-manager makes another, by the same way as when it renews
		t.Fatal(err)
	}
	began = time.Now()
	shown(first)
	var made time.Time
	if s, err := e.kubernetes.CoreV1().Secrets(e.namespace).Get(t.Context(), secret, metav1.GetOptions{}); err == nil {
		made = s.CreationTimestamp.Time
	}
	t.Logf("the new certificate was there after %v, and used by every replica %v later", made.Sub(began).Round(time.Second), time.Since(made).Round(time.Second))
	if after := e.edges(); !maps.Equal(before, after) {
		t.Errorf("replicas were %v, and are %v", before, after)
	}
}

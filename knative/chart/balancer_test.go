package chart_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chartutil"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// certificate and issuer are the fields of cert-manager.io/v1 that the chart writes. Its own
// types link a whole controller; what its webhook says is seen on a cluster.
type certificate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		SecretName string   `json:"secretName"`
		DNSNames   []string `json:"dnsNames"`
		PrivateKey struct {
			Algorithm      string `json:"algorithm"`
			Size           int    `json:"size"`
			RotationPolicy string `json:"rotationPolicy"`
		} `json:"privateKey"`
		IssuerRef struct {
			Group string `json:"group"`
			Kind  string `json:"kind"`
			Name  string `json:"name"`
		} `json:"issuerRef"`
	} `json:"spec"`
}

type issuer struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ACME struct {
			Server     string `json:"server"`
			Email      string `json:"email"`
			CABundle   []byte `json:"caBundle"`
			AccountKey struct {
				Name string `json:"name"`
			} `json:"privateKeySecretRef"`
			Solvers []struct {
				HTTP01 struct {
					Ingress struct {
						ServiceType      string `json:"serviceType"`
						IngressClassName string `json:"ingressClassName"`
					} `json:"ingress"`
				} `json:"http01"`
			} `json:"solvers"`
		} `json:"acme"`
	} `json:"spec"`
}

var (
	balanced = []func(chartutil.Values){set("edge.tls.mode", "balancer"), set("edge.trustedProxies", []any{"10.0.0.0/8"})}
	proxied  = []func(chartutil.Values){set("edge.proxyProtocol", true), set("edge.trustedProxies", []any{"10.0.0.0/8"})}
	unsecure = []func(chartutil.Values){set("edge.tls.mode", "none"), set("site.url", "http://madang.example.ac.kr")}
)

// What the load balancer is told follows from how TLS and addresses come in, and what an
// operator says wins.
func TestEdgeService(t *testing.T) {
	const prefix = "loadbalancer.nhncloud/"
	byHTTP := map[string]string{
		prefix + "healthmonitor-type": "HTTP", prefix + "healthmonitor-http-url": "/healthz",
		prefix + "healthmonitor-delay": "5", prefix + "healthmonitor-timeout": "2", prefix + "healthmonitor-max-retries": "2",
	}
	byTCP := map[string]string{
		prefix + "healthmonitor-type": "TCP", prefix + "proxy-protocol": "true",
		prefix + "healthmonitor-delay": "5", prefix + "healthmonitor-timeout": "2", prefix + "healthmonitor-max-retries": "2",
	}
	for name, row := range map[string]struct {
		change      []func(chartutil.Values)
		annotations map[string]string
		ports       map[int32]string
	}{
		"acme":   {nil, byHTTP, map[int32]string{80: "http", 443: "https"}},
		"secret": {[]func(chartutil.Values){set("edge.tls.mode", "secret")}, byHTTP, map[int32]string{80: "http", 443: "https"}},
		"PROXY":  {proxied, byTCP, map[int32]string{80: "http", 443: "https"}},
		"PROXY, tried": {
			append(slices.Clone(proxied), set("edge.service.healthCheck", "HTTP")), with(byHTTP, prefix+"proxy-protocol", "true"), map[int32]string{80: "http", 443: "https"},
		},
		"balancer": {balanced, byHTTP, map[int32]string{80: "redirect", 443: "http"}},
		"none":     {unsecure, byHTTP, map[int32]string{80: "http"}},
		"made by hand": {
			append([]func(chartutil.Values){set("edge.service.type", "NodePort"), set("edge.service.nodePorts", map[string]any{"http": 30080, "https": 30443})}, balanced...),
			nil, map[int32]string{80: "redirect", 443: "http"},
		},
		"the operator's": {
			[]func(chartutil.Values){set("edge.service.annotations", map[string]any{prefix + "healthmonitor-delay": "9", "x": "y"})},
			with(byHTTP, prefix+"healthmonitor-delay", "9", "x", "y"), map[int32]string{80: "http", 443: "https"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := mustRender(t, production, row.change...)
			service := of[corev1.Service](r)["Service/edge"]
			if diff := cmp.Diff(row.annotations, service.Annotations); diff != "" {
				t.Error(diff)
			}
			ports := map[int32]string{}
			for _, p := range service.Spec.Ports {
				ports[p.Port] = p.TargetPort.StrVal
			}
			if diff := cmp.Diff(row.ports, ports); diff != "" {
				t.Error(diff)
			}
			if service.Spec.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal {
				t.Errorf("visitors' addresses are lost: %s", service.Spec.ExternalTrafficPolicy)
			}
			container := of[appsv1.Deployment](r)["Deployment/edge"].Spec.Template.Spec.Containers[0]
			for port, target := range ports {
				if !slices.ContainsFunc(container.Ports, func(p corev1.ContainerPort) bool { return p.Name == target }) {
					t.Errorf("port %d goes to %s, which the pod has not", port, target)
				}
			}
			if name == "made by hand" && (service.Spec.Ports[0].NodePort != 30080 || service.Spec.Ports[1].NodePort != 30443) {
				t.Errorf("%+v", service.Spec.Ports)
			}
		})
	}
	for _, change := range [][]func(chartutil.Values){nil, proxied} {
		held := of[corev1.Service](mustRender(t, production, append([]func(chartutil.Values){set("edge.service.loadBalancerIP", "203.0.113.9")}, change...)...))["Service/edge"]
		if held.Spec.LoadBalancerIP != "203.0.113.9" || held.Annotations["loadbalancer.openstack.org/keep-floatingip"] != "true" {
			t.Errorf("the address is %q, and goes with the balancer: %v", held.Spec.LoadBalancerIP, held.Annotations)
		}
	}
}

func with(m map[string]string, pairs ...string) map[string]string {
	m = maps.Clone(m)
	for pair := range slices.Chunk(pairs, 2) {
		m[pair[0]] = pair[1]
	}
	return m
}

// Whoever may see Services sees their annotations, an environment of a pull request among
// them: no key is taken, whatever it is called.
func TestNoKeyInAnnotations(t *testing.T) {
	for name, value := range map[string]string{
		"TCP-443.loadbalancer.nhncloud/listener-terminated-https-key": "secret",
		"example.org/TLSKey": "secret",
		"example.org/tls":    "-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----\n",
	} {
		_, err := render(t, production, append([]func(chartutil.Values){set("edge.service.annotations", map[string]any{name: value})}, balanced...)...)
		if err == nil || !strings.Contains(err.Error(), "annotations") && !strings.Contains(err.Error(), "invalid propertyName '"+name+"'") {
			t.Errorf("%s is taken: %v", name, err)
		}
	}
}

// Where each node answers for itself, the first replicas have a node each, a crowd's come beside
// them, and a release's replicas may stand beside those that they follow: no node is without in
// between.
func TestEdgeIsSpread(t *testing.T) {
	for name, row := range map[string]struct {
		change []func(chartutil.Values)
		own    int32 // nodes that the first replicas have
	}{
		"Local":      {nil, 2},
		"three":      {[]func(chartutil.Values){set("edge.replicas", 3)}, 2},
		"Cluster":    {[]func(chartutil.Values){set("edge.service.externalTrafficPolicy", "Cluster")}, 0},
		"in cluster": {[]func(chartutil.Values){set("edge.service.type", "ClusterIP")}, 0},
	} {
		d := of[appsv1.Deployment](mustRender(t, production, row.change...))["Deployment/edge"]
		spec := d.Spec.Template.Spec
		if spec.Affinity != nil {
			t.Errorf("%s: affinity %+v", name, spec.Affinity)
		}
		must, over := int32(0), []string{}
		for _, c := range spec.TopologySpreadConstraints {
			if !slices.Equal(c.MatchLabelKeys, []string{"pod-template-hash"}) {
				t.Errorf("%s: replicas of two releases avoid each other: %v", name, c.MatchLabelKeys)
			}
			if c.MaxSkew != 1 || c.LabelSelector.MatchLabels["app.kubernetes.io/component"] != "edge" {
				t.Errorf("%s: %+v", name, c)
			}
			over = append(over, c.TopologyKey)
			if c.WhenUnsatisfiable != corev1.DoNotSchedule {
				continue
			}
			if c.TopologyKey != corev1.LabelHostname || c.MinDomains == nil || c.NodeTaintsPolicy == nil || *c.NodeTaintsPolicy != corev1.NodeInclusionPolicyHonor {
				t.Fatalf("%s: %+v", name, c)
			}
			must = *c.MinDomains
		}
		if must != row.own {
			t.Errorf("%s: the first have %d nodes, want %d", name, must, row.own)
		}
		if !slices.Contains(over, corev1.LabelHostname) || !slices.Contains(over, corev1.LabelTopologyZone) {
			t.Errorf("%s: spread over %v", name, over)
		}
		if surge := d.Spec.Strategy.RollingUpdate; *surge.MaxUnavailable != intstr.FromInt32(0) || *surge.MaxSurge != intstr.FromInt32(1) {
			t.Errorf("%s: %+v", name, surge)
		}
	}
}

// The certificate is of the site's name, and asked of the ACME server or the issuer that
// values name.
func TestCertificate(t *testing.T) {
	r := mustRender(t, production, set("edge.tls.otherNames", []any{"www.example.ac.kr"}), set("edge.tls.acme.email", "it@example.ac.kr"))
	c, i := of[certificate](r)["Certificate/edge"], of[issuer](r)["Issuer/acme"]
	if c == nil || i == nil {
		t.Fatal("there is none")
	}
	if !slices.Equal(c.Spec.DNSNames, []string{"madang.example.ac.kr", "www.example.ac.kr"}) || c.Spec.SecretName != "madang-tls" || c.Spec.IssuerRef.Kind != "Issuer" || c.Spec.IssuerRef.Name != "acme" {
		t.Errorf("%+v", c.Spec)
	}
	if a := i.Spec.ACME; a.Server != "https://acme-v02.api.letsencrypt.org/directory" || a.Email != "it@example.ac.kr" || len(a.CABundle) > 0 || len(a.Solvers) != 1 || a.Solvers[0].HTTP01.Ingress.ServiceType != "ClusterIP" {
		t.Errorf("%+v", a)
	}
	r = mustRender(t, production, set("edge.tls.issuer", map[string]any{"kind": "ClusterIssuer", "name": "school"}))
	if c := of[certificate](r)["Certificate/edge"]; c.Spec.IssuerRef.Kind != "ClusterIssuer" || c.Spec.IssuerRef.Name != "school" || len(of[issuer](r)) > 0 {
		t.Errorf("%+v", c.Spec)
	}
	const bundle = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
	if i := of[issuer](mustRender(t, production, set("edge.tls.acme.caBundle", bundle)))["Issuer/acme"]; string(i.Spec.ACME.CABundle) != bundle {
		t.Errorf("%q", i.Spec.ACME.CABundle)
	}
	for name, change := range map[string][]func(chartutil.Values){"secret": {set("edge.tls.mode", "secret")}, "balancer": balanced, "none": unsecure} {
		for object := range mustRender(t, production, change...).objects {
			if strings.HasPrefix(object, "Certificate/") || strings.HasPrefix(object, "Issuer/") || strings.HasSuffix(object, "/acme-solver") {
				t.Errorf("%s: %s is there", name, object)
			}
		}
	}
}

// One value says the class of every volume, whoever has it.
func TestOneStorageClass(t *testing.T) {
	classes := func(change ...func(chartutil.Values)) map[string]string {
		found := map[string]string{}
		for name, s := range of[appsv1.StatefulSet](mustRender(t, production, change...)) {
			for _, c := range s.Spec.VolumeClaimTemplates {
				found[name] = "the cluster's default"
				if c.Spec.StorageClassName != nil {
					found[name] = *c.Spec.StorageClassName
				}
			}
		}
		return found
	}
	if diff := cmp.Diff(map[string]string{"StatefulSet/postgres": "the cluster's default", "StatefulSet/prometheus": "the cluster's default"}, classes()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"StatefulSet/postgres": "madang-ssd", "StatefulSet/prometheus": "madang-ssd"}, classes(set("storageClass", "madang-ssd"))); diff != "" {
		t.Error(diff)
	}
}

// The test cluster's edge is made to speak the PROXY protocol by .ci/cluster, after what asks it in plain HTTP has: by the
// lines that edge.proxyProtocol changes there, and no others.
func TestPROXYIsTwoLines(t *testing.T) {
	script, err := os.ReadFile("../../.ci/cluster")
	if err != nil {
		t.Fatal(err)
	}
	plain := []func(chartutil.Values){set("site.url", "http://edge.madang.svc.cluster.local"), set("edge.tls.mode", "none"), set("edge.trustedProxies", []any{"198.51.100.2/32"}), set("edge.service", map[string]any{"type": "NodePort"})}
	without, with := mustRender(t, test, plain...), mustRender(t, test, append(plain, set("edge.proxyProtocol", true))...)
	edge := of[corev1.ConfigMap](without)["ConfigMap/edge-site"]
	for line, change := range map[string]string{
		"listen 8080 default_server deferred backlog=4096;": "listen 8080 default_server deferred backlog=4096 proxy_protocol;",
		"real_ip_header X-Forwarded-For;":                   "real_ip_header proxy_protocol;",
	} {
		if n := strings.Count(edge.Data["listen.conf"], line); n != 1 || !strings.Contains(string(script), "s/"+line+"/"+change+"/") {
			t.Errorf("%s is there %d times, or .ci/cluster does not change it", line, n)
		}
		edge.Data["listen.conf"] = strings.ReplaceAll(edge.Data["listen.conf"], line, change)
	}
	if diff := cmp.Diff(of[corev1.ConfigMap](with)["ConfigMap/edge-site"].Data, edge.Data); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(of[corev1.Service](with)["Service/edge"].Spec, of[corev1.Service](without)["Service/edge"].Spec); diff != "" {
		t.Error(diff)
	}
}

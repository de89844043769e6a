package chart_test

import (
	"net/netip"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// place is where somebody may want to go: an address outside, or a pod with labels in the
// namespace (own) or in another one.
type place struct {
	address   string
	own       bool
	namespace string
	port      int32
}

// reaches says whether the policies let pods of a component go there.
func reaches(t *testing.T, r rendered, component string, to place) bool {
	t.Helper()
	selects := func(s *metav1.LabelSelector, of map[string]string) bool {
		selector, err := metav1.LabelSelectorAsSelector(s)
		if err != nil {
			t.Fatal(err)
		}
		return selector.Matches(labels.Set(of))
	}
	peer := func(p networkingv1.NetworkPolicyPeer) bool {
		switch {
		case p.IPBlock != nil:
			at := netip.MustParseAddr(to.address)
			return netip.MustParsePrefix(p.IPBlock.CIDR).Contains(at) && !slices.ContainsFunc(p.IPBlock.Except, func(e string) bool { return netip.MustParsePrefix(e).Contains(at) })
		case p.NamespaceSelector == nil:
			return to.own
		default:
			return to.namespace != "" && selects(p.NamespaceSelector, map[string]string{"kubernetes.io/metadata.name": to.namespace})
		}
	}
	restricted := false
	for _, policy := range of[networkingv1.NetworkPolicy](r) {
		if !slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) || !selects(&policy.Spec.PodSelector, map[string]string{"app.kubernetes.io/component": component}) {
			continue
		}
		restricted = true
		for _, rule := range policy.Spec.Egress {
			ports := len(rule.Ports) == 0 || slices.ContainsFunc(rule.Ports, func(p networkingv1.NetworkPolicyPort) bool {
				return (p.Protocol == nil || *p.Protocol == "TCP") && p.Port != nil && p.Port.IntVal == to.port
			})
			if ports && (len(rule.To) == 0 || slices.ContainsFunc(rule.To, peer)) {
				return true
			}
		}
	}
	return !restricted
}

// Nobody goes anywhere but where its work is: functions to their servers, the broker and the
// world by TLS, never to Kubernetes' API, a node or another council.
func TestWhomPodsSpeakTo(t *testing.T) {
	r := mustRender(t, production, set("network.servers", []any{map[string]any{"cidr": "10.20.0.5/32", "ports": []any{8443}}}), set("network.api", []any{"203.0.113.7/32"}), set("site.outsideNetworks", []any{"10.30.0.1/32"}), set("site.outsidePorts", []any{2580}))
	all := []string{"edge", "function", "watch", "migrate", "backup", "logs", "prometheus", "alertmanager", "redis", "postgres"}
	for what, row := range map[string]struct {
		to  place
		who []string
	}{
		"names":                      {place{address: "10.96.0.10", namespace: "kube-system", port: 53}, all},
		"the database":               {place{address: "10.0.0.1", own: true, port: 5432}, []string{"edge", "function", "watch", "migrate", "backup", "prometheus"}}, // which says itself who may come
		"another council's database": {place{address: "10.0.0.2", namespace: "madang-pr-7", port: 5432}, nil},
		"the broker":                 {place{address: "10.0.0.3", namespace: "knative-eventing", port: 8080}, []string{"function"}},
		"the gateway":                {place{address: "10.0.0.4", namespace: "kourier-system", port: 8081}, []string{"edge", "watch", "prometheus"}},
		"object storage, an OIDC issuer, a webhook": {place{address: "198.51.100.1", port: 443}, []string{"edge", "function", "watch", "backup", "logs", "alertmanager", "prometheus"}},
		"mail":                                  {place{address: "198.51.100.2", port: 587}, []string{"function", "alertmanager"}},
		"Kubernetes' API":                       {place{address: "10.96.0.1", port: 443}, []string{"watch", "logs", "prometheus"}},
		"its public address":                    {place{address: "203.0.113.7", port: 6443}, []string{"watch", "logs", "prometheus"}},
		"a node's metadata":                     {place{address: "169.254.169.254", port: 80}, nil},
		"a node":                                {place{address: "192.168.0.10", port: 10250}, []string{"prometheus"}},
		"a private server":                      {place{address: "10.20.0.5", port: 8443}, []string{"edge", "function", "watch", "migrate", "backup", "logs", "alertmanager"}},
		"another port of it":                    {place{address: "10.20.0.5", port: 22}, nil},
		"a network that was opened to webhooks": {place{address: "10.30.0.1", port: 80}, []string{"function"}},
		"a port of it that webhooks may have":   {place{address: "10.30.0.1", port: 2580}, []string{"function"}},
		"Kubernetes' API in it":                 {place{address: "10.30.0.1", port: 6443}, []string{"watch", "logs", "prometheus"}},
		"plain http outside":                    {place{address: "198.51.100.3", port: 80}, nil},
	} {
		for _, component := range all {
			if got, want := reaches(t, r, component, row.to), slices.Contains(row.who, component); got != want {
				t.Errorf("%s reaches %s: %v", component, what, got)
			}
		}
	}
	if !reaches(t, mustRender(t, production, set("network.egress", false)), "function", place{address: "10.96.0.1", port: 443}) {
		t.Error("network.egress: false still restricts")
	}
	elsewhere := mustRender(t, production, set("monitoring.prometheus", map[string]any{"own": false, "url": "http://prometheus.monitoring:9099"}))
	if to := (place{address: "10.0.0.7", namespace: "monitoring", port: 9099}); !reaches(t, elsewhere, "watch", to) || reaches(t, elsewhere, "function", to) || reaches(t, r, "watch", to) {
		t.Error("a Prometheus that was there already is reached by whom it is not for, or not by the watch")
	}
	others := mustRender(t, production, set("monitoring.prometheus.alertmanagers", []any{"alerts.monitoring:9094"}))
	if to := (place{address: "10.0.0.8", namespace: "monitoring", port: 9094}); !reaches(t, others, "prometheus", to) || reaches(t, r, "prometheus", to) {
		t.Error("Prometheus does not reach another Alertmanager")
	}
	private := mustRender(t, production, set("storage.endpoint", "http://10.88.0.1:8080"), set("secrets.smtpUrl", "smtp://10.88.0.2:2525?tls=none"), set("redis.host", "redis.example"), set("redis.port", 6380))
	for _, to := range []place{{address: "10.88.0.1", port: 8080}, {address: "10.88.0.2", port: 2525}, {address: "10.9.9.9", port: 6380}} {
		if !reaches(t, private, "function", to) {
			t.Errorf("functions do not reach %+v", to)
		}
	}
	if reaches(t, private, "function", place{address: "10.88.0.1", port: 6443}) {
		t.Error("functions reach another port of a private storage")
	}
	outside := mustRender(t, production, set("postgres.url", "postgres://madang:x@db.internal:5433/madang?sslmode=require"))
	for _, component := range []string{"function", "watch", "migrate", "backup"} {
		if !reaches(t, outside, component, place{address: "10.9.9.9", port: 5433}) {
			t.Errorf("%s does not reach a database outside", component)
		}
	}
}

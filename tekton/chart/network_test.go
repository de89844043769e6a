package chart_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// reaches says whether policies let a pod with these labels speak to a TCP port: of an
// address, or of a pod in a namespace with labels.
func reaches(t *testing.T, r rendered, pod map[string]string, address string, namespace map[string]string, port int32) bool {
	t.Helper()
	selects := func(s *metav1.LabelSelector, of map[string]string) bool {
		selector, err := metav1.LabelSelectorAsSelector(s)
		if err != nil {
			t.Fatal(err)
		}
		return selector.Matches(labels.Set(of))
	}
	peer := func(p networkingv1.NetworkPolicyPeer) bool {
		if p.IPBlock == nil {
			return namespace != nil && p.PodSelector == nil && selects(p.NamespaceSelector, namespace)
		}
		at := netip.MustParseAddr(address)
		return netip.MustParsePrefix(p.IPBlock.CIDR).Contains(at) && !slices.ContainsFunc(p.IPBlock.Except, func(e string) bool { return netip.MustParsePrefix(e).Contains(at) })
	}
	restricted := false
	for _, policy := range of[networkingv1.NetworkPolicy](r) {
		if !slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) || !selects(&policy.Spec.PodSelector, pod) {
			continue
		}
		restricted = true
		for _, rule := range policy.Spec.Egress {
			ports := len(rule.Ports) == 0 || slices.ContainsFunc(rule.Ports, func(p networkingv1.NetworkPolicyPort) bool {
				return (p.Protocol == nil || *p.Protocol == "TCP") && p.Port != nil && p.Port.IntVal == port
			})
			if ports && (len(rule.To) == 0 || slices.ContainsFunc(rule.To, peer)) {
				return true
			}
		}
	}
	return !restricted
}

// Code of a pull request reaches names, what is outside and its servers: not Kubernetes' API
// but where it makes its environment, never a broker, a database or another's pods; code of a
// fork not even the servers. Nobody reaches a run's pods.
func TestWhomRunsSpeakTo(t *testing.T) {
	values := filepath.Join(t.TempDir(), "network.yaml")
	if err := os.WriteFile(values, []byte("network: {servers: [{cidr: 10.20.0.5/32, ports: [5000]}, {namespace: sonarqube, ports: [9000]}], api: [203.0.113.7/32]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := render(t, values, "testdata/installation.yaml")
	broker := map[string]string{"kubernetes.io/metadata.name": "knative-eventing"}
	own := map[string]string{"kubernetes.io/metadata.name": "madang-pr-7", "madang.kr/environment": "pr-7"}
	production := map[string]string{"kubernetes.io/metadata.name": "madang"}
	sonar := map[string]string{"kubernetes.io/metadata.name": "sonarqube"}
	targets := []struct {
		what, address string
		namespace     map[string]string
		port          int32
		who           []string // of the stages below
	}{
		{"names", "10.96.0.10", nil, 53, []string{"check", "tests", "quality", "environment", "publish", "fork", "verdict", "clean", "release"}},
		{"GitHub", "140.82.112.3", nil, 443, []string{"check", "tests", "quality", "environment", "publish", "fork", "verdict", "clean", "release"}},
		{"a registry of its own", "10.20.0.5", nil, 5000, []string{"check", "tests", "quality", "environment", "publish", "verdict", "clean", "release"}},
		{"another port there", "10.20.0.5", nil, 5432, []string{"release"}},
		{"SonarQube", "10.0.0.9", sonar, 9000, []string{"check", "tests", "quality", "environment", "publish", "verdict", "clean", "release"}},
		{"Kubernetes' API", "10.96.0.1", nil, 443, []string{"environment", "verdict", "clean", "release"}},
		{"Kubernetes' API at a public address", "203.0.113.7", nil, 6443, []string{"environment", "verdict", "clean", "release"}},
		{"the broker", "10.0.0.1", broker, 8080, []string{"release"}},
		{"production's database", "10.0.0.2", production, 5432, []string{"release"}},
		{"its environment", "10.0.0.3", own, 8080, []string{"environment", "release"}},
		{"a node's metadata", "169.254.169.254", nil, 80, []string{"release"}},
		{"a Service of NKS", "198.18.0.9", nil, 443, []string{"environment", "verdict", "clean", "release"}}, // the API's port
		{"a pod of NKS", "198.19.3.4", nil, 8080, []string{"release"}},
	}
	for stage, kind := range map[string]string{
		"check": "pull-request", "tests": "pull-request", "quality": "pull-request", "environment": "pull-request", "fork": "fork", "publish": "main", "verdict": "pull-request", "clean": "pull-request", "release": "main",
	} {
		pod := map[string]string{"madang.kr/kind": kind, "tekton.dev/pipelineTask": stage}
		for _, target := range targets {
			if got, want := reaches(t, r, pod, target.address, target.namespace, target.port), slices.Contains(target.who, stage); got != want {
				t.Errorf("%s reaches %s: %v", stage, target.what, got)
			}
		}
		for name, policy := range of[networkingv1.NetworkPolicy](r) {
			for _, rule := range policy.Spec.Ingress {
				selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
				if err != nil {
					t.Fatal(err)
				}
				said := []int32{} // mail and webhooks
				for _, p := range rule.Ports {
					said = append(said, p.Port.IntVal)
				}
				if selector.Matches(labels.Set(pod)) && (stage != "environment" || len(rule.From) == 0 || !slices.Equal(said, []int32{2525, 2580})) {
					t.Errorf("%s is reached by %s at %v", stage, name, said)
				}
			}
		}
	}
	if reaches(t, r, map[string]string{"madang.kr/kind": "pull-request"}, "10.0.0.1", broker, 8080) {
		t.Error("a pod of a run that nobody thought of reaches the broker")
	}
}

package preflight

import (
	"fmt"
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// The nodes of docs/operating.md: m2.c2m4, of which Kubernetes keeps a part for itself, and
// what the cluster runs on each (Calico asks for 250m of it).
const (
	allocatableCPU    = "1900m"
	allocatableMemory = "3300Mi"
	systemCPU         = "350m"
	systemMemory      = "200Mi"
)

// docs/costs.md says how many function pods fit on the documented nodes beside everything
// that is always on, with Knative as knative/install has it and as its files have it.
func TestCostsSayHowManyFunctionsFit(t *testing.T) {
	text, err := os.ReadFile("../../docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, knative := range map[string]struct{ cpu, memory string }{
		"knative/install": {"228m", "568Mi"},  // a half of 455m and 1136 MiB (TestSettings)
		"its own":         {"1000m", "700Mi"}, // a half of 2 cores and 1.4 GiB
	} {
		p := plan(t)
		nodes, pods := []corev1.Node{}, []corev1.Pod{}
		for _, n := range []string{"one", "two"} {
			nodes = append(nodes, node(n, allocatableCPU, allocatableMemory))
			pods = append(pods, pod("kube-system", "system-"+n, n, systemCPU, systemMemory), pod("knative-serving", "knative-"+n, n, knative.cpu, knative.memory))
		}
		free := rooms(nodes, pods, p.Namespace)
		if left := place(free, p.Always); len(left) > 0 {
			t.Errorf("%s: no room for %v", name, left)
		}
		want := fmt.Sprintf("| %d |", functionsThatFit(free, p.Functions))
		found := false
		for _, line := range strings.Split(string(text), "\n") {
			found = found || strings.Contains(line, name) && strings.Contains(line, want)
		}
		if !found {
			t.Errorf("docs/costs.md has no row of %s that says %s", name, want)
		}
	}
}

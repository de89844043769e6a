package chart_test

import (
	"os"
	"path/filepath"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	corev1 "k8s.io/api/core/v1"
)

// The door is reached by whom it is meant for, at an address that stays, and no key is told to
// whoever sees Services.
func TestDoorService(t *testing.T) {
	with := func(values string) string {
		path := filepath.Join(t.TempDir(), "door.yaml")
		if err := os.WriteFile(path, []byte("door: {service: "+values+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	door := of[corev1.Service](render(t, with(`{type: LoadBalancer, loadBalancerIP: 203.0.113.9, loadBalancerSourceRanges: [192.30.252.0/22], annotations: {x: z}}`), "testdata/installation.yaml"))["door"]
	if s := door.Spec; s.Type != corev1.ServiceTypeLoadBalancer || s.LoadBalancerIP != "203.0.113.9" || len(s.LoadBalancerSourceRanges) != 1 || s.LoadBalancerSourceRanges[0] != "192.30.252.0/22" {
		t.Errorf("%+v", s)
	}
	if a := door.Annotations; len(a) != 2 || a["x"] != "z" || a["loadbalancer.openstack.org/keep-floatingip"] != "true" {
		t.Errorf("%v", a)
	}
	if s := of[corev1.Service](render(t, with(`{type: NodePort, nodePort: 30081}`), "testdata/installation.yaml"))["door"].Spec; s.Type != corev1.ServiceTypeNodePort || s.Ports[0].NodePort != 30081 {
		t.Errorf("%+v", s)
	}
	chart, err := loader.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, refused := range []string{
		`{annotations: {TCP-443.loadbalancer.nhncloud/listener-terminated-https-key: secret}}`, `{annotations: {x/TLSKey: secret}}`,
		`{annotations: {x: "-----BEGIN EC PRIVATE KEY-----"}}`, `{annotations: {x: 1}}`, `{loadBalancerSourceRange: []}`, `{nodePort: 80}`,
	} {
		values, err := chartutil.ReadValuesFile("testdata/installation.yaml")
		if err != nil {
			t.Fatal(err)
		}
		more, err := chartutil.ReadValuesFile(with(refused))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := chartutil.ToRenderValues(chart, chartutil.MergeTables(more, values), chartutil.ReleaseOptions{Name: "madang", Namespace: namespace}, nil); err == nil {
			t.Errorf("%s is taken", refused)
		}
	}
}

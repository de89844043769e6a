package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubefake "k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// provider is an OpenStack-like API as NHN Cloud's: lists by path.
func provider(t *testing.T, lists map[string]string) *cloud {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list, there := lists[r.URL.RequestURI()]
		if r.Header.Get("X-Auth-Token") != "token" || list == "forbidden" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if !there {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = fmt.Fprint(w, strings.ReplaceAll(list, "HERE", "http://"+r.Host))
	}))
	t.Cleanup(server.Close)
	t.Setenv(cloudToken, "token")
	t.Setenv(cloudNetwork, server.URL+"/")
	t.Setenv(cloudVolume, server.URL+"/v2/tenant")
	c, err := openCloud()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What Kubernetes asked the cloud for and forgot is found by its number, by its address and by
// whom it names, on every page of a list, and never what is another's.
func TestCloudIsAsked(t *testing.T) {
	lists := map[string]string{
		"/v2.0/lbaas/loadbalancers": `{"loadbalancers":[{"id":"lb-1","name":"kube_service_nks_madang-aa_edge"},{"id":"lb-2","name":"kube_service_nks_madang-aab_edge"}]}`,
		"/v2.0/floatingips": `{"floatingips":[{"id":"ip-1","floating_ip_address":"203.0.113.1"},{"id":"ip-2","floating_ip_address":"203.0.113.2"},` +
			`{"id":"ip-3","floating_ip_address":"203.0.113.3","description":"Floating IP for Kubernetes external service madang-aa/edge from cluster nks"}]}`,
		"/v2/tenant/volumes/detail":            `{"volumes":[{"id":"v-1","name":"pvc-1"}],"volumes_links":[{"rel":"next","href":"HERE/v2/tenant/volumes/detail?marker=v-1"}]}`,
		"/v2/tenant/volumes/detail?marker=v-1": `{"volumes":[{"id":"v-2","metadata":{"csi.storage.k8s.io/pvc/namespace":"madang-aa"}},{"id":"v-3","metadata":{"csi.storage.k8s.io/pvc/namespace":"madang"}}]}`,
	}
	left, err := provider(t, lists).left(t.Context(), "madang-aa", holdings{volumes: []string{"v-1"}, addresses: []string{"203.0.113.1"}})
	want := []string{
		"load balancer lb-1 kube_service_nks_madang-aa_edge of the cloud", "floating address ip-1 203.0.113.1 of the cloud",
		"floating address ip-3 203.0.113.3 of the cloud", "volume v-1 pvc-1 of the cloud", "volume v-2 of the cloud",
	}
	if err != nil || !slices.Equal(left, want) {
		t.Errorf("%q %v", left, err)
	}
	for path, list := range lists { // Forbidden, and what is no list, say nothing about what there is
		for _, wrong := range []string{"forbidden", "{}", `{"x":1}`, "<html>"} {
			lists[path] = wrong
			if left, err := provider(t, lists).left(t.Context(), "madang-aa", holdings{}); err == nil {
				t.Errorf("%s says %q: %q", path, wrong, left)
			}
			lists[path] = list
		}
	}
	t.Setenv(cloudVolume, "")
	if _, err := openCloud(); err == nil {
		t.Error("a token without an address of volumes is accepted")
	}
	t.Setenv(cloudToken, "")
	if c, err := openCloud(); c != nil || err != nil {
		t.Errorf("without a token: %v %v", c, err)
	}
	if left, err := (*cloud)(nil).left(t.Context(), "madang-aa", holdings{}); len(left) > 0 || err != nil {
		t.Errorf("%v %v", left, err)
	}
}

// An environment's volumes go with it, whatever their class keeps; nobody else's are touched.
func TestRetainedVolumesGo(t *testing.T) {
	volume := func(name, namespace string, policy corev1.PersistentVolumeReclaimPolicy, by string) *corev1.PersistentVolume {
		v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if by != "" {
			v.Annotations = map[string]string{"pv.kubernetes.io/provisioned-by": by}
		}
		v.Spec.PersistentVolumeReclaimPolicy = policy
		v.Spec.CSI = &corev1.CSIPersistentVolumeSource{VolumeHandle: "cinder-" + name}
		if namespace != "" {
			v.Spec.ClaimRef = &corev1.ObjectReference{Namespace: namespace, Name: "data-postgres-0"}
		}
		return v
	}
	edge := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "madang-aa", Name: "edge"}}
	edge.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "203.0.113.1"}}
	kept := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "madang-aa", Name: "kept"}, Spec: corev1.ServiceSpec{LoadBalancerIP: "203.0.113.9"}}
	kept.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "203.0.113.9"}}
	retain, remove := corev1.PersistentVolumeReclaimRetain, corev1.PersistentVolumeReclaimDelete
	kube := kubefake.NewSimpleClientset(edge, kept,
		volume("ours", "madang-aa", retain, "cinder.csi.openstack.org"), volume("by-hand", "madang-aa", retain, ""), volume("goes", "madang-aa", remove, "cinder.csi.openstack.org"),
		volume("production", "madang", retain, "cinder.csi.openstack.org"), volume("free", "", retain, ""))
	c := &cluster{kube: kube}
	held, err := c.holdings(t.Context(), "madang-aa")
	slices.Sort(held.volumes)
	if err != nil || !slices.Equal(held.volumes, []string{"cinder-by-hand", "cinder-goes", "cinder-ours"}) || !slices.Equal(held.addresses, []string{"203.0.113.1"}) {
		t.Errorf("%+v %v", held, err)
	}
	names, err := c.notRetained(t.Context(), "madang-aa")
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{"by-hand", "ours"}) {
		t.Errorf("%q %v", names, err)
	}
	left, err := kube.CoreV1().PersistentVolumes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]corev1.PersistentVolumeReclaimPolicy{}
	for _, v := range left.Items {
		got[v.Name] = v.Spec.PersistentVolumeReclaimPolicy
	}
	if fmt.Sprint(got) != fmt.Sprint(map[string]corev1.PersistentVolumeReclaimPolicy{"ours": remove, "goes": remove, "production": retain, "free": retain}) {
		t.Errorf("%v", got)
	}
}

// What may not be seen counts as left where this account could have made it, and not where it
// could not.
func TestForbiddenIsNotNothing(t *testing.T) {
	kube := kubefake.NewSimpleClientset()
	kube.PrependReactor("create", "selfsubjectaccessreviews", func(a clienttesting.Action) (bool, runtime.Object, error) {
		create, _ := a.(clienttesting.CreateAction)
		review, _ := create.GetObject().(*authorizationv1.SelfSubjectAccessReview)
		asked := review.Spec.ResourceAttributes
		review.Status.Allowed = asked.Verb == "create" && asked.Namespace == "" && asked.Resource == "secrets"
		return true, review, nil
	})
	c := &cluster{kube: kube}
	left, err := c.doubtful(t.Context(), []schema.GroupResource{{Resource: "secrets"}, {Resource: "configmaps"}, {Group: "example.com", Resource: "*"}})
	if err != nil || len(left) != 2 || !strings.Contains(left[0], "secrets") || !strings.Contains(left[1], "example.com: its server does not answer") {
		t.Errorf("%q %v", left, err)
	}
	said := evidence{}.asked([]schema.GroupResource{{Resource: "secrets"}})
	if !strings.Contains(said, "not seen") || !strings.Contains(said, "secrets") || !strings.Contains(said, "the cloud was not asked") {
		t.Error(said)
	}
}

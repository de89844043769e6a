package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// prober is a pod that tries to open connections, as one with its labels may.
type prober struct {
	name, namespace string
	labels          map[string]string
}

// opens says of each address, host:port, whether a pod of these labels opens a connection to
// it within 4 s.
func (e *environment) opens(p prober, image string, addresses ...string) map[string]bool {
	e.Helper()
	ctx := context.Background()
	script := strings.Builder{}
	for _, a := range addresses {
		host, port, _ := strings.Cut(a, ":")
		fmt.Fprintf(&script, "timeout 4 bash -c '</dev/tcp/%s/%s' 2>/dev/null && echo '%s open' || echo '%s shut'\n", host, port, a, a)
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: p.name, Namespace: p.namespace, Labels: p.labels}, Spec: corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyNever, AutomountServiceAccountToken: ptr.To(false), TerminationGracePeriodSeconds: ptr.To(int64(0)),
		SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: ptr.To(true), RunAsUser: ptr.To(int64(65532)), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
		Containers: []corev1.Container{{Name: "probe", Image: image, Command: []string{"bash", "-c", "sleep 3\n" + script.String()}, // the policies reach a new pod within seconds
			Resources:       corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("5m"), corev1.ResourceMemory: resource.MustParse("16Mi")}, Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("32Mi")}},
			SecurityContext: &corev1.SecurityContext{AllowPrivilegeEscalation: ptr.To(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}}}},
	}}
	pods := e.kubernetes.CoreV1().Pods(p.namespace)
	if _, err := pods.Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		e.Fatalf("%s: %v", p.name, err)
	}
	defer e.kill(p.namespace, p.name)
	e.soon(p.name+" has tried all", func() bool {
		now, err := pods.Get(ctx, p.name, metav1.GetOptions{})
		return err == nil && (now.Status.Phase == corev1.PodSucceeded || now.Status.Phase == corev1.PodFailed)
	})
	log, err := pods.GetLogs(p.name, &corev1.PodLogOptions{}).Stream(ctx)
	if err != nil {
		e.Fatalf("%s: %v", p.name, err)
	}
	defer func() { _ = log.Close() }()
	var text bytes.Buffer
	if _, err := io.Copy(&text, log); err != nil {
		e.Fatalf("%s: %v", p.name, err)
	}
	opened := map[string]bool{}
	for line := range strings.Lines(text.String()) {
		if address, state, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			opened[address] = state == "open"
		}
	}
	if len(opened) != len(addresses) {
		e.Fatalf("%s told of %d of %d addresses: %s", p.name, len(opened), len(addresses), text.String())
	}
	return opened
}

// Whom pods speak to, tried on a cluster that enforces policies: each server is opened by who
// may, so that a refusal says something, and by nobody else.
func TestPolicies(t *testing.T) {
	e := openEnvironment(t)
	if os.Getenv("MADANG_POLICIES") == "" {
		t.Skip("MADANG_POLICIES is not set: told where network policies hold (.ci/cluster CLUSTER nodes)")
	}
	ctx := t.Context()
	redis, err := e.kubernetes.CoreV1().Pods(e.namespace).Get(ctx, e.pods(e.namespace, "app.kubernetes.io/component=redis")[0], metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	image := redis.Spec.Containers[0].Image
	strangers := e.namespace + "-strangers"
	_, err = e.kubernetes.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: strangers}}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.kubernetes.CoreV1().Namespaces().Delete(context.Background(), strangers, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})

	asleep := e.awake("/v1/notices?q=정책") // a pod of a function, to be knocked at
	defer asleep()
	proxy := ""
	e.soon("notices is awake", func() bool {
		list, err := e.kubernetes.CoreV1().Pods(e.namespace).List(ctx, metav1.ListOptions{LabelSelector: "serving.knative.dev/service=notices"})
		if err == nil {
			for _, p := range list.Items {
				if p.Status.Phase == corev1.PodRunning && p.Status.PodIP != "" {
					proxy = p.Status.PodIP + ":8012"
				}
			}
		}
		return proxy != ""
	})
	in := func(service string) string { return service + "." + e.namespace + ".svc.cluster.local" }
	database := in("postgres") + ":5432"
	if _, err := e.kubernetes.CoreV1().Services(e.namespace).Get(ctx, "postgres-rw", metav1.GetOptions{}); err == nil { // CloudNativePG's name of the primary
		database = in("postgres-rw") + ":5432"
	}
	cache, edge, counts, numbers := in("redis")+":6379", in("edge")+":80", in("watch")+":9096", in("prometheus")+":9090"
	api, broker := "kubernetes.default.svc.cluster.local:443", "broker-ingress.knative-eventing.svc.cluster.local:80"
	component := func(name string) map[string]string { return map[string]string{"app.kubernetes.io/component": name} }
	all := []string{cache, database, proxy, edge, counts, numbers, api, broker}
	reached := map[string]bool{}
	for _, row := range []struct {
		prober
		may []string
	}{
		{prober{"stranger", strangers, nil}, []string{edge, api, broker}}, // what is not the council's is not ours to forbid
		{prober{"a-function", e.namespace, component("function")}, []string{cache, database, edge, counts, broker}},
		{prober{"an-edge", e.namespace, component("edge")}, []string{cache, edge}},
		{prober{"a-watch", e.namespace, component("watch")}, []string{cache, database, edge, numbers, api}},
		{prober{"a-redis", e.namespace, component("redis")}, nil},
		{prober{"a-backup", e.namespace, component("backup")}, []string{database, edge}},
		{prober{"a-prometheus", e.namespace, component("prometheus")}, []string{edge, counts, api}},
		{prober{"no-component", e.namespace, nil}, nil},
	} {
		opened := e.opens(row.prober, image, all...)
		for _, address := range all {
			want := false
			for _, a := range row.may {
				want = want || a == address
			}
			reached[address] = reached[address] || opened[address]
			if opened[address] != want {
				t.Errorf("%s: %s opened: %v, want %v", row.name, address, opened[address], want)
			}
		}
	}
	delete(reached, proxy) // only Knative's own pods may
	for address, ever := range reached {
		if !ever {
			t.Errorf("nobody opened %s: its refusals say nothing", address)
		}
	}
	if status, _, _, err := e.get("/v1/notices?q=정책", "", "X-Forwarded-For", visitor(int(time.Now().Unix()))); status != 200 {
		t.Errorf("through the gateway, which may: %d %v", status, err)
	}
}

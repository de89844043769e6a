package release_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	coordination "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	kubefake "k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"
	"knative.dev/pkg/apis"
	v1 "knative.dev/serving/pkg/apis/serving/v1"
	"knative.dev/serving/pkg/client/clientset/versioned/fake"
	serving "knative.dev/serving/pkg/client/clientset/versioned/typed/serving/v1"

	"github.com/madang-council/madang/knative/release"
)

const namespace = "council"

// digests of images by what their containers do.
func imageOf(kind string) string {
	return "registry.test/echo@sha256:" + strings.Repeat(fmt.Sprintf("%02x", len(kind)), 28) + fmt.Sprintf("%x", (kind + "____")[:4])
}

var kinds = []string{"one", "two", "unready", "broken", "malformed", "turns"}

// knative is Knative's controllers and gateway, and the nodes, on the fake clientset: it
// makes Revisions of templates, starts them, resolves traffic and answers by host.
type knative struct {
	t       *testing.T
	serving *fake.Clientset
	kube    *kubefake.Clientset
	mu      sync.Mutex
	dead    atomic.Bool // the API server answers writes with an error
	asked   atomic.Int64

	unnamed    func(host string) bool                       // whose name DNS does not know; may be nil
	patching   func(ctx context.Context, name string) error // before a Service is patched; may be nil
	prometheus http.Handler                                 // at http://prometheus

	// Nodes start room pods at the same time, each in takes. Without room, Revisions are
	// ready when they are made.
	room           int
	takes          time.Duration
	trouble        map[string]func(*corev1.Pod) // by function: what becomes of its pod instead; nil: no node takes it
	waiting        []*corev1.Pod
	starting, most int

	// Where moves is not 0, traffic is moved of one function after another, each in that time; of stuck never.
	moves time.Duration
	stuck string
	free  time.Time // when the next one may move
}

func gvr(resource string) schema.GroupVersionResource {
	return v1.SchemeGroupVersion.WithResource(resource)
}

// newKnative has a Service for each name, all of kind one, as the chart leaves them.
func newKnative(t *testing.T, names ...string) *knative {
	k := &knative{t: t, serving: fake.NewSimpleClientset(), kube: kubefake.NewClientset()}
	for _, name := range names {
		k.install(name)
	}
	k.serving.PrependReactor("patch", "services", k.patch)
	k.kube.PrependReactor("create", "leases", k.writeLease)
	k.kube.PrependReactor("update", "leases", k.writeLease)
	k.kube.PrependReactor("update", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
		return k.dead.Load(), nil, errors.New("the API server is away")
	})
	return k
}

func (k *knative) install(name string) { k.add(name, "one") }

func (k *knative) add(name, kind string) {
	meta := metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/component": "function"}}
	svc := &v1.Service{ObjectMeta: meta}
	svc.Spec.Template.Spec.Containers = []corev1.Container{{Name: "function", Image: imageOf(kind)}}
	svc.Spec.Traffic = []v1.TrafficTarget{{LatestRevision: ptr.To(true), Percent: ptr.To[int64](100)}}
	k.reconcile(svc)
	if err := k.serving.Tracker().Add(svc); err != nil {
		k.t.Fatal(err)
	}
}

// patch is the API server's.
func (k *knative) patch(a clienttesting.Action) (bool, runtime.Object, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead.Load() {
		return true, nil, errors.New("the API server is away")
	}
	_, object, err := clienttesting.ObjectReaction(k.serving.Tracker())(a)
	if err != nil && strings.Contains(err.Error(), "test") {
		err = apierrors.NewInvalid(v1.SchemeGroupVersion.WithKind("Service").GroupKind(), "", nil)
	}
	if err != nil {
		return true, nil, err
	}
	svc, _ := object.(*v1.Service)
	svc = svc.DeepCopy()
	k.reconcile(svc)
	return true, svc, k.serving.Tracker().Update(gvr("services"), svc, namespace)
}

// reconcile is the controllers'.
func (k *knative) reconcile(svc *v1.Service) {
	tracker := k.serving.Tracker()
	svc.Generation++
	meta := metav1.ObjectMeta{Name: svc.Name, Namespace: namespace}
	configuration := &v1.Configuration{ObjectMeta: meta}
	if old, err := tracker.Get(gvr("configurations"), namespace, svc.Name); err == nil {
		configuration, _ = old.(*v1.Configuration)
		configuration = configuration.DeepCopy()
	} else if err := tracker.Add(configuration); err != nil {
		k.t.Error(err)
	}
	if !equality.Semantic.DeepEqual(configuration.Spec.Template, svc.Spec.Template) {
		configuration.Generation++
		configuration.Status.ObservedGeneration = configuration.Generation
		configuration.Spec.Template = svc.Spec.Template
		revision := &v1.Revision{ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("%s-%05d", svc.Name, configuration.Generation), Namespace: namespace,
			Labels: svc.Spec.Template.Labels, Annotations: svc.Spec.Template.Annotations,
		}, Spec: svc.Spec.Template.Spec}
		status := corev1.ConditionTrue
		configuration.Status.LatestCreatedRevisionName = revision.Name
		switch {
		case kind(revision) == "unready":
			status = corev1.ConditionFalse
		case k.room > 0:
			status = corev1.ConditionUnknown
			k.schedule(svc.Name, revision.Name)
		default:
			configuration.Status.LatestReadyRevisionName = revision.Name
		}
		revision.Status.Conditions = []apis.Condition{{Type: v1.RevisionConditionReady, Status: status, Reason: "ProbeFailed", Message: "its probe fails"}}
		if err := tracker.Add(revision); err != nil {
			k.t.Error(err)
		}
		if err := tracker.Update(gvr("configurations"), configuration, namespace); err != nil {
			k.t.Error(err)
		}
	}
	svc.Status.ObservedGeneration = svc.Generation
	svc.Status.LatestCreatedRevisionName = configuration.Status.LatestCreatedRevisionName
	host := svc.Name + "." + namespace + ".svc.cluster.local"
	svc.Status.URL = &apis.URL{Scheme: "http", Host: host}
	targets := []v1.TrafficTarget{}
	for _, target := range svc.Spec.Traffic {
		if target.RevisionName == "" {
			target.RevisionName = configuration.Status.LatestReadyRevisionName
		}
		if target.Tag != "" {
			target.URL = &apis.URL{Scheme: "http", Host: target.Tag + "-" + host}
		}
		// As Knative's Route: one that is not ready keeps all of them where they are.
		if object, err := tracker.Get(gvr("revisions"), namespace, target.RevisionName); err == nil {
			if revision, _ := object.(*v1.Revision); !revision.Status.GetCondition(v1.RevisionConditionReady).IsTrue() {
				svc.Status.Conditions = []apis.Condition{{Type: v1.ServiceConditionRoutesReady, Status: corev1.ConditionFalse, Reason: "RevisionMissing", Message: revision.Name}}
				return
			}
		}
		targets = append(targets, target)
	}
	if k.moves > 0 && svc.Status.Traffic != nil && mostOf(svc.Status.Traffic) != mostOf(targets) {
		svc.Status.Conditions = []apis.Condition{{Type: v1.ServiceConditionRoutesReady, Status: corev1.ConditionUnknown, Reason: "IngressNotConfigured"}}
		if svc.Name != k.stuck {
			k.move(svc.Name)
		}
		return
	}
	svc.Status.Traffic = targets
	svc.Status.Conditions = []apis.Condition{{Type: v1.ServiceConditionRoutesReady, Status: corev1.ConditionTrue}}
}

// move moves a function's traffic to where it is to be, after those that were asked for before.
func (k *knative) move(name string) {
	if k.free.Before(time.Now()) {
		k.free = time.Now()
	}
	k.free = k.free.Add(k.moves)
	time.AfterFunc(time.Until(k.free), func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		object, err := k.serving.Tracker().Get(gvr("services"), namespace, name)
		if err != nil {
			return
		}
		svc, _ := object.(*v1.Service)
		svc = svc.DeepCopy()
		svc.Status.Traffic = nil // whatever it is to be now
		k.reconcile(svc)
		if err := k.serving.Tracker().Update(gvr("services"), svc, namespace); err != nil {
			k.t.Error(err)
		}
	})
}

// mostOf is the Revision with all traffic.
func mostOf(targets []v1.TrafficTarget) string {
	for _, t := range targets {
		if ptr.Deref(t.Percent, 0) == 100 {
			return t.RevisionName
		}
	}
	return ""
}

// schedule makes the pod of a new Revision.
func (k *knative) schedule(function, revision string) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: revision + "-deployment", Namespace: namespace,
		Labels: map[string]string{"serving.knative.dev/revision": revision, "serving.knative.dev/service": function},
	}}
	pod.Spec.Containers = []corev1.Container{{Name: "function"}}
	pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: "0/2 nodes are available: 2 Insufficient memory.",
	}}
	if err := k.kube.Tracker().Add(pod); err != nil {
		k.t.Error(err)
	}
	if trouble, has := k.trouble[function]; !has || trouble != nil {
		k.waiting = append(k.waiting, pod)
	}
	k.place()
}

// place gives pods to nodes while these have room.
func (k *knative) place() {
	for ; k.starting < k.room && len(k.waiting) > 0; k.waiting = k.waiting[1:] {
		pod := k.waiting[0]
		k.starting++
		k.most = max(k.most, k.starting)
		pod.Spec.NodeName = "node"
		pod.Status.Conditions = nil
		if trouble := k.trouble[pod.Labels["serving.knative.dev/service"]]; trouble != nil {
			trouble(pod)
		} else {
			time.AfterFunc(k.takes, func() {
				k.mu.Lock()
				defer k.mu.Unlock()
				k.starting--
				k.becomes(pod.Labels["serving.knative.dev/revision"], corev1.ConditionTrue)
				k.place()
			})
		}
		if err := k.kube.Tracker().Update(corev1.SchemeGroupVersion.WithResource("pods"), pod, namespace); err != nil {
			k.t.Error(err)
		}
	}
}

// becomes makes a Revision ready, or not ready any more.
func (k *knative) becomes(revision string, status corev1.ConditionStatus) {
	k.says(revision, apis.Condition{Type: v1.RevisionConditionReady, Status: status, Reason: "ProbeFailed", Message: "its probe fails"})
}

// says makes a Revision ready or not, for a reason.
func (k *knative) says(revision string, ready apis.Condition) {
	status, tracker := ready.Status, k.serving.Tracker()
	object, err := tracker.Get(gvr("revisions"), namespace, revision)
	if apierrors.IsNotFound(err) {
		return // deleted while it started
	}
	found, _ := object.(*v1.Revision)
	found = found.DeepCopy()
	found.Status.Conditions = []apis.Condition{ready}
	name := revision[:strings.LastIndex(revision, "-")]
	object, _ = tracker.Get(gvr("configurations"), namespace, name)
	configuration, _ := object.(*v1.Configuration)
	configuration = configuration.DeepCopy()
	if status == corev1.ConditionTrue && configuration.Status.LatestCreatedRevisionName == revision {
		configuration.Status.LatestReadyRevisionName = revision
	}
	object, _ = tracker.Get(gvr("services"), namespace, name)
	svc, _ := object.(*v1.Service)
	svc = svc.DeepCopy()
	if err := errors.Join(tracker.Update(gvr("revisions"), found, namespace), tracker.Update(gvr("configurations"), configuration, namespace)); err != nil {
		k.t.Error(err)
	}
	k.reconcile(svc)
	if err := tracker.Update(gvr("services"), svc, namespace); err != nil {
		k.t.Error(err)
	}
}

// api is the fake clientset that says when it patches a Service, not yet under its lock.
type api struct {
	*fake.Clientset
	k *knative
}

func (a api) ServingV1() serving.ServingV1Interface { return group{a.Clientset.ServingV1(), a.k} }

type group struct {
	serving.ServingV1Interface
	k *knative
}

func (g group) Services(namespace string) serving.ServiceInterface {
	return patched{g.ServingV1Interface.Services(namespace), g.k}
}

type patched struct {
	serving.ServiceInterface
	k *knative
}

func (p patched) Patch(ctx context.Context, name string, kind types.PatchType, body []byte, options metav1.PatchOptions, parts ...string) (*v1.Service, error) {
	if p.k.patching != nil {
		if err := p.k.patching(ctx, name); err != nil {
			return nil, err
		}
	}
	return p.ServiceInterface.Patch(ctx, name, kind, body, options, parts...)
}

func kind(revision *v1.Revision) string {
	for _, k := range kinds {
		if imageOf(k) == revision.Spec.Containers[0].Image {
			return k
		}
	}
	return ""
}

// writeLease refuses what is not written on top of the newest, as the real one does and
// the fake one does not.
func (k *knative) writeLease(a clienttesting.Action) (bool, runtime.Object, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead.Load() {
		return true, nil, errors.New("the API server is away")
	}
	write, _ := a.(clienttesting.CreateAction)
	lease, _ := write.GetObject().(*coordination.Lease)
	lease = lease.DeepCopy()
	leases := coordination.SchemeGroupVersion.WithResource("leases")
	old, err := k.kube.Tracker().Get(leases, namespace, lease.Name)
	if a.GetVerb() == "create" {
		if err == nil {
			return true, nil, apierrors.NewAlreadyExists(leases.GroupResource(), lease.Name)
		}
		lease.ResourceVersion = "1"
		return true, lease, k.kube.Tracker().Add(lease)
	}
	if err != nil {
		return true, nil, err
	}
	now, _ := old.(*coordination.Lease)
	if now.ResourceVersion != lease.ResourceVersion {
		return true, nil, apierrors.NewConflict(leases.GroupResource(), lease.Name, errors.New("another version"))
	}
	version, _ := strconv.Atoi(now.ResourceVersion)
	lease.ResourceVersion = strconv.Itoa(version + 1)
	return true, lease, k.kube.Tracker().Update(leases, lease, namespace)
}

// requestID is that of every problem.
const requestID = "859d13408e8a65a9e116cb1314fc0b1d"

// RoundTrip is the network.
func (k *knative) RoundTrip(r *http.Request) (*http.Response, error) {
	if k.unnamed != nil && k.unnamed(r.Host) {
		return nil, &net.DNSError{Err: "no such host", Name: r.Host, IsNotFound: true}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	if r.URL.Host == "prometheus" {
		k.prometheus.ServeHTTP(w, r)
	} else {
		k.serve(w, r)
	}
	return w.Result(), nil
}

// serve is the gateway and the functions behind it.
func (k *knative) serve(w http.ResponseWriter, r *http.Request) {
	revision := k.routed(r.Host)
	if revision == nil {
		http.NotFound(w, r)
		return
	}
	tested := strings.HasPrefix(r.Host, "green-")
	kind := kind(revision)
	answer := func(status int) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"type":"about:blank","title":%q,"status":%d,"detail":"서버에 문제가 생겼습니다. 요청 번호와 함께 알려 주세요.","code":"internal","requestId":%q}`, http.StatusText(status), status, requestID)
	}
	switch {
	case r.URL.Path == "/readyz":
		_, _ = io.WriteString(w, "ok")
	case kind == "malformed":
		http.NotFound(w, r)
	case r.URL.Path == "/v1/nothing":
		answer(http.StatusNotFound)
	case kind == "broken", kind == "turns" && !tested && k.asked.Add(1) > 3:
		answer(http.StatusInternalServerError)
	default:
		_, _ = io.WriteString(w, kind)
	}
}

func (k *knative) routed(host string) *v1.Revision {
	k.mu.Lock()
	defer k.mu.Unlock()
	list, err := k.serving.Tracker().List(gvr("services"), v1.SchemeGroupVersion.WithKind("Service"), namespace)
	if err != nil {
		return nil
	}
	services, _ := list.(*v1.ServiceList)
	for _, svc := range services.Items {
		for _, t := range svc.Status.Traffic {
			if t.URL != nil && t.URL.Host == host || svc.Status.URL.Host == host && *t.Percent == 100 {
				revision, _ := k.serving.Tracker().Get(gvr("revisions"), namespace, t.RevisionName)
				found, _ := revision.(*v1.Revision)
				return found
			}
		}
	}
	return nil
}

// service is one as it is now.
func (k *knative) service(name string) *v1.Service {
	k.t.Helper()
	svc, err := k.serving.ServingV1().Services(namespace).Get(k.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		k.t.Fatal(err)
	}
	return svc
}

// traffic is a Service's in short: "alpha-00001=100 green:alpha-00002=0".
func (k *knative) traffic(name string) string {
	parts := []string{}
	for _, t := range k.service(name).Spec.Traffic {
		revision := t.RevisionName
		if revision == "" {
			revision = "latest"
		}
		if t.Tag != "" {
			revision = t.Tag + ":" + revision
		}
		parts = append(parts, fmt.Sprintf("%s=%d", revision, *t.Percent))
	}
	return strings.Join(parts, " ")
}

// answers is the kind that answers visitors.
func (k *knative) answers(name string) string {
	revision := k.routed(name + "." + namespace + ".svc.cluster.local")
	if revision == nil {
		return ""
	}
	return kind(revision)
}

// phase is what the record says.
func (k *knative) phase() release.Phase {
	object, err := k.kube.Tracker().Get(coordination.SchemeGroupVersion.WithResource("leases"), namespace, "madang-release")
	if err != nil {
		return ""
	}
	lease, _ := object.(*coordination.Lease)
	var record release.Record
	if text := lease.Annotations["madang/release"]; text != "" {
		if err := json.Unmarshal([]byte(text), &record); err != nil {
			k.t.Error(err)
		}
	}
	return record.Phase
}

func (k *knative) rollout() *release.Rollout {
	checks := []release.Check{{Path: "/v1/nothing", Status: 404}, {Path: "/v1/hello"}}
	return &release.Rollout{
		Serving: api{k.serving, k}, Kube: k.kube, Namespace: namespace, Client: &http.Client{Transport: k},
		Checks: map[string][]release.Check{"alpha": checks, "beta": checks}, Watch: 5 * time.Second,
	}
}

func images(pairs ...string) release.Images {
	functions := map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		functions[pair[0]] = imageOf(pair[1])
	}
	return release.Images{Functions: functions}
}

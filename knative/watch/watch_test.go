package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/madang-council/madang/knative/kube"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/counts"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/operation/bill"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

// fixture is a watch whose time the test moves.
type fixture struct {
	*watch
	time time.Time
}

func newFixture(p plan) *fixture {
	f := &fixture{time: noon}
	f.watch = newWatch(settings{}, p, slog.New(slog.DiscardHandler), func() time.Time { return f.time })
	f.watch.warm = newWarmUp(p.WarmUp, nil, nil, nil)
	return f
}

func (f *fixture) wait(d time.Duration) { f.time = f.time.Add(d) }

// metrics are what Prometheus would get.
func (f *fixture) metrics(t *testing.T) counts.Counts {
	t.Helper()
	w := httptest.NewRecorder()
	f.routes().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	c, err := counts.Read(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %v", w.Code, err)
	}
	return c
}

func (f *fixture) wants(t *testing.T, want map[string]float64) {
	t.Helper()
	got := f.metrics(t)
	for series, v := range want {
		if g, there := got[series]; !there || g != v {
			t.Errorf("%s: %v (%v), want %v", series, g, there, v)
		}
	}
}

func functionPod(name, function string, ready bool) *corev1.Pod {
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	request := func(cpu, memory string) corev1.ResourceRequirements {
		return corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}}
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name), Labels: map[string]string{kube.ServiceLabel: function, kube.ComponentLabel: "function"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{
			{Name: "function", Resources: request("50m", "64Mi")},
			{Name: "queue-proxy", Resources: request("25m", "40Mi"), Ports: []corev1.ContainerPort{{Name: "queue-port", ContainerPort: 8012}, {Name: queuePort, ContainerPort: 9091}}},
		}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.1", Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: status}},
			ContainerStatuses: []corev1.ContainerStatus{{Name: "function"}, {Name: "queue-proxy"}}},
	}
}

var price = bill.Price{Node: "m2.c2m4", Nodes: 2, WonPerHour: 93, CPUs: 2, MemoryMiB: 4096}

// A pod costs its part of a node from when it is there until it is gone.
func TestPodsBecomeABill(t *testing.T) {
	f := newFixture(plan{Functions: []string{"auth", "main"}, WindowSeconds: 60, Price: price})
	f.wait(time.Minute)
	f.pod(functionPod("a", "main", false), true)
	f.wait(800 * time.Millisecond)
	f.pod(functionPod("a", "main", true), true)
	f.wait(time.Hour - 800*time.Millisecond)
	f.wants(t, map[string]float64{
		`madang_pods{function="main"}`: 1, `madang_pods{function="auth"}`: 0, `madang_pod_seconds_total{function="main"}`: 3600, `madang_pod_seconds_total{function="auth"}`: 0,
		`madang_won_total{function="main"}`: 3.4875, `madang_wakes_total{function="main"}`: 1, `madang_pod_ready_seconds_sum{function="main"}`: 0.8,
		`madang_awake_for_seconds{function="main"}`: 3600, `madang_awake_for_seconds{function="auth"}`: 0, `madang_watched_seconds_total{function="auth"}`: 3660,
	})
	ended := functionPod("a", "main", false)
	ended.Status.Phase = corev1.PodSucceeded // its object stays for a while
	f.pod(ended, true)
	f.wait(time.Hour)
	f.podGone(ended)
	f.wants(t, map[string]float64{`madang_pods{function="main"}`: 0, `madang_pod_seconds_total{function="main"}`: 3600, `madang_paid_won_per_hour{type="m2.c2m4",nodes="2"}`: 186})
}

// What is always on is priced by what its pods ask for, without functions and what ends by itself.
func TestAlwaysOnHasItsPart(t *testing.T) {
	f := newFixture(plan{Price: price})
	f.wants(t, map[string]float64{"madang_always_on_won_per_hour": 0})
	edge := functionPod("edge-1", "", true) // 75m of 2 cores: 3.4875 won
	delete(edge.Labels, kube.ServiceLabel)
	waits, saves := edge.DeepCopy(), edge.DeepCopy()
	waits.Status.Phase = corev1.PodPending
	yes := true
	saves.OwnerReferences = []metav1.OwnerReference{{Kind: "Job", Name: "backup-1", Controller: &yes}}
	other := edge.DeepCopy()
	other.OwnerReferences = []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "edge", Controller: &yes}}
	f.watch.pods = pods{edge, waits, saves, other, functionPod("a", "main", true)}
	f.wants(t, map[string]float64{"madang_always_on_won_per_hour": 6.975})
}

func TestRestarts(t *testing.T) {
	f := newFixture(plan{})
	redis := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "redis-1", UID: "r", Labels: map[string]string{kube.ComponentLabel: "redis"}}, Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{Name: "redis", RestartCount: 4}}}}
	f.pod(redis, false) // what was before anybody looked is not counted
	f.wants(t, map[string]float64{`madang_container_restarts_total{part="redis"}`: 0})
	for range 2 {
		redis = redis.DeepCopy()
		redis.Status.ContainerStatuses[0].RestartCount = 6
		f.pod(redis, true)
	}
	f.podGone(redis)
	f.pod(functionPod("a", "main", true), true)
	f.wants(t, map[string]float64{`madang_container_restarts_total{part="redis"}`: 2, `madang_container_restarts_total{part="main"}`: 0})
}

// api is a stand-in for Kubernetes' API: what it answers by path.
func api(t *testing.T, answers map[string]any) *cluster {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, known := answers[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a)
	}))
	t.Cleanup(server.Close)
	c, err := newCluster(&rest.Config{Host: server.URL}, "madang")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReleases(t *testing.T) {
	type m = map[string]any
	service := func(name string, generation, observed int, created, ready, status, reason string) m {
		return m{"metadata": m{"name": name, "generation": generation}, "status": m{"observedGeneration": observed, "latestCreatedRevisionName": created, "latestReadyRevisionName": ready,
			"conditions": []m{{"type": "RoutesReady", "status": "False"}, {"type": "Ready", "status": status, "reason": reason}}}}
	}
	c := api(t, map[string]any{"/apis/serving.knative.dev/v1/namespaces/madang/services": m{"items": []m{
		service("auth", 2, 2, "auth-2", "auth-2", "True", ""),
		service("main", 2, 2, "main-2", "main-1", "True", ""),
		service("media", 2, 1, "media-1", "media-1", "True", ""),
		service("sweep", 1, 1, "sweep-1", "", "False", "RevisionFailed"),
		{"metadata": m{"name": "uploads"}},
	}}})
	got, err := c.functions(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []bill.FunctionHealth{
		{Name: "auth", Ready: true}, {Name: "main", Reason: "the newest Revision is not ready"}, {Name: "media", Reason: "the newest Revision is not ready"},
		{Name: "sweep", Reason: "RevisionFailed"}, {Name: "uploads"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := api(t, nil).functions(context.Background()); err == nil {
		t.Error("an API that is away has Services")
	}
}

type pods []any

func (p pods) List() []any { return p }

// Prometheus is told of metrics' ports alone: asking the one that serves would keep a
// function awake.
func TestTargets(t *testing.T) {
	edge := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "edge-1", Labels: map[string]string{kube.ComponentLabel: "edge"}},
		Spec:   corev1.PodSpec{Containers: []corev1.Container{{Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}, {Name: edgePort, ContainerPort: 8081}}}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.2"}}
	pending := edge.DeepCopy()
	pending.Status.Phase = corev1.PodPending
	activator := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "activator-1", Labels: map[string]string{"app": "activator"}},
		Spec:   corev1.PodSpec{Containers: []corev1.Container{{Ports: []corev1.ContainerPort{{Name: knativePort, ContainerPort: 9090}}}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.3"}}
	webhook := *activator.DeepCopy()
	webhook.Labels["app"] = "webhook"
	node := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}, Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{{Type: corev1.NodeHostName, Address: "node-1"}, {Type: corev1.NodeInternalIP, Address: "192.168.0.5"}},
		Capacity:        corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("4Gi")},
		DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: 10250}}}}
	typed := metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}
	f := newFixture(plan{NodesBy: "kubelet", Knative: true})
	f.pods = pods{edge, pending, functionPod("main-00001-x", "main", true)}
	f.watch.api = api(t, map[string]any{
		"/api/v1/namespaces/knative-serving/pods": corev1.PodList{TypeMeta: typed, Items: []corev1.Pod{activator, webhook}},
		"/api/v1/nodes": corev1.NodeList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "NodeList"}, Items: []corev1.Node{node}},
	})
	ask := func(job string) []target {
		t.Helper()
		w := httptest.NewRecorder()
		f.routes().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/targets/"+job, http.NoBody))
		list := []target{}
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Header().Get("Content-Type") != "application/json" {
			t.Fatalf("%s: %d %s", job, w.Code, w.Body)
		}
		return list
	}
	at := func(address string, labels ...string) []target {
		m := map[string]string{}
		for i := 0; i+1 < len(labels); i += 2 {
			m[labels[i]] = labels[i+1]
		}
		return []target{{[]string{address}, m}}
	}
	for job, want := range map[string][]target{
		"edge":        at("10.0.0.2:8081", "pod", "edge-1"),
		"queue-proxy": at("10.0.0.1:9091", "pod", "main-00001-x", "function", "main"),
		"knative":     at("10.0.0.3:9090", "pod", "activator-1", "part", "activator"),
		"nodes":       at("192.168.0.5:10250", "node", "node-1", "instance", "node-1", "__metrics_path__", "/metrics/resource"),
	} {
		if diff := cmp.Diff(want, ask(job)); diff != "" {
			t.Errorf("%s: %s", job, diff)
		}
	}
	f.plan.NodesBy = "apiserver"
	if diff := cmp.Diff(at("kubernetes.default.svc:443", "node", "node-1", "instance", "node-1", "__metrics_path__", "/api/v1/nodes/node-1/proxy/metrics/resource"), ask("nodes")); diff != "" {
		t.Error(diff)
	}
	f.plan.NodesBy, f.plan.Knative = "", false
	for _, job := range []string{"nodes", "knative"} {
		if got := ask(job); len(got) != 0 {
			t.Errorf("%s that nobody may ask: %v", job, got)
		}
	}
	w := httptest.NewRecorder()
	f.routes().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/targets/secrets", http.NoBody))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("an unknown job: %d", w.Code)
	}
	seen := map[string]float64{}
	if err := f.lookAtNodes(context.Background(), seen); err != nil || seen["madang_nodes_cpus"] != 2 || seen["madang_nodes_memory_bytes"] != 4<<30 {
		t.Errorf("%v %v", seen, err)
	}
}

// The sign of life is given when Prometheus and Alertmanager answered, and else is missing
// elsewhere; a watch without a place for it gives none.
func TestHeartbeat(t *testing.T) {
	var beats atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { beats.Add(1) }))
	defer elsewhere.Close()
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data":{}}`)) }))
	defer well.Close()
	ill := httptest.NewServer(http.NotFoundHandler())
	defer ill.Close()
	for name, c := range map[string]struct {
		settings settings
		beats    int32
	}{
		"all is well":        {settings{Prometheus: well.URL, Alertmanager: well.URL, Heartbeat: elsewhere.URL}, 1},
		"no Prometheus":      {settings{Prometheus: ill.URL, Alertmanager: well.URL, Heartbeat: elsewhere.URL}, 0},
		"no Alertmanager":    {settings{Prometheus: well.URL, Alertmanager: ill.URL, Heartbeat: elsewhere.URL}, 0},
		"another's":          {settings{Prometheus: well.URL, Heartbeat: elsewhere.URL}, 1},
		"nobody listens":     {settings{Prometheus: well.URL, Alertmanager: well.URL}, 0},
		"whom one may watch": {settings{Heartbeat: elsewhere.URL}, 1},
	} {
		beats.Store(0)
		f := newFixture(plan{})
		f.settings = c.settings
		f.tell(clock.With(t.Context(), f.time), &bill.Health{})
		if got := beats.Load(); got != c.beats {
			t.Errorf("%s: %d signs of life", name, got)
		}
	}
}

// What is away is said to be away, and what was known before stays known.
func TestLookAround(t *testing.T) {
	up := true
	edge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !up || r.URL.Path != "/healthz" {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer edge.Close()
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"status":"success","data":{"alerts":[
			{"labels":{"alertname":"Later","severity":"ticket"},"annotations":{"summary":"나중","runbook":"r"},"state":"firing","activeAt":"2026-03-02T03:00:00Z"},
			{"labels":{"alertname":"Soon","severity":"page"},"annotations":{"summary":"곧"},"state":"pending","activeAt":"2026-03-02T02:00:00Z"},
			{"labels":{"alertname":"First","severity":"page"},"annotations":{"summary":"먼저"},"state":"firing","activeAt":"2026-03-02T01:00:00Z"}]}}`))
	}))
	defer prometheus.Close()
	site := httptest.NewTLSServer(http.NotFoundHandler())
	defer site.Close()
	f := newFixture(plan{DatabaseLimitBytes: 1 << 30, BackupSeconds: 3600})
	if !f.health.Backup.Expected || newFixture(plan{}).health.Backup.Expected {
		t.Error("a copy is expected where the plan has a limit for it, and nowhere else")
	}
	f.settings = settings{Site: edge.URL, PublicURL: site.URL, Prometheus: prometheus.URL}
	f.watch.api = api(t, nil)
	f.store = bill.Store{DB: databasetest.SQLite(t)}
	var h bill.Health
	ctx := clock.With(context.Background(), f.time)
	if err := errors.Join(f.lookAtSite(ctx, &h.Site), f.lookAtCertificate(ctx, strings.TrimPrefix(site.URL, "https://"), &h.Site), f.lookAtAlerts(ctx, &h)); err != nil {
		t.Fatal(err)
	}
	if len(h.Alerts) != 2 || h.Alerts[0].Name != "First" || h.Alerts[1].Runbook != "r" {
		t.Errorf("%+v", h.Alerts)
	}
	if want := site.TLS.Certificates[0].Leaf; want != nil && !h.Site.CertificateEnds.Equal(want.NotAfter) {
		t.Errorf("%v, want %v", h.Site.CertificateEnds, want.NotAfter)
	}
	if h.Site.CertificateEnds == nil || h.Site.CertificateEnds.Before(noon) {
		t.Errorf("the certificate ends %v", h.Site.CertificateEnds)
	}
	up = false
	if err := f.lookAtSite(ctx, &h.Site); err == nil {
		t.Error("an edge that is away answers")
	}
	f.health, f.looked, f.seen = bill.Health{At: f.time, Alerts: h.Alerts, Site: bill.SiteHealth{CertificateEnds: h.Site.CertificateEnds}, Functions: []bill.FunctionHealth{{Name: "main"}},
		Database: bill.DatabaseHealth{Reachable: true, Bytes: 7, LimitBytes: 1 << 30}}, true, map[string]float64{"madang_database_commits_total": 5}
	f.wants(t, map[string]float64{
		"madang_site_up": 0, "madang_database_up": 1, "madang_redis_up": 0, "madang_database_bytes": 7, "madang_database_limit_bytes": 1 << 30, "madang_database_commits_total": 5,
		"madang_backup_timestamp_seconds": 0, "madang_backup_limit_seconds": 3600, `madang_function_ready{function="main"}`: 0, `madang_alerts{severity="page"}`: 1, `madang_alerts{severity="ticket"}`: 1,
		"madang_dead_letters": 0, "madang_certificate_ends_timestamp_seconds": float64(h.Site.CertificateEnds.Unix()),
	})
	if _, there := f.metrics(t)["madang_redis_bytes"]; there {
		t.Error("the size of a Redis that is away")
	}
}

func TestCertificateOfNobody(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	f := newFixture(plan{})
	var s bill.SiteHealth
	var record tls.RecordHeaderError
	if err := f.lookAtCertificate(context.Background(), strings.TrimPrefix(plain.URL, "http://"), &s); !errors.As(err, &record) || s.CertificateEnds != nil {
		t.Errorf("%v %v", err, s.CertificateEnds)
	}
}

func TestReadInfo(t *testing.T) {
	got := map[string]float64{}
	readInfo("# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nmaxmemory:0\r\n\r\n", got)
	if !cmp.Equal(got, map[string]float64{"used_memory": 1048576, "maxmemory": 0}) {
		t.Errorf("%v", got)
	}
}

// calendar is when notices are published.
type calendar []time.Time

func (c calendar) NextPublication(_ context.Context, from, until time.Time) (*time.Time, error) {
	sorted := slices.Clone(c)
	slices.SortFunc(sorted, time.Time.Compare)
	for _, at := range sorted {
		if at.After(from) && !at.After(until) {
			return &at, nil
		}
	}
	return nil, nil //nolint:nilnil // none
}

// Functions are awake from two minutes before a publication until five after, unless the
// day's budget is used up; a restart does not renew it, the next day does.
func TestWarmUp(t *testing.T) {
	store := bill.Store{DB: databasetest.SQLite(t)}
	p := warmUpPlan{Functions: []string{"main", "notices"}, LeadSeconds: 120, AfterSeconds: 300, BudgetSeconds: 1000}
	publications := calendar{noon.Add(time.Hour), noon.Add(3 * time.Hour), noon.AddDate(0, 0, 1)}
	now, woken := noon, map[string][]time.Duration{}
	var mu sync.Mutex
	wake := func(_ context.Context, function string) error {
		mu.Lock()
		defer mu.Unlock()
		woken[function] = append(woken[function], now.Sub(noon))
		return nil
	}
	u := newWarmUp(p, publications, store, wake)
	run := func(until time.Time) {
		for ; now.Before(until); now = now.Add(warmEvery) {
			if err := u.turn(clock.With(context.Background(), now)); err != nil {
				t.Fatal(err)
			}
		}
	}
	run(noon.Add(time.Hour))
	if h := u.health(); h.Until == nil || !h.Until.Equal(noon.Add(65*time.Minute)) || !h.Next.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v", h)
	}
	run(noon.Add(2 * time.Hour))
	times := woken["main"]
	if len(times) != 21 || times[0] != 58*time.Minute || times[20] != 65*time.Minute-warmEvery || len(woken["notices"]) != 21 {
		t.Errorf("woken %d times, %v", len(times), times)
	}
	if h := u.health(); h.Until != nil || h.UsedSeconds != 840 {
		t.Errorf("%+v", h)
	}
	u = newWarmUp(p, publications, store, wake) // a restart
	run(noon.Add(4 * time.Hour))
	if n := len(woken["main"]) - 21; n != 4 || u.refused != 17 { // 160 of 1000 seconds were left: 4 turns of 40
		t.Errorf("woken %d times with what was left, refused %d times", n, u.refused)
	}
	run(noon.AddDate(0, 0, 1).Add(time.Hour))
	if n := len(woken["main"]) - 25; n != 21 {
		t.Errorf("the next day: woken %d times", n)
	}
	u = newWarmUp(p, calendar{now.Add(time.Minute)}, store, func(context.Context, string) error { return errors.New("away") })
	if err := u.turn(clock.With(context.Background(), now)); err == nil {
		t.Error("a function that does not wake is not said")
	}
}

// A function is asked as Knative's gateway is asked by everybody.
func TestWake(t *testing.T) {
	var asked string
	status := http.StatusOK
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Host + r.URL.Path
		w.WriteHeader(status)
	}))
	defer gateway.Close()
	f := newFixture(plan{})
	f.settings = settings{Gateway: strings.TrimPrefix(gateway.URL, "http://"), Domain: ".madang.svc.cluster.local"}
	if err := f.wake(context.Background(), "main"); err != nil || asked != "main.madang.svc.cluster.local/readyz" {
		t.Errorf("%q %v", asked, err)
	}
	status = http.StatusServiceUnavailable
	if err := f.wake(context.Background(), "main"); err == nil {
		t.Error("a refusal is a success")
	}
}

func TestPlan(t *testing.T) {
	if _, err := readPlan("/nowhere/plan.json"); err == nil {
		t.Error("a plan that is not there is read")
	}
}

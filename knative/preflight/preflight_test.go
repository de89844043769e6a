package preflight

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
)

var now = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// plan is the chart's with the values of its tests.
func plan(t *testing.T) Plan {
	t.Helper()
	p, err := rendered()
	if err != nil {
		t.Fatal(err)
	}
	p.Claims, p.PullSecrets, p.Images = slices.Clone(p.Claims), slices.Clone(p.PullSecrets), slices.Clone(p.Images)
	return p
}

// rendered is the plan, which takes a second to render.
var rendered = sync.OnceValues(func() (Plan, error) { return renderedWith(nil) })

// renderedWith is the plan with the database that is given.
func renderedWith(database map[string]any) (Plan, error) {
	c, err := loader.Load("../chart")
	if err != nil {
		return Plan{}, err
	}
	given, err := chartutil.ReadValuesFile("../chart/testdata/installation.yaml")
	if err != nil {
		return Plan{}, err
	}
	images, own := given["images"].(map[string]any), map[string]any{}
	for i, f := range functions.All() {
		own[f.Name] = fmt.Sprintf("registry.example/madang/%s@sha256:%064x", f.Name, 100+i)
	}
	images["functions"], images["migrate"], images["watch"] = own, fmt.Sprintf("registry.example/madang/migrate@sha256:%064x", 99), fmt.Sprintf("registry.example/madang/watch@sha256:%064x", 98)
	images["backup"] = fmt.Sprintf("registry.example/madang/backup@sha256:%064x", 97)
	images["logs"] = fmt.Sprintf("registry.example/madang/logs@sha256:%064x", 96)
	given["storageClass"] = "madang-ssd"
	if database != nil {
		given["postgres"] = database
	}
	return NewPlan(c, given, "madang")
}

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

func deployment(namespace, name, version string, replicas int32) appsv1.Deployment {
	d := appsv1.Deployment{ObjectMeta: meta(namespace, name), Spec: appsv1.DeploymentSpec{Replicas: &replicas}}
	d.Labels = map[string]string{versionLabel: version}
	return d
}

func node(name, cpu, memory string) corev1.Node {
	n := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelArchStable: "amd64"}}}
	n.Status.Allocatable = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	return n
}

func pod(namespace, name, node, cpu, memory string) corev1.Pod {
	p := corev1.Pod{ObjectMeta: meta(namespace, name)}
	p.Spec.NodeName = node
	p.Spec.Containers = []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}}}}
	return p
}

// good is a cluster as docs/operating.md makes it: nothing is found there.
func good(p Plan) Facts {
	retain, wait, two := corev1.PersistentVolumeReclaimRetain, storagev1.VolumeBindingWaitForFirstConsumer, int32(2)
	f := Facts{
		Now: now, Denied: map[string]error{}, Kubernetes: "v1.35.5", Groups: []string{"cert-manager.io", "eventing.knative.dev", "serving.knative.dev", "sources.knative.dev"},
		Files:     &Stored{Bucket: true, Origin: "https://madang.example.ac.kr"},
		Namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "madang", Labels: map[string]string{SecurityLabel: SecurityLevel}}},
		Classes:   []storagev1.StorageClass{{ObjectMeta: metav1.ObjectMeta{Name: "madang-ssd"}, Provisioner: "cinder.csi.openstack.org", ReclaimPolicy: &retain, VolumeBindingMode: &wait}},
		Secrets:   map[string]Secret{"ncr": {Type: corev1.SecretTypeDockerConfigJson}, "madang-tls": {Type: corev1.SecretTypeTLS, Names: []string{"*.example.ac.kr"}, Ends: now.AddDate(0, 2, 0)}},
		Deployments: []appsv1.Deployment{
			deployment(nsServing, "controller", "1.23.0", 1), deployment(nsServing, "activator", "1.23.0", 2),
			deployment(nsEventing, "eventing-controller", "1.23.1", 1), deployment("kourier-system", "3scale-kourier-gateway", "1.23.0", 2),
		},
		Scalers:       []autoscalingv2.HorizontalPodAutoscaler{{ObjectMeta: meta(nsServing, "activator"), Spec: autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: &two}}},
		Budgets:       []policyv1.PodDisruptionBudget{{ObjectMeta: meta(nsServing, "activator-pdb"), Status: policyv1.PodDisruptionBudgetStatus{ExpectedPods: 2, CurrentHealthy: 2, DisruptionsAllowed: 1}}},
		Services:      []corev1.Service{{ObjectMeta: meta("kourier-system", "kourier-internal"), Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}}}},
		ConfigNetwork: map[string]string{"ingress-class": "kourier.ingress.networking.knative.dev"},
		Agents:        []string{"calico-node", "csi-cinder-nodeplugin"},
		Nodes:         []corev1.Node{node("one", "1900m", "3400Mi"), node("two", "1900m", "3400Mi")},
		Platforms:     map[string]Image{},
	}
	for _, i := range p.Images {
		f.Platforms[i] = Image{Platforms: []string{"linux/amd64", "linux/arm64"}}
	}
	return f
}

// Each row spoils one thing of a cluster on which all is well, and says which check finds it.
func TestChecks(t *testing.T) {
	var many, one64 = corev1.PersistentVolumeReclaimDelete, int32(1)
	immediate, other := storagev1.VolumeBindingImmediate, "old"
	for name, row := range map[string]struct {
		spoil func(*Plan, *Facts)
		check string // "" means that nothing is found
		level Level
		says  string
	}{
		"nothing": {func(*Plan, *Facts) {}, "", Passed, ""},

		"an old Kubernetes":      {func(_ *Plan, f *Facts) { f.Kubernetes = "v1.33.9" }, "versions", Failed, "1.34.0 is needed"},
		"a Kubernetes of NHN's":  {func(_ *Plan, f *Facts) { f.Kubernetes = "v1.34.1-nks.2" }, "", Passed, ""},
		"an old Knative":         {func(_ *Plan, f *Facts) { f.Deployments[0].Labels[versionLabel] = "1.22.3" }, "versions", Failed, "Knative Serving is 1.22.3"},
		"no Knative Eventing":    {func(_ *Plan, f *Facts) { f.Groups = []string{"serving.knative.dev", "cert-manager.io"} }, "kinds", Failed, "Eventing is not installed"},
		"no CloudNativePG":       {func(p *Plan, _ *Facts) { p.Groups = append(p.Groups, "postgresql.cnpg.io") }, "kinds", Failed, "CloudNativePG (postgres.operator, postgres.beside) is not installed"},
		"no Kyverno":             {func(p *Plan, _ *Facts) { p.Groups = append(p.Groups, "kyverno.io") }, "kinds", Failed, "Kyverno (images.admission) is not installed"},
		"somebody's kinds":       {func(p *Plan, _ *Facts) { p.Groups = append(p.Groups, "x.example") }, "kinds", Failed, "the API has no x.example"},
		"a Knative without name": {func(_ *Plan, f *Facts) { delete(f.Deployments[2].Labels, versionLabel) }, "versions", Warned, versionLabel},

		"no class of this name": {func(_ *Plan, f *Facts) { f.Classes[0].Name = "default" }, "storage", Failed, "madang-ssd does not exist; there is default"},
		"no class at all":       {func(_ *Plan, f *Facts) { f.Classes = nil }, "storage", Failed, "there is none"},
		"no default":            {func(p *Plan, _ *Facts) { p.Class = "" }, "storage", Failed, "no default"},
		"the default": {func(p *Plan, f *Facts) {
			p.Class, f.Classes[0].Annotations = "", map[string]string{defaultClass: "true"}
		}, "", Passed, ""},
		"a larger volume":         {func(_ *Plan, f *Facts) { f.StatefulSets = []appsv1.StatefulSet{sized("postgres", "10Gi")} }, "storage", Failed, "delete statefulset postgres --cascade=orphan"},
		"the same volume":         {func(_ *Plan, f *Facts) { f.StatefulSets = []appsv1.StatefulSet{sized("postgres", "20480Mi")} }, "", Passed, ""},
		"another database":        {func(_ *Plan, f *Facts) { f.Database = "postgres-rw:5432/madang" }, "database", Failed, "what is in postgres-rw:5432/madang stays there"},
		"the same database":       {func(p *Plan, f *Facts) { f.Database = p.Database }, "", Passed, ""},
		"a database of yours":     {func(p *Plan, f *Facts) { p.Database, f.Database = "", "postgres:5432/madang" }, "", Passed, ""},
		"nothing has a volume":    {func(p *Plan, f *Facts) { p.Claims, f.Classes = nil, nil }, "", Passed, ""},
		"the class was another":   {func(_ *Plan, f *Facts) { f.StatefulSets = []appsv1.StatefulSet{claiming("prometheus", &other)} }, "storage", Failed, `"old", which cannot be changed`},
		"there was no class":      {func(_ *Plan, f *Facts) { f.StatefulSets = []appsv1.StatefulSet{claiming("postgres", nil)} }, "storage", Failed, "postgres"},
		"somebody else's class":   {func(_ *Plan, f *Facts) { f.StatefulSets = []appsv1.StatefulSet{claiming("elsewhere", &other)} }, "", Passed, ""},
		"the volume would go":     {func(_ *Plan, f *Facts) { f.Classes[0].ReclaimPolicy = &many }, "storage", Warned, "Retain"},
		"volumes in a wrong zone": {func(_ *Plan, f *Facts) { f.Classes[0].VolumeBindingMode = &immediate }, "storage", Warned, "WaitForFirstConsumer"},
		"volumes by hand":         {func(_ *Plan, f *Facts) { f.Classes[0].Provisioner = "kubernetes.io/no-provisioner" }, "storage", Warned, "data-postgres-0, data-prometheus-0"},
		"classes are not told":    {func(_ *Plan, f *Facts) { f.Denied[askedClasses] = errors.New("forbidden") }, "storage", Unknown, "forbidden"},

		"a namespace of kubectl's":   {func(_ *Plan, f *Facts) { f.Namespace.Labels = nil }, "pods", Warned, "task install sets restricted"},
		"a privileged namespace":     {func(_ *Plan, f *Facts) { f.Namespace.Labels[SecurityLabel] = "privileged" }, "pods", Warned, "privileged"},
		"no namespace":               {func(_ *Plan, f *Facts) { f.Namespace = nil }, "", Passed, ""},
		"a namespace that is ending": {func(_ *Plan, f *Facts) { f.Namespace.Status.Phase = corev1.NamespaceTerminating }, "pods", Failed, "being deleted"},

		"no gateway":            {func(_ *Plan, f *Facts) { f.Services = nil }, "network", Failed, "no such Service"},
		"the gateway's port":    {func(_ *Plan, f *Facts) { f.Services[0].Spec.Ports[0].Port = 8080 }, "network", Failed, "no such Service"},
		"a gateway elsewhere":   {func(p *Plan, _ *Facts) { p.Gateway = "gateway.example:80" }, "network", Unknown, "no Service of the cluster"},
		"a public Kourier":      {func(_ *Plan, f *Facts) { f.Services[0].Spec.Type = corev1.ServiceTypeLoadBalancer }, "network", Warned, "second way in"},
		"no ingress class":      {func(_ *Plan, f *Facts) { f.ConfigNetwork = nil }, "network", Failed, "ingress-class"},
		"an old key of it":      {func(_ *Plan, f *Facts) { f.ConfigNetwork = map[string]string{"ingress.class": "x"} }, "", Passed, ""},
		"nobody holds policies": {func(_ *Plan, f *Facts) { f.Agents = []string{"kube-flannel-ds"} }, "network", Warned, "NetworkPolicies"},
		"a budget of 80 %":      {func(_ *Plan, f *Facts) { f.Budgets[0].Status.DisruptionsAllowed = 0 }, "disruptions", Warned, "activator-pdb"},
		"a budget of a sick pod": {func(_ *Plan, f *Facts) {
			f.Budgets[0].Status.DisruptionsAllowed, f.Budgets[0].Status.CurrentHealthy = 0, 1
		}, "", Passed, ""},
		"a scaler of one":      {func(_ *Plan, f *Facts) { f.Scalers[0].Spec.MinReplicas = &one64 }, "disruptions", Warned, "minReplicas 2"},
		"a scaler that is new": {func(_ *Plan, f *Facts) { f.Scalers[0].Spec.MinReplicas = nil }, "disruptions", Warned, "minReplicas 2"},
		"one gateway":          {func(_ *Plan, f *Facts) { f.Deployments[3].Spec.Replicas = &one64 }, "disruptions", Warned, "3scale-kourier-gateway has one replica"},

		"no cert-manager":           {func(_ *Plan, f *Facts) { f.Groups = f.Groups[1:] }, "kinds", Failed, "cert-manager (edge.tls.mode acme) is not installed"},
		"a Secret, no cert-manager": {func(p *Plan, f *Facts) { p.TLS, p.Groups, f.Groups = "secret", p.Groups[1:], f.Groups[1:] }, "", Passed, ""},
		"no Secret":                 {func(p *Plan, f *Facts) { p.TLS = "secret"; delete(f.Secrets, "madang-tls") }, "tls", Failed, "no Secret madang-tls"},
		"a Secret of another type": {func(p *Plan, f *Facts) {
			p.TLS = "secret"
			f.Secrets["madang-tls"] = Secret{Type: corev1.SecretTypeOpaque}
		}, "tls", Failed, "not a certificate"},
		"a certificate of another":  {certified("www.example.ac.kr", now.AddDate(1, 0, 0)), "tls", Failed, "the site is madang.example.ac.kr"},
		"a wildcard of two labels":  {certified("*.ac.kr", now.AddDate(1, 0, 0)), "tls", Failed, "the site is"},
		"a certificate that ended":  {certified("madang.example.ac.kr", now), "tls", Failed, "ended on 2026-11-29"},
		"a certificate that ends":   {certified("madang.example.ac.kr", now.AddDate(0, 0, 13)), "tls", Warned, "ends on 2026-12-12"},
		"visitors with one address": {func(p *Plan, _ *Facts) { p.Proxied = false }, "tls", Warned, "one limit"},
		"the balancer's certificate": {func(p *Plan, f *Facts) {
			p.TLS, p.Proxied, p.Groups, f.Secrets, f.Groups = "balancer", false, p.Groups[1:], withoutTLS(f.Secrets), f.Groups[1:]
		}, "", Passed, ""},
		"no bucket":                   {func(_ *Plan, f *Facts) { f.Files.Bucket = false }, "files", Failed, "has no bucket"},
		"keys of somebody else":       {func(_ *Plan, f *Facts) { f.Files.Bucket, f.Files.Refused = false, "AccessDenied" }, "files", Failed, "AccessDenied"},
		"a storage for the cluster":   {func(_ *Plan, f *Facts) { f.Files = &Stored{Err: errors.New("no such host")} }, "files", Unknown, "no such host"},
		"keys that nobody tells":      {func(p *Plan, f *Facts) { p.Files.AccessKey, f.Files.Bucket = "", false }, "files", Unknown, "a Secret of yours"},
		"no browser may send":         {func(_ *Plan, f *Facts) { f.Files.Origin = "" }, "files", Warned, "browsers may send no files"},
		"browsers of another site":    {func(_ *Plan, f *Facts) { f.Files.Origin = "https://old.example.ac.kr" }, "files", Warned, "old.example.ac.kr"},
		"any browser may":             {func(_ *Plan, f *Facts) { f.Files.Origin = "*" }, "", Passed, ""},
		"no address for browsers":     {func(_ *Plan, f *Facts) { f.Files.OriginErr = errors.New("refused") }, "files", Unknown, "refused"},
		"a storage that is not asked": {func(_ *Plan, f *Facts) { f.Files = nil }, "", Passed, ""},

		"no login for the registry":   {func(_ *Plan, f *Facts) { delete(f.Secrets, "ncr") }, "images", Failed, "no Secret ncr"},
		"an image that is not there":  {func(p *Plan, f *Facts) { f.Platforms[p.Images[0]] = Image{Err: errors.New("MANIFEST_UNKNOWN")} }, "images", Failed, "MANIFEST_UNKNOWN"},
		"an image of other machines":  {func(p *Plan, f *Facts) { f.Platforms[p.Images[0]] = Image{Platforms: []string{"linux/arm64"}} }, "images", Failed, "nodes are linux/amd64"},
		"an image that was forgotten": {func(p *Plan, f *Facts) { delete(f.Platforms, p.Images[0]) }, "images", Unknown, "not asked for"},

		"no node":              {func(_ *Plan, f *Facts) { f.Nodes = nil }, "room", Failed, "no node takes pods"},
		"one node for two":     {func(_ *Plan, f *Facts) { f.Nodes = f.Nodes[:1] }, "room", Failed, "no room for edge"},
		"a node that is going": {func(_ *Plan, f *Facts) { f.Nodes[1].Spec.Unschedulable = true }, "room", Failed, "no room for edge"},
		"a node for others": {func(_ *Plan, f *Facts) {
			f.Nodes[1].Spec.Taints = []corev1.Taint{{Key: "pipeline", Effect: corev1.TaintEffectNoSchedule}}
		}, "room", Failed, "no room for edge"},
		"full nodes": {func(_ *Plan, f *Facts) {
			f.Pods = []corev1.Pod{pod("kube-system", "a", "one", "1700m", "1Gi"), pod("kube-system", "b", "two", "1700m", "1Gi")}
		}, "room", Failed, "no room for a function"},
		"nearly full nodes": {func(_ *Plan, f *Facts) {
			f.Pods = []corev1.Pod{pod("kube-system", "a", "one", "1600m", "1Gi"), pod("kube-system", "b", "two", "1600m", "1Gi")}
		}, "room", Warned, "function pods fit at once"},
		"what is there already": {func(_ *Plan, f *Facts) {
			f.Pods = []corev1.Pod{pod("madang", "edge-1", "one", "1900m", "1Gi"), pod("madang", "edge-2", "two", "1900m", "1Gi")}
		}, "", Passed, ""},
		"what has ended": {func(_ *Plan, f *Facts) {
			ended := pod("kube-system", "a", "one", "1900m", "1Gi")
			ended.Status.Phase = corev1.PodSucceeded
			f.Pods = []corev1.Pod{ended}
		}, "", Passed, ""},
		"nodes that are not told": {func(_ *Plan, f *Facts) { f.Denied[askedPods] = errors.New("forbidden") }, "room", Unknown, "forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan(t)
			p.Proxied = true
			f := good(p)
			row.spoil(&p, &f)
			found := slices.DeleteFunc(Run(p, f), func(f Finding) bool { return f.Level == Passed })
			if row.check == "" {
				if len(found) > 0 {
					t.Errorf("%v", found)
				}
				return
			}
			if len(found) == 0 {
				t.Fatal("nothing is found")
			}
			for _, each := range found {
				if each.Check != row.check || each.Level != row.level {
					t.Errorf("%v", each)
				}
			}
			if !strings.Contains(found[0].Text, row.says) {
				t.Errorf("%q does not say %q", found[0].Text, row.says)
			}
			if err := Err(found, nil); (err != nil) != (row.level == Failed) {
				t.Errorf("it ends with %v", err)
			}
			if err := Err(found, []string{row.check}); err != nil {
				t.Errorf("despite it: %v", err)
			}
		})
	}
}

func claiming(name string, class *string) appsv1.StatefulSet {
	size := map[string]string{"postgres": "20Gi", "prometheus": "6Gi", "elsewhere": "1Gi"}[name]
	return appsv1.StatefulSet{ObjectMeta: meta("madang", name), Spec: appsv1.StatefulSetSpec{VolumeClaimTemplates: []corev1.PersistentVolumeClaim{
		{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: class, Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}}}},
	}}}
}

// sized is a StatefulSet as the chart had it with volumes of a size.
func sized(name, size string) appsv1.StatefulSet {
	class := "madang-ssd"
	s := claiming(name, &class)
	s.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}
	return s
}

// Who may not see Secrets is told by each check that looks at them.
func TestSecretsThatAreNotTold(t *testing.T) {
	p := plan(t)
	f := good(p)
	f.Denied[askedSecrets] = errors.New("forbidden")
	for _, name := range []string{"database", "tls", "images"} {
		if found := Run(p, f, name); !slices.ContainsFunc(found, func(f Finding) bool { return f.Level == Unknown && strings.Contains(f.Text, "forbidden") }) {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// The address of a database is told without its password.
func TestServerOf(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://madang:word@postgres:5432/madang?sslmode=disable": "postgres:5432/madang", "postgres://u:p@db.example/m": "db.example/m", "": "", "://": "",
	} {
		if got := serverOf(address); got != want {
			t.Errorf("%q is at %q", address, got)
		}
	}
}

func certified(name string, ends time.Time) func(*Plan, *Facts) {
	return func(p *Plan, f *Facts) {
		p.TLS = "secret"
		f.Secrets["madang-tls"] = Secret{Type: corev1.SecretTypeTLS, Names: []string{name}, Ends: ends}
	}
}

func withoutTLS(all map[string]Secret) map[string]Secret {
	delete(all, "madang-tls")
	return all
}

// A plan has what the chart asks for, queue-proxy and anti-affinity among it.
func TestPlan(t *testing.T) {
	p := plan(t)
	if !slices.Equal(p.Groups, []string{"cert-manager.io", "eventing.knative.dev", "serving.knative.dev", "sources.knative.dev"}) || p.Files.Bucket == "" || p.Files.AccessKey == "" || p.Files.Public != p.Files.Endpoint || p.Files.Origin != "https://madang.example.ac.kr" {
		t.Errorf("%v %+v", p.Groups, p.Files)
	}
	if !slices.Equal(p.Claims, []string{"data-postgres-0", "data-prometheus-0"}) || p.Site != "madang.example.ac.kr" || p.Database != "postgres:5432/madang" || p.TLS != "acme" || p.Class != "madang-ssd" {
		t.Errorf("%+v", p)
	}
	if len(p.Functions) != len(functions.All()) {
		t.Errorf("%d functions", len(p.Functions))
	}
	for _, f := range p.Functions {
		if f.CPU != 75 || f.Memory < (64+40)<<20 {
			t.Errorf("%+v asks for too little: 50m and 25m of queue-proxy", f)
		}
	}
	i := slices.IndexFunc(p.Always, func(a Pods) bool { return a.Name == "edge" })
	if i < 0 || p.Always[i] != (Pods{Name: "edge", Count: 2, CPU: 100, Memory: 96 << 20, OwnNode: true}) {
		t.Errorf("%+v", p.Always)
	}
	if want := len(functions.All()) + 9; len(p.Images) != want {
		t.Errorf("%d images, want %d: %v", len(p.Images), want, p.Images)
	}
}

// Whatever the nodes and pods are: what is placed is what was asked but for what is left, no
// node gives more than it has, and no two that want nodes of their own share one.
func TestPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		free := []space{}
		for i := range rapid.IntRange(0, 4).Draw(t, "nodes") {
			free = append(free, space{name: fmt.Sprint(i), cpu: rapid.Int64Range(-50, 500).Draw(t, "cpu"), memory: rapid.Int64Range(-50, 500).Draw(t, "memory"), has: map[string]bool{}})
		}
		before := slices.Clone(free)
		asked, count, cpu, memory := []Pods{}, 0, int64(0), int64(0)
		for i := range rapid.IntRange(0, 4).Draw(t, "kinds") {
			each := Pods{Name: fmt.Sprint("p", i), Count: rapid.IntRange(0, 3).Draw(t, "count"), CPU: rapid.Int64Range(0, 200).Draw(t, "cpu"), Memory: rapid.Int64Range(0, 200).Draw(t, "memory"), OwnNode: rapid.Bool().Draw(t, "own")}
			asked = append(asked, each)
			count += each.Count
		}
		left := place(free, asked)
		taken := func(get func(space) int64) (sum int64) {
			for i := range free {
				if get(free[i]) < 0 && get(free[i]) < get(before[i]) {
					t.Fatalf("%s gave more than it had", free[i].name)
				}
				sum += get(before[i]) - get(free[i])
			}
			return sum
		}
		for _, each := range asked {
			missing := int64(0)
			for _, l := range left {
				if strings.HasPrefix(l, each.Name+" ") {
					missing++
				}
			}
			placed := int64(each.Count) - missing
			cpu, memory = cpu+placed*each.CPU, memory+placed*each.Memory
			nodes := int64(0)
			for _, s := range free {
				if s.has[each.Name] {
					nodes++
				}
			}
			if each.OwnNode && nodes != placed {
				t.Fatalf("%d of %s on %d nodes", placed, each.Name, nodes)
			}
		}
		if got := taken(func(s space) int64 { return s.cpu }); got != cpu {
			t.Fatalf("%dm are taken of %dm", got, cpu)
		}
		if got := taken(func(s space) int64 { return s.memory }); got != memory {
			t.Fatalf("%d bytes are taken of %d", got, memory)
		}
		if len(left) > count {
			t.Fatalf("%d of %d are left", len(left), count)
		}
	})
}

// A claim is told after a minute, with the newest reason of it and of its pod.
func TestUnbound(t *testing.T) {
	class := "nowhere"
	claim := func(age time.Duration, phase corev1.PersistentVolumeClaimPhase) []corev1.PersistentVolumeClaim {
		return []corev1.PersistentVolumeClaim{{
			ObjectMeta: metav1.ObjectMeta{Name: "data-postgres-0", CreationTimestamp: metav1.NewTime(now.Add(-age))},
			Spec:       corev1.PersistentVolumeClaimSpec{StorageClassName: &class}, Status: corev1.PersistentVolumeClaimStatus{Phase: phase},
		}}
	}
	user := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "postgres-0"}, Spec: corev1.PodSpec{Volumes: []corev1.Volume{{VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-postgres-0"},
	}}}}}
	event := func(kind, name, reason, message string, age time.Duration) corev1.Event {
		return corev1.Event{InvolvedObject: corev1.ObjectReference{Kind: kind, Name: name}, Reason: reason, Message: message, LastTimestamp: metav1.NewTime(now.Add(-age))}
	}
	failed := event("PersistentVolumeClaim", "data-postgres-0", "ProvisioningFailed", `storageclass "nowhere" not found`, time.Second)
	older := event("PersistentVolumeClaim", "data-postgres-0", "Old", "news", time.Minute)
	growing := event("Pod", "postgres-0", "TriggeredScaleUp", "pod triggered scale-up", time.Second)
	immediate, later := storagev1.VolumeBindingImmediate, storagev1.VolumeBindingWaitForFirstConsumer
	classes := map[string][]storagev1.StorageClass{
		"it is at once":    {{ObjectMeta: metav1.ObjectMeta{Name: class}, VolumeBindingMode: &immediate}},
		"it is for a pod":  {{ObjectMeta: metav1.ObjectMeta{Name: class}, VolumeBindingMode: &later}, {ObjectMeta: metav1.ObjectMeta{Name: "x"}}},
		"nobody says when": {{ObjectMeta: metav1.ObjectMeta{Name: class}}},
	}
	for name, row := range map[string]struct {
		claims []corev1.PersistentVolumeClaim
		pods   []corev1.Pod
		events []corev1.Event
		want   string
	}{
		"it is at once":       {claim(time.Minute, corev1.ClaimPending), nil, nil, "has no volume after 1m0s: "},
		"nobody says when":    {claim(time.Minute, corev1.ClaimPending), nil, nil, "has no volume after 1m0s: "},
		"it is for a pod":     {claim(time.Hour, corev1.ClaimPending), nil, nil, ""},
		"a minute":            {claim(time.Minute, corev1.ClaimPending), []corev1.Pod{user}, []corev1.Event{failed, older}, `data-postgres-0 (class nowhere) has no volume after 1m0s: ProvisioningFailed: storageclass "nowhere" not found`},
		"nobody says why":     {claim(time.Hour, corev1.ClaimPending), []corev1.Pod{user}, nil, "has no volume after 1h0m0s: "},
		"less than a minute":  {claim(59*time.Second, corev1.ClaimPending), []corev1.Pod{user}, []corev1.Event{failed}, ""},
		"bound":               {claim(time.Hour, corev1.ClaimBound), []corev1.Pod{user}, []corev1.Event{failed}, ""},
		"nobody wants it yet": {claim(time.Hour, corev1.ClaimPending), nil, []corev1.Event{event("PersistentVolumeClaim", "data-postgres-0", "WaitForFirstConsumer", "waiting for first consumer", time.Second)}, ""},
		"nobody asks for it":  {claim(time.Hour, corev1.ClaimPending), nil, nil, ""},
		"nobody could get it": {claim(time.Minute, corev1.ClaimPending), nil, []corev1.Event{failed}, `ProvisioningFailed: storageclass "nowhere" not found`},
		"a node is coming":    {claim(time.Hour, corev1.ClaimPending), []corev1.Pod{user}, []corev1.Event{growing}, ""},
		"a node did not come": {claim(time.Hour, corev1.ClaimPending), []corev1.Pod{user}, []corev1.Event{event("Pod", "postgres-0", "TriggeredScaleUp", "", time.Minute), event("Pod", "postgres-0", "FailedScheduling", "no volume", time.Second)}, "postgres-0 FailedScheduling: no volume"},
	} {
		told := Unbound(row.claims, classes[name], row.pods, row.events, now)
		if (row.want == "") != (len(told) == 0) || row.want != "" && !strings.Contains(told[0], row.want) {
			t.Errorf("%s: %q, want %q", name, told, row.want)
		}
	}
}

// The storage is asked as functions and browsers ask it.
func TestStored(t *testing.T) {
	server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: "key", SecretKey: "secret", Region: "KR1", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	there := httptest.NewServer(server)
	closed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		server.ServeHTTP(w, r)
	}))
	away := httptest.NewServer(http.NotFoundHandler())
	away.Close()
	t.Cleanup(func() {
		there.Close()
		closed.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	store, err := objects.Open(objects.Config{Endpoint: there.URL, Region: "KR1", AccessKey: "key", SecretKey: "secret", Bucket: "madang"})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		at                       Files
		bucket                   bool
		refused, origin          string
		isAway, originIsNotAsked bool
	}{
		"as it should be":  {Files{Endpoint: there.URL, Bucket: "madang", AccessKey: "key", SecretKey: "secret"}, true, "", "*", false, false},
		"no bucket":        {Files{Endpoint: there.URL, Bucket: "other", AccessKey: "key", SecretKey: "secret"}, false, "", "*", false, false},
		"another key":      {Files{Endpoint: there.URL, Bucket: "madang", AccessKey: "other", SecretKey: "secret"}, false, "AccessDenied", "*", false, false},
		"no key":           {Files{Endpoint: there.URL, Bucket: "madang"}, false, "", "*", false, false},
		"no CORS":          {Files{Endpoint: closed.URL, Bucket: "madang", AccessKey: "key", SecretKey: "secret"}, true, "", "", false, false},
		"away":             {Files{Endpoint: away.URL, Bucket: "madang", AccessKey: "key", SecretKey: "secret"}, false, "", "", true, false},
		"away for browser": {Files{Endpoint: there.URL, Public: away.URL, Bucket: "madang", AccessKey: "key", SecretKey: "secret"}, true, "", "", false, true},
	} {
		row.at.Region, row.at.Origin = "KR1", "https://madang.example.ac.kr"
		row.at.Public = cmp.Or(row.at.Public, row.at.Endpoint)
		said := stored(t.Context(), row.at)
		if said.Bucket != row.bucket || said.Refused != row.refused || said.Origin != row.origin || (said.Err != nil) != row.isAway || (said.OriginErr != nil) != row.originIsNotAsked {
			t.Errorf("%s: %+v", name, said)
		}
	}
}

// What is gathered is what is asked, and the lines are for people.
func TestGather(t *testing.T) {
	p := plan(t)
	kube := fake.NewSimpleClientset(
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "madang"}},
		&storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "madang-ssd"}},
		&corev1.ConfigMap{ObjectMeta: meta(nsServing, "config-network"), Data: map[string]string{"ingress-class": "x"}},
		&corev1.Secret{ObjectMeta: meta("madang", "ncr"), Type: corev1.SecretTypeDockerConfigJson},
		&corev1.Secret{ObjectMeta: meta("madang", "other"), Type: corev1.SecretTypeOpaque},
	)
	f := Gather(t.Context(), kube, p, false)
	if len(f.Denied) > 0 || f.Namespace == nil || len(f.Classes) != 1 || f.ConfigNetwork["ingress-class"] != "x" || len(f.Secrets) != 1 || f.Platforms != nil {
		t.Errorf("%+v", f)
	}
	var out bytes.Buffer
	Print(&out, Run(p, f, "pods", "images"), false)
	if got, want := out.String(), "warning  pods         madang admits pods of the level \"\": task install sets restricted\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

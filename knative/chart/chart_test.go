// Package chart_test renders the chart with Helm's own engine and reads what comes out
// with the types and the checks of those who will get it.
package chart_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/eventing/pkg/apis/eventing"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	"knative.dev/pkg/apis"
	"knative.dev/serving/pkg/apis/autoscaling"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/database/postgres"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
)

// rendered is the chart with values: its text, and each object by "kind/name".
type rendered struct {
	text      string
	documents []document
	objects   map[string]any
}

// document is an object as the chart writes it.
type document struct {
	kind  string // "Service.v1.serving.knative.dev"
	owner string // the label app.kubernetes.io/name: a function, or a part that all share
	text  string // with its template's name
}

// kinds are all kinds that the chart may have.
var kinds = map[string]func() any{
	"v1 ConfigMap":                                    func() any { return &corev1.ConfigMap{} },
	"v1 ResourceQuota":                                func() any { return &corev1.ResourceQuota{} },
	"v1 Secret":                                       func() any { return &corev1.Secret{} },
	"v1 Service":                                      func() any { return &corev1.Service{} },
	"v1 ServiceAccount":                               func() any { return &corev1.ServiceAccount{} },
	"apps/v1 Deployment":                              func() any { return &appsv1.Deployment{} },
	"apps/v1 StatefulSet":                             func() any { return &appsv1.StatefulSet{} },
	"batch/v1 CronJob":                                func() any { return &batchv1.CronJob{} },
	"batch/v1 Job":                                    func() any { return &batchv1.Job{} },
	"networking.k8s.io/v1 NetworkPolicy":              func() any { return &networkingv1.NetworkPolicy{} },
	"autoscaling/v2 HorizontalPodAutoscaler":          func() any { return &autoscalingv2.HorizontalPodAutoscaler{} },
	"postgresql.cnpg.io/v1 Cluster":                   func() any { return &map[string]any{} }, // nor has CloudNativePG
	"policy/v1 PodDisruptionBudget":                   func() any { return &policyv1.PodDisruptionBudget{} },
	"rbac.authorization.k8s.io/v1 Role":               func() any { return &rbacv1.Role{} },
	"rbac.authorization.k8s.io/v1 RoleBinding":        func() any { return &rbacv1.RoleBinding{} },
	"rbac.authorization.k8s.io/v1 ClusterRole":        func() any { return &rbacv1.ClusterRole{} },
	"rbac.authorization.k8s.io/v1 ClusterRoleBinding": func() any { return &rbacv1.ClusterRoleBinding{} },
	"serving.knative.dev/v1 Service":                  func() any { return &servingv1.Service{} },
	"eventing.knative.dev/v1 Broker":                  func() any { return &eventingv1.Broker{} },
	"eventing.knative.dev/v1 Trigger":                 func() any { return &eventingv1.Trigger{} },
	"sources.knative.dev/v1 PingSource":               func() any { return &sourcesv1.PingSource{} },
	"kyverno.io/v1 Policy":                            func() any { return &map[string]any{} }, // has no Go types that are worth their weight
	"cert-manager.io/v1 Certificate":                  func() any { return &certificate{} },
	"cert-manager.io/v1 Issuer":                       func() any { return &issuer{} },
}

// values of installations.
var (
	production = []string{"testdata/installation.yaml"}
	dev        = []string{"values-dev.yaml", "testdata/installation.yaml"}
	test       = []string{"values-dev.yaml", "values-test.yaml", "testdata/installation.yaml"}
)

// render renders the chart with values files and what a test changes in them.
func render(t testing.TB, files []string, change ...func(chartutil.Values)) (rendered, error) {
	t.Helper()
	return renderChart(t, load(t), files, change...)
}

func load(t testing.TB) *chart.Chart {
	t.Helper()
	c, err := loader.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func renderChart(t testing.TB, chart *chart.Chart, files []string, change ...func(chartutil.Values)) (rendered, error) {
	t.Helper()
	given := map[string]any{"images": map[string]any{"functions": digests(), "migrate": digest("migrate", 99), "watch": digest("watch", 98), "backup": digest("backup", 97), "logs": digest("logs", 96)}}
	for _, f := range files {
		values, err := chartutil.ReadValuesFile(f)
		if err != nil {
			t.Fatal(err)
		}
		given = chartutil.MergeTables(values, given)
	}
	for _, c := range change {
		c(given)
	}
	release := chartutil.ReleaseOptions{Name: "madang", Namespace: "madang", IsInstall: true, Revision: 1}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: "v1.35.5", Major: "1", Minor: "35"}
	values, err := chartutil.ToRenderValues(chart, given, release, capabilities)
	if err != nil {
		return rendered{}, err
	}
	out, err := engine.Engine{Strict: true}.Render(chart, values)
	if err != nil {
		return rendered{}, err
	}
	r := rendered{objects: map[string]any{}}
	for _, path := range slices.Sorted(maps.Keys(out)) {
		for _, text := range strings.Split("\n"+out[path], "\n---") {
			if strings.TrimSpace(withoutComments(text)) == "" {
				continue
			}
			name, head, o := decode(t, path, text)
			text = "---\n# " + strings.TrimPrefix(path, "madang/") + "\n" + strings.Trim(text, "\n") + "\n"
			r.text += text
			version := head.GroupVersionKind()
			r.documents = append(r.documents, document{
				kind:  strings.TrimSuffix(head.Kind+"."+version.Version+"."+version.Group, "."),
				owner: head.Labels["app.kubernetes.io/name"], text: text,
			})
			if _, twice := r.objects[name]; twice {
				t.Errorf("%s: %s is there twice", path, name)
			}
			r.objects[name] = o
		}
	}
	return r, nil
}

func withoutComments(text string) string {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "#") })
	return strings.Join(lines, "\n")
}

func mustRender(t testing.TB, files []string, change ...func(chartutil.Values)) rendered {
	t.Helper()
	r, err := render(t, files, change...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// decode reads a document as the type that it says it is; a field that this type does not
// have, or has twice, fails.
func decode(t testing.TB, path, document string) (name string, head metav1.PartialObjectMetadata, o any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(document), &head); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, document)
	}
	kind := head.APIVersion + " " + head.Kind
	empty, ok := kinds[kind]
	if !ok {
		t.Fatalf("%s: %s is not among the kinds of this chart", path, kind)
	}
	o = empty()
	if err := yaml.UnmarshalStrict([]byte(document), o); err != nil {
		t.Fatalf("%s: %s %s: %v", path, kind, head.Name, err)
	}
	return head.Kind + "/" + head.Name, head, o
}

func digest(name string, n int) string {
	return fmt.Sprintf("registry.example/madang/%s@sha256:%064x", name, n)
}

func digests() map[string]any {
	d := map[string]any{}
	for i, f := range functions.All() {
		d[f.Name] = digest(f.Name, 100+i)
	}
	return d
}

// of are the objects of a type, by name.
func of[T any](r rendered) map[string]*T {
	found := map[string]*T{}
	for name, o := range r.objects {
		if v, ok := o.(*T); ok {
			found[name] = v
		}
	}
	return found
}

// Knative's own defaults and checks, as its webhook applies them.
func TestKnativeAccepts(t *testing.T) {
	ctx := apis.WithinCreate(context.Background())
	for name, files := range map[string][]string{"production": production, "dev": dev, "test": test} {
		for object, o := range mustRender(t, files).objects {
			if err := accepted(ctx, o); err != nil {
				t.Errorf("%s: %s: %v", name, object, err)
			}
		}
	}
}

// accepted says what Knative would refuse; of what is not Knative's it says nothing.
func accepted(ctx context.Context, o any) error {
	v, ok := o.(interface {
		apis.Defaultable
		apis.Validatable
	})
	if !ok {
		return nil
	}
	v.SetDefaults(ctx)
	if err := v.Validate(ctx); err != nil { // a nil *FieldError is no nil error
		return err
	}
	return nil
}

// annotations are all that a function may have, with the values that Knative knows.
var annotations = map[string]func(string) bool{
	autoscaling.MaxScaleAnnotationKey:                           isNumber,
	"madang.kr/secret":                                          isText,
	autoscaling.MinScaleAnnotationKey:                           isNumber,
	autoscaling.WindowAnnotationKey:                             isSeconds,
	autoscaling.ScaleToZeroPodRetentionPeriodKey:                isSeconds,
	autoscaling.TargetUtilizationPercentageKey:                  isNumber,
	"queue.sidecar.serving.knative.dev/cpu-resource-request":    isText,
	"queue.sidecar.serving.knative.dev/memory-resource-request": isText,
	"queue.sidecar.serving.knative.dev/memory-resource-limit":   isText,
}

func isNumber(s string) bool { _, err := strconv.Atoi(s); return err == nil }
func isText(s string) bool   { return s != "" }
func isSeconds(s string) bool {
	n, ok := strings.CutSuffix(s, "s")
	return ok && isNumber(n)
}

// A function is private, may do nothing but its work, and starts fast.
func TestFunctions(t *testing.T) {
	services := of[servingv1.Service](mustRender(t, production))
	if len(services) != len(functions.All()) {
		t.Errorf("%d Services for %d functions: run task generate", len(services), len(functions.All()))
	}
	for _, f := range functions.All() {
		s, ok := services["Service/"+f.Name]
		if !ok {
			t.Errorf("%s has no Service: run task generate", f.Name)
			continue
		}
		if s.Labels["networking.knative.dev/visibility"] != "cluster-local" {
			t.Errorf("%s is public", f.Name)
		}
		for key := range s.Annotations {
			t.Errorf("%s: annotation %s on the Service itself", f.Name, key)
		}
		for key, value := range s.Spec.Template.Annotations {
			if valid, known := annotations[key]; !known || !valid(value) {
				t.Errorf("%s: annotation %s: %s is not known", f.Name, key, value)
			}
		}
		spec := s.Spec.Template.Spec
		c := spec.Containers[0]
		switch {
		case c.ReadinessProbe == nil || c.ReadinessProbe.HTTPGet == nil || c.ReadinessProbe.HTTPGet.Path != "/readyz":
			t.Errorf("%s: no probe of /readyz", f.Name)
		case c.ReadinessProbe.PeriodSeconds != 0:
			t.Errorf("%s: periodSeconds slows a cold start down to kubelet's speed", f.Name)
		}
		if spec.EnableServiceLinks == nil || *spec.EnableServiceLinks {
			t.Errorf("%s: service links", f.Name)
		}
		if len(spec.InitContainers)+len(spec.Volumes) > 0 || len(spec.Containers) != 1 {
			t.Errorf("%s: more than a container", f.Name)
		}
		if s.Spec.Traffic != nil {
			t.Errorf("%s: traffic is the release's to decide", f.Name)
		}
		scale := f.Scale.Filled()
		if int64(scale.Timeout.Seconds()) != *spec.TimeoutSeconds || int64(scale.Concurrency) != *spec.ContainerConcurrency || int64(scale.MemoryMiB)<<20 != c.Resources.Limits.Memory().Value() {
			t.Errorf("%s: %d s, %d at once, %v; want %+v", f.Name, *spec.TimeoutSeconds, *spec.ContainerConcurrency, c.Resources.Limits.Memory(), scale)
		}
		if want, got := digests()[f.Name], c.Image; got != want {
			t.Errorf("%s: image %s, want %s", f.Name, got, want)
		}
		has := func(name string) bool {
			return slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == name })
		}
		for need, variable := range map[string]string{"database": "DATABASE_URL", "storage": "S3_SECRET_KEY", "oidc": "OIDC_ISSUERS"} {
			if has(variable) != slices.Contains(f.Needs, function.Need(need)) {
				t.Errorf("%s: %s %v", f.Name, variable, has(variable))
			}
		}
		if has("SMTP_URL") != (f.Mail != nil) {
			t.Errorf("%s: SMTP_URL", f.Name)
		}
	}
}

// pods are the pods of everything that makes some.
func pods(r rendered) map[string]corev1.PodSpec {
	found := map[string]corev1.PodSpec{}
	for name, s := range of[servingv1.Service](r) {
		found[name] = s.Spec.Template.Spec.PodSpec
	}
	for name, d := range of[appsv1.Deployment](r) {
		found[name] = d.Spec.Template.Spec
	}
	for name, s := range of[appsv1.StatefulSet](r) {
		found[name] = s.Spec.Template.Spec
	}
	for name, j := range of[batchv1.Job](r) {
		found[name] = j.Spec.Template.Spec
	}
	for name, j := range of[batchv1.CronJob](r) {
		found[name] = j.Spec.JobTemplate.Spec.Template.Spec
	}
	return found
}

func TestPods(t *testing.T) {
	for name, files := range map[string][]string{"production": production, "test": test} {
		r := mustRender(t, files)
		accounts := of[corev1.ServiceAccount](r)
		for object, p := range pods(r) {
			checkPod(t, name+": "+object, p)
			if accounts["ServiceAccount/"+p.ServiceAccountName] == nil {
				t.Errorf("%s: %s: no account %q", name, object, p.ServiceAccountName)
			}
		}
	}
}

func checkPod(t *testing.T, name string, p corev1.PodSpec) {
	t.Helper()
	follows := slices.Contains([]string{"watch", "logs", "prometheus"}, p.ServiceAccountName) // pods, as TestRights says
	if p.AutomountServiceAccountToken == nil || *p.AutomountServiceAccountToken != follows {
		t.Errorf("%s: token of the API: %v", name, p.AutomountServiceAccountToken)
	}
	for _, c := range p.Containers {
		if _, sum, ok := strings.Cut(c.Image, "@sha256:"); !ok || len(sum) != 64 {
			t.Errorf("%s: image %s without digest", name, c.Image)
		}
		s := c.SecurityContext
		if s == nil || !*s.RunAsNonRoot || !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation ||
			len(s.Capabilities.Drop) != 1 || s.Capabilities.Drop[0] != "ALL" || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
			t.Errorf("%s may do more than it needs: %+v", name, s)
		}
		if _, limited := c.Resources.Limits[corev1.ResourceCPU]; limited {
			t.Errorf("%s has a CPU limit: a start would be throttled", name)
		}
		for _, kind := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			if _, requested := c.Resources.Requests[kind]; !requested {
				t.Errorf("%s requests no %s", name, kind)
			}
		}
		if c.Resources.Limits.Memory().IsZero() {
			t.Errorf("%s has no memory limit", name)
		}
		for _, e := range c.Env {
			secret := strings.Contains(e.Name, "SECRET") || strings.Contains(e.Name, "PASSWORD") || strings.HasSuffix(e.Name, "_URL") && e.Name != "SITE_URL"
			if secret && e.Value != "" {
				t.Errorf("%s: %s is written into the pod", name, e.Name)
			}
		}
	}
}

// What nobody chose is made at random for each installation: there is no password that all have.
func TestPasswordsAreMade(t *testing.T) {
	made := func() map[string]string {
		return of[corev1.Secret](mustRender(t, production, set("secrets.secretKey", ""), set("secrets.adminPassword", ""), set("secrets.postgresPassword", ""), set("secrets.redisPassword", "")))["Secret/madang"].StringData
	}
	one, other := made(), made()
	for key, least := range map[string]int{"secret-key": 44, "admin-password": 20, "postgres-password": 32, "redis-password": 32} {
		if len(one[key]) < least || one[key] == other[key] {
			t.Errorf("%s: %d characters, the same in two installations: %t", key, len(one[key]), one[key] == other[key])
		}
	}
}

// Who may ask Kubernetes for what: to look at pods, Services and nodes' metrics, and
// never to change, to read a secret or to run a command.
func TestRights(t *testing.T) {
	r := mustRender(t, production)
	rules := []rbacv1.PolicyRule{}
	for _, role := range of[rbacv1.Role](r) {
		rules = append(rules, role.Rules...)
	}
	for _, role := range of[rbacv1.ClusterRole](r) {
		if role.Name != "prometheus-madang" && role.Name != "watch-madang" {
			t.Errorf("%s is for the whole cluster and does not say of which environment", role.Name)
		}
		rules = append(rules, role.Rules...)
	}
	if len(rules) == 0 {
		t.Error("nobody may look")
	}
	for _, rule := range rules {
		for _, verb := range rule.Verbs {
			if !slices.Contains([]string{"get", "list", "watch"}, verb) {
				t.Errorf("%v may %s", rule.Resources, verb)
			}
		}
		for _, resource := range rule.Resources {
			if !slices.Contains([]string{"pods", "pods/log", "services", "nodes", "nodes/metrics"}, resource) {
				t.Errorf("%s may be read", resource)
			}
		}
	}
	subjects := 0
	check := func(name, kind, role string, list []rbacv1.Subject) {
		if _, there := r.objects[kind+"/"+role]; !there {
			t.Errorf("%s: no %s %s", name, kind, role)
		}
		for _, s := range list {
			subjects++
			if s.Kind != "ServiceAccount" || s.Namespace != "madang" || !slices.Contains([]string{"watch", "logs", "prometheus"}, s.Name) {
				t.Errorf("%s gives rights to %+v", name, s)
			}
		}
	}
	for name, b := range of[rbacv1.RoleBinding](r) {
		check(name, b.RoleRef.Kind, b.RoleRef.Name, b.Subjects)
	}
	for name, b := range of[rbacv1.ClusterRoleBinding](r) {
		check(name, b.RoleRef.Kind, b.RoleRef.Name, b.Subjects)
	}
	if subjects != 5 {
		t.Errorf("%d subjects", subjects)
	}
	for name := range mustRender(t, production, set("monitoring.nodes", false)).objects {
		if strings.HasPrefix(name, "Cluster") {
			t.Errorf("%s is there without a wish for it", name)
		}
	}
	// What an environment of a pull request may make: nothing outside of its namespace.
	inside := mustRender(t, production, set("monitoring.nodes", false), set("monitoring.knative", false))
	for name, role := range of[rbacv1.Role](inside) {
		if role.Namespace != "" {
			t.Errorf("%s is in %s", name, role.Namespace)
		}
	}
	for name, binding := range of[rbacv1.RoleBinding](inside) {
		if binding.Namespace != "" || binding.RoleRef.Kind != "Role" {
			t.Errorf("%s of %s is in %q", name, binding.RoleRef.Kind, binding.Namespace)
		}
	}
}

// A Prometheus that is there already makes ours unnecessary; the rules stay for it.
func TestExistingPrometheus(t *testing.T) {
	r := mustRender(t, production, set("monitoring.prometheus.own", false), set("monitoring.prometheus.url", "http://prometheus.monitoring:9090"), set("images.prometheus", ""))
	for name := range r.objects {
		if strings.Contains(name, "/prometheus") {
			t.Errorf("%s is there", name)
		}
	}
	if _, there := r.objects["ConfigMap/rules"]; !there {
		t.Error("no rules for it")
	}
	for name, p := range pods(r) {
		if name != "Deployment/watch" {
			continue
		}
		for _, e := range p.Containers[0].Env {
			if e.Name == "PROMETHEUS" && e.Value != "http://prometheus.monitoring:9090" {
				t.Errorf("the watch asks %q", e.Value)
			}
		}
	}
}

// Only the edge can be reached from outside.
func TestOnlyTheEdgeIsPublic(t *testing.T) {
	r := mustRender(t, production)
	for name, s := range of[corev1.Service](r) {
		if public := s.Spec.Type != "" && s.Spec.Type != corev1.ServiceTypeClusterIP; public != (name == "Service/edge") {
			t.Errorf("%s is of type %s", name, s.Spec.Type)
		}
	}
	policies := of[networkingv1.NetworkPolicy](r)
	if p := policies["NetworkPolicy/nobody"]; p == nil || len(p.Spec.Ingress) > 0 || len(p.Spec.PodSelector.MatchLabels) > 0 {
		t.Error("what no rule allows is allowed")
	}
	for name, p := range policies {
		for _, rule := range p.Spec.Ingress {
			if len(rule.From) == 0 && name != "NetworkPolicy/edge" {
				t.Errorf("%s lets everybody in", name)
			}
		}
	}
}

// Every type of event that somebody consumes has a Trigger, every schedule a source.
func TestEvents(t *testing.T) {
	r := mustRender(t, production)
	want, undelivered := map[string]string{}, ""
	for _, f := range functions.All() {
		for _, s := range f.New(function.Deps{}).Consumes.On {
			if s.Type == function.Undelivered {
				undelivered = f.Name
				continue
			}
			want[f.Name+" "+s.Type] = f.Scale.Schedule
		}
	}
	for _, trigger := range of[eventingv1.Trigger](r) {
		key := trigger.Spec.Subscriber.Ref.Name + " " + trigger.Spec.Filter.Attributes["type"]
		if _, wanted := want[key]; !wanted {
			t.Errorf("nobody asked for %s", key)
		}
		delete(want, key)
	}
	for _, source := range of[sourcesv1.PingSource](r) {
		key := source.Spec.Sink.Ref.Name + " " + sourcesv1.PingSourceEventType
		if want[key] != source.Spec.Schedule || source.Spec.Timezone != "Asia/Seoul" {
			t.Errorf("%s: %s %s", key, source.Spec.Schedule, source.Spec.Timezone)
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("no trigger: %v", want)
	}
	for _, b := range of[eventingv1.Broker](r) {
		if b.Annotations[eventing.BrokerClassKey] == "" || b.Spec.Delivery == nil || *b.Spec.Delivery.Retry == 0 {
			t.Errorf("broker: %+v", b)
			continue
		}
		if sink := b.Spec.Delivery.DeadLetterSink; sink == nil || sink.Ref == nil || sink.Ref.Name != undelivered || sink.URI.String() != host.EventsPath {
			t.Errorf("dead letters go to %+v, not to %s", sink, undelivered)
		}
	}
}

// A development environment has what production has.
func TestDevelopmentEqualsProduction(t *testing.T) {
	want := slices.Sorted(maps.Keys(mustRender(t, production).objects))
	for name, files := range map[string][]string{"dev": dev, "test": test} {
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(mustRender(t, files).objects))); diff != "" {
			t.Errorf("%s has other things than production:\n%s", name, diff)
		}
	}
	if text, err := os.ReadFile("values-dev.yaml"); err != nil || bytes.Contains(text, []byte("host")) || bytes.Contains(text, []byte("url")) {
		t.Errorf("values-dev.yaml is for sizes only (%v)", err)
	}
}

// set changes a value by its path.
func set(path string, value any) func(chartutil.Values) {
	return func(v chartutil.Values) {
		at := map[string]any(v)
		keys := strings.Split(path, ".")
		for _, k := range keys[:len(keys)-1] {
			next, ok := at[k].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[k] = next
			}
			at = next
		}
		at[keys[len(keys)-1]] = value
	}
}

func TestBadValuesAreRefused(t *testing.T) {
	for path, value := range map[string]any{
		"site.url":                            "madang.example.ac.kr",
		"site.unknown":                        true,
		"unknown":                             1,
		"site.policyVersion":                  "v1",
		"site.units":                          []any{"총학,감사"},
		"site.schoolDomains":                  []any{},
		"site.campusNetworks":                 []any{"203.0.113.1"},
		"site.outsidePorts":                   []any{0},
		"site.outsideNetworks":                []any{"chat.school"},
		"environment":                         "생산",
		"admin.email":                         "",
		"images.edge":                         "registry.example/openresty:1.27",
		"images.migrate":                      "",
		"images.postgres":                     "",
		"images.functions.auth":               "registry.example/auth:latest",
		"images.functions":                    map[string]any{},
		"functions.maxScale":                  0,
		"functions.window":                    "5s",
		"functions.scheduledWindow":           "1m",
		"edge.replicas":                       1,
		"edge.service.type":                   "ExternalName",
		"edge.service.healthCheck":            "HTTPS",
		"edge.service.annotations":            map[string]any{"loadbalancer.nhncloud/healthmonitor-delay": 5},
		"edge.modules":                        []any{"/tmp/x.so; env SECRET"},
		"edge.filesCache":                     "1Gi",
		"edge.tls.secretName":                 "",
		"edge.tls.mode":                       "none", // of an https site
		"edge.tls.acme.server":                "http://acme.example",
		"edge.tls.otherNames":                 []any{"https://example.ac.kr"},
		"edge.tls.issuer":                     map[string]any{"kind": "Vault", "name": "x"},
		"edge.trustedProxies":                 []any{"anywhere"},
		"edge.proxyProtocol":                  true, // of whom?
		"edge.service.loadBalancerIP":         "madang.example.ac.kr",
		"edge.service.nodePorts.http":         80,
		"storageClass":                        "Not A Name",
		"postgres.volume.storageClassName":    "madang-ssd", // it is one for all
		"events.class":                        "Broker",
		"knative.gateway":                     "kourier",
		"postgres.url":                        "mysql://x",
		"postgres.runAsUser":                  0,
		"redis.maxMemory":                     "0",
		"storage.endpoint":                    "https://storage.example/path",
		"storage.bucket":                      "Madang",
		"mail.from":                           "",
		"secrets.secretKey":                   "short",
		"secrets.adminPassword":               "short",
		"secrets.postgresPassword":            "it's'; DROP ROLE madang",
		"secrets.storageSecretKey":            "",
		"secrets.smtpUrl":                     "",
		"secrets.oidcIssuers":                 "kakao",
		"quota.pods":                          "40", // a release of all functions needs more
		"postgres.maxConnections":             300,  // quota.pods may take more
		"images.watch":                        "",
		"images.prometheus":                   "",
		"monitoring.prometheus.retention":     "forever",
		"monitoring.prometheus.runAsUser":     0,
		"monitoring.prometheus.alertmanagers": []any{"alertmanager"},
		"monitoring.limits.storageGiB":        -1,
		"bill.node.wonPerHour":                0,
		"bill.node.count":                     0,
		"bill.servers":                        map[string]any{"count": 2}, // nothing is compared with servers
		"bill.besides":                        []any{map[string]any{"name": "load balancer"}},
		"images.logs":                         "", // and logs.keep
		"logs.retention":                      "14d",
		"logs.bucket":                         "Logs",
		"logs.minuteMiB":                      0,
		"warmUp.leadSeconds":                  86400,
		"warmUp.functions":                    []any{"Main"},
		"images.functions.umbrellas@extra":    "x",
	} {
		if _, err := render(t, production, set(path, value)); err == nil {
			t.Errorf("%s: %v is accepted", path, value)
		}
	}
}

// Whether logs are kept decides whether their program is needed: the schema says so, with all else
// that is missing, and not a template at last.
func TestLogsNeedTheirImage(t *testing.T) {
	for _, keep := range []bool{true, false} {
		_, err := render(t, production, set("logs.keep", keep), set("images.logs", ""))
		if (err == nil) == keep || keep && !strings.Contains(err.Error(), "specifications of the schema") {
			t.Errorf("logs.keep %v without images.logs: %v", keep, err)
		}
	}
}

// backend is what a connection takes of the server's memory, in MiB: measured 2.7 after a
// thousand rows were sorted (PostgreSQL 15).
const backend = 3

// At the quota's number of pods, each with all the connections of its pool, PostgreSQL
// refuses nobody, and has the memory for them: in the chart's own values and in those of
// docs/operating.md.
func TestConnectionsAddUp(t *testing.T) {
	operating, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	installations := map[string][]map[string]any{"production": {nil}, "dev": {nil}, "test": {nil}}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(operating), -1) {
		var values map[string]any
		if err := yaml.Unmarshal([]byte(block[1]), &values); err != nil {
			t.Errorf("docs/operating.md: %v\n%s", err, block[1])
			continue
		}
		if environments, pipeline := values["environments"].(map[string]any); pipeline {
			inner, _ := environments["values"].(map[string]any)
			installations["dev"] = append(installations["dev"], inner)
		} else {
			installations["production"] = append(installations["production"], values)
		}
	}
	if len(installations["production"]) < 2 || len(installations["dev"]) < 2 {
		t.Fatal("docs/operating.md has no values any more")
	}
	for name, files := range map[string][]string{"production": production, "dev": dev, "test": test} {
		for _, documented := range installations[name] {
			r := mustRender(t, files, func(v chartutil.Values) {
				image, _ := v["images"].(map[string]any)["postgres"].(string)
				v["images"].(map[string]any)["postgres"] = strings.Replace(image, "@", ":15@", 1) // as CloudNativePG wants it
				for _, part := range []string{"quota", "postgres", "functions"} {
					if given, is := documented[part].(map[string]any); is {
						own, _ := v[part].(map[string]any)
						v[part] = chartutil.CoalesceTables(given, own)
					}
				}
			})
			pods := of[corev1.ResourceQuota](r)["ResourceQuota/madang"].Spec.Hard.Pods().Value()
			most, shared, limit := database(t, r)
			const superuser, backups = 3, 5 // superuser_reserved_connections; pg_dump, psql and whoever looks
			if need := pods*postgres.Connections + superuser + backups; need > most {
				t.Errorf("%s: %d pods may need %d connections, and PostgreSQL takes %d", name, pods, need, most)
			}
			if need := shared + most*backend; need > limit*3/4 {
				t.Errorf("%s: PostgreSQL may need %d MiB, and three quarters of its limit of %d are less", name, need, limit)
			}
			for service, s := range of[servingv1.Service](r) {
				if scale, err := strconv.ParseInt(s.Spec.Template.Annotations[autoscaling.MaxScaleAnnotationKey], 10, 64); err != nil || scale > pods {
					t.Errorf("%s: %s scales to %d pods (%v), and the quota admits %d", name, service, scale, err, pods)
				}
			}
		}
	}
}

// database is how many connections PostgreSQL takes, and its shared memory and limit in MiB: of
// the chart's own server, or of those of CloudNativePG.
func database(t *testing.T, r rendered) (connections, shared, limit int64) {
	t.Helper()
	if config, own := of[corev1.ConfigMap](r)["ConfigMap/postgres"]; own {
		start := config.Data["start.sh"]
		return number(t, start, `max_connections=(\d+)`), number(t, start, `shared_buffers=(\d+)MB`),
			of[appsv1.StatefulSet](r)["StatefulSet/postgres"].Spec.Template.Spec.Containers[0].Resources.Limits.Memory().Value() >> 20
	}
	text, err := yaml.Marshal(of[map[string]any](r)["Cluster/postgres"])
	if err != nil {
		t.Fatal(err)
	}
	return number(t, string(text), `max_connections: "(\d+)"`), number(t, string(text), `shared_buffers: (\d+)MB`), number(t, string(text), `memory: (\d+)Gi`) << 10
}

func number(t *testing.T, text, pattern string) int64 {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%s is not there", pattern)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A function without an image is named.
func TestMissingImageIsNamed(t *testing.T) {
	_, err := render(t, production, func(v chartutil.Values) {
		delete(v["images"].(map[string]any)["functions"].(map[string]any), "notices")
	})
	if err == nil || !strings.Contains(err.Error(), "images.functions.notices: run task publish") {
		t.Error(err)
	}
}

// What is outside of the cluster is not in it.
func TestExternalServers(t *testing.T) {
	r := mustRender(t, production, set("postgres.url", "postgres://u:p@db.example:5432/madang?sslmode=require"), set("redis.host", "redis.example"))
	for name := range r.objects {
		if strings.HasSuffix(name, "/postgres") || strings.HasSuffix(name, "/redis") {
			t.Errorf("%s is there", name)
		}
	}
	secret := of[corev1.Secret](r)["Secret/madang"].StringData
	if secret["database-url"] != "postgres://u:p@db.example:5432/madang?sslmode=require" || secret["redis-url"] != "redis://:redis0123456789abc@redis.example:6379/0" {
		t.Errorf("%v", secret)
	}
	r = mustRender(t, production, set("secrets.existing", "ours"))
	if _, made := r.objects["Secret/madang"]; made || strings.Contains(r.text, "name: madang, key") {
		t.Error("a Secret is made beside the operator's own")
	}
}

// What the edge's own files say is copied, and TLS, proxies and modules go where they belong.
func TestEdgeVariants(t *testing.T) {
	site := func(change ...func(chartutil.Values)) map[string]string {
		return of[corev1.ConfigMap](mustRender(t, production, change...))["ConfigMap/edge-site"].Data
	}
	acme := site()
	if !strings.Contains(acme["listen.conf"], "listen 8443 ssl http2") || !strings.Contains(acme["locations.conf"], "acme-solver.madang.svc.cluster.local") {
		t.Error(acme["listen.conf"], acme["locations.conf"])
	}
	if secret := site(set("edge.tls.mode", "secret")); !strings.Contains(secret["listen.conf"], "listen 8443 ssl http2") || strings.Contains(secret["locations.conf"], "acme") {
		t.Error(secret["listen.conf"], secret["locations.conf"])
	}
	for _, change := range [][]func(chartutil.Values){
		{set("edge.tls.mode", "none"), set("site.url", "http://madang.example.ac.kr")},
		{set("edge.tls.mode", "balancer"), set("edge.trustedProxies", []any{"10.0.0.0/8"})},
	} {
		if plain := site(change...); strings.Contains(plain["listen.conf"], "ssl") || !strings.Contains(plain["listen.conf"], "Strict-Transport-Security") {
			t.Error(plain["listen.conf"])
		}
	}
	if proxied := site(set("edge.trustedProxies", []any{"10.0.0.0/8"})); !strings.Contains(proxied["listen.conf"], "set_real_ip_from 10.0.0.0/8;") || !strings.Contains(proxied["listen.conf"], "real_ip_header X-Forwarded-For;") {
		t.Error(proxied["listen.conf"])
	}
	if proxied := site(set("edge.proxyProtocol", true), set("edge.trustedProxies", []any{"10.0.0.0/8"})); !strings.Contains(proxied["listen.conf"], "real_ip_header proxy_protocol;") || !strings.Contains(proxied["listen.conf"], "listen 8080 default_server deferred backlog=4096 proxy_protocol;") {
		t.Error(proxied["listen.conf"])
	}
	files := of[corev1.ConfigMap](mustRender(t, production))["ConfigMap/edge"].Data
	entries, err := os.ReadDir("files/edge")
	if err != nil || len(entries) != len(files) {
		t.Errorf("%d files of %d (%v)", len(files), len(entries), err)
	}
	for _, e := range entries {
		want, err := os.ReadFile(filepath.Join("files/edge", e.Name()))
		if err != nil || strings.TrimSpace(files[e.Name()]) != strings.TrimSpace(string(want)) {
			t.Errorf("%s is not the edge's (%v)", e.Name(), err)
		}
	}
}

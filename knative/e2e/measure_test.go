package e2e

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	serving "knative.dev/serving/pkg/client/clientset/versioned"

	"github.com/madang-council/madang/knative/release"
)

// The numbers of docs/measurements.md that only a cluster has: task measure. They are
// printed beside a bare Echo Service of the same cluster and run, and fail on no clock.

// starts is how many single starts are measured, of all functions together.
const starts = 56

// sleeper is a Service that is woken.
type sleeper struct {
	name    string
	ask     func() error // one request, answered by the Service itself
	service string       // label of its pods
}

// BenchmarkStart measures starts from zero, one at a time: from the request to its answer
// through the edge, first query included, and of a bare Echo Service through the gateway.
func BenchmarkStart(b *testing.B) {
	e := openEnvironment(b)
	m := e.measure()
	token := e.signIn()
	functions := []sleeper{}
	for name, path := range map[string]string{
		"auth": "/v1/auth/sessions", "banners": "/v1/admin/banners", "deadletters": "/v1/admin/dead-letters", "main": "/v1/main",
		"members": "/v1/members/me", "notices": "/v1/admin/notices", "uploads": "/v1/uploads",
	} {
		functions = append(functions, sleeper{name: name, service: name, ask: func() error {
			status, _, body, err := e.get(path, token)
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("%s: %d %.200s", path, status, body)
			}
			return err
		}})
	}
	slices.SortFunc(functions, func(a, b sleeper) int { return cmp.Compare(a.name, b.name) })
	m.hello(1)
	bare := m.bare(0)
	for b.Loop() {
		var took, ofBare []time.Duration
		each := map[string][]time.Duration{}
		steps := []step{}
		for n := range starts {
			f := functions[n%len(functions)]
			d, s := m.start(f)
			took, steps = append(took, d), append(steps, s)
			each[f.name] = append(each[f.name], d)
			if n%len(functions) == 0 {
				d, _ := m.start(bare)
				ofBare = append(ofBare, d)
			}
		}
		report(b, "functions", took)
		report(b, "bare", ofBare)
		for _, f := range functions {
			b.Logf("%-12s p50 %v of %d", f.name, quantile(each[f.name], 0.5).Round(time.Millisecond), len(each[f.name]))
		}
		show := func(what string, of func(step) time.Duration) {
			list := []time.Duration{}
			for _, s := range steps {
				if d := of(s); d > 0 {
					list = append(list, d)
				}
			}
			b.Logf("after the request, %-32s p50 %v p99 %v", what, quantile(list, 0.5).Round(time.Millisecond), quantile(list, 0.99).Round(time.Millisecond))
		}
		show("a pod is made", func(s step) time.Duration { return s.made })
		show("it has a node", func(s step) time.Duration { return s.scheduled })
		show("kubelet says that it is ready", func(s step) time.Duration { return s.ready })
		show("the answer is there", func(s step) time.Duration { return s.answered })
	}
}

// BenchmarkStart25 wakes 25 Services at the same moment: copies of one of the council's
// functions, and bare Echo ones.
func BenchmarkStart25(b *testing.B) {
	const many = 25
	e := openEnvironment(b)
	m := e.measure()
	m.copies("notices", many)
	m.hello(many)
	for b.Loop() {
		for _, row := range []struct {
			what string
			of   func(int) sleeper
		}{{"functions", m.copy}, {"bare", m.bare}} {
			var group sync.WaitGroup
			took := make([]time.Duration, many)
			m.environment.asleep() // what others take is not measured here
			for i := range many {
				group.Go(func() {
					began := time.Now()
					if err := row.of(i).ask(); err != nil {
						b.Error(err)
					}
					took[i] = time.Since(began)
				})
			}
			group.Wait()
			report(b, row.what, took)
		}
	}
}

// BenchmarkKnobs measures starts of copies of one function that differ in one setting each,
// in turns; and last those that are set as functions are, with the activator's default.
func BenchmarkKnobs(b *testing.B) {
	const each, turns = 4, 12
	e := openEnvironment(b)
	m := e.measure()
	rows := []struct {
		what, name string
		change     func(*servingv1.Service)
	}{
		{"as functions are", "plain", func(*servingv1.Service) {}},
		{"a CPU limit of 200m", "limited", func(s *servingv1.Service) {
			s.Spec.Template.Spec.Containers[0].Resources.Limits[corev1.ResourceCPU] = resource.MustParse("200m")
		}},
		{"a readiness probe each second, of kubelet", "probed", func(s *servingv1.Service) {
			s.Spec.Template.Spec.Containers[0].ReadinessProbe.PeriodSeconds = 1
		}},
		{"with service links", "linked", func(s *servingv1.Service) { s.Spec.Template.Spec.EnableServiceLinks = ptr.To(true) }},
	}
	for _, row := range rows {
		m.like("notices", row.name, each, row.change)
	}
	start := func(name string, turn int) time.Duration {
		took, _ := m.start(m.direct(fmt.Sprint(name, "-", turn%each), "/v1/notices?q=봄"))
		return took
	}
	for b.Loop() {
		took := map[string][]time.Duration{}
		for turn := range turns {
			for _, row := range rows {
				took[row.what] = append(took[row.what], start(row.name, turn))
			}
		}
		before := m.probing("200ms")
		for turn := range turns {
			took["PROBE_FREQUENCY=200ms, the activator's default"] = append(took["PROBE_FREQUENCY=200ms, the activator's default"], start("plain", turn))
		}
		m.probing(before)
		for _, what := range slices.Sorted(maps.Keys(took)) {
			b.Logf("%-50s p50 %v p90 %v of %d", what, quantile(took[what], 0.5).Round(time.Millisecond), quantile(took[what], 0.9).Round(time.Millisecond), len(took[what]))
		}
	}
}

// probing sets how often the activator asks a new pod, and is how often it did; "" is its
// default. It waits until no other activator is there.
func (m *measuring) probing(every string) (before string) {
	m.Helper()
	ctx, api := context.Background(), m.kubernetes.AppsV1().Deployments("knative-serving")
	d, err := api.Get(ctx, "activator", metav1.GetOptions{})
	if err != nil {
		m.Fatal(err)
	}
	c := &d.Spec.Template.Spec.Containers[0]
	for _, v := range c.Env {
		if v.Name == "PROBE_FREQUENCY" {
			before = v.Value
		}
	}
	c.Env = slices.DeleteFunc(c.Env, func(v corev1.EnvVar) bool { return v.Name == "PROBE_FREQUENCY" })
	if every != "" {
		c.Env = append(c.Env, corev1.EnvVar{Name: "PROBE_FREQUENCY", Value: every})
	}
	d, err = api.Update(ctx, d, metav1.UpdateOptions{})
	if err != nil {
		m.Fatal(err)
	}
	m.soon("the activator is another one", func() bool {
		now, err := api.Get(ctx, "activator", metav1.GetOptions{})
		return err == nil && now.Status.ObservedGeneration >= d.Generation && now.Status.UpdatedReplicas == now.Status.Replicas && now.Status.AvailableReplicas == now.Status.Replicas
	})
	return before
}

// BenchmarkMemory reads what each pod that is always there uses, from kubelet.
func BenchmarkMemory(b *testing.B) {
	e := openEnvironment(b)
	for b.Loop() {
		nodes, err := e.kubernetes.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for _, node := range nodes.Items {
			raw, err := e.kubernetes.CoreV1().RESTClient().Get().AbsPath("/api/v1/nodes/" + node.Name + "/proxy/stats/summary").DoRaw(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			var summary struct {
				Pods []struct {
					PodRef struct{ Name, Namespace string }
					Memory struct{ WorkingSetBytes, RssBytes uint64 }
					CPU    struct{ UsageCoreNanoSeconds uint64 }
				}
			}
			if err := json.Unmarshal(raw, &summary); err != nil {
				b.Fatal(err)
			}
			for _, p := range summary.Pods {
				b.Logf("%-24s %-52s %6.1f MiB, of it resident %6.1f, CPU so far %6.1f s", p.PodRef.Namespace, p.PodRef.Name, mebibytes(p.Memory.WorkingSetBytes), mebibytes(p.Memory.RssBytes), float64(p.CPU.UsageCoreNanoSeconds)/1e9)
			}
		}
	}
}

func mebibytes(n uint64) float64 { return float64(n) / (1 << 20) }

// patient waits for what is measured, however long it takes.
var patient = &http.Client{Timeout: 5 * time.Minute}

// measuring is an environment whose Services are woken.
type measuring struct {
	*environment
	serving serving.Interface
	gateway string
}

func (e *environment) measure() *measuring {
	e.Helper()
	api, err := serving.NewForConfig(e.config)
	if err != nil {
		e.Fatal(err)
	}
	gateway, done, err := release.Reach(context.Background(), e.config, e.kubernetes, e.namespace)
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(done)
	return &measuring{environment: e, serving: api, gateway: gateway}
}

// hello makes Services of the bare Echo program of knative/bench/hello, whose image
// MADANG_HELLO names, with the settings that functions have.
func (m *measuring) hello(n int) {
	m.Helper()
	image := os.Getenv("MADANG_HELLO")
	if image == "" {
		m.Fatal("MADANG_HELLO is not set: the image of knative/bench/hello to compare with")
	}
	m.like("members", "bare", n, func(s *servingv1.Service) {
		c := &s.Spec.Template.Spec.Containers[0]
		c.Image, c.Env = image, nil
	})
}

// copies makes Services that are one of the functions.
func (m *measuring) copies(function string, n int) {
	m.Helper()
	m.like(function, "copy", n, func(*servingv1.Service) {})
}

// like makes Services after a function's, and waits until they sleep.
func (m *measuring) like(function, name string, n int, change func(*servingv1.Service)) {
	m.Helper()
	api := m.serving.ServingV1().Services(m.namespace)
	model, err := api.Get(context.Background(), function, metav1.GetOptions{})
	if err != nil {
		m.Fatal(err)
	}
	for i := range n {
		s := &servingv1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint(name, "-", i), Labels: map[string]string{"networking.knative.dev/visibility": "cluster-local"}},
			Spec:       servingv1.ServiceSpec{ConfigurationSpec: *model.Spec.ConfigurationSpec.DeepCopy()},
		}
		s.Spec.Template.Name = ""
		s.Spec.Template.Labels = map[string]string{"app.kubernetes.io/component": "function"} // NetworkPolicies
		change(s)
		if _, err := api.Create(context.Background(), s, metav1.CreateOptions{}); err != nil {
			m.Fatal(err)
		}
		m.Cleanup(func() { _ = api.Delete(context.Background(), s.Name, metav1.DeleteOptions{}) })
	}
	for i := range n {
		m.soon(fmt.Sprintf("%s-%d is ready", name, i), func() bool {
			s, err := api.Get(context.Background(), fmt.Sprint(name, "-", i), metav1.GetOptions{})
			return err == nil && s.IsReady()
		})
	}
}

func (m *measuring) bare(i int) sleeper {
	return m.direct(fmt.Sprint("bare-", i), "/hello")
}

func (m *measuring) copy(i int) sleeper {
	return m.direct(fmt.Sprint("copy-", i), "/v1/notices?q=봄")
}

// direct asks a Service at the gateway, by its host name.
func (m *measuring) direct(name, path string) sleeper {
	return sleeper{name: name, service: name, ask: func() error {
		r, err := http.NewRequest(http.MethodGet, m.gateway+path, http.NoBody)
		if err != nil {
			return err
		}
		r.Host = name + "." + m.namespace + ".svc.cluster.local"
		response, err := patient.Do(r)
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", name, response.Status)
		}
		return nil
	}}
}

// asleep waits until a Service has no pod, not even one that ends.
func (m *measuring) asleep(s sleeper) {
	m.Helper()
	m.soon(s.name+" sleeps", func() bool {
		list, err := m.kubernetes.CoreV1().Pods(m.namespace).List(context.Background(), metav1.ListOptions{LabelSelector: "serving.knative.dev/service=" + s.service})
		return err == nil && !slices.ContainsFunc(list.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp == nil })
	})
}

// step is when something was seen after the request that woke a Service.
type step struct{ made, scheduled, ready, answered time.Duration }

// start wakes a Service and is how long its first answer took.
func (m *measuring) start(s sleeper) (time.Duration, step) {
	m.Helper()
	m.asleep(s)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	list, err := m.kubernetes.CoreV1().Pods(m.namespace).List(ctx, metav1.ListOptions{LabelSelector: "serving.knative.dev/service=" + s.service})
	if err != nil {
		m.Fatal(err)
	}
	watch, err := m.kubernetes.CoreV1().Pods(m.namespace).Watch(ctx, metav1.ListOptions{LabelSelector: "serving.knative.dev/service=" + s.service, ResourceVersion: list.ResourceVersion})
	if err != nil {
		m.Fatal(err)
	}
	var seen step
	began := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for event := range watch.ResultChan() {
			pod, ok := event.Object.(*corev1.Pod)
			if !ok || pod.DeletionTimestamp != nil {
				continue
			}
			at := time.Since(began)
			if seen.made == 0 {
				seen.made = at
			}
			if seen.scheduled == 0 && pod.Spec.NodeName != "" {
				seen.scheduled = at
			}
			for _, c := range pod.Status.Conditions {
				if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
					seen.ready = at
					return
				}
			}
		}
	}()
	if err := s.ask(); err != nil {
		m.Fatal(err)
	}
	took := time.Since(began)
	select {
	case <-done:
	case <-time.After(5 * time.Second): // kubelet may be late to say it
	}
	watch.Stop()
	<-done
	seen.answered = took
	return took, seen
}

// quantile is the smallest of a list that a share of it does not exceed.
func quantile(list []time.Duration, share float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	return list[min(len(list)-1, int(share*float64(len(list))))]
}

func report(b *testing.B, what string, took []time.Duration) {
	b.Helper()
	for _, q := range []float64{0.5, 0.95, 0.99} {
		b.ReportMetric(float64(quantile(took, q).Milliseconds()), fmt.Sprintf("ms-%s-p%.0f", what, q*100))
	}
	list := []string{}
	for _, d := range slices.Sorted(slices.Values(took)) {
		list = append(list, fmt.Sprint(d.Milliseconds()))
	}
	b.Logf("%s, %d starts, ms: %s", what, len(took), strings.Join(list, " "))
}

// forms is how often a form is opened and sent, and how often sent without having been opened.
const forms = 12

// BenchmarkForms measures how long somebody waits who has typed for three seconds: the form
// came from the edge while its function slept, and woke it; beside it, the same form sent while
// the function sleeps.
func BenchmarkForms(b *testing.B) {
	e := openEnvironment(b)
	e.settled("/sign-in")
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	send := func() time.Duration {
		form := url.Values{"email": {"nobody@example.com"}, "password": {"not the one"}}
		r, err := http.NewRequest(http.MethodPost, e.target.address+"/sign-in", strings.NewReader(form.Encode()))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		began := time.Now()
		response, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusUnauthorized && response.StatusCode != http.StatusUnprocessableEntity && response.StatusCode != http.StatusTooManyRequests {
			b.Fatalf("the form: %s", response.Status)
		}
		return time.Since(began)
	}
	for b.Loop() {
		took := map[bool][]time.Duration{}
		for i := range 2 * forms {
			opened := i%2 == 0
			e.soon("site sleeps", func() bool { return len(e.pods(e.namespace, "serving.knative.dev/service=site")) == 0 })
			if opened {
				if status, header, body, err := e.get("/sign-in", ""); status != http.StatusOK || !strings.HasPrefix(header.Get("Cache-Status"), "madang; hit") {
					b.Fatalf("the form is not the edge's: %d %v %.200s %v", status, header, body, err)
				}
				time.Sleep(3 * time.Second)
			}
			took[opened] = append(took[opened], send())
		}
		report(b, "opened", took[true])
		report(b, "unopened", took[false])
	}
}

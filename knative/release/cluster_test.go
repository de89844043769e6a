package release_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	batch "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"
	v1 "knative.dev/serving/pkg/apis/serving/v1"
	serving "knative.dev/serving/pkg/client/clientset/versioned"

	"github.com/madang-council/madang/knative/release"
)

// TestCluster releases two small functions, installed by Helm, on the cluster that
// KUBECONFIG names, while 200 requests a second ask them. It logs how long things took.
func TestCluster(t *testing.T) {
	if os.Getenv("KUBECONFIG") == "" {
		t.Skip("KUBECONFIG is not set: releases are tried on a real cluster")
	}
	c := newCluster(t)
	one := c.images("one", "one")
	c.install(one, "first")
	c.must(c.rollout(nil).Pin(c.ctx))

	c.story("unchanged", func(t *testing.T) {
		before := c.serves(t)
		sum := c.must(c.rollout(nil).Deploy(c.ctx, one))
		if sum.Outcome != release.Unchanged || !slices.Equal(c.serves(t), before) {
			t.Errorf("%s: %v before, %v after", sum.Outcome, before, c.serves(t))
		}
	})
	c.story("release and rollback", func(t *testing.T) {
		before := c.serves(t)
		c.load(t, func() {
			sum := c.must(c.rollout(nil).Deploy(c.ctx, c.images("two", "one")))
			c.answers(t, "two", "one")
			if len(sum.Changed) != 1 || !slices.Equal(sum.Unchanged, []string{"beta"}) {
				t.Errorf("changed %v, unchanged %v", sum.Changed, sum.Unchanged)
			}
			if after := c.serves(t); after[1] != before[1] || after[0] == before[0] {
				t.Errorf("%v before, %v after", before, after)
			}
		})
		c.load(t, func() {
			start := time.Now()
			c.must(c.rollout(nil).Rollback(c.ctx))
			c.timed(t, "one function", start)
			c.answers(t, "one", "one")
		})
		if sum := c.must(c.rollout(nil).Deploy(c.ctx, one)); sum.Outcome != release.Unchanged || !slices.Equal(c.serves(t), before) {
			t.Errorf("after the rollback: %s, %v", sum.Outcome, c.serves(t))
		}
	})
	c.story("Helm moves no traffic", func(t *testing.T) {
		both := c.images("two", "two")
		c.load(t, func() {
			before := c.serves(t)
			upgrade := c.rollout(nil)
			upgrade.Before = func(context.Context) error {
				c.install(both, "second")
				time.Sleep(5 * time.Second) // Knative has made the Revisions
				if after := c.serves(t); !slices.Equal(before, after) {
					t.Errorf("the upgrade moved traffic: %v before, %v after", before, after)
				}
				c.answers(t, "one", "one")
				return nil
			}
			sum := c.must(upgrade.Deploy(c.ctx, both))
			c.answers(t, "two", "two")
			if len(sum.Changed) != 2 {
				t.Errorf("changed: %v", sum.Changed)
			}
			start := time.Now()
			c.must(c.rollout(nil).Rollback(c.ctx))
			c.timed(t, "two functions", start)
			c.answers(t, "one", "one")
		})
		c.must(c.rollout(nil).Deploy(c.ctx, both))
		c.answers(t, "two", "two")
		// Another template with the same images is a release, too.
		upgrade := c.rollout(nil)
		upgrade.Before = func(context.Context) error { c.install(both, "third"); return nil }
		if sum := c.must(upgrade.Deploy(c.ctx, both)); sum.Outcome != release.Released || len(sum.Changed) != 2 {
			t.Errorf("another template: %s, %v", sum.Outcome, sum.Changed)
		}
	})
	for _, row := range []struct {
		kind, reason string
		outcome      error
	}{
		{"unready", "relation notices does not exist", nil},
		{"missing", "mage", nil}, // "Image", "image": containerd's word
		{"broken", "/v1/deep", nil},
		{"turns", "/v1/deep", release.ErrRolledBack},
	} {
		c.story(row.kind, func(t *testing.T) {
			before := c.serves(t)
			kinds := []string{}
			for _, name := range names {
				kind, err := c.get(c.ctx, name)
				if err != nil {
					t.Fatal(err)
				}
				kinds = append(kinds, kind)
			}
			c.load(t, func() {
				r := c.rollout(nil)
				r.Wait, r.Watch = 30*time.Second, 20*time.Second
				sum, err := r.Deploy(c.ctx, c.images(row.kind, "one"))
				if err == nil || !strings.Contains(err.Error(), row.reason) || row.outcome != nil && !errors.Is(err, row.outcome) {
					t.Errorf("err = %v", err)
				}
				t.Logf("%s: %s after %.2f s: %v", row.kind, sum.Outcome, sum.Seconds, sum.Steps)
				if after := c.serves(t); !slices.Equal(before, after) {
					t.Errorf("%v before, %v after", before, after)
				}
				c.answers(t, kinds...)
			})
		})
	}
	c.story("hold and promote", func(t *testing.T) {
		c.load(t, func() {
			r := c.rollout(nil)
			r.Hold = true
			if sum := c.must(r.Deploy(c.ctx, c.images("one", "two"))); sum.Outcome != release.Held {
				t.Errorf("outcome %s", sum.Outcome)
			}
			c.answers(t, "two", "two")
			c.must(c.rollout(nil).Promote(c.ctx))
			c.answers(t, "one", "two")
		})
	})
	c.story("two at once, and one killed", func(t *testing.T) { c.killed(t) })
	c.story("migration", func(t *testing.T) {
		r := c.rollout(nil)
		r.Migrate = true
		c.cron(t)
		c.load(t, func() {
			sum := c.must(r.Deploy(c.ctx, c.images("two", "one")))
			names := []string{}
			for _, s := range sum.Steps {
				names = append(names, s.Name)
			}
			if m, g := slices.Index(names, "migrate"), slices.Index(names, "green 2"); m < 0 || g < m {
				t.Errorf("steps %v", names)
			}
		})
	})
}

// cluster is a namespace of its own with two functions, alpha and beta.
type cluster struct {
	t         *testing.T
	ctx       context.Context
	serving   *serving.Clientset
	kube      *kubernetes.Clientset
	namespace string
	gateway   string
	built     map[string]string // image by kind
	last      sync.Map          // when a kind last answered under load
}

var names = []string{"alpha", "beta"}

// story runs a subtest that the cluster's own failures belong to.
func (c *cluster) story(name string, do func(*testing.T)) {
	parent := c.t
	defer func() { c.t = parent }()
	parent.Run(name, func(t *testing.T) {
		c.t = t
		do(t)
	})
}

func newCluster(t *testing.T) *cluster {
	gateway, registry := os.Getenv("GATEWAY"), os.Getenv("REGISTRY")
	if gateway == "" || registry == "" {
		t.Fatal("KUBECONFIG is set, but GATEWAY (where Knative answers) or REGISTRY is not")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	config.QPS, config.Burst = 100, 200
	config.WarningHandler = rest.NoWarnings{}
	c := &cluster{
		t: t, ctx: ctx, gateway: "http://" + gateway, built: map[string]string{},
		serving: serving.NewForConfigOrDie(config), kube: kubernetes.NewForConfigOrDie(config),
		namespace: "release-test-" + strings.ToLower(rand.Text()[:6]),
	}
	platform := c.platform()
	t.Cleanup(func() {
		if now := c.platform(); !slices.Equal(platform, now) {
			t.Logf("Knative's own pods changed during the test, which fails requests of everybody: %v before, %v after", platform, now)
		}
	})
	if _, err := c.kube.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: c.namespace}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.t = t; c.remove() })
	c.build(registry)
	return c
}

// platform are Knative's own pods. Without one of its Deployments nothing can be said here
// about releases.
func (c *cluster) platform() []string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), 10*time.Second)
	defer cancel()
	deployments, err := c.kube.AppsV1().Deployments("knative-serving").List(ctx, metav1.ListOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, d := range deployments.Items {
		if d.Status.AvailableReplicas == 0 {
			c.t.Fatalf("Knative is not whole: %s has no pod that is ready", d.Name)
		}
	}
	pods, err := c.kube.CoreV1().Pods("knative-serving").List(ctx, metav1.ListOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	names := []string{}
	for _, p := range pods.Items {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

// remove deletes the namespace and waits until it is gone.
func (c *cluster) remove() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	namespaces := c.kube.CoreV1().Namespaces()
	if err := namespaces.Delete(ctx, c.namespace, metav1.DeleteOptions{}); err != nil {
		c.t.Error(err)
	}
	for {
		_, err := namespaces.Get(ctx, c.namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return
		}
		if ctx.Err() != nil {
			c.t.Errorf("namespace %s is still there: %v", c.namespace, err)
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// build makes the image with ko and the others of it by KIND.
func (c *cluster) build(registry string) {
	c.t.Helper()
	command := exec.CommandContext(c.ctx, "ko", "build", "--insecure-registry", "--bare", "--sbom=none", "./testdata/echo")
	command.Env = append(os.Environ(), "KO_DOCKER_REPO="+registry+"/release-test", "KO_DEFAULTBASEIMAGE="+registry+"/base:latest")
	log := &bytes.Buffer{}
	command.Stderr = log
	out, err := command.Output()
	if err != nil {
		c.t.Fatalf("ko: %v\n%s", err, log)
	}
	ref, err := name.NewDigest(strings.TrimSpace(string(out)), name.Insecure)
	if err != nil {
		c.t.Fatal(err)
	}
	base, err := remote.Image(ref)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, kind := range []string{"one", "two", "unready", "broken", "turns"} {
		config, err := base.ConfigFile()
		if err != nil {
			c.t.Fatal(err)
		}
		changed := config.Config.DeepCopy()
		changed.Env = append(changed.Env, "KIND="+kind)
		image, err := mutate.Config(base, *changed)
		if err != nil {
			c.t.Fatal(err)
		}
		digest, err := image.Digest()
		if err != nil {
			c.t.Fatal(err)
		}
		if err := remote.Write(ref.Context().Tag(kind), image); err != nil {
			c.t.Fatal(err)
		}
		c.built[kind] = ref.Context().Digest(digest.String()).String()
	}
	c.built["missing"] = ref.Context().Digest("sha256:" + strings.Repeat("0", 64)).String()
}

func (c *cluster) images(alpha, beta string) release.Images {
	return release.Images{Functions: map[string]string{"alpha": c.built[alpha], "beta": c.built[beta]}, Migrate: c.built["one"]}
}

// chartTemplate writes what the product's chart writes: no traffic.
const chartTemplate = `{{- range $name, $image := .Values.images.functions }}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: {{ $name }}
  labels: {app.kubernetes.io/component: function, networking.knative.dev/visibility: cluster-local}
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/window: 15s
        autoscaling.knative.dev/max-scale: "3"
        queue.sidecar.serving.knative.dev/cpu-resource-request: 1m
    spec:
      enableServiceLinks: false
      timeoutSeconds: 30
      containers:
        - name: function
          image: {{ $image }}
          env: [{name: NOTE, value: {{ $.Values.note }}}]
          resources: {requests: {cpu: 1m, memory: 16Mi}}
          readinessProbe: {httpGet: {path: /readyz}}
{{- end }}
`

// install installs or upgrades with Helm's own engine and waits for the Services.
func (c *cluster) install(images release.Images, note string) {
	c.t.Helper()
	flags := genericclioptions.NewConfigFlags(false).WithWrapConfigFn(func(config *rest.Config) *rest.Config {
		config.WarningHandler = rest.NoWarnings{}
		return config
	})
	flags.Namespace = &c.namespace
	configuration := new(action.Configuration)
	if err := configuration.Init(flags, c.namespace, "secret", func(string, ...any) {}); err != nil {
		c.t.Fatal(err)
	}
	functions := map[string]any{}
	for k, v := range images.Functions {
		functions[k] = v
	}
	values := map[string]any{"images": map[string]any{"functions": functions}, "note": note}
	files := &chart.Chart{
		Metadata:  &chart.Metadata{APIVersion: "v2", Name: "echo", Version: "1.0.0"},
		Templates: []*chart.File{{Name: "templates/functions.yaml", Data: []byte(chartTemplate)}},
	}
	if _, err := configuration.Releases.Last("echo"); err == nil {
		upgrade := action.NewUpgrade(configuration)
		upgrade.Namespace = c.namespace
		if _, err := upgrade.RunWithContext(c.ctx, "echo", files, values); err != nil {
			c.t.Fatal(err)
		}
		return
	}
	install := action.NewInstall(configuration)
	install.Namespace, install.ReleaseName = c.namespace, "echo"
	if _, err := install.RunWithContext(c.ctx, files, values); err != nil {
		c.t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(300 * time.Millisecond) {
		list, err := c.serving.ServingV1().Services(c.namespace).List(c.ctx, metav1.ListOptions{})
		if err != nil {
			c.t.Fatal(err)
		}
		if !slices.ContainsFunc(list.Items, func(s v1.Service) bool { return !s.IsReady() }) {
			return
		}
		if time.Now().After(end) {
			c.t.Fatal("the Services do not become ready")
		}
	}
}

func (c *cluster) rollout(out io.Writer) *release.Rollout {
	if out == nil {
		out = writer{c.t}
	}
	checks := []release.Check{{Path: "/v1/deep"}, {Path: "/v1/nothing", Status: 404}}
	return &release.Rollout{
		Serving: c.serving, Kube: c.kube, Namespace: c.namespace, Client: &http.Client{}, Address: c.gateway,
		Checks: map[string][]release.Check{"alpha": checks, "beta": checks},
		Wait:   time.Minute, Watch: 5 * time.Second, Out: out,
	}
}

// writer logs progress.
type writer struct{ t *testing.T }

func (w writer) Write(p []byte) (int, error) {
	w.t.Logf("%s", bytes.TrimSpace(p))
	return len(p), nil
}

func (c *cluster) must(sum release.Summary, err error) release.Summary {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	return sum
}

// serves are the Revisions that have alpha's and beta's traffic.
func (c *cluster) serves(t *testing.T) []string {
	t.Helper()
	status, err := c.rollout(nil).Status(c.ctx)
	if err != nil {
		t.Fatal(err)
	}
	revisions := []string{}
	for _, f := range status.Functions {
		revisions = append(revisions, f.Serves)
	}
	return revisions
}

// answers checks who answers visitors.
func (c *cluster) answers(t *testing.T, kinds ...string) {
	t.Helper()
	for i, kind := range kinds {
		body, err := c.get(c.ctx, names[i])
		if err != nil || body != kind {
			t.Errorf("%s: %q answers (%v), want %q", names[i], body, err, kind)
		}
	}
}

func (c *cluster) get(ctx context.Context, function string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.gateway+"/hello", nil)
	if err != nil {
		return "", err
	}
	request.Host = function + "." + c.namespace + ".svc.cluster.local"
	answer, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", answer.StatusCode, body)
	}
	return string(body), err
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}}

// load asks the two functions 200 times a second while do runs. None may fail.
func (c *cluster) load(t *testing.T, do func()) {
	t.Helper()
	for _, name := range names { // a steady load does not begin at zero pods
		if _, err := c.get(c.ctx, name); err != nil {
			t.Errorf("before the load: %v", err)
		}
	}
	var asked, failed atomic.Int64
	var first sync.Once
	var all sync.WaitGroup
	slowest := atomic.Int64{}
	stop := make(chan struct{})
	all.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			all.Go(func() {
				start := time.Now()
				kind, err := c.get(context.WithoutCancel(c.ctx), names[i%2])
				c.last.Store(kind, time.Now())
				for took := time.Since(start).Milliseconds(); took > slowest.Load(); {
					slowest.Store(took)
				}
				asked.Add(1)
				if err != nil {
					failed.Add(1)
					first.Do(func() { t.Errorf("a request failed: %v", err) })
				}
			})
		}
	})
	start := time.Now()
	func() {
		defer func() { close(stop); all.Wait() }()
		do()
	}()
	t.Logf("%d requests in %.1f s (%.0f/s), %d failed, the slowest took %d ms", asked.Load(), time.Since(start).Seconds(),
		float64(asked.Load())/time.Since(start).Seconds(), failed.Load(), slowest.Load())
	if failed.Load() > 0 {
		t.Errorf("%d requests failed", failed.Load())
	}
}

// timed says how long a rollback from kind two took, as visitors and as the caller saw it.
func (c *cluster) timed(t *testing.T, what string, start time.Time) {
	t.Helper()
	took := time.Since(start).Seconds()
	time.Sleep(time.Second)
	last, _ := c.last.Load("two")
	at, _ := last.(time.Time)
	t.Logf("rollback of %s: %.2f s; the last answer of green came after %.2f s", what, took, at.Sub(start).Seconds())
}

// killed kills the command in the middle.
func (c *cluster) killed(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "release")
	if out, err := exec.CommandContext(c.ctx, "go", "build", "-o", binary, "./cmd").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := filepath.Join(t.TempDir(), "images.yaml")
	text := fmt.Sprintf("images: {functions: {alpha: %q, beta: %q}}\n", c.built["unready"], c.built["two"])
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c.must(c.rollout(nil).Deploy(c.ctx, c.images("one", "two")))
	before := c.serves(t)
	c.load(t, func() {
		first := exec.CommandContext(c.ctx, binary, "deploy", "-n", c.namespace, "-images", file, "-address", c.gateway)
		log := &bytes.Buffer{}
		first.Stderr = log
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		for c.phase(t) != release.Green && c.ctx.Err() == nil {
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(2 * time.Second) // green is there
		if _, err := c.rollout(nil).Deploy(c.ctx, c.images("two", "two")); !errors.Is(err, release.ErrRefused) {
			t.Errorf("a second release at once: %v", err)
		}
		_ = first.Process.Kill()
		_ = first.Wait()
		t.Logf("killed:\n%s", log)
		if after := c.serves(t); !slices.Equal(before, after) {
			t.Errorf("%v before, %v after", before, after)
		}
		time.Sleep(31 * time.Second) // the lock of a dead release is free after 30
		if sum := c.must(c.rollout(nil).Deploy(c.ctx, c.images("one", "two"))); sum.Outcome != release.Unchanged {
			t.Errorf("after the kill: %s %v", sum.Outcome, sum.Changed)
		}
	})
	for _, name := range names {
		svc, err := c.serving.ServingV1().Services(c.namespace).Get(c.ctx, name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(svc.Spec.Traffic, func(t v1.TrafficTarget) bool { return t.Tag == "green" }) {
			t.Errorf("%s: traffic %+v", name, svc.Spec.Traffic)
		}
	}
}

func (c *cluster) phase(t *testing.T) release.Phase {
	status, err := c.rollout(nil).Status(c.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return status.Last.Phase
}

// cron is the chart's migration, as a CronJob that never runs by itself.
func (c *cluster) cron(t *testing.T) {
	t.Helper()
	_, err := c.kube.BatchV1().CronJobs(c.namespace).Create(c.ctx, &batch.CronJob{
		ObjectMeta: metav1.ObjectMeta{Name: "migrate"},
		Spec: batch.CronJobSpec{
			Suspend: ptr.To(true), Schedule: "0 0 1 1 *",
			JobTemplate: batch.JobTemplateSpec{Spec: batch.JobSpec{
				BackoffLimit: ptr.To[int32](0),
				Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
					RestartPolicy: corev1.RestartPolicyNever,
					Containers:    []corev1.Container{{Name: "migrate", Image: "replaced.invalid/by:release", Args: []string{"migrate"}}},
				}},
			}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

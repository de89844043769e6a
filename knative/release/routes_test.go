package release_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/apis"
	v1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/madang-council/madang/knative/release"
)

// edges has two edges, which go by what the release says serves, and routes of the chart.
func (k *knative) edges(routes string) {
	k.t.Helper()
	k.chart(k.t.Context(), routes)
	for _, name := range []string{"edge-1", "edge-2"} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/name": "edge", "app.kubernetes.io/component": "edge"}}}
		pod.Status.Phase = corev1.PodRunning
		if err := k.kube.Tracker().Add(pod); err != nil {
			k.t.Fatal(err)
		}
	}
}

// chart is an upgrade of it: the routes that come.
func (k *knative) chart(ctx context.Context, routes string) {
	k.t.Helper()
	configs := k.kube.CoreV1().ConfigMaps(namespace)
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "edge", Namespace: namespace}, Data: map[string]string{"routes.json": routes}}
	_, err := configs.Create(ctx, config, metav1.CreateOptions{})
	if err != nil {
		err = k.kube.Tracker().Update(corev1.SchemeGroupVersion.WithResource("configmaps"), config, namespace)
	}
	if err != nil {
		k.t.Error(err)
	}
}

// routes are those that serve.
func (k *knative) routes() string {
	object, err := k.kube.Tracker().Get(corev1.SchemeGroupVersion.WithResource("configmaps"), namespace, "edge-routes")
	if err != nil {
		return ""
	}
	config, _ := object.(*corev1.ConfigMap)
	return config.Data["routes.json"]
}

func sum(routes string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(routes))) }

// shipping is a rollout whose chart brings routes, and whose edges do as they are told.
func (k *knative) shipping(routes string) *release.Rollout {
	r := k.rollout()
	r.Wait = 30 * time.Second
	r.Before = func(ctx context.Context) error { k.chart(ctx, routes); return nil }
	r.Edge = func(context.Context, string) (string, error) { return sum(k.routes()), nil }
	return r
}

// The edges' routes switch when green gets traffic, not before, and go back with it; what
// the chart was upgraded to is taken back after them.
func TestRoutesGoWithTraffic(t *testing.T) {
	for _, row := range []struct {
		name, kind      string
		edge            string // what the edges say of the routes that come; "": that they go by them
		outcome         release.Phase
		failure, routes string
	}{
		{"released", "two", "", release.Released, "", "two"},
		{"green does not answer", "broken", "", release.Failed, "/v1/hello at green-alpha", "one"},
		{"green fails visitors", "turns", "", release.RolledBack, "/v1/hello at alpha", "one"},
		{"nothing but routes", "one", "", release.Released, "", "one, other routes"},
		{"the edges do not follow", "two", "00000000", release.RolledBack, "edge edge-1 goes by the routes 00000000", "one"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKnative(t, "alpha", "beta")
				k.edges("one")
				coming := row.kind
				if row.kind == "one" {
					coming = row.routes
				}
				r := k.shipping(coming)
				if row.edge != "" {
					r.Edge = func(context.Context, string) (string, error) {
						if k.routes() == coming {
							return row.edge, nil
						}
						return sum(k.routes()), nil
					}
				}
				r.Smoke = func(context.Context, map[string]string) error {
					if k.routes() != "one" {
						t.Errorf("before the switch the edges go by %q", k.routes())
					}
					return nil
				}
				restored := 0
				r.Restore = func(context.Context) error {
					restored++
					if k.routes() != "one" || k.answers("alpha") != "one" {
						t.Errorf("the chart is taken back while %s answers and the edges go by %q", k.answers("alpha"), k.routes())
					}
					return nil
				}
				summary, err := r.Deploy(t.Context(), images("alpha", row.kind, "beta", "one"))
				if summary.Outcome != row.outcome || (err == nil) != (row.failure == "") || err != nil && !strings.Contains(err.Error(), row.failure) {
					t.Fatalf("%s: %v", summary.Outcome, err)
				}
				if summary.Routes == nil || *summary.Routes != (release.Routes{From: sum("one"), To: sum(coming)}) {
					t.Errorf("the summary says %v", summary.Routes)
				}
				if k.routes() != row.routes || (restored > 0) != (err != nil) {
					t.Errorf("the edges go by %q, restored %d times", k.routes(), restored)
				}
				if err != nil {
					return
				}
				pod, err := k.kube.CoreV1().Pods(namespace).Get(t.Context(), "edge-2", metav1.GetOptions{})
				if err != nil || pod.Annotations["madang.kr/routes"] != sum(row.routes) {
					t.Errorf("kubelet is not told to look: %v %v", pod.Annotations, err)
				}
				if again, err := k.shipping(row.routes).Deploy(t.Context(), images("alpha", row.kind, "beta", "one")); err != nil || again.Outcome != release.Unchanged {
					t.Errorf("the same again: %s %v", again.Outcome, err)
				}
				back := k.rollout()
				back.Edge = r.Edge
				if _, err := back.Rollback(t.Context()); err != nil || k.routes() != "one" || k.answers("alpha") != "one" {
					t.Errorf("rolled back: %v, %s answers, the edges go by %q", err, k.answers("alpha"), k.routes())
				}
			})
		})
	}
}

// The chart is taken back only where what it belonged to serves: not when the last patches of a
// release are refused, nor when the way back is.
func TestTheChartStaysWithGreen(t *testing.T) {
	for name, row := range map[string]struct {
		kind    string
		refuses func(k *knative) bool
	}{
		"the end is refused":      {"two", func(k *knative) bool { return k.phase() == release.Released }},
		"the way back is refused": {"turns", func(k *knative) bool { return strings.Contains(k.traffic("alpha"), "alpha-00002=100") }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKnative(t, "alpha", "beta")
				k.edges("one")
				r := k.shipping("two")
				refused := false
				k.patching = func(_ context.Context, name string) error {
					if name == "alpha" && row.refuses(k) {
						refused = true
						return errors.New("the webhook is busy")
					}
					return nil
				}
				r.Restore = func(context.Context) error {
					t.Errorf("the chart is taken back while %s answers", k.answers("alpha"))
					return nil
				}
				if _, err := r.Deploy(t.Context(), images("alpha", row.kind, "beta", "one")); err == nil || !refused {
					t.Errorf("%v, refused %v", err, refused)
				}
				if k.answers("alpha") != row.kind {
					t.Errorf("%s answers", k.answers("alpha"))
				}
			})
		})
	}
}

// A release that was killed before what it brought was ready does not stop the next one.
func TestUnbornFunctions(t *testing.T) {
	for _, kind := range []string{"one", "unready"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKnative(t, "alpha")
				k.edges("one")
				k.add("gamma", "unready")
				r := k.shipping("two")
				r.Checks["gamma"] = r.Checks["alpha"]
				before := r.Before
				r.Before = func(ctx context.Context) error {
					svc := k.service("gamma").DeepCopy()
					svc.Spec.Template.Spec.Containers[0].Image = imageOf(kind)
					k.reconcile(svc)
					if err := k.serving.Tracker().Update(gvr("services"), svc, namespace); err != nil {
						t.Error(err)
					}
					return before(ctx)
				}
				restored := false
				r.Restore = func(context.Context) error { restored = true; return nil }
				summary, err := r.Deploy(t.Context(), images("alpha", "one", "gamma", kind))
				switch {
				case kind == "one" && (err != nil || summary.Outcome != release.Released || k.traffic("gamma") != "gamma-00002=100" || k.routes() != "two"):
					t.Errorf("%s %v, %s, the edges go by %q", summary.Outcome, err, k.traffic("gamma"), k.routes())
				case kind == "unready" && (err == nil || !strings.Contains(err.Error(), "gamma-00001 failed") || !restored):
					t.Errorf("%v, restored %v", err, restored)
				}
			})
		})
	}
}

// The cluster's DNS learns of a new function a while after Kubernetes has it.
func TestNewNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKnative(t, "alpha")
		k.edges("one")
		r := k.shipping("two")
		r.Checks["gamma"] = r.Checks["alpha"]
		before, there := r.Before, time.Time{}
		r.Before = func(ctx context.Context) error {
			k.add("gamma", "one")
			there = time.Now().Add(20 * time.Second)
			return before(ctx)
		}
		k.unnamed = func(host string) bool { return strings.HasPrefix(host, "gamma.") && time.Now().Before(there) }
		if summary, err := r.Deploy(t.Context(), images("alpha", "one", "gamma", "one")); err != nil || summary.Outcome != release.Released {
			t.Errorf("%s %v", summary.Outcome, err)
		}
		k.unnamed = func(host string) bool { return strings.HasPrefix(host, "alpha.") } // for good
		if _, err := k.shipping("three").Deploy(t.Context(), images("alpha", "two", "gamma", "one")); err == nil {
			t.Error("what nobody can find is released")
		}
	})
}

// A pod that the quota refuses is made when another is gone: a new function is waited for.
func TestOverQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKnative(t, "alpha")
		k.edges("one")
		r := k.shipping("two")
		r.Checks["gamma"] = r.Checks["alpha"]
		before := r.Before
		r.Before = func(ctx context.Context) error {
			k.add("gamma", "unready")
			k.says("gamma-00001", apis.Condition{Type: v1.RevisionConditionReady, Status: corev1.ConditionFalse, Reason: "FailedCreate", Message: `pods "gamma-00001-deployment-x" is forbidden: exceeded quota: madang, requested: pods=1, used: pods=46, limited: pods=45`})
			go func() {
				time.Sleep(10 * time.Second)
				k.becomes("gamma-00001", corev1.ConditionTrue)
			}()
			return before(ctx)
		}
		summary, err := r.Deploy(t.Context(), images("alpha", "one", "gamma", "unready"))
		if err != nil || summary.Outcome != release.Released || k.routes() != "two" {
			t.Errorf("%s %v, the edges go by %q", summary.Outcome, err, k.routes())
		}
	})
}

// A function that a merge brings is there, asked and pinned before the edges lead to it; one
// that never is leaves everything as it was.
func TestNewFunctions(t *testing.T) {
	for kind, failure := range map[string]string{"one": "", "unready": "gamma-00001 failed", "broken": "/v1/hello at gamma"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKnative(t, "alpha")
				k.edges("one")
				r := k.shipping("two")
				r.Checks["gamma"] = r.Checks["alpha"]
				before := r.Before
				r.Before = func(ctx context.Context) error { k.add("gamma", kind); return before(ctx) }
				restored := false
				r.Restore = func(context.Context) error { restored = true; return nil }
				summary, err := r.Deploy(t.Context(), images("alpha", "one", "gamma", kind))
				if failure != "" {
					if err == nil || !strings.Contains(err.Error(), failure) || !restored || k.routes() != "one" {
						t.Errorf("%v, restored %v, the edges go by %q", err, restored, k.routes())
					}
					return
				}
				if err != nil || summary.Outcome != release.Released || k.routes() != "two" || k.traffic("gamma") != "gamma-00001=100" {
					t.Errorf("%s %v, the edges go by %q, %s", summary.Outcome, err, k.routes(), k.traffic("gamma"))
				}
			})
		})
	}
}

// The migration comes before the chart, so that a failed one has changed nothing.
func TestNothingIsUpgradedBeforeTheMigration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKnative(t, "alpha")
		k.edges("one")
		r := k.shipping("two")
		r.Migrate = true
		r.Before = func(context.Context) error { t.Error("the chart was upgraded"); return nil }
		if _, err := r.Deploy(t.Context(), images("alpha", "two")); err == nil || !strings.Contains(err.Error(), "neither a CronJob nor a Job") {
			t.Error(err)
		}
	})
}

// Whatever is released, refused, rolled back or killed in whatever order: once a command has
// ended well, or has said that it went back, the edges go by the routes of what answers.
func TestRoutesAndTrafficNeverPart(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0)) // a history that replays
			k := newKnative(t, "alpha", "beta")
			k.edges("one")
			told := []string{}
			for range 6 {
				kind := []string{"one", "two", "broken", "turns", "unready"}[random.IntN(5)]
				back, left := random.IntN(4) == 0, 0
				if random.IntN(3) == 0 {
					left = 1 + random.IntN(12)
				}
				writes := 0
				k.patching = func(context.Context, string) error {
					if writes++; left > 0 && writes >= left {
						k.dead.Store(true) // killed here: nothing that it tries succeeds
					}
					return nil
				}
				var err error
				if back {
					r := k.shipping("")
					_, err = r.Rollback(t.Context())
				} else {
					_, err = k.shipping(kind).Deploy(t.Context(), images("alpha", kind, "beta", "one"))
				}
				killed := k.dead.Swap(false)
				told = append(told, fmt.Sprintf("%s back=%v killed=%v: %v", kind, back, killed, err))
				if killed {
					time.Sleep(time.Minute) // the lock is free
					continue
				}
				if k.routes() != "" && k.routes() != k.answers("alpha") && !errors.Is(err, release.ErrRefused) {
					t.Fatalf("seed %d: %s answers and the edges go by %q:\n%s", seed, k.answers("alpha"), k.routes(), strings.Join(told, "\n"))
				}
			}
			if !slices.Contains([]string{"one", "two", "turns"}, k.answers("alpha")) {
				t.Errorf("seed %d: %s answers", seed, k.answers("alpha"))
			}
		})
	}
}

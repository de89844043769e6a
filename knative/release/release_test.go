package release_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	batch "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/madang-council/madang/knative/release"
)

func TestDeploy(t *testing.T) {
	for _, row := range []struct {
		name    string
		images  release.Images
		outcome release.Phase
		failure string // part of the error
		traffic string // alpha's afterwards
		answers string // alpha's
		changed string
	}{
		{"unchanged", images("alpha", "one", "beta", "one"), release.Unchanged, "", "alpha-00001=100", "one", ""},
		{"one changed", images("alpha", "two", "beta", "one"), release.Released, "", "alpha-00002=100 blue:alpha-00001=0", "two", "alpha"},
		{"both changed", images("alpha", "two", "beta", "two"), release.Released, "", "alpha-00002=100 blue:alpha-00001=0", "two", "alpha beta"},
		{"one left out", images("alpha", "two"), release.Released, "", "alpha-00002=100 blue:alpha-00001=0", "two", "alpha"},
		{"a new function without Service", images("alpha", "two", "gamma", "one"), release.Failed, "gamma: there is no such Service", "alpha-00001=100", "one", ""},
		{"not ready", images("alpha", "unready", "beta", "two"), release.Failed, "its probe fails", "alpha-00001=100", "one", "alpha beta"},
		{"5xx at the green address", images("alpha", "broken", "beta", "two"), release.Failed, "/v1/hello at green-alpha", "alpha-00001=100", "one", "alpha beta"},
		{"no problem document", images("alpha", "malformed", "beta", "two"), release.Failed, "not a problem document", "alpha-00001=100", "one", "alpha beta"},
		{"5xx after the switch", images("alpha", "turns", "beta", "two"), release.RolledBack, "/v1/hello at alpha", "alpha-00001=100", "one", "alpha beta"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKnative(t, "alpha", "beta")
				sum, err := k.rollout().Deploy(t.Context(), row.images)
				if (err == nil) != (row.failure == "") || err != nil && !strings.Contains(err.Error(), row.failure) {
					t.Errorf("error %v, want %q", err, row.failure)
				}
				if errors.Is(err, release.ErrRolledBack) != (row.outcome == release.RolledBack) {
					t.Errorf("error %v with outcome %s", err, row.outcome)
				}
				names := []string{}
				for _, c := range sum.Changed {
					names = append(names, c.Function)
				}
				if sum.Outcome != row.outcome || strings.Join(names, " ") != row.changed {
					t.Errorf("%s %v, want %s %s", sum.Outcome, names, row.outcome, row.changed)
				}
				if got := k.traffic("alpha"); got != row.traffic {
					t.Errorf("traffic %s, want %s", got, row.traffic)
				}
				if got := k.answers("alpha"); got != row.answers {
					t.Errorf("%q answers, want %q", got, row.answers)
				}
				if !strings.Contains(row.changed, "beta") || row.failure != "" {
					if got := k.traffic("beta"); got != "beta-00001=100" || k.answers("beta") != "one" {
						t.Errorf("beta's traffic %s", got)
					}
				}
				// Whatever happened, the template says what serves: a further release finds nothing to do.
				if row.failure != "" && row.changed != "" {
					for _, c := range sum.Changed {
						if _, err := k.serving.ServingV1().Revisions(namespace).Get(t.Context(), c.To, metav1.GetOptions{}); row.outcome == release.Failed && !apierrors.IsNotFound(err) {
							t.Errorf("%s is still there: %v", c.To, err)
						}
					}
					if again, err := k.rollout().Deploy(t.Context(), images("alpha", "one", "beta", "one")); err != nil || again.Outcome != release.Unchanged {
						t.Errorf("afterwards: %s %v", again.Outcome, err)
					}
				}
			})
		})
	}
}

func TestUnchangedIsNotTouched(t *testing.T) { synctest.Test(t, testUnchangedIsNotTouched) }

func testUnchangedIsNotTouched(t *testing.T) {
	k := newKnative(t, "alpha", "beta")
	if _, err := k.rollout().Pin(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := k.service("beta").Generation
	if _, err := k.rollout().Deploy(t.Context(), images("alpha", "two", "beta", "one")); err != nil {
		t.Fatal(err)
	}
	if after := k.service("beta").Generation; after != before {
		t.Errorf("generation %d, was %d", after, before)
	}
}

func TestTemplateOfTheChart(t *testing.T) { synctest.Test(t, testTemplateOfTheChart) }

func testTemplateOfTheChart(t *testing.T) {
	k := newKnative(t, "alpha")
	r := k.rollout()
	r.Before = func(ctx context.Context) error {
		svc := k.service("alpha")
		if got := k.traffic("alpha"); got != "alpha-00001=100" {
			t.Errorf("traffic while the chart is upgraded: %s", got)
		}
		svc.Spec.Template.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "SETTING", Value: "new"}}
		k.reconcile(svc)
		_, err := k.serving.ServingV1().Services(namespace).Update(ctx, svc, metav1.UpdateOptions{})
		return err
	}
	sum, err := r.Deploy(t.Context(), images("alpha", "one"))
	if err != nil || sum.Outcome != release.Released || k.traffic("alpha") != "alpha-00002=100 blue:alpha-00001=0" {
		t.Errorf("%s %v %s", sum.Outcome, err, k.traffic("alpha"))
	}
}

func TestHoldPromoteRollback(t *testing.T) { synctest.Test(t, testHoldPromoteRollback) }

func testHoldPromoteRollback(t *testing.T) {
	k := newKnative(t, "alpha", "beta")
	r := k.rollout()
	r.Hold = true
	expect := func(what string, sum release.Summary, err error, outcome release.Phase, alpha string) {
		t.Helper()
		if err != nil || sum.Outcome != outcome || k.traffic("alpha") != alpha {
			t.Errorf("%s: %s %v, traffic %s; want %s, %s", what, sum.Outcome, err, k.traffic("alpha"), outcome, alpha)
		}
	}
	sum, err := r.Deploy(t.Context(), images("alpha", "two", "beta", "one"))
	expect("hold", sum, err, release.Held, "blue:alpha-00001=100 green:latest=0")
	sum, err = k.rollout().Rollback(t.Context())
	expect("give up", sum, err, release.RolledBack, "alpha-00001=100")
	if _, err := k.rollout().Promote(t.Context()); err == nil {
		t.Error("promoted what was given up")
	}
	sum, err = r.Deploy(t.Context(), images("alpha", "two", "beta", "one"))
	expect("hold again", sum, err, release.Held, "blue:alpha-00001=100 green:latest=0")
	sum, err = k.rollout().Promote(t.Context())
	expect("promote", sum, err, release.Released, "alpha-00004=100 blue:alpha-00001=0") // 3 put the image back
	status, err := k.rollout().Status(t.Context())
	if err != nil || status.Last.Phase != release.Released || status.Functions[0].Image != imageOf("two") || !status.Functions[0].Pinned || status.Holder != "" {
		t.Errorf("%+v %v", status, err)
	}
	sum, err = k.rollout().Rollback(t.Context())
	expect("rollback", sum, err, release.RolledBack, "alpha-00001=100")
	if _, err := k.rollout().Rollback(t.Context()); err == nil {
		t.Error("rolled back twice")
	}
	if k.traffic("beta") != "beta-00001=100" {
		t.Error("beta was touched")
	}
}

func TestHeldAndChangedMeanwhile(t *testing.T) { synctest.Test(t, testHeldAndChangedMeanwhile) }

func testHeldAndChangedMeanwhile(t *testing.T) {
	k := newKnative(t, "alpha")
	r := k.rollout()
	r.Hold = true
	if _, err := r.Deploy(t.Context(), images("alpha", "two")); err != nil {
		t.Fatal(err)
	}
	svc := k.service("alpha")
	svc.Spec.Template.Spec.Containers[0].Image = imageOf("broken")
	k.reconcile(svc)
	if _, err := k.serving.ServingV1().Services(namespace).Update(t.Context(), svc, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.rollout().Promote(t.Context()); err == nil || k.answers("alpha") != "one" {
		t.Errorf("promoted what was not tested: %v, %s answers", err, k.answers("alpha"))
	}
}

func TestInterrupted(t *testing.T) {
	for _, moment := range []string{"before the switch", "after it"} {
		t.Run(moment, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKnative(t, "alpha", "beta")
				ctx, cancel := context.WithCancel(t.Context())
				r := k.rollout()
				if moment == "after it" {
					r.Watch = time.Minute
					time.AfterFunc(30*time.Second, cancel)
				} else {
					r.Smoke = func(context.Context, map[string]string) error { cancel(); return ctx.Err() }
				}
				sum, err := r.Deploy(ctx, images("alpha", "two", "beta", "two"))
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%s %v", sum.Outcome, err)
				}
				for _, name := range []string{"alpha", "beta"} {
					if got := k.traffic(name); got != name+"-00001=100" {
						t.Errorf("traffic %s", got)
					}
				}
				if status, err := k.rollout().Status(t.Context()); err != nil || status.Holder != "" || status.Last.Phase != release.RolledBack {
					t.Errorf("%+v %v", status, err)
				}
			})
		})
	}
}

// A killed process writes nothing any more, as one whose API server is away.
func TestKilled(t *testing.T) {
	for _, moment := range []string{"green", "switched"} {
		t.Run(moment, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKnative(t, "alpha", "beta")
				r := k.rollout()
				if moment == "green" {
					r.Smoke = func(context.Context, map[string]string) error { k.dead.Store(true); return errors.New("killed") }
				} else {
					r.Watch = time.Minute
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					time.AfterFunc(30*time.Second, func() { k.dead.Store(true); cancel() })
					_, err := r.Deploy(ctx, images("alpha", "two", "beta", "two"))
					if err == nil || k.answers("alpha") != "two" {
						t.Fatalf("%v, %s answers", err, k.answers("alpha"))
					}
				}
				if moment == "green" {
					if _, err := r.Deploy(t.Context(), images("alpha", "two", "beta", "two")); err == nil || k.answers("alpha") != "one" {
						t.Fatalf("%v, %s answers", err, k.answers("alpha"))
					}
				}
				k.dead.Store(false)
				if _, err := k.rollout().Deploy(t.Context(), images("alpha", "one")); !errors.Is(err, release.ErrRefused) {
					t.Errorf("while the lock is fresh: %v", err)
				}
				time.Sleep(31 * time.Second) // the lock of a dead release is free after 30
				// The next release wants one of the two: the other goes back.
				sum, err := k.rollout().Deploy(t.Context(), images("alpha", "two", "beta", "one"))
				if err != nil || sum.Outcome != release.Released {
					t.Errorf("%s %v", sum.Outcome, err)
				}
				if a, b := k.traffic("alpha"), k.traffic("beta"); a != "alpha-00002=100 blue:alpha-00001=0" || b != "beta-00001=100" {
					t.Errorf("traffic %s, %s: the Revision that was there is used again", a, b)
				}
			})
		})
	}
}

func TestTwoAtOnce(t *testing.T) { synctest.Test(t, testTwoAtOnce) }

func testTwoAtOnce(t *testing.T) {
	k := newKnative(t, "alpha")
	const many = 10
	var refused, released atomic.Int64
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			r := k.rollout()
			r.Smoke = func(context.Context, map[string]string) error {
				for end := time.Now().Add(5 * time.Second); refused.Load() < many-1 && time.Now().Before(end); {
					time.Sleep(5 * time.Millisecond)
				}
				return nil
			}
			switch _, err := r.Deploy(t.Context(), images("alpha", "two")); {
			case err == nil:
				released.Add(1)
			case errors.Is(err, release.ErrRefused):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if released.Load() != 1 || refused.Load() != many-1 {
		t.Errorf("%d released, %d refused", released.Load(), refused.Load())
	}
}

func TestTrafficByHand(t *testing.T) { synctest.Test(t, testTrafficByHand) }

func testTrafficByHand(t *testing.T) {
	k := newKnative(t, "alpha")
	r := k.rollout()
	r.Smoke = func(ctx context.Context, _ map[string]string) error {
		svc := k.service("alpha")
		svc.Spec.Traffic[0].Tag = "mine"
		k.reconcile(svc)
		_, err := k.serving.ServingV1().Services(namespace).Update(ctx, svc, metav1.UpdateOptions{})
		return err
	}
	_, err := r.Deploy(t.Context(), images("alpha", "two"))
	if err == nil || !strings.Contains(err.Error(), "somebody else changed its traffic") || k.answers("alpha") != "one" {
		t.Errorf("%v, %s answers", err, k.answers("alpha"))
	}
}

// Who is told that green failed can ask task trace for the request.
func TestSmokeSaysWhichRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKnative(t, "alpha")
		_, err := k.rollout().Deploy(t.Context(), images("alpha", "broken"))
		if err == nil || !strings.Contains(err.Error(), requestID) {
			t.Error(err)
		}
	})
}

func TestMigrate(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			k := newKnative(t, "alpha")
			r := k.rollout()
			r.Migrate = true
			_, err := r.Deploy(t.Context(), images("alpha", "two"))
			if err == nil || !strings.Contains(err.Error(), "neither a CronJob nor a Job") {
				t.Errorf("without the chart's: %v", err)
			}
			k.kube.PrependReactor("create", "jobs", func(a clienttesting.Action) (bool, runtime.Object, error) {
				create, _ := a.(clienttesting.CreateAction)
				job, _ := create.GetObject().(*batch.Job)
				if k.traffic("alpha") != "alpha-00001=100" {
					t.Errorf("green was there before the migration: %s", k.traffic("alpha"))
				}
				if got := job.Spec.Template.Spec.Containers[0].Image; got != imageOf("migrate") {
					t.Errorf("image %s", got)
				}
				kind := batch.JobComplete
				if fails {
					kind = batch.JobFailed
				}
				job.Status.Conditions = []batch.JobCondition{{Type: kind, Status: corev1.ConditionTrue, Message: "relation exists"}}
				return false, nil, nil
			})
			cron := &batch.CronJob{ObjectMeta: metav1.ObjectMeta{Name: "migrate", Namespace: namespace}}
			cron.Spec.JobTemplate.Spec.Template.Spec.Containers = []corev1.Container{{Name: "migrate"}}
			if _, err := k.kube.BatchV1().CronJobs(namespace).Create(t.Context(), cron, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			wanted := images("alpha", "two")
			wanted.Migrate = imageOf("migrate")
			sum, err := r.Deploy(t.Context(), wanted)
			names := []string{}
			for _, s := range sum.Steps {
				names = append(names, s.Name)
			}
			switch {
			case fails && (err == nil || !strings.Contains(err.Error(), "relation exists") || k.answers("alpha") != "one"):
				t.Errorf("%v, %s answers", err, k.answers("alpha"))
			case !fails && (err != nil || !slices.Equal(names[:4], []string{"migrate", "ask blue", "green 1", "smoke"})):
				t.Errorf("%v %v", names, err)
			}
		})
	}
}

func TestMetrics(t *testing.T) {
	for _, row := range []struct {
		name, answer, failure string
		optional              bool
	}{
		{"few", `{"status":"success","data":{"result":[{"value":[1,"0.009"]}]}}`, "", false},
		{"many", `{"status":"success","data":{"result":[{"value":[1,"0.02"]}]}}`, "2.00 % of the requests failed", false},
		{"nobody asked", `{"status":"success","data":{"result":[{"value":[1,"NaN"]}]}}`, "", false},
		{"no sample", `{"status":"success","data":{"result":[]}}`, "", false},
		{"refused", `{"status":"error","error":"parse error"}`, "parse error", false},
		{"away", `<html>`, "not Prometheus", false},
		{"the installation's own is away", `<html>`, "", true},
		{"the installation's own counts too many", `{"status":"success","data":{"result":[{"value":[1,"0.02"]}]}}`, "too many", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKnative(t, "alpha")
				k.prometheus = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if q := r.URL.Query().Get("query"); !strings.Contains(q, `{function=~"alpha",class="5xx"}[`) || strings.Contains(q, "{functions}") || strings.Contains(q, "{seconds}") {
						t.Errorf("query %s", q)
					}
					_, _ = w.Write([]byte(row.answer))
				})
				r := k.rollout()
				r.Metrics = &release.Metrics{Address: "http://prometheus", Most: 0.01, Optional: row.optional}
				_, err := r.Deploy(t.Context(), images("alpha", "two"))
				if (err == nil) != (row.failure == "") || err != nil && !strings.Contains(err.Error(), row.failure) {
					t.Errorf("%v, want %q", err, row.failure)
				}
			})
		})
	}
}

func TestParseImages(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("a", 64)
	for _, row := range []struct{ file, failure string }{
		{"images: {functions: {main: r.test/main" + digest + "}, migrate: r.test/migrate" + digest + "}", ""},
		{"images: {functions: {main: r.test/main:latest}}", "has no digest"},
		{"images: {functions: {main: r.test/main" + digest + "}, migrate: x}", "has no digest"},
		{"functions: {}", "no images.functions"},
		{"images: [", "images:"},
	} {
		_, err := release.ParseImages([]byte(row.file))
		if (err == nil) != (row.failure == "") || err != nil && !strings.Contains(err.Error(), row.failure) {
			t.Errorf("%s: %v, want %q", row.file, err, row.failure)
		}
	}
}

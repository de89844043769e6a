package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/madang-council/madang/tekton/pipelinetest"
)

// long is enough for a run with cold caches on a busy machine.
const long = 90 * time.Minute

// digits is how the name of a run says when: the digits of GitHub's time.
const digits = "20060102150405"

// TestStories tells all of them, one after another: they share the cluster.
func TestStories(t *testing.T) {
	w := open(t)
	for _, story := range []struct {
		name string
		tell func(*world)
	}{
		{"what the door and the listener refuse", refused},
		{"what the account of an environment may not do", confined},
		{"a good pull request", good},
		{"one that fails a test is blocked", failsTest},
		{"one that fails the quality gate is blocked", failsGate},
		{"a newer commit supersedes, and what is killed leaves nothing", killed},
		{"a fork gets no secrets", forked},
		{"a merge reaches all traffic", merged},
		{"a merge whose smoke test fails is rolled back by itself", rolledBack},
		{"a merge brings a function with its routes, and a rollback takes them back", brings},
	} {
		t.Run(story.name, func(t *testing.T) { story.tell(w.with(t)) })
	}
}

// commit writes files onto a branch from main, and returns the commit.
func (w *world) commit(branch string, files map[string]string) string {
	w.Helper()
	w.git(w.clone, "fetch", "-q", "origin")
	w.git(w.clone, "checkout", "-q", "-B", branch, "origin/main")
	return w.further(branch, files)
}

// further adds a commit to a branch that there is.
func (w *world) further(branch string, files map[string]string) string {
	w.Helper()
	for name, content := range files {
		path := filepath.Join(w.clone, name)
		w.must(os.MkdirAll(filepath.Dir(path), 0o755))
		w.must(os.WriteFile(path, []byte(content), 0o644))
	}
	w.git(w.clone, "add", "-A")
	w.git(w.clone, "commit", "-q", "-m", branch)
	w.git(w.clone, "push", "-q", "--force", "origin", branch)
	return w.git(w.clone, "rev-parse", "HEAD")
}

// pull opens a pull request on GitHub and returns it with the name of its run.
func (w *world) pull(number int, commit string) (pipelinetest.Pull, string) {
	w.Helper()
	p := pipelinetest.Pull{Number: number, State: "open", Head: commit, UpdatedAt: time.Now()}
	w.github.SetPull(p)
	w.deliver("pull_request", w.github.PullEvent("opened", p))
	return p, fmt.Sprintf("pr-%d-%s", number, commit[:12])
}

func (w *world) deliver(kind string, body []byte) {
	w.Helper()
	status, err := w.github.Deliver(w.ctx, w.door, kind, body)
	if err != nil || status != http.StatusAccepted {
		w.Fatalf("webhook %s: %d %v", kind, status, err)
	}
}

// states checks the newest statuses of a commit.
func (w *world) states(run, commit string, want map[string]string) {
	w.Helper()
	for stage, state := range want {
		if s := w.github.Status(commit, "madang/"+stage); s.State != state {
			w.Errorf("%s is %q, wanted %q", stage, s.State, state)
		}
	}
	w.Logf("statuses:\n%s", pipelinetest.Describe(w.github.Statuses(commit)))
	if w.Failed() {
		w.Log(w.logs(run))
	}
}

// gone checks that an environment has left nothing: the proof of env:destroy, made again
// by somebody else.
func (w *world) gone(environment string) {
	w.Helper()
	if _, err := w.kube.CoreV1().Namespaces().Get(w.ctx, "madang-"+environment, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		w.Errorf("namespace madang-%s: %v", environment, err)
	}
	w.task("env:destroy", "NAME="+environment) // fails with a list where something is left
}

func refused(w *world) {
	p := pipelinetest.Pull{Number: 90, State: "open", Head: strings.Repeat("a", 40), UpdatedAt: time.Now()}
	body := w.github.PullEvent("opened", p)
	header := func(signature string) http.Header {
		h := http.Header{"Content-Type": {"application/json"}, "X-GitHub-Event": {"pull_request"}}
		if signature != "" {
			h.Set("X-Hub-Signature-256", signature)
		}
		return h
	}
	large := append(slices.Clone(body[:len(body)-1]), []byte(`,"x":"`+strings.Repeat("x", 3<<20)+`"}`)...)
	for what, row := range map[string]struct {
		header http.Header
		body   []byte
		want   int
	}{
		"without signature": {header(""), body, http.StatusUnauthorized},
		"forged":            {header("sha256=" + strings.Repeat("0", 64)), body, http.StatusAccepted}, // by the listener, which makes nothing of it
		"too large":         {header("sha256=" + strings.Repeat("0", 64)), large, http.StatusRequestEntityTooLarge},
	} {
		if status, err := pipelinetest.Send(w.ctx, w.door, row.header, row.body); err != nil || status != row.want {
			w.Errorf("%s: %d %v, wanted %d", what, status, err, row.want)
		}
	}
	// One that is signed rightly, for a pull request that GitHub does not have any more, and
	// again: one run, which does nothing.
	p.Number, p.State = 91, "closed"
	w.github.SetPull(p)
	for range 5 {
		w.deliver("pull_request", w.github.PullEvent("opened", p))
	}
	run := w.ended("pr-91-aaaaaaaaaaaa", 5*time.Minute)
	if len(w.github.Statuses(p.Head)) > 0 || len(run.Status.SkippedTasks) == 0 {
		w.Errorf("it was judged: %v", w.github.Statuses(p.Head))
	}
	all, err := w.tekton.TektonV1().PipelineRuns(namespace).List(w.ctx, metav1.ListOptions{})
	w.must(err)
	if len(all.Items) != 1 {
		w.Errorf("%d runs", len(all.Items))
	}
}

// confined tries what code of a pull request might, as the account that it runs as.
func confined(w *world) {
	config := rest.CopyConfig(w.config)
	config.Impersonate.UserName = "system:serviceaccount:" + namespace + ":environment"
	config.Impersonate.Groups = []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"}
	as, err := kubernetes.NewForConfig(config)
	w.must(err)
	restricted := map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}
	create := func(name string, labels map[string]string) error {
		_, err := as.CoreV1().Namespaces().Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{})
		return err
	}
	secrets := func(namespace string) error {
		_, err := as.CoreV1().Secrets(namespace).List(w.ctx, metav1.ListOptions{})
		return err
	}
	pods := func(namespace string) error {
		_, err := as.CoreV1().Pods(namespace).Create(w.ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "x"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "x", Image: "x"}}}}, metav1.CreateOptions{})
		return err
	}
	bind := func(namespace string, role rbacv1.RoleRef, account string) error {
		binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "evil"}, RoleRef: role, Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "environment", Namespace: account}}}
		_, err := as.RbacV1().RoleBindings(namespace).Create(w.ctx, binding, metav1.CreateOptions{})
		return err
	}
	w.must(create("madang-pr-93", restricted))
	w.Cleanup(func() {
		if err := as.CoreV1().Namespaces().Delete(context.Background(), "madang-pr-93", metav1.DeleteOptions{}); err != nil {
			w.Error(err)
		}
	})
	w.must(bind("madang-pr-93", rbacv1.RoleRef{Kind: "ClusterRole", Name: "madang-environment"}, namespace))
	for { // what is refused from now on is refused by what it is
		asked, err := as.AuthorizationV1().SelfSubjectAccessReviews().Create(w.ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: "madang-pr-93", Verb: "create", Resource: "services"}},
		}, metav1.CreateOptions{})
		w.must(err)
		if asked.Status.Allowed {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	ingress := func(group, version string) error {
		host := "green-auth." + production + ".svc.cluster.local"
		body := fmt.Sprintf(`{"apiVersion":"%[1]s/%[2]s","kind":"Ingress","metadata":{"name":"x"},"spec":{"rules":[{"hosts":[%[3]q],"host":%[3]q}]}}`, group, version, host)
		return as.Discovery().RESTClient().Post().AbsPath("/apis/" + group + "/" + version + "/namespaces/madang-pr-93/ingresses").Body([]byte(body)).Do(w.ctx).Error()
	}
	service := func(spec corev1.ServiceSpec) error {
		spec.Ports = []corev1.ServicePort{{Port: 80}}
		_, err := as.CoreV1().Services("madang-pr-93").Create(w.ctx, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "x"}, Spec: spec}, metav1.CreateOptions{})
		return err
	}
	for what, err := range map[string]error{
		"production's names":             ingress("networking.internal.knative.dev", "v1alpha1"),
		"production's names elsewhere":   ingress("networking.k8s.io", "v1"),
		"another's address":              service(corev1.ServiceSpec{ExternalIPs: []string{"203.0.113.9"}}),
		"a load balancer":                service(corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer}),
		"a role in production":           bind(production, rbacv1.RoleRef{Kind: "ClusterRole", Name: "madang-environment"}, namespace),
		"a role for whom it is not":      bind("madang-pr-93", rbacv1.RoleRef{Kind: "ClusterRole", Name: "madang-environment"}, production),
		"a role of its own elsewhere":    bind(production, rbacv1.RoleRef{Kind: "Role", Name: "watch"}, production),
		"another namespace":              create("madang-evil", restricted),
		"a name that begins alike":       create("madang-pr-1-evil", restricted),
		"a namespace with free pods":     create("madang-pr-92", nil),
		"production's Secrets":           secrets(production),
		"the pipeline's Secrets":         secrets(namespace),
		"all Secrets":                    secrets(""),
		"a pod in production":            pods(production),
		"a pod in the pipeline":          pods(namespace),
		"the end of production":          as.CoreV1().Namespaces().Delete(w.ctx, production, metav1.DeleteOptions{}),
		"the end of the pipeline":        as.CoreV1().Namespaces().Delete(w.ctx, namespace, metav1.DeleteOptions{}),
		"Tekton's namespace":             as.CoreV1().Namespaces().Delete(w.ctx, "tekton-pipelines", metav1.DeleteOptions{}),
		"the policy that says all of it": as.AdmissionregistrationV1().ValidatingAdmissionPolicies().Delete(w.ctx, namespace+"-environments", metav1.DeleteOptions{}),
	} {
		if !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err) {
			w.Errorf("%s: %v", what, err)
		}
	}
}

func good(w *world) {
	commit := w.commit("good", map[string]string{"docs/story.md": "A good pull request changes a document.\n"})
	p, run := w.pull(1, commit)
	if got := w.ended(run, long); !got.IsSuccessful() {
		w.Errorf("the run: %v", got.Status.GetCondition("Succeeded"))
	}
	w.states(run, commit, map[string]string{"check": "success", "tests": "success", "quality": "success", "environment": "success", "verdict": "success"})
	first := map[string]string{}
	for _, s := range w.github.Statuses(commit) {
		if first[s.Context] == "" {
			first[s.Context] = s.State
		}
	}
	for context, state := range first {
		if state != "pending" {
			w.Errorf("%s was never pending", context)
		}
	}
	w.gone("pr-1")
	if a, there := w.sonar.Project("madang-pr-1"); !there || a.Version != commit || a.Coverage < 10 || a.Files < 50 {
		w.Errorf("SonarQube has %+v", a)
	}
	w.deliver("pull_request", w.github.PullEvent("opened", p)) // again: nothing new
	p.State, p.UpdatedAt = "closed", time.Now()
	w.github.SetPull(p)
	w.deliver("pull_request", w.github.PullEvent("closed", p))
	w.ended("closed-1-"+p.UpdatedAt.UTC().Format(digits), 10*time.Minute)
	if !w.sonar.Deleted("madang-pr-1") {
		w.Error("its project in SonarQube is still there")
	}
	runs, err := w.tekton.TektonV1().PipelineRuns(namespace).List(w.ctx, metav1.ListOptions{LabelSelector: "madang.kr/pull=1,madang.kr/kind=pull-request"})
	w.must(err)
	if len(runs.Items) != 1 {
		w.Errorf("the replayed webhook made a run: there are %d", len(runs.Items))
	}
}

func failsTest(w *world) {
	commit := w.commit("fails-test", map[string]string{"shared/text/story_test.go": "package text\n\nimport \"testing\"\n\nfunc TestStory(t *testing.T) { t.Error(\"as the story wants it\") }\n"})
	_, run := w.pull(2, commit)
	if got := w.ended(run, long); got.IsSuccessful() {
		w.Error("the run succeeded")
	}
	w.states(run, commit, map[string]string{"tests": "failure", "quality": "error", "environment": "error", "verdict": "failure"})
	if s := w.github.Status(commit, "madang/verdict"); !strings.Contains(s.Description, "TestStory fails in shared/text") || !strings.HasSuffix(s.TargetURL, "/"+run) {
		w.Errorf("the verdict does not say why: %+v", s)
	}
	w.gone("pr-2")
}

func failsGate(w *world) {
	w.sonar.Want("madang-pr-3", 99.9)
	commit := w.commit("fails-gate", map[string]string{"docs/story.md": "Nothing tests this.\n"})
	_, run := w.pull(3, commit)
	if got := w.ended(run, long); got.IsSuccessful() {
		w.Error("the run succeeded")
	}
	w.states(run, commit, map[string]string{"check": "success", "tests": "success", "quality": "failure", "environment": "error", "verdict": "failure"})
	if s := w.github.Status(commit, "madang/quality"); !strings.Contains(s.Description, "is below 99.9") || s.TargetURL != w.sonar.Dashboard("madang-pr-3") {
		w.Errorf("the gate does not say why: %+v", s)
	}
	if s := w.github.Status(commit, "madang/verdict"); !strings.Contains(s.Description, "quality gate: coverage") {
		w.Errorf("the verdict does not say why: %+v", s)
	}
	w.gone("pr-3")
}

// killed: a second commit comes while the first is judged; while the second one's
// environment is being made, its pod is deleted, as with a node, and begins again, and is
// then killed by the kubelet; when the pull request is opened again, its whole run is
// deleted in the middle.
func killed(w *world) {
	first := w.commit("killed", map[string]string{"docs/story.md": "One.\n"})
	p, run := w.pull(4, first)
	w.until("the first is under way", 10*time.Minute, func() bool { return w.github.Status(first, "madang/tests").Description == "under way" })
	p.Head = w.further("killed", map[string]string{"docs/story.md": "Two.\n"})
	w.github.SetPull(p)
	w.deliver("pull_request", w.github.PullEvent("synchronize", p))
	if got := w.ended(run, 15*time.Minute); got.Spec.Status != v1.PipelineRunSpecStatusCancelledRunFinally {
		w.Errorf("the first run was not cancelled: %q", got.Spec.Status)
	}
	w.states(run, first, map[string]string{"verdict": "failure"})

	second := fmt.Sprintf("pr-4-%s", p.Head[:12])
	made := w.made(second, "pr-4", "")
	now := int64(0)
	w.must(w.kube.CoreV1().Pods(namespace).DeleteCollection(w.ctx, metav1.DeleteOptions{GracePeriodSeconds: &now}, pods(second, "environment")))
	w.made(second, "pr-4", made)
	list, err := w.kube.CoreV1().Pods(namespace).List(w.ctx, pods(second, "environment"))
	w.must(err)
	for _, pod := range list.Items {
		_, err := w.kube.CoreV1().Pods(namespace).Patch(w.ctx, pod.Name, types.StrategicMergePatchType, []byte(`{"spec":{"activeDeadlineSeconds":1}}`), metav1.PatchOptions{})
		w.must(err)
	}
	if got := w.ended(second, 20*time.Minute); got.IsSuccessful() {
		w.Error("the killed run succeeded")
	}
	w.states(second, p.Head, map[string]string{"check": "success", "environment": "failure", "verdict": "failure"})
	w.gone("pr-4")

	p.UpdatedAt = time.Now().Add(time.Second)
	w.github.SetPull(p)
	w.deliver("pull_request", w.github.PullEvent("reopened", p))
	third := second + "-" + p.UpdatedAt.UTC().Format(digits)
	w.made(third, "pr-4", "")
	w.must(w.tekton.TektonV1().PipelineRuns(namespace).Delete(w.ctx, third, metav1.DeleteOptions{}))
	w.tidy()
	w.until("tidy has cleaned", 10*time.Minute, func() bool {
		_, err := w.kube.CoreV1().Namespaces().Get(w.ctx, "madang-pr-4", metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
	w.gone("pr-4")
}

// pods selects those of a run's stage.
func pods(run, stage string) metav1.ListOptions {
	return metav1.ListOptions{LabelSelector: "tekton.dev/pipelineTask=" + stage + ",tekton.dev/pipelineRun=" + run}
}

// made waits until a run makes an environment, another one than before, and returns which.
func (w *world) made(run, environment string, before types.UID) (made types.UID) {
	w.Helper()
	w.until("environment "+environment+" is being made", long, func() bool {
		r, err := w.tekton.TektonV1().PipelineRuns(namespace).Get(w.ctx, run, metav1.GetOptions{})
		if err == nil && r.IsDone() {
			w.Fatalf("%s ended before: %s\n%s", run, w.stages(run), w.logs(run))
		}
		n, err := w.kube.CoreV1().Namespaces().Get(w.ctx, "madang-"+environment, metav1.GetOptions{})
		if err != nil || n.UID == before {
			return false
		}
		made = n.UID
		found, err := w.kube.CoreV1().Pods("madang-"+environment).List(w.ctx, metav1.ListOptions{})
		return err == nil && len(found.Items) > 0
	})
	return made
}

// tidy runs the CronJob now.
func (w *world) tidy() {
	w.Helper()
	cron, err := w.kube.BatchV1().CronJobs(namespace).Get(w.ctx, "tidy", metav1.GetOptions{})
	w.must(err)
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{GenerateName: "tidy-now-", Labels: cron.Labels}, Spec: cron.Spec.JobTemplate.Spec}
	job, err = w.kube.BatchV1().Jobs(namespace).Create(w.ctx, job, metav1.CreateOptions{})
	w.must(err)
	w.until("tidy ends", 5*time.Minute, func() bool {
		job, err = w.kube.BatchV1().Jobs(namespace).Get(w.ctx, job.Name, metav1.GetOptions{})
		return err == nil && job.Status.Succeeded > 0
	})
}

// forked: the pod that has a fork's code has nothing else. What it does with it is the
// same as a pull request's, and is not waited for.
func forked(w *world) {
	commit := w.commit("forked", map[string]string{"docs/story.md": "From a fork.\n"})
	p := pipelinetest.Pull{Number: 5, State: "open", Head: commit, From: "somebody/madang", UpdatedAt: time.Now()}
	w.github.SetPull(p)
	w.deliver("pull_request", w.github.PullEvent("opened", p))
	run := "fork-5-" + commit[:12]
	var pod corev1.Pod
	w.until("the fork's pod is there", 10*time.Minute, func() bool {
		list, err := w.kube.CoreV1().Pods(namespace).List(w.ctx, pods(run, "fork"))
		if err != nil || len(list.Items) == 0 {
			return false
		}
		pod = list.Items[0]
		return true
	})
	for _, v := range pod.Spec.Volumes {
		if v.Secret != nil || v.Projected != nil || v.PersistentVolumeClaim != nil {
			w.Errorf("volume %+v", v)
		}
	}
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, e := range c.Env {
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
				w.Errorf("%s has %s", c.Name, e.Name)
			}
		}
	}
	p.State, p.UpdatedAt = "closed", time.Now()
	w.github.SetPull(p)
	w.deliver("pull_request", w.github.PullEvent("closed", p))
	if got := w.ended(run, 10*time.Minute); got.Spec.Status != v1.PipelineRunSpecStatusCancelledRunFinally {
		w.Errorf("closing did not end it: %q", got.Spec.Status)
	}
	w.states(run, commit, map[string]string{"verdict": "failure"})
}

// serves are the Revisions that have all traffic in production's place, by function.
func (w *world) serves() map[string]string {
	w.Helper()
	list, err := w.serving.ServingV1().Services(production).List(w.ctx, metav1.ListOptions{})
	w.must(err)
	found := map[string]string{}
	for _, s := range list.Items {
		for _, t := range s.Status.Traffic {
			if t.Percent != nil && *t.Percent == 100 {
				found[s.Name] = t.RevisionName
			}
		}
	}
	return found
}

// visitors ask production's edge ten times a second until stop is called, which returns
// how many asked and how many were not answered by a page.
func (w *world) visitors() (stop func() (all, failed int64)) {
	w.Helper()
	edge, err := w.kube.CoreV1().Services(production).Get(w.ctx, "edge", metav1.GetOptions{})
	w.must(err)
	var all, failed atomic.Int64
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for paths, i := []string{"/v1/main", "/v1/notices", "/v1/banners"}, 0; ctx.Err() == nil; i++ {
			r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, "http://"+edge.Spec.ClusterIP+paths[i%3], http.NoBody)
			if err != nil {
				return
			}
			all.Add(1)
			response, err := http.DefaultClient.Do(r)
			if err != nil || response.StatusCode != http.StatusOK {
				failed.Add(1)
			}
			if err == nil {
				_ = response.Body.Close()
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	return func() (int64, int64) {
		cancel()
		<-done
		return all.Load(), failed.Load()
	}
}

// changed is a function of whose program a story makes another one.
const changed = "banners"

// merge pushes to main and waits for the end of the run.
func (w *world) merge(files map[string]string) (commit string, run *v1.PipelineRun) {
	w.Helper()
	commit = w.commit("main", files)
	w.github.SetBranch("main", commit)
	w.deliver("push", w.github.PushEvent(commit))
	w.deliver("push", w.github.PushEvent(commit)) // GitHub may send twice
	return commit, w.ended("main-"+commit[:12], long)
}

func merged(w *world) {
	before := w.serves()
	stop := w.visitors()
	commit, run := w.merge(map[string]string{"functions/" + changed + "/story.go": "package " + changed + "\n\nimport \"log/slog\"\n\nfunc init() { slog.Debug(\"merged by a story\") }\n"})
	all, failed := stop()
	w.Logf("%d requests of visitors, %d not answered", all, failed)
	if !run.IsSuccessful() {
		w.Errorf("the run: %v", run.Status.GetCondition("Succeeded"))
	}
	w.states(run.Name, commit, map[string]string{"check": "success", "tests": "success", "quality": "success", "publish": "success", "release": "success", "verdict": "success"})
	if failed > 0 {
		w.Errorf("%d of %d visitors were not answered", failed, all)
	}
	for name, revision := range w.serves() {
		if (revision != before[name]) != (name == changed) {
			w.Errorf("%s: %s before, %s now", name, before[name], revision)
		}
	}
	if c := w.github.Comments(commit); len(c) != 1 || !strings.Contains(c[0], "**released**") || !strings.Contains(c[0], "| `"+changed+"` | `sha256:") || !strings.Contains(c[0], "| smoke | ") {
		w.Errorf("the summary: %q", c)
	} else {
		w.Log(c[0])
	}
}

// answers is the status of a path at production's edge.
func (w *world) answers(path string) int {
	w.Helper()
	edge, err := w.kube.CoreV1().Services(production).Get(w.ctx, "edge", metav1.GetOptions{})
	w.must(err)
	response, err := http.Get("http://" + edge.Spec.ClusterIP + path)
	w.must(err)
	w.must(response.Body.Close())
	return response.StatusCode
}

// brings merges a function that task new makes: its Service, its table, its routes and what
// the menus say of it arrive by the merge alone, and no visitor is led there before.
func brings(w *world) {
	const path = "/v1/umbrellas"
	if status := w.answers(path); status != http.StatusNotFound {
		w.Fatalf("%s is there before: %d", path, status)
	}
	w.git(w.clone, "fetch", "-q", "origin")
	w.git(w.clone, "checkout", "-q", "-B", "main", "origin/main")
	c := exec.Command("go", "tool", "-modfile=tools.mod", "task", "new", "--", "umbrellas", "-ko", "우산")
	c.Dir = w.clone
	if out, err := c.CombinedOutput(); err != nil {
		w.Fatalf("task new: %v\n%s", err, out)
	}
	before, stop := w.serves(), w.visitors()
	commit := w.further("main", nil)
	w.github.SetBranch("main", commit)
	w.deliver("push", w.github.PushEvent(commit))
	run := w.ended("main-"+commit[:12], long)
	if !run.IsSuccessful() {
		w.Errorf("the run: %v", run.Status.GetCondition("Succeeded"))
	}
	w.states(run.Name, commit, map[string]string{"release": "success", "verdict": "success"})
	if status := w.answers(path); status != http.StatusOK {
		w.Errorf("the new function's route: %d", status)
	}
	if w.serves()["umbrellas"] == "" {
		w.Error("the new function does not serve")
	}
	w.Log(w.task("rollback", "NAMESPACE="+production))
	if status := w.answers(path); status != http.StatusNotFound {
		w.Errorf("after the rollback: %d", status)
	}
	if all, failed := stop(); failed > 0 {
		w.Errorf("%d of %d visitors were not answered", failed, all)
	}
	for name, revision := range w.serves() {
		if was, there := before[name]; there && was != revision {
			w.Errorf("after the rollback %s is %s, was %s", name, revision, was)
		}
	}
}

// broken answers errors where it is deployed, and passes every test.
const broken = `package %s

import "syscall"

// deployed is only true where Knative runs it, so that no test sees what is broken.
func deployed() bool { _, there := syscall.Getenv("K_REVISION"); return there }
`

func rolledBack(w *world) {
	list, err := os.ReadFile(filepath.Join(w.clone, "functions", changed, "list.go"))
	w.must(err)
	signature := "(ctx context.Context, _ *listRequest) (*listResponse, error) {\n"
	if strings.Count(string(list), signature) != 1 {
		w.Fatal("the story does not know this function any more")
	}
	before := w.serves()
	stop := w.visitors()
	commit, run := w.merge(map[string]string{
		"functions/" + changed + "/story.go": fmt.Sprintf(broken, changed),
		"functions/" + changed + "/list.go":  strings.Replace(string(list), signature, signature+"\tif deployed() {\n\t\treturn nil, context.DeadlineExceeded\n\t}\n", 1),
	})
	all, failed := stop()
	w.Logf("%d requests of visitors, %d not answered", all, failed)
	if run.IsSuccessful() {
		w.Error("the run succeeded")
	}
	w.states(run.Name, commit, map[string]string{"tests": "success", "publish": "success", "release": "failure", "verdict": "failure"})
	if s := w.github.Status(commit, "madang/verdict"); !strings.Contains(s.Description, "smoke") {
		w.Errorf("the verdict does not say why: %+v", s)
	}
	if failed > 0 {
		w.Errorf("%d of %d visitors were not answered", failed, all)
	}
	if after := w.serves(); fmt.Sprint(after) != fmt.Sprint(before) {
		w.Errorf("%v before, %v now", before, after)
	}
	if c := w.github.Comments(commit); len(c) != 1 || !strings.Contains(c[0], "**failed**") {
		w.Errorf("the summary: %q", c)
	}
	// Who reads the verdict takes the commit back: the next merge must not bring it again.
	w.git(w.clone, "revert", "--no-edit", commit)
	w.git(w.clone, "push", "-q", "origin", "main")
	w.github.SetBranch("main", w.git(w.clone, "rev-parse", "HEAD"))
}

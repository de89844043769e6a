package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/remotecommand"
)

// environment is the one that MADANG_URL names, in the cluster of KUBECONFIG, in the
// namespace MADANG_NAMESPACE. Without it these stories are skipped with the reason: task
// e2e makes one and names it.
type environment struct {
	testing.TB
	target     *target
	namespace  string
	kubernetes kubernetes.Interface
	config     *rest.Config
	client     *http.Client
}

// with is the environment in a test of its own.
func (e *environment) with(t *testing.T) *environment {
	c := *e
	c.TB = t
	return &c
}

func openEnvironment(t testing.TB) *environment {
	t.Helper()
	if os.Getenv("MADANG_URL") == "" {
		t.Skip("MADANG_URL is not set: told on a cluster only (task e2e)")
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	e := &environment{TB: t, target: startTarget(t), namespace: os.Getenv("MADANG_NAMESPACE"), kubernetes: api, config: config, client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	if e.namespace == "" {
		t.Fatal("MADANG_NAMESPACE is not set")
	}
	return e
}

// pods are the running pods with a label, by name.
func (e *environment) pods(namespace, selector string) []string {
	e.Helper()
	list, err := e.kubernetes.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		e.Fatal(err)
	}
	names := []string{}
	for _, p := range list.Items {
		if p.DeletionTimestamp == nil && (p.Status.Phase == corev1.PodRunning || p.Status.Phase == corev1.PodPending) {
			names = append(names, p.Name)
		}
	}
	return names
}

// functionPods are the pods of functions.
func (e *environment) functionPods() []string {
	return e.pods(e.namespace, "serving.knative.dev/service")
}

// asleep waits until no pod of a function is there.
func (e *environment) asleep() {
	e.Helper()
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Second) {
		if len(e.functionPods()) == 0 {
			return
		}
	}
	e.Fatalf("functions never sleep: %v", e.functionPods())
}

// settled reads pages until each is kept and fresh: nothing is being rendered any more.
func (e *environment) settled(paths ...string) {
	e.Helper()
	for _, path := range paths {
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(1200 * time.Millisecond) {
			_, header, body, err := e.get(path, "")
			if s := header.Get("Cache-Status"); strings.HasPrefix(s, "madang; hit; ttl=") && !strings.Contains(s, "detail=") {
				break
			}
			if time.Now().After(deadline) {
				e.Fatalf("%s is never kept: %v %v %.300s", path, header, err, body)
			}
		}
	}
}

func (e *environment) kill(namespace string, pods ...string) {
	e.Helper()
	now := int64(0)
	for _, p := range pods {
		if err := e.kubernetes.CoreV1().Pods(namespace).Delete(context.Background(), p, metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
			e.Logf("kill %s: %v", p, err)
		}
	}
}

// crash ends a pod's server as a crash does: it recovers from its own files.
func (e *environment) crash(pod string) {
	e.Helper()
	if _, err := e.run(pod, "kill -QUIT 1"); err != nil {
		e.Logf("crash %s: %v", pod, err)
	}
}

// run runs a shell command in a pod and is what it printed.
func (e *environment) run(pod, command string) (string, error) {
	request := e.kubernetes.CoreV1().RESTClient().Post().Resource("pods").Namespace(e.namespace).Name(pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: []string{"sh", "-c", command}, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	executor, err := remotecommand.NewSPDYExecutor(e.config, http.MethodPost, request.URL())
	if err != nil {
		return "", err
	}
	var out, problems bytes.Buffer // two: they are written at the same time
	err = executor.StreamWithContext(context.Background(), remotecommand.StreamOptions{Stdout: &out, Stderr: &problems})
	return out.String() + problems.String(), err
}

// get reads a path, with headers as names and values in turn.
func (e *environment) get(path, token string, header ...string) (int, http.Header, string, error) {
	r, err := http.NewRequest(http.MethodGet, e.target.address+path, http.NoBody)
	if err != nil {
		return 0, nil, "", err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := e.client.Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, string(body), err
}

func (e *environment) signIn() string {
	e.Helper()
	body, _ := json.Marshal(map[string]string{"email": e.target.email, "password": e.target.password})
	response, err := e.client.Post(e.target.address+"/v1/auth/sessions", "application/json", strings.NewReader(string(body)))
	if err != nil {
		e.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var session struct {
		AccessToken string `json:"accessToken"`
	}
	if err := json.NewDecoder(response.Body).Decode(&session); err != nil || session.AccessToken == "" {
		e.Fatalf("sign in: %s %v", response.Status, err)
	}
	return session.AccessToken
}

// Functions sleep, visitors read without waking one, and a function wakes for what needs it.
func TestSleepAndWake(t *testing.T) {
	e := openEnvironment(t)
	e.settled("/v1/main", "/v1/notices", "/v1/banners")
	e.asleep()
	for i := range 300 {
		path := []string{"/v1/main", "/v1/notices", "/v1/banners"}[i%3]
		status, header, _, err := e.get(path, "")
		if status != http.StatusOK || !strings.HasPrefix(header.Get("Cache-Status"), "madang; hit") {
			t.Fatalf("%s while functions sleep: %d %q %v", path, status, header.Get("Cache-Status"), err)
		}
	}
	if pods := e.functionPods(); len(pods) != 0 {
		t.Errorf("visitors woke %v", pods)
	}
	began := time.Now()
	token := e.signIn()
	t.Logf("signing in woke auth in %v", time.Since(began))
	if status, header, _, _ := e.get("/v1/main", token); status != http.StatusOK || header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("a member's main page: %d %v", status, header)
	}
	if pods := e.functionPods(); len(pods) == 0 {
		t.Error("a member was answered by nobody")
	}
	e.asleep()
}

// load asks at a steady rate until stop, as from many addresses, and counts what was answered how.
type load struct {
	mu     sync.Mutex
	counts map[string]int
	bad    failures
	stop   chan struct{}
	group  sync.WaitGroup
}

// failure is a request that was not answered as it should be.
type failure struct {
	asked time.Time
	what  string
}

func (f failure) String() string { return f.asked.Format("15:04:05.0 ") + f.what }

// failures are all of them, of which the first are printed.
type failures []failure

func (l failures) String() string {
	const most = 20
	text := fmt.Sprint([]failure(l[:min(len(l), most)]))
	if len(l) > most {
		text += fmt.Sprintf(" and %d more", len(l)-most)
	}
	return text
}

// after are those of what was asked after a time.
func (l failures) after(t time.Time) failures {
	return slices.DeleteFunc(slices.Clone(l), func(f failure) bool { return f.asked.Before(t) })
}

// answered says that a request got what it asked for.
func answered(status int, _ http.Header) bool { return status == http.StatusOK }

// answeredOrLater says that it did, or was told when to ask again.
func answeredOrLater(status int, header http.Header) bool {
	return status == http.StatusOK || status == http.StatusServiceUnavailable && header.Get("Retry-After") != ""
}

func (e *environment) load(perSecond int, path, token string, good func(int, http.Header) bool) *load {
	l := &load{counts: map[string]int{}, stop: make(chan struct{})}
	l.group.Go(func() {
		ticker := time.NewTicker(time.Second / time.Duration(perSecond))
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-l.stop:
				return
			case <-ticker.C:
				l.group.Go(func() {
					asked := time.Now()
					status, header, body, err := e.get(path, token, "X-Forwarded-For", visitor(i)) // many people, each with limits of their own
					l.mu.Lock()
					defer l.mu.Unlock()
					l.counts[fmt.Sprint(status)]++
					if !good(status, header) {
						l.bad = append(l.bad, failure{asked, fmt.Sprintf("%d %q %v %.200s", status, header.Get("Retry-After"), err, body)})
					}
				})
			}
		}
	})
	return l
}

func (l *load) end() (total int, counts map[string]int, bad failures) {
	close(l.stop)
	l.group.Wait()
	for _, n := range l.counts {
		total += n
	}
	return total, l.counts, l.bad
}

// While pods of every kind are killed, every visitor is answered with a page; members get
// their answer or 503 with Retry-After, never another error, and what was saved is there.
func TestKills(t *testing.T) {
	e := openEnvironment(t)
	token := e.signIn()
	first := func(e *environment, namespace string, pods []string) { e.kill(namespace, pods[0]) }
	all := func(e *environment, namespace string, pods []string) { e.kill(namespace, pods...) }
	for _, row := range []struct {
		what, namespace, selector string
		kill                      func(*environment, string, []string)
	}{
		{"functions", e.namespace, "serving.knative.dev/service", all},
		{"one edge replica", e.namespace, "app.kubernetes.io/component=edge", first},
		{"Redis", e.namespace, "app.kubernetes.io/component=redis", first},
		{"PostgreSQL", e.namespace, "app.kubernetes.io/component=postgres", func(e *environment, _ string, pods []string) { e.crash(pods[0]) }},
		{"the activator", "knative-serving", "app=activator", first},
	} {
		t.Run(row.what, func(t *testing.T) {
			e := e.with(t)
			if status, _, body, _ := e.get("/v1/main", ""); status != http.StatusOK {
				t.Fatalf("before: %d %s", status, body)
			}
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
				if status, _, _, _ := e.get("/v1/members/me", token); status == http.StatusOK {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("members cannot be read before anything is killed")
				}
			}
			visitors := e.load(50, "/v1/main", "", answered)
			members := e.load(5, "/v1/members/me", token, answeredOrLater)
			time.Sleep(2 * time.Second)
			pods := e.pods(row.namespace, row.selector)
			if len(pods) == 0 {
				t.Fatalf("no pods of %s", row.what)
			}
			row.kill(e, row.namespace, pods)
			time.Sleep(15 * time.Second)
			total, counts, bad := visitors.end()
			ofMembers, memberCounts, badMembers := members.end()
			t.Logf("killed %v: visitors %d %v, members %d %v", pods, total, counts, ofMembers, memberCounts)
			if row.what == "one edge replica" { // connections to it break; nobody can answer those
				if failed := total - counts["200"]; failed*100 > total*5 {
					t.Errorf("visitors: %v %v", counts, bad)
				}
			} else if len(bad) > 0 {
				t.Errorf("visitors: %v %v", counts, bad)
			}
			if row.what != "one edge replica" && len(badMembers) > 0 {
				t.Errorf("members: %v %v", memberCounts, badMembers)
			}
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
				if status, _, _, _ := e.get("/v1/members/me", token); status == http.StatusOK {
					return
				}
				if time.Now().After(deadline) {
					t.Fatal("members are not answered again within a minute")
				}
			}
		})
	}
}

// In a quiet time visitors read pages and no pod of a function exists. The time is
// MADANG_QUIET (one hour before a release; the default keeps the story short).
func TestQuiet(t *testing.T) {
	e := openEnvironment(t)
	quiet := 2 * time.Minute
	if text := os.Getenv("MADANG_QUIET"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		quiet = d
	}
	e.settled("/v1/main", "/v1/notices")
	e.asleep()
	seen := map[string]bool{}
	reads := 0
	for end := time.Now().Add(quiet); time.Now().Before(end); time.Sleep(250 * time.Millisecond) {
		status, header, _, err := e.get([]string{"/v1/main", "/v1/notices"}[reads%2], "")
		reads++
		if status != http.StatusOK {
			t.Errorf("%d %v %v", status, header, err)
		}
		for _, p := range e.functionPods() {
			if !strings.HasPrefix(p, "sweep-") { // runs by its schedule, and sleeps again
				seen[p] = true
			}
		}
	}
	pods := []string{}
	for p := range seen {
		pods = append(pods, p)
	}
	slices.Sort(pods)
	if len(pods) > 0 {
		t.Errorf("in %v with %d reads these functions woke: %v", quiet, reads, pods)
	}
	t.Logf("%d reads in %v woke nobody", reads, quiet)
}

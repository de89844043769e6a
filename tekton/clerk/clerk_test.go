package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"github.com/tektoncd/pipeline/pkg/client/clientset/versioned/fake"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubefake "k8s.io/client-go/kubernetes/fake"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/madang-council/madang/tekton/pipelinetest"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// desk is a clerk with what it speaks to.
type desk struct {
	*clerk
	t      *testing.T
	github *pipelinetest.GitHub
	sonar  *pipelinetest.SonarQube
	log    string
	said   *bytes.Buffer
}

func newDesk(t *testing.T, runs ...*v1.PipelineRun) *desk {
	t.Helper()
	g := pipelinetest.NewGitHub("madang-council/madang", "token", "secret")
	s := pipelinetest.NewSonarQube("http://sonar.example", "sonar-token")
	hub, quality := httptest.NewServer(g.Handler()), httptest.NewServer(s.Handler())
	t.Cleanup(hub.Close)
	t.Cleanup(quality.Close)
	said := &bytes.Buffer{}
	client := fake.NewSimpleClientset()
	for _, r := range runs {
		r.Namespace = "pipeline"
		if _, err := client.TektonV1().PipelineRuns("pipeline").Create(t.Context(), r, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	pause := time.Millisecond
	return &desk{
		t: t, github: g, sonar: s, log: t.TempDir(), said: said,
		clerk: &clerk{
			settings: settings{Repository: g.Repository, Main: "main", Namespace: "pipeline", Run: "pr-7-0123456789ab", Commit: commit, RunLink: "https://tekton.example/{namespace}/{run}"},
			github:   github{client: http.DefaultClient, api: hub.URL, token: "token", repository: g.Repository, pause: pause},
			sonar:    sonarqube{client: http.DefaultClient, url: quality.URL, token: "sonar-token"},
			tekton:   client, kube: kubefake.NewClientset(), out: said, pause: pause,
		},
	}
}

func (d *desk) do(args ...string) error {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer cancel()
	return d.command(ctx, args)
}

func (d *desk) file(name, content string) string {
	d.t.Helper()
	path := filepath.Join(d.log, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		d.t.Fatal(err)
	}
	return path
}

func (d *desk) read(path string) string {
	d.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(content)
}

func (d *desk) status(stage, state, description string) {
	d.t.Helper()
	s := d.github.Status(commit, "madang/"+stage)
	if s.State != state || !strings.HasPrefix(s.Description, description) {
		d.t.Errorf("%s is %q %q, wanted %q %q", stage, s.State, s.Description, state, description)
	}
}

// pipelineRun is one of a pull request, which began so many seconds after the first.
func pipelineRun(name, kind, number string, second int, done bool) *v1.PipelineRun {
	r := &v1.PipelineRun{ObjectMeta: metav1.ObjectMeta{
		Name: name, CreationTimestamp: metav1.NewTime(time.Date(2026, 11, 24, 10, 0, second, 0, time.UTC)),
		Labels: map[string]string{kindLabel: kind, pullLabel: number, partLabel: part},
	}}
	if done {
		r.Status.Conditions = duckv1.Conditions{{Type: apis.ConditionSucceeded, Status: corev1.ConditionTrue}}
		r.Status.CompletionTime = &r.CreationTimestamp
	}
	return r
}

func TestBegin(t *testing.T) {
	for _, row := range []struct {
		name, state, head, want string
	}{
		{"the newest", "open", commit, "yes"},
		{"an older one", "open", strings.Repeat("b", 40), "superseded by bbbbbbbbbbbb"},
		{"closed", "closed", commit, "pull request 7 is closed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDesk(t, pipelineRun("pr-7-0123456789ab", "pull-request", "7", 5, false))
			d.github.SetPull(pipelinetest.Pull{Number: 7, State: row.state, Head: row.head})
			result := filepath.Join(d.log, "go")
			if err := d.do("begin", "-pull=7", "-result="+result, "check", "tests"); err != nil {
				t.Fatal(err)
			}
			if got := d.read(result); got != row.want {
				t.Errorf("%q, wanted %q", got, row.want)
			}
			if row.want != "yes" {
				if list := d.github.Statuses(commit); len(list) > 0 {
					t.Errorf("nobody wanted to know: %v", list)
				}
				return
			}
			for _, stage := range []string{"check", "tests", "verdict"} {
				d.status(stage, "pending", "waits")
			}
		})
	}
}

func TestBeginOfMain(t *testing.T) {
	d := newDesk(t)
	d.github.SetBranch("main", commit)
	result := filepath.Join(d.log, "go")
	if err := d.do("begin", "-pull=", "-result="+result, "check"); err != nil || d.read(result) != "yes" {
		t.Errorf("%v %q", err, d.read(result))
	}
	d.github.SetBranch("main", strings.Repeat("c", 40))
	if err := d.do("newest", "-out="+result); err != nil || d.read(result) != "superseded by cccccccccccc, which ships both" {
		t.Errorf("%v %q", err, d.read(result))
	}
}

// Older runs of the same pull request are cancelled and waited for; others are not touched.
func TestBeginEndsOlderRuns(t *testing.T) {
	d := newDesk(t,
		pipelineRun("pr-7-0123456789ab", "pull-request", "7", 5, false), pipelineRun("pr-7-older", "pull-request", "7", 1, false), pipelineRun("pr-7-done", "pull-request", "7", 0, true),
		pipelineRun("pr-7-newer", "pull-request", "7", 9, false), pipelineRun("pr-8-other", "pull-request", "8", 1, false), pipelineRun("closed-7", "closed", "7", 2, false))
	d.github.SetPull(pipelinetest.Pull{Number: 7, State: "open", Head: commit})
	ended := make(chan error, 1)
	result := filepath.Join(d.log, "go")
	go func() { ended <- d.do("begin", "-pull=7", "-result="+result, "check") }()
	runs := d.tekton.TektonV1().PipelineRuns("pipeline")
	end := func(name string) {
		for {
			r, err := runs.Get(t.Context(), name, metav1.GetOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			if name != "closed-7" && r.Spec.Status == "" {
				time.Sleep(time.Millisecond)
				continue
			}
			r.Status.Conditions = duckv1.Conditions{{Type: apis.ConditionSucceeded, Status: corev1.ConditionFalse}}
			if _, err := runs.Update(t.Context(), r, metav1.UpdateOptions{}); err != nil {
				t.Error(err)
			}
			return
		}
	}
	end("pr-7-older")
	select {
	case err := <-ended:
		t.Fatalf("it did not wait for what cleans up: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	end("closed-7")
	if err := <-ended; err != nil || d.read(result) != "yes" {
		t.Fatal(err)
	}
	for name, want := range map[string]v1.PipelineRunSpecStatus{"pr-7-older": v1.PipelineRunSpecStatusCancelledRunFinally, "pr-7-newer": "", "pr-8-other": "", "pr-7-done": "", "closed-7": "", "pr-7-0123456789ab": ""} {
		if r, err := runs.Get(t.Context(), name, metav1.GetOptions{}); err != nil || r.Spec.Status != want {
			t.Errorf("%s: %q %v", name, r.Spec.Status, err)
		}
	}
}

func TestReport(t *testing.T) {
	d := newDesk(t)
	if err := d.do("announce", "-stage=tests", "-log="+d.log); err != nil {
		t.Fatal(err)
	}
	d.status("tests", "pending", "under way")
	zero, one := d.file("zero", "0\n"), d.file("one", "1\n")
	d.file("race.log", "ok\n")
	d.file("cover.log", "ok  \tgithub.com/madang-council/madang/shared/text\n--- FAIL: TestStory (0.00s)\n    story_test.go:5: no\nFAIL\nFAIL\tgithub.com/madang-council/madang/shared/clock\t0.1s\nFAIL\ntask: Failed to run task \"cover\": exit status 1\n")
	if err := d.do("report", "-stage=tests", "-log="+d.log, "-command=cover="+zero, "-command=race="+zero); err != nil {
		t.Error(err)
	}
	d.status("tests", "success", "passed in")
	if err := d.do("report", "-stage=tests", "-log="+d.log, "-command=cover="+one, "-command=race="+zero); !errors.Is(err, errFailed) {
		t.Errorf("a failed command does not fail the stage: %v", err)
	}
	d.status("tests", "failure", "TestStory fails in shared/clock")
	if err := d.do("report", "-stage=tests", "-log="+d.log, "-command=cover="+filepath.Join(d.log, "absent")); err == nil {
		t.Error("without an exit code it passed")
	}
	d.file("deploy.log", "release: smoke: 500\nexit status 1\n")
	if err := d.do("report", "-stage=release", "-log="+d.log, "-command=deploy="+one); !errors.Is(err, errFailed) {
		t.Errorf("a failed release: %v", err)
	}
	d.status("release", "failure", "smoke: 500")
	d.file("superseded", "superseded by abc, which ships both")
	if err := d.do("report", "-stage=release", "-log="+d.log, "-release", "-command=deploy="+zero); err != nil {
		t.Error(err)
	}
	d.status("release", "success", "superseded by abc")
}

// What a commit leaves in the folder, whatever it is, makes no stage pass, has nothing of the
// clerk's said and waits for nobody.
func TestWhatACommitLeaves(t *testing.T) {
	const own = "ghp_of_the_clerk_alone"
	t.Setenv("GITHUB_TOKEN", own)
	shapes := map[string]func(d *desk, path string) error{
		"a link to a file":          func(d *desk, path string) error { return os.Symlink(d.file("token", own), path) },
		"a link to its environment": func(_ *desk, path string) error { return os.Symlink("/proc/self/environ", path) },
		"a link to nothing":         func(d *desk, path string) error { return os.Symlink(filepath.Join(d.log, "absent"), path) },
		"a folder":                  func(_ *desk, path string) error { return os.Mkdir(path, 0o755) },
		"a pipe that nobody writes": func(_ *desk, path string) error { return syscall.Mkfifo(path, 0o644) },
		"a summary, or that it is so": func(d *desk, path string) error {
			d.file(filepath.Base(path), `{"outcome":"**released**"}`)
			return nil
		},
		"far more than is read": func(d *desk, path string) error {
			d.file(filepath.Base(path), own+"\n"+strings.Repeat("x\n", most)+strings.Repeat("y", 500))
			return nil
		},
		"bytes that are no text": func(d *desk, path string) error { d.file(filepath.Base(path), "\xff\xfe"); return nil },
	}
	for shape, leave := range shapes {
		for _, name := range []string{"check.log", "superseded", "summary.json", begunFile} {
			for _, released := range []bool{false, true} {
				d := newDesk(t)
				d.file("check.log", "fails\n")
				one := d.file("one", "1")
				path := filepath.Join(d.log, name)
				if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
				if err := leave(d, path); err != nil {
					t.Fatal(err)
				}
				args := []string{"report", "-stage=check", "-log=" + d.log, "-command=check=" + one}
				if released {
					args = append(args, "-release")
				}
				err := d.do(args...)
				if !released && (!errors.Is(err, errFailed) || d.github.Status(commit, "madang/check").State != failure || len(d.github.Comments(commit)) > 0) {
					t.Errorf("%s is %s: %v, %+v, %v", name, shape, err, d.github.Status(commit, "madang/check"), d.github.Comments(commit))
				}
				all := d.said.String() + fmt.Sprint(err, d.github.Statuses(commit), d.github.Comments(commit))
				if strings.Contains(all, own) {
					t.Errorf("%s is %s: the clerk says what it alone has:\n%s", name, shape, all)
				}
				for line := range strings.Lines(d.said.String()) {
					if len([]rune(line)) > 200 {
						t.Errorf("%s is %s: it prints a line of %d characters", name, shape, len(line))
					}
				}
			}
		}
	}
}

func TestReason(t *testing.T) {
	for log, want := range map[string]string{
		"a.go:1:2: undefined: x\ntask: Failed to run task \"check\": exit status 1\n":                "a.go:1:2: undefined: x",
		"FAIL\tgithub.com/madang-council/madang/shared/text [build failed]\nFAIL\n":                  "tests fail in shared/text",
		"release: smoke: 500\nexit status 1\ntask: Failed to run task \"deploy\": exit status 1\n\n": "release: smoke: 500",
		"": "failed without a word",
		"    --- FAIL: TestA/sub (0.0s)\n--- FAIL: TestA\nFAIL\tgithub.com/madang-council/madang/knative/x\t1s": "TestA/sub fails in knative/x",
	} {
		if got := reason(log); got != want {
			t.Errorf("%q: %q, wanted %q", log, got, want)
		}
	}
}

func TestSummaryBelowTheCommit(t *testing.T) {
	d := newDesk(t)
	d.file("summary.json", `{"namespace":"madang","outcome":"released","started":"2026-11-24T10:00:00Z","seconds":41.2,"changed":[{"function":"alpha","from":"alpha-1","to":"alpha-2","fromImage":"r/alpha@sha256:1111111111111111","toImage":"r/alpha@sha256:2222222222222222"}],"unchanged":["beta"],"absent":[],"steps":[{"name":"smoke","seconds":1.5}]}`)
	if err := d.do("report", "-stage=release", "-log="+d.log, "-release", "-command=deploy="+d.file("zero", "0")); err != nil {
		t.Fatal(err)
	}
	c := d.github.Comments(commit)
	if len(c) != 1 {
		t.Fatalf("%d comments", len(c))
	}
	for _, want := range []string{"**released** in `madang` after 41.2 s", "| `alpha` | `sha256:111111111111…` | `sha256:222222222222…` |", "unchanged: beta", "| smoke | 1.5 |"} {
		if !strings.Contains(c[0], want) {
			t.Errorf("no %q in\n%s", want, c[0])
		}
	}
}

func TestGate(t *testing.T) {
	d := newDesk(t)
	report := d.file("report-task.txt", "projectKey=madang-pr-7\nserverUrl=http://sonar.example\ndashboardUrl=http://sonar.example/dashboard?id=madang-pr-7\nceTaskId=1\n")
	zero, one := d.file("zero", "0"), d.file("one", "1")
	if err := d.do("gate", "-exit="+zero, "-report="+report, "-log="+d.log); err == nil || errors.Is(err, errFailed) {
		t.Errorf("a project that SonarQube does not know: %v", err)
	}
	d.status("quality", "error", "SonarQube does not say")
	analyse(t, d, "madang-pr-7", 61.25)
	if err := d.do("gate", "-exit="+zero, "-report="+report, "-log="+d.log); err != nil {
		t.Error(err)
	}
	d.status("quality", "success", "quality gate passed")
	d.sonar.Want("madang-pr-7", 80)
	if err := d.do("gate", "-exit="+one, "-report="+report, "-log="+d.log); !errors.Is(err, errFailed) {
		t.Error(err)
	}
	d.status("quality", "failure", "quality gate: coverage 61.2 is below 80")
	if link := d.github.Status(commit, "madang/quality").TargetURL; link != "http://sonar.example/dashboard?id=madang-pr-7" {
		t.Errorf("the link is %q", link)
	}
	if err := d.do("gate", "-exit="+one, "-report="+filepath.Join(d.log, "absent"), "-log="+d.log); !errors.Is(err, errFailed) {
		t.Error(err)
	}
	d.status("quality", "failure", "the scanner failed")
}

// analyse submits an analysis as the stand-in's scanner does.
func analyse(t *testing.T, d *desk, project string, coverage float64) {
	t.Helper()
	body := fmt.Sprintf("--x\r\nContent-Disposition: form-data; name=\"report\"; filename=\"r\"\r\n\r\n{\"project\":%q,\"coverage\":%g}\r\n--x--\r\n", project, coverage)
	r := httptest.NewRequest(http.MethodPost, "/api/ce/submit?projectKey="+project, strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.Header.Set("Authorization", "Bearer sonar-token")
	w := httptest.NewRecorder()
	if d.sonar.Handler().ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

func TestVerdict(t *testing.T) {
	for _, row := range []struct {
		name   string
		before map[string]string // what stages said
		stages []string
		note   string
		want   map[string]string
		why    string
	}{
		{"all passed", map[string]string{"check": "success", "tests": "success"}, []string{"check=Succeeded", "tests=Succeeded"}, "", map[string]string{"verdict": "success"}, "all 2 stages passed"},
		{"one failed", map[string]string{"check": "success", "tests": "failure", "quality": "pending"}, []string{"check=Succeeded", "tests=Failed", "quality=None"}, "", map[string]string{"quality": "error", "verdict": "failure"}, "tests: it said so"},
		{"killed", map[string]string{"check": "pending"}, []string{"check=Failed"}, "", map[string]string{"check": "failure", "verdict": "failure"}, "check: ended without a result"},
		{"the reason is a failure, not what did not run", map[string]string{"check": "pending", "tests": "failure"}, []string{"check=None", "tests=Failed"}, "", map[string]string{"check": "error", "verdict": "failure"}, "tests: it said so"},
		{"nothing ran", map[string]string{"check": "pending"}, []string{"check=None"}, "", map[string]string{"check": "error", "verdict": "failure"}, "check: did not run"},
		{"a fork", map[string]string{"fork": "pending"}, []string{"fork=Succeeded"}, "wait for a maintainer", map[string]string{"fork": "success", "verdict": "pending"}, "wait for a maintainer"},
		{"a fork that fails", map[string]string{"fork": "pending"}, []string{"fork=Failed"}, "wait for a maintainer", map[string]string{"fork": "failure", "verdict": "failure"}, "fork: ended without"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDesk(t)
			for stage, state := range row.before {
				if err := d.post(t.Context(), stage, state, "", "it said so"); err != nil {
					t.Fatal(err)
				}
			}
			if err := d.do(append([]string{"verdict", "-note=" + row.note}, row.stages...)...); err != nil {
				t.Fatal(err)
			}
			for stage, state := range row.want {
				d.status(stage, state, "")
			}
			d.status("verdict", row.want["verdict"], row.why)
		})
	}
}

func TestClose(t *testing.T) {
	d := newDesk(t, pipelineRun("pr-7-0123456789ab", "closed", "7", 5, false), pipelineRun("pr-8-other", "pull-request", "8", 0, false))
	result := filepath.Join(d.log, "go")
	d.github.SetPull(pipelinetest.Pull{Number: 7, State: "open", Head: commit})
	analyse(t, d, "madang-pr-7", 50)
	if err := d.do("close", "-pull=7", "-project=madang-pr-7", "-result="+result); err != nil || d.read(result) == "yes" || d.sonar.Deleted("madang-pr-7") {
		t.Errorf("an open one was closed: %v", err)
	}
	d.github.SetPull(pipelinetest.Pull{Number: 7, State: "closed", Head: commit})
	for range 2 { // what is gone is no error
		if err := d.do("close", "-pull=7", "-project=madang-pr-7", "-result="+result); err != nil || d.read(result) != "yes" || !d.sonar.Deleted("madang-pr-7") {
			t.Error(err)
		}
	}
}

func TestTidy(t *testing.T) {
	d := newDesk(t, pipelineRun("old", "main", "", 0, true), pipelineRun("pr-7-x", "pull-request", "7", 0, false))
	for _, name := range []string{"pr-7", "pr-8", "sori", "pr-x"} {
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "madang-" + name, Labels: map[string]string{environmentLabel: name}}}
		if _, err := d.kube.CoreV1().Namespaces().Create(t.Context(), n, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.do("tidy", "-keep=1h"); err != nil {
		t.Fatal(err)
	}
	list, err := d.tekton.TektonV1().PipelineRuns("pipeline").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cleaned := []string{}
	for _, r := range list.Items {
		if r.Name == "old" {
			t.Error("what ended long ago is still there")
		}
		if r.Labels[kindLabel] == "clean" {
			cleaned = append(cleaned, r.Spec.Params[0].Value.StringVal)
			r.Name = "clean"
			r.SetDefaults(t.Context())
			if err := r.Validate(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	if fmt.Sprint(cleaned) != "[pr-8]" {
		t.Errorf("cleaned %v", cleaned)
	}
}

// GitHub's own troubles are waited for; what it refuses is not asked again.
func TestGitHubAway(t *testing.T) {
	d := newDesk(t)
	d.github.Fail(tries - 1)
	if err := d.do("announce", "-stage=check", "-log="+d.log); err != nil {
		t.Error(err)
	}
	d.github.Fail(tries)
	if err := d.do("announce", "-stage=check", "-log="+d.log); err == nil || !strings.Contains(err.Error(), "502") {
		t.Error(err)
	}
	d.clerk.github.token = "another"
	if err := d.do("announce", "-stage=check", "-log="+d.log); err == nil || !strings.Contains(err.Error(), "401") {
		t.Error(err)
	}
}

func TestOrdersThatMakeNoSense(t *testing.T) {
	for _, args := range [][]string{{}, {"judge"}, {"begin", "-pull=x"}, {"report", "-command=x"}, {"verdict", "check"}, {"tidy", "-keep=x"}} {
		if err := newDesk(t).do(args...); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}

func TestDescriptionsAreShort(t *testing.T) {
	d := newDesk(t)
	if err := d.post(t.Context(), "check", "failure", "", strings.Repeat("가", 500)); err != nil {
		t.Error(err)
	}
}

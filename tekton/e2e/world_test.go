// Package e2e tells the way of a commit to a real cluster: webhooks are sent, Tekton runs
// the pipeline that the chart installs, with the project itself as the repository. Only
// what is not there is stood in for: GitHub, SonarQube and its scanner (pipelinetest).
//
// It needs a cluster with Knative and Tekton that KUBECONFIG names, REGISTRY (host:port of
// a registry whose host is this machine, as pods reach it) with the images that README.md
// names, ko and git, and S3_* of an object storage that pods reach, too. PIPELINE_CACHE keeps what builds left from one time to the next.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	tekton "github.com/tektoncd/pipeline/pkg/client/clientset/versioned"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	serving "knative.dev/serving/pkg/client/clientset/versioned"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/tekton/pipelinetest"
)

const (
	namespace  = "madang-pipeline"
	production = "madang-merged" // an environment in production's place
	repository = "madang-council/madang"
	class      = "pipeline-test" // of the volumes
	root       = "../.."
	user       = 65532 // whom steps run as
)

// world is all that a story meets.
type world struct {
	*testing.T
	ctx     context.Context
	dir     string // of this time; removed afterwards
	node    string // this machine, as pods reach it
	config  *rest.Config
	kube    kubernetes.Interface
	tekton  tekton.Interface
	serving serving.Interface
	github  *pipelinetest.GitHub
	sonar   *pipelinetest.SonarQube
	door    string
	clone   string // where stories commit
}

// open makes the world, and takes it down after the test.
func open(t *testing.T) *world {
	t.Helper()
	registry := os.Getenv("REGISTRY")
	if os.Getenv("KUBECONFIG") == "" || registry == "" {
		t.Skip("KUBECONFIG and REGISTRY are not set: told on a cluster only (task pipeline:e2e)")
	}
	for _, variable := range []string{"S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY"} {
		if os.Getenv(variable) == "" {
			t.Fatalf("%s is not set", variable)
		}
	}
	node, _, err := net.SplitHostPort(registry)
	if err != nil {
		t.Fatalf("REGISTRY: %v", err)
	}
	w := &world{T: t, ctx: t.Context(), dir: t.TempDir(), node: node}
	w.connect()
	w.repository()
	w.standIns()
	w.volumes()
	w.flags()
	w.install(registry)
	return w
}

// with is the world in a story of its own.
func (w *world) with(t *testing.T) *world {
	c := *w
	c.T, c.ctx = t, t.Context()
	return &c
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) connect() {
	w.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	w.must(err)
	config.QPS, config.Burst = 50, 100
	w.config = config
	w.kube, err = kubernetes.NewForConfig(config)
	w.must(err)
	w.tekton, err = tekton.NewForConfig(config)
	w.must(err)
	w.serving, err = serving.NewForConfig(config)
	w.must(err)
}

// run runs a command in the project's folder and shows what it says.
func (w *world) run(env []string, command string, args ...string) string {
	w.Helper()
	out, err := w.try(env, command, args...)
	if err != nil {
		w.Fatalf("%s %s: %v\n%s", command, strings.Join(args, " "), err, out)
	}
	return out
}

func (w *world) try(env []string, command string, args ...string) (string, error) {
	c := exec.Command(command, args...)
	c.Dir, c.Env = root, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	return string(out), err
}

func (w *world) task(args ...string) string {
	w.Helper()
	return w.run([]string{"S3_ENDPOINT=" + w.storage()}, "go", append([]string{"tool", "-modfile=tools.mod", "task"}, args...)...)
}

// storage is the object storage as pods and this machine reach it.
func (w *world) storage() string {
	return strings.Replace(os.Getenv("S3_ENDPOINT"), "127.0.0.1", w.node, 1)
}

func (w *world) git(dir string, args ...string) string {
	w.Helper()
	out, err := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Story", "-c", "user.email=story@example.com"}, args...)...).CombinedOutput()
	if err != nil {
		w.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// gitPort is where the repository is served.
const gitPort = "29418"

// repository is the project at its commit, served to pods, and a clone to commit in.
func (w *world) repository() {
	w.Helper()
	bare := filepath.Join(w.dir, "git", repository+".git")
	w.clone = filepath.Join(w.dir, "clone")
	w.git(root, "clone", "-q", "--bare", "--no-hardlinks", ".", bare)
	w.git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
	w.git(root, "push", "-q", "--force", bare, "HEAD:refs/heads/main")
	w.git(root, "clone", "-q", "--branch", "main", bare, w.clone)
	program := filepath.Join(w.git(root, "--exec-path"), "git-daemon") // "git daemon" would start it as a child, which outlives it
	daemon := exec.Command(program, "--export-all", "--reuseaddr", "--base-path="+filepath.Join(w.dir, "git"), "--listen="+w.node, "--port="+gitPort)
	w.must(daemon.Start())
	w.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })
	head := w.git(root, "rev-parse", "HEAD")
	w.until("the repository is served", 10*time.Second, func() bool {
		served, err := exec.Command("git", "ls-remote", "git://"+net.JoinHostPort(w.node, gitPort)+"/"+repository+".git", "refs/heads/main").Output()
		return err == nil && strings.HasPrefix(string(served), head)
	})
}

// standIns serve GitHub, SonarQube and Go's modules, which pods cannot reach.
func (w *world) standIns() {
	w.Helper()
	w.github = pipelinetest.NewGitHub(repository, "github-token-of-the-stories", "webhook-secret-of-the-stories")
	w.github.SetBranch("main", w.git(w.clone, "rev-parse", "HEAD"))
	w.serve("8081", w.github.Handler())
	w.sonar = pipelinetest.NewSonarQube("http://"+w.node+":9000", "sonar-token-of-the-stories")
	w.serve("9000", w.sonar.Handler())
	modules := strings.TrimSpace(w.run(nil, "go", "env", "GOMODCACHE"))
	for _, file := range []string{"go.mod", "tools.mod"} {
		w.run(nil, "go", "mod", "download", "-modfile="+file)
	}
	w.serve("8082", http.FileServer(http.Dir(filepath.Join(modules, "cache", "download"))))
}

func (w *world) serve(port string, h http.Handler) {
	w.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(w.node, port))
	w.must(err)
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(listener) }()
	w.Cleanup(func() { _ = s.Close() })
}

// volumes are two folders of this machine: the cluster has no storage of its own.
func (w *world) volumes() {
	w.Helper()
	base := os.Getenv("PIPELINE_CACHE")
	if base == "" {
		cache, err := os.UserCacheDir()
		w.must(err)
		base = filepath.Join(cache, "madang-pipeline")
	}
	retain, wait := corev1.PersistentVolumeReclaimRetain, storagev1.VolumeBindingWaitForFirstConsumer
	made, err := w.kube.StorageV1().StorageClasses().Create(w.ctx, &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: class}, Provisioner: "kubernetes.io/no-provisioner", ReclaimPolicy: &retain, VolumeBindingMode: &wait,
	}, metav1.CreateOptions{})
	w.must(err)
	w.Cleanup(func() {
		if err := w.kube.StorageV1().StorageClasses().Delete(context.Background(), made.Name, metav1.DeleteOptions{}); err != nil {
			w.Error(err)
		}
	})
	for _, degree := range []string{"main", "pull-request"} {
		path := filepath.Join(base, degree)
		w.must(os.MkdirAll(path, 0o755))
		w.packages(filepath.Join(path, "npm"))
		w.must(os.Chown(path, user, user))
		w.run(nil, "chown", "-R", fmt.Sprintf("%d:%d", user, user), filepath.Join(path, "npm"))
		directory := corev1.HostPathDirectory
		volume := &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: class + "-" + degree},
			Spec: corev1.PersistentVolumeSpec{
				StorageClassName: class, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				Capacity:                      corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("10Gi")},
				PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
				PersistentVolumeSource:        corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path, Type: &directory}},
				ClaimRef:                      &corev1.ObjectReference{Namespace: namespace, Name: "cache-" + degree},
			},
		}
		_, err := w.kube.CoreV1().PersistentVolumes().Create(w.ctx, volume, metav1.CreateOptions{})
		w.must(err)
		w.Cleanup(func() {
			err := w.kube.CoreV1().PersistentVolumes().Delete(context.Background(), volume.Name, metav1.DeleteOptions{})
			if err != nil {
				w.Error(err)
			}
		})
	}
}

// packages puts what npm installs in the tests into a cache, since pods cannot ask for it:
// by the version of npm that is in the image of the steps, as another one asks for other things.
func (w *world) packages(cache string) {
	w.Helper()
	for _, folder := range []string{"knative/browser/testdata/checkers", "shared/ui/desk/npm"} {
		dir := w.TempDir()
		for _, file := range []string{"package.json", "package-lock.json"} {
			content, err := os.ReadFile(filepath.Join(root, folder, file))
			w.must(err)
			w.must(os.WriteFile(filepath.Join(dir, file), content, 0o644))
		}
		w.run(nil, "npm", "exec", "--yes", "--package=npm@9.2.0", "--", "npm", "ci", "--prefix", dir, "--cache", cache, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	}
}

// flags are the settings of Tekton that docs/operating.md asks for.
func (w *world) flags() {
	w.Helper()
	maps := w.kube.CoreV1().ConfigMaps("tekton-pipelines")
	before, err := maps.Get(w.ctx, "feature-flags", metav1.GetOptions{})
	w.must(err)
	set := func(ctx context.Context, security, coschedule string) error {
		patch := fmt.Appendf(nil, `{"data":{"set-security-context":%q,"coschedule":%q}}`, security, coschedule)
		_, err := maps.Patch(ctx, "feature-flags", types.MergePatchType, patch, metav1.PatchOptions{})
		return err
	}
	w.must(set(w.ctx, "true", "disabled"))
	w.Cleanup(func() {
		if err := set(context.Background(), before.Data["set-security-context"], before.Data["coschedule"]); err != nil {
			w.Error(err)
		}
	})
}

// image is a reference by digest.
func (w *world) image(reference string) string {
	w.Helper()
	parsed, err := name.ParseReference(reference, name.Insecure)
	w.must(err)
	found, err := remote.Head(parsed, remote.WithContext(w.ctx))
	w.must(err)
	return parsed.Context().Digest(found.Digest.String()).Name()
}

// install publishes and installs the functions in production's place and the pipeline, by
// the commands that an operator uses.
func (w *world) install(registry string) {
	w.Helper()
	debian, golang := w.image(registry+"/debian:bookworm"), w.image(registry+"/steps:bookworm")
	servers := map[string]any{"images": map[string]any{"edge": debian, "redis": debian, "postgres": debian, "prometheus": debian}, "monitoring": map[string]any{"alertmanager": map[string]any{"own": false}},
		"network": map[string]any{"servers": w.servers(registry)}} // Knative's gateway may be one of this machine, which is no pod
	test := map[string]any{}
	content, err := os.ReadFile(filepath.Join(root, "knative/chart/values-test.yaml"))
	w.must(err)
	w.must(yaml.Unmarshal(content, &test))
	images := filepath.Join(w.dir, "images.yaml")
	w.Log("publishing and installing what is in production's place")
	w.task("publish", "REGISTRY="+registry+"/madang", "BASE="+registry+"/base:latest", "--", "-insecure", "-out", images)
	w.Cleanup(func() { w.Log(w.task("env:destroy", "NAME=merged")) })
	w.task("env:create", "NAME=merged", "VALUES=knative/chart/values-test.yaml,"+w.file("servers.yaml", servers), "--", "-images", images)

	w.Log("publishing and installing the pipeline")
	own := filepath.Join(w.dir, "pipeline-images.yaml")
	w.must(os.WriteFile(own, []byte(w.published(registry)), 0o644))
	test["images"], test["network"] = servers["images"], servers["network"]
	values := map[string]any{
		"repository": map[string]any{"name": repository, "url": "git://" + w.node + ":" + gitPort + "/" + repository + ".git", "api": "http://" + w.node + ":8081"},
		"links":      map[string]any{"run": "http://tekton.example/{namespace}/{run}"},
		"images":     map[string]any{"go": golang, "postgres": debian, "redis": debian, "door": debian, "scanner": w.scanner(registry)},
		"scanner":    map[string]any{"command": []string{"/ko-app/scanner"}},
		"sonar":      map[string]any{"url": w.sonar.URL},
		"registry": map[string]any{
			"main": map[string]any{"address": registry + "/madang", "base": registry + "/base:latest"}, "pullRequests": map[string]any{"address": registry + "/madang-pr", "base": registry + "/base:latest"},
			"arguments": "-insecure",
		},
		"go":           map[string]any{"proxy": "http://" + w.node + ":8082", "sumdb": "off"},
		"storage":      map[string]any{"endpoint": w.storage()},
		"environments": map[string]any{"values": test},
		"release":      map[string]any{"namespace": production, "arguments": "-watch 10s"},
		"network":      map[string]any{"servers": w.servers(registry)}, // this machine's
		"secrets": map[string]any{
			"webhookSecret": w.github.WebhookSecret, "githubToken": w.github.Token, "sonarToken": w.sonar.Token,
			"storageAccessKey": os.Getenv("S3_ACCESS_KEY"), "storageSecretKey": os.Getenv("S3_SECRET_KEY"),
		},
	}
	w.Cleanup(w.uninstall)
	w.task("pipeline:install", "IMAGES="+own, "VALUES=tekton/chart/values-test.yaml,"+w.file("pipeline.yaml", values))
	w.until("the EventListener is ready", 3*time.Minute, func() bool {
		d, err := w.kube.AppsV1().Deployments(namespace).Get(w.ctx, "el-github", metav1.GetOptions{})
		return err == nil && d.Status.AvailableReplicas > 0
	})
	door, err := w.kube.CoreV1().Services(namespace).Get(w.ctx, "door", metav1.GetOptions{})
	w.must(err)
	w.door = "http://" + door.Spec.ClusterIP + "/github"
	forged := http.Header{"Content-Type": {"application/json"}, "X-GitHub-Event": {"push"}, "X-Hub-Signature-256": {"sha256=" + strings.Repeat("0", 64)}}
	w.until("the listener answers through the door", 5*time.Minute, func() bool {
		status, err := pipelinetest.Send(w.ctx, w.door, forged, []byte("{}"))
		return err == nil && status == http.StatusAccepted
	})
}

// servers are the addresses of what is stood in for, as network policies name them.
func (w *world) servers(registry string) []any {
	found, list := map[string]bool{w.node: true}, []any{}
	for _, at := range []string{registry, strings.TrimPrefix(strings.TrimPrefix(w.storage(), "https://"), "http://")} {
		host, _, _ := strings.Cut(at, ":")
		if _, err := netip.ParseAddr(host); err == nil {
			found[host] = true
		}
	}
	for _, host := range slices.Sorted(maps.Keys(found)) {
		list = append(list, map[string]any{"cidr": host + "/32"})
	}
	return list
}

// published builds the pipeline's own images and returns the file.
func (w *world) published(registry string) string {
	w.Helper()
	w.task("pipeline:publish", "REGISTRY="+registry+"/pipeline", "BASE="+registry+"/base:latest", "--", "--insecure-registry")
	file := filepath.Join(root, "pipeline-images.yaml")
	defer func() { _ = os.Remove(file) }()
	content, err := os.ReadFile(file)
	w.must(err)
	return string(content)
}

func (w *world) scanner(registry string) string {
	w.Helper()
	c := exec.Command("ko", "build", "--insecure-registry", "--base-import-paths", "--sbom=none", "./tekton/e2e/scanner")
	c.Dir, c.Env = root, append(os.Environ(), "KO_DOCKER_REPO="+registry+"/pipeline", "KO_DEFAULTBASEIMAGE="+registry+"/base:latest")
	var log bytes.Buffer
	c.Stderr = &log
	out, err := c.Output()
	if err != nil {
		w.Fatalf("ko: %v\n%s", err, log.String())
	}
	return strings.TrimSpace(string(out))
}

func (w *world) file(name string, values map[string]any) string {
	w.Helper()
	content, err := yaml.Marshal(values)
	w.must(err)
	path := filepath.Join(w.dir, name)
	w.must(os.WriteFile(path, content, 0o600))
	return path
}

// uninstall removes the pipeline as docs/operating.md says.
func (w *world) uninstall() {
	ctx := context.Background()
	err := w.kube.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		w.Error(err)
	}
	policies := w.kube.AdmissionregistrationV1()
	roles := w.kube.RbacV1()
	all := metav1.ListOptions{LabelSelector: "app.kubernetes.io/part-of=madang-pipeline"}
	err = errors.Join(
		policies.ValidatingAdmissionPolicyBindings().DeleteCollection(ctx, metav1.DeleteOptions{}, all),
		policies.ValidatingAdmissionPolicies().DeleteCollection(ctx, metav1.DeleteOptions{}, all),
		roles.ClusterRoleBindings().DeleteCollection(ctx, metav1.DeleteOptions{}, all),
		roles.ClusterRoles().DeleteCollection(ctx, metav1.DeleteOptions{}, all),
	)
	if err != nil {
		w.Error(err)
	}
	for range 240 {
		if _, err := w.kube.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{}); apierrors.IsNotFound(err) {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	w.Errorf("namespace %s does not go", namespace)
}

// until waits for what is promised.
func (w *world) until(what string, within time.Duration, is func() bool) {
	w.Helper()
	for deadline := time.Now().Add(within); !is(); time.Sleep(500 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("not within %v: %s", within, what)
		}
	}
}

// ended waits until a run has ended, and says how long its stages took.
func (w *world) ended(name string, within time.Duration) *v1.PipelineRun {
	w.Helper()
	var run *v1.PipelineRun
	w.until("run "+name+" ends", within, func() bool {
		found, err := w.tekton.TektonV1().PipelineRuns(namespace).Get(w.ctx, name, metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			w.Fatal(err)
		}
		run = found
		return err == nil && found.IsDone()
	})
	w.Logf("%s: %s after %v%s", name, run.Status.GetCondition("Succeeded").Reason, run.Status.CompletionTime.Sub(run.CreationTimestamp.Time), w.stages(name))
	return run
}

// stages are the task runs of a run, in their order, with times.
func (w *world) stages(name string) string {
	w.Helper()
	list, err := w.tekton.TektonV1().TaskRuns(namespace).List(w.ctx, metav1.ListOptions{LabelSelector: "tekton.dev/pipelineRun=" + name})
	w.must(err)
	var b strings.Builder
	for _, r := range list.Items {
		if r.Status.StartTime == nil || r.Status.CompletionTime == nil {
			continue
		}
		condition := r.Status.GetCondition("Succeeded")
		_, _ = fmt.Fprintf(&b, "\n    %-12s %6.1fs %s", r.Labels["tekton.dev/pipelineTask"], r.Status.CompletionTime.Sub(r.Status.StartTime.Time).Seconds(), condition.Reason)
		for _, s := range r.Status.Steps {
			if s.Terminated != nil {
				_, _ = fmt.Fprintf(&b, " %s=%.0f", s.Name, s.Terminated.FinishedAt.Sub(s.Terminated.StartedAt.Time).Seconds())
			}
		}
	}
	return b.String()
}

// logs are what the steps of a run said, for a story that failed.
func (w *world) logs(run string) string {
	pods, err := w.kube.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{LabelSelector: "tekton.dev/pipelineRun=" + run})
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, p := range pods.Items {
		for _, c := range p.Status.ContainerStatuses {
			lines := int64(25)
			_, _ = fmt.Fprintf(&b, "--- %s %s %+v\n", p.Labels["tekton.dev/pipelineTask"], c.Name, c.State)
			stream, err := w.kube.CoreV1().Pods(namespace).GetLogs(p.Name, &corev1.PodLogOptions{Container: c.Name, TailLines: &lines}).Stream(context.Background())
			if err != nil {
				continue
			}
			_, _ = io.Copy(&b, stream)
			_ = stream.Close()
		}
	}
	return b.String()
}

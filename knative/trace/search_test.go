package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
	"github.com/madang-council/madang/shared/operation/logs"
)

var noon = time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)

// fixture is a namespace whose logs are kept.
type fixture struct {
	t       *testing.T
	search  search
	vault   logs.Vault
	answers map[string]any // of the API, by path; text is a log
	closed  int
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, answers: map[string]any{}}
	server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: "key", SecretKey: "secret", Region: "KR1", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	storage := httptest.NewServer(server)
	t.Cleanup(func() { storage.Close(); _ = server.Close() })
	store, err := objects.Open(objects.Config{Endpoint: storage.URL, Region: "KR1", Bucket: "madang-logs", AccessKey: "key", SecretKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.vault.Storage = store
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, there := f.answers[r.URL.Path]
		if !there {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			answer = metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: "Failure", Code: 404, Reason: metav1.StatusReasonNotFound}
		}
		if text, is := answer.(string); is {
			_, _ = fmt.Fprint(w, text)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(api.Close)
	kube, err := kubernetes.NewForConfig(&rest.Config{Host: api.URL, ContentConfig: rest.ContentConfig{ContentType: "application/json"}})
	if err != nil {
		t.Fatal(err)
	}
	secret := func(name, key string) corev1.EnvVar {
		return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "madang"}, Key: key}}}
	}
	f.answers["/apis/apps/v1/namespaces/madang/deployments/logs"] = appsv1.Deployment{
		TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		Spec: appsv1.DeploymentSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Env: []corev1.EnvVar{
			{Name: "S3_ENDPOINT", Value: "http://only.inside"}, {Name: "S3_REGION", Value: "KR1"}, {Name: "LOGS_BUCKET", Value: "madang-logs"},
			secret("S3_ACCESS_KEY", "storage-access-key"), secret("S3_SECRET_KEY", "storage-secret-key"),
		}}}}}},
	}
	f.answers["/api/v1/namespaces/madang/secrets/madang"] = corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		Data:     map[string][]byte{"storage-access-key": []byte("key"), "storage-secret-key": []byte("secret")},
	}
	f.pods()
	f.search = search{api: kube, order: order{namespace: "madang", endpoint: storage.URL + "/", now: noon}, from: noon.AddDate(0, 0, -14), until: noon.Add(around)}
	return f
}

// pods are those that are there, with what they wrote.
func (f *fixture) pods(written ...logs.Line) {
	list := corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}}
	for _, l := range written {
		path := "/api/v1/namespaces/madang/pods/" + l.Pod + "/log"
		before, _ := f.answers[path].(string)
		f.answers[path] = before + l.At.Format(time.RFC3339Nano) + " " + string(l.Text) + "\n"
		if !slices.ContainsFunc(list.Items, func(p corev1.Pod) bool { return p.Name == l.Pod }) {
			list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: l.Pod, Namespace: "madang"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: l.Container}, {Name: "queue-proxy"}}}})
		}
	}
	f.answers["/api/v1/namespaces/madang/pods"] = list
}

// keep stores lines as an object.
func (f *fixture) keep(at time.Time, lines ...logs.Line) {
	f.t.Helper()
	w := logs.NewWriter(at)
	for _, l := range lines {
		w.Add(l)
	}
	content, err := w.Close(map[string]logs.Place{"uid/function": {At: at, Lines: 1}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.closed++
	if err := f.vault.Put(f.t.Context(), logs.Key(at, "logs-1", f.closed), content); err != nil {
		f.t.Fatal(err)
	}
}

func written(at time.Time, pod, function, request, trace string) logs.Line {
	return logs.Line{At: at, Pod: pod, Container: "function", Text: fmt.Appendf(nil, `{"time":%q,"level":"INFO","msg":"request","function":%q,"requestId":%q,"traceId":%q}`, at.Format(time.RFC3339Nano), function, request, trace)}
}

// A request of days ago is found in what is kept, with what became of its event later and in
// whatever objects; what is kept and still there is shown once.
func TestKeptAndLiving(t *testing.T) {
	f := newFixture(t)
	ago := noon.Add(-50 * time.Hour)
	edge, function := written(ago, "edge-1", "edge", "request-1", "trace-1"), written(ago.Add(time.Second), "notices-1", "notices", "request-1", "trace-1")
	consumer, late := written(ago.Add(time.Minute), "main-1", "main", "request-2", "trace-1"), written(noon.Add(-time.Minute), "sweep-1", "sweep", "request-3", "trace-1")
	other := written(ago, "main-1", "main", "request-9", "trace-9")
	long := logs.Line{At: ago.Add(2 * time.Second), Pod: "notices-1", Container: "function", Text: logs.Fit(fmt.Appendf(nil, `{"msg":"%s","requestId":"request-1","traceId":"trace-1"}`, strings.Repeat("x", 1<<20)))}
	f.keep(ago.Add(10*time.Second), edge, other, function, long)
	f.keep(ago.Add(2*time.Minute), consumer, function) // once more: who read it began again
	f.pods(edge, late)
	for _, id := range []string{"request-1", "trace-1", "request-2", "request-3"} {
		f.search.order.id = id
		var out strings.Builder
		if err := f.search.run(t.Context(), &out); err != nil {
			t.Fatal(id, err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		who := []string{}
		for _, l := range lines {
			who = append(who, strings.Fields(l)[1])
		}
		if !slices.Equal(who, []string{"edge", "notices", "notices-1", "main", "sweep"}) {
			t.Errorf("%s: %v\n%.300s", id, who, out.String())
		}
		if !strings.HasPrefix(lines[0], "2026-11-28T10:00:00.000  edge ") {
			t.Errorf("%s", lines[0])
		}
	}
}

// Who finds nothing is told where it was looked, and how much is known to be missing there.
func TestNothing(t *testing.T) {
	f := newFixture(t)
	f.search.order.id = "nobody"
	f.keep(noon.Add(-time.Hour), written(noon, "main-1", "main", "r", "t"), logs.Line{At: noon, Pod: "main-1", Container: "function", Text: []byte(`{"msg":"lines were not kept","from":"logs","lines":42}`)})
	f.keep(noon.AddDate(0, 0, -20), written(noon, "main-1", "main", "nobody", "t")) // whose time was over
	f.pods(written(noon, "edge-1", "edge", "r", "t"))
	var out strings.Builder
	err := f.search.run(t.Context(), &out)
	for _, want := range []string{"nothing of nobody", "1 pods", "from 2026-11-16 12:00 to 2026-11-30 13:00", "1 objects", "42 lines of this time were not kept"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: no %q", err, want)
		}
	}
	delete(f.answers, "/apis/apps/v1/namespaces/madang/deployments/logs")
	if err := f.search.run(t.Context(), &out); err == nil || !strings.Contains(err.Error(), "none are kept") {
		t.Error(err)
	}
	f.search.order.id = "r"
	if err := f.search.run(t.Context(), &out); err != nil {
		t.Error(err)
	}
}

// What cannot be read is said beside what was found.
func TestBrokenObject(t *testing.T) {
	f := newFixture(t)
	f.search.order.id = "request-1"
	f.keep(noon.Add(-time.Hour), written(noon, "main-1", "main", "request-1", "t"))
	if err := f.vault.Put(t.Context(), logs.Key(noon, "logs-1", 99), []byte("no gzip")); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := f.search.run(t.Context(), &out); err == nil || !strings.Contains(err.Error(), "000099") || !strings.Contains(out.String(), "request-1") {
		t.Errorf("%v %s", err, out.String())
	}
}

func TestWindow(t *testing.T) {
	from, until, err := order{now: noon, since: 24 * time.Hour}.window()
	if err != nil || !from.Equal(noon.Add(-24*time.Hour)) || until.Before(noon) {
		t.Error(from, until, err)
	}
	from, until, err = order{at: "2026-11-29T12:00:00+09:00"}.window()
	if at := noon.Add(-24 * time.Hour); err != nil || !from.Equal(at.Add(-time.Hour)) || !until.Equal(at.Add(90*time.Minute)) {
		t.Error(from, until, err)
	}
	if _, _, err := (order{at: "yesterday"}).window(); err == nil {
		t.Error("yesterday is no time")
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	kubefake "k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"

	"github.com/madang-council/madang/knative/preflight"
	"github.com/madang-council/madang/knative/signature"
	"github.com/madang-council/madang/knative/signature/signaturetest"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
)

func TestOrdersThatMakeNoSense(t *testing.T) {
	for _, args := range [][]string{
		{}, {"remove"}, {"create"}, {"destroy"}, {"install"}, {"create", "-name", "x"}, {"create", "-name", "X1"},
		{"create", "-name", "a/b"}, {"destroy", "-name", "a-"}, {"create", "-name", "aa-logs"}, {"destroy", "-name", "aa-backups"},
		{"create", "-name", "logs", "-replace"}, {"destroy", "-name", "backups"}, {"drill", "-name", "backups"}, {"destroy", "-name", "pipeline"}, {"create", "-name", strings.Repeat("a", 32)},
		{"install", "-name", "aa", "-namespace", "madang"}, {"create", "-unknown"},
		{"install", "-namespace", "madang", "-from", "other"}, {"destroy", "-name", "aa", "-from", "madang"}, {"create", "-name", "aa", "-from", "madang", "-images", "images.yaml"},
		{"ship"}, {"ship", "-name", "aa", "-namespace", "madang"}, {"ship", "-namespace", "madang", "-values", "x.yaml"}, {"ship", "-namespace", "madang", "-set", "a=b"},
	} {
		if err := run(t.Context(), args, &bytes.Buffer{}); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}

func TestStorageKeysMustBeSet(t *testing.T) {
	for _, name := range []string{"S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY"} {
		t.Setenv("S3_ENDPOINT", "http://storage.example")
		t.Setenv("S3_ACCESS_KEY", "a")
		t.Setenv("S3_SECRET_KEY", "s")
		t.Setenv(name, "")
		if _, err := storageKeys(); err == nil {
			t.Errorf("without %s", name)
		}
	}
}

func TestUnder(t *testing.T) {
	given := map[string]any{"site": map[string]any{"url": "given"}, "storage": "given"}
	got := under(given, map[string]any{"site": map[string]any{"url": "own", "adminNeedsTOTP": false}, "storage": map[string]any{"x": 1}, "admin": map[string]any{"email": "own"}})
	want := map[string]any{"site": map[string]any{"url": "given", "adminNeedsTOTP": false}, "storage": "given", "admin": map[string]any{"email": "own"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A merge changes what the file of images says, and nothing that the installation was given.
func TestInstalledValuesStay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "images.yaml")
	if err := os.WriteFile(file, []byte("images: {functions: {notices: new, umbrellas: new}, migrate: new}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	given := map[string]any{
		"images": map[string]any{"functions": map[string]any{"notices": "old", "gone": "old"}, "migrate": "old", "edge": "theirs", "signedBy": "key"},
		"site":   map[string]any{"url": "https://madang.example"}, "secrets": map[string]any{"smtpUrl": "smtp://x"},
	}
	got, err := order{images: file, given: given}.merged()
	want := map[string]any{
		"images": map[string]any{"functions": map[string]any{"notices": "new", "umbrellas": "new"}, "migrate": "new", "edge": "theirs", "signedBy": "key"},
		"site":   map[string]any{"url": "https://madang.example"}, "secrets": map[string]any{"smtpUrl": "smtp://x"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if images, _ := given["images"].(map[string]any); images["migrate"] != "old" || images["functions"] == nil {
		t.Errorf("what is installed was changed: %v", given)
	}
}

func openStorage(t *testing.T) storage {
	t.Helper()
	server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: "a", SecretKey: "s", Region: "KR1", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(func() { listener.Close(); _ = server.Close() })
	return storage{endpoint: listener.URL, region: "KR1", accessKey: "a", secretKey: "s"}
}

// A bucket goes with its objects and unfinished uploads; another's stays.
func TestRemoveBucket(t *testing.T) {
	s := openStorage(t)
	for _, bucket := range []string{"madang-aa", "madang-bb"} {
		store, err := s.open(bucket)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.EnsureBucket(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"a", "b/c", "b/d"} {
			if err := store.Put(t.Context(), key, strings.NewReader("x"), 1, objects.Meta{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range []string{"u", "v/w"} {
			if _, err := store.StartMultipart(t.Context(), key, objects.Meta{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, uploads, err := s.remove(t.Context(), "madang-aa")
	if err != nil || files != 3 || uploads != 2 {
		t.Errorf("%d objects, %d uploads, %v", files, uploads, err)
	}
	for bucket, want := range map[string]bool{"madang-aa": false, "madang-bb": true} {
		if there, err := s.exists(t.Context(), bucket); err != nil || there != want {
			t.Errorf("%s: %v %v", bucket, there, err)
		}
	}
	if files, uploads, err := s.remove(t.Context(), "madang-aa"); err != nil || files+uploads != 0 {
		t.Errorf("again: %d %d %v", files, uploads, err)
	}
}

// A bucket that holds something and was not made for this environment is not touched, whichever
// of its three it is: neither by destroy, nor as what create makes anew.
func TestForeignBucketsStay(t *testing.T) {
	const environment = "madang-aa"
	for what, content := range map[string]map[string]string{
		"production's":          {"public/x.png": "x"},
		"another environment's": {marker: "madang-aab", "x": "x"},
		"one that says less":    {marker: "madang", "x": "x"},
	} {
		for _, foreign := range all(environment) {
			s := openStorage(t)
			if err := s.make(t.Context(), environment); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.remove(t.Context(), foreign); err != nil {
				t.Fatal(err)
			}
			store, err := s.open(foreign)
			if err != nil {
				t.Fatal(err)
			}
			if err := store.EnsureBucket(t.Context()); err != nil {
				t.Fatal(err)
			}
			for key, text := range content {
				if err := store.Put(t.Context(), key, strings.NewReader(text), int64(len(text)), objects.Meta{}); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("S3_ENDPOINT", s.endpoint)
			t.Setenv("S3_ACCESS_KEY", s.accessKey)
			t.Setenv("S3_SECRET_KEY", s.secretKey)
			t.Setenv("KUBECONFIG", nobodysCluster(t))
			for _, args := range [][]string{{"destroy", "-name", "aa"}, {"create", "-name", "aa"}, {"create", "-name", "aa", "-replace"}, {"drill", "-name", "aa", "-dump", os.DevNull}} {
				if err := run(t.Context(), args, &bytes.Buffer{}); !errors.Is(err, errForeign) {
					t.Errorf("%v, where %s is %s: %v", args, foreign, what, err)
				}
			}
			for _, bucket := range all(environment) {
				if there, err := s.exists(t.Context(), bucket); err != nil || !there {
					t.Errorf("%s, where %s is %s: %v %v", bucket, foreign, what, there, err)
				}
			}
			for key := range content {
				if _, err := store.Stat(t.Context(), key); err != nil {
					t.Errorf("%s of %s: %v", key, foreign, err)
				}
			}
		}
	}
}

// nobodysCluster is a KUBECONFIG of a server that is not there.
func nobodysCluster(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	config := "apiVersion: v1\nkind: Config\ncurrent-context: x\nclusters: [{name: x, cluster: {server: 'https://127.0.0.1:1'}}]\ncontexts: [{name: x, context: {cluster: x}}]\n"
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What create made, destroy knows: also where it was killed before a mark.
func TestOwnBuckets(t *testing.T) {
	s := openStorage(t)
	if there, err := s.own(t.Context(), "madang-aa"); err != nil || len(there) > 0 {
		t.Errorf("%v %v", there, err)
	}
	store, err := s.open("madang-aa" + logs)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	if there, err := s.own(t.Context(), "madang-aa"); err != nil || !slices.Equal(there, []string{"madang-aa-logs"}) {
		t.Errorf("%v %v", there, err)
	}
	if err := s.make(t.Context(), "madang-aa"); err != nil {
		t.Fatal(err)
	}
	if there, err := s.own(t.Context(), "madang-aa"); err != nil || !slices.Equal(there, all("madang-aa")) {
		t.Errorf("%v %v", there, err)
	}
}

func TestMentions(t *testing.T) {
	for text, want := range map[string]bool{
		"madang-aa": true, "http://main.madang-aa.svc.cluster.local/x": true, "madang-aa/postgres": true, `{"namespace":"madang-aa"}`: true,
		"madang-aab": false, "x-madang-aa": false, "madang": false, "": false,
	} {
		o := map[string]any{"spec": map[string]any{"list": []any{1, true, text}}}
		if got := mentions(o, "madang-aa"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if !mentions(map[string]any{"labels": map[string]any{"madang-aa": ""}}, "madang-aa") {
		t.Error("a key")
	}
}

// What is left is what is new and belongs to the environment, wherever it lies.
func TestLeft(t *testing.T) {
	roles := schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"}
	volumes := schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes"}
	maps := schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	object := func(apiVersion, kind, name string, spec map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec}}
	}
	c := &cluster{dynamic: fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(),
		map[schema.GroupVersionResource]string{roles: "ClusterRoleList", volumes: "PersistentVolumeList", maps: "ConfigMapList"},
		object("rbac.authorization.k8s.io/v1", "ClusterRole", "theirs", map[string]any{"namespace": "madang-bb"}),
		object("v1", "PersistentVolume", "pvc-1", map[string]any{"claimRef": map[string]any{"namespace": "madang-aa"}}),
	)}
	inv := func(all ...reference) inventory {
		i := inventory{}
		for _, r := range all {
			i[r.String()] = r
		}
		return i
	}
	before := inv(reference{Kind: roles, Name: "old"})
	after := inv(reference{Kind: roles, Name: "old"}, reference{Kind: roles, Name: "theirs"}, reference{Kind: roles, Name: "gone meanwhile"},
		reference{Kind: volumes, Name: "pvc-1"}, reference{Kind: maps, Namespace: "madang-aa", Name: "x"})
	for _, b := range []string{"madang-aa", "madang-aa+segments", "madang-aab", "madang-aa-logs", "madang-aa-backups", "madang-aab-logs"} {
		after["bucket "+b] = reference{Name: b}
	}
	left, err := c.left(t.Context(), before, after, "madang-aa")
	want := []string{"bucket madang-aa", "bucket madang-aa+segments", "bucket madang-aa-backups", "bucket madang-aa-logs", "configmaps x in madang-aa", "persistentvolumes pvc-1"}
	if err != nil || !slices.Equal(left, want) {
		t.Errorf("%v %v", left, err)
	}
}

// What create notes is what destroy reads.
func TestKeptInventory(t *testing.T) {
	c := &cluster{kube: kubefake.NewClientset()}
	ctx := context.Background()
	if none, err := c.keptInventory(ctx, "madang-aa"); err != nil || len(none) != 0 {
		t.Errorf("%v %v", none, err)
	}
	noted := inventory{"bucket x": {}, "configmaps y in z": {}}
	if err := c.keepInventory(ctx, "madang-aa", noted); err != nil {
		t.Fatal(err)
	}
	if got, err := c.keptInventory(ctx, "madang-aa"); err != nil || cmp.Diff(noted, got) != "" {
		t.Errorf("%v %v", got, err)
	}
}

// A namespace that somebody else made is not touched.
func TestDestroyTouchesOnlyItsOwn(t *testing.T) {
	c := &cluster{kube: kubefake.NewClientset()}
	if err := c.makeNamespace(t.Context(), "madang-aa", map[string]string{label: "other"}); err != nil {
		t.Fatal(err)
	}
	err := removeFromCluster(t.Context(), c, order{name: "aa", namespace: "madang-aa"}, begin(&bytes.Buffer{}))
	if err == nil || !strings.Contains(err.Error(), "nothing is touched") {
		t.Error(err)
	}
	if _, err := c.kube.CoreV1().Namespaces().Get(t.Context(), "madang-aa", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}

// The account of a pipeline gets its role in the new namespace, and waits until it counts.
func TestGrant(t *testing.T) {
	kube := kubefake.NewClientset()
	asked := 0
	kube.PrependReactor("create", "selfsubjectaccessreviews", func(kubetesting.Action) (bool, runtime.Object, error) {
		asked++
		return true, &authorizationv1.SelfSubjectAccessReview{Status: authorizationv1.SubjectAccessReviewStatus{Allowed: asked > 2}}, nil
	})
	c := &cluster{kube: kube}
	if err := c.grant(t.Context(), "madang-pr-7", "pipeline/environment"); err != nil || asked != 3 {
		t.Errorf("%v, asked %d times", err, asked)
	}
	b, err := kube.RbacV1().RoleBindings("madang-pr-7").Get(t.Context(), environmentRole, metav1.GetOptions{})
	if err != nil || b.RoleRef.Name != environmentRole || len(b.Subjects) != 1 || b.Subjects[0].Namespace != "pipeline" || b.Subjects[0].Name != "environment" {
		t.Errorf("%v %+v", err, b)
	}
	if err := c.grant(t.Context(), "madang-pr-7", "environment"); err == nil {
		t.Error("an account without namespace is accepted")
	}
}

func TestReadyCondition(t *testing.T) {
	object := func(generation, observed int64, status string) unstructured.Unstructured {
		return unstructured.Unstructured{Object: map[string]any{
			"metadata": map[string]any{"generation": generation},
			"status": map[string]any{"observedGeneration": observed, "conditions": []any{
				map[string]any{"type": "Ready", "status": status, "reason": "Why"},
			}},
		}}
	}
	for _, row := range []struct {
		o    unstructured.Unstructured
		want bool
	}{{object(1, 1, "True"), true}, {object(2, 1, "True"), false}, {object(1, 1, "Unknown"), false}, {unstructured.Unstructured{Object: map[string]any{}}, false}} {
		if got, _ := readyCondition(row.o); got != row.want {
			t.Errorf("%v", row.o)
		}
	}
}

// Nothing is installed of the council's own images that images.signedBy did not sign;
// those of others are not asked for.
func TestInstallationsAreVerified(t *testing.T) {
	host := signaturetest.Registry(t)
	key, public := signaturetest.Key(t)
	signed, unsigned := signaturetest.Signed(t, host+"/madang/signed:1", key), signaturetest.Push(t, host+"/madang/unsigned:1")
	values := func(change func(images map[string]any)) map[string]any {
		images := map[string]any{
			"signedBy": public, "functions": map[string]any{"notices": signed, "auth": signed}, "migrate": signed, "watch": signed, "backup": signed, "logs": signed,
			"edge": unsigned, "redis": unsigned, "clerk": signed, "environment": signed,
		}
		change(images)
		return map[string]any{"images": images}
	}
	if err := verify(t.Context(), values(func(map[string]any) {})); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"migrate", "watch", "backup", "logs", "clerk", "environment", "functions"} {
		given := values(func(images map[string]any) {
			images[name] = any(unsigned)
			if name == "functions" {
				images[name] = map[string]any{"notices": signed, "auth": unsigned}
			}
		})
		if err := verify(t.Context(), given); !errors.Is(err, signature.ErrUnsigned) {
			t.Errorf("%s: %v", name, err)
		}
		given["images"].(map[string]any)["signedBy"] = ""
		if err := verify(t.Context(), given); err != nil {
			t.Errorf("%s, where none is asked for: %v", name, err)
		}
	}
	if err := verify(t.Context(), values(func(images map[string]any) { images["signedBy"] = "cosign.pub" })); err == nil {
		t.Error("a key that is none is accepted")
	}
}

// Whoever made the namespace, it admits restricted pods alone before anything is in it.
func TestRestrict(t *testing.T) {
	labelled := func(labels map[string]string) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "madang", Labels: labels}}
	}
	for name, kube := range map[string]*kubefake.Clientset{
		"none":      kubefake.NewSimpleClientset(),
		"kubectl's": kubefake.NewSimpleClientset(labelled(map[string]string{"x": "y"})),
		"another":   kubefake.NewSimpleClientset(labelled(map[string]string{"x": "y", preflight.SecurityLabel: "privileged"})),
		"ours":      kubefake.NewSimpleClientset(labelled(map[string]string{"x": "y", preflight.SecurityLabel: "restricted"})),
	} {
		c := &cluster{kube: kube}
		if err := c.restrict(t.Context(), "madang"); err != nil {
			t.Fatal(err)
		}
		n, err := kube.CoreV1().Namespaces().Get(t.Context(), "madang", metav1.GetOptions{})
		if err != nil || n.Labels[preflight.SecurityLabel] != "restricted" || name != "none" && n.Labels["x"] != "y" {
			t.Errorf("%s: %v %v", name, n.Labels, err)
		}
	}
}

// A claim without a volume ends the waiting, with its reason; one that somebody waits for in
// vain is told, one that is bound is not.
func TestClaimsAreFollowed(t *testing.T) {
	class, hour := "nowhere", metav1.NewTime(time.Now().Add(-time.Hour))
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "madang", Name: "data-postgres-0", CreationTimestamp: hour},
		Spec:       corev1.PersistentVolumeClaimSpec{StorageClassName: &class}, Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending},
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "madang", Name: "postgres-0"}, Spec: corev1.PodSpec{Volumes: []corev1.Volume{{VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-postgres-0"},
	}}}}}
	event := &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: "madang", Name: "e"}, InvolvedObject: corev1.ObjectReference{Kind: "PersistentVolumeClaim", Name: "data-postgres-0"},
		Reason: "ProvisioningFailed", Message: "no such class",
	}
	c := &cluster{kube: kubefake.NewSimpleClientset(claim, pod, event)}
	if told := c.waiting(t.Context(), "madang"); len(told) != 1 || !strings.Contains(told[0], "ProvisioningFailed: no such class") {
		t.Errorf("%q", told)
	}
	// A cache of the pipeline's that no run wants yet is told, too, where its volume is made at once.
	made := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: class}}
	c = &cluster{kube: kubefake.NewSimpleClientset(claim, made)}
	if err := c.claimed(t.Context(), "madang"); !errors.Is(err, errUnbound) || !strings.Contains(err.Error(), "data-postgres-0") {
		t.Error(err)
	}
	first := storagev1.VolumeBindingWaitForFirstConsumer
	made = made.DeepCopy()
	made.VolumeBindingMode = &first
	c = &cluster{kube: kubefake.NewSimpleClientset(claim, made)}
	if err := c.claimed(t.Context(), "madang"); err != nil {
		t.Errorf("it waits for its first run: %v", err)
	}
	claim.Status.Phase = corev1.ClaimBound
	c = &cluster{kube: kubefake.NewSimpleClientset(claim, pod, event)}
	if told := c.waiting(t.Context(), "madang"); len(told) > 0 {
		t.Errorf("%q", told)
	}
}

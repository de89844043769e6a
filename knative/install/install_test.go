// Package install_test holds the settings of knative/install against Knative's own files, as
// the modules carry them that this module is built with.
package install_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// upstream are Knative's files with Deployments, their scalers and ConfigMaps.
var upstream = map[string][]string{
	"knative.dev/serving":  {"config/core/deployments/*.yaml", "config/core/configmaps/gc.yaml", "config/core/configmaps/observability.yaml"},
	"knative.dev/eventing": {"config/core/deployments/*.yaml", "config/channels/in-memory-channel/deployments/*.yaml", "config/brokers/mt-channel-broker/deployments/*.yaml"},
}

// objects are what `kubectl apply -k` makes of a folder, by its own library: by kind, namespace and
// name.
func objects(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	out, err := made.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	for _, text := range strings.Split("\n"+string(out), "\n---\n") {
		var head metav1.PartialObjectMetadata
		if err := yaml.Unmarshal([]byte(text), &head); err != nil {
			t.Fatal(err)
		}
		found[head.Kind+"/"+head.Namespace+"/"+head.Name] = []byte(text)
	}
	return found
}

// installed are Knative's objects without and with the settings.
func installed(t *testing.T) (before, after map[string][]byte) {
	t.Helper()
	dir, files := t.TempDir(), []string{}
	write := func(name string, content []byte) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) []byte {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	for module, patterns := range upstream {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
		if err != nil {
			t.Fatalf("%s: %v", module, err)
		}
		for _, pattern := range patterns {
			paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), pattern))
			if err != nil || len(paths) == 0 {
				t.Fatalf("%s has no %s (%v)", module, pattern, err)
			}
			for _, path := range paths {
				name := strings.ReplaceAll(strings.TrimPrefix(path, strings.TrimSpace(string(out))), "/", "-")
				name = strings.TrimPrefix(module, "knative.dev/") + name
				files = append(files, "upstream/"+name)
				write("base/upstream/"+name, read(path))
			}
		}
	}
	files = append(files, "upstream/kourier.yaml")
	write("base/upstream/kourier.yaml", read("testdata/kourier.yaml"))
	slices.Sort(files)
	write("base/kustomization.yaml", []byte("resources: [\""+strings.Join(files, "\", \"")+"\"]\n"))
	write("settings/kustomization.yaml", read("settings/kustomization.yaml"))
	write("all/kustomization.yaml", []byte("resources: [../base]\ncomponents: [../settings]\n"))
	return objects(t, filepath.Join(dir, "base")), objects(t, filepath.Join(dir, "all"))
}

func as[T any](t *testing.T, text []byte) T {
	t.Helper()
	var o T
	if err := yaml.UnmarshalStrict(text, &o); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return o
}

// What is asked for of two nodes of 2 cores and 4 GiB, by all of Knative: a quarter of a
// core and of a gigabyte of each is Kubernetes' own, and Madang's parts and functions share
// the rest.
const (
	mostCPU    = 700     // millicores
	mostMemory = 1400000 // KiB
)

// Every setting arrives at something, and all of them at Knative's own objects.
func TestSettings(t *testing.T) {
	before, after := installed(t)
	cpu, memory := int64(0), int64(0)
	least := map[string]int64{}
	for name, text := range after {
		switch kind, _, _ := strings.Cut(name, "/"); kind {
		case "HorizontalPodAutoscaler":
			h := as[autoscalingv2.HorizontalPodAutoscaler](t, text)
			if h.Spec.MinReplicas == nil || *h.Spec.MinReplicas != 2 || h.Spec.MaxReplicas != 4 {
				t.Errorf("%s: %v to %d", name, h.Spec.MinReplicas, h.Spec.MaxReplicas)
			}
			least[h.Namespace+"/"+h.Spec.ScaleTargetRef.Name] = 2
		case "PodDisruptionBudget":
			b := as[policyv1.PodDisruptionBudget](t, text)
			if b.Spec.MinAvailable != nil || b.Spec.MaxUnavailable == nil || *b.Spec.MaxUnavailable != intstr.FromInt32(1) {
				t.Errorf("%s: %+v", name, b.Spec)
			}
		}
	}
	for _, name := range []string{"knative-serving/activator", "knative-serving/webhook", "kourier-system/3scale-kourier-gateway", "knative-eventing/mt-broker-ingress"} {
		if least[name] == 0 {
			t.Errorf("%s is there once", name)
		}
	}
	deployments := 0
	for name, text := range after {
		if !strings.HasPrefix(name, "Deployment/") {
			continue
		}
		deployments++
		d := as[appsv1.Deployment](t, text)
		if login := d.Spec.Template.Spec.ImagePullSecrets; len(login) != 1 || login[0].Name != "ncr" {
			t.Errorf("%s gets its image from a private registry by %v", name, login)
		}
		c := d.Spec.Template.Spec.Containers[0]
		if !c.Resources.Limits.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
			t.Errorf("%s: %+v", name, c.Resources)
		}
		replicas := max(1, least[d.Namespace+"/"+d.Name])
		if d.Spec.Replicas != nil && *d.Spec.Replicas == 0 {
			replicas = 0
		}
		cpu, memory = cpu+replicas*c.Resources.Requests.Cpu().MilliValue(), memory+replicas*c.Resources.Requests.Memory().Value()>>10
	}
	if deployments < 14 || cpu > mostCPU || memory > mostMemory {
		t.Errorf("%d Deployments ask for %dm and %d MiB", deployments, cpu, memory>>10)
	}
	t.Logf("%d Deployments ask for %dm and %d MiB", deployments, cpu, memory>>10)
	activator := as[appsv1.Deployment](t, after["Deployment/knative-serving/activator"]).Spec.Template.Spec
	if !slices.Contains(activator.Containers[0].Env, corev1.EnvVar{Name: "PROBE_FREQUENCY", Value: "50ms"}) || len(activator.Containers[0].Env) < 5 {
		t.Errorf("activator: %+v", activator.Containers[0].Env)
	}
	if len(activator.TopologySpreadConstraints) != 1 {
		t.Errorf("activator: %+v", activator.TopologySpreadConstraints)
	}
	for name, want := range map[string]string{"config-network": "ingress-class", "config-gc": "min-non-active-revisions", "config-observability": "request-metrics-protocol"} {
		if c := as[corev1.ConfigMap](t, after["ConfigMap/knative-serving/"+name]); c.Data[want] == "" {
			t.Errorf("%s does not say %s", name, want)
		}
	}
	if s := as[corev1.Service](t, after["Service/kourier-system/kourier"]); s.Spec.Type != corev1.ServiceTypeClusterIP {
		t.Errorf("Kourier is of type %s", s.Spec.Type)
	}
	if len(before) != len(after) {
		t.Errorf("%d objects became %d", len(before), len(after))
	}
	settings, err := os.ReadFile("settings/kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var component struct {
		Patches []struct {
			Target struct{ Kind, Namespace, Name string }
			Patch  string
		}
	}
	if err := yaml.Unmarshal(settings, &component); err != nil {
		t.Fatal(err)
	}
	for _, p := range component.Patches {
		if !slices.ContainsFunc(keys(before), func(name string) bool {
			parts := strings.Split(name, "/")
			return parts[0] == p.Target.Kind && among(p.Target.Namespace, parts[1]) && among(p.Target.Name, parts[2])
		}) {
			t.Errorf("a patch of %+v changes nothing", p.Target)
		}
		for _, one := range strings.Split(p.Target.Name, "|") {
			if one != "" && !slices.ContainsFunc(keys(before), func(name string) bool {
				return strings.HasPrefix(name, p.Target.Kind+"/") && strings.HasSuffix(name, "/"+one)
			}) {
				t.Errorf("there is no %s %s", p.Target.Kind, one)
			}
		}
	}
}

func among(pattern, name string) bool {
	return pattern == "" || slices.Contains(strings.Split(pattern, "|"), name)
}

func keys(m map[string][]byte) []string {
	all := []string{}
	for k := range m {
		all = append(all, k)
	}
	return all
}

// Every image of the release files, in containers, ConfigMaps and arguments, is copied by
// digest and named where it was copied to.
func TestMirror(t *testing.T) {
	dir := t.TempDir()
	script, err := os.ReadFile("mirror.sh")
	if err != nil {
		t.Fatal(err)
	}
	const one, two = "sha256:1111111111111111111111111111111111111111111111111111111111111111", "sha256:2222222222222222222222222222222222222222222222222222222222222222"
	for name, content := range map[string]string{
		"mirror.sh": string(script),
		"crane":     "#!/bin/sh\necho \"$@\" >>'" + dir + "/calls'\ntest \"$1\" != digest || echo " + two + "\n",
		"upstream/serving-core.yaml": "image: gcr.io/knative-releases/knative.dev/serving/cmd/activator@" + one + "\n" +
			"queue-sidecar-image: gcr.io/knative-releases/knative.dev/serving/cmd/queue@" + one + "\n# see https://github.com/knative/docs\n",
		"upstream/kourier.yaml": "image: docker.io/envoyproxy/envoy:v1.34-latest\nhost: kourier.docker.io/none\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time there is nothing to do
		command := exec.Command("sh", filepath.Join(dir, "mirror.sh"), "registry.example/madang")
		command.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for name, want := range map[string]string{
		"upstream/serving-core.yaml": "image: registry.example/madang/knative-serving-cmd-activator@" + one + "\nqueue-sidecar-image: registry.example/madang/knative-serving-cmd-queue@" + one + "\n# see https://github.com/knative/docs\n",
		"upstream/kourier.yaml":      "image: registry.example/madang/knative-envoyproxy-envoy@" + two + "\nhost: kourier.docker.io/none\n",
		"calls": "copy gcr.io/knative-releases/knative.dev/serving/cmd/queue@" + one + " registry.example/madang/knative-serving-cmd-queue:1.23\n" +
			"copy gcr.io/knative-releases/knative.dev/serving/cmd/activator@" + one + " registry.example/madang/knative-serving-cmd-activator:1.23\n" +
			"digest docker.io/envoyproxy/envoy:v1.34-latest\ncopy docker.io/envoyproxy/envoy:v1.34-latest@" + two + " registry.example/madang/knative-envoyproxy-envoy:1.23\n",
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Errorf("%s is %s (%v), want %s", name, got, err, want)
		}
	}
}

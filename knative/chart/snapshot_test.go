package chart_test

import (
	"context"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/apis"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/functions"
)

var update = flag.Bool("update", false, "write the snapshots")

// The functions of the snapshots: one with everything that a function may have, and one with
// nothing of it. No real one is there, so that none changes what the others are compared with;
// each is held to its Spec by TestFunctions and TestEvents, and to Knative by TestKnativeAccepts.
const (
	everything = `
- name: everything
  doc: Everything that a function may have.
  concurrency: 1
  timeoutSeconds: 300
  memoryMiB: 512
  needs: [database, storage, mail, oidc]
  consumes: [kr.madang.notice.changed.v1]
  schedule: "*/5 * * * *"
`
	nothing = `
- name: nothing
  doc: Nothing of it.
  concurrency: 50
  timeoutSeconds: 30
  memoryMiB: 64
  needs: []
`
	thirteenth = `
- name: thirteenth
  doc: Another one.
  concurrency: 7
  timeoutSeconds: 77
  memoryMiB: 96
  needs: [database, storage]
  consumes: [kr.madang.banner.changed.v1, kr.madang.upload.completed.v1]
  schedule: "7 * * * *"
`
)

// withFunctions renders the chart with more functions than there are.
func withFunctions(t *testing.T, files []string, more ...string) rendered {
	t.Helper()
	c, names := load(t), []string{}
	i := slices.IndexFunc(c.Files, func(f *chart.File) bool { return f.Name == "files/functions.yaml" })
	var all map[string]any
	if err := yaml.Unmarshal(c.Files[i].Data, &all); err != nil {
		t.Fatal(err)
	}
	list, _ := all["functions"].([]any)
	for _, text := range more {
		var added []map[string]any
		if err := yaml.UnmarshalStrict([]byte(text), &added); err != nil {
			t.Fatal(err)
		}
		for _, f := range added {
			list = append(list, f)
			name, _ := f["name"].(string)
			names = append(names, name)
		}
	}
	all["functions"] = list
	text, err := yaml.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	c.Files[i] = &chart.File{Name: c.Files[i].Name, Data: text}
	r, err := renderChart(t, c, files, func(v chartutil.Values) {
		for _, name := range names {
			set("images.functions."+name, digest(name, 97))(v)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// elsewhere are files that ConfigMaps hold, by what they are known by: they are compared
// where they are tested.
var elsewhere = map[string]string{
	"  routes.json: |":               "the files of files/edge",
	"\n    grafana_dashboard: \"1\"": "a file of files/dashboards",
	"  name: rules\n":                "the files of files/rules",
}

// follows are the places of shared objects that name all functions, or say that something
// that does has changed, and what a snapshot says instead. TestNewFunction proves that they
// follow.
var follows = map[string]*regexp.Regexp{
	"\n      \"functions\": [\"of all functions\"],": regexp.MustCompile(`(?s)\n {6}"functions": \[.*?\n {6}\],`),
	"madang.kr/configuration: of what the pod reads": regexp.MustCompile(`madang\.kr/configuration: [0-9a-f]{16}`),
}

// snapshots are what is compared, by kind: the objects that functions share, and those of
// the made up ones.
func snapshots(r rendered) map[string]string {
	actual := map[string]bool{"thirteenth": true}
	for _, f := range functions.All() {
		actual[f.Name] = true
	}
	found := map[string]string{}
	for _, d := range r.documents {
		if actual[d.owner] {
			continue
		}
		text := d.text
		for file, of := range elsewhere {
			if strings.Contains(text, file) {
				text, _, _ = strings.Cut(text, "\ndata:")
				text += "\n# data: " + of + "\n"
			}
		}
		for instead, place := range follows {
			text = place.ReplaceAllString(text, instead)
		}
		found[d.kind+".yaml"] += text
	}
	return found
}

func TestSnapshots(t *testing.T) {
	for name, files := range map[string][]string{"production": production, "test": test} {
		dir, got := filepath.Join("testdata", name), snapshots(withFunctions(t, files, everything, nothing))
		if *update {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			for file, text := range got {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		kept, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, path := range kept {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want[filepath.Base(path)] = string(text)
		}
		for _, file := range slices.Sorted(maps.Keys(merged(want, got))) {
			if diff := cmp.Diff(strings.Split(want[file], "\n"), strings.Split(got[file], "\n")); diff != "" {
				t.Errorf("%s differs; look at it, then run with -update:\n%s", filepath.Join(dir, file), diff)
			}
		}
	}
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// A new function changes no snapshot, brings its own objects and nothing else, and is known
// to who has to know it.
func TestNewFunction(t *testing.T) {
	for name, files := range map[string][]string{"production": production, "dev": dev, "test": test} {
		before, after := withFunctions(t, files, everything, nothing), withFunctions(t, files, everything, nothing, thirteenth)
		if diff := cmp.Diff(snapshots(before), snapshots(after)); diff != "" {
			t.Errorf("%s: others change with it:\n%s", name, diff)
		}
		brought := []string{}
		for object, o := range after.objects {
			if _, there := before.objects[object]; there {
				continue
			}
			brought = append(brought, object)
			if err := accepted(apis.WithinCreate(context.Background()), o); err != nil {
				t.Errorf("%s: %s: %v", name, object, err)
			}
		}
		slices.Sort(brought)
		want := []string{"PingSource/thirteenth", "Service/thirteenth", "Trigger/thirteenth-banner-changed-v1", "Trigger/thirteenth-upload-completed-v1"}
		if !slices.Equal(brought, want) || len(after.objects) != len(before.objects)+len(want) {
			t.Errorf("%s: it brings %v, want %v", name, brought, want)
		}
		checkPod(t, name+": thirteenth", pods(after)["Service/thirteenth"])
		if plan := of[corev1.ConfigMap](after)["ConfigMap/watch"].Data["plan.json"]; !strings.Contains(plan, `"thirteenth"`) {
			t.Errorf("%s: the watch does not know it: %s", name, plan)
		}
		const configuration = "madang.kr/configuration"
		watch := func(r rendered) string {
			return of[appsv1.Deployment](r)["Deployment/watch"].Spec.Template.Annotations[configuration]
		}
		if watch(before) == watch(after) || watch(after) == "" {
			t.Errorf("%s: the watch does not start anew: %q", name, watch(after))
		}
	}
}

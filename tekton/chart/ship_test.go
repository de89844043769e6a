package chart_test

import (
	"slices"
	"strings"
	"testing"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/functions"
)

// object is one of the council's own chart.
type object struct {
	metav1.PartialObjectMetadata
	text string
}

// councils are the objects of the council's own chart by values files, and by what they lack.
func councils(t *testing.T, with map[string]any, files ...string) []object {
	t.Helper()
	chart, err := loader.Load("../../knative/chart")
	if err != nil {
		t.Fatal(err)
	}
	image := "registry.example/x@sha256:" + strings.Repeat("0", 64)
	of := map[string]any{}
	for _, f := range functions.All() {
		of[f.Name] = image
	}
	given := map[string]any{}
	for _, f := range append(files, "testdata/installation.yaml") {
		values, err := chartutil.ReadValuesFile("../../knative/chart/" + f)
		if err != nil {
			t.Fatal(err)
		}
		given = chartutil.MergeTables(values, given)
	}
	given = chartutil.MergeTables(chartutil.Values{"images": map[string]any{"functions": of, "migrate": image, "watch": image, "backup": image, "logs": image}}, given)
	given = chartutil.MergeTables(with, given)
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: "v1.35.5", Major: "1", Minor: "35"}
	values, err := chartutil.ToRenderValues(chart, given, chartutil.ReleaseOptions{Name: "madang", Namespace: "madang", IsUpgrade: true, Revision: 2}, capabilities)
	if err != nil {
		t.Fatal(err)
	}
	out, err := engine.Engine{Strict: true}.Render(chart, values)
	if err != nil {
		t.Fatal(err)
	}
	found := []object{}
	for path, text := range out {
		for _, document := range strings.Split("\n"+text, "\n---") {
			var o metav1.PartialObjectMetadata
			if err := yaml.Unmarshal([]byte(document), &o); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if o.Kind != "" {
				found = append(found, object{o, document})
			}
		}
	}
	return found
}

// allows says whether rules allow all verbs on a resource of a group, by its name.
func allows(rules []rbacv1.PolicyRule, group, resource, name string, verbs ...string) bool {
	return slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool {
		missing := slices.ContainsFunc(verbs, func(v string) bool { return !slices.Contains(r.Verbs, v) })
		named := len(r.ResourceNames) == 0 || slices.Contains(r.ResourceNames, name)
		return !missing && named && slices.Contains(r.APIGroups, group) && slices.Contains(r.Resources, resource)
	})
}

// The release may bring every kind of thing that the council's chart has into production's
// namespace, for Helm and for the release itself; beyond it, it may see that nothing changed.
func TestReleaseMayShip(t *testing.T) {
	r := render(t, installations["production"]...)
	own, cluster := of[rbacv1.Role](r)[namespace+"-release"], of[rbacv1.ClusterRole](r)[namespace+"-release"]
	if own == nil || own.Namespace != "madang" || cluster == nil {
		t.Fatal("the release has no roles")
	}
	beyond := 0
	for _, with := range []map[string]any{
		{},
		{"images": map[string]any{"admission": true, "signedBy": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}, "postgres": map[string]any{"operator": "cloudnative-pg", "instances": 2, "runAsUser": 26}},
	} {
		for _, o := range councils(t, with) {
			kind := o.GroupVersionKind()
			plural, _ := meta.UnsafeGuessKindToResource(kind)
			if strings.HasPrefix(kind.Kind, "Cluster") && kind.Group == rbacv1.GroupName || o.Namespace != "" {
				beyond++
				if !allows(cluster.Rules, kind.Group, plural.Resource, o.Name, "get") {
					t.Errorf("the release does not see %s %s", plural.GroupResource(), o.Name)
				}
				continue
			}
			if !allows(own.Rules, kind.Group, plural.Resource, o.Name, "get", "list", "create", "update", "patch", "delete") {
				t.Errorf("the release may not bring %s (%s)", plural.GroupResource(), o.Name)
			}
		}
	}
	if beyond == 0 {
		t.Error("nothing beyond the namespace was looked at")
	}
	for _, rule := range cluster.Rules {
		if !slices.Equal(rule.Verbs, []string{"get"}) || len(rule.ResourceNames) == 0 {
			t.Errorf("beyond its namespace the release may %v %v", rule.Verbs, rule.Resources)
		}
	}
	for _, need := range []struct{ resource, verb string }{ // of knative/release
		{"pods", "patch"}, {"pods/portforward", "create"}, {"pods/log", "get"}, {"events", "list"},
	} {
		if !allows(own.Rules, "", need.resource, "", need.verb) {
			t.Errorf("the release may not %s %s", need.verb, need.resource)
		}
	}
}

// Nothing is released that its tests have not passed, and nothing is signed before: images
// alone are built meanwhile.
func TestImagesDoNotWaitForTests(t *testing.T) {
	r := render(t, installations["production"]...)
	after := map[string][]string{}
	for _, task := range of[v1.Pipeline](r)["main"].Spec.Tasks {
		after[task.Name] = task.RunAfter
	}
	if slices.Contains(after["publish"], "quality") || !slices.Contains(after["release"], "quality") || !slices.Contains(after["release"], "publish") || !slices.Contains(after["quality"], "tests") || !slices.Contains(after["publish"], "check") {
		t.Errorf("%v", after)
	}
	for name, task := range of[v1.Task](r) {
		for _, s := range task.Spec.Steps {
			if strings.Contains(s.Script, "task sign") && name != "release" {
				t.Errorf("%s signs before the tests", name)
			}
		}
	}
}

// Package chart_test renders the pipeline's chart with Helm's own engine, reads what comes
// out with Tekton's own types and checks, and resolves every reference in it.
package chart_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	triggers "github.com/tektoncd/triggers/pkg/apis/triggers/v1beta1"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"knative.dev/pkg/apis"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/functions"
)

// kinds are all kinds that the chart may have.
var kinds = map[string]func() any{
	"v1 ConfigMap":                                                     func() any { return &corev1.ConfigMap{} },
	"v1 PersistentVolumeClaim":                                         func() any { return &corev1.PersistentVolumeClaim{} },
	"v1 Secret":                                                        func() any { return &corev1.Secret{} },
	"v1 Service":                                                       func() any { return &corev1.Service{} },
	"v1 ServiceAccount":                                                func() any { return &corev1.ServiceAccount{} },
	"apps/v1 Deployment":                                               func() any { return &appsv1.Deployment{} },
	"batch/v1 CronJob":                                                 func() any { return &batchv1.CronJob{} },
	"networking.k8s.io/v1 NetworkPolicy":                               func() any { return &networkingv1.NetworkPolicy{} },
	"rbac.authorization.k8s.io/v1 Role":                                func() any { return &rbacv1.Role{} },
	"tekton.dev/v1 Pipeline":                                           func() any { return &v1.Pipeline{} },
	"tekton.dev/v1 PipelineRun":                                        func() any { return &v1.PipelineRun{} },
	"tekton.dev/v1 Task":                                               func() any { return &v1.Task{} },
	"rbac.authorization.k8s.io/v1 RoleBinding":                         func() any { return &rbacv1.RoleBinding{} },
	"rbac.authorization.k8s.io/v1 ClusterRole":                         func() any { return &rbacv1.ClusterRole{} },
	"rbac.authorization.k8s.io/v1 ClusterRoleBinding":                  func() any { return &rbacv1.ClusterRoleBinding{} },
	"triggers.tekton.dev/v1beta1 EventListener":                        func() any { return &triggers.EventListener{} },
	"triggers.tekton.dev/v1beta1 TriggerBinding":                       func() any { return &triggers.TriggerBinding{} },
	"triggers.tekton.dev/v1beta1 TriggerTemplate":                      func() any { return &triggers.TriggerTemplate{} },
	"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy":        func() any { return &admissionv1.ValidatingAdmissionPolicy{} },
	"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding": func() any { return &admissionv1.ValidatingAdmissionPolicyBinding{} },
}

// namespace is where the tests install.
const namespace = "madang-pipeline"

// rendered is the chart with values: each object by "Kind/name", and the text.
type rendered struct {
	objects map[string]any
	text    string
}

var installations = map[string][]string{
	"production": {"testdata/installation.yaml"},
	"test":       {"values-test.yaml", "testdata/installation.yaml"},
}

func render(t testing.TB, files ...string) rendered {
	t.Helper()
	chart, err := loader.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]any{}
	for _, f := range files {
		values, err := chartutil.ReadValuesFile(f)
		if err != nil {
			t.Fatal(err)
		}
		given = chartutil.MergeTables(values, given)
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: "v1.35.5", Major: "1", Minor: "35"}
	values, err := chartutil.ToRenderValues(chart, given, chartutil.ReleaseOptions{Name: "madang", Namespace: namespace, IsInstall: true, Revision: 1}, capabilities)
	if err != nil {
		t.Fatal(err)
	}
	out, err := engine.Engine{Strict: true}.Render(chart, values)
	if err != nil {
		t.Fatal(err)
	}
	r := rendered{objects: map[string]any{}}
	for _, path := range slices.Sorted(maps.Keys(out)) {
		for _, document := range strings.Split("\n"+out[path], "\n---") {
			if strings.TrimSpace(document) == "" {
				continue
			}
			name, o := decode(t, path, document)
			if _, twice := r.objects[name]; twice {
				t.Errorf("%s: %s is there twice", path, name)
			}
			r.objects[name] = o
			r.text += document
		}
	}
	return r
}

// decode reads a document as the type that it says it is; a field that this type does not
// have, or has twice, fails.
func decode(t testing.TB, path, document string) (name string, o any) {
	t.Helper()
	var head struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
	}
	if err := yaml.Unmarshal([]byte(document), &head); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, document)
	}
	empty, ok := kinds[head.APIVersion+" "+head.Kind]
	if !ok {
		t.Fatalf("%s: %s %s is not among the kinds of this chart", path, head.APIVersion, head.Kind)
	}
	o = empty()
	if err := yaml.UnmarshalStrict([]byte(document), o); err != nil {
		t.Fatalf("%s: %s %s: %v", path, head.Kind, head.Name, err)
	}
	return head.Kind + "/" + head.Name, o
}

// of are the objects of a type, by name.
func of[T any](r rendered) map[string]*T {
	found := map[string]*T{}
	for name, o := range r.objects {
		if v, ok := o.(*T); ok {
			_, short, _ := strings.Cut(name, "/")
			found[short] = v
		}
	}
	return found
}

// Tekton's own defaults and checks, as its webhook applies them.
func TestTektonAccepts(t *testing.T) {
	ctx := apis.WithinCreate(context.Background())
	for installation, files := range installations {
		r := render(t, files...)
		checked := 0
		for name, o := range r.objects {
			v, ok := o.(interface {
				apis.Defaultable
				apis.Validatable
			})
			if !ok {
				continue
			}
			checked++
			v.SetDefaults(ctx)
			if err := v.Validate(ctx); err != nil {
				t.Errorf("%s: %s: %v", installation, name, err)
			}
		}
		for name, template := range of[triggers.TriggerTemplate](r) {
			run := templateRun(t, name, template)
			run.SetDefaults(ctx)
			if err := run.Validate(ctx); err != nil {
				t.Errorf("%s: the run of %s: %v", installation, name, err)
			}
		}
		if checked < 15 {
			t.Errorf("%s: only %d objects of Tekton were checked", installation, checked)
		}
	}
}

// templateRun is what a TriggerTemplate makes, with harmless values for its parameters.
func templateRun(t *testing.T, name string, template *triggers.TriggerTemplate) *v1.PipelineRun {
	t.Helper()
	if len(template.Spec.ResourceTemplates) != 1 {
		t.Fatalf("%s makes %d things", name, len(template.Spec.ResourceTemplates))
	}
	text := string(template.Spec.ResourceTemplates[0].Raw)
	for _, p := range template.Spec.Params {
		if !strings.Contains(text, "$(tt.params."+p.Name+")") {
			t.Errorf("template %s does not use %s", name, p.Name)
		}
		text = strings.ReplaceAll(text, "$(tt.params."+p.Name+")", "7")
	}
	if i := strings.Index(text, "$(tt."); i >= 0 {
		t.Errorf("template %s uses what it does not declare: %.40s", name, text[i:])
	}
	run := &v1.PipelineRun{}
	if err := yaml.UnmarshalStrict([]byte(text), run); err != nil {
		t.Fatalf("template %s: %v", name, err)
	}
	return run
}

// Every name in the chart is the name of something in it.
func TestReferences(t *testing.T) {
	for installation, files := range installations {
		t.Run(installation, func(t *testing.T) {
			r := render(t, files...)
			tasks, pipelines := of[v1.Task](r), of[v1.Pipeline](r)
			for name, p := range pipelines {
				checkPipeline(t, name, p, tasks)
			}
			used := sets.New[string]()
			for name, template := range of[triggers.TriggerTemplate](r) {
				run := templateRun(t, name, template)
				used.Insert(run.Spec.PipelineRef.Name)
				checkRun(t, name, run, pipelines, r)
			}
			used.Insert("clean") // made by the clerk
			if !used.Equal(sets.KeySet(pipelines)) {
				t.Errorf("pipelines that are run: %v, that there are: %v", sets.List(used), sets.List(sets.KeySet(pipelines)))
			}
			checkListener(t, r)
			checkRights(t, r)
			checkKept(t, r)
		})
	}
}

func checkPipeline(t *testing.T, name string, p *v1.Pipeline, tasks map[string]*v1.Task) {
	t.Helper()
	for _, each := range slices.Concat(p.Spec.Tasks, p.Spec.Finally) {
		where := name + "." + each.Name
		task := tasks[each.TaskRef.Name]
		if task == nil {
			t.Errorf("%s: there is no task %s", where, each.TaskRef.Name)
			continue
		}
		if each.Timeout == nil {
			t.Errorf("%s has no timeout", where)
		}
		given, wanted, declared := sets.New[string](), sets.New[string](), sets.New[string]()
		for _, param := range each.Params {
			given.Insert(param.Name)
		}
		for _, param := range task.Spec.Params {
			declared.Insert(param.Name)
			if param.Default == nil {
				wanted.Insert(param.Name)
			}
		}
		if !given.IsSuperset(wanted) || !declared.IsSuperset(given) {
			t.Errorf("%s gives %v; %s wants %v of %v", where, sets.List(given), task.Name, sets.List(wanted), sets.List(declared))
		}
		bound, needed := sets.New[string](), sets.New[string]()
		for _, w := range each.Workspaces {
			bound.Insert(w.Name)
		}
		for _, w := range task.Spec.Workspaces {
			needed.Insert(w.Name)
		}
		if !bound.Equal(needed) {
			t.Errorf("%s binds %v; %s needs %v", where, sets.List(bound), task.Name, sets.List(needed))
		}
		for _, w := range each.When {
			result := regexp.MustCompile(`^\$\(tasks\.(\w+)\.results\.(\w+)\)$`).FindStringSubmatch(w.Input)
			if result == nil {
				t.Errorf("%s: %q is not a result", where, w.Input)
				continue
			}
			from := slices.IndexFunc(p.Spec.Tasks, func(o v1.PipelineTask) bool { return o.Name == result[1] })
			if from < 0 || !slices.ContainsFunc(tasks[p.Spec.Tasks[from].TaskRef.Name].Spec.Results, func(x v1.TaskResult) bool { return x.Name == result[2] }) {
				t.Errorf("%s: there is no %s", where, w.Input)
			}
		}
	}
}

func checkRun(t *testing.T, name string, run *v1.PipelineRun, pipelines map[string]*v1.Pipeline, r rendered) {
	t.Helper()
	p := pipelines[run.Spec.PipelineRef.Name]
	if p == nil {
		t.Fatalf("template %s: there is no pipeline %s", name, run.Spec.PipelineRef.Name)
	}
	given, wanted := sets.New[string](), sets.New[string]()
	for _, param := range run.Spec.Params {
		given.Insert(param.Name)
	}
	for _, param := range p.Spec.Params {
		wanted.Insert(param.Name)
	}
	if !given.Equal(wanted) {
		t.Errorf("template %s gives %v, its pipeline wants %v", name, sets.List(given), sets.List(wanted))
	}
	bound, needed := sets.New[string](), sets.New[string]()
	for _, w := range run.Spec.Workspaces {
		bound.Insert(w.Name)
		if claim := w.PersistentVolumeClaim; claim != nil && r.objects["PersistentVolumeClaim/"+claim.ClaimName] == nil {
			t.Errorf("template %s: there is no claim %s", name, claim.ClaimName)
		}
	}
	for _, w := range p.Spec.Workspaces {
		needed.Insert(w.Name)
	}
	if !bound.Equal(needed) {
		t.Errorf("template %s binds %v, its pipeline needs %v", name, sets.List(bound), sets.List(needed))
	}
	accounts := []string{run.Spec.TaskRunTemplate.ServiceAccountName}
	for _, s := range run.Spec.TaskRunSpecs {
		accounts = append(accounts, s.ServiceAccountName)
		if !slices.ContainsFunc(slices.Concat(p.Spec.Tasks, p.Spec.Finally), func(o v1.PipelineTask) bool { return o.Name == s.PipelineTaskName }) {
			t.Errorf("template %s: its pipeline has no task %s", name, s.PipelineTaskName)
		}
	}
	for _, a := range accounts {
		if r.objects["ServiceAccount/"+a] == nil {
			t.Errorf("template %s: there is no account %q", name, a)
		}
	}
	if run.Spec.Timeouts == nil || run.Spec.Timeouts.Pipeline == nil {
		t.Errorf("template %s has no timeout", name)
	}
}

func checkListener(t *testing.T, r rendered) {
	t.Helper()
	bindings, templates := of[triggers.TriggerBinding](r), of[triggers.TriggerTemplate](r)
	listener := of[triggers.EventListener](r)["github"]
	if r.objects["ServiceAccount/"+listener.Spec.ServiceAccountName] == nil {
		t.Errorf("there is no account %s", listener.Spec.ServiceAccountName)
	}
	for _, trigger := range listener.Spec.Triggers {
		params := sets.New[string]()
		for _, b := range trigger.Bindings {
			binding := bindings[b.Ref]
			if binding == nil {
				t.Fatalf("trigger %s: there is no binding %s", trigger.Name, b.Ref)
			}
			for _, p := range binding.Spec.Params {
				params.Insert(p.Name)
			}
		}
		template := templates[*trigger.Template.Ref]
		if template == nil {
			t.Fatalf("trigger %s: there is no template %s", trigger.Name, *trigger.Template.Ref)
		}
		for _, p := range template.Spec.Params {
			if !params.Has(p.Name) {
				t.Errorf("trigger %s: nothing gives %s", trigger.Name, p.Name)
			}
		}
		for _, i := range trigger.Interceptors {
			if i.Ref.Name != "github" && i.Ref.Name != "cel" {
				t.Errorf("trigger %s: interceptor %s", trigger.Name, i.Ref.Name)
			}
		}
	}
}

func checkRights(t *testing.T, r rendered) {
	t.Helper()
	check := func(name string, ref rbacv1.RoleRef, subjects []rbacv1.Subject) {
		if r.objects[ref.Kind+"/"+ref.Name] == nil {
			t.Errorf("%s: there is no %s %s", name, ref.Kind, ref.Name)
		}
		for _, s := range subjects {
			if s.Namespace != namespace || r.objects["ServiceAccount/"+s.Name] == nil {
				t.Errorf("%s: there is no account %s in %s", name, s.Name, s.Namespace)
			}
		}
	}
	for name, b := range of[rbacv1.RoleBinding](r) {
		check(name, b.RoleRef, b.Subjects)
	}
	for name, b := range of[rbacv1.ClusterRoleBinding](r) {
		check(name, b.RoleRef, b.Subjects)
	}
	policies := of[admissionv1.ValidatingAdmissionPolicy](r)
	for name, b := range of[admissionv1.ValidatingAdmissionPolicyBinding](r) {
		if policies[b.Spec.PolicyName] == nil {
			t.Errorf("%s: there is no policy %s", name, b.Spec.PolicyName)
		}
	}
}

// operators are Secrets that the operator makes: docs/operating.md says how.
var operators = map[string][]string{
	"ncr":         {".dockerconfigjson"},
	"ncr-push":    {".dockerconfigjson"},
	"ncr-push-pr": {".dockerconfigjson"},
	"cosign":      {"cosign.key", "cosign.password"},
}

// An environment of a pull request asks for no rights beyond its namespace, whatever the
// cluster's values are.
func TestEnvironmentsAskForLittle(t *testing.T) {
	values := map[string]any{}
	if err := yaml.Unmarshal([]byte(of[corev1.ConfigMap](render(t, "testdata/installation.yaml"))["environment"].Data["values.yaml"]), &values); err != nil {
		t.Fatal(err)
	}
	monitoring, _ := values["monitoring"].(map[string]any)
	if monitoring["nodes"] != false || monitoring["knative"] != false || values["images"] == nil {
		t.Errorf("%v", values)
	}
}

// Functions of a pull request's environment reach Kubernetes' API at a public address as little as
// its runs do, whatever else the cluster's values have of the network.
func TestEnvironmentsDoNotReachTheAPI(t *testing.T) {
	const api = "203.0.113.7/32"
	for name, row := range map[string]struct {
		values string
		want   []any
	}{
		"nobody says":           {"{network: {api: []}}", []any{}},
		"the pipeline's":        {"{network: {api: [" + api + "]}}", []any{api}},
		"both, with a server":   {"{network: {api: [" + api + "]}, environments: {values: {network: {api: [" + api + ", 203.0.113.8/32], servers: [{cidr: 10.20.0.5/32}]}}}}", []any{api, "203.0.113.8/32"}},
		"the environments' own": {"{environments: {values: {network: {api: [203.0.113.8/32]}}}}", []any{"203.0.113.8/32"}},
	} {
		file := filepath.Join(t.TempDir(), "api.yaml")
		if err := os.WriteFile(file, []byte(row.values), 0o600); err != nil {
			t.Fatal(err)
		}
		var values struct {
			Network struct {
				API     []any `json:"api"`
				Servers []any `json:"servers"`
			} `json:"network"`
		}
		if err := yaml.Unmarshal([]byte(of[corev1.ConfigMap](render(t, file, "testdata/installation.yaml"))["environment"].Data["values.yaml"]), &values); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(values.Network.API, row.want) || strings.Contains(row.values, "servers") != (len(values.Network.Servers) == 1) {
			t.Errorf("%s: %+v", name, values.Network)
		}
	}
}

// checkKept follows what steps read from Secrets and ConfigMaps.
func checkKept(t *testing.T, r rendered) {
	t.Helper()
	secrets := maps.Clone(operators)
	for name, s := range of[corev1.Secret](r) {
		secrets[name] = slices.Collect(maps.Keys(s.StringData))
	}
	configs := of[corev1.ConfigMap](r)
	environment := func(where string, env []corev1.EnvVar) {
		for _, e := range env {
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
				ref := e.ValueFrom.SecretKeyRef
				if !slices.Contains(secrets[ref.Name], ref.Key) {
					t.Errorf("%s: Secret %s has no %s", where, ref.Name, ref.Key)
				}
			}
		}
	}
	for name, task := range of[v1.Task](r) {
		volumes := sets.New[string]()
		for _, v := range task.Spec.Volumes {
			volumes.Insert(v.Name)
			if v.Secret != nil && secrets[v.Secret.SecretName] == nil {
				t.Errorf("task %s: there is no Secret %s", name, v.Secret.SecretName)
			}
			if v.ConfigMap != nil && configs[v.ConfigMap.Name] == nil {
				t.Errorf("task %s: there is no ConfigMap %s", name, v.ConfigMap.Name)
			}
		}
		mounts := []corev1.VolumeMount{}
		if task.Spec.StepTemplate != nil {
			mounts = task.Spec.StepTemplate.VolumeMounts
		}
		for _, s := range task.Spec.Steps {
			environment("task "+name+"."+s.Name, s.Env)
			mounts = append(mounts, s.VolumeMounts...)
		}
		for _, s := range task.Spec.Sidecars {
			environment("task "+name+"."+s.Name, s.Env)
			mounts = append(mounts, s.VolumeMounts...)
		}
		for _, m := range mounts {
			if !volumes.Has(m.Name) {
				t.Errorf("task %s: there is no volume %s", name, m.Name)
			}
		}
	}
	for _, trigger := range of[triggers.EventListener](r)["github"].Spec.Triggers {
		for _, p := range trigger.Interceptors[0].Params {
			if p.Name == "secretRef" {
				var ref triggers.SecretRef
				if err := yaml.Unmarshal(p.Value.Raw, &ref); err != nil || !slices.Contains(secrets[ref.SecretName], ref.SecretKey) {
					t.Errorf("trigger %s: %s: %v", trigger.Name, p.Value.Raw, err)
				}
			}
		}
	}
}

// Every step may do nothing but its work, and knows its image.
func TestSteps(t *testing.T) {
	for name, task := range of[v1.Task](render(t, installations["production"]...)) {
		template := task.Spec.StepTemplate
		if template == nil || template.SecurityContext == nil || !*template.SecurityContext.RunAsNonRoot || *template.SecurityContext.AllowPrivilegeEscalation {
			t.Errorf("task %s: its steps may do more than their work", name)
		}
		for _, s := range task.Spec.Steps {
			if s.Image == "" && template.Image == "" {
				t.Errorf("task %s.%s has no image", name, s.Name)
			}
			if s.SecurityContext != nil {
				t.Errorf("task %s.%s has a security context of its own", name, s.Name)
			}
		}
		for _, s := range task.Spec.Sidecars {
			if s.ComputeResources.Requests.Memory().IsZero() || !*s.SecurityContext.RunAsNonRoot {
				t.Errorf("task %s.%s", name, s.Name)
			}
		}
	}
}

// No step that runs a pull request's code has GitHub's or SonarQube's token, and none of
// a fork's has any secret, token or volume of others. SonarQube's scanner, which reads
// the code without running it, has SonarQube's.
func TestSecretsStayWithTheClerk(t *testing.T) {
	r := render(t, installations["production"]...)
	trusted := []string{"clerk", "environment"}
	for name, task := range of[v1.Task](r) {
		for _, s := range task.Spec.Steps {
			ours := slices.ContainsFunc(trusted, func(i string) bool { return strings.HasPrefix(s.Image, "registry.example/madang/"+i+"@") })
			for _, e := range s.Env {
				if e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil {
					continue
				}
				key := e.ValueFrom.SecretKeyRef.Key
				allowed := ours || strings.HasPrefix(key, "storage-") || key == "sonar-token" && s.Name == "scan" || key == "cosign.password" && name == "release" && s.Name == "sign"
				if !allowed || name == "fork" {
					t.Errorf("task %s.%s has %s", name, s.Name, key)
				}
			}
		}
		for _, v := range task.Spec.Volumes {
			if v.Secret != nil && (name == "fork" || !slices.Contains([]string{"environment", "publish", "release"}, name)) {
				t.Errorf("task %s mounts a Secret", name)
			}
		}
	}
	templates := of[triggers.TriggerTemplate](r)
	fork := templateRun(t, "fork", templates["fork"])
	for _, w := range fork.Spec.Workspaces {
		if w.EmptyDir == nil {
			t.Errorf("a fork's run has %s of others", w.Name)
		}
	}
	for _, account := range []string{"build", "door"} {
		if of[corev1.ServiceAccount](r)[account].AutomountServiceAccountToken == nil || *of[corev1.ServiceAccount](r)[account].AutomountServiceAccountToken {
			t.Errorf("account %s has a token", account)
		}
	}
	for name, template := range templates { // code of a pull request runs as these alone
		run := templateRun(t, name, template)
		for _, s := range run.Spec.TaskRunSpecs {
			if slices.Contains([]string{"check", "tests", "quality", "fork", "publish"}, s.PipelineTaskName) {
				t.Errorf("%s: %s runs as %s", name, s.PipelineTaskName, s.ServiceAccountName)
			}
		}
		cache := run.Labels["madang.kr/cache"]
		for _, w := range run.Spec.Workspaces {
			if w.PersistentVolumeClaim != nil && w.PersistentVolumeClaim.ClaimName != "cache-"+cache {
				t.Errorf("%s: pods of the cache %q use %s", name, cache, w.PersistentVolumeClaim.ClaimName)
			}
		}
	}
}

// Every command of a step is a task that a person can run, too.
func TestCommandsAreTasks(t *testing.T) {
	file, err := os.ReadFile("../../Taskfile.yml")
	if err != nil {
		t.Fatal(err)
	}
	var known struct {
		Tasks map[string]any `json:"tasks"`
	}
	if err := yaml.Unmarshal(file, &known); err != nil {
		t.Fatal(err)
	}
	found := sets.New[string]()
	for name, task := range of[v1.Task](render(t, installations["production"]...)) {
		for _, s := range task.Spec.Steps {
			for _, call := range regexp.MustCompile(`(?m)\btask (?:-s )?([a-z][a-z:0-9]*)`).FindAllStringSubmatch(s.Script, -1) {
				found.Insert(call[1])
				if known.Tasks[call[1]] == nil {
					t.Errorf("task %s.%s calls %q, which Taskfile.yml does not have", name, s.Name, call[1])
				}
			}
		}
	}
	for _, must := range []string{"check", "vulnerabilities", "cover", "race", "publish", "sign", "env:create", "e2e", "ship"} {
		if !found.Has(must) {
			t.Errorf("no step calls task %s", must)
		}
	}
}

// What is known to be vulnerable blocks a merge: its step speaks in the report of "check",
// and only a value leaves it out.
func TestVulnerabilitiesBlock(t *testing.T) {
	steps := of[v1.Task](render(t, installations["production"]...))["check"].Spec.Steps
	report := steps[len(steps)-1]
	if report.Name != "report" || !slices.Contains(report.Args, "-command=vulnerabilities=$(steps.step-vulnerabilities.exitCode.path)") {
		t.Errorf("%s %v", report.Name, report.Args)
	}
	off := filepath.Join(t.TempDir(), "off.yaml")
	if err := os.WriteFile(off, []byte("vulnerabilities: {enabled: false}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range of[v1.Task](render(t, off, "testdata/installation.yaml"))["check"].Spec.Steps {
		if strings.Contains(s.Script+strings.Join(s.Args, " "), "vulnerabilities") {
			t.Errorf("%s still asks", s.Name)
		}
	}
}

// What a release left in the folder counts where a release is what ran, and nowhere else.
func TestOnlyTheReleaseSaysWhatItDid(t *testing.T) {
	reports := 0
	for name, task := range of[v1.Task](render(t, installations["production"]...)) {
		for _, s := range task.Spec.Steps {
			if s.Name != "report" {
				continue
			}
			reports++
			if slices.Contains(s.Args, "-release") != (name == "release") {
				t.Errorf("task %s: %v", name, s.Args)
			}
		}
	}
	if reports < 6 {
		t.Errorf("%d stages report", reports)
	}
}

// Adding a function must change nothing here.
func TestNoFunctionIsNamed(t *testing.T) {
	files, err := exec.Command("git", "ls-files", "-co", "--exclude-standard", "..").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.Lines(string(files)) {
		path = strings.TrimSpace(path)
		content, err := os.ReadFile(filepath.FromSlash(path))
		if err != nil || strings.Contains(path, "/e2e/") { // the stories change a function to see it shipped
			continue
		}
		for _, f := range functions.All() {
			named := regexp.MustCompile(fmt.Sprintf(`functions/(cmd/)?%[1]s\b|\b%[1]s\.Function\b`, f.Name))
			if at := named.Find(content); at != nil {
				t.Errorf("%s names a function: %s", path, at)
			}
		}
	}
}

package chart_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/yaml"
)

// writes are verbs that change something, or let somebody be another.
func writes(verb string) bool { return !slices.Contains([]string{"get", "list", "watch"}, verb) }

// environments are the objects of an environment of a pull request: as env:create gives its
// values, and the ConfigMap environment.
func environments(t *testing.T, files ...string) []object {
	t.Helper()
	return councils(t, map[string]any{
		"site": map[string]any{"url": "http://edge.madang-pr-7.svc.cluster.local"}, "edge": map[string]any{"tls": map[string]any{"mode": "none"}},
		"monitoring": map[string]any{"nodes": false, "knative": false},
	}, files...)
}

// Code of a pull request brings what an environment is made of, and nothing by which it could
// answer at somebody else's name: what it may change is named, kind by kind.
func TestEnvironmentsMayBringWhatTheyAre(t *testing.T) {
	rules := of[rbacv1.ClusterRole](render(t, installations["production"]...))["madang-environment"].Rules
	may := map[string]bool{}
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				if !slices.ContainsFunc(rule.Verbs, writes) {
					continue
				}
				if group == "*" || resource == "*" || slices.Contains(rule.Verbs, "*") || strings.Contains(group, ".internal.knative.dev") {
					t.Errorf("an environment may %v of %q in %q", rule.Verbs, resource, group)
				}
				may[resource+"."+group] = true
			}
		}
	}
	has := map[string]bool{"pods.": true, "revisions.serving.knative.dev": true, "persistentvolumeclaims.": true, "leases.coordination.k8s.io": true} // what ends them, claims of StatefulSets, the lock of releases
	for _, files := range [][]string{{"values-dev.yaml"}, {"values-dev.yaml", "values-test.yaml"}} {
		for _, o := range environments(t, files...) {
			kind := o.GroupVersionKind()
			plural, _ := meta.UnsafeGuessKindToResource(kind)
			has[plural.Resource+"."+kind.Group] = true
			if !allows(rules, kind.Group, plural.Resource, o.Name, "get", "list", "create", "update", "patch", "delete") {
				t.Errorf("an environment may not bring %s (%s)", plural.GroupResource(), o.Name)
			}
			if kind.Kind != "Role" {
				continue
			}
			var role rbacv1.Role
			if err := yaml.UnmarshalStrict([]byte(o.text), &role); err != nil {
				t.Fatal(err)
			}
			for _, given := range role.Rules { // nobody gives what they have not
				for _, resource := range given.Resources {
					if !allows(rules, given.APIGroups[0], resource, "", given.Verbs...) || len(given.APIGroups) != 1 {
						t.Errorf("an environment may not give role %s: %v %s", role.Name, given.Verbs, resource)
					}
				}
			}
		}
	}
	for what := range may {
		if !has[what] {
			t.Errorf("an environment may change %s, which none has", what)
		}
	}
	for _, drained := range []struct{ group, resource string }{{"", "pods"}, {"apps", "deployments"}, {"apps", "statefulsets"}, {"serving.knative.dev", "revisions"}} {
		if !allows(rules, drained.group, drained.resource, "", "list", "deletecollection") {
			t.Errorf("env:destroy may not end %s", drained.resource)
		}
	}
}

// Pods of an environment get their images by the login by which the pipeline's own pods do.
func TestEnvironmentsGetTheirImages(t *testing.T) {
	for _, want := range []string{"ncr", ""} {
		files := []string{"testdata/installation.yaml"}
		if want == "" {
			none := filepath.Join(t.TempDir(), "none.yaml")
			if err := os.WriteFile(none, []byte("images: {pullSecrets: []}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			files = []string{"testdata/installation.yaml", none}
		}
		task := of[v1.Task](render(t, files...))["environment"]
		given, mounted := false, ""
		for _, s := range task.Spec.Steps {
			given = given || strings.Contains(s.Script, "-login /etc/pull/config.json")
			for _, m := range s.VolumeMounts {
				if m.MountPath != "/etc/pull" || !m.ReadOnly || s.Name != "stories" {
					continue
				}
				for _, volume := range task.Spec.Volumes {
					if volume.Name == m.Name {
						mounted = volume.Secret.SecretName
					}
				}
			}
		}
		if given != (want != "") || mounted != want {
			t.Errorf("a login is given: %v, of the Secret %q, wanted %q", given, mounted, want)
		}
	}
}

// The policy's own expressions, as the API server reads them, of what the account asks for.
func TestEnvironmentsAreConfined(t *testing.T) {
	policy := of[admissionv1.ValidatingAdmissionPolicy](render(t, installations["production"]...))[namespace+"-environments"]
	env, err := cel.NewEnv(cel.OptionalTypes(), ext.Strings(), cel.Variable("request", cel.DynType), cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType))
	if err != nil {
		t.Fatal(err)
	}
	allowed := func(resource, operation, in, name string, object, before any) bool {
		asked := false
		for _, rule := range policy.Spec.MatchConstraints.ResourceRules {
			asked = asked || slices.Contains(rule.Resources, resource) && slices.Contains(rule.Operations, admissionv1.OperationType(operation))
		}
		if !asked {
			t.Errorf("the policy is not asked about %s %s", operation, resource)
		}
		for _, v := range policy.Spec.Validations {
			ast, issues := env.Compile(v.Expression)
			if issues.Err() != nil {
				t.Fatal(issues.Err())
			}
			program, err := env.Program(ast)
			if err != nil {
				t.Fatal(err)
			}
			result, _, err := program.Eval(map[string]any{
				"request": map[string]any{"resource": map[string]any{"resource": resource}, "operation": operation, "namespace": in, "name": name},
				"object":  object, "oldObject": before,
			})
			if err != nil || result.Value() != true {
				return false
			}
		}
		return true
	}
	restricted := map[string]any{"metadata": map[string]any{"labels": map[string]any{"pod-security.kubernetes.io/enforce": "restricted"}}}
	service := func(spec map[string]any) map[string]any { return map[string]any{"spec": spec} }
	binding := func(kind, role, account, of string) map[string]any {
		return map[string]any{"roleRef": map[string]any{"kind": kind, "name": role}, "subjects": []any{map[string]any{"kind": "ServiceAccount", "name": account, "namespace": of}}}
	}
	volume := func(of string) map[string]any {
		return map[string]any{"spec": map[string]any{"claimRef": map[string]any{"namespace": of}}}
	}
	for _, row := range []struct {
		what, resource, operation, in, name string
		object, before                      any
		want                                bool
	}{
		{"its namespace", "namespaces", "CREATE", "", "madang-pr-7", restricted, nil, true},
		{"one whose pods may do more", "namespaces", "CREATE", "", "madang-pr-7", map[string]any{"metadata": map[string]any{}}, nil, false},
		{"production", "namespaces", "DELETE", "", "madang", nil, restricted, false},
		{"its end", "namespaces", "DELETE", "", "madang-pr-7", nil, restricted, true},
		{"its volume", "persistentvolumes", "DELETE", "", "pvc-1", nil, volume("madang-pr-7"), true},
		{"production's volume", "persistentvolumes", "UPDATE", "", "pvc-1", volume("madang-pr-7"), volume("madang"), false},
		{"its role", "rolebindings", "CREATE", "madang-pr-7", "madang-environment", binding("ClusterRole", "madang-environment", "environment", namespace), nil, true},
		{"a role for others", "rolebindings", "CREATE", "madang-pr-7", "x", binding("ClusterRole", "madang-environment", "environment", "madang"), nil, false},
		{"the role in production", "rolebindings", "CREATE", "madang", "x", binding("ClusterRole", "madang-environment", "environment", namespace), nil, false},
		{"a role of the environment's", "rolebindings", "CREATE", "madang-pr-7", "watch", binding("Role", "watch", "watch", "madang-pr-7"), nil, true},
		{"a Service", "services", "CREATE", "madang-pr-7", "edge", service(map[string]any{"type": "ClusterIP", "externalIPs": []any{}}), nil, true},
		{"a Service that does not say its kind", "services", "CREATE", "madang-pr-7", "edge", service(map[string]any{}), nil, true},
		{"a Service at another's address", "services", "CREATE", "madang-pr-7", "x", service(map[string]any{"externalIPs": []any{"203.0.113.9"}}), nil, false},
		{"a Service that comes to it later", "services", "UPDATE", "madang-pr-7", "x", service(map[string]any{"type": "ClusterIP", "externalIPs": []any{"10.96.0.1"}}), service(map[string]any{}), false},
		{"a load balancer", "services", "CREATE", "madang-pr-7", "x", service(map[string]any{"type": "LoadBalancer"}), nil, false},
		{"a port of every node", "services", "CREATE", "madang-pr-7", "x", service(map[string]any{"type": "NodePort"}), nil, false},
		{"production's floating IP", "services", "CREATE", "madang-pr-7", "x", service(map[string]any{"type": "ClusterIP", "loadBalancerIP": "203.0.113.9"}), nil, false},
	} {
		if got := allowed(row.resource, row.operation, row.in, row.name, row.object, row.before); got != row.want {
			t.Errorf("%s: allowed %v", row.what, got)
		}
	}
}

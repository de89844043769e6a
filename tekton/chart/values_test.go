package chart_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/yaml"
)

// installation are values as docs/operating.md has them.
func installation(t *testing.T) map[string]any {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "installation.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	values, err := chartutil.ReadValues(content)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// An image of the pipeline that has no digest is refused, and so is one that is missing.
func TestImagesHaveDigests(t *testing.T) {
	chart, err := loader.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	accepted := func(values map[string]any) bool {
		_, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: "madang", Namespace: namespace}, nil)
		return err == nil
	}
	if !accepted(installation(t)) {
		t.Fatal("the installation is refused")
	}
	for name := range chart.Values["images"].(map[string]any) {
		if name == "pullSecrets" || name == "signedBy" {
			continue
		}
		for _, image := range []string{"", "docker.io/library/redis", "docker.io/library/redis:7.4", "docker.io/library/redis@sha256:00"} {
			values := installation(t)
			values["images"].(map[string]any)[name] = image
			if accepted(values) {
				t.Errorf("images.%s: %q is accepted", name, image)
			}
		}
	}
}

// What the pipeline does not know is refused, wherever it is said, and so is what it could not
// work with: a mistake would otherwise be found by the first merge.
func TestBadValuesAreRefused(t *testing.T) {
	chart, err := loader.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ path, value string }{
		{"relase", "{namespace: madang}"}, {"release.namespac", "madang"}, {"release.namespace", `""`}, {"release.arguments", `"-watch\n2m"`},
		{"repository.name", `""`}, {"repository.name", "https://github.com/a/b"}, {"repository.url", "github.com/a/b"}, {"repository.branch", "main"},
		{"registry.main.adress", "registry.example/x"}, {"registry.main.address", `""`}, {"registry.pullRequests.address", "https://registry.example/x"},
		{"registry.pullRequests.base", "registry.example/x/base"}, {"registry.main.login", "NCR push"}, {"registry.other", "{}"},
		{"signing.keys", "cosign"}, {"signing", "cosign"}, {"secrets.githubtoken", "x"}, {"secrets.sonarToken", "1"},
		{"storage.endpoint", `""`}, {"storage.endpoint", "https://storage.example/v1"}, {"storage.bucket", "madang"},
		{"links.run", `""`}, {"sonar.url", "sonar.example"}, {"sonar.token", "x"}, {"go.parallel", "2"}, {"timeouts.tests", "45"}, {"timeouts.all", "1h"},
		{"requests.build", "{cpu: 1, memory: 3Gi}"}, {"requests.builds", "{cpu: '1', memory: 3Gi}"}, {"retention", "14d"}, {"environments.values", "[]"}, {"environments.story", "x"},
		{"network.server", "[]"}, {"nodes.taints", "[]"}, {"caches.size", "20"}, {"postgres.runAsUser", "0"}, {"scanner.command", "sonar-scanner"},
		{"vulnerabilities.database", "vuln.go.dev"}, {"vulnerabilities.database", `"https://mirror'; true"`}, {"vulnerabilities.database", "true"},
	} {
		values := installation(t)
		var value any
		if err := yaml.Unmarshal([]byte(row.value), &value); err != nil {
			t.Fatal(err)
		}
		keys := strings.Split(row.path, ".")
		for i := range keys[:len(keys)-1] { // {release: {namespace: …}}
			value = map[string]any{keys[len(keys)-1-i]: value}
		}
		over := chartutil.CoalesceTables(map[string]any{keys[0]: value}, values)
		if _, err := chartutil.ToRenderValues(chart, over, chartutil.ReleaseOptions{Name: "madang", Namespace: namespace}, nil); err == nil {
			t.Errorf("%s: %s is accepted", row.path, row.value)
		}
	}
}

package chart_test

import (
	"os"
	"path/filepath"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
)

// An image of the pipeline that has no digest is refused, and so is one that is missing.
func TestImagesHaveDigests(t *testing.T) {
	chart, err := loader.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	read := func() map[string]any {
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
	accepted := func(values map[string]any) bool {
		_, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: "madang", Namespace: namespace}, nil)
		return err == nil
	}
	if !accepted(read()) {
		t.Fatal("the installation is refused")
	}
	for name := range chart.Values["images"].(map[string]any) {
		if name == "pullSecrets" || name == "signedBy" {
			continue
		}
		for _, image := range []string{"", "docker.io/library/redis", "docker.io/library/redis:7.4", "docker.io/library/redis@sha256:00"} {
			values := read()
			values["images"].(map[string]any)[name] = image
			if accepted(values) {
				t.Errorf("images.%s: %q is accepted", name, image)
			}
		}
	}
	for _, database := range []any{"vuln.go.dev", "https://mirror'; true", true} {
		values := read()
		values["vulnerabilities"] = map[string]any{"database": database}
		if accepted(values) {
			t.Errorf("vulnerabilities.database: %v is accepted", database)
		}
	}
}

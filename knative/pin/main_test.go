package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/knative/signature/signaturetest"
)

type file struct {
	t    *testing.T
	path string
}

func (f file) write(content string) {
	f.t.Helper()
	if err := os.WriteFile(f.path, []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f file) read() string {
	f.t.Helper()
	content, err := os.ReadFile(f.path)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(content)
}

// tagged is an image by digest with its tag beside it.
func tagged(image, tag string) string { return strings.Replace(image, "@", ":"+tag+"@", 1) }

// A tag becomes its digest, with the tag and the day; one that moves is told, and taken only
// when asked for.
func TestPin(t *testing.T) {
	host, folder := signaturetest.Registry(t), t.TempDir()
	edge, redis := tagged(signaturetest.Push(t, host+"/openresty/openresty:1.27"), "1.27"), tagged(signaturetest.Push(t, host+"/library/redis:7.4"), "7.4")
	list, out := file{t, filepath.Join(folder, "images.yaml")}, file{t, filepath.Join(folder, "others.yaml")}
	list.write("images:\n  edge: " + host + "/openresty/openresty:1.27\n  redis: " + host + "/library/redis:7.4\n")
	o := order{images: list.path, out: out.path, today: "2026-12-01"}
	if err := run(t.Context(), o, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	first := head + "  edge: " + edge + " # " + host + "/openresty/openresty:1.27, 2026-12-01\n  redis: " + redis + " # " + host + "/library/redis:7.4, 2026-12-01\n"
	if out.read() != first {
		t.Errorf("%s", out.read())
	}
	o.today = "2026-12-09"
	if err := run(t.Context(), o, &bytes.Buffer{}); err != nil || out.read() != first {
		t.Errorf("the same digests have another day: %v\n%s", err, out.read())
	}
	moved := tagged(signaturetest.Push(t, host+"/library/redis:7.4"), "7.4")
	if err := run(t.Context(), o, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), digestOf(moved)) || out.read() != first {
		t.Errorf("%v\n%s", err, out.read())
	}
	o.move = true
	if err := run(t.Context(), o, &bytes.Buffer{}); err != nil || !strings.Contains(out.read(), moved+" # "+host+"/library/redis:7.4, 2026-12-09\n") || !strings.Contains(out.read(), edge+" # "+host+"/openresty/openresty:1.27, 2026-12-01\n") {
		t.Errorf("%v\n%s", err, out.read())
	}
}

// With -to the copy is pinned, and it is there with the same digest.
func TestCopy(t *testing.T) {
	host, own, folder := signaturetest.Registry(t), signaturetest.Registry(t), t.TempDir()
	image := signaturetest.Push(t, host+"/openresty/openresty:1.27")
	list, out := file{t, filepath.Join(folder, "images.yaml")}, file{t, filepath.Join(folder, "others.yaml")}
	list.write("images: {edge: '" + host + "/openresty/openresty:1.27'}\n")
	if err := run(t.Context(), order{images: list.path, out: out.path, to: own + "/madang", today: "2026-12-01"}, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	want := own + "/madang/openresty:1.27@" + digestOf(image)
	if !strings.Contains(out.read(), "edge: "+want+" # "+host+"/openresty/openresty:1.27, 2026-12-01\n") {
		t.Errorf("%s", out.read())
	}
	for _, copied := range []string{want, own + "/madang/openresty:1.27"} {
		if digest, err := crane.Digest(copied); err != nil || digest != digestOf(image) {
			t.Errorf("%s: %s %v", copied, digest, err)
		}
	}
}

// What cannot be looked up is not made up, and no file of somebody else's is written over.
func TestRefusals(t *testing.T) {
	host, folder := signaturetest.Registry(t), t.TempDir()
	signaturetest.Push(t, host+"/redis:7.4")
	list, out := file{t, filepath.Join(folder, "images.yaml")}, file{t, filepath.Join(folder, "others.yaml")}
	for name, content := range map[string]string{
		"no such tag": "images: {redis: '" + host + "/redis:8'}", "no such registry": "images: {redis: '127.0.0.1:1/redis:7.4'}", "no tag": "images: {redis: '" + host + "/redis'}",
		"no registry": "images: {redis: 'redis:7.4'}", "none": "images: {}", "nothing": "", "another file": "images: {redis: '" + host + "/redis:7.4'}\nsite: {}",
	} {
		list.write(content)
		if err := run(t.Context(), order{images: list.path, out: out.path, today: "2026-12-01"}, &bytes.Buffer{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := os.Stat(out.path); err == nil {
			t.Errorf("%s: a file is written", name)
		}
	}
	list.write("images: {redis: '" + host + "/redis:7.4'}")
	out.write("secrets: {}\n")
	if err := run(t.Context(), order{images: list.path, out: out.path}, &bytes.Buffer{}); err == nil || out.read() != "secrets: {}\n" {
		t.Errorf("%v: %s", err, out.read())
	}
}

// The lists name every image of others that the charts' values want, and no other.
func TestListsAreComplete(t *testing.T) {
	for list, row := range map[string]struct {
		values string
		own    []string // built here or by the operator, and what is no image
	}{
		"images.yaml":              {"../chart/values.yaml", []string{"pullSecrets", "functions", "migrate", "watch", "backup", "logs", "signedBy", "unsigned", "admission"}},
		"../../tekton/others.yaml": {"../../tekton/chart/values.yaml", []string{"pullSecrets", "clerk", "environment", "go", "signedBy"}},
	} {
		var named tags
		var values struct {
			Images map[string]any `json:"images"`
		}
		for path, into := range map[string]any{list: &named, row.values: &values} {
			if err := yaml.Unmarshal([]byte(file{t, path}.read()), into); err != nil {
				t.Fatal(err)
			}
		}
		for key := range values.Images {
			if (named.Images[key] == "") != slices.Contains(row.own, key) {
				t.Errorf("%s: images.%s of %s", list, key, row.values)
			}
		}
		for key, tag := range named.Images {
			if _, there := values.Images[key]; !there || !regexp.MustCompile(`^[a-z0-9.]+\.[a-z]+/[a-z0-9/-]+:[0-9a-z.-]+$`).MatchString(tag) {
				t.Errorf("%s: %s: %s", list, key, tag)
			}
		}
	}
}

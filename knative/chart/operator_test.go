package chart_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	corev1 "k8s.io/api/core/v1"
)

// PostgreSQL by CloudNativePG: an image without a tag is refused by its webhook, in the midst of
// an installation, so the chart refuses it before.
func TestOperatorsImage(t *testing.T) {
	operator := set("postgres.operator", "cloudnative-pg")
	digest := "@sha256:" + strings.Repeat("a", 64)
	for image, ok := range map[string]bool{
		"registry.example/postgresql:15" + digest:         true,
		"registry.example:5000/postgresql:15.14" + digest: true,
		"registry.example/postgresql" + digest:            false,
		"registry.example:5000/postgresql" + digest:       false,
	} {
		r, err := render(t, production, operator, set("postgres.runAsUser", 26), set("images.postgres", image))
		if (err == nil) != ok {
			t.Errorf("%s: %v", image, err)
		}
		if err != nil && !strings.Contains(err.Error(), "needs its tag beside the digest") {
			t.Errorf("%s: %v", image, err)
		}
		if ok && !strings.Contains(r.text, "imageName: "+image) {
			t.Errorf("%s is not the cluster's", image)
		}
	}
}

// The operator follows a Secret that is not its own only where a label says so: without it another
// password is nobody's but the functions'.
func TestOperatorFollowsThePassword(t *testing.T) {
	operator := []func(chartutil.Values){set("postgres.operator", "cloudnative-pg"), set("postgres.runAsUser", 26), set("images.postgres", "registry.example/postgresql:15@sha256:"+strings.Repeat("a", 64))}
	r := mustRender(t, production, append(operator, set("secrets.postgresPassword", "another0123456789"))...)
	secrets := of[corev1.Secret](r)
	owner := secrets["Secret/postgres-owner"]
	if owner.Labels["cnpg.io/reload"] != "true" || owner.StringData["password"] != "another0123456789" || !strings.Contains(secrets["Secret/madang"].StringData["database-url"], "another0123456789") {
		t.Errorf("%v %v, and functions log in at %s", owner.Labels, owner.StringData, secrets["Secret/madang"].StringData["database-url"])
	}
}

// What archives the log is the operator's plugin: it is passed on as it is written, its pods reach
// the storage, and those of a database without one do not.
func TestOperatorsPlugins(t *testing.T) {
	operator := []func(chartutil.Values){
		set("postgres.operator", "cloudnative-pg"), set("postgres.runAsUser", 26), set("images.postgres", "registry.example/postgresql:15@sha256:"+strings.Repeat("a", 64)),
		set("storage.endpoint", "https://203.0.113.40:8443"),
	}
	storage := place{address: "203.0.113.40", port: 8443}
	plugins := []any{map[string]any{"name": "barman-cloud.cloudnative-pg.io", "isWALArchiver": true, "parameters": map[string]any{"barmanObjectName": "wal"}}}
	for _, given := range [][]any{{}, plugins} {
		r := mustRender(t, production, append(slices.Clone(operator), set("postgres.plugins", given))...)
		cluster := *of[map[string]any](r)["Cluster/postgres"]
		spec, _ := cluster["spec"].(map[string]any)
		if got, _ := spec["plugins"].([]any); len(got) != len(given) || len(given) > 0 && !reflect.DeepEqual(got, given) {
			t.Errorf("%v, want %v", got, given)
		}
		if got := reaches(t, r, "postgres", storage); got != (len(given) > 0) {
			t.Errorf("with %v the database's pods reach the storage: %v", given, got)
		}
	}
	for _, bad := range []any{map[string]any{"isWALArchiver": true}, map[string]any{"name": "x", "isWalArchiver": true}, map[string]any{"name": "x", "parameters": map[string]any{"n": 1}}} {
		if _, err := render(t, production, append(slices.Clone(operator), set("postgres.plugins", []any{bad}))...); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}

package chart_test

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// templates are the pods that stay, by who makes them: each as it is written, with the keys of
// the Secret that its containers read when they start.
func templates(t *testing.T, r rendered) (text map[string]string, keys map[string][]string) {
	t.Helper()
	text, keys = map[string]string{}, map[string][]string{}
	add := func(name string, template any, spec corev1.PodSpec) {
		written, err := json.Marshal(template)
		if err != nil {
			t.Fatal(err)
		}
		text[name] = string(written)
		for _, c := range spec.Containers {
			for _, e := range c.Env {
				if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
					keys[name] = append(keys[name], e.ValueFrom.SecretKeyRef.Key)
				}
			}
		}
	}
	for name, d := range of[appsv1.Deployment](r) {
		add(name, d.Spec.Template, d.Spec.Template.Spec)
	}
	for name, s := range of[servingv1.Service](r) {
		add(name, s.Spec.Template, s.Spec.Template.Spec.PodSpec)
	}
	return text, keys
}

// Pods that stay start anew when something changes that they read of the Secret when they start,
// and for nothing else of it. The database's own server reads its password when it is made.
func TestPodsFollowTheirSecret(t *testing.T) {
	before, keys := templates(t, mustRender(t, production))
	looked := map[string]bool{}
	for key, change := range map[string]func(chartutil.Values){
		"database-url":       set("secrets.postgresPassword", "another0123456789"),
		"redis-password":     set("secrets.redisPassword", "another0123456789"),
		"storage-access-key": set("secrets.storageAccessKey", "another"),
		"storage-secret-key": set("secrets.storageSecretKey", "another"),
		"backup-access-key":  set("secrets.backupAccessKey", "another"),
		"smtp-url":           set("secrets.smtpUrl", "smtp://another:25"),
		"heartbeat-url":      set("secrets.heartbeatUrl", "https://another.example"),
		"oidc-issuers":       set("secrets.oidcIssuers", `[{"name":"another"}]`),
		"admin-password":     set("secrets.adminPassword", "another horse battery"),
		"secret-key":         set("secrets.secretKey", "ERECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
	} {
		after, then := templates(t, mustRender(t, production, change))
		for name, text := range before {
			reads := slices.Contains(then[name], key) || key == "redis-password" && slices.Contains(keys[name], "redis-url")
			if key == "smtp-url" && name == "Deployment/alertmanager" || key == "secret-key" && len(keys[name]) > 0 {
				continue // by a Secret of its own; all sums have it
			}
			if changed := after[name] != text; changed != reads {
				t.Errorf("%s changes with %s: %v, and reads it: %v", name, key, changed, reads)
			}
			looked[key] = looked[key] || reads
		}
	}
	for _, all := range keys {
		for _, key := range all {
			if !looked[key] && key != "secret-key" && key != "redis-url" {
				t.Errorf("%s is read, and was not looked at", key)
			}
		}
	}
	if spoken := mustRender(t, production).text; regexp.MustCompile(`madang.kr/secret: "?[0-9a-f]{17}`).MatchString(spoken) {
		t.Error("a sum says more than it has to")
	}
}

// Servers of the operator beside those that serve: they are there, and nobody is led to them.
func TestDatabasesBeside(t *testing.T) {
	image := "registry.example/postgresql:15@sha256:" + strings.Repeat("a", 64)
	r := mustRender(t, production, set("postgres.beside", map[string]any{"operator": "cloudnative-pg", "image": image, "runAsUser": 26}))
	before := mustRender(t, production)
	for _, same := range []string{"StatefulSet/postgres", "Secret/madang", "Service/postgres"} {
		was, err := json.Marshal(before.objects[same])
		if err != nil {
			t.Fatal(err)
		}
		is, err := json.Marshal(r.objects[same])
		if err != nil || string(is) != string(was) {
			t.Errorf("%s is another: %s (%v)", same, is, err)
		}
	}
	if !strings.Contains(r.text, "imageName: "+image) || !strings.Contains(r.text, "postgresUID: 26") || r.objects["Secret/postgres-owner"] == nil {
		t.Error("the servers beside are not there")
	}
	if selector := of[corev1.Service](r)["Service/postgres"].Spec.Selector; selector["statefulset.kubernetes.io/pod-name"] != "postgres-0" {
		t.Errorf("the database's Service leads to %v", selector)
	}
	if policy := of[networkingv1.NetworkPolicy](r)["NetworkPolicy/postgres"]; len(policy.Spec.PolicyTypes) != 1 || len(policy.Spec.Ingress) != 2 {
		t.Errorf("%+v", policy.Spec)
	}
	moved := mustRender(t, production, set("postgres.operator", "cloudnative-pg"), set("postgres.runAsUser", 26), set("images.postgres", image))
	for _, same := range []string{"Cluster/postgres", "Secret/postgres-owner"} {
		was, _ := json.Marshal(r.objects[same])
		if is, _ := json.Marshal(moved.objects[same]); string(is) != string(was) || len(is) < 10 {
			t.Errorf("%s is another once it serves: %s, %s", same, was, is)
		}
	}
}

// What policies call outside is nothing that shared/outside calls special, but for what is
// nobody's on any network.
func TestOutsideIsOutside(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "..", "shared", "outside", "public.go"))
	if err != nil {
		t.Fatal(err)
	}
	nobodys := []string{"0.0.0.0/8", "127.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"}
	special := []string{}
	for _, m := range regexp.MustCompile(`(?m)^\t"([0-9.]+/[0-9]+)",`).FindAllStringSubmatch(string(source), -1) {
		if !slices.Contains(nobodys, m[1]) {
			special = append(special, m[1])
		}
	}
	if len(special) < 6 {
		t.Fatalf("only %v", special)
	}
	blocks := 0
	for name, policy := range of[networkingv1.NetworkPolicy](mustRender(t, production)) {
		for _, rule := range policy.Spec.Egress {
			for _, to := range rule.To {
				if to.IPBlock == nil || to.IPBlock.CIDR != "0.0.0.0/0" {
					continue
				}
				blocks++
				for _, network := range special {
					at := netip.MustParsePrefix(network).Addr()
					if !slices.ContainsFunc(to.IPBlock.Except, func(e string) bool { return netip.MustParsePrefix(e).Contains(at) }) {
						t.Errorf("%s lets %s through", name, network)
					}
				}
			}
		}
	}
	if blocks == 0 {
		t.Error("nothing is outside")
	}
}

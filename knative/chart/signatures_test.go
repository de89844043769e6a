package chart_test

import (
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/knative/signature"
)

// Production names whose signatures count, or says that it asks for none; the release
// finds it in the ConfigMap.
func TestSignedBy(t *testing.T) {
	r, err := render(t, production)
	if err != nil {
		t.Fatal(err)
	}
	config, _ := r.objects["ConfigMap/signatures"].(*corev1.ConfigMap)
	if config == nil {
		t.Fatal("there is no ConfigMap signatures")
	}
	if keys, err := signature.ParseKeys(config.Data["cosign.pub"]); err != nil || len(keys) != 1 {
		t.Errorf("%d keys: %v", len(keys), err)
	}
	both := config.Data["cosign.pub"] + config.Data["cosign.pub"]
	for name, row := range map[string]struct {
		files    []string
		signedBy any
		more     string // set to true
		accepted bool
	}{
		"production with two keys":      {production, both, "", true},
		"production without a key":      {production, "", "", false},
		"production that says so":       {production, "", "images.unsigned", true},
		"a development environment":     {dev, "", "", true},
		"one with a key":                {dev, both, "", true},
		"a file's name":                 {production, "cosign.pub", "", false},
		"a private key":                 {production, "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n", "", false},
		"admission without a key":       {dev, "", "images.admission", false},
		"admission in production":       {production, both, "images.admission", true},
		"a key that is not text":        {production, true, "", false},
		"production with an empty line": {production, " ", "", false},
	} {
		_, err := render(t, row.files, func(v chartutil.Values) {
			set("images.signedBy", row.signedBy)(v)
			if row.more != "" {
				set(row.more, true)(v)
			}
		})
		if (err == nil) != row.accepted {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where the cluster has Kyverno, it may ask for the same of every pod: of all images of
// the council's, by the same keys, and of nobody else's.
func TestAdmission(t *testing.T) {
	without, err := render(t, production)
	if err != nil {
		t.Fatal(err)
	}
	if without.objects["Policy/signatures"] != nil {
		t.Error("the policy is there although nobody asked for it")
	}
	r, err := render(t, production, set("images.admission", true))
	if err != nil {
		t.Fatal(err)
	}
	text, err := yaml.Marshal(r.objects["Policy/signatures"])
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Spec struct {
			WebhookConfiguration struct{ FailurePolicy string }
			Rules                []struct {
				VerifyImages []struct {
					ImageReferences []string
					FailureAction   string
					Required        bool
					VerifyDigest    bool
					Attestors       []struct {
						Entries []struct {
							Keys struct{ PublicKeys string }
						}
					}
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &policy); err != nil || len(policy.Spec.Rules) != 1 || len(policy.Spec.Rules[0].VerifyImages) != 1 {
		t.Fatalf("%v\n%s", err, text)
	}
	rule := policy.Spec.Rules[0].VerifyImages[0]
	if policy.Spec.WebhookConfiguration.FailurePolicy != "Fail" || rule.FailureAction != "Enforce" || !rule.Required || !rule.VerifyDigest {
		t.Errorf("the policy lets through: %s", text)
	}
	config, _ := r.objects["ConfigMap/signatures"].(*corev1.ConfigMap)
	if len(rule.Attestors) != 1 || len(rule.Attestors[0].Entries) != 1 || rule.Attestors[0].Entries[0].Keys.PublicKeys != config.Data["cosign.pub"] {
		t.Errorf("another key: %s", text)
	}
	if len(rule.ImageReferences) != len(functions.All())+4 {
		t.Errorf("%d patterns for %d functions, migrate, watch, backup and logs: %v", len(rule.ImageReferences), len(functions.All()), rule.ImageReferences)
	}
	covered := func(image string) bool {
		return slices.ContainsFunc(rule.ImageReferences, func(p string) bool { return strings.HasPrefix(image, strings.TrimSuffix(p, "*")) })
	}
	for _, image := range digests() {
		if text, _ := image.(string); !covered(text) {
			t.Errorf("%s passes unasked", text)
		}
	}
	if covered("registry.example/redis:7@sha256:00") || slices.Contains(rule.ImageReferences, "*") {
		t.Errorf("asks for others' images: %v", rule.ImageReferences)
	}
}

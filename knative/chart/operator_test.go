package chart_test

import (
	"strings"
	"testing"
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

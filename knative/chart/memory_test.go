package chart_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/knative/edge"
)

// What an edge's workers may keep fits into its pod, whatever visitors ask for: the
// dictionaries that they share, the copies of each, and as much again until they are collected.
func TestEdgeFitsIntoItsPod(t *testing.T) {
	raw, err := os.ReadFile("values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values struct {
		Edge struct {
			Workers     int64
			MemoryLimit resource.Quantity
		}
	}
	if err := yaml.Unmarshal(raw, &values); err != nil {
		t.Fatal(err)
	}
	configuration, err := os.ReadFile("files/edge/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	const own = 20 << 20 // a worker after the stories (docs/operating.md, Sizing), with its code and connections
	sum := int64(0)
	for _, m := range regexp.MustCompile(`lua_shared_dict \w+ (\d+)m;`).FindAllSubmatch(configuration, -1) {
		n, err := strconv.ParseInt(string(m[1]), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n << 20
	}
	if sum == 0 {
		t.Fatal("nginx.conf has no lua_shared_dict")
	}
	sum += values.Edge.Workers * (2*int64(edge.Fixed().Limits.CopiesBytes) + own)
	if limit := values.Edge.MemoryLimit.Value(); sum > limit {
		t.Errorf("an edge may need %d MiB and has %d: raise edge.memoryLimit in values.yaml, or lower CopiesBytes in knative/edge or a lua_shared_dict in nginx.conf", sum>>20, limit>>20)
	}
}

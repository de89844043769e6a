package edge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/function"
)

// Nginx waits for as long as the host says that it does, and no function may take as long: what
// is not done in time is the function's to say.
func TestTheEdgeWaitsLongerThanFunctions(t *testing.T) {
	if want := fmt.Sprintf("proxy_read_timeout %.0fs;", function.EdgePatience.Seconds()); !strings.Contains(edgeFiles(t)["proxy.conf"], want) {
		t.Errorf("knative/chart/files/edge/proxy.conf has no line %q (function.EdgePatience)", want)
	}
	for _, spec := range functions.All() {
		if took := spec.Scale.Filled().Timeout; took >= function.EdgePatience {
			t.Errorf("%s may take %v, and the edge waits for %v", spec.Name, took, function.EdgePatience)
		}
	}
}

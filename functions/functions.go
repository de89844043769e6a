// Package functions is the list of what the product offers. The deployed processes, the
// local host, the edge's routes, the chart, the API document and the tests all follow
// from it.
package functions

import (
	"github.com/madang-council/madang/functions/main"
	"github.com/madang-council/madang/shared/function"
)

// All are all functions, by name.
func All() []function.Spec {
	return []function.Spec{
		home.Function,
	}
}
